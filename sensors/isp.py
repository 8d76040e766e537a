"""The image signal processor: raw mosaic to an 8-bit sRGB picture.

Black level and white balance with clipping at the common white (so that a blown-out sky stays white) -> lens shading -> demosaic
-> colour correction (inverse of the filters' overlap) -> tone curve with toe and shoulder -> sRGB transfer function (IEC 61966-2-1).
Tested by tests/sensors/test_isp.py.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.bands import over_rows
from sensors.camera_config import CameraConfig
from sensors.kernels import picture
from sim.base.clock import seconds

Float64 = NDArray[np.float64]

STATISTICS_STEP_PX = 8
LIFT_STEPS_PER_EV = 32
LARGEST_SHADING_GAIN = 4.0
PEDESTAL = 4096.0
"""16-bit value of black until after demosaicing: noise below black must average out, or the night turns purple."""
WARMEST_MIRED = 400.0
COOLEST_MIRED = 125.0
D65_MIRED = 1e6 / 6504.0
A_MIRED = 1e6 / 2856.0
A_GAIN_OVER_D65 = (0.84 / 1.53, 2.48 / 1.31)
"""Red and blue white-balance gains under illuminant A relative to D65 (measured curves of an RGB sensor)."""
CURVE_CONTRAST = 1.2
MIDDLE_GREY_SHOWN = 0.2
KEEP_HUE = 0.5
"""Share of a colour that keeps its hue under the tone curve; the rest fades to white as it brightens, as film does."""
ENCODING_STEPS = 1 << 15
FALSE_COLOR_PX = 5
"""Colour that appears over fewer pixels than half of this window, as at edges of a mosaic, is taken for an artefact."""
STATISTICS_TOP = 0.45
"""White balance looks below this share of the image height: the road and what stands on it, not the sky."""
LUMA = np.array([0.2126, 0.7152, 0.0722])


def srgb_encoded(linear: Float64) -> Float64:
    """sRGB's transfer function of linear values 0..1: 12.92 x up to 0.0031308, then 1.055 x^(1/2.4) - 0.055."""
    x = np.clip(linear, 0.0, 1.0)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.power(x, 1.0 / 2.4) - 0.055)


def filmic(x: Float64, middle: float = 0.18) -> Float64:
    """Display light of scene light, both 0..1: soft toe, `middle` near 0.2, long shoulder, white to white.

    y = (1 + k) x^c / (x^c + k), the saturation law of photoreceptors (Naka and Rushton, J. Physiol. 185, 1966; as a tone curve
    Reinhard and Devlin, TVCG 11(1), 2005), scaled to reach 1 at 1; c = 1.2, k such that y(middle) = 0.2.
    """
    grey = middle**CURVE_CONTRAST
    knee = (1.0 - MIDDLE_GREY_SHOWN) * grey / (MIDDLE_GREY_SHOWN - grey)
    raised = np.power(np.maximum(x, 0.0), CURVE_CONTRAST)
    return np.asarray((1.0 + knee) * raised / (raised + knee))


def display_light(config: CameraConfig, lift_ev: float = 0.0) -> Float64:
    """(65536,) display light 0..1 of each 16-bit linear value; `lift_ev` brightens the middle, not the white."""
    linear = np.arange(65536) / 65535.0 * config.isp.exposure_gain
    shown = filmic(np.minimum(linear, 1.0), 0.18 * 2.0**-lift_ev) if config.isp.tone == "filmic" else linear
    return np.clip(shown, 0.0, 1.0)


def tone_table(config: CameraConfig, lift_ev: float = 0.0) -> NDArray[np.uint8]:
    """(65536,) uint8: the picture value of a grey of each 16-bit linear value."""
    return _eight_bit(display_light(config, lift_ev))


def _eight_bit(shown: Float64) -> NDArray[np.uint8]:
    out: NDArray[np.uint8] = np.floor(srgb_encoded(shown) * 255.0 + 0.5).astype(np.uint8)
    return out


def daylight_gains(config: CameraConfig) -> Float64:
    """Red, green, blue gains (3,) that make D65 white equal in all channels; green is 1."""
    yields = config.sensor.electrons_per_lux_s_um2
    return np.array([yields.green / yields.red, 1.0, yields.green / yields.blue])


class Isp:
    """One camera's processor; the white balance is its only state. Scratch images are reused from frame to frame."""

    def __init__(self, config: CameraConfig, illumination: NDArray[np.float32], threads: int = 2) -> None:
        """Tables for this camera; `illumination` (H, W) is the lens's fall-off, which is made good. Starts as daylight."""
        self._config = config
        self._threads = threads
        shape = (config.sensor.height_px, config.sensor.width_px)
        self._balanced: NDArray[np.uint16] = np.zeros(shape, np.uint16)
        self._mosaic_rgb: NDArray[np.uint16] = np.zeros((*shape, 3), np.uint16)
        self._linear: NDArray[np.uint16] = np.zeros((*shape, 3), np.uint16)
        self._tables: NDArray[np.float32] = np.zeros((3, 65536), np.float32)
        self._table_key: tuple[float, ...] = ()
        self._tone: NDArray[np.float32] = display_light(config).astype(np.float32)
        self._encoding = _eight_bit(np.arange(ENCODING_STEPS + 1) / ENCODING_STEPS)
        self._keep_hue = np.float32(KEEP_HUE if config.isp.tone == "filmic" else 0.0)
        self._lift_steps = 0
        self._shading: NDArray[np.float32] = (1.0 / np.maximum(illumination, 1.0 / LARGEST_SHADING_GAIN)).astype(
            np.float32
        )
        self._sums = np.zeros(4)
        saturation = config.isp.saturation
        grey = np.outer(np.ones(3), LUMA) * (1.0 - saturation)
        color = (saturation * np.eye(3) + grey) @ np.linalg.inv(np.array(config.sensor.color_matrix))
        scale = 65535.0 / (65535.0 - PEDESTAL)
        self._color = np.hstack([color * scale, -PEDESTAL * scale * color.sum(axis=1, keepdims=True)])
        edge_aware = config.isp.demosaic == "edge_aware"
        self._demosaic = cv2.COLOR_BayerRGGB2RGB_EA if edge_aware else cv2.COLOR_BayerRGGB2RGB
        self._daylight = daylight_gains(config)
        self.reset()

    def reset(self) -> None:
        """Forget all frames."""
        self._mired: float | None = None

    @property
    def white_balance(self) -> tuple[float, float, float]:
        """Red, green, blue gains in force."""
        gains = self._gains(D65_MIRED if self._mired is None else self._mired)
        return float(gains[0]), float(gains[1]), float(gains[2])

    def _gains(self, mired: float) -> Float64:
        """Gains for a light of this colour (mega-reciprocal kelvin), on the line through D65 and A in log gain."""
        share = (mired - D65_MIRED) / (A_MIRED - D65_MIRED)
        red, blue = A_GAIN_OVER_D65
        return np.asarray(self._daylight * np.array([red**share, 1.0, blue**share]))

    def balance(self, raw: NDArray[np.uint16], white_dn: float) -> None:
        """Update the automatic white balance: grey world over well-exposed, nearly neutral cells, held to 2500 to 8000 K.

        The first frame sets it; later frames move it with the time constant white_balance_time_s.
        """
        isp = self._config.isp
        if isp.white_balance != "auto":
            return
        black = self._config.sensor.black_level_dn
        top = int(STATISTICS_TOP * raw.shape[0]) // 2 * 2
        picture.color_sums(raw, black, white_dn, top, STATISTICS_STEP_PX, self._daylight, self._sums)
        red, green, blue, count = self._sums
        measured = D65_MIRED if self._mired is None else self._mired
        if count >= 16 and red > 0.0 and blue > 0.0 and green > 0.0:
            # where the grey-world gains fall on the line of lights, measured by the blue-to-red ratio alone
            ratio = np.log((blue * self._daylight[2]) / (red * self._daylight[0]))
            slope = np.log(A_GAIN_OVER_D65[0] / A_GAIN_OVER_D65[1])
            measured = D65_MIRED + float(ratio / slope) * (A_MIRED - D65_MIRED)
            measured = min(max(measured, COOLEST_MIRED), WARMEST_MIRED)
        if self._mired is None:
            self._mired = measured
            return
        share = min(seconds(self._config.period_flicks) / isp.white_balance_time_s, 1.0)
        self._mired += share * (measured - self._mired)

    def develop(
        self, raw: NDArray[np.uint16], white_dn: float, gain: float = 1.0, lift_ev: float = 0.0
    ) -> NDArray[np.uint8]:
        """A new picture (H, W, 3) uint8 from a raw mosaic (H, W) whose pixels clip at `white_dn`, taken with this total gain.

        `lift_ev` is what the exposure gave away to save highlights, and the tone curve gives back.
        """
        self.balance(raw, white_dn)
        self._set_tables(white_dn)
        self._set_curve(lift_ev)
        height = raw.shape[0]
        pedestal = np.float32(PEDESTAL)

        def to_mosaic(first: int, last: int) -> None:
            picture.balance_mosaic(raw, self._tables, self._shading, pedestal, first, last, self._balanced)

        over_rows(height, self._threads, to_mosaic)
        cv2.cvtColor(self._balanced, self._demosaic, self._mosaic_rgb)
        cv2.transform(self._mosaic_rgb, self._color, self._linear)
        out = np.empty((*raw.shape, 3), np.uint8)

        def to_picture(first: int, last: int) -> None:
            picture.apply_tone(self._linear, self._tone, self._encoding, self._keep_hue, first, last, out)

        over_rows(height, self._threads, to_picture)
        self._take_out_false_color(out)
        self._denoise(out, gain)
        strength = self._config.isp.sharpen
        if strength > 0.0:
            blurred = cv2.GaussianBlur(out, (0, 0), 1.0)
            cv2.addWeighted(out, 1.0 + strength, blurred, -strength, 0.0, out)
        return out

    def _take_out_false_color(self, out: NDArray[np.uint8]) -> None:
        """Median of the chroma planes: the fringes that demosaicing leaves along thin lines are narrower than its window."""
        if self._config.isp.demosaic != "edge_aware":
            return
        luma_chroma = cv2.cvtColor(out, cv2.COLOR_RGB2YCrCb)
        luma, red, blue = cv2.split(luma_chroma)
        planes = (luma, cv2.medianBlur(red, FALSE_COLOR_PX), cv2.medianBlur(blue, FALSE_COLOR_PX))
        cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB, out)

    def _denoise(self, out: NDArray[np.uint8], gain: float) -> None:
        """Take out colour noise, and some of the luminance noise, the more the higher the gain; nothing at low gain."""
        strength = self._config.isp.noise_reduction * min(max(math.log2(gain) / 5.0, 0.0), 1.0)
        if strength < 0.05:
            return
        luma_chroma = cv2.cvtColor(out, cv2.COLOR_RGB2YCrCb)
        height, width = out.shape[:2]
        small = cv2.resize(luma_chroma, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        smooth = cv2.resize(cv2.GaussianBlur(small, (0, 0), 0.5 + 3.0 * strength), (width, height))
        soft = cv2.GaussianBlur(luma_chroma, (0, 0), 0.8)
        cv2.addWeighted(luma_chroma, 1.0 - 0.7 * strength, soft, 0.7 * strength, 0.0, soft)
        cv2.mixChannels([soft, smooth], [luma_chroma], [0, 0, 4, 1, 5, 2])
        cv2.cvtColor(luma_chroma, cv2.COLOR_YCrCb2RGB, out)

    def _set_curve(self, lift_ev: float) -> None:
        """Rebuild the tone curve when the lift has moved by a step."""
        steps = round(lift_ev * LIFT_STEPS_PER_EV)
        if steps != self._lift_steps:
            self._lift_steps = steps
            self._tone = display_light(self._config, steps / LIFT_STEPS_PER_EV).astype(np.float32)

    def _set_tables(self, white_dn: float) -> None:
        """Raw value to balanced 16-bit value, one table per filter colour; rebuilt only when gains or white change."""
        gains = self.white_balance
        key = (*gains, white_dn)
        if key == self._table_key:
            return
        self._table_key = key
        sensor = self._config.sensor
        levels = np.arange(sensor.max_dn + 1)
        share = (levels - sensor.black_level_dn) / (white_dn - sensor.black_level_dn)
        for channel in range(3):
            # all channels clip where green does: a pixel that is full in any filter becomes white, never pink
            value = np.minimum(share * gains[channel], 1.0) * (65535.0 - PEDESTAL)
            self._tables[channel, : len(levels)] = value.astype(np.float32)

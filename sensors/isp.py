"""The image signal processor: raw mosaic to an 8-bit sRGB picture.

Expansion of companded values, black level and white balance with clipping at the common white (so that a blown-out sky stays
white) -> lens shading -> of merged reads, a gain that fits their range into the picture (sensors.range_compression) -> demosaic
-> colour correction (inverse of the filters' overlap) -> tone curve with toe and shoulder -> sRGB transfer function (IEC
61966-2-1) -> noise reduction, sharpening, JPEG. Tested by tests/sensors/test_isp.py.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.bands import over_rows
from sensors.camera_config import CameraConfig
from sensors.chip import merge_of
from sensors.kernels import picture
from sensors.mosaic import MOSAICS, RGB
from sensors.range_compression import DARKEST_EV, RESERVE_EV, STEPS_PER_EV, RangeCompression
from sensors.white_balance import WhiteBalance

Float64 = NDArray[np.float64]

LIFT_STEPS_PER_EV = 32
LARGEST_SHADING_GAIN = 4.0
PEDESTAL = 4096.0
"""16-bit value of black until after demosaicing: noise below black must average out, or the night turns purple."""
CURVE_CONTRAST = 1.2
MIDDLE_GREY_SHOWN = 0.2
KEEP_HUE = 0.5
"""Share of a colour that keeps its hue under the tone curve; the rest fades to white as it brightens, as film does."""
ENCODING_STEPS = 1 << 15
GREY_FROM_GAIN = 16.0
"""Gain at which mosaics of clear, yellow or cyan filters show half of their colour."""
FALSE_COLOR_PX = 5
"""Colour that appears over fewer pixels than half of this window, as at edges of a mosaic, is taken for an artefact."""
WIDE_FALSE_COLOR_PX = 9
"""The same for mosaics of clear, yellow or cyan filters, whose matrices make more of it."""
DARK_LUMA = 48
"""Below this luma pictures of such mosaics lose their colour: there it is noise."""
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


class Isp:
    """One camera's processor; the white balance is its only state, of merged reads also the range of the scene.

    Scratch images are reused from frame to frame.
    """

    def __init__(self, config: CameraConfig, illumination: NDArray[np.float32], threads: int = 2) -> None:
        """Tables for this camera; `illumination` (H, W) is the lens's fall-off, which is made good. Starts as daylight."""
        self._config = config
        self._threads = threads
        sensor = config.sensor
        shape = (sensor.height_px, sensor.width_px)
        self._balanced: NDArray[np.uint16] = np.zeros(shape, np.uint16)
        self._mosaic_rgb: NDArray[np.uint16] = np.zeros((*shape, 3), np.uint16)
        self._linear: NDArray[np.uint16] = np.zeros((*shape, 3), np.uint16)
        self._luma_chroma, self._soft, self._smooth = (np.zeros((*shape, 3), np.uint8) for _ in range(3))
        self._plane, self._smooth_plane = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        self._small: NDArray[np.uint8] = np.zeros((shape[0] // 2, shape[1] // 2, 3), np.uint8)
        self._tables: NDArray[np.float32] = np.zeros((3, 65536), np.float32)
        self._table_key: tuple[float, ...] = ()
        self._share: Float64 = np.zeros(1)
        self._share_key: tuple[float, ...] = ()
        self._white_share = 1.0
        self._tone: NDArray[np.float32] = display_light(config).astype(np.float32)
        self._encoding = _eight_bit(np.arange(ENCODING_STEPS + 1) / ENCODING_STEPS)
        self._keep_hue = np.float32(KEEP_HUE if config.isp.tone == "filmic" else 0.0)
        self._lift_steps = 0
        self._shading: NDArray[np.float32] = (1.0 / np.maximum(illumination, 1.0 / LARGEST_SHADING_GAIN)).astype(
            np.float32
        )
        self._cell = np.array(MOSAICS[sensor.cfa].cell, np.int64)
        self._color = color_transform(config, np.eye(3))
        self._demosaic = demosaic_code(config)
        self._merge = merge_of(sensor)
        self._compression: RangeCompression | None = None
        if self._merge is not None and config.isp.tone != "linear":
            cells = (sensor.height_px // 2, sensor.width_px // 2)
            self._compression = RangeCompression(cells, config.isp.tone_mapping == "local")
            self._logs: NDArray[np.float32] = np.zeros(cells, np.float32)
        self._white_balance = WhiteBalance(config)
        self.reset()

    def reset(self) -> None:
        """Forget all frames."""
        self._white_balance.reset()
        if self._compression is not None:
            self._compression.reset()

    @property
    def white_balance(self) -> tuple[float, float, float]:
        """Gains in force of the mosaic's channels: red, green, blue, or what stands in their places (sensors.mosaic)."""
        first, second, third = self._white_balance.gains.tolist()
        return first, second, third

    def develop(
        self,
        raw: NDArray[np.uint16],
        white_dn: float,
        gain: float = 1.0,
        lift_ev: float = 0.0,
        analog_gain: float = 1.0,
    ) -> NDArray[np.uint8]:
        """A new picture (H, W, 3) uint8 from a raw mosaic (H, W) whose pixels clip at `white_dn`, taken with this total gain.

        `raw` and `white_dn` are the chip's (Chip.read_out, Chip.white_level_dn). `lift_ev` is what the exposure gave away to save
        highlights, and the tone curve gives back. `analog_gain` is the chip's share of `gain`; merged reads leave the rest to us.
        """
        self._set_share(white_dn, gain, analog_gain)
        self._white_balance.observe(raw, self._share)
        self._set_tables(gain)
        self._set_curve(lift_ev + (0.0 if self._compression is None else RESERVE_EV))
        self._balance(raw)
        self._interpolate()
        cv2.transform(self._mosaic_rgb, self._color, self._linear)
        out = np.empty((*raw.shape, 3), np.uint8)

        def to_picture(first: int, last: int) -> None:
            picture.apply_tone(self._linear, self._tone, self._encoding, self._keep_hue, first, last, out)

        over_rows(raw.shape[0], self._threads, to_picture)
        self._take_out_false_color(out)
        self._denoise(out, gain)
        strength = self._config.isp.sharpen
        if strength > 0.0:
            blurred = cv2.GaussianBlur(out, (0, 0), 1.0)
            cv2.addWeighted(out, 1.0 + strength, blurred, -strength, 0.0, out)
        return self._compressed(out)

    def _balance(self, raw: NDArray[np.uint16]) -> None:
        """Fill the balanced mosaic."""
        tables, cell, shading, out = self._tables, self._cell, self._shading, self._balanced
        pedestal = np.float32(PEDESTAL)
        compression = self._compression
        if compression is None:

            def plainly(first: int, last: int) -> None:
                picture.balance_mosaic(raw, tables, cell, shading, pedestal, first, last, out)

            over_rows(raw.shape[0], self._threads, plainly)
            return
        logs = self._logs

        def measure(first: int, last: int) -> None:
            picture.log_luminance(raw, tables, cell, shading, 65535.0 - PEDESTAL, DARKEST_EV, first, last, logs)

        over_rows(len(logs), self._threads, measure)
        gains = compression.gains(logs)
        base = (logs, compression.slope, compression.offset, gains, np.float32(DARKEST_EV), np.float32(STEPS_PER_EV))

        def compress(first: int, last: int) -> None:
            picture.balance_compressed(raw, tables, cell, shading, pedestal, *base, first, last, out)

        over_rows(len(logs), self._threads, compress)

    def _interpolate(self) -> None:
        """Fill the picture of the mosaic's channels: the first, the second and the third in place of red, green and blue."""
        cv2.cvtColor(self._balanced, self._demosaic, self._mosaic_rgb)
        if self._config.sensor.cfa == "RCCC":
            # the fourth pixel of a cell, which a Bayer mosaic has blue, is clear as well: keep what it measured
            self._mosaic_rgb[1::2, 1::2, 1] = self._balanced[1::2, 1::2]

    def _compressed(self, out: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture as a JPEG decoder gives it back; the same where none is asked for."""
        quality = self._config.isp.jpeg_quality
        if quality is None:
            return out
        bgr = cv2.cvtColor(out, cv2.COLOR_RGB2BGR, self._soft)
        _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
        cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB, out)
        return out

    def _take_out_false_color(self, out: NDArray[np.uint8]) -> None:
        """Median of the chroma planes: the fringes that demosaicing leaves along thin lines are narrower than its window."""
        if self._config.isp.demosaic != "edge_aware":
            return
        # without own arrays, the library would take fresh memory for each of these, which costs more than the arithmetic
        luma_chroma, plane, smooth = self._luma_chroma, self._plane, self._smooth_plane
        cv2.cvtColor(out, cv2.COLOR_RGB2YCrCb, luma_chroma)
        for channel in (1, 2):
            cv2.extractChannel(luma_chroma, channel, plane)
            cv2.medianBlur(plane, FALSE_COLOR_PX if self._white_balance.pure else WIDE_FALSE_COLOR_PX, smooth)
            cv2.insertChannel(smooth, luma_chroma, channel)
        if not self._white_balance.pure:

            def fade(first: int, last: int) -> None:
                picture.fade_dark_color(luma_chroma, DARK_LUMA, first, last)

            over_rows(out.shape[0], self._threads, fade)
        cv2.cvtColor(luma_chroma, cv2.COLOR_YCrCb2RGB, out)

    def _denoise(self, out: NDArray[np.uint8], gain: float) -> None:
        """Take out colour noise, and some of the luminance noise, the more the higher the gain; nothing at low gain."""
        strength = self._config.isp.noise_reduction * min(max(math.log2(gain) / 5.0, 0.0), 1.0)
        if strength < 0.05:
            return
        luma_chroma, soft, smooth, small = self._luma_chroma, self._soft, self._smooth, self._small
        cv2.cvtColor(out, cv2.COLOR_RGB2YCrCb, luma_chroma)
        height, width = out.shape[:2]
        cv2.resize(luma_chroma, (width // 2, height // 2), small, interpolation=cv2.INTER_AREA)
        cv2.resize(cv2.GaussianBlur(small, (0, 0), 0.5 + 3.0 * strength), (width, height), smooth)
        cv2.GaussianBlur(luma_chroma, (0, 0), 0.8, soft)
        cv2.addWeighted(luma_chroma, 1.0 - 0.7 * strength, soft, 0.7 * strength, 0.0, soft)
        cv2.mixChannels([soft, smooth], [luma_chroma], [0, 0, 4, 1, 5, 2])
        cv2.cvtColor(luma_chroma, cv2.COLOR_YCrCb2RGB, out)

    def _set_curve(self, lift_ev: float) -> None:
        """Rebuild the tone curve when the lift has moved by a step."""
        steps = round(lift_ev * LIFT_STEPS_PER_EV)
        if steps != self._lift_steps:
            self._lift_steps = steps
            self._tone = display_light(self._config, steps / LIFT_STEPS_PER_EV).astype(np.float32)

    def _set_share(self, white_dn: float, gain: float, analog_gain: float) -> None:
        """Light of each raw value as a share of full scale (of merged reads: of what metering takes for it), rebuilt on change."""
        key = (white_dn, gain, analog_gain) if self._merge is not None else (white_dn,)
        if self._share_key == key:
            return
        self._share_key = key
        sensor = self._config.sensor
        if self._merge is None:
            levels = np.arange(sensor.max_dn + 1)
            self._share = np.asarray((levels - sensor.black_level_dn) / (white_dn - sensor.black_level_dn))
            return
        unit_dn = sensor.metering_full_scale_e * self._merge.linear_dn_per_e(analog_gain) / gain
        self._share = (self._merge.linear_of_raw() - self._merge.black_dn) / unit_dn
        self._white_share = (white_dn - self._merge.black_dn) / unit_dn
        if self._config.isp.tone == "linear":
            self._white_share = min(self._white_share, 1.0)

    def _set_tables(self, gain: float) -> None:
        """Raw value to balanced 16-bit value, one table per filter colour, and the colour matrix; rebuilt on change only."""
        gains = self.white_balance
        key = (*gains, *self._share_key)
        if key == self._table_key:
            return
        self._table_key = key
        if not self._white_balance.pure:
            self._color = color_transform(self._config, self._white_balance.rgb_from_balanced, gain)
        # all channels clip where the second does, or one that is full before it (cyan in RYYCy): what is full in any filter becomes
        # white, never pink
        white = self._white_share * (1.0 if self._white_balance.pure else min(gains))
        for channel in range(3):
            value = np.minimum(self._share * gains[channel], white) * (65535.0 - PEDESTAL)
            self._tables[channel, : len(value)] = value.astype(np.float32)


def color_transform(config: CameraConfig, rgb_from_balanced: Float64, gain: float = 1.0) -> Float64:
    """(3, 4) for cv2.transform: linear Rec.709 of the balanced channels on their pedestal, which it takes off.

    `rgb_from_balanced` (3, 3) gives balanced red, green and blue of the mosaic's balanced channels. Where they are not the same,
    colours are differences of similar numbers and noisy: the more gain, the more the second channel stands for all three.
    """
    saturation = config.isp.saturation
    grey = np.outer(np.ones(3), LUMA) * (1.0 - saturation)
    color = (saturation * np.eye(3) + grey) @ np.linalg.inv(np.array(config.sensor.color_matrix)) @ rgb_from_balanced
    if MOSAICS[config.sensor.cfa].filters != RGB:
        color_share = 1.0 / (1.0 + max(gain - 1.0, 0.0) / GREY_FROM_GAIN)
        color = color_share * color + (1.0 - color_share) * np.array([[0.0, 1.0, 0.0]] * 3)
    scale = 65535.0 / (65535.0 - PEDESTAL)
    return np.hstack([color * scale, -PEDESTAL * scale * color.sum(axis=1, keepdims=True)])


def demosaic_code(config: CameraConfig) -> int:
    """OpenCV's conversion of this mosaic to its channels; mosaics of other filters are taken for the Bayer mosaic they resemble."""
    order = config.sensor.cfa if config.sensor.cfa in ("RGGB", "BGGR", "GRBG", "GBRG") else "RGGB"
    edge_aware = "_EA" if config.isp.demosaic == "edge_aware" else ""
    return int(getattr(cv2, f"COLOR_Bayer{order}2RGB{edge_aware}"))

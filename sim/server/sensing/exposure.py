"""From radiance to a picture as CARLA's RGB camera shows it: exposure, white balance, tone curve, gamma.

Exposure is photographic. `manual`: EV100 = log2(N² / t · 100 / iso), and a luminance of 1.2 · 2^EV100 cd/m² fills the sensor
(ISO 12232, saturation-based). `histogram`: the log-average luminance of the image comes out at KEY of full scale, and the
eye follows it in stops: its distance shrinks by 2^-(speed dt), `exposure_speed_up` towards bright, `exposure_speed_down` towards
dark. exposure_min_bright and exposure_max_bright bound the adapted EV100; at the blueprint's own 10 and 12, which suit Unreal's
lamps and not a real sun, adaptation is free. exposure_compensation adds stops. Tested by tests/server/test_camera_exposure.py.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.server.sensing.limits import flag, number

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

KEY = 0.16
"""Share of full scale that the log-average luminance is exposed to (Reinhard et al. 2002 use 0.18 for a normal scene)."""
REFLECTED_LIGHT_K = 12.5
"""cd/m² of the mean that a reflected-light meter wants at EV100 = 0, times 100 (ISO 2720)."""
FULL_SCALE_CD_M2 = 1.2
UNBOUNDED_BRIGHT = (10.0, 12.0)
DARKEST_CD_M2 = 1e-4
_STEP_PX = 8
_TABLE_SIZE = 4096
_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_SRGB_GAMMA = 2.2


class Development:
    """Exposure and development of one camera; what its eye has adapted to is the only state."""

    def __init__(self, entry: ActorEntry) -> None:
        self.manual = entry.attributes.get("exposure_mode", "histogram") == "manual"
        self.processed = flag(entry, "enable_postprocess_effects", True)
        stops = number(entry, "exposure_compensation")
        self._compensation = float(2.0**stops)
        aperture, shutter_hz = max(number(entry, "fstop"), 0.1), max(number(entry, "shutter_speed"), 1e-3)
        self.manual_ev100 = math.log2(aperture * aperture * shutter_hz * 100.0 / max(number(entry, "iso"), 1e-3))
        self._speed_up, self._speed_down = number(entry, "exposure_speed_up"), number(entry, "exposure_speed_down")
        low, high = number(entry, "exposure_min_bright"), number(entry, "exposure_max_bright")
        self._bounds_ev = None if (low, high) == UNBOUNDED_BRIGHT else (min(low, high), max(low, high))
        self._balance = white_balance(number(entry, "temp"), number(entry, "tint")) if self.processed else None
        self._table = tone_table(max(number(entry, "gamma"), 0.1), self.processed)
        self.adapted_cd_m2: float | None = None

    def gain(self, radiance: Float32, delta_s: float) -> float:
        """Full scales per cd/m² of this frame; the first frame is adapted to its own light."""
        if self.manual:
            return self._compensation / (FULL_SCALE_CD_M2 * math.pow(2.0, self.manual_ev100))
        average = log_average_cd_m2(radiance)
        if self._bounds_ev is not None:
            low, high = (REFLECTED_LIGHT_K / 100.0 * 2.0**ev for ev in self._bounds_ev)
            average = float(min(max(average, low), high))
        if self.adapted_cd_m2 is None:
            self.adapted_cd_m2 = average
        else:
            speed = self._speed_up if average > self.adapted_cd_m2 else self._speed_down
            share = 1.0 - math.pow(2.0, -max(speed, 0.0) * delta_s)
            self.adapted_cd_m2 *= (average / self.adapted_cd_m2) ** share
        return self._compensation * KEY / self.adapted_cd_m2

    def develop(self, radiance: Float32, delta_s: float, out: NDArray[np.uint8]) -> None:
        """Radiance (H, W, 3) in cd/m² into the B, G and R of `out` (H, W, 4)."""
        scale = np.float32((_TABLE_SIZE - 1) * self.gain(radiance, delta_s))
        if self._balance is not None:
            radiance = radiance @ self._balance
        index = np.clip(radiance * scale, 0.0, _TABLE_SIZE - 1).astype(np.uint16)
        for channel in range(3):
            out[:, :, 2 - channel] = self._table[index[:, :, channel]]


def log_average_cd_m2(radiance: Float32) -> float:
    """Geometric mean of the luminance over a grid of pixels."""
    sample = radiance[::_STEP_PX, ::_STEP_PX] @ _LUMA
    return float(np.exp(np.mean(np.log(np.maximum(sample, DARKEST_CD_M2)))))


@functools.lru_cache(maxsize=32)
def tone_table(gamma: float, processed: bool) -> NDArray[np.uint8]:
    """(4096,) uint8 of linear signal 0..1: film curve unless unprocessed, then sRGB's transfer function bent to another gamma."""
    from sensors.isp import filmic, srgb_encoded

    linear = np.linspace(0.0, 1.0, _TABLE_SIZE)
    shown = filmic(linear) if processed else linear
    table: NDArray[np.uint8] = np.floor(srgb_encoded(shown ** (_SRGB_GAMMA / gamma)) * 255.0 + 0.5).astype(np.uint8)
    table.setflags(write=False)
    return table


def white_balance(temperature_k: float, tint: float) -> Float32 | None:
    """(3, 3) to the right of linear Rec.709 rows that makes light of this colour white; None for 6500 K without tint.

    The light's chromaticity is the CIE daylight locus's (4000 K and above), else Planck's in Kim's cubic fit; tint moves it
    off the locus in CIE 1960 uv, by 0.05 for 1. Adaptation is Bradford's von Kries transform to D65.
    """
    if temperature_k == 6500.0 and tint == 0.0:
        return None
    source = _xyz_of(*_off_locus(min(max(temperature_k, 1667.0), 25000.0), tint))
    target = np.array([0.95047, 1.0, 1.08883])
    ratio = np.diag((_BRADFORD @ target) / (_BRADFORD @ source))
    adapted = np.linalg.inv(_BRADFORD) @ ratio @ _BRADFORD
    rgb = np.linalg.inv(_XYZ_FROM_RGB) @ adapted @ _XYZ_FROM_RGB
    return np.ascontiguousarray(rgb.T, dtype=np.float32)


_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_XYZ_FROM_RGB = np.array(
    [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
)
_TINT_UV = 0.05


def _locus_xy(kelvin: float) -> tuple[float, float]:
    t = 1e3 / kelvin
    if kelvin >= 4000.0:
        a, b, c, d = (-4.6070, 2.9678, 0.09911, 0.244063) if kelvin <= 7000.0 else (-2.0064, 1.9018, 0.24748, 0.237040)
        x = ((a * t + b) * t + c) * t + d
        return x, (-3.0 * x + 2.870) * x - 0.275
    x = ((-0.2661239 * t - 0.2343589) * t + 0.8776956) * t + 0.179910
    if kelvin < 2222.0:
        return x, ((-1.1063814 * x - 1.34811020) * x + 2.18555832) * x - 0.20219683
    return x, ((-0.9549476 * x - 1.37418593) * x + 2.09137015) * x - 0.16748867


def _off_locus(kelvin: float, tint: float) -> tuple[float, float]:
    """Chromaticity x, y at a distance from the locus, along its normal in uv; positive tint is towards magenta."""
    u, v = _uv(*_locus_xy(kelvin))
    if tint != 0.0:
        u1, v1 = _uv(*_locus_xy(kelvin * 1.001))
        along = np.array([u1 - u, v1 - v])
        normal = np.array([along[1], -along[0]]) / np.hypot(*along)
        normal *= 1.0 if normal[1] > 0.0 else -1.0  # the light is greener, so what is seen turns to magenta
        u, v = u + tint * _TINT_UV * float(normal[0]), v + tint * _TINT_UV * float(normal[1])
    scale = 2.0 * u - 8.0 * v + 4.0
    return 3.0 * u / scale, 2.0 * v / scale


def _uv(x: float, y: float) -> tuple[float, float]:
    scale = -2.0 * x + 12.0 * y + 3.0
    return 4.0 * x / scale, 6.0 * y / scale


def _xyz_of(x: float, y: float) -> Float64:
    return np.array([x / y, 1.0, (1.0 - x - y) / y])

"""Automatic white balance: the colour of the light, on a line of natural lights from blue sky to tungsten.

Grey world over well-exposed, nearly neutral cells of the mosaic, held to 2500 to 8000 K. Tested by tests/sensors/test_isp.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.kernels import picture
from sensors.mosaic import MOSAICS, RGB, channel_yields
from sim.base.clock import seconds

Float64 = NDArray[np.float64]

STATISTICS_STEP_PX = 8
STATISTICS_TOP = 0.45
"""White balance looks below this share of the image height: the road and what stands on it, not the sky."""
WARMEST_MIRED = 400.0
COOLEST_MIRED = 125.0
D65_MIRED = 1e6 / 6504.0
A_MIRED = 1e6 / 2856.0
A_GAIN_OVER_D65 = (0.84 / 1.53, 2.48 / 1.31)
"""Red and blue white-balance gains under illuminant A relative to D65 (measured curves of an RGB sensor)."""
FEWEST_CELLS = 16


class WhiteBalance:
    """Gains of a mosaic's three channels that make the light's white equal in all; the second channel's is 1.

    A mosaic of two channels (RCCC) cannot tell the light's colour from the objects'; its gains stay daylight's, the third is 1.
    """

    def __init__(self, config: CameraConfig) -> None:
        """Starts as daylight."""
        self._config = config
        self._mosaic = MOSAICS[config.sensor.cfa]
        yields = config.sensor.electrons_per_lux_s_um2
        self._rgb = np.array([yields.red, yields.green, yields.blue])
        channels = channel_yields(config.sensor)
        self.daylight: Float64 = np.ones(3)
        self.daylight[: len(channels)] = channels[1] / channels
        self.pure = self._mosaic.filters == RGB
        # row and column of the first, second (twice) and third channel in a cell
        order = np.argsort(np.array(self._mosaic.cell), kind="stable")
        self._places = np.stack([order // 2, order % 2], axis=1).astype(np.int64)
        self._sums = np.zeros(4)
        self.reset()

    def reset(self) -> None:
        """Forget all frames."""
        self._mired: float | None = None

    @property
    def gains(self) -> Float64:
        """(3,) gains in force."""
        return self._gains(D65_MIRED if self._mired is None else self._mired)

    def _gains(self, mired: float) -> Float64:
        """Gains for a light of this colour (mega-reciprocal kelvin), on the line through D65 and A in log gain of red and blue."""
        if self.pure:
            return np.asarray(self.daylight * _change(mired))
        channels = self._mosaic.members() @ (self._rgb / _change(mired))
        out = np.ones(3)
        out[: len(channels)] = channels[1] / channels
        return out

    @property
    def rgb_from_balanced(self) -> Float64:
        """(3, 3): red, green and blue, balanced for the light, of the mosaic's channels, balanced too; white stays white.

        Balance and mixing of filters do not commute: what the light takes from red, it takes from the red part of clear.
        """
        mired = D65_MIRED if self._mired is None else self._mired
        members = self._mosaic.members()
        rgb = self._rgb / _change(mired)
        white = members @ rgb
        if len(members) == 3:
            apart = np.linalg.inv(members)
        else:
            # red is told from the rest only; green and blue share the rest as they do in white, so that greys stay grey
            rest = rgb[1:] / rgb[1:].sum()
            apart = np.array([[1.0, 0.0], *([-part, part] for part in rest)])
        out = np.zeros((3, 3))
        out[:, : len(members)] = apart * white[None, :] / rgb[:, None]
        return out

    def observe(self, raw: NDArray[np.uint16], share: Float64) -> None:
        """Take in a raw mosaic; `share` (2^bits,) is each raw value's light as a share of full scale, 0 at black.

        The first frame sets the balance; later frames move it with the time constant white_balance_time_s.
        """
        isp = self._config.isp
        if isp.white_balance != "auto" or len(self._mosaic.filters) < 3:
            return
        top = int(STATISTICS_TOP * raw.shape[0]) // 2 * 2
        picture.color_sums(raw, share, self._places, top, STATISTICS_STEP_PX, self.daylight, self._sums)
        first, middle, last, count = self._sums
        measured = D65_MIRED if self._mired is None else self._mired
        if count >= FEWEST_CELLS and first > 0.0 and last > 0.0 and middle > 0.0:
            measured = self._measured(first, last)
        if self._mired is None:
            self._mired = measured
            return
        step = min(seconds(self._config.period_flicks) / isp.white_balance_time_s, 1.0)
        self._mired += step * (measured - self._mired)

    def _measured(self, first: float, last: float) -> float:
        """Where the grey-world gains fall on the line of lights, by the ratio of the last channel to the first alone."""
        ratio = np.log((last * self.daylight[2]) / (first * self.daylight[0]))
        if self.pure or self._mosaic.filters == ("red", "clear", "blue"):
            slope = np.log(A_GAIN_OVER_D65[0] / A_GAIN_OVER_D65[1])
            measured = D65_MIRED + float(ratio / slope) * (A_MIRED - D65_MIRED)
            return min(max(measured, COOLEST_MIRED), WARMEST_MIRED)
        mireds = np.linspace(COOLEST_MIRED, WARMEST_MIRED, 56)
        gains = np.array([self._gains(float(mired)) for mired in mireds]) / self.daylight
        # warm lights have little in the last channel: its gain grows with mired, so the ratio falls
        return float(np.interp(-ratio, np.log(gains[:, 2] / gains[:, 0]), mireds))


def _change(mired: float) -> Float64:
    """(3,) red, green and blue gain under a light of this colour over those under D65, on the line through D65 and A in log gain."""
    share = (mired - D65_MIRED) / (A_MIRED - D65_MIRED)
    red, blue = A_GAIN_OVER_D65
    return np.array([red**share, 1.0, blue**share])

"""Mosaics of colour filters: which filter lies over which pixel, and what each lets through.

Clear, yellow and cyan filters see what the red, green and blue filters under them would see together: clear is red + green + blue,
yellow red + green, cyan green + blue. That leaves their colours as faithful as an RGB mosaic's, in more light, at the price of a
noisier colour matrix. A mosaic has up to three channels, the second of which stands at the most places and carries the luminance.
Tested by tests/sensors/test_mosaic.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.config.chip import Sensor

Float64 = NDArray[np.float64]

MEMBERS: dict[str, tuple[float, float, float]] = {
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "clear": (1.0, 1.0, 1.0),
    "yellow": (1.0, 1.0, 0.0),
    "cyan": (0.0, 1.0, 1.0),
}
"""Which of the red, green and blue filters each filter adds up."""


@dataclass(frozen=True)
class Mosaic:
    """Filters by name, and the index of the filter at (0, 0), (0, 1), (1, 0), (1, 1) of a cell of two rows by two columns."""

    filters: tuple[str, ...]
    cell: tuple[int, int, int, int]

    @property
    def luminance_column(self) -> int:
        """Column of the second channel in the first row: where light is metered."""
        return self.cell.index(1)

    def members(self) -> Float64:
        """(C, 3): the red, green and blue filters that each channel adds up."""
        return np.array([MEMBERS[name] for name in self.filters])


RGB = ("red", "green", "blue")
MOSAICS: dict[str, Mosaic] = {
    "RGGB": Mosaic(RGB, (0, 1, 1, 2)),
    "BGGR": Mosaic(RGB, (2, 1, 1, 0)),
    "GRBG": Mosaic(RGB, (1, 0, 2, 1)),
    "GBRG": Mosaic(RGB, (1, 2, 0, 1)),
    "RCCB": Mosaic(("red", "clear", "blue"), (0, 1, 1, 2)),
    "RCCC": Mosaic(("red", "clear"), (0, 1, 1, 1)),
    "RYYCy": Mosaic(("red", "yellow", "cyan"), (0, 1, 1, 2)),
}


def channel_yields(sensor: Sensor) -> Float64:
    """(C,) electrons per lux, second and square micrometre of D65 light in each channel."""
    yields = sensor.electrons_per_lux_s_um2
    return np.asarray(MOSAICS[sensor.cfa].members() @ np.array([yields.red, yields.green, yields.blue]))


def channel_response(sensor: Sensor) -> Float64:
    """(C, 3) electrons per lux, second and square micrometre in each channel for linear Rec.709 red, green and blue."""
    yields = sensor.electrons_per_lux_s_um2
    rgb = np.diag([yields.red, yields.green, yields.blue]) @ np.array(sensor.color_matrix)
    return np.asarray(MOSAICS[sensor.cfa].members() @ rgb)

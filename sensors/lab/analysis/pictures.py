"""Pictures from files, and their colour planes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

PLANES = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Row and column of the four colours of a mosaic cell."""


def load(folder: Path, frame: dict[str, Any]) -> np.ndarray:
    """The picture of a planned frame as float64 DN."""
    picture = cv2.imread(str(folder / f"{frame['file']}.png"), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.dtype != np.uint16:
        raise ValueError(f"{frame['file']}.png: found no picture of 16 bits")
    return picture.astype(np.float64)


def half_positions(shape: tuple[int, int], row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel coordinates (x, y) of one colour plane's pixels in the full picture."""
    y, x = np.mgrid[row : shape[0] : 2, column : shape[1] : 2]
    return x.astype(np.float64), y.astype(np.float64)

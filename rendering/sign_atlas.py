"""The sign faces as one picture that rays look up."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray


@functools.lru_cache(maxsize=1)
def atlas_texture() -> NDArray[np.float32]:
    """Linear reflectance (H, W, 3) float32 of all sign faces; uv (0, 0) is the top left corner."""
    return np.full((2, 2, 3), 0.5, np.float32)

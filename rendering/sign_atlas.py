"""The sign faces as one picture that rays look up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.sign_faces import atlas


def atlas_texture() -> NDArray[np.float32]:
    """Linear reflectance (H, W, 3) float32 of all sign faces; uv (0, 0) is the top left corner."""
    return atlas()

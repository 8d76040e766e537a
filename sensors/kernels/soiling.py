"""What dirty glass makes of a coarse picture, compiled. Tested by tests/sensors/test_soiling.py."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def soil(light, through, drop_share, drop_light, scatter_share, scatter_light, added):
    """Dim light (h, w, 3) by through (h, w) in place and add what drops and scatterers redirect, which fills added (h, w, 3).

    drop_light and scatter_light (h, w, 3) are the luminances that arrive by way of drops and of scatterers, the shares (h, w)
    how much of each arrives.
    """
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            let_through = through[row, column]
            by_drops, by_scatter = drop_share[row, column], scatter_share[row, column]
            for color in range(3):
                more = by_drops * drop_light[row, column, color] + by_scatter * scatter_light[row, column, color]
                light[row, column, color] = let_through * light[row, column, color] + more
                added[row, column, color] = np.float32(more)

"""The sign faces as one picture in a pyramid of resolutions, so that a distant sign is the mean of its texels."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.assets.sign_faces import CELL_PX, atlas
from rendering.mesh_store import cached, recipe


@dataclass(frozen=True)
class AtlasPyramid:
    """Linear reflectance float32, all levels one after the other; level l is (height_px >> l, width_px >> l, 3)."""

    texels: NDArray[np.float32]
    width_px: int
    height_px: int
    levels: int


@functools.lru_cache(maxsize=1)
def atlas_pyramid() -> AtlasPyramid:
    """The atlas halved until a face has 4 px; faces never mix, since cells are powers of two."""
    texels, size = cached(recipe("signs"), _build)
    width, height, levels = size.tolist()
    return AtlasPyramid(texels, width, height, levels)


def _build() -> list[NDArray[np.generic]]:
    picture = atlas()
    levels = [np.ascontiguousarray(picture)]
    while levels[-1].shape[0] * 4 // picture.shape[0] * CELL_PX // 4 > 4:
        fine = levels[-1]
        levels.append(0.25 * (fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]))
    texels = np.concatenate([level.reshape(-1) for level in levels]).astype(np.float32)
    size = np.array([picture.shape[1], picture.shape[0], len(levels)], np.int64)
    return [np.append(texels, np.zeros(64, np.float32)), size]

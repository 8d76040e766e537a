"""The pages of ground detail as the table that kernels read: pyramids of words with four neighbours each.

Tested by tests/rendering/test_ground_pages.py: means over all levels, no seams, the words' layout.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rendering.assets.ground_pages import flattened, pages
from rendering.kernels import ground_layout as at
from rendering.mesh_store import cached, recipe

Int32 = NDArray[np.int32]
FIRSTS = (at.GRAIN, at.WEAR, at.GRASS, at.GRAVEL, at.MACRO, at.PAVERS, at.SLABS, at.DAMAGE)


@functools.lru_cache(maxsize=1)
def ground_table() -> Int32:
    """All pages (WORDS,), laid out as rendering.kernels.ground_layout says; about 50 MB."""
    out = np.zeros(at.WORDS, np.int32)
    bits = [at.GRAIN_BITS] * 7 + [at.DAMAGE_BITS]
    for first, bit, page in zip(FIRSTS, bits, cached(recipe("ground_pages"), _build), strict=True):
        level = np.asarray(page, np.float32)
        for halving in range(bit + 1):
            start = first + ((1 << (2 * bit)) >> (2 * halving))
            # a level of wear keeps its flat distribution: thresholds then hide the same share at every distance
            shown = flattened(level) * 255.0 if first == at.WEAR else level
            words = _quads(np.round(shown).astype(np.uint32))
            out[start : start + words.size] = words.ravel()
            if halving < bit:
                level = 0.25 * (level[::2, ::2] + level[1::2, ::2] + level[::2, 1::2] + level[1::2, 1::2])
    out.setflags(write=False)
    return out


def _build() -> list[NDArray[Any]]:
    return list(pages())


def _quads(texels: NDArray[np.uint32]) -> Int32:
    """Each texel's word: itself, right, below, right below, from the lowest byte up."""
    right, below = np.roll(texels, -1, axis=1), np.roll(texels, -1, axis=0)
    words = texels | right << 8 | below << 16 | np.roll(right, -1, axis=0) << 24
    return np.ascontiguousarray(words).view(np.int32)

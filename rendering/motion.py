"""Where everything was throughout one frame's window: kept until the next frame, to tell how each point moved between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import View
from rendering.surfaces import SLOT_SHIFT

STILL, MOVED, GONE = 0, 1, 2


@dataclass(frozen=True)
class Motion:
    """One frame's geometry. `view` are its rays; `codes` (H, W) int32 what each centre ray met (surfaces.surfaces_of).

    `transforms` (S, 24) float32: world_from_object about `origin_world_m` (3, 4) of each instance slot at the window's begin,
    and its change over the window. `serials` (S,): equal in two frames where the slot holds the same thing.
    """

    view: View
    codes: NDArray[np.int32]
    transforms: NDArray[np.float32]
    serials: NDArray[np.int64]
    origin_world_m: NDArray[np.float64]

    @property
    def slot_shift(self) -> int:
        """Bits to shift a code by to the right for its slot."""
        return SLOT_SHIFT


def changes(first: Motion, second: Motion) -> NDArray[np.int32]:
    """For each slot of `first` (S,): STILL throughout both frames, MOVED, or GONE in the second."""
    count = min(len(first.serials), len(second.serials))
    out = np.full(len(first.serials), GONE, np.int32)
    a, b = first.transforms[:count], second.transforms[:count]
    still = (a[:, :12] == b[:, :12]).all(axis=1) & (a[:, 12:] == 0.0).all(axis=1) & (b[:, 12:] == 0.0).all(axis=1)
    same = first.serials[:count] == second.serials[:count]
    out[:count] = np.where(same, np.where(still, STILL, MOVED), GONE)
    return out

"""What an exposure met: the handed-over scene interface, and the window of one frame with everything labels need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import Behind, Buffers, Silhouette, View
from rendering.motion import Motion
from sim.base.state import WorldState

Float64 = NDArray[np.float64]


class SceneLike(Protocol):
    """What a camera asks of a scene; rendering.scene.Scene is the real one."""

    def set_states(
        self,
        begin: WorldState,
        end: WorldState,
        previous: WorldState | None,
        hidden_track_ids: frozenset[int] = frozenset(),
    ) -> None:
        """The window of the exposure; instances move linearly from begin to end."""

    def render(self, view: View, out: Buffers | None = None) -> Buffers:
        """Cast the view's rays."""

    def silhouettes(
        self, view: View, track_ids: Sequence[int], masked: frozenset[int] = frozenset()
    ) -> list[Silhouette]:
        """Each object traced alone; those of `masked` with masks."""

    def motion(self, view: View) -> Motion:
        """Where everything is throughout the window, and what the pixels of the view rendered last show."""

    def behind_glass(self, view: View, front: Buffers, out: Behind | None = None) -> Behind:
        """What is seen through the panes of a render of this view."""

    def posed_vertices(self, track_id: int, fraction: float) -> Float64:
        """(V, 3) world vertices of the posed mesh at a fraction of the window."""

    def posed_box(self, track_id: int, fraction: float) -> tuple[Float64, Float64, Float64]:
        """Tight box of the posed mesh in the actor's orientation: centre (3,), size (3,), roll pitch yaw (3,)."""


@dataclass(frozen=True)
class Shot:
    """One exposure: the rays, the rows' times, the states at the window's ends and at the tick."""

    view: View
    row_time_flicks: NDArray[np.int64]
    begin: WorldState
    end: WorldState
    at_tick: WorldState
    ego_track_id: int

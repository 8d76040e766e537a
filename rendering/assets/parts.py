"""The pieces that an actor is drawn from, and the rule that poses each of them.

Poses, all in the actor frame (x forward, y left, z up):
- FIXED: the mesh as it is.
- WHEEL: T(position_m) Rz(steer) Ry(roll); steer only when `steered`; roll is WorldState.wheel_roll_rad scaled by
  `roll_ratio` (pedal cranks turn slower than wheels).
- PLACED: T(position_m), so that equal things at different places share one mesh.
- GAIT: its one mesh, whose vertices and normals follow bones (`moved`); the mesh itself stands in the actor frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from rendering.assets.skin import MovedSkin
from rendering.mesh import Mesh
from sim.base.taxonomy import ObjectClass


class PoseKind(IntEnum):
    """How a part follows its actor."""

    FIXED = 0
    WHEEL = 1
    GAIT = 2
    PLACED = 3


@dataclass(frozen=True)
class Part:
    """One piece of an actor. `slot_colors` (5, 3) are the linear albedos of instance colours 0-4 (materials.SLOT_BASE + k).

        A GAIT part has one mesh of its own, which the scene moves in place by `moved` before each exposure.
        A part `owned_by_parent` carries the instance id of the actor's parent, as a car's open door does, and one `posed_with_parent`
    stands in the parent's frame. `warning_half` 1 and 2 are warning lamps that flash in the first and the second half of each
    flash, as those on the two sides of a school bus do. A `transient` part has one mesh, which nobody else has and which is
    forgotten with the actor.
    """

    meshes: tuple[Mesh, ...]
    kind: PoseKind
    object_class: ObjectClass
    slot_colors: NDArray[np.float32] = field(default_factory=lambda: np.full((5, 3), 0.3, np.float32))
    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radius_m: float = 0.0
    steered: bool = False
    roll_ratio: float = 1.0
    moved: MovedSkin | None = None
    transient: bool = False
    owned_by_parent: bool = False
    posed_with_parent: bool = False
    warning_half: int = 0

"""Walkers' bones: the gait's, or a pose that a client has set, or something between the two.

The custom pose of a walker begins as standing at rest; set_bones changes bones in their parents' frames, blend_pose says how
much of it shows. The server's own cameras draw it; a client that renders by itself reads it with get_bones_transform, since
the world stream carries no bones. Tested by tests/server/test_walkers.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.catalogue.skeleton import (
    BONE_NAMES,
    BONE_ROW,
    Skeleton,
    assembled,
    blended,
    joints_text,
    relative,
    rest_skeleton,
    skeleton_at,
)
from sim.catalogue.walkers import WALKERS
from sim.server.carla_values import finite, transform
from sim.server.errors import CallError, brief

Float64 = NDArray[np.float64]


class WalkerPoses:
    """Custom poses of the walkers of one episode, by actor id."""

    def __init__(self) -> None:
        self._custom: dict[int, Skeleton] = {}
        self._share: dict[int, float] = {}
        self._posture: dict[int, str] = {}
        self.changed = 0
        """Grows whenever a shown pose may have changed."""

    def bones(self, actor_id: int, type_id: str, speed_mps: float, phase_rad: float) -> Skeleton:
        """The bones as they show, in the actor frame, of a walker that moves at this speed."""
        animated = skeleton_at(WALKERS[type_id], speed_mps, phase_rad, self._posture.get(actor_id, ""))
        share = self._share.get(actor_id, 0.0)
        if not share:
            return animated
        return assembled(blended(relative(animated), self._custom_of(actor_id, type_id), share))

    def take_posture(self, actor_id: int, posture: str) -> None:
        """A walker was spawned in a posture of sim.catalogue.postures, or in none ("")."""
        if posture:
            self._posture[actor_id] = posture

    def set_bones(self, actor_id: int, type_id: str, control: Any) -> None:
        """Turn and place bones of the custom pose in their parents' frames; CallError for a bone that nobody has."""
        custom = self._custom_of(actor_id, type_id)
        position, rotation = custom.position_m.copy(), custom.rotation.copy()
        for name, pose in control[0]:
            row = BONE_ROW.get(name) if isinstance(name, str) else None
            if row is None:
                raise CallError(
                    f"set_bones_transform: found bone {brief(name)}; bones are {', '.join(BONE_NAMES[:6])}, ..."
                )
            place, rpy = transform(pose)
            position[row], rotation[row] = place, frames.rotation_from_rpy(rpy)
        self._custom[actor_id] = Skeleton(position, rotation)
        self.changed += 1

    def blend(self, actor_id: int, share: Any) -> None:
        """Show this share of the custom pose, 0 to 1."""
        self._share[actor_id] = min(max(finite(share, "blend"), 0.0), 1.0)
        self.changed += 1

    def take_from_animation(self, actor_id: int, type_id: str, speed_mps: float, phase_rad: float) -> None:
        """The custom pose becomes what the gait shows now."""
        self._custom[actor_id] = relative(
            skeleton_at(WALKERS[type_id], speed_mps, phase_rad, self._posture.get(actor_id, ""))
        )
        self.changed += 1

    def shown(self) -> tuple[int, ...]:
        """Walkers of whose custom pose something shows."""
        return tuple(actor for actor, share in sorted(self._share.items()) if share)

    def joints(self, actor_id: int, type_id: str, speed_mps: float, phase_rad: float) -> str:
        """The joints as rendering takes them."""
        return joints_text(self.bones(actor_id, type_id, speed_mps, phase_rad))

    def forget(self, actor_id: int) -> None:
        """A walker was destroyed; its id may come back."""
        self._custom.pop(actor_id, None)
        self._share.pop(actor_id, None)
        self._posture.pop(actor_id, None)

    def _custom_of(self, actor_id: int, type_id: str) -> Skeleton:
        known = self._custom.get(actor_id)
        return known if known is not None else relative(rest_skeleton(WALKERS[type_id]))

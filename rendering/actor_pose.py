"""Posing the parts of all actors for one window, as arrays: from a state's rows to world_from_object of every instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import rendering.kernels  # noqa: F401
from rendering import embree
from rendering.assets.parts import Part, PoseKind
from rendering.kernels.layout import CAMERA_MASK, SHADOW_MASK, STATIC_MASK
from rendering.kernels.pose import pose_instances, set_previous
from rendering.tables import InstanceTable
from sim.base import frames
from sim.base.state import WorldState

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class PartRows:
    """All parts of all actors as columns: `order` the actor's row in the state, `slot` the instance; K rows.

    `moved` are those that stand at a position of their own in the actor's frame, wheels among them.
    """

    order: Int64
    slot: Int64
    moved: NDArray[np.bool_]
    position_m: Float64
    steered: Float64
    roll_ratio: Float64

    @classmethod
    def of(cls, parts: Sequence[tuple[int, int, Part]]) -> PartRows:
        """Columns of (actor row, slot, part)."""
        return cls(
            order=np.array([row for row, _, _ in parts], np.int64),
            slot=np.array([slot for _, slot, _ in parts], np.int64),
            moved=np.array([part.kind in (PoseKind.WHEEL, PoseKind.PLACED) for _, _, part in parts], bool),
            position_m=np.array([part.position_m for _, _, part in parts], np.float64).reshape(-1, 3),
            steered=np.array([float(part.steered) for _, _, part in parts], np.float64),
            roll_ratio=np.array([part.roll_ratio * (part.kind == PoseKind.WHEEL) for _, _, part in parts], np.float64),
        )


class ActorPoses:
    """Writes transforms of instances into the table and into Embree."""

    def __init__(self, instances: InstanceTable) -> None:
        self._instances = instances
        names = ("rtcSetGeometryTransform", "rtcSetGeometryTimeStepCount", "rtcSetGeometryMask", "rtcCommitGeometry")
        self._functions = tuple(embree.function_address(name) for name in names)
        self._window: tuple[WorldState, Float64, Float64] | None = None

    def place(self, slot: int, pose: Float64) -> None:
        """Pose something that never moves; `pose` (4, 4) is about the scene's origin."""
        rows = np.ascontiguousarray(pose[:3].reshape(1, 12), np.float32)
        masks = np.array([CAMERA_MASK | SHADOW_MASK | STATIC_MASK], np.int64)
        self._write(np.array([slot], np.int64), rows, rows, rows, masks)

    def apply(
        self, rows: PartRows, begin: WorldState, end: WorldState, previous: WorldState | None, origin: Float64,
        hidden: frozenset[int],
    ) -> None:  # fmt: skip
        """Pose all parts for the window; actors that an earlier state does not hold stand where `end` has them."""
        self._window = (end, _rpy_at_rows(begin, end), end.rpy_rad)
        if not len(rows.slot):
            return
        middle = 0.5 * (_at_rows(begin, end, "wheel_roll_rad") + end.wheel_roll_rad)
        first = _part_matrices(rows, begin, end, origin, middle)
        last = _part_matrices(rows, end, end, origin, middle)
        before = last if previous is None else _part_matrices(rows, previous, end, origin, None)
        if previous is None:
            before = first
        masks = np.full(len(rows.slot), CAMERA_MASK | SHADOW_MASK, np.int64)
        if hidden:
            masks[np.isin(end.track_id[rows.order], sorted(hidden))] = SHADOW_MASK
        self._write(rows.slot, first, last, before, masks)

    def rpy_at(self, track_id: int, fraction: float) -> Float64:
        """An actor's roll, pitch, yaw at a fraction of the window, the shorter way round."""
        if self._window is None:
            raise KeyError(track_id)
        end, first, last = self._window
        row = end.row_of(track_id)
        if row is None:
            raise KeyError(track_id)
        change = (last[row] - first[row] + np.pi) % (2.0 * np.pi) - np.pi
        return np.asarray(first[row] + change * fraction)

    def _write(
        self,
        slots: Int64,
        first: NDArray[np.float32],
        last: NDArray[np.float32],
        before: NDArray[np.float32],
        masks: Int64,
    ) -> None:
        table = self._instances
        pose_instances(slots, table.transforms, table.values, table.handles, masks, first, last, *self._functions)
        set_previous(slots, table.transforms, table.values, before)


def _at_rows(state: WorldState, reference: WorldState, name: str) -> Float64:
    """A field of `state` in the rows of `reference`; actors that `state` lacks take the reference's value."""
    wanted = np.array(getattr(reference, name), np.float64)
    if state is reference or not len(state.track_id):
        return wanted
    rows = np.minimum(np.searchsorted(state.track_id, reference.track_id), len(state.track_id) - 1)
    known = state.track_id[rows] == reference.track_id
    wanted[known] = getattr(state, name)[rows[known]]
    return wanted


def _rpy_at_rows(state: WorldState, reference: WorldState) -> Float64:
    return _at_rows(state, reference, "rpy_rad")


def _part_matrices(
    rows: PartRows, state: WorldState, reference: WorldState, origin: Float64, roll_rad: Float64 | None
) -> NDArray[np.float32]:
    """World_from_object (K, 12) float32 about the origin of every part at `state`; `roll_rad` overrides the wheels' roll."""
    actor = frames.pose(_at_rows(state, reference, "position_world_m") - origin, _at_rows(state, reference, "rpy_rad"))[
        rows.order
    ]
    out = actor[:, :3].copy()
    wheels = np.flatnonzero(rows.moved)
    if len(wheels):
        order = rows.order[wheels]
        roll = (_at_rows(state, reference, "wheel_roll_rad") if roll_rad is None else roll_rad)[
            order
        ] * rows.roll_ratio[wheels]
        steer = _at_rows(state, reference, "wheel_steer_rad")[order] * rows.steered[wheels]
        angles = np.stack([np.zeros(len(wheels)), np.fmod(roll, 2.0 * np.pi), steer], axis=-1)
        out[wheels] = (actor[wheels] @ frames.pose(rows.position_m[wheels], angles))[:, :3]
    return np.ascontiguousarray(out.reshape(len(out), 12), np.float32)

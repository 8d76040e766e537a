"""Who touches the ego, from the state alone (never from event callbacks). Tested by tests/scenarios/test_expect.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenarios.situation import outline
from sim.base.boxes import gap_m
from sim.base.clock import seconds
from sim.base.state import ActorKind, WorldState

Float64 = NDArray[np.float64]

CONTACT_M = 0.02
"""Nearer than this is contact: a server that lets nothing pass through anything parts the two before anybody sees the state."""
_SOLID = (int(ActorKind.VEHICLE), int(ActorKind.WALKER), int(ActorKind.PROP))
_RANGE_M = 20.0
BLOW_MPS = 1.0
BLOW_RANGE_M = 1.5
"""A jump of velocity in one tick that pedals and legs do not give, and how far apart two can be thrown in one tick."""


def ego_contacts(state: WorldState, ego_row: int, before: WorldState | None = None) -> tuple[int, ...]:
    """Rows of the actors that touch the ego's upright bounding box, nearest first.

    Vehicles and things are upright boxes; people are upright cylinders as wide as the wider side of their box, whichever way
    they turn. With the state of the tick `before`, a blow between the two ticks counts too: both, moved on from `before` with
    their velocities, would overlap, and one of the two velocities has jumped by more than BLOW_MPS.
    """
    near = _near(state, ego_row)
    if not near:
        return ()
    free = _free_m(state, ego_row, near, np.zeros(2), np.zeros((len(near), 2)))
    touching = free <= CONTACT_M
    if before is not None:
        touching |= _struck(state, before, ego_row, near, free)
    hits = np.flatnonzero(touching)
    return tuple(near[int(index)] for index in hits[np.argsort(free[hits], kind="stable")])


def _near(state: WorldState, ego_row: int) -> list[int]:
    away = state.position_world_m[:, :2] - state.position_world_m[ego_row, :2]
    close = np.flatnonzero(np.hypot(away[:, 0], away[:, 1]) < _RANGE_M)
    return [
        int(row)
        for row in close
        if int(row) != ego_row and int(state.kind[row]) in _SOLID and state.actors[int(row)].parent_track_id == 0
    ]


def _free_m(state: WorldState, ego_row: int, near: list[int], ego_shift_m: Float64, shift_m: Float64) -> Float64:
    """Free distance (n,) to each, after shifts in the plane; inf where the two are not on one level."""
    center, yaw, extent = (np.array(column) for column in zip(*(outline(state, row) for row in near), strict=True))
    ego_center, ego_yaw, ego_extent = outline(state, ego_row)
    radius = np.where(state.kind[near] == int(ActorKind.WALKER), np.maximum(extent[:, 0], extent[:, 1]), 0.0)
    level = np.abs(center[:, 2] - ego_center[2]) < extent[:, 2] + ego_extent[2]
    core = np.where(radius[:, None] > 0.0, 0.0, extent)
    center[:, :2] += shift_m
    ego_center[:2] += ego_shift_m
    shape = (len(near), 1)
    gap = gap_m(np.tile(ego_center, shape), np.full(len(near), ego_yaw), np.tile(ego_extent, shape), center, yaw, core)
    return np.where(level, gap - radius, np.inf)


def _struck(state: WorldState, before: WorldState, ego_row: int, near: list[int], free_m: Float64) -> NDArray[np.bool_]:
    struck = np.zeros(len(near), dtype=bool)
    ego_before = before.row_of(int(state.track_id[ego_row]))
    tick_s = seconds(state.time_flicks - before.time_flicks)
    if ego_before is None:
        return struck
    ego_jump = _jump(state, ego_row, before, ego_before)
    for index in np.flatnonzero(free_m < BLOW_RANGE_M):
        row = before.row_of(int(state.track_id[near[int(index)]]))
        if row is None or max(ego_jump, _jump(state, near[int(index)], before, row)) < BLOW_MPS:
            continue
        move = before.velocity_world_mps[[ego_before, row], :2] * tick_s
        struck[index] = any(
            _free_m(before, ego_before, [row], move[0] * part, move[1:2] * part)[0] <= CONTACT_M
            for part in (0.25, 0.5, 0.75, 1.0)
        )
    return struck


def _jump(state: WorldState, row: int, before: WorldState, row_before: int) -> float:
    change = state.velocity_world_mps[row, :2] - before.velocity_world_mps[row_before, :2]
    return float(np.hypot(change[0], change[1]))

"""Who touches the ego, from the state alone (never from event callbacks). Tested by tests/scenarios/test_expect.py."""

from __future__ import annotations

import numpy as np

from scenarios.situation import outline
from sim.base.boxes import gap_m
from sim.base.state import ActorKind, WorldState

CONTACT_M = 0.02
"""Nearer than this is contact: a server that lets nothing pass through anything parts the two before anybody sees the state."""
_SOLID = (int(ActorKind.VEHICLE), int(ActorKind.WALKER), int(ActorKind.PROP))
_RANGE_M = 20.0


def ego_contacts(state: WorldState, ego_row: int) -> tuple[int, ...]:
    """Rows of the actors that touch the ego's upright bounding box, nearest first.

    Vehicles and things are upright boxes; people are upright cylinders as wide as the wider side of their box, whichever way
    they turn.
    """
    away = state.position_world_m[:, :2] - state.position_world_m[ego_row, :2]
    close = np.flatnonzero(np.hypot(away[:, 0], away[:, 1]) < _RANGE_M)
    near = [
        int(row)
        for row in close
        if int(row) != ego_row and int(state.kind[row]) in _SOLID and state.actors[int(row)].parent_track_id == 0
    ]
    if not near:
        return ()
    center, yaw, extent = (np.array(column) for column in zip(*(outline(state, row) for row in near), strict=True))
    ego_center, ego_yaw, ego_extent = outline(state, ego_row)
    radius = np.where(state.kind[near] == int(ActorKind.WALKER), np.maximum(extent[:, 0], extent[:, 1]), 0.0)
    level = np.abs(center[:, 2] - ego_center[2]) < extent[:, 2] + ego_extent[2]
    core = np.where(radius[:, None] > 0.0, 0.0, extent)
    shape = (len(near), 1)
    gap = gap_m(np.tile(ego_center, shape), np.full(len(near), ego_yaw), np.tile(ego_extent, shape), center, yaw, core)
    free = gap - radius
    touching = np.flatnonzero(level & (free <= CONTACT_M))
    return tuple(near[int(index)] for index in touching[np.argsort(free[touching], kind="stable")])

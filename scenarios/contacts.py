"""Who touches the ego, from the state alone (never from event callbacks). Tested by tests/scenarios/test_expect.py."""

from __future__ import annotations

import numpy as np

from scenarios.situation import outline
from sim.base.boxes import overlapping_pairs
from sim.base.state import ActorKind, WorldState

_SOLID = (int(ActorKind.VEHICLE), int(ActorKind.WALKER), int(ActorKind.PROP))


def ego_contacts(state: WorldState, ego_row: int) -> tuple[int, ...]:
    """Rows of the actors whose upright bounding boxes overlap the ego's."""
    distance = np.linalg.norm(state.position_world_m[:, :2] - state.position_world_m[ego_row, :2], axis=1)
    near = [
        int(row)
        for row in np.flatnonzero(distance < 20.0)
        if int(row) != ego_row and int(state.kind[row]) in _SOLID and state.actors[int(row)].parent_track_id == 0
    ]
    if not near:
        return ()
    boxes = [outline(state, row) for row in (ego_row, *near)]
    center, yaw, extent = (np.array(column) for column in zip(*boxes, strict=True))
    pairs = overlapping_pairs(center, yaw, extent)
    return tuple(near[int(second) - 1] for first, second in pairs if int(first) == 0)

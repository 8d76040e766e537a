"""Recommended spawn points: places on driving lanes where a vehicle can start without touching anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.maps.network import Lanes

Float64 = NDArray[np.float64]

SPACING_M = 25.0
MOST_POINTS = 400
CLEAR_OF_ENDS_M = 6.0
LEAST_WIDTH_M = 2.4
LEAST_WAY_AHEAD_M = 50.0


def recommend(lanes: Lanes) -> tuple[Float64, Float64]:
    """Positions (K, 3) on lane centres outside junctions every 25 m or so, and yaws (K,).

    On long maps they stand further apart, so that there are about 400. Lanes that end nowhere get points only where 50 m of
    road lie ahead. Tested by tests/maps/test_opendrive.py.
    """
    chosen = [i for i in range(lanes.count) if lanes.lane_type[i] == "driving" and not lanes.junction_id[i]]
    spacing_m = max(SPACING_M, sum(lanes.length_m(i) for i in chosen) / MOST_POINTS)
    positions, yaws = [np.zeros((0, 3))], [np.zeros(0)]
    for lane in chosen:
        length = lanes.length_m(lane)
        last = length - (CLEAR_OF_ENDS_M if lanes.successors[lane] else LEAST_WAY_AHEAD_M)
        if last < CLEAR_OF_ENDS_M:
            continue
        count = int((last - CLEAR_OF_ENDS_M) / spacing_m) + 1
        wanted = np.linspace(CLEAR_OF_ENDS_M, last, count) if count > 1 else np.array([(CLEAR_OF_ENDS_M + last) / 2.0])
        part = lanes.points_of(lane)
        index = np.searchsorted(lanes.arc_length_m[part], wanted)
        index = np.minimum(index, part.stop - part.start - 1)
        index = index[lanes.width_m[part][index] >= LEAST_WIDTH_M]
        positions.append(lanes.center_world_m[part][index])
        yaws.append(lanes.yaw_rad[part][index])
    return np.concatenate(positions), np.concatenate(yaws)

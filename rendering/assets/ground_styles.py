"""How old each road is, what each pavement is laid with, and lane coordinates as uv.

Drawn from the map's name and the road's id, so that a map looks the same wherever it is loaded.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from rendering.kernels import ground_layout as at
from sim.base.streams import stream
from sim.maps.network import RoadNetwork

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

DISTRICT_M = 130.0
_PAVEMENTS = ("paving", "paving_blocks", "paving_concrete", "asphalt_aged")
_PAVEMENT_SHARES = (0.42, 0.26, 0.18, 0.14)
_LONGEST_OFFSET_M = 512.0


@functools.lru_cache(maxsize=65536)
def road_age(map_name: str, road_id: str) -> float:
    """Age of a road's surface in [0, 1]: a few are new, most are in the middle of their life."""
    return float(stream(0, "ground age", map_name, road_id).beta(1.5, 1.5))


def asphalt_of(age: float) -> str:
    """Asphalt concrete pales from about 0.07 to 0.125 as bitumen oxidises and wears off the stones [A in materials]."""
    return ("asphalt_new", "asphalt", "asphalt_aged", "asphalt_worn")[min(int(age * 4.0), 3)]


def pavement_of(map_name: str, point_xy: Float64) -> str:
    """Pavements change from district to district, squares of 130 m."""
    cell = np.floor(np.asarray(point_xy[:2]) / DISTRICT_M).astype(int).tolist()
    return str(stream(0, "pavement", map_name, *cell).choice(_PAVEMENTS, p=_PAVEMENT_SHARES))


def code_of(age: float, half_width_m: float, step_m: float) -> int:
    """Age and half width as one number; see rendering.kernels.ground_layout."""
    width = min(max(round(half_width_m / step_m), 1), at.WIDTH_STEPS) - 1
    return round(min(max(age, 0.0), 1.0) * (at.LEVELS_OF_AGE - 1)) * at.WIDTH_STEPS + width


def ribbon_uv(u_m: Float64, code: int) -> Float32:
    """uv (2 n, 2) of a ribbon's vertices: its right edge, then its left one."""
    middle = 4.0 * (1 + code)
    right = np.stack([u_m, np.full(len(u_m), middle - 1.0)], axis=1)
    left = np.stack([u_m, np.full(len(u_m), middle + 1.0)], axis=1)
    return np.concatenate([right, left]).astype(np.float32)


def lane_uv(network: RoadNetwork, row: int) -> Float32:
    """uv of a lane's own ribbon; where u begins differs from lane to lane, so that neighbours do not age alike."""
    lanes = network.lanes
    points = lanes.points_of(row)
    road = lanes.road_id[row]
    rng = stream(0, "lane start", network.name, road, int(lanes.lane_id[row]))
    start = np.floor(rng.uniform(0.0, _LONGEST_OFFSET_M))
    code = code_of(road_age(network.name, road), float(lanes.width_m[points].mean()) / 2.0, at.LANE_WIDTH_STEP_M)
    return ribbon_uv(lanes.arc_length_m[points] + start, code)


def stripe_uv(u_m: Float64, wear: float, width_m: float) -> Float32:
    """uv of a painted stripe's ribbon; `wear` in [0, 1] of the most that is drawn."""
    return ribbon_uv(u_m, code_of(wear, width_m / 2.0, at.STRIPE_WIDTH_STEP_M))

"""What lies on the lanes: manholes in their collars, and the tyre marks of those who braked late.

Manhole covers are 60 cm wide in a square frame or ring (EN 124); they lie where sewers run, near the middle of a lane.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.ground_styles import road_age, stripe_uv
from rendering.assets.ground_surfaces import ribbon
from rendering.assets.solids import quads
from rendering.mesh import Mesh, merge, transform, yaw_matrix
from sim.base.streams import stream
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

_EVERY_M = 55.0
_LIFT_M = 0.0022
_TYRE_M, _TRACK_M = 0.19, 1.52
_FASTEST_MPS = 20.0
_MOST_MANHOLES = 1500


def decals(network: RoadNetwork) -> Mesh:
    """Manholes and tyre marks of the map."""
    lanes = network.lanes
    pieces: list[Mesh] = []
    cover, frame = _cover(), _frame()
    for row in range(lanes.count):
        if lanes.lane_type[row] != "driving" or lanes.junction_id[row] not in ("", "-1"):
            continue
        rng = stream(0, "decals", network.name, lanes.road_id[row], int(lanes.lane_id[row]), int(lanes.section[row]))
        length = lanes.length_m(row)
        if lanes.speed_limit_mps[row] < _FASTEST_MPS and len(pieces) < _MOST_MANHOLES:
            station = float(rng.uniform(6.0, 6.0 + _EVERY_M))
            while station < length - 6.0:
                place, yaw = _place(network, row, station, float(rng.normal(0.0, 0.35)))
                shape = cover if rng.random() < 0.7 else frame
                pieces.append(transform(shape, yaw_matrix(yaw + rng.uniform(-0.2, 0.2)), place))
                station += float(rng.uniform(0.6, 1.6)) * _EVERY_M
        if length > 25.0 and rng.random() < 0.5:
            pieces.append(_skid(network, row, rng))
    return merge(pieces)


def _place(network: RoadNetwork, row: int, station_m: float, across_m: float) -> tuple[Float64, float]:
    lanes = network.lanes
    points = lanes.points_of(row)
    s = lanes.arc_length_m[points]
    place = np.array([np.interp(station_m, s, lanes.center_world_m[points, k]) for k in range(3)])
    yaw = float(lanes.yaw_rad[points][min(int(np.searchsorted(s, station_m)), len(s) - 1)])
    return place + np.array([-np.sin(yaw) * across_m, np.cos(yaw) * across_m, _LIFT_M]), yaw


def _cover() -> Mesh:
    """A round cover: collar of concrete, ring and lid of iron with a raised pattern."""
    ring, lid = _disc(0.345, 0.0006, "underbody"), _disc(0.325, 0.0012, "cast_iron")
    ribs = [_square(0.24, 0.012, 0.0018, y) for y in (-0.12, -0.04, 0.04, 0.12)]
    return merge([_disc(0.42, 0.0, "gutter"), ring, lid, quads(ribs, "underbody")])


def _frame() -> Mesh:
    """A square cover over cables: two lids in an iron frame."""
    rim = quads([_square(0.36, 0.24, 0.0)], "underbody")
    lids = quads([_square(0.1675, 0.2275, 0.0008, 0.0, s * 0.172) for s in (-1.0, 1.0)], "cast_iron")
    return merge([rim, lids])


def _square(half_x: float, half_y: float, z: float, y: float = 0.0, x: float = 0.0) -> list[list[float]]:
    return [
        [x - half_x, y - half_y, z], [x + half_x, y - half_y, z], [x + half_x, y + half_y, z], [x - half_x, y + half_y, z],
    ]  # fmt: skip


def _disc(radius_m: float, z_m: float, material: str) -> Mesh:
    angle = np.linspace(0.0, 2.0 * np.pi, 21)
    rim = np.column_stack([radius_m * np.cos(angle), radius_m * np.sin(angle), np.full(21, z_m)])
    middle = np.broadcast_to(np.array([0.0, 0.0, z_m]), (20, 3))
    return quads(np.stack([middle, rim[:-1], rim[1:], rim[1:]], axis=1), material)


def _skid(network: RoadNetwork, row: int, rng: np.random.Generator) -> Mesh:
    """Two parallel streaks of rubber, from some metres before the lane's end up to near its stop."""
    lanes = network.lanes
    long, before, across = float(rng.uniform(3.0, 11.0)), float(rng.uniform(2.0, 7.0)), float(rng.normal(0.0, 0.25))
    last = lanes.length_m(row) - before
    stations = np.linspace(max(last - long, 0.5), last, max(int(long), 3))
    wear = 0.55 + 0.3 * road_age(network.name, lanes.road_id[row])
    out = []
    for side in (-0.5, 0.5):
        rows = [_place(network, row, float(s), across + side * _TRACK_M) for s in stations]
        line = np.array([place for place, _ in rows])
        normal = np.array([(-np.sin(yaw), np.cos(yaw), 0.0) for _, yaw in rows]) * _TYRE_M / 2.0
        uv = stripe_uv(stations, wear, _TYRE_M)
        out.append(ribbon(line - normal, line + normal, "tyre_mark", uv))
    return merge(out)

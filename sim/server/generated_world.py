"""What a client may ask for when it sends its own roads: walls along their edges, and whether the ground is seen.

CARLA makes meshes of such a world: it puts walls on the boundary of the road that keep vehicles from falling off, and widens
lanes in junctions a little for the same reason. Here the roads are exact surfaces that carry on beyond their edges, so a width
to add moves the walls outwards, and the settings of meshes (distance of vertices, length of portions, smoothing) change
nothing that could be seen. Tested by tests/contract/test_maps_api.py.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from sim.base.state import StaticObjects
from sim.base.taxonomy import ObjectClass
from sim.maps.ground_plan import plan
from sim.maps.network import RoadNetwork
from sim.server.carla_values import finite
from sim.server.errors import CallError, brief

Float64 = NDArray[np.float64]

WALL_ASSET = "wall.road_edge"
WALL_HALF_WIDTH_M = 0.1
_PIECE_M, _LEAST_M = 12.0, 0.3
_SMOOTH_M = 0.05
"""Pieces of wall are straight, and at most this far from the true edge."""
_MOST_HEIGHT_M, _MOST_WIDTH_M = 100.0, 50.0
_MOST_PIECES = 20_000
"""Of a map with longer edges the pieces are longer, too, and the last ones are left out."""


@dataclass(frozen=True)
class Generation:
    """Settings of a generated world: `wall_height_m` 0 means no walls; `outwards_m` moves them off the edge."""

    wall_height_m: float = 0.0
    outwards_m: float = 0.0
    ground_visible: bool = True
    walkable: bool = True


def generation_from_wire(parameters: Any) -> Generation:
    """From OpendriveGenerationParameters, seven values; CallError for what no mesh could be made of."""
    if parameters is None:
        return Generation()
    if not isinstance(parameters, list) or len(parameters) < 7:
        raise CallError(f"OpendriveGenerationParameters: found {brief(parameters)}; expected 7 values")
    _positive(parameters[0], "vertex_distance")
    _positive(parameters[1], "max_road_length")
    height_m = _between(parameters[2], "wall_height", _MOST_HEIGHT_M)
    return Generation(
        height_m, _between(parameters[3], "additional_width", _MOST_WIDTH_M), bool(parameters[5]), bool(parameters[6])
    )


def with_walls(network: RoadNetwork, statics: StaticObjects, generation: Generation) -> StaticObjects:
    """The static objects and, after them, a wall along every edge of the road surfaces."""
    if generation.wall_height_m <= 0.0:
        return statics
    ground = plan(network)
    edges = ground.edges(WALL_HALF_WIDTH_M + generation.outwards_m)
    pieces = _pieces(edges, 1.0)
    if len(pieces) > _MOST_PIECES:
        pieces = _pieces(edges, 8.0)[:_MOST_PIECES]
    if not pieces:
        return statics
    ends = np.array(pieces)
    along, middle = ends[:, 1] - ends[:, 0], ends.mean(axis=1)
    count = len(ends)
    half_height = generation.wall_height_m / 2.0
    rpy, center = np.zeros((count, 3)), np.zeros((count, 3))
    rpy[:, 2], center[:, 2] = np.arctan2(along[:, 1], along[:, 0]), half_height
    extent = np.column_stack([np.hypot(*along.T) / 2.0, np.full(count, WALL_HALF_WIDTH_M), np.full(count, half_height)])
    names = tuple(f"{WALL_ASSET}:0#{number}" for number in range(count))
    ids = [hashlib.blake2b(f"{network.sha256}/{name}".encode(), digest_size=8).digest() for name in names]
    return replace(
        statics,
        name=(*statics.name, *names),
        position_world_m=np.concatenate(
            [statics.position_world_m, np.column_stack([middle, ground.lookup.height_at(middle)])]
        ),
        rpy_rad=np.concatenate([statics.rpy_rad, rpy]),
        box_center_m=np.concatenate([statics.box_center_m, center]),
        box_extent_m=np.concatenate([statics.box_extent_m, extent]),
        object_class=np.concatenate([statics.object_class, np.full(count, int(ObjectClass.WALL), dtype=np.uint8)]),
        carla_id=np.concatenate(
            [statics.carla_id, np.array([int.from_bytes(i, "little") >> 1 for i in ids], dtype=np.uint64)]
        ),
    )


def _pieces(edges: list[LineString], coarseness: float) -> list[tuple[Float64, Float64]]:
    """Both ends (2,) of straight pieces along the edges."""
    pieces = []
    for edge in edges:
        corners = shapely.get_coordinates(edge.simplify(_SMOOTH_M * coarseness).segmentize(_PIECE_M * coarseness))
        pieces += [pair for pair in itertools.pairwise(corners) if np.hypot(*(pair[1] - pair[0])) > _LEAST_M]
    return pieces


def _positive(value: Any, name: str) -> None:
    if not finite(value, name) > 0.0:
        raise CallError(f"OpendriveGenerationParameters.{name}: found {value}; expected more than 0 (m)")


def _between(value: Any, name: str, most: float) -> float:
    found = finite(value, name)
    if not 0.0 <= found <= most:
        raise CallError(f"OpendriveGenerationParameters.{name}: found {found}; allowed is 0 to {most:g} (m)")
    return found

"""The pedestrian navigation file that CARLA's client loads: one Detour tile (version 7) in a "MSET" container.

The client walks pedestrians with Recast's Detour library on this mesh. Detour's axes are (x, up, y) of CARLA, so a point
(x, y, z) of ours is (x, z, -y) there, and polygons that run counter-clockwise in our axes run as Detour wants them. Integers
and floats are little-endian; layout as in Detour's public DetourNavMesh.h (dtMeshHeader, dtPoly, dtPolyDetail, dtBVNode).
Tested by tests/wire/test_detour.py, and against the client by tests/server/test_walkers.py.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import MapError

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]

AREA_SIDEWALK, AREA_CROSSWALK, AREA_ROAD, AREA_GRASS = 1, 2, 3, 4
AREA_FLAGS = np.array([0, 0x02, 0x04, 0x08, 0x10], dtype=np.uint16)
"""The client's filters test these bits: people who may not cross roads are kept off 0x08."""

MAX_CORNERS = 6
MAX_POLYGONS = 0x7FFF
MAX_VERTICES = 0xFFFE
AGENT_HEIGHT_M, AGENT_RADIUS_M, AGENT_CLIMB_M = 1.8, 0.3, 0.5
_HEIGHT_MARGIN_M = 2.0

_SET_MAGIC, _SET_VERSION = 0x4D534554, 1
_TILE_MAGIC, _TILE_VERSION = 0x444E4156, 7
_SET = struct.Struct("<3i3f2f2i")
_TILE_ENTRY = struct.Struct("<Ii")
_HEADER = struct.Struct("<5iI9i10f")
_LINK_BYTES = 12

_POLY = np.dtype(
    [
        ("first_link", "<u4"),
        ("corner", "<u2", (MAX_CORNERS,)),
        ("neighbour", "<u2", (MAX_CORNERS,)),
        ("flags", "<u2"),
        ("corner_count", "u1"),
        ("area", "u1"),
    ]
)
_DETAIL = np.dtype(
    [
        ("first_vertex", "<u4"),
        ("first_triangle", "<u4"),
        ("vertex_count", "u1"),
        ("triangle_count", "u1"),
        ("pad", "u1", 2),
    ]
)
_NODE = np.dtype([("low", "<u2", (3,)), ("high", "<u2", (3,)), ("item", "<i4")])


@dataclass(frozen=True)
class NavigationMesh:
    """Where people can walk: V vertices, P convex polygons of up to six corners that share whole edges.

    `vertices_world_m` (V, 3); `corner` (P, 6) vertex rows counter-clockwise seen from above, -1 beyond `corner_count` (P,);
    `neighbour` (P, 6) the polygon beyond the edge from corner j to j + 1, or -1; `area` (P,) one of AREA_*.
    """

    vertices_world_m: Float64
    corner: Int32
    corner_count: Int32
    neighbour: Int32
    area: NDArray[np.uint8]

    @property
    def count(self) -> int:
        """Number of polygons."""
        return len(self.area)


def encode_navigation(mesh: NavigationMesh) -> bytes:
    """The file of a mesh; empty bytes for a mesh without polygons. MapError when Detour's 16 bits do not hold it."""
    if not mesh.count:
        return b""
    if mesh.count > MAX_POLYGONS or len(mesh.vertices_world_m) > MAX_VERTICES:
        raise MapError(
            f"navigation mesh: found {mesh.count} polygons and {len(mesh.vertices_world_m)} vertices;"
            f" a tile holds at most {MAX_POLYGONS} and {MAX_VERTICES}"
        )
    # Detour compares in float32: the bounds must be those of the rounded vertices
    vertices = (mesh.vertices_world_m[:, [0, 2, 1]] * (1.0, 1.0, -1.0)).astype("<f4")
    low, high = vertices.min(axis=0).astype(np.float64), vertices.max(axis=0).astype(np.float64)
    low[1] -= _HEIGHT_MARGIN_M
    high[1] += _HEIGHT_MARGIN_M
    quantum_1pm = float(np.float32(65000.0 / float((high - low).max())))
    triangles, first_triangle = _fan_triangles(mesh)
    nodes = _bounding_tree(mesh, vertices.astype(np.float64), low, quantum_1pm)
    links = int((mesh.neighbour >= 0).sum()) + 1
    header = _HEADER.pack(
        *(_TILE_MAGIC, _TILE_VERSION, 0, 0, 0, 0),
        *(mesh.count, len(vertices), links, mesh.count, 0, len(triangles), len(nodes), 0, mesh.count),
        *(AGENT_HEIGHT_M, AGENT_RADIUS_M, AGENT_CLIMB_M, *low, *high, quantum_1pm),
    )
    detail = np.zeros(mesh.count, _DETAIL)
    detail["first_triangle"] = first_triangle
    detail["triangle_count"] = mesh.corner_count - 2
    parts = (vertices.tobytes(), _polygons(mesh).tobytes(), bytes(_LINK_BYTES * links), detail.tobytes())
    tile = header + b"".join(parts) + triangles.tobytes() + nodes.tobytes()
    polygon_bits = max(int(np.ceil(np.log2(mesh.count))), 10)
    size = high - low
    container = _SET.pack(_SET_MAGIC, _SET_VERSION, 1, *low, size[0], size[2], 1, 1 << polygon_bits)
    return container + _TILE_ENTRY.pack(1 << polygon_bits, len(tile)) + tile


def decode_navigation(data: bytes) -> NavigationMesh:
    """The mesh of a file with one tile; MapError when it is none."""
    try:
        magic, version, tiles, *_ = _SET.unpack_from(data)
        at = _SET.size + _TILE_ENTRY.size
        header = _HEADER.unpack_from(data, at)
    except struct.error as error:
        raise MapError(f"navigation mesh: found {len(data)} bytes; expected a header: {error}") from error
    if (magic, version, tiles) != (_SET_MAGIC, _SET_VERSION, 1) or header[:2] != (_TILE_MAGIC, _TILE_VERSION):
        raise MapError("navigation mesh: found another magic number, version or tile count; expected one Detour 7 tile")
    count, vertex_count = header[6], header[7]
    at += _HEADER.size
    vertices = np.frombuffer(data, "<f4", 3 * vertex_count, at).reshape(-1, 3).astype(np.float64)
    polygons = np.frombuffer(data, _POLY, count, at + vertices.size * 4)
    corner_count = polygons["corner_count"].astype(np.int32)
    used = np.arange(MAX_CORNERS) < corner_count[:, None]
    return NavigationMesh(
        vertices_world_m=vertices[:, [0, 2, 1]] * (1.0, -1.0, 1.0),
        corner=np.where(used, polygons["corner"].astype(np.int32), -1).astype(np.int32),
        corner_count=corner_count,
        neighbour=polygons["neighbour"].astype(np.int32) - 1,
        area=(polygons["area"] & 0x3F).astype(np.uint8),
    )


def _polygons(mesh: NavigationMesh) -> NDArray[np.void]:
    rows = np.zeros(mesh.count, _POLY)
    rows["corner"] = np.maximum(mesh.corner, 0)
    rows["neighbour"] = mesh.neighbour + 1
    rows["flags"] = AREA_FLAGS[mesh.area]
    rows["corner_count"] = mesh.corner_count
    rows["area"] = mesh.area
    return rows


def _fan_triangles(mesh: NavigationMesh) -> tuple[NDArray[np.uint8], Int32]:
    """Detail triangles (T, 4) of all polygons as fans around the first corner, and each polygon's first triangle.

    The fourth byte marks edges on the polygon's boundary (bits 0, 2, 4): without one the client reads no memory of its own.
    """
    per_polygon = mesh.corner_count - 2
    first = (np.cumsum(per_polygon) - per_polygon).astype(np.int32)
    index = np.arange(int(per_polygon.sum())) - np.repeat(first, per_polygon)
    last = np.repeat(per_polygon, per_polygon) - 1
    flags = (index == 0) * 1 + 4 + (index == last) * 16
    return np.stack([np.zeros_like(index), index + 1, index + 2, flags], axis=1).astype(np.uint8), first


def _bounding_tree(mesh: NavigationMesh, vertices: Float64, low: Float64, quantum_1pm: float) -> NDArray[np.void]:
    """Detour's bounding volume tree in depth-first order: leaves carry a polygon, inner nodes minus the nodes to skip."""
    corners = vertices[np.maximum(mesh.corner, 0)]
    unused = mesh.corner < 0
    lowest = np.where(unused[:, :, None], np.inf, corners).min(axis=1)
    highest = np.where(unused[:, :, None], -np.inf, corners).max(axis=1)
    floor = np.floor((lowest - low) * quantum_1pm).clip(0, 65535)
    ceiling = (np.floor((highest - low) * quantum_1pm) + 1).clip(0, 65535)
    nodes = np.zeros(2 * mesh.count - 1, _NODE)
    stack: list[tuple[NDArray[np.int64], int]] = [(np.arange(mesh.count), 0)]
    while stack:
        items, row = stack.pop()
        nodes["low"][row] = floor[items].min(axis=0)
        nodes["high"][row] = ceiling[items].max(axis=0)
        if len(items) == 1:
            nodes["item"][row] = items[0]
            continue
        nodes["item"][row] = -(2 * len(items) - 1)
        axis = int(np.argmax((ceiling[items].max(axis=0) - floor[items].min(axis=0))[[0, 2]])) * 2
        items = items[np.argsort(floor[items, axis], kind="stable")]
        half = len(items) // 2
        stack.append((items[half:], row + 2 * half))
        stack.append((items[:half], row + 1))
    return nodes

"""Lane surfaces: every point of the ground belongs to one lane category, so that no two of them fight for a ray.

Lanes outside junctions become strips along their own edges, exact in height. Inside a junction the connecting lanes overlap:
there the union of their outlines is filled instead. A lane of lower rank that reaches into a higher one (a pavement across a
connecting road) is cut back to what is left. Edges of raised lanes get kerb stones, and every outer edge a skirt into the soil.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.assets.solids import Int64, index_of, triangulate
from rendering.mesh import Mesh, empty_mesh, merge, smooth_normals
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

ROAD, PARKING, BIKE, SHOULDER, PAVEMENT = range(5)
_CATEGORY = {
    "driving": ROAD, "entry": ROAD, "exit": ROAD, "onRamp": ROAD, "offRamp": ROAD, "connectingRamp": ROAD,
    "bidirectional": ROAD, "bus": ROAD, "taxi": ROAD, "HOV": ROAD, "tram": ROAD, "rail": ROAD, "slipLane": ROAD,
    "parking": PARKING, "biking": BIKE, "shoulder": SHOULDER, "border": SHOULDER, "stop": SHOULDER,
    "restricted": SHOULDER, "sidewalk": PAVEMENT, "walking": PAVEMENT, "median": PAVEMENT, "curb": PAVEMENT,
}  # fmt: skip
MATERIAL_OF = {
    ROAD: "asphalt", PARKING: "asphalt_parking", BIKE: "asphalt_bike", SHOULDER: "asphalt_worn", PAVEMENT: "paving",
}  # fmt: skip
_CRACK_M = 0.05
_FILLED_HOLE_M2 = 90.0
"""Holes between a junction's connecting lanes up to this size are carriageway too; larger ones are islands."""
KERB_WIDTH_M = 0.15
_SKIRT_M = 0.30


@dataclass(frozen=True)
class LaneSurfaces:
    """Meshes by category, kerb stones, and the outline of all of them together (for the terrain around)."""

    by_category: dict[int, Mesh]
    kerbs: Mesh
    skirts: Mesh
    outline: shapely.Geometry
    carriageway: shapely.Geometry


class Heights:
    """Height of the lane surface near any point: the tangent plane at the nearest sample of the lanes' centre lines."""

    def __init__(self, network: RoadNetwork, rows: NDArray[np.int64]) -> None:
        lanes = network.lanes
        picked = [np.arange(lanes.first_point[i], lanes.first_point[i + 1]) for i in rows]
        index = np.concatenate(picked) if picked else np.zeros(0, np.int64)
        self.center = lanes.center_world_m[index]
        left, right = lanes.left_edge_world_m[index], lanes.right_edge_world_m[index]
        self.across = left - right
        ends = np.cumsum([len(p) for p in picked])
        slope = np.zeros(len(index))
        if len(index) > 1:
            step = np.diff(self.center, axis=0)
            run = np.linalg.norm(step[:, :2], axis=1)
            slope[:-1] = np.where(run > 1e-6, step[:, 2] / np.maximum(run, 1e-6), 0.0)
            for end in ends:
                slope[end - 1] = slope[end - 2] if end >= 2 else 0.0
        self.slope = slope
        self.heading = np.stack([self.across[:, 1], -self.across[:, 0]], axis=1)
        self.heading /= np.maximum(np.linalg.norm(self.heading, axis=1, keepdims=True), 1e-9)
        self.tree = cKDTree(self.center[:, :2]) if len(index) else None

    def at(self, points_xy: Float64) -> Float64:
        """z (N,) for points (N, 2)."""
        if self.tree is None:
            return np.zeros(len(points_xy))
        nearest = self.tree.query(points_xy)[1]
        offset = points_xy - self.center[nearest, :2]
        along = np.einsum("ij,ij->i", offset, self.heading[nearest])
        across = self.across[nearest]
        width2 = np.maximum(np.einsum("ij,ij->i", across[:, :2], across[:, :2]), 1e-6)
        share = np.clip(np.einsum("ij,ij->i", offset, across[:, :2]) / width2, -1.0, 1.0)
        return np.asarray(
            self.center[nearest, 2] + np.clip(along, -2.0, 2.0) * self.slope[nearest] + share * across[:, 2]
        )


def lane_surfaces(network: RoadNetwork) -> LaneSurfaces:
    """All lanes of the map as non-overlapping surfaces."""
    lanes = network.lanes
    category = np.array([_CATEGORY.get(kind, -1) for kind in lanes.lane_type], dtype=np.int64)
    in_junction = np.array([name not in ("", "-1") for name in lanes.junction_id], dtype=bool)
    outlines = lane_outlines(network)
    meshes: dict[int, Mesh] = {}
    kerbs: list[Mesh] = []
    taken: shapely.Geometry = shapely.Polygon()
    carriageway: shapely.Geometry = shapely.Polygon()
    for rank in (ROAD, PARKING, BIKE, SHOULDER, PAVEMENT):
        shapely.prepare(carriageway)
        rows = np.flatnonzero(category == rank)
        if not len(rows):
            continue
        heights = Heights(network, rows)
        pieces = []
        cut_rows = rows[in_junction[rows]] if rank == ROAD else _overlapping(rows, outlines, taken)
        whole = np.setdiff1d(rows, cut_rows)
        for row in whole:
            if rank == PAVEMENT:
                slabs, stones = _pavement_strip(network, int(row), carriageway)
                pieces.append(slabs)
                kerbs.append(stones)
            else:
                pieces.append(ribbon(*_columns(network, int(row)), MATERIAL_OF[rank]))
        area = shapely.unary_union(outlines[cut_rows]) if len(cut_rows) else shapely.Polygon()
        area = _filled(area) if rank == ROAD else area.difference(taken)
        if rank == PAVEMENT and not area.is_empty:
            rim = area.intersection(carriageway.buffer(KERB_WIDTH_M, join_style="mitre"))
            kerbs.append(area_mesh(rim, heights, "kerb_stone"))
            kerbs.append(_boundary_skirt(area, heights, "kerb_stone"))
            area = area.difference(rim)
        pieces.append(area_mesh(area, heights, MATERIAL_OF[rank]))
        meshes[rank] = merge(pieces)
        taken = shapely.unary_union([taken, *outlines[whole], area])
        if rank != PAVEMENT:
            carriageway = taken
    filler = _gaps(taken, carriageway)
    everything = Heights(network, np.flatnonzero(category >= 0))
    on_road = Heights(network, np.flatnonzero((category >= 0) & (category != PAVEMENT)))
    fill_mesh = area_mesh(filler, on_road, MATERIAL_OF[SHOULDER])
    meshes[SHOULDER] = merge([meshes[SHOULDER], fill_mesh]) if SHOULDER in meshes else fill_mesh
    # roads in a file often miss each other by a fraction of a millimetre: no grass shall grow through that crack
    outline = (
        shapely.unary_union([taken, filler]).buffer(_CRACK_M, join_style="mitre").buffer(-_CRACK_M, join_style="mitre")
    )
    skirt = _boundary_skirt(outline.buffer(-0.03, join_style="mitre").simplify(0.01), everything, "shoulder", 0.004)
    return LaneSurfaces(meshes, merge(kerbs), skirt, outline, carriageway)


def _gaps(taken: shapely.Geometry, carriageway: shapely.Geometry) -> shapely.Geometry:
    """Narrow wedges of bare ground between the lanes (under about 3 m wide) that touch the carriageway."""
    closed = taken.buffer(1.6, quad_segs=4).buffer(-1.6, quad_segs=4).difference(taken.buffer(0.001))
    near = carriageway.buffer(0.05)
    wedges = [part for part in polygons_of(closed, 0.02) if part.intersects(near)]
    return (
        shapely.unary_union([part.buffer(0.002) for part in wedges]).difference(taken) if wedges else shapely.Polygon()
    )


def lane_outlines(network: RoadNetwork) -> NDArray[np.object_]:
    """The outline of every lane in the plane (L,), as valid shapely polygons (possibly empty)."""
    lanes = network.lanes
    out = np.empty(lanes.count, dtype=object)
    for row in range(lanes.count):
        points = lanes.points_of(row)
        ring = np.concatenate([lanes.right_edge_world_m[points, :2], lanes.left_edge_world_m[points, :2][::-1]])
        shape = shapely.Polygon(ring) if len(ring) >= 4 else shapely.Polygon()
        out[row] = shape if shape.is_valid else shapely.make_valid(shape).buffer(0.0)
    return out


def _overlapping(rows: Int64, outlines: NDArray[np.object_], taken: shapely.Geometry) -> Int64:
    """Rows whose outline shares more than a sliver with what is already taken."""
    if taken.is_empty:
        return rows[:0]
    shapely.prepare(taken)
    touching = rows[shapely.intersects(taken, outlines[rows])]
    inner = shapely.buffer(outlines[touching], -0.02)
    return np.asarray(touching[shapely.intersects(taken, inner)])


def _filled(area: shapely.Geometry) -> shapely.Geometry:
    """The area without its small holes and hairline gaps."""
    closed = area.buffer(0.02, join_style="mitre").buffer(-0.02, join_style="mitre")
    kept = []
    for polygon in polygons_of(closed):
        holes = [ring for ring in polygon.interiors if shapely.Polygon(ring).area > _FILLED_HOLE_M2]
        kept.append(shapely.Polygon(polygon.exterior, holes))
    return shapely.unary_union(kept) if kept else shapely.Polygon()


def polygons_of(area: shapely.Geometry, smallest_m2: float = 1e-3) -> list[shapely.Polygon]:
    """The polygons of any geometry, largest slivers dropped."""
    return [
        part
        for part in shapely.get_parts(area, return_index=False)
        if part.geom_type == "Polygon" and part.area > smallest_m2
    ]


def area_mesh(
    area: shapely.Geometry, heights: Heights, material: str, lift_m: float = 0.0, cell_m: float = 2.5
) -> Mesh:
    """A horizontal area laid on the lanes' heights; where they are not flat it is first cut into cells of `cell_m`."""
    points, faces, base = [], [], 0
    for polygon in polygons_of(area):
        for piece in _cells(polygon, heights, cell_m):
            rings = [np.asarray(ring.coords)[:-1, :2] for ring in (piece.exterior, *piece.interiors)]
            flat, triangles = triangulate(
                np.column_stack([rings[0], np.zeros(len(rings[0]))]),
                [np.column_stack([ring, np.zeros(len(ring))]) for ring in rings[1:]],
            )
            points.append(flat[:, :2])
            faces.append(triangles + base)
            base += len(flat)
    if not points:
        return merge([])
    xy = np.concatenate(points)
    vertices = np.column_stack([xy, heights.at(xy) + lift_m])
    return surface(vertices, np.concatenate(faces), material)


def _cells(polygon: shapely.Polygon, heights: Heights, cell_m: float) -> list[shapely.Polygon]:
    """The polygon itself where the ground under it is flat, else its pieces on a square grid."""
    outline = np.asarray(polygon.exterior.coords)[:, :2]
    z = heights.at(outline)
    if len(z) < 3 or float(np.ptp(z)) < 0.01:
        return [polygon]
    low, high = outline.min(axis=0), outline.max(axis=0)
    xs = np.arange(np.floor(low[0] / cell_m), np.ceil(high[0] / cell_m)) * cell_m
    ys = np.arange(np.floor(low[1] / cell_m), np.ceil(high[1] / cell_m)) * cell_m
    gx, gy = (grid.ravel() for grid in np.meshgrid(xs, ys))
    pieces = shapely.intersection(polygon, shapely.box(gx, gy, gx + cell_m, gy + cell_m))
    return [part for piece in pieces for part in polygons_of(piece, 1e-5)]


def surface(vertices: Float64, faces: Int64, material: str) -> Mesh:
    """A smooth surface that looks up; degenerate triangles are dropped."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    keep = np.linalg.norm(cross, axis=1) > 1e-7
    faces = faces[keep]
    count = len(faces)
    if not count:
        return empty_mesh()
    return Mesh(
        vertices.astype(np.float32),
        smooth_normals(vertices, faces),
        faces.astype(np.uint32),
        np.full(count, index_of(material), np.uint16),
        np.zeros(count, np.uint8),
    )


def _columns(network: RoadNetwork, row: int) -> tuple[Float64, Float64]:
    points = network.lanes.points_of(row)
    return network.lanes.right_edge_world_m[points], network.lanes.left_edge_world_m[points]


def ribbon(right: Float64, left: Float64, material: str) -> Mesh:
    """The strip between two polylines of equal length; it looks up when `left` lies to the left of the way."""
    count = len(right)
    vertices = np.concatenate([right, left])
    i = np.arange(count - 1)
    faces = np.concatenate([np.stack([i, i + 1, i + 1 + count], 1), np.stack([i, i + 1 + count, i + count], 1)])
    a, b, c = (vertices[faces[:, k], :2] for k in range(3))
    folded = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    faces[folded] = faces[folded][:, ::-1]
    return surface(vertices, faces, material)


def _road_sides(network: RoadNetwork, row: int, carriageway: shapely.Geometry) -> tuple[bool, bool]:
    """Whether the (left, right) edge of a pavement looks at the carriageway; the nearer one does in any case."""
    right, left = _columns(network, row)
    middle = len(left) // 2
    ends = [shapely.distance(carriageway, shapely.Point(edge[middle, :2])) for edge in (left, right)]
    return ends[0] <= min(ends[1], 1e9) or ends[0] < 0.3, ends[1] < ends[0] or ends[1] < 0.3


def _pavement_strip(network: RoadNetwork, row: int, carriageway: shapely.Geometry) -> tuple[Mesh, Mesh]:
    """The slabs of a pavement lane, and the kerb stones along its road sides: their top and the face at the gutter."""
    right, left = _columns(network, row)
    on_left, on_right = _road_sides(network, row, carriageway)
    width = np.maximum(np.linalg.norm(left - right, axis=1, keepdims=True), 1e-6)
    stone = (left - right) * np.minimum(KERB_WIDTH_M / width, 0.5)
    drop = np.array([0.0, 0.0, _SKIRT_M])
    slab_right, slab_left, kerbs = right, left, []
    if on_left:
        slab_left = left - stone
        kerbs += [ribbon(slab_left, left, "kerb_stone"), wall(left, left - drop)]
    if on_right:
        slab_right = right + stone
        kerbs += [ribbon(right, slab_right, "kerb_stone"), wall(right - drop, right)]
    return ribbon(slab_right, slab_left, MATERIAL_OF[PAVEMENT]), merge(kerbs)


def wall(first: Float64, second: Float64, material: str = "kerb_stone") -> Mesh:
    """A vertical strip between two polylines; it looks to the left of the way when `first` is the upper one."""
    count = len(first)
    vertices = np.concatenate([first, second])
    i = np.arange(count - 1)
    faces = np.concatenate([np.stack([i, i + 1, i + 1 + count], 1), np.stack([i, i + 1 + count, i + count], 1)])
    return surface(vertices, faces, material)


def _boundary_skirt(area: shapely.Geometry, heights: Heights, material: str, sink_m: float = 0.0) -> Mesh:
    """Vertical faces below the outline of an area."""
    out = []
    for polygon in polygons_of(area):
        oriented = shapely.geometry.polygon.orient(polygon)
        for ring in (oriented.exterior, *oriented.interiors):
            xy = np.asarray(ring.coords)[:, :2]
            line = np.column_stack([xy, heights.at(xy) - sink_m])
            out.append(wall(line - np.array([0.0, 0.0, _SKIRT_M]), line, material))
    return merge(out)

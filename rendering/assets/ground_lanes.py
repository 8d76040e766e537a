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

from rendering.assets.ground_bridges import deck_area
from rendering.assets.ground_kerbs import KERB_WIDTH_M, pavement_strip
from rendering.assets.ground_styles import asphalt_of, lane_uv, pavement_of, road_age
from rendering.assets.ground_surfaces import Heights, area_mesh, boundary_skirt, polygons_of, ribbon
from rendering.assets.solids import Int64
from rendering.mesh import Mesh, merge
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
_GREEN_MEDIAN_M = 1.2
_CLEAR_OF_DECKS_M = 3.0
_MOTORWAY_MPS = 28.0


@dataclass(frozen=True)
class LaneSurfaces:
    """Meshes by category, kerb stones, and the outline of all of them together (for the terrain around)."""

    by_category: dict[int, Mesh]
    kerbs: Mesh
    skirts: Mesh
    outline: shapely.Geometry
    carriageway: shapely.Geometry


def lane_surfaces(network: RoadNetwork, on_deck: NDArray[np.bool_]) -> LaneSurfaces:
    """All lanes of the map as surfaces that overlap nowhere but at bridges, to which the points `on_deck` (P,) belong."""
    decks = deck_area(network, on_deck)
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
        cut_rows = rows[in_junction[rows]] if rank == ROAD else _overlapping(rows, outlines, taken)
        if rank != ROAD and not decks.is_empty:
            cut_rows = cut_rows[~shapely.intersects(decks, outlines[cut_rows])]
        whole = np.setdiff1d(rows, cut_rows)
        area = shapely.unary_union(outlines[cut_rows]) if len(cut_rows) else shapely.Polygon()
        area = _filled(area) if rank == ROAD else area.difference(taken)
        if rank == PAVEMENT:
            on_road = Heights(network, np.flatnonzero((category >= 0) & (category != PAVEMENT)))
            slabs, stones, gutters = _pavements(network, rows, whole, area, carriageway, on_road)
            meshes[rank] = slabs
            kerbs.append(stones)
            gutter_rank = min(meshes)
            meshes[gutter_rank] = merge([meshes[gutter_rank], gutters])
        else:
            pieces = [_strip(network, int(row), rank) for row in whole]
            meshes[rank] = merge([*pieces, _area(network, area, Heights(network, rows), rank)])
        taken = shapely.unary_union([taken, *outlines[whole], area])
        if rank != PAVEMENT:
            carriageway = taken
    filler = _gaps(taken, carriageway).difference(decks.buffer(_CLEAR_OF_DECKS_M))
    everything = Heights(network, np.flatnonzero(category >= 0), ~on_deck)
    on_road = Heights(network, np.flatnonzero((category >= 0) & (category != PAVEMENT)))
    fill_mesh = area_mesh(filler, on_road, MATERIAL_OF[SHOULDER])
    meshes[SHOULDER] = merge([meshes[SHOULDER], fill_mesh]) if SHOULDER in meshes else fill_mesh
    # roads in a file often miss each other by a fraction of a millimetre: no grass shall grow through that crack
    outline = (
        shapely.unary_union([taken, filler]).buffer(_CRACK_M, join_style="mitre").buffer(-_CRACK_M, join_style="mitre")
    )
    skirt = boundary_skirt(
        outline.difference(decks.buffer(1.0)).buffer(-0.03, join_style="mitre").simplify(0.01),
        everything,
        "shoulder",
        0.004,
    )
    return LaneSurfaces(meshes, merge(kerbs), skirt, outline, carriageway)


def _strip(network: RoadNetwork, row: int, rank: int) -> Mesh:
    """A lane outside junctions along its own edges, with lane coordinates."""
    lanes = network.lanes
    points = lanes.points_of(row)
    material = MATERIAL_OF[rank]
    if rank == ROAD:
        material = asphalt_of(road_age(network.name, lanes.road_id[row]))
    elif rank == SHOULDER and _unpaved(network, row):
        material = "gravel"
    return ribbon(lanes.right_edge_world_m[points], lanes.left_edge_world_m[points], material, lane_uv(network, row))


def _unpaved(network: RoadNetwork, row: int) -> bool:
    """Borders and shoulders are gravel on country roads: not on motorways, and not where people walk."""
    lanes = network.lanes
    if lanes.lane_type[row] not in ("border", "shoulder") or lanes.speed_limit_mps[row] > _MOTORWAY_MPS:
        return False
    return not any(
        lanes.road_id[other] == lanes.road_id[row] and lanes.lane_type[other] in ("sidewalk", "walking", "median")
        for other in range(max(row - 12, 0), min(row + 13, lanes.count))
    )


def _area(network: RoadNetwork, area: shapely.Geometry, heights: Heights, rank: int) -> Mesh:
    """What is filled as an area: junctions, each of one age, and cut lanes."""
    pieces = []
    for polygon in polygons_of(area):
        material = MATERIAL_OF[rank]
        if rank == ROAD:
            place = f"{polygon.centroid.x:.0f} {polygon.centroid.y:.0f}"
            material = asphalt_of(road_age(network.name, place))
        elif rank == PAVEMENT:
            material = pavement_of(network.name, np.array(polygon.centroid.coords[0]))
        pieces.append(area_mesh(polygon, heights, material))
    return merge(pieces)


def _pavements(
    network: RoadNetwork,
    rows: Int64,
    whole: Int64,
    area: shapely.Geometry,
    carriageway: shapely.Geometry,
    on_road: Heights,
) -> tuple[Mesh, Mesh, Mesh]:
    """(slabs, kerb stones, gutters) of all pavements, medians and islands."""
    heights = Heights(network, rows)
    slabs: list[Mesh] = []
    kerbs: list[Mesh] = []
    gutters: list[Mesh] = []
    for row in whole:
        points = network.lanes.points_of(int(row))
        material = pavement_of(network.name, network.lanes.center_world_m[points].mean(axis=0))
        if network.lanes.lane_type[row] == "median":
            material = "grass" if float(network.lanes.width_m[points].mean()) > _GREEN_MEDIAN_M else "paving_concrete"
        for kept, mesh in zip(
            (slabs, kerbs, gutters),
            pavement_strip(network, int(row), carriageway, on_road if on_road.tree else None, material),
            strict=True,
        ):
            kept.append(mesh)
    if not area.is_empty:
        rim = area.intersection(carriageway.buffer(KERB_WIDTH_M, join_style="mitre"))
        kerbs += [area_mesh(rim, heights, "kerb_stone"), boundary_skirt(area, heights, "kerb_stone")]
        slabs.append(_area(network, area.difference(rim), heights, PAVEMENT))
    return merge(slabs), merge(kerbs), merge(gutters)


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

"""Static objects: on free ground, apart from each other, out of sight lines, and the same for the same seed."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Polygon

from sim.catalogue.static_assets import STATIC_ASSETS
from sim.maps.ground_plan import footprint
from sim.maps.layout import MOST_OBJECTS, place_static_objects
from sim.maps.lookup import LaneLookup
from tests.maps.conftest import network_of

SLENDER = ("tree.", "pole.")
NAMES = (
    "town_quarter",
    "motorway",
    "parking_lot",
    "Town01",
    "Town10HD",
    "fabriksgatan_traffic_lights",
    "multi_intersections",
)


@pytest.fixture(scope="module", params=NAMES)
def placed(request):
    """(network, objects) of one map."""
    network = network_of(request.param)
    return network, place_static_objects(network, 0)


def key_of(name: str) -> str:
    return name.split(":")[0]


def feet(objects) -> list[Polygon]:
    """What of each object touches the ground: the box, or the trunk or mast."""
    out = []
    for i, name in enumerate(objects.name):
        x, y, _ = objects.position_world_m[i]
        half = (0.15, 0.15) if name.startswith(SLENDER) else objects.box_extent_m[i, :2]
        out.append(footprint(x, y, objects.rpy_rad[i, 2], *half))
    return out


def lane_shapes(network, types=None) -> list[Polygon]:
    """Polygons of lanes of some types (all but "none" by default)."""
    lanes = network.lanes
    out = []
    for row in range(lanes.count):
        kind = lanes.lane_type[row]
        if kind != "none" and (types is None or kind in types):
            part = lanes.points_of(row)
            ring = np.concatenate([lanes.left_edge_world_m[part, :2], lanes.right_edge_world_m[part, :2][::-1]])
            out.append(Polygon(ring).buffer(0))
    return out


def overlaps(shapes, others) -> list[int]:
    """Rows of shapes that overlap any of the others."""
    tree = shapely.STRtree(others)
    hits = tree.query(shapes, predicate="intersects")
    return sorted({int(a) for a, b in hits.T if shapes[a].intersection(others[b]).area > 1e-4})


def test_nothing_stands_on_lanes_crosswalks_or_bays(placed):
    network, objects = placed
    shapes = feet(objects)
    taken = lane_shapes(network)
    for table in (network.crosswalks, network.parking_bays):
        taken += [Polygon(table.points_world_m[a:b, :2]) for a, b in itertools.pairwise(table.first_point)]
    found = [objects.name[i] for i in overlaps(shapes, taken)]
    medians = lane_shapes(network, ("median",))
    rails = {objects.name[i] for i in overlaps(shapes, medians)} if medians else set()
    assert all(name in rails and key_of(name) == "rail.guard" for name in found)


def test_crowns_and_boxes_reach_over_no_carriageway(placed):
    network, objects = placed
    rows = [i for i, name in enumerate(objects.name) if not name.startswith("pole.")]
    boxes = [
        footprint(*objects.position_world_m[i, :2], objects.rpy_rad[i, 2], *objects.box_extent_m[i, :2]) for i in rows
    ]
    assert overlaps(boxes, lane_shapes(network, ("driving", "parking", "biking"))) == []


def test_nothing_overlaps_anything(placed):
    _, objects = placed
    boxes = [
        foot
        if objects.name[i].startswith("pole.")
        else footprint(*objects.position_world_m[i, :2], objects.rpy_rad[i, 2], *objects.box_extent_m[i, :2])
        for i, foot in enumerate(feet(objects))
    ]
    pairs = shapely.STRtree(boxes).query(boxes, predicate="intersects").T
    assert [(objects.name[a], objects.name[b]) for a, b in pairs if a < b] == []


def test_no_signal_is_hidden_from_its_lanes(placed):
    network, objects = placed
    signals, lanes = network.signals, network.lanes
    tall = [
        i
        for i in range(len(objects.name))
        if 2 * objects.box_extent_m[i, 2] > 1.5 and not objects.name[i].startswith("pole.")
    ]
    boxes = [
        footprint(*objects.position_world_m[i, :2], objects.rpy_rad[i, 2], *objects.box_extent_m[i, :2]) for i in tall
    ]
    rays = []
    for row in range(len(signals.kind)):
        for lane, stop in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
            part = lanes.points_of(lane)
            for back in (3.0, 17.0, 33.0, 52.0):
                if stop - back >= 0.0:
                    eye = [
                        np.interp(stop - back, lanes.arc_length_m[part], lanes.center_world_m[part, k])
                        for k in range(2)
                    ]
                    rays.append(LineString([eye, signals.position_world_m[row, :2]]))
    if rays:
        hidden = shapely.STRtree(boxes).query(rays, predicate="intersects")
        assert [objects.name[tall[i]] for i in hidden[1]] == []


def test_objects_stand_on_the_ground_with_known_keys(placed):
    network, objects = placed
    assert 100 < len(objects.name) <= MOST_OBJECTS
    assert len(set(objects.name)) == len(set(objects.carla_id.tolist())) == len(objects.name)
    ground = LaneLookup(network).height_at(objects.position_world_m)
    assert np.abs(ground - objects.position_world_m[:, 2]).max() < 0.5
    for name, center, extent, kind in zip(
        objects.name, objects.box_center_m, objects.box_extent_m, objects.object_class, strict=True
    ):
        asset = STATIC_ASSETS[key_of(name)]
        assert kind == asset.object_class
        assert int(name.split(":")[1].split("#")[0]) < asset.variants
        assert center[2] == extent[2] > 0.0


def test_fronts_look_at_the_street(town):
    objects = place_static_objects(town, 0)
    rows = [i for i, name in enumerate(objects.name) if name.startswith("building.")]
    assert len(rows) > 100
    lookup = LaneLookup(town, ("sidewalk", "driving"))
    yaw = objects.rpy_rad[rows, 2]
    front = np.stack([-np.sin(yaw), np.cos(yaw)], axis=1) * objects.box_extent_m[rows, 1][:, None]
    ahead = lookup.nearest(objects.position_world_m[rows, :2] + front).distance_m
    behind = lookup.nearest(objects.position_world_m[rows, :2] - front).distance_m
    assert (ahead < behind).mean() > 0.95


def test_the_seed_decides():
    network = network_of("parking_lot")
    first, again, other = (place_static_objects(network, seed) for seed in (1, 1, 2))
    assert first.digest() == again.digest() != other.digest()


def test_it_is_quick():
    network = network_of("Town01")
    start = time.process_time()
    place_static_objects(network, 5)
    assert time.process_time() - start < 3.0

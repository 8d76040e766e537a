"""Label cameras against closed forms: known planes, boxes and motions, in CARLA's encodings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sim.base import frames
from sim.server.map_source import MapSource
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.describe import description
from tests.server.tap import Tap, depth_of

_SIZE = {"image_size_x": "160", "image_size_y": "120"}
_WIDTH, _HEIGHT, _FOCAL = 160, 120, 80.0


@pytest.fixture(scope="module")
def tap() -> Iterator[Tap]:
    """One town for all tests, since its scene takes seconds to build; tests take away what they add."""
    world = World(StreamHub(EventLoop()), MapSource(), MapSource().load("town_quarter"), stream_port=2001)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=0.05)
    yield Tap(world, Calls(world))


@pytest.fixture
def place(tap: Tap) -> Iterator[Any]:
    """A CARLA transform 2 m above the first spawn point's road, looking along it, level."""
    (x, y, _), (_, yaw, _) = tap.world.map.spawn_points[0]
    ground = float(tap.world.ground.height_at(np.array([[x, -y]]))[0])
    yield [[x, y, ground + 2.0], [0.0, yaw, 0.0]]
    tap.clear()


def _ahead(place: Any, forward_m: float, right_m: float, up_m: float) -> Any:
    (x, y, z), (pitch, yaw, roll) = place
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    return [[x + c * forward_m - s * right_m, y + s * forward_m + c * right_m, z + up_m], [pitch, yaw, roll]]


def _points_world(tap: Tap, actor: int, depth: Any) -> Any:
    """(H, W, 3) points of a depth image in our world axes."""
    row = tap.world.row(actor)
    pose = frames.pose(tap.world.actors.position[row], tap.world.actors.rpy[row]) @ frames.SENSOR_FROM_CAMERA
    u, v = np.meshgrid(np.arange(_WIDTH) - (_WIDTH - 1) / 2.0, np.arange(_HEIGHT) - (_HEIGHT - 1) / 2.0)
    return frames.apply(pose, np.stack([u / _FOCAL * depth, v / _FOCAL * depth, depth], axis=-1))


def test_all_cameras_of_one_pose_share_one_render_and_agree(tap: Tap, place: Any) -> None:
    kinds = ("rgb", "depth", "semantic_segmentation", "instance_segmentation", "normals", "optical_flow")
    actors = [tap.add(f"sensor.camera.{kind}", place, **_SIZE) for kind in reversed(kinds)]
    looks = tap.world.sensors.looks
    tap.calls.tick_cue()
    before = looks.renders
    tap.calls.tick_cue()
    assert looks.renders == before + 1
    assert all(len(tap.frames[actor]) == 2 for actor in actors)
    semantic, instance = tap.image(actors[3]), tap.image(actors[2])
    assert (semantic[:, :, 2] == instance[:, :, 2]).all()
    assert not semantic[:, :, :2].any()
    sky = semantic[:, :, 2] == 11
    depth, normals = depth_of(tap.image(actors[4])), tap.image(actors[1])
    assert sky.any()
    assert (depth[sky] == 1000.0).all()
    assert (normals[sky][:, :3] == 128).all()
    tap.add("sensor.camera.depth", [place[0], [0.0, place[1][1] + 1.0, 0.0]], **_SIZE)
    tap.calls.tick_cue()
    assert looks.renders == before + 3, "another pose needs its own render"


def test_cosmos_draws_cars_red_and_lanes_blue_on_black(tap: Tap, place: Any) -> None:
    tap.calls.spawn_actor(description("vehicle.audi.tt"), _ahead(place, 12.0, 0.0, -2.0))
    cameras = [tap.add(f"sensor.camera.{k}", place, **_SIZE) for k in ("cosmos_visualization", "semantic_segmentation")]
    tap.calls.tick_cue()
    drawn, tag = (tap.image(camera) for camera in cameras)
    tag = tag[:, :, 2]
    assert (drawn[tag == 14][:, 2] >= 63).all() and not drawn[tag == 14][:, :2].any()
    assert not drawn[tag == 11][:, :3].any() and (drawn[:, :, 3] == 255).all()
    assert (drawn[tag == 24][:, :3] == (249, 183, 98)).all(axis=1).mean() > 0.8


def test_an_open_door_is_seen_as_part_of_its_car(tap: Tap, place: Any) -> None:
    car = tap.calls.spawn_actor(description("vehicle.ford.crown"), _ahead(place, 9.0, 0.0, -2.0))[0]
    cameras = [
        tap.add(f"sensor.camera.{k}", place, **_SIZE) for k in ("semantic_segmentation", "instance_segmentation")
    ]
    tap.calls.tick_cue()
    shut = (tap.image(cameras[0])[:, :, 2] == 14).sum()
    tap.calls.open_vehicle_door(car, 0)
    for _ in range(22):
        tap.calls.tick_cue()
    tag, instance = tap.image(cameras[0])[:, :, 2], tap.image(cameras[1])
    assert (tag == 14).sum() > 1.15 * shut
    ids = instance[:, :, 1].astype(int) + 256 * instance[:, :, 0].astype(int)
    assert set(np.unique(ids[tag == 14])) == {car & 0xFFFF}
    tap.calls.destroy_actor(car)


def test_depth_and_normals_of_the_road_are_those_of_its_plane(tap: Tap, place: Any) -> None:
    depth_camera = tap.add("sensor.camera.depth", place, **_SIZE)
    normals = tap.add("sensor.camera.normals", place, **_SIZE)
    semantic = tap.add("sensor.camera.semantic_segmentation", place, **_SIZE)
    tap.calls.tick_cue()
    depth = depth_of(tap.image(depth_camera))
    road = tap.image(semantic)[:, :, 2] == 1
    points = _points_world(tap, depth_camera, depth)
    near = road & (depth < 25.0)
    assert near.sum() > 1000
    heights = tap.world.ground.height_at(points[near][:, :2])
    assert np.abs(points[near][:, 2] - heights).max() < 0.02
    v = np.arange(_HEIGHT)[:, None] - (_HEIGHT - 1) / 2.0
    plane = np.where(v > 0, 2.0 * _FOCAL / np.maximum(v, 0.5), np.inf) * np.ones((1, _WIDTH))
    flat = near & (np.abs(heights[:, None].mean() - (place[0][2] - 2.0)) < 0.01)
    assert np.abs(depth[flat] / plane[flat] - 1.0).max() < 0.01
    up = tap.image(normals)[near][:, :3].astype(int)
    assert np.abs(up - np.array([255, 128, 128])).max() <= 2, "B is CARLA's world z"


def test_a_wall_that_faces_east_is_red_whatever_the_cameras_heading(tap: Tap) -> None:
    """World axes, not the camera's: the same wall has the same colour from two headings, and y is CARLA's."""
    from sim.server.sensing.label_cameras import normal_bytes

    east, north = np.array([[[1.0, 0.0, 0.0]]], np.float32), np.array([[[0.0, 1.0, 0.0]]], np.float32)
    assert normal_bytes(east)[0, 0].tolist() == [128, 128, 255]
    assert normal_bytes(north)[0, 0].tolist() == [128, 0, 128]


def test_depth_of_a_car_begins_at_its_bounding_box(tap: Tap, place: Any) -> None:
    car = tap.calls.spawn_actor(description("vehicle.audi.tt"), _ahead(place, 12.0, 0.0, -2.0))[0]
    low = _ahead(place, 0.0, 0.0, -1.2)
    cameras = [tap.add(f"sensor.camera.{kind}", low, **_SIZE) for kind in ("depth", "instance_segmentation")]
    tap.calls.tick_cue()
    depth, instance = depth_of(tap.image(cameras[0])), tap.image(cameras[1])
    mine = (instance[:, :, 1] == (car & 255)) & (instance[:, :, 0] == car >> 8) & (instance[:, :, 2] == 14)
    entry, row = tap.world.entry(car), tap.world.row(car)
    inside = frames.inverse(frames.pose(tap.world.actors.position[row], tap.world.actors.rpy[row]))
    local = frames.apply(inside, _points_world(tap, cameras[0], depth)[mine]) - entry.box_center_m
    assert mine.sum() > 100
    assert (np.abs(local) < entry.box_extent_m + 0.02).all(), "nothing of the car is outside its box"
    assert abs(local[:, 0].min() + entry.box_extent_m[0]) < 0.06, "and the nearest point is on the rear face"
    tap.calls.set_ignored_vehicles(cameras[1], [car])
    tap.calls.tick_cue()
    unseen = tap.image(cameras[1])
    assert not ((unseen[:, :, 1] == (car & 255)) & (unseen[:, :, 2] == 14)).any()


def test_tags_of_actors_are_those_that_the_client_is_told(tap: Tap, place: Any) -> None:
    spots = {
        "vehicle.audi.tt": (16.0, 0.0, -2.0, {14}),
        "vehicle.bh.crossbike": (9.0, -3.0, -2.0, {19, 13}),
        "walker.pedestrian.0001": (9.0, 3.0, -1.0, {12}),
        "static.prop.trafficcone01": (6.0, 1.2, -2.0, {21}),
    }
    ids = {}
    for kind, (forward, right, up, _) in spots.items():
        ids[kind] = tap.calls.spawn_actor(description(kind), _ahead(place, forward, right, up))[0]
    camera = tap.add("sensor.camera.instance_segmentation", place, **_SIZE)
    tap.calls.tick_cue()
    image = tap.image(camera)
    number = image[:, :, 1].astype(int) + 256 * image[:, :, 0].astype(int)
    for kind, (_, _, _, tags) in spots.items():
        pixels = image[:, :, 2][(number == ids[kind]) & np.isin(image[:, :, 2], sorted(tags))]
        assert len(pixels) > 20, kind
        assert set(pixels.tolist()) == tags, kind
        assert tap.world.entry(ids[kind]).tags[0] in tags


def test_every_static_pixel_lies_on_the_environment_object_that_it_names(tap: Tap, place: Any) -> None:
    cameras = [tap.add(f"sensor.camera.{kind}", place, **_SIZE) for kind in ("depth", "instance_segmentation")]
    tap.calls.tick_cue()
    depth, image = depth_of(tap.image(cameras[0])), tap.image(cameras[1])
    statics, labels = tap.world.surroundings.statics, tap.world.surroundings.labels
    told = {item[2] & 0xFFFF: item[4] for item in tap.calls.get_environment_objects(255)}
    points = _points_world(tap, cameras[0], depth)
    number = image[:, :, 1].astype(int) + 256 * image[:, :, 0].astype(int)
    checked = 0
    low = (statics.carla_id & np.uint64(0xFFFF)).astype(int)
    for row in np.flatnonzero(np.isin(low, np.unique(number))):
        mine = (number == low[row]) & (image[:, :, 2] == labels[row]) & (depth < 200.0)
        if mine.sum() < 5 or (low == low[row]).sum() > 1:
            continue
        inside = frames.inverse(frames.pose(statics.position_world_m[row], statics.rpy_rad[row]))
        local = frames.apply(inside, points[mine]) - statics.box_center_m[row]
        reach_m = 1.0 if statics.name[row].startswith("pole.") else 0.3  # a lamp's arm leaves its box
        share = (np.abs(local) < statics.box_extent_m[row] + reach_m).all(axis=1).mean()
        assert share > 0.98, (statics.name[row], share)
        assert told[int(low[row])] == labels[row]
        checked += 1
    assert checked >= 5


def test_flow_of_a_camera_over_the_road_is_the_planes(tap: Tap, place: Any) -> None:
    step_m = 0.5
    flow = tap.add("sensor.camera.optical_flow", place, **_SIZE)
    tap.calls.tick_cue()
    assert np.abs(tap.floats(flow, 2)).max() < 2e-6, "the first image has no motion"
    tap.calls.set_actor_transform(flow, _ahead(place, step_m, 0.0, 0.0))
    depth = tap.add("sensor.camera.depth", _ahead(place, step_m, 0.0, 0.0), **_SIZE)
    tap.calls.tick_cue()
    z = depth_of(tap.image(depth))
    u, v = np.meshgrid(np.arange(_WIDTH) - (_WIDTH - 1) / 2.0, np.arange(_HEIGHT) - (_HEIGHT - 1) / 2.0)
    # a point at depth z was at z + step: u z / (z + step) px from the middle
    expected_x = 2.0 / _WIDTH * (u - u * z / (z + step_m))
    expected_y = -2.0 / _HEIGHT * (v - v * z / (z + step_m))
    found = tap.floats(flow, 2)
    still = z < 500.0
    assert np.abs(found[:, :, 0] - expected_x)[still].max() < 2e-4
    assert np.abs(found[:, :, 1] - expected_y)[still].max() < 2e-4
    assert found[-1, -1, 0] > 0.0 > found[-1, -1, 1], "down and right is +x, -y"


def test_flow_knows_that_a_car_drives(tap: Tap, place: Any) -> None:
    car = tap.calls.spawn_actor(description("vehicle.audi.tt"), _ahead(place, 14.0, 0.0, -2.0))[0]
    tap.calls.set_actor_simulate_physics(car, False)
    flow = tap.add("sensor.camera.optical_flow", place, **_SIZE)
    instance = tap.add("sensor.camera.instance_segmentation", place, **_SIZE)
    tap.calls.tick_cue()
    tap.calls.set_actor_transform(car, _ahead(place, 14.0, 0.2, -2.0))
    tap.calls.tick_cue()
    image, moved = tap.image(instance), tap.floats(flow, 2)
    mine = (image[:, :, 1] == (car & 255)) & (image[:, :, 2] == 14)
    shift_px = moved[mine][:, 0] * _WIDTH / 2.0
    assert np.median(shift_px) == pytest.approx(_FOCAL * 0.2 / 12.3, rel=0.2)
    assert np.abs(moved[~mine]).max() < 1e-3


def test_nothing_is_rendered_when_nobody_listens_or_rendering_is_off(tap: Tap, place: Any) -> None:
    camera = tap.add("sensor.camera.depth", place, **_SIZE)
    settings = tap.world.settings
    tap.world.settings = type(settings)(synchronous=True, fixed_delta_s=0.05, no_rendering=True)
    renders = tap.world.sensors.looks.renders
    tap.calls.tick_cue()
    tap.world.settings = settings
    tap.streams.clear()
    tap.calls.tick_cue()
    assert tap.world.sensors.looks.renders == renders
    assert not tap.frames[camera]

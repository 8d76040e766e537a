"""Lidars, radar and obstacle detector through the real client, in a world of known shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

carla = pytest.importorskip("carla")

from tests.server.sensing_scene import Scene, sensing_scene  # noqa: E402

pytestmark = pytest.mark.timeout(200)

_SEMANTIC = np.dtype([("point", np.float32, 3), ("cosine", np.float32), ("actor", np.uint32), ("tag", np.uint32)])
_CAR_TAG, _ROAD_TAG = 14, 1
_CLEAR = {"dropoff_general_rate": 0, "dropoff_intensity_limit": 0, "dropoff_zero_intensity": 0}


@pytest.fixture(scope="module")
def served() -> Iterator[Scene]:
    with sensing_scene() as scene:
        yield scene


@pytest.fixture
def scene(served: Scene) -> Iterator[Scene]:
    yield served
    served.clear()


def _points(measurement: Any) -> np.ndarray:
    return np.frombuffer(measurement.raw_data, np.float32).reshape(-1, 4)


def _labelled(measurement: Any) -> np.ndarray:
    return np.frombuffer(measurement.raw_data, _SEMANTIC)


def _detections(measurement: Any) -> np.ndarray:
    """Rows of velocity, azimuth, altitude, depth; a copy, since the client's own items die with the measurement."""
    return np.frombuffer(bytes(measurement.raw_data), np.float32).reshape(-1, 4)


def test_a_lidar_over_level_road_measures_its_height(scene: Scene) -> None:
    lidar = scene.sensor(
        "sensor.lidar.ray_cast", scene.ahead(0, up_m=2.0), channels=16, points_per_second=64_000, range=6.0,
        upper_fov=-30, lower_fov=-60, rotation_frequency=20, **_CLEAR,
    )  # fmt: skip
    scene.world.tick()
    measurement = lidar.next()
    points = _points(measurement)
    assert measurement.channels == 16
    assert [measurement.get_point_count(i) for i in range(16)] == [200] * 16
    assert len(points) == len(measurement) == 3200
    height = measurement.transform.location.z
    np.testing.assert_allclose(points[:, 2], -height, atol=0.15)
    elevation = np.degrees(np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1])))
    np.testing.assert_allclose(elevation.reshape(16, 200), np.linspace(-30, -60, 16)[:, None] * np.ones(200), atol=1e-3)
    distance = np.linalg.norm(points[:, :3], axis=1)
    np.testing.assert_allclose(points[:, 3], np.exp(-0.004 * distance), rtol=1e-5)
    azimuth = np.degrees(np.arctan2(points[:200, 1], points[:200, 0]))
    np.testing.assert_allclose(np.sort(azimuth), np.linspace(-180, 180, 200, endpoint=False), atol=0.01)


def test_the_angle_goes_on_over_ticks(scene: Scene) -> None:
    lidar = scene.sensor("sensor.lidar.ray_cast", scene.ahead(0, up_m=2.0), rotation_frequency=7)
    for step in range(1, 6):
        scene.world.tick()
        assert lidar.next().horizontal_angle == pytest.approx(step * 7 % 20 / 20 * 2 * math.pi, abs=1e-5)


def test_semantic_points_lie_in_the_box_of_the_actor_they_name(scene: Scene) -> None:
    right, left = scene.car(10.0, 3.0), scene.car(10.0, -4.0)
    lidar = scene.sensor(
        "sensor.lidar.ray_cast_semantic", scene.ahead(0, up_m=1.5), channels=64, points_per_second=640_000,
        rotation_frequency=20, range=40.0, upper_fov=5, lower_fov=-20,
    )  # fmt: skip
    scene.world.tick()
    measurement = lidar.next()
    points = _labelled(measurement)
    for car, side in ((right, 1.0), (left, -1.0)):
        own = points[points["actor"] == car.id]
        assert len(own) > 100
        assert (own["tag"] == _CAR_TAG).mean() > 0.95
        assert (np.sign(own["point"][:, 1]) == side).all(), "y points right"
        world = np.column_stack([own["point"], np.ones(len(own))]) @ np.array(measurement.transform.get_matrix()).T
        local = (world @ np.array(car.get_transform().get_inverse_matrix()).T)[:, :3]
        box = car.bounding_box
        center = np.array([box.location.x, box.location.y, box.location.z])
        extent = np.array([box.extent.x, box.extent.y, box.extent.z])
        assert (np.abs(local - center) <= extent + 0.1).all()
    road = points[points["tag"] == _ROAD_TAG]
    assert len(road) > 1000 and (road["actor"] == 0).all()
    sine = -road["point"][:, 2] / np.linalg.norm(road["point"], axis=1)
    np.testing.assert_allclose(road["cosine"], sine, atol=1e-3)


def test_the_carrying_car_is_seen_as_in_carla(scene: Scene) -> None:
    car = scene.car()
    lidar = scene.sensor(
        "sensor.lidar.ray_cast_semantic",
        carla.Transform(carla.Location(z=2.0)),
        car,
        rotation_frequency=20,
        lower_fov=-60,
    )
    scene.world.tick()
    assert (_labelled(lidar.next())["actor"] == car.id).any()


def test_the_same_seed_gives_the_same_noise_and_another_does_not(scene: Scene) -> None:
    def scan(seed: int) -> bytes:
        lidar = scene.sensor("sensor.lidar.ray_cast", scene.ahead(0, up_m=2.0), noise_seed=seed, noise_stddev=0.05)
        scene.world.tick()
        return bytes(lidar.next().raw_data)

    first, again, other = scan(1), scan(1), scan(2)
    assert first == again
    assert first != other


def test_a_radar_tells_how_fast_a_car_closes_in(scene: Scene) -> None:
    still = scene.car(12.0)
    radar = scene.sensor("sensor.other.radar", scene.ahead(0, up_m=0.8), horizontal_fov=8, vertical_fov=3, range=30)
    scene.world.tick()
    found = _detections(radar.next())
    assert len(found) > 20
    assert np.abs(found[:, 0]).max() < 1e-3
    assert found[:, 3].min() == pytest.approx(12.0 - still.bounding_box.extent.x, abs=0.4)
    still.set_simulate_physics(True)
    still.enable_constant_velocity(carla.Vector3D(-5.0, 0.0, 0.0))
    for _ in range(4):
        scene.world.tick()
        found = _detections(radar.next())
    assert found[:, 0].min() == pytest.approx(-5.0, abs=0.3)


def test_radar_azimuth_grows_to_the_right(scene: Scene) -> None:
    car = scene.car(12.0, 3.0)
    radar = scene.sensor("sensor.other.radar", scene.ahead(0, up_m=0.8), horizontal_fov=40, vertical_fov=2, range=25)
    scene.world.tick()
    found = _detections(radar.next())
    near = found[found[:, 3] < 14.5]
    assert len(near) and car.is_alive
    assert np.mean(near[:, 1]) > 0.1


def test_an_obstacle_is_told_with_its_distance_every_tick(scene: Scene) -> None:
    own, ahead = scene.car(0.0), scene.car(10.0)
    pose = carla.Transform(carla.Location(z=0.8))
    sensor = scene.sensor("sensor.other.obstacle", pose, own, distance=15, hit_radius=0.3, only_dynamics=True)
    for _ in range(3):
        scene.world.tick()
    events = [sensor.next() for _ in range(3)]
    assert [event.frame - events[0].frame for event in events] == [0, 1, 2]
    event = events[-1]
    assert (event.actor.id, event.other_actor.id) == (sensor.sensor.id, ahead.id)
    gap = 10.0 - ahead.bounding_box.extent.x - 0.3
    assert gap - 0.1 < event.distance < gap + 0.6, "the tail of the car is rounded"
    ahead.set_transform(scene.ahead(30.0))
    scene.world.tick()
    sensor.all_after()
    scene.world.tick()
    assert not sensor.all_after(), "nothing there, nothing told; the own car does not count"


def test_an_obstacle_may_be_the_road(scene: Scene) -> None:
    down = scene.ahead(0, up_m=3.0)
    down.rotation.pitch = -90.0
    every = scene.sensor("sensor.other.obstacle", down, distance=5, hit_radius=0.5)
    moving = scene.sensor("sensor.other.obstacle", down, distance=5, hit_radius=0.5, only_dynamics=True)
    scene.world.tick()
    event = every.next()
    assert event.other_actor.type_id == "static.road"
    assert event.distance == pytest.approx(every.sensor.get_location().z - 0.5, abs=0.06)
    assert not moving.all_after()


def test_a_sensor_measures_at_the_very_next_tick_after_listen(scene: Scene) -> None:
    for _ in range(20):
        gnss = scene.sensor("sensor.other.gnss", scene.ahead(0))
        frame = scene.world.tick()
        assert gnss.next().frame == frame


def test_sensor_tick_keeps_its_grid(scene: Scene) -> None:
    lidar = scene.sensor("sensor.lidar.ray_cast", scene.ahead(0, up_m=2.0), sensor_tick=0.12)
    frames = [scene.world.tick() for _ in range(13)]
    told = [item.frame - frames[0] for item in lidar.all_after()]
    # due at 0, 0.12, 0.24, 0.36, 0.48, 0.60 s: told at the first tick at or after each
    assert told == [0, 3, 5, 8, 10, 12]


@pytest.mark.parametrize(
    ("type_id", "name", "value"),
    [("sensor.lidar.ray_cast", "channels", "0"), ("sensor.other.radar", "points_per_second", "1000000000")],
)
def test_impossible_attributes_are_refused(scene: Scene, type_id: str, name: str, value: str) -> None:
    with pytest.raises(RuntimeError, match=f"{name}: found"):
        scene.spawn(type_id, scene.ahead(0), **{name: value})

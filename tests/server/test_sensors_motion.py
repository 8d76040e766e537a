"""GNSS, IMU, lane invasion and the names in events, through the real client."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

carla = pytest.importorskip("carla")

from sim.base.taxonomy import ObjectClass  # noqa: E402
from sim.server.sensing.static_names import static_type_id  # noqa: E402
from tests.server.sensing_scene import DELTA_S, Scene, sensing_scene  # noqa: E402

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
def served() -> Iterator[Scene]:
    with sensing_scene("town_quarter") as scene:
        yield scene


@pytest.fixture
def scene(served: Scene) -> Iterator[Scene]:
    yield served
    served.clear()


def _vector(vector: object) -> np.ndarray:
    return np.array([vector.x, vector.y, vector.z])  # type: ignore[attr-defined]


def test_gnss_tells_what_the_clients_map_computes(scene: Scene) -> None:
    car = scene.car()
    gnss = scene.sensor("sensor.other.gnss", carla.Transform(carla.Location(1.2, 0.4, 1.5)), car)
    biased = scene.sensor("sensor.other.gnss", scene.ahead(0), noise_lat_bias=0.25, noise_alt_bias=7)
    for shift in (0.0, 25.0):
        car.set_transform(scene.ahead(shift))
        scene.world.tick()
        fix = gnss.next()
        expected = scene.world.get_map().transform_to_geolocation(fix.transform.location)
        assert (fix.latitude, fix.longitude) == pytest.approx((expected.latitude, expected.longitude), abs=1e-10)
        assert fix.altitude == pytest.approx(expected.altitude, abs=1e-5)
    fix = biased.next()
    expected = scene.world.get_map().transform_to_geolocation(fix.transform.location)
    assert fix.latitude - expected.latitude == pytest.approx(0.25, abs=1e-9)
    assert fix.altitude - expected.altitude == pytest.approx(7.0, abs=1e-5)


def test_an_off_centre_imu_on_a_circle_feels_its_own_acceleration(scene: Scene) -> None:
    car = scene.car()
    imu = scene.sensor("sensor.other.imu", carla.Transform(carla.Location(2.0, 0.5, 1.0)), car)
    radius, rate = 12.0, 0.4
    center = scene.place.location + carla.Location(0.0, radius, 1.0)
    for step in range(4):
        angle = rate * step * DELTA_S
        place = center + carla.Location(radius * math.sin(angle), -radius * math.cos(angle), 0.0)
        car.set_transform(carla.Transform(place, carla.Rotation(yaw=math.degrees(angle))))
        scene.world.tick()
        reading = imu.next()
    # in CARLA's axes, driving forward and turning right about a centre `radius` to the right of the car's origin
    inward = rate**2 * np.array([-2.0, radius - 0.5])
    lag = rate * DELTA_S
    turned = np.array([[math.cos(lag), math.sin(lag)], [-math.sin(lag), math.cos(lag)]]) @ inward  # a step ago
    tolerance = 0.02  # float32 places at 100 m from the origin, divided twice by 0.05 s
    assert np.abs(_vector(reading.accelerometer)[:2] - turned).max() < tolerance
    assert reading.accelerometer.z == pytest.approx(9.81, abs=tolerance)
    assert abs(reading.accelerometer.x + rate**2 * 2.0) < 0.2 < abs(reading.accelerometer.y)


def test_gyroscope_and_compass_follow_the_car(scene: Scene) -> None:
    car = scene.car(moves=True)
    imu = scene.sensor("sensor.other.imu", carla.Transform(), car)
    turned = scene.sensor("sensor.other.imu", carla.Transform(carla.Location(), carla.Rotation(yaw=90)), car)
    car.apply_control(carla.VehicleControl(throttle=0.6, steer=0.4))
    for _ in range(40):
        scene.world.tick()
        reading, other = imu.next(), turned.next()
    assert math.degrees(reading.gyroscope.z) == pytest.approx(car.get_angular_velocity().z, rel=0.02, abs=0.02)
    assert reading.gyroscope.z > 0.05, "turning right is positive about CARLA's downward-seen z"
    assert other.gyroscope.z == pytest.approx(reading.gyroscope.z, rel=1e-4)
    bearing = math.radians(car.get_transform().rotation.yaw + 90.0) % (2.0 * math.pi)
    assert reading.compass == pytest.approx(bearing, abs=1e-3)


def test_imu_gravity_and_noise_are_as_set(scene: Scene) -> None:
    still = scene.sensor("sensor.other.imu", scene.ahead(0))
    noisy = scene.sensor("sensor.other.imu", scene.ahead(0), noise_accel_stddev_x=0.5, noise_gyro_bias_z=0.1)
    values = []
    for _ in range(200):
        scene.world.tick()
        values.append(noisy.next())
    assert _vector(still.all_after()[-1].accelerometer) == pytest.approx([0.0, 0.0, 9.81], abs=1e-5)
    spread = np.std([value.accelerometer.x for value in values])
    assert spread == pytest.approx(0.5, rel=0.2)
    assert np.std([value.accelerometer.y for value in values]) < 1e-6
    assert values[-1].gyroscope.z == pytest.approx(0.1, abs=1e-6)


def test_lane_invasion_is_told_when_a_marking_is_crossed(scene: Scene) -> None:
    car = scene.car()
    sensor = scene.sensor("sensor.other.lane_invasion", carla.Transform(), car)
    for _ in range(5):
        scene.world.tick()
    assert not sensor.all_after(), "standing in its lane, it crosses nothing"
    for step in range(12):
        car.set_transform(scene.ahead(0.0, -0.5 * step))
        scene.world.tick()
    events = sensor.all_after()
    assert events and events[0].crossed_lane_markings


def test_both_partners_of_a_collision_are_told_a_walker_too(scene: Scene) -> None:
    car = scene.car(moves=True)
    walker = scene.spawn("walker.pedestrian.0001", scene.ahead(8.0, up_m=1.0))
    of_car = scene.sensor("sensor.other.collision", carla.Transform(), car)
    of_walker = scene.sensor("sensor.other.collision", carla.Transform(), walker)
    forward = scene.place.get_forward_vector()
    car.set_target_velocity(8.0 * forward)
    for _ in range(30):
        scene.world.tick()
    first, second = of_car.next(), of_walker.next()
    assert (first.actor.id, first.other_actor.id) == (car.id, walker.id)
    assert (second.actor.id, second.other_actor.id) == (walker.id, car.id)
    assert first.frame == second.frame
    np.testing.assert_allclose(_vector(first.normal_impulse), -_vector(second.normal_impulse), rtol=1e-6)
    assert float(_vector(second.normal_impulse) @ _vector(forward)) > 50.0, "the walker is pushed ahead"


def test_the_imus_gravity_is_the_worlds(scene: Scene) -> None:
    imu = scene.sensor("sensor.other.imu", scene.ahead(0))
    scene.world.set_imui_sensor_gravity(1.62)
    scene.world.tick()
    reading = imu.next()
    scene.world.set_imui_sensor_gravity(9.81)
    assert reading.accelerometer.z == pytest.approx(1.62, abs=1e-5)


@pytest.mark.parametrize(
    ("object_class", "type_id"),
    [
        (ObjectClass.ROAD, "static.road"),
        (ObjectClass.KERB, "static.sidewalk"),
        (ObjectClass.POLE, "static.pole"),
        (ObjectClass.BUILDING, "static.building"),
        (ObjectClass.STATIC_OBJECT, "static.static"),
        (ObjectClass.GUARD_RAIL, "static.guardrail"),
        (ObjectClass.TERRAIN, "static.terrain"),
    ],
)
def test_static_things_have_carlas_names(object_class: ObjectClass, type_id: str) -> None:
    assert static_type_id(object_class) == type_id

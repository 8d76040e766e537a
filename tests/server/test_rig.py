"""Lamps and wheels lie where cameras see them, and wheels turn as they steer and roll."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.parts import PoseKind
from rendering.assets.vehicles import vehicle_parts
from sim.catalogue.vehicles import VEHICLES
from sim.server.vehicles.rig import bone_names, bone_poses, lamps_of, wheels_of
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point


@pytest.mark.parametrize("type_id", [*VEHICLES])
def test_lamps_lie_on_the_body_and_wheels_in_it(type_id: str) -> None:
    spec, lamps = VEHICLES[type_id], lamps_of(type_id)
    assert {"front-light-l-1", "back-tail-r-1"} <= set(lamps) or spec.base_type == "bicycle"
    for name, pose in lamps.items():
        assert np.abs(pose[0, 3]) <= spec.length_m / 2.0 + 0.01 and 0.2 < pose[2, 3] <= spec.height_m
        assert (pose[0, 3] > 0.0) == name.startswith("front") and pose[0, 0] == pytest.approx(
            1.0 if "front" in name else -1.0
        )
    if spec.base_type == "car":
        left, right = lamps["front-blinker-l-1"], lamps["front-blinker-r-1"]
        assert left[1, 3] > 0.2 and left[:3, 3] == pytest.approx(right[:3, 3] * [1.0, -1.0, 1.0], abs=0.01)
        assert left[0, 3] > 0.37 * spec.length_m
    drawn = [p.position_m for p in vehicle_parts(spec) if p.kind is PoseKind.WHEEL and p.radius_m > 0.1]
    assert set(wheels_of(type_id)) <= set(drawn) and (len(drawn) > 4 or len(drawn) == len(wheels_of(type_id)))
    assert len(bone_names(type_id)) == 1 + spec.number_of_wheels == 1 + len(wheels_of(type_id))
    front, rear = wheels_of(type_id)[0], wheels_of(type_id)[-1]
    if len(drawn) <= 4:
        assert front[0] - rear[0] == pytest.approx(spec.wheelbase_m, abs=0.02)
    else:
        assert (front[0], rear[0]) == (max(at[0] for at in drawn), min(at[0] for at in drawn))
    assert front[1] >= 0.0 >= rear[1]


def test_bones_follow_steering_and_rolling(calls: Calls) -> None:
    car = calls.spawn_actor(description("vehicle.audi.tt"), spawn_point(calls.world, 0))[0]
    for _ in range(10):
        calls.tick_cue()
    names = calls.get_actor_bone_names(car)
    assert names == ["Vehicle_Base", "Wheel_Front_Left", "Wheel_Front_Right", "Wheel_Rear_Left", "Wheel_Rear_Right"]
    calls.apply_control_to_vehicle(car, [0.5, 0.4, 0.0, False, False, False, 0])
    for _ in range(10):
        calls.tick_cue()
    relative = calls.get_actor_bone_relative_transforms(car)
    assert relative[0] == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert relative[1][0][1] < 0.0 < relative[2][0][1], "CARLA's y is to the right"
    rolled = calls.world.fleet.rows["rolled_rad"][calls.world.fleet.row(car)]
    assert rolled[2] > 0.05
    steer = calls.get_wheel_steer_angle(car, 0)
    assert steer > 5.0
    wheel = bone_poses(calls.world, car)[1]
    axle_deg = np.degrees(np.arctan2(wheel[0, 1], wheel[1, 1]))  # where the axle points: not changed by rolling
    assert axle_deg == pytest.approx(steer, abs=0.01) and wheel[2, 1] == pytest.approx(0.0, abs=1e-9)
    world = calls.get_vehicle_bone_world_transforms(car)
    assert world == calls.get_actor_bone_world_transforms(car) == calls.get_actor_socket_world_transforms(car)
    base = np.array(world[0][0])
    offset = np.linalg.norm(np.array(world[4][0]) - base)
    assert offset == pytest.approx(np.linalg.norm(relative[4][0]), abs=1e-3)


def test_the_components_of_carlas_example(calls: Calls) -> None:
    """examples/get_component_test.py asks a car in mid-air for its right front indicator."""
    pose = [[200.0, 200.0, 200.0], [0.0, 0.0, 0.0]]
    car = calls.spawn_actor(description("vehicle.audi.tt"), pose)[0]
    assert "front-blinker-r-1" in calls.get_actor_component_names(car)
    place, _ = calls.get_actor_component_world_transform(car, "front-blinker-r-1")
    near, _ = calls.get_actor_component_relative_transform(car, "front-blinker-r-1")
    assert np.subtract(place, pose[0]) == pytest.approx(near, abs=1e-3)
    assert near[0] > 1.5 and near[1] > 0.4

"""Calls about vehicles, each through the client's method that makes it, each judged by what the vehicle then does."""

from __future__ import annotations

import carla
import pytest

from sim.wire.calls import CALLS, Status
from sim.wire.rpc import RpcConnection
from tests.contract.calls.conftest import Spawn, ticks
from tests.contract.calls.registry import covers


@covers("apply_control_to_vehicle")
def test_throttle_drives_and_the_control_comes_back(world: carla.World, car: carla.Vehicle) -> None:
    car.apply_control(carla.VehicleControl(throttle=0.8, steer=0.1))
    ticks(world, 40)
    assert car.get_velocity().length() > 3.0
    assert car.get_control().throttle == pytest.approx(0.8)
    assert car.get_control().steer == pytest.approx(0.1)


@covers("apply_ackermann_control_to_vehicle")
def test_ackermann_control_reaches_its_speed(world: carla.World, car: carla.Vehicle) -> None:
    car.apply_ackermann_control(carla.VehicleAckermannControl(speed=6.0, acceleration=3.0))
    ticks(world, 160)
    assert car.get_velocity().length() == pytest.approx(6.0, abs=1.0)


@covers("get_ackermann_controller_settings", "apply_ackermann_controller_settings")
def test_the_gains_are_kept(world: carla.World, car: carla.Vehicle) -> None:
    gains = carla.AckermannControllerSettings(speed_kp=0.3, speed_ki=0.01, accel_kp=0.02)
    car.apply_ackermann_controller_settings(gains)
    found = car.get_ackermann_controller_settings()
    assert (found.speed_kp, found.speed_ki, found.accel_kp) == pytest.approx((0.3, 0.01, 0.02))


@covers("get_physics_control", "apply_physics_control")
def test_a_heavier_car_gets_away_slower(world: carla.World, spawn: Spawn) -> None:
    light, heavy = spawn("vehicle.tesla.model3", 0), spawn("vehicle.tesla.model3", 7)
    physics = heavy.get_physics_control()
    physics.mass *= 3.0
    heavy.apply_physics_control(physics)
    assert heavy.get_physics_control().mass == pytest.approx(physics.mass)
    for car in (light, heavy):
        car.apply_control(carla.VehicleControl(throttle=0.5))
    ticks(world, 50)
    assert heavy.get_velocity().length() < 0.8 * light.get_velocity().length()


@covers("get_vehicle_light_state", "set_vehicle_light_state", "get_vehicle_light_states")
def test_lamps_stay_as_they_were_switched(world: carla.World, car: carla.Vehicle) -> None:
    lamps = carla.VehicleLightState(carla.VehicleLightState.LowBeam | carla.VehicleLightState.LeftBlinker)
    car.set_light_state(lamps)
    world.tick()
    assert car.get_light_state() == lamps
    assert world.get_vehicles_light_states()[car.id] == lamps


@covers("open_vehicle_door", "close_vehicle_door")
def test_a_door_is_an_attached_actor_while_it_is_open(world: carla.World, spawn: Spawn) -> None:
    car = spawn("vehicle.nissan.patrol_2021")
    car.open_door(carla.VehicleDoor.FL)
    ticks(world, 25)
    (door,) = world.get_actors().filter("static.prop.car_door")
    assert door.parent.id == car.id and door.attributes["door"] == "FL"
    turned = door.get_transform().rotation.yaw - car.get_transform().rotation.yaw
    assert turned % 360.0 == pytest.approx(65.0, abs=0.5)
    car.close_door(carla.VehicleDoor.All)
    ticks(world, 25)
    assert not world.get_actors().filter("static.prop.car_door")


@covers("get_wheel_steer_angle", "set_wheel_steer_direction")
def test_the_front_wheels_turn_with_the_steering(world: carla.World, car: carla.Vehicle) -> None:
    car.set_wheel_steer_direction(carla.VehicleWheelLocation.FL_Wheel, 0.0)
    car.apply_control(carla.VehicleControl(steer=0.4))
    ticks(world, 20)
    assert car.get_wheel_steer_angle(carla.VehicleWheelLocation.FL_Wheel) > 5.0
    assert car.get_wheel_steer_angle(carla.VehicleWheelLocation.BL_Wheel) == 0.0
    car.set_simulate_physics(False)
    car.set_wheel_steer_direction(carla.VehicleWheelLocation.FL_Wheel, -12.0)
    world.tick()
    assert car.get_wheel_steer_angle(carla.VehicleWheelLocation.FL_Wheel) == pytest.approx(-12.0)


@covers("get_wheel_pitch_angle", "set_wheel_pitch_angle")
def test_the_pitch_angle_of_a_wheel_is_an_angle(world: carla.World, car: carla.Vehicle) -> None:
    car.set_wheel_pitch_angle(carla.VehicleWheelLocation.FL_Wheel, 10.0)
    world.tick()
    assert abs(car.get_wheel_pitch_angle(carla.VehicleWheelLocation.FL_Wheel)) <= 360.0


@covers("get_telemetry_data")
def test_telemetry_tells_speed_and_load(world: carla.World, car: carla.Vehicle) -> None:
    car.apply_control(carla.VehicleControl(throttle=0.6))
    ticks(world, 40)
    told = car.get_telemetry_data()
    assert told.speed == pytest.approx(car.get_velocity().length(), rel=0.05)
    assert told.throttle == pytest.approx(0.6, abs=0.05)
    assert len(told.wheels) == 4
    weight = car.get_physics_control().mass * 9.81
    assert sum(wheel.tire_load for wheel in told.wheels) == pytest.approx(weight, rel=0.15)


@covers("set_actor_autopilot", "show_vehicle_debug_telemetry", "restore_physx_physics")
def test_what_has_no_effect_here_leaves_the_car_alone(
    world: carla.World, car: carla.Vehicle, rpc: RpcConnection
) -> None:
    ticks(world, 20)
    place = car.get_location()
    rpc.call("set_actor_autopilot", car.id, True)  # the Traffic Manager drives in the client: the server only knows
    car.show_debug_telemetry(True)
    car.restore_physx_physics()
    ticks(world, 3)
    assert car.get_location().distance(place) < 0.05
    with pytest.raises(Exception, match="999999"):
        rpc.call("set_actor_autopilot", 999_999, True)


@covers("enable_carsim", "use_carsim_road", "enable_chrono_physics")
@pytest.mark.parametrize("name", ["enable_carsim", "use_carsim_road", "enable_chrono_physics"])
def test_other_vehicle_models_are_refused_in_words(car: carla.Vehicle, rpc: RpcConnection, name: str) -> None:
    assert CALLS[name].status is Status.ABSENT
    with pytest.raises(Exception, match=rf"{name}: not served.*({CALLS[name].note})"):
        rpc.call(name, car.id)

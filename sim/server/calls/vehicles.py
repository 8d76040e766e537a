"""Calls about vehicles."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from sim.catalogue.doors import DoorNumber
from sim.server.carla_values import finite, whole
from sim.server.errors import CallError
from sim.server.vehicles.ackermann import DEFAULT_GAINS, AckermannController
from sim.server.vehicles.physics_control import apply_physics_control as apply_physics
from sim.server.vehicles.physics_control import physics_control_of
from sim.server.vehicles.state import WHEELS
from sim.server.vehicles.telemetry import rolled_deg, telemetry_of
from sim.server.world import World


def apply_control_to_vehicle(world: World, actor_id: int, control: list[Any]) -> None:
    """Pedals and wheel until the next command."""
    world.fleet.control(actor_id, world.row(actor_id), control)


def apply_ackermann_control_to_vehicle(world: World, actor_id: int, target: list[float]) -> None:
    """Steering angle, speed and acceleration to follow until the next command."""
    world.fleet.row(actor_id)
    steer, steer_speed, speed, acceleration, jerk = (finite(value, "Ackermann control", 1e4) for value in target[:5])
    controller = world.fleet.ackermann.setdefault(actor_id, AckermannController())
    controller.set_target((steer, steer_speed, speed, acceleration, jerk))


def get_ackermann_controller_settings(world: World, actor_id: int) -> list[float]:
    """The six gains."""
    world.fleet.row(actor_id)
    controller = world.fleet.ackermann.get(actor_id)
    return list(controller.gains if controller is not None else DEFAULT_GAINS)


def apply_ackermann_controller_settings(world: World, actor_id: int, gains: list[float]) -> None:
    """Change the six gains."""
    world.fleet.row(actor_id)
    if len(gains) < len(DEFAULT_GAINS):
        raise CallError(f"Ackermann gains: found {str(gains)[:80]}; expected {len(DEFAULT_GAINS)} numbers")
    found = tuple(finite(gain, "Ackermann gain") for gain in gains[: len(DEFAULT_GAINS)])
    world.fleet.ackermann.setdefault(actor_id, AckermannController()).gains = found


def get_physics_control(world: World, actor_id: int) -> list[Any]:
    """Properties of the vehicle, as they are now."""
    row = world.fleet.row(actor_id)
    return physics_control_of(world.fleet.arrays, row)


def apply_physics_control(world: World, actor_id: int, control: list[Any]) -> None:
    """Change properties of the vehicle."""
    apply_physics(world.fleet.arrays, world.fleet.row(actor_id), control)
    if world.recorder.tape is not None:
        world.recorder.tape.physics_changed(actor_id)


def get_telemetry_data(world: World, actor_id: int) -> list[Any]:
    """Speed, pedals, engine, and what the tyres feel."""
    return telemetry_of(world.fleet.rows, world.fleet.row(actor_id))


def get_vehicle_light_state(world: World, actor_id: int) -> list[int]:
    """Lamp flags."""
    world.fleet.row(actor_id)
    return [world.fleet.light_flags[actor_id]]


def set_vehicle_light_state(world: World, actor_id: int, state: list[int]) -> None:
    """Switch lamps."""
    world.fleet.row(actor_id)
    flags = int(state[0])
    if not 0 <= flags <= 0xFFFF_FFFF:
        raise CallError(f"light state: found {flags}; expected 32 bits")
    world.fleet.light_flags[actor_id] = flags


def get_vehicle_light_states(world: World) -> list[list[int]]:
    """Lamp flags of all vehicles."""
    return [[actor_id, flags] for actor_id, flags in world.fleet.light_flags.items()]


def get_wheel_steer_angle(world: World, actor_id: int, wheel: int) -> float:
    """Angle of one wheel in degrees, positive right: that of the physics, or without physics the one that is shown."""
    row = world.fleet.row(actor_id)
    shown = world.fleet.shown_wheels.get((actor_id, "steer", _wheel(wheel)))
    if shown is not None:
        return shown
    return -math.degrees(float(world.fleet.rows["wheel_steer_rad"][row, _wheel(wheel)]))


def get_wheel_pitch_angle(world: World, actor_id: int, wheel: int) -> float:
    """How far a wheel has turned about its axle in degrees, -180 to 180, falling while it rolls forward; or as it was set."""
    row = world.fleet.row(actor_id)
    shown = world.fleet.shown_wheels.get((actor_id, "pitch", _wheel(wheel)))
    return rolled_deg(world.fleet.rows, row, _wheel(wheel)) if shown is None else shown


def set_wheel_steer_direction(world: World, actor_id: int, wheel: int, angle: float) -> None:
    """Show a wheel of a vehicle without physics at an angle (degrees, positive right); physics shows its own again."""
    _show_wheel(world, actor_id, "steer", wheel, angle)


def set_wheel_pitch_angle(world: World, actor_id: int, wheel: int, angle: float) -> None:
    """Show a wheel of a vehicle without physics turned about its axle (degrees); physics shows its own again."""
    _show_wheel(world, actor_id, "pitch", wheel, angle)


def _show_wheel(world: World, actor_id: int, name: str, wheel: int, angle: float) -> None:
    row = world.fleet.row(actor_id)
    key, value = (actor_id, name, _wheel(wheel)), finite(angle, "wheel angle", 1e6)
    if not world.fleet.rows["simulate_physics"][row]:  # with physics the call does nothing, as in CARLA
        world.fleet.shown_wheels[key] = value


def _wheel(wheel: Any) -> int:
    if not 0 <= int(wheel) < WHEELS:
        raise CallError(f"wheel: found {wheel}; allowed is 0 to {WHEELS - 1}")
    return int(wheel)


def open_vehicle_door(world: World, actor_id: int, door: int) -> None:
    """A door swings open; vehicles without doors that move ignore it, as do doors that a vehicle does not have."""
    world.fleet.row(actor_id)
    world.doors.open(world.entry(actor_id), _door(door))


def close_vehicle_door(world: World, actor_id: int, door: int) -> None:
    """A door swings shut."""
    world.fleet.row(actor_id)
    world.doors.close(world.entry(actor_id), _door(door))


def _door(door: Any) -> DoorNumber:
    return DoorNumber(whole(door, "door", 0, int(DoorNumber.ALL)))


def known_vehicle(world: World, actor_id: int, *arguments: Any) -> None:
    """Taken for a vehicle that exists, without effect (the Traffic Manager lives in the client)."""
    world.fleet.row(actor_id)


HANDLERS: Mapping[str, Callable[..., Any]] = {
    **{
        handler.__name__: handler
        for handler in (
            apply_control_to_vehicle,
            apply_ackermann_control_to_vehicle,
            get_ackermann_controller_settings,
            apply_ackermann_controller_settings,
            get_physics_control,
            apply_physics_control,
            get_telemetry_data,
            get_vehicle_light_state,
            set_vehicle_light_state,
            get_vehicle_light_states,
            get_wheel_steer_angle,
            get_wheel_pitch_angle,
            set_wheel_steer_direction,
            set_wheel_pitch_angle,
            open_vehicle_door,
            close_vehicle_door,
        )
    },
    "set_actor_autopilot": known_vehicle,
    "show_vehicle_debug_telemetry": known_vehicle,
    "restore_physx_physics": known_vehicle,
}

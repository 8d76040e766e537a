"""Small hand-made states for tests."""

from __future__ import annotations

import numpy as np

from sim.base.state import ActorInfo, ActorKind, Weather, WorldState


def make_state(
    actors: list[tuple[ActorInfo, tuple[float, float, float], float]],
    tick: int = 0,
    time_flicks: int = 0,
    velocity_mps: tuple[float, float, float] = (0.0, 0.0, 0.0),
    weather: Weather | None = None,
) -> WorldState:
    """A state from (actor, position, yaw) rows."""
    n = len(actors)
    f64 = lambda *shape: np.zeros(shape)  # noqa: E731
    rpy = f64(n, 3)
    rpy[:, 2] = [yaw for _, _, yaw in actors]
    return WorldState(
        tick=tick,
        time_flicks=time_flicks,
        actors=tuple(info for info, _, _ in actors),
        track_id=np.array([info.track_id for info, _, _ in actors], np.uint32),
        kind=np.array([info.kind for info, _, _ in actors], np.uint8),
        position_world_m=np.array([p for _, p, _ in actors], float).reshape(n, 3),
        rpy_rad=rpy,
        velocity_world_mps=np.tile(np.array(velocity_mps, float), (n, 1)),
        angular_velocity_world_radps=f64(n, 3),
        acceleration_world_mps2=f64(n, 3),
        throttle_ratio=np.zeros(n, np.float32),
        brake_ratio=np.zeros(n, np.float32),
        steer_ratio=np.zeros(n, np.float32),
        hand_brake=np.zeros(n, np.uint8),
        reverse=np.zeros(n, np.uint8),
        walker_speed_mps=np.zeros(n, np.float32),
        light_state=np.full(n, 4, np.uint8),
        lamp_flags=np.zeros(n, np.uint32),
        distance_travelled_m=f64(n),
        wheel_roll_rad=f64(n),
        wheel_steer_rad=np.zeros(n, np.float32),
        gait_phase_rad=f64(n),
        weather=weather or Weather(),
    )


def car(track_id: int, role_name: str = "", type_id: str = "vehicle.tesla.model3") -> ActorInfo:
    """A car of the catalogue's usual size."""
    return ActorInfo(
        track_id=track_id,
        kind=ActorKind.VEHICLE,
        type_id=type_id,
        attributes={"role_name": role_name, "color": "180,20,20"},
        box_center_m=(0.0, 0.0, 0.72),
        box_extent_m=(2.35, 0.93, 0.72),
    )

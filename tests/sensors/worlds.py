"""WorldStates made by hand: an ego that drives along x, and others."""

from __future__ import annotations

import numpy as np

from sim.base.state import ActorInfo, ActorKind, WorldState

EGO = 1


def actor(
    track_id: int, type_id: str = "vehicle.audi.tt", kind: ActorKind = ActorKind.VEHICLE, **attributes: str
) -> ActorInfo:
    """An actor with a 4 x 2 x 1.5 m box standing on its origin."""
    return ActorInfo(track_id, kind, type_id, attributes, (0.0, 0.0, 0.75), (2.0, 1.0, 0.75))


def world(
    tick: int, time_flicks: int, actors: list[ActorInfo], positions, rpy=None, velocity=None, light=3
) -> WorldState:
    """A state with these actors at these positions."""
    n = len(actors)
    zeros = np.zeros((n, 3))
    f32 = np.zeros(n, np.float32)
    return WorldState(
        tick=tick,
        time_flicks=time_flicks,
        actors=tuple(actors),
        track_id=np.array([a.track_id for a in actors], np.uint32),
        kind=np.array([a.kind for a in actors], np.uint8),
        position_world_m=np.array(positions, dtype=np.float64),
        rpy_rad=zeros if rpy is None else np.array(rpy, dtype=np.float64),
        velocity_world_mps=zeros if velocity is None else np.array(velocity, dtype=np.float64),
        angular_velocity_world_radps=zeros,
        acceleration_world_mps2=zeros,
        throttle_ratio=f32,
        brake_ratio=f32,
        steer_ratio=f32,
        hand_brake=np.zeros(n, np.uint8),
        reverse=np.zeros(n, np.uint8),
        walker_speed_mps=f32,
        light_state=np.full(n, light, np.uint8),
        lamp_flags=np.zeros(n, np.uint32),
        distance_travelled_m=np.zeros(n),
        wheel_roll_rad=np.zeros(n),
        wheel_steer_rad=f32,
        gait_phase_rad=np.zeros(n),
    )


def drive(ticks: int, period_flicks: int, speed_mps: float, others=(), yaw_rate_radps: float = 0.0) -> list[WorldState]:
    """The ego at `speed_mps` along x from the origin; `others` are (ActorInfo, position, velocity)."""
    states = []
    for tick in range(ticks):
        t = tick * period_flicks / 705_600_000
        positions = [[speed_mps * t, 0.0, 0.0]] + [list(np.array(p) + np.array(v) * t) for _, p, v in others]
        rpy = [[0.0, 0.0, yaw_rate_radps * t]] + [[0.0, 0.0, 0.0] for _ in others]
        velocity = [[speed_mps, 0.0, 0.0]] + [list(v) for _, _, v in others]
        states.append(
            world(
                tick,
                tick * period_flicks,
                [actor(EGO, role_name="hero"), *(a for a, _, _ in others)],
                positions,
                rpy,
                velocity,
            )
        )
    return states

"""A small scene in closed form, and helpers to look at it: plane, box, sphere."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from rendering.assets.ground import GroundMesh
from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import box, quads, sphere
from rendering.buffers import View
from rendering.mesh import Mesh
from rendering.scene import Scene
from sim.base import frames
from sim.base.state import ActorInfo, ActorKind, Weather, WorldState
from sim.base.taxonomy import ObjectClass

NOON = Weather(sun_altitude_angle=60.0, sun_azimuth_angle=40.0)
BALL_RADIUS_M = 1.0
MESHES: dict[str, Mesh] = {
    "box": box((0.0, 0.0, 0.75), (4.4, 1.8, 1.5), "paint"),
    "ball": sphere((0.0, 0.0, 1.0), (BALL_RADIUS_M,) * 3, "default", rings=160, segments=320),
    "plate": box((0.0, 0.0, 0.05), (4.0, 4.0, 0.1), "plastic_white"),
}


def plane(material: str = "asphalt", half_m: float = 300.0) -> GroundMesh:
    """Level ground at z = 0."""
    h = half_m
    return GroundMesh(quads([[[-h, -h, 0.0], [h, -h, 0.0], [h, h, 0.0], [-h, h, 0.0]]], material), ObjectClass.ROAD, 0)


def scene(threads: int = 1, ground: Sequence[GroundMesh] | None = None) -> Scene:
    """Ground and whatever actors a state holds; an actor's type id names its mesh."""
    surfaces = [plane()] if ground is None else ground
    return Scene(None, None, threads, ground=surfaces, actor_parts=_parts)


def _parts(info: ActorInfo) -> tuple[Part, ...]:
    mesh = MESHES.get(info.type_id)
    return () if mesh is None else (Part((mesh,), PoseKind.FIXED, ObjectClass.CAR),)


def actor(track_id: int, name: str) -> ActorInfo:
    """An actor drawn as one of MESHES."""
    return ActorInfo(track_id, ActorKind.VEHICLE, name, {}, (0.0, 0.0, 0.75), (2.2, 0.9, 0.75))


def state(
    *actors: tuple[ActorInfo, tuple[float, float, float], float], weather: Weather = NOON, tick: int = 1
) -> WorldState:
    """A state of actors (info, position, yaw)."""
    n = len(actors)
    rpy = np.array([(0.0, 0.0, item[2]) for item in actors]).reshape(n, 3)
    zeros, floats, flags = np.zeros((n, 3)), np.zeros(n, np.float32), np.zeros(n, np.uint8)
    return WorldState(
        tick=tick, time_flicks=tick * 35_280_000, actors=tuple(item[0] for item in actors),
        track_id=np.array([item[0].track_id for item in actors], np.uint32),
        kind=np.array([item[0].kind for item in actors], np.uint8),
        position_world_m=np.array([item[1] for item in actors], np.float64).reshape(n, 3), rpy_rad=rpy,
        velocity_world_mps=zeros, angular_velocity_world_radps=zeros, acceleration_world_mps2=zeros,
        throttle_ratio=floats, brake_ratio=floats, steer_ratio=floats, hand_brake=flags, reverse=flags,
        walker_speed_mps=floats, light_state=flags, lamp_flags=np.zeros(n, np.uint32), distance_travelled_m=np.zeros(n),
        wheel_roll_rad=np.zeros(n), wheel_steer_rad=floats, gait_phase_rad=np.zeros(n), weather=weather,
    )  # fmt: skip


def pinhole(
    width: int, height: int, fov_deg: float, position: tuple[float, float, float], yaw: float = 0.0, pitch: float = 0.0,
    row_time: np.ndarray | None = None,
) -> View:  # fmt: skip
    """A pinhole camera; pixel centres at integers."""
    focal = width / 2.0 / math.tan(math.radians(fov_deg) / 2.0)
    x, y = np.meshgrid(np.arange(width) - (width - 1) / 2.0, np.arange(height) - (height - 1) / 2.0)
    directions = np.stack([x / focal, y / focal, np.ones_like(x)], axis=-1)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    pose = (frames.pose(np.array(position), np.array([0.0, pitch, yaw])) @ frames.SENSOR_FROM_CAMERA)[:3]
    times = np.ones(height, np.float32) if row_time is None else row_time.astype(np.float32)
    return View(directions.astype(np.float32), np.tile(pose, (height, 1, 1)), times, 1.0 / focal)


def rays_world(view: View) -> tuple[np.ndarray, np.ndarray]:
    """Origins and directions (H, W, 3) float64 of a view's rays."""
    rotation = view.world_from_camera_rows[:, :, :3]
    directions = np.einsum("hij,hwj->hwi", rotation, view.directions_camera.astype(np.float64))
    origins = np.broadcast_to(view.world_from_camera_rows[:, None, :, 3], directions.shape)
    return origins, directions


def luminance(radiance: np.ndarray) -> np.ndarray:
    """cd/m² of RGB radiance."""
    return np.asarray(radiance.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722]))

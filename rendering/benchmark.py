"""How fast frames are: a street of simple solids that never changes, so that figures of different days compare.

About a million triangles in 470 instances, 70 of them moving, seen from a car's height down a road at noon. What `sim bench
render` prints.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rendering.assets.ground import GroundMesh
from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import box, cylinder, quads, sphere
from rendering.buffers import Buffers, View
from rendering.mesh import Mesh, merge
from rendering.scene import Scene
from sim.base import frames, streams
from sim.base.state import ActorInfo, ActorKind, StaticObjects, Weather, WorldState
from sim.base.taxonomy import ObjectClass

Float64 = NDArray[np.float64]

CARS, WALKERS = 40, 30
_SPEED_MPS, _FRAME_S = 10.0, 1.0 / 36.0


def bench_scene(threads: int = 2) -> Scene:
    """The street, without states."""
    meshes = _meshes()
    part = {"car": meshes["car"], "walker": meshes["walker"]}
    return Scene(
        None,
        _statics(),
        threads,
        ground=[GroundMesh(_ground("grass", 200.0, -0.02), ObjectClass.TERRAIN, 0), _road()],
        actor_parts=lambda info: (Part((part[info.type_id],), PoseKind.FIXED, ObjectClass.CAR),),
        static_mesh=lambda name, extent: meshes[name.split(":")[0]],
    )


def bench_state(tick: int) -> WorldState:
    """Cars and walkers that move along the road; `tick` counts frames of 36 Hz."""
    rng = streams.stream(0, "bench")
    count = CARS + WALKERS
    position = np.zeros((count, 3))
    position[:CARS, 0] = -140.0 + 9.0 * np.arange(CARS)
    position[:CARS, 1] = np.where(np.arange(CARS) % 2, 2.2, -2.2)
    position[CARS:, 0] = rng.uniform(-140.0, 60.0, WALKERS)
    position[CARS:, 1] = rng.choice([-6.0, 6.0], WALKERS) + rng.normal(0.0, 0.4, WALKERS)
    yaw = np.where(position[:, 1] > 0.0, math.pi, 0.0)
    speed = np.where(np.arange(count) < CARS, _SPEED_MPS, 1.4)
    position[:, 0] += np.cos(yaw) * speed * _FRAME_S * tick
    infos = tuple(
        ActorInfo(i + 1, ActorKind.PROP, "car" if i < CARS else "walker", {}, (0.0, 0.0, 0.8), (2.2, 0.9, 0.8))
        for i in range(count)
    )
    zeros, floats, bytes_ = np.zeros((count, 3)), np.zeros(count, np.float32), np.zeros(count, np.uint8)
    return WorldState(
        tick=tick, time_flicks=tick * 19_600_000, actors=infos, track_id=np.arange(1, count + 1, dtype=np.uint32),
        kind=np.full(count, ActorKind.PROP, np.uint8), position_world_m=position,
        rpy_rad=np.stack([np.zeros(count), np.zeros(count), yaw], axis=-1), velocity_world_mps=zeros,
        angular_velocity_world_radps=zeros, acceleration_world_mps2=zeros, throttle_ratio=floats, brake_ratio=floats,
        steer_ratio=floats, hand_brake=bytes_, reverse=bytes_, walker_speed_mps=floats, light_state=bytes_,
        lamp_flags=np.zeros(count, np.uint32), distance_travelled_m=np.zeros(count), wheel_roll_rad=np.zeros(count),
        wheel_steer_rad=floats, gait_phase_rad=np.zeros(count), weather=Weather(sun_altitude_angle=45.0, sun_azimuth_angle=50.0),
    )  # fmt: skip


def bench_view(width_px: int, height_px: int, rolling: bool = True) -> View:
    """A pinhole of 90° at 1.6 m above the road; with `rolling`, rows are read out over the whole window."""
    focal = width_px / 2.0
    x, y = np.meshgrid(np.arange(width_px) - (width_px - 1) / 2.0, np.arange(height_px) - (height_px - 1) / 2.0)
    directions = np.stack([x / focal, y / focal, np.ones_like(x)], axis=-1)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    pose = frames.pose(np.array([-150.0, -1.8, 1.6]), np.array([0.0, 0.01, 0.0])) @ frames.SENSOR_FROM_CAMERA
    times = np.linspace(0.0, 1.0, height_px) if rolling else np.ones(height_px)
    return View(
        directions.astype(np.float32), np.tile(pose[:3], (height_px, 1, 1)), times.astype(np.float32), 1.0 / focal
    )


def measure(threads: int = 2, repeats: int = 9) -> dict[str, float]:
    """Medians in ms: a frame at both sizes with and without edge rays, posing 70 movers, silhouettes; and scene figures."""
    begun = time.perf_counter()
    scene = bench_scene(threads)
    figures: dict[str, float] = {"threads": float(threads), "scene_build_ms": (time.perf_counter() - begun) * 1e3}
    states = [bench_state(tick) for tick in range(repeats + 3)]
    scene.set_states(states[0], states[1], states[0])
    figures["triangles_in_view"] = float(scene.triangle_count)
    for width, height in ((640, 480), (1280, 960)):
        view, out = bench_view(width, height), Buffers.empty(height, width)
        name = f"{width}x{height}"
        begun = time.perf_counter()
        scene.render(view, out)
        figures[f"first_{name}_ms"] = (time.perf_counter() - begun) * 1e3
        figures[f"frame_{name}_ms"] = _median_ms(repeats, lambda i, v=view, o=out: scene.render(v, o))  # type: ignore[misc]
        figures[f"frame_without_edges_{name}_ms"] = _median_ms(
            repeats,
            lambda i, v=view, o=out: scene.render(v, o, refine=False),  # type: ignore[misc]
        )
        figures[f"silhouettes_{name}_ms"] = _median_ms(3, lambda i, v=view: scene.silhouettes(v, scene.track_ids))  # type: ignore[misc]
    figures["set_states_70_movers_ms"] = _median_ms(
        repeats, lambda i: scene.set_states(states[i], states[i + 1], states[i])
    )
    return figures


def _median_ms(repeats: int, job: Callable[[int], object]) -> float:
    times = []
    for i in range(repeats):
        begun = time.perf_counter()
        job(i)
        times.append(time.perf_counter() - begun)
    return float(np.median(times) * 1e3)


def _ground(material: str, half_m: float, z_m: float) -> Mesh:
    corners = [[-half_m, -half_m, z_m], [half_m, -half_m, z_m], [half_m, half_m, z_m], [-half_m, half_m, z_m]]
    return quads([corners], material)


def _road() -> GroundMesh:
    cells = [
        [[x, -4.5, 0.0], [x + 2.0, -4.5, 0.0], [x + 2.0, 4.5, 0.0], [x, 4.5, 0.0]]
        for x in np.arange(-200.0, 200.0, 2.0)
    ]
    return GroundMesh(quads(cells, "asphalt"), ObjectClass.ROAD, 1)


def _meshes() -> dict[str, Mesh]:
    wheels = [
        cylinder((x, y - 0.1, 0.33), (x, y + 0.1, 0.33), 0.33, "tyre", segments=32)
        for x in (-1.4, 1.4)
        for y in (-0.8, 0.8)
    ]
    body = [sphere((0.0, 0.0, 0.7), (2.2, 0.9, 0.45), "paint", rings=40, segments=40)]
    cabin = [sphere((-0.2, 0.0, 1.05), (1.2, 0.75, 0.45), "glass_car", rings=20, segments=24)]
    walker = [sphere((0.0, 0.0, 1.15), (0.14, 0.22, 0.35), "cloth_top", rings=24, segments=24)]
    walker += [sphere((0.0, 0.0, 1.65), (0.1, 0.09, 0.13), "skin", rings=16, segments=16)]
    walker += [cylinder((0.0, y, 0.0), (0.0, y, 0.9), 0.08, "cloth_trousers", segments=24) for y in (-0.1, 0.1)]
    floors = [box((0.0, 0.0, 12.0), (22.0, 22.0, 24.0), "plaster_ochre")]
    for z in np.arange(1.6, 23.0, 3.0):
        floors += [
            box((o, s * 11.0, z), (1.2, 0.3, 1.5), "glass_window") for o in np.arange(-9.0, 10.0, 3.0) for s in (-1, 1)
        ]
        floors += [
            box((s * 11.0, o, z), (0.3, 1.2, 1.5), "glass_window") for o in np.arange(-9.0, 10.0, 3.0) for s in (-1, 1)
        ]
    lamp = [
        cylinder((0.0, 0.0, 0.0), (0.0, 0.0, 7.0), 0.08, "galvanised", segments=24),
        box((0.5, 0.0, 7.0), (1.2, 0.3, 0.1), "chrome"),
    ]
    return {
        "car": merge(body + cabin + wheels),
        "walker": merge(walker),
        "building": merge(floors),
        "tree": merge([cylinder((0.0, 0.0, 0.0), (0.0, 0.0, 3.0), 0.18, "bark", end_radius_m=0.1), _crown(1900)]),
        "lamp": merge(lamp),
    }


def _crown(leaves: int) -> Mesh:
    rng = streams.stream(0, "bench", "crown")
    center = rng.normal(size=(leaves, 3))
    center *= (rng.uniform(0.4, 1.0, (leaves, 1)) ** 0.33) / np.linalg.norm(center, axis=1, keepdims=True)
    center = center * np.array([2.0, 2.0, 1.8]) + np.array([0.0, 0.0, 4.3])
    a, b = rng.normal(size=(2, leaves, 3))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b = np.cross(a, b)
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    a, b = a * 0.16, b * 0.16
    return quads(np.stack([center - a - b, center + a - b, center + a + b, center - a + b], axis=1), "leaf_lime")


def _statics() -> StaticObjects:
    rows: list[tuple[str, float, float, ObjectClass]] = []
    for i in range(16):
        rows += [
            ("building", -190.0 + 25.0 * i, side * (20.0 + 26.0 * k), ObjectClass.BUILDING)
            for side in (-1, 1)
            for k in (0, 1)
        ]
    rows += [("tree", -195.0 + 4.0 * (i // 2), 8.5 if i % 2 else -8.5, ObjectClass.VEGETATION) for i in range(196)]
    rows += [("lamp", -195.0 + 5.0 * i, 7.0 if i % 2 else -7.0, ObjectClass.POLE) for i in range(78)]
    count = len(rows)
    return StaticObjects(
        name=tuple(f"{row[0]}:0#{i}" for i, row in enumerate(rows)),
        position_world_m=np.array([(row[1], row[2], 0.0) for row in rows]),
        rpy_rad=np.zeros((count, 3)),
        box_center_m=np.zeros((count, 3)),
        box_extent_m=np.ones((count, 3)),
        object_class=np.array([row[3] for row in rows], np.uint8),
        carla_id=np.arange(count, dtype=np.uint64),
    )

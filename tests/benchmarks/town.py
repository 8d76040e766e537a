"""How fast frames of the shipped town are: 40 vehicles, 30 walkers, its trees, glass and signs, sun shadow, indirect light, textures,
edge rays, all default labels.

    python -m tests.benchmarks.town [--threads 2] [--repeats 9] [--views 4] [--json FILE]

Medians over views from several cars, in wall and processor milliseconds (on a busy machine only the latter compare), by day, at night
with every lamp on, and in rain; a fisheye of 180 degrees; labels alone, which is primary rays and their look-ups; memory.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rendering.benchmark import bench_view
from rendering.buffers import Buffers, View
from rendering.scene import Scene
from sim.base import frames
from sim.base.state import ActorKind, Lamp, Weather, WorldState
from tests.benchmarks.populated import populated

_EGO_FROM_CAMERA = frames.pose(np.array([0.6, 0.0, 1.4]), np.array([0.0, 0.03, 0.0])) @ frames.SENSOR_FROM_CAMERA
_WEATHERS = {
    "day": Weather(sun_altitude_angle=40.0, sun_azimuth_angle=60.0, cloudiness=20.0),
    "night": Weather(sun_altitude_angle=-30.0, cloudiness=10.0),
    "rain": Weather(
        sun_altitude_angle=35.0, cloudiness=95.0, precipitation=60.0, precipitation_deposits=60.0, wetness=80.0
    ),
}


def _fisheye(width_px: int, height_px: int) -> View:
    """An equidistant lens whose image circle of 180 degrees touches left and right."""
    x, y = np.meshgrid(np.arange(width_px) - (width_px - 1) / 2.0, np.arange(height_px) - (height_px - 1) / 2.0)
    focal = width_px / np.pi
    theta, turn = np.hypot(x, y) / focal, np.arctan2(y, x)
    directions = np.stack([np.sin(theta) * np.cos(turn), np.sin(theta) * np.sin(turn), np.cos(theta)], axis=-1)
    directions[theta > np.pi / 2] = 0.0
    return dataclasses.replace(
        bench_view(width_px, height_px), directions_camera=directions.astype(np.float32), pixel_angle_rad=1.0 / focal
    )


def _lit(state: WorldState, name: str) -> WorldState:
    lamps = np.where(state.kind == ActorKind.VEHICLE, np.uint32(Lamp.POSITION | Lamp.LOW_BEAM), 0).astype(np.uint32)
    return dataclasses.replace(
        state, weather=_WEATHERS[name], lamp_flags=np.zeros_like(lamps) if name == "day" else lamps
    )


def _placed(view: View, state: WorldState, row: int) -> View:
    ego = frames.pose(state.position_world_m[row], state.rpy_rad[row]) @ _EGO_FROM_CAMERA
    return dataclasses.replace(view, world_from_camera_rows=np.tile(ego[:3], (view.shape[0], 1, 1)))


def measure(threads: int = 2, repeats: int = 9, views: int = 4) -> dict[str, float]:
    """Figures by name: "<condition>.<lens>.wall_ms", ".cpu_ms", and facts of the scene."""
    network, statics, state = populated("town_quarter", [])
    begun = time.perf_counter()
    scene = Scene(network, statics, threads)
    figures = {"threads": float(threads), "scene_build_s": time.perf_counter() - begun}
    rows = [row for row, info in enumerate(state.actors) if info.kind == ActorKind.VEHICLE][::7][:views]
    lenses = {
        "1280x960": bench_view(1280, 960),
        "640x480": bench_view(640, 480),
        "fisheye_1280x960": _fisheye(1280, 960),
    }
    for name in _WEATHERS:
        here = _lit(state, name)
        begun = time.process_time()
        scene.set_states(here, here, here)
        figures[f"{name}.set_states_cpu_ms"] = (time.process_time() - begun) * 1e3
        for lens, view in lenses.items():
            if name != "day" and lens == "fisheye_1280x960":
                continue
            options = {"": {}, ".labels_only": {"lit": False}, ".without_edge_rays": {"refine": False}}
            for suffix, option in options.items() if name == "day" else [("", {})]:
                wall, cpu = [], []
                out = Buffers.empty(*view.shape)
                for row in rows:
                    hidden = frozenset([state.actors[row].track_id])
                    scene.set_states(here, here, here, hidden)
                    placed = _placed(view, here, row)
                    scene.render(placed, out, **option)
                    for _ in range(repeats):
                        begun, used = time.perf_counter(), time.process_time()
                        scene.render(placed, out, **option)
                        wall.append(time.perf_counter() - begun)
                        cpu.append(time.process_time() - used)
                figures[f"{name}.{lens}{suffix}.wall_ms"] = float(np.median(wall)) * 1e3
                figures[f"{name}.{lens}{suffix}.cpu_ms"] = float(np.median(cpu)) * 1e3
    figures["triangles"] = float(scene.triangle_count)
    figures["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["load_1min"] = os.getloadavg()[0]
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.town", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(arguments)
    figures = measure(args.threads, args.repeats, args.views)
    for name, value in figures.items():
        print(f"{name:44}{value:14.1f}")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

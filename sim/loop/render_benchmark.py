"""How fast frames of the shipped town are, for `sim bench render`: 40 vehicles, 30 walkers, its trees, glass and signs, sun shadow,
indirect light, textures, edge rays, all default labels.

Medians over views from several cars, in wall and processor milliseconds (on a busy machine only the latter compare), by day, at night
with every lamp on, and in rain; a fisheye of 180 degrees; labels alone, which is primary rays and their look-ups; memory.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import time
from collections.abc import Sequence

import numpy as np

from rendering.buffers import Buffers, View
from rendering.scene import Scene
from sim.base import frames
from sim.base.state import ActorKind, Lamp, Weather, WorldState
from sim.loop.populated import populated

MAP = "town_quarter"
DAY = "day"
LENSES = ("1280x960", "640x480", "fisheye_1280x960")
OPTIONS: dict[str, dict[str, bool]] = {"": {}, ".labels_only": {"lit": False}, ".without_edge_rays": {"refine": False}}
"""What is left out of a frame, by the suffix of its figures: arguments of `Scene.render`."""
_EGO_FROM_CAMERA = frames.pose(np.array([0.6, 0.0, 1.4]), np.array([0.0, 0.03, 0.0])) @ frames.SENSOR_FROM_CAMERA
_WEATHERS = {
    DAY: Weather(sun_altitude_angle=40.0, sun_azimuth_angle=60.0, cloudiness=20.0),
    "night": Weather(sun_altitude_angle=-30.0, cloudiness=10.0),
    "rain": Weather(
        sun_altitude_angle=35.0, cloudiness=95.0, precipitation=60.0, precipitation_deposits=60.0, wetness=80.0
    ),
}


def pinhole(width_px: int, height_px: int) -> View:
    """A pinhole of 90 degrees across, looking along the camera's axis; rows are read out over the whole window."""
    focal = width_px / 2.0
    x, y = _from_centre(width_px, height_px)
    directions = np.stack([x / focal, y / focal, np.ones_like(x)], axis=-1)
    return _view(directions / np.linalg.norm(directions, axis=-1, keepdims=True), 1.0 / focal)


def fisheye(width_px: int, height_px: int) -> View:
    """An equidistant lens whose image circle of 180 degrees touches left and right."""
    focal = width_px / np.pi
    x, y = _from_centre(width_px, height_px)
    theta, turn = np.hypot(x, y) / focal, np.arctan2(y, x)
    directions = np.stack([np.sin(theta) * np.cos(turn), np.sin(theta) * np.sin(turn), np.cos(theta)], axis=-1)
    directions[theta > np.pi / 2] = 0.0
    return _view(directions, 1.0 / focal)


def _from_centre(width_px: int, height_px: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.arange(width_px) - (width_px - 1) / 2.0, np.arange(height_px) - (height_px - 1) / 2.0)
    return x, y


def _view(directions: np.ndarray, pixel_angle_rad: float) -> View:
    height = directions.shape[0]
    return View(
        directions.astype(np.float32),
        np.tile(np.eye(4)[:3], (height, 1, 1)),
        np.linspace(0.0, 1.0, height).astype(np.float32),
        pixel_angle_rad,
    )


class Town:
    """The populated town (or another map) as a scene, and the cars it is looked at from."""

    def __init__(self, threads: int = 2, views: int = 4, map_name: str = MAP) -> None:
        network, statics, self._state = populated(map_name, [])
        begun = time.perf_counter()
        self.scene = Scene(network, statics, threads)
        self.build_s = time.perf_counter() - begun
        vehicles = [row for row, info in enumerate(self._state.actors) if info.kind == ActorKind.VEHICLE]
        self.rows = vehicles[::7][:views]
        """Rows of the state whose actors carry the camera, one after the other."""
        self._here = _lit(self._state, DAY)

    def set_weather(self, name: str) -> float:
        """Pose the actors in this weather; processor milliseconds it took."""
        self._here = _lit(self._state, name)
        begun = time.process_time()
        self.scene.set_states(self._here, self._here, self._here)
        return (time.process_time() - begun) * 1e3

    def board(self, view: View, row: int) -> View:
        """`view` from the car of this row, which is not drawn itself."""
        self.scene.set_states(self._here, self._here, self._here, frozenset([self._here.actors[row].track_id]))
        ego = frames.pose(self._here.position_world_m[row], self._here.rpy_rad[row]) @ _EGO_FROM_CAMERA
        return dataclasses.replace(view, world_from_camera_rows=np.tile(ego[:3], (view.shape[0], 1, 1)))

    def times_ms(self, view: View, repeats: int, option: dict[str, bool]) -> tuple[list[float], list[float]]:
        """Wall and processor milliseconds of each frame: `repeats` from each car, after one that does not count."""
        wall, cpu = [], []
        out = Buffers.empty(*view.shape)
        for row in self.rows:
            placed = self.board(view, row)
            self.scene.render(placed, out, **option)
            for _ in range(repeats):
                begun, used = time.perf_counter(), time.process_time()
                self.scene.render(placed, out, **option)
                wall.append((time.perf_counter() - begun) * 1e3)
                cpu.append((time.process_time() - used) * 1e3)
        return wall, cpu


def _lit(state: WorldState, name: str) -> WorldState:
    lamps = np.where(state.kind == ActorKind.VEHICLE, np.uint32(Lamp.POSITION | Lamp.LOW_BEAM), 0).astype(np.uint32)
    flags = np.zeros_like(lamps) if name == DAY else lamps
    return dataclasses.replace(state, weather=_WEATHERS[name], lamp_flags=flags)


def _lens(name: str) -> View:
    width, height = (int(part) for part in name.rpartition("_")[2].split("x"))
    return fisheye(width, height) if name.startswith("fisheye") else pinhole(width, height)


def bench_render(threads: int = 2, repeats: int = 9, views: int = 4) -> dict[str, float]:
    """Figures by name: "<weather>.<lens>[.<without what>].wall_ms" and ".cpu_ms", and facts of the scene."""
    town = Town(threads, views)
    return {"threads": float(threads), "scene_build_s": town.build_s, **measure(town, repeats, LENSES)}


def measure(town: Town, repeats: int, lenses: Sequence[str]) -> dict[str, float]:
    """The figures of these lenses, named as "1280x960" or "fisheye_1280x960". Tested by tests/loop/test_render_benchmark.py."""
    figures = {}
    for weather in _WEATHERS:
        figures[f"{weather}.set_states_cpu_ms"] = town.set_weather(weather)
        for lens in lenses:
            if weather != DAY and lens.startswith("fisheye"):
                continue
            for suffix, option in OPTIONS.items() if weather == DAY else [("", {})]:
                wall, cpu = town.times_ms(_lens(lens), repeats, option)
                figures[f"{weather}.{lens}{suffix}.wall_ms"] = float(np.median(wall))
                figures[f"{weather}.{lens}{suffix}.cpu_ms"] = float(np.median(cpu))
    figures["triangles"] = float(town.scene.triangle_count)
    figures["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["load_1min"] = os.getloadavg()[0]
    return figures

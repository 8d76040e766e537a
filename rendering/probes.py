"""Probes of indirect light around the static world: where they stand, what they see, and their light under a weather.

A probe's rays are traced once for a map; a new weather only adds up light along them (sky, sun with shadows, street lamps,
two bounces). The table follows from map and weather alone, never from what was rendered before. Weathers are rounded
(sun to a degree, a quarter when it is down, clouds and fog to a few percent) and the result scaled to the exact level of daylight, so
that a sun that moves does not ask for a new table each frame. Tested by tests/rendering/test_probes.py.
"""

from __future__ import annotations

import dataclasses
import math
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering import embree
from rendering.assets.ground import GroundMesh
from rendering.emitters import street_lamp_rows
from rendering.kernel_threads import KernelThreads
from rendering.kernels import layout as at
from rendering.kernels.lanes import LANES
from rendering.kernels.probe_rays import MET_ROWS, PACKETS, RAYS, light_probes, trace_probes
from rendering.lighting import Lighting, lighting_of
from rendering.precipitation import Snow
from sim.base import streams
from sim.base.state import Weather

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

MAX_COLUMNS = 8_000
LEAST_SPACING_M = 4.0
_MARGIN_M = 12.0
_TABLES_KEPT = 4
_BOUNCES = 2


@dataclasses.dataclass(frozen=True)
class ProbeGrid:
    """Columns of probes on a rectangle: its corner about the scene's origin, their spacing, and the ground (rows, columns) there."""

    corner_m: tuple[float, float]
    spacing_m: float
    ground_m: Float32

    def places(self) -> Float32:
        """(N, 3) of all probes about the origin: rows of columns, in each column from the ground up."""
        rows, columns = self.ground_m.shape
        out = np.empty((rows, columns, at.PROBE_LEVELS, 3), np.float32)
        out[..., 0] = (self.corner_m[0] + self.spacing_m * np.arange(columns))[None, :, None]
        out[..., 1] = (self.corner_m[1] + self.spacing_m * np.arange(rows))[:, None, None]
        # 0.4 m at least, as kernels.probes has it: a probe in the road's surface would see half of what is below
        out[..., 2] = self.ground_m[:, :, None] + 2.0 ** np.arange(at.PROBE_LEVELS) - 0.6
        return out.reshape(-1, 3)

    def header(self) -> Float32:
        """The grid as the kernels read it."""
        rows, columns = self.ground_m.shape
        return np.array([*self.corner_m, 1.0 / self.spacing_m, columns, rows], np.float32)


def grid_over(grounds: Sequence[GroundMesh], objects_m: Float64, origin: Float64) -> ProbeGrid | None:
    """A grid over all objects (S, 3) and the ground around them; None where there is neither. Coordinates are the world's."""
    vertices = [ground.mesh.vertices for ground in grounds]
    land = np.concatenate(vertices).astype(np.float64) if vertices else np.zeros((0, 3))
    extent = objects_m if len(objects_m) else land
    if not len(extent):
        return None
    low, high = extent[:, :2].min(axis=0) - _MARGIN_M, extent[:, :2].max(axis=0) + _MARGIN_M
    size = high - low
    spacing = max(LEAST_SPACING_M, math.sqrt(float(size[0] * size[1]) / MAX_COLUMNS))
    columns, rows = (max(2, math.ceil(length / spacing) + 1) for length in size)
    x, y = np.meshgrid(low[0] + spacing * np.arange(columns), low[1] + spacing * np.arange(rows))
    ground = np.zeros(x.shape)
    if len(land):
        _, nearest = cKDTree(land[:, :2]).query(np.stack([x, y], axis=-1).reshape(-1, 2))
        ground = land[nearest, 2].reshape(x.shape)
    corner = low - origin[:2]
    return ProbeGrid((float(corner[0]), float(corner[1])), spacing, (ground - origin[2]).astype(np.float32))


class ProbeField:
    """The probes of one scene. `light` gives their table for a weather; it runs kernels on the scene's threads."""

    def __init__(
        self, grid: ProbeGrid, street_heads_m: Float64, scene_tables: NDArray[np.int64], threads: KernelThreads
    ) -> None:
        """`street_heads_m` (K, 3) about the scene's origin; `scene_tables` must hold the scene's addresses when `light` is called."""
        self.header = grid.header()
        self.bases = np.ascontiguousarray(grid.ground_m)
        self._places = grid.places()
        self._threads = threads
        self._tables = scene_tables
        self._lamps = np.ascontiguousarray(street_lamp_rows(street_heads_m), np.float32)
        self._rays = _sphere_packets()
        self._directions = int(self._rays.ctypes.data)
        turn = streams.stream(0, "probes").uniform(0.0, 2.0 * math.pi, len(self._places))
        self._turns = np.stack([np.cos(turn), np.sin(turn)], axis=-1).astype(np.float32)
        self._met: Float32 | None = None
        self._weights = np.zeros(len(self._places), np.float32)
        self._lit: OrderedDict[tuple[Weather, Snow], tuple[Float32, float]] = OrderedDict()

    @property
    def count(self) -> int:
        """Number of probes."""
        return len(self._places)

    def light(self, weather: Weather, snow: Snow, level_lx: float) -> Float32:
        """The probes' table (N, PROBE_STRIDE) under a weather and lying snow whose open ground has `level_lx`."""
        rounded = _rounded(weather), Snow(round(2.0 * snow.lying_cm) / 2.0)
        known = self._lit.get(rounded)
        if known is None:
            known = self._light(lighting_of(*rounded))
            if len(self._lit) >= _TABLES_KEPT:
                self._lit.popitem(last=False)
            self._lit[rounded] = known
        table, level = known
        scale = level_lx / level if level > 0.0 else 1.0
        if abs(scale - 1.0) < 1e-6:
            return table
        scaled: Float32 = table * np.float32(scale)
        scaled[:, at.PROBE_WEIGHT] = table[:, at.PROBE_WEIGHT]
        return scaled

    def _light(self, lighting: Lighting) -> tuple[Float32, float]:
        tables = self._tables.copy()
        entries: dict[int, NDArray[np.generic]] = {
            at.COUNTER: self._threads.counter, at.LIGHT: lighting.light, at.SKY: lighting.sky, at.LAMPS: self._lamps,
            at.PROBE_GRID: self.header, at.PROBE_BASES: self.bases,
        }  # fmt: skip
        for index, values in entries.items():
            tables[index] = values.ctypes.data
        tables[at.SKY_SIZE] = lighting.sky.shape[0]
        tables[at.LAMP_COUNT] = len(self._lamps) if lighting.lamps_on else 0
        met = self._trace(tables)
        seen = np.zeros((self.count, PACKETS), np.int64)
        before = np.zeros((self.count, at.PROBE_STRIDE), np.float32)
        after = np.zeros_like(before)
        for bounce in range(_BOUNCES + 1):
            tables[at.PROBES], tables[at.PROBE_COUNT] = before.ctypes.data, self.count
            self._threads.run(partial(self._pass, met, seen, bounce > 0, after), tables)
            before, after = after, before
        return before, lighting.level_lx

    def _pass(
        self, met: int, seen: NDArray[np.int64], bounced: bool, out: Float32, tables: NDArray[np.int64], scratch: int
    ) -> None:
        light_probes(
            tables, scratch, self._places, self._turns, self._directions, met, self._weights, seen, bounced, out
        )

    def _trace(self, tables: NDArray[np.int64]) -> int:
        """Address of what the rays have met; traced on first use, as labels and range sensors need none of it."""
        if self._met is None:
            self._met = embree.aligned(self.count * PACKETS * MET_ROWS * LANES, np.float32)
            address = self._met.ctypes.data
            self._threads.run(
                lambda t, scratch: trace_probes(
                    t, scratch, self._places, self._turns, self._directions, address, self._weights
                ),
                tables,
            )
        return int(self._met.ctypes.data)


def _rounded(weather: Weather) -> Weather:
    """The weather whose light stands for this one's, but for its level; finer at dusk, as street lamps are scaled with it."""
    steps = 1.0 if weather.sun_altitude_angle >= 0.0 else 4.0
    return dataclasses.replace(
        Weather(),
        sun_altitude_angle=round(weather.sun_altitude_angle * steps) / steps,
        sun_azimuth_angle=2.0 * round(weather.sun_azimuth_angle / 2.0) % 360.0,
        cloudiness=5.0 * round(weather.cloudiness / 5.0),
        fog_density=10.0 * round(weather.fog_density / 10.0),
    )


def _sphere_packets() -> Float32:
    """Directions that share the sphere evenly (a Fibonacci lattice), as packets: PACKETS x (x, y, z) x LANES, flat and aligned."""
    k = np.arange(RAYS)
    height = 1.0 - (2.0 * k + 1.0) / RAYS
    angle = k * math.pi * (3.0 - math.sqrt(5.0))
    rim = np.sqrt(1.0 - height**2)
    directions = np.stack([rim * np.cos(angle), rim * np.sin(angle), height], axis=-1)
    packed = embree.aligned(PACKETS * 3 * LANES, np.float32)
    packed[:] = directions.reshape(PACKETS, LANES, 3).transpose(0, 2, 1).ravel()
    return packed

"""Rain and snow: how many drops of which size fall, how fast, how far one sees through them, and how much snow lies.

- Rain rate: CARLA's precipitation p (0..100) is 50 mm/h (p / 100)²: 12 at 50 is heavy rain, 50 a cloudburst. Sizes: Marshall &
  Palmer, "The distribution of raindrops with size", J. Meteor. 1948: N0 = 8000 /m³/mm, slope 4.1 R^-0.21 /mm. Speed of fall: Atlas,
  Srivastava & Sekhon, Rev. Geophys. 1973: 9.65 - 10.3 exp(-0.6 D). Extinction: Atlas, J. Meteor. 1953: 0.31 R^0.67 /km.
- Snow is not among CARLA's weather parameters. The blueprint `static.weather.snow`, spawned anywhere, makes it: attributes
  `lying_cm` and `rate_mm_h` (water). Sizes: Gunn & Marshall, J. Meteor. 1958: N0 = 3800 S^-0.87, slope 2.55 S^-0.48 /mm of the melted
  diameter; a flake is three times that wide [assumed, density 0.04] and falls at 1.1 m/s [assumed]. Extinction: 3 S /km, a visual
  range of 650 m at 2 mm/h [assumed].
- Wind: wind_intensity 100 is 15 m/s, along the map's x, as CARLA leaves its direction open.
Tested by tests/rendering/test_precipitation.py.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.buffers import View
from rendering.kernels.falling import draw_falling
from sim.base import streams
from sim.base.state import ActorInfo, Weather
from sim.catalogue.blueprints import SNOW_TYPE

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

WIND_MPS = 15.0
CLOUDBURST_MM_H = 50.0
_MOST_DROPS = 160_000
_CUBES = ((5.0, 0.0008, 0.5, 2.5), (12.0, 0.002, 2.5, 6.0))
"""Cubes of drops: edge, least diameter, and the distances (all in m) between which they are drawn: far off only large ones."""
_TABLE_SIZE = 192
_OUTSIDE = -1e9
_FLAKE_PER_MELTED = 3.0
_FLAKE_MPS = 1.1


@dataclass(frozen=True)
class Snow:
    """Depth of lying snow in cm, and what falls, in mm of water an hour."""

    lying_cm: float = 0.0
    rate_mm_h: float = 0.0

    @property
    def cover(self) -> float:
        """Share of level ground that is white: half at 1 cm."""
        return float(1.0 - 0.5 ** max(self.lying_cm, 0.0))


NO_SNOW = Snow()


def snow_of(actors: tuple[ActorInfo, ...]) -> Snow:
    """The snow that actors of type `static.weather.snow` make: the last one counts."""
    for info in reversed(actors):
        if info.type_id == SNOW_TYPE:
            return Snow(_number(info, "lying_cm"), _number(info, "rate_mm_h"))
    return NO_SNOW


def _number(info: ActorInfo, name: str) -> float:
    try:
        value = float(info.attributes.get(name, "0"))
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


def rain_mm_h(weather: Weather) -> float:
    """Rain rate of CARLA's precipitation."""
    return CLOUDBURST_MM_H * (min(max(weather.precipitation, 0.0), 100.0) / 100.0) ** 2


def extinction_per_m(weather: Weather, snow: Snow) -> float:
    """What rain and falling snow add to the extinction of the air."""
    return (0.31e-3 * rain_mm_h(weather) ** 0.67 if weather.precipitation > 0.0 else 0.0) + 3e-3 * max(
        snow.rate_mm_h, 0.0
    )


@functools.lru_cache(maxsize=2)
def _drops(cube: int) -> tuple[Float32, Float32]:
    rng = streams.stream(0, "precipitation", str(cube))
    return (
        rng.random((_MOST_DROPS, 3)).astype(np.float32),
        rng.exponential(size=_MOST_DROPS).astype(np.float32),
    )


class _Directions:
    """Directions of a lens, hashed by identity, so that a table is made once for each lens."""

    def __init__(self, directions: Float32) -> None:
        self.directions = directions

    def __hash__(self) -> int:
        return id(self.directions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Directions) and other.directions is self.directions


@functools.lru_cache(maxsize=8)
def _inverse(lens: _Directions) -> Float32:
    return inverse_lens(lens.directions)


def inverse_lens(directions: Float32) -> Float32:
    """(N, N, 2) column and row px for directions on an octahedral grid; far below 0 where the lens does not look.

    `directions` (H, W, 3) are the rays of the pixel centres in optical axes. Between grid points it is good to a fraction of a pixel.
    """
    step = max(1, directions.shape[1] // 320)
    rows, columns = np.arange(0, directions.shape[0], step), np.arange(0, directions.shape[1], step)
    sampled = directions[::step, ::step].reshape(-1, 3).astype(np.float64)
    seen = np.linalg.norm(sampled, axis=1) > 0.5
    where = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)[seen].astype(np.float64)
    sampled = sampled[seen]
    axis = np.linspace(-1.0, 1.0, _TABLE_SIZE)
    u, v = np.meshgrid(axis, axis)
    z = 1.0 - np.abs(u) - np.abs(v)
    folded = z < 0.0
    x = np.where(folded, (1.0 - np.abs(v)) * np.where(u >= 0.0, 1.0, -1.0), u)
    y = np.where(folded, (1.0 - np.abs(u)) * np.where(v >= 0.0, 1.0, -1.0), v)
    grid = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    grid /= np.linalg.norm(grid, axis=1, keepdims=True)
    tree = cKDTree(sampled)
    # a linear fit of pixel over direction among the nearest rays, which also carries a little beyond the image's edge; further out
    # the nearest rays lie in one line and say nothing of the way across it
    out = np.full((len(grid), 2), _OUTSIDE)
    spacing = float(np.median(tree.query(sampled[::97], k=2)[0][:, 1]))
    # most of the grid looks elsewhere: to search 32 rays for those points takes longer than all the rest
    near = np.isfinite(tree.query(grid, distance_upper_bound=max(2.0 * np.pi / _TABLE_SIZE, 4.0 * spacing))[0])
    nearest = tree.query(grid[near], k=32)[1]
    local = sampled[nearest] - grid[near][:, None]
    design = np.concatenate([local, np.ones((*local.shape[:2], 1))], axis=2)
    out[near] = (np.linalg.pinv(design, rcond=1e-4)[:, 3:] @ where[nearest])[:, 0]
    return out.reshape(_TABLE_SIZE, _TABLE_SIZE, 2).astype(np.float32)


def draw_precipitation(tables: NDArray[np.int64], view: View, weather: Weather, snow: Snow, time_s: float) -> None:
    """Draw what falls at `time_s` into the radiance buffer that `tables` name; nothing in dry weather."""
    rain = rain_mm_h(weather)
    if rain <= 0.0 and snow.rate_mm_h <= 0.0:
        return
    inverse = _inverse(_Directions(view.directions_camera))
    velocity = np.asarray(view.velocity_world_mps, np.float64)
    wind = np.array([WIND_MPS * min(max(weather.wind_intensity, 0.0), 100.0) / 100.0, 0.0, 0.0])
    for index, (cube_m, least_m, nearest_m, farthest_m) in enumerate(_CUBES):
        places, spread = _drops(index)
        rate = snow.rate_mm_h if snow.rate_mm_h > 0.0 else rain
        if snow.rate_mm_h > 0.0:
            density, slope = 3800.0 * rate**-0.87, 2.55 * rate**-0.48
            sizes = (least_m * 2.0, _FLAKE_PER_MELTED / slope * 1e-3)
            number = density / slope * math.exp(-slope * least_m * 2e3 / _FLAKE_PER_MELTED)
            fall, white = (_FLAKE_MPS, 0.0, 0.0), 0.9
        else:
            density, slope = 8000.0, 4.1 * rate**-0.21
            sizes = (least_m, 1e-3 / slope)
            number = density / slope * math.exp(-slope * least_m * 1e3)
            fall, white = (9.65, 10.3, 600.0), 0.0
        count = min(round(number * cube_m**3), _MOST_DROPS)
        draw_falling(
            tables, inverse, places, spread, count, cube_m, sizes, (nearest_m, farthest_m), fall, wind,
            velocity, time_s, view.exposure_s, view.aperture_m, white,
        )  # fmt: skip

"""Light that reaches a lens without being in its picture: sun or moon outside the field, daylight on the dashboard, rain.

Tested by tests/sensors/test_surroundings.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import Buffers, View
from rendering.sky import LUMINANCE_RGB, daylight
from sensors.exposed import SceneLike
from sim.base.state import Weather

Float64 = NDArray[np.float64]

PROBE = 4
"""Rays along a side of the little picture of the sun's disc by which we see whether something hides it."""


@dataclass(frozen=True)
class Surroundings:
    """`source_camera` (3,): unit vector to sun or moon in optical axes; `source_lx_rgb` (3,): its light on a plane that faces it;
    `level_lx_rgb` (3,): daylight on level ground; `precipitation_percent` as in CARLA's weather."""

    source_camera: Float64
    source_lx_rgb: Float64
    level_lx_rgb: Float64
    precipitation_percent: float


def surroundings_of(weather: Weather, world_from_camera: Float64) -> Surroundings:
    """Of a camera with this pose (3, 4), in the open."""
    day = daylight(weather)
    return Surroundings(
        source_camera=world_from_camera[:, :3].T @ day.beam.direction,
        source_lx_rgb=np.asarray(day.beam.normal_lx_rgb),
        level_lx_rgb=np.asarray(day.horizontal_lx_rgb) + day.diffuse_lx,
        precipitation_percent=float(weather.precipitation),
    )


def behind_what_stands_there(
    around: Surroundings, weather: Weather, world_from_camera: Float64, scene: SceneLike
) -> Surroundings:
    """The same with the source dimmed by what hides it: rays over its disc, in a posed scene, as a share of the disc's own light."""
    beam, toward = daylight(weather).beam, around.source_camera
    aside = np.cross(toward, (0.0, 1.0, 0.0) if abs(toward[1]) < 0.9 else (1.0, 0.0, 0.0))
    aside /= np.linalg.norm(aside)
    above = np.cross(toward, aside)
    # a square inside the disc
    steps = ((np.arange(PROBE) + 0.5) / PROBE * 2.0 - 1.0) * 0.65 * beam.radius_rad
    rays = toward + steps[None, :, None] * aside + steps[:, None, None] * above
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    view = View(
        directions_camera=np.ascontiguousarray(rays, dtype=np.float32),
        world_from_camera_rows=np.ascontiguousarray(np.broadcast_to(world_from_camera, (PROBE, 3, 4))),
        row_time=np.full(PROBE, 0.5, np.float32),
        pixel_angle_rad=1.3 * beam.radius_rad / PROBE,
    )
    seen = scene.render(view, Buffers.empty(PROBE, PROBE, previous=False)).radiance
    own = float(beam.disc_cd_m2_rgb @ LUMINANCE_RGB)
    share = float(seen.mean(axis=(0, 1), dtype=np.float64) @ LUMINANCE_RGB) / own
    return replace(around, source_lx_rgb=min(max(share, 0.0), 1.0) * around.source_lx_rgb)

"""The rays of CARLA's cameras: a pinhole, seen through the distortion that its lens_* attributes ask for.

CARLA distorts a finished pinhole image: the pixel at (u, v), each from -1 to 1 across the image, shows what the pinhole image
has at f (u, v), with f = 1 + r² (k + kcube r) and r² = (aspect u / 2)² + (v / 2)², blended with the undistorted place by a
circle mask that lens_circle_multiplier switches on (0, the default, is no distortion at all). Here a ray is cast to that very
place, so that depth and labels are exact under distortion too. The formula is Tarlier's shader (after SynthEyes); the mask's graph
is not public, and is taken as clip(multiplier / 10 · d^falloff, 0, 1), d the distance from the centre over the half diagonal,
with lens_x_size and lens_y_size over their default 0.08 as the circle's half axes: 10 is the multiplier's documented most.
Tested by tests/server/test_camera_lens.py.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.server.sensing.limits import number, whole

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry

Float32 = NDArray[np.float32]

FULL_MULTIPLIER = 10.0
_DEFAULT_SIZE = 0.08
_NO_FALLOFF = 1e-6


@dataclass(frozen=True)
class LensRays:
    """`directions` (H, W, 3) float32 unit vectors in optical axes; `plane` (H, W, 2) float32 the same over z.

    `focal_px` and the image's middle make a pinhole's calibration: u = focal x / z + (width - 1) / 2. `distorted` tells
    whether the rays leave the pinhole's grid.
    """

    width: int
    height: int
    fov_deg: float
    focal_px: float
    directions: Float32
    plane: Float32
    distorted: bool

    @property
    def pixel_angle_rad(self) -> float:
        """The angle of one pixel at the centre."""
        return 1.0 / self.focal_px


def lens_of(entry: ActorEntry) -> LensRays:
    """The rays of a camera actor; cameras with equal lenses share one object."""
    names = ("lens_circle_multiplier", "lens_circle_falloff", "lens_k", "lens_kcube", "lens_x_size", "lens_y_size")
    multiplier, *rest = (number(entry, name) for name in names)
    size = (whole(entry, "image_size_x"), whole(entry, "image_size_y"), number(entry, "fov"))
    return _rays(*size, multiplier, *(rest if multiplier > 0.0 else [0.0] * len(rest)))


@functools.lru_cache(maxsize=16)
def _rays(
    width: int, height: int, fov_deg: float, multiplier: float, falloff: float, k: float, kcube: float,
    x_size: float, y_size: float,
) -> LensRays:  # fmt: skip
    focal = width / (2.0 * math.tan(math.radians(fov_deg) / 2.0))
    u = (2.0 * np.arange(width) + 1.0) / width - 1.0
    v = (2.0 * np.arange(height) + 1.0) / height - 1.0
    u, v = np.meshgrid(u, v)
    if multiplier > 0.0:
        aspect = width / height
        r = np.hypot(0.5 * aspect * u, 0.5 * v)
        factor = 1.0 + r * r * (k + kcube * r)
        wide, high = max(x_size, _NO_FALLOFF) / _DEFAULT_SIZE, max(y_size, _NO_FALLOFF) / _DEFAULT_SIZE
        distance = np.hypot(aspect * u / wide, v / high) / math.hypot(aspect, 1.0)
        factor = 1.0 + np.clip(multiplier / FULL_MULTIPLIER * distance**falloff, 0.0, 1.0) * (factor - 1.0)
        u, v = factor * u, factor * v
    plane = np.stack([u * (width / 2.0) / focal, v * (height / 2.0) / focal], axis=-1)
    rays = np.concatenate([plane, np.ones((height, width, 1))], axis=-1)
    directions = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)
    directions.setflags(write=False)
    return LensRays(width, height, fov_deg, focal, directions, plane.astype(np.float32), multiplier > 0.0)

"""What lies between the surfaces and the lens, laid over a traced image by the kernels' closed form: haze, and the sun's disc.

Haze: L exp(-k t) + L_haze (1 - exp(-k t)) beyond the fog's start, as in rendering.kernels.shade; towards the sky the fog
layer and the disc of rendering.kernels.sky. Both images thus have the same air, and differ by surfaces and light alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import View
from rendering.kernels import layout as at
from rendering.lighting import Lighting

Float32 = NDArray[np.float32]


def through_air(radiance: Float32, range_m: Float32, view: View, lighting: Lighting) -> Float32:
    """The image (H, W, 3) cd/m² as the lens sees it; `range_m` (H, W) along the rays, inf towards the sky."""
    light = lighting.light.astype(np.float64)
    haze = light[at.FOG_R : at.FOG_B + 1]
    rotation = view.world_from_camera_rows[:, :, :3]
    directions = np.einsum("hij,hwj->hwi", rotation, view.directions_camera.astype(np.float64))
    sky = ~np.isfinite(range_m)
    disc = sky * _disc_share(light, directions)
    bright = radiance + disc[..., None] * light[at.DISC_R : at.DISC_B + 1]
    metres = np.where(sky, 0.0, range_m)
    depth = light[at.FOG_PER_M] * np.maximum(metres - light[at.FOG_START_M], 0.0)
    depth = np.where(sky, light[at.FOG_LAYER] / np.maximum(directions[..., 2], 0.01), depth)
    seen = haze + (bright - haze) * np.exp(-depth)[..., None]
    inside = np.linalg.norm(view.directions_camera, axis=-1) > 0.5
    return np.where(inside[..., None], seen, 0.0).astype(np.float32)


def _disc_share(light: NDArray[np.float64], directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share (H, W) of the disc of sun or moon that is lit, as kernels.sky.disc_share has it."""
    source, lit_from, edge = light[[at.SUN_X, at.SUN_Y, at.SUN_Z]], light[at.LIT_X : at.LIT_Z + 1], light[at.DISC_COS]
    toward = directions @ source
    beside = (directions - toward[..., None] * source) / np.sqrt(max(1.0 - edge * edge, 1e-12))
    front = np.sqrt(np.maximum(1.0 - (beside**2).sum(axis=-1), 0.0))
    share = np.clip((beside @ lit_from - front * (source @ lit_from)) * 12.0 + 0.5, 0.0, 1.0)
    return np.where((toward > edge) & (directions[..., 2] > 0.0), share, 0.0)

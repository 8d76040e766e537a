"""The kernels' own light as Mitsuba's emitters: the sky table, the sun, and lamps by their intensity distributions.

Sky: the hemi-octahedral table of rendering.lighting resampled to an equirectangular picture, with the mean ground below the horizon.
Sun: parallel light of our illuminance. Street lamps and headlamps: projectors at the lamps' places whose pictures are the
intensities of rendering.kernels.lamps, so neither sees the other's code but both the same formula, kept here in numpy.
Tested by tests/rendering/test_reference.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rendering.kernels import layout as at
from rendering.lighting import Lighting

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]

SKY_HEIGHT_PX = 512
_STREET_FOV_DEG, _STREET_PX = 176.0, 2048
_BEAM_FOV_DEG, _BEAM_PX = 140.0, (4096, 1024)
"""Width and height of a beam's picture: 1.3 mrad a pixel, which the low beam's cut-off of 8 mrad needs."""


def sky_toward(lighting: Lighting, directions: Float64) -> Float64:
    """RGB cd/m² (..., 3) of the sky table towards unit directions (..., 3), as kernels.sky.sky_radiance reads it."""
    table, size = lighting.sky.astype(np.float64), lighting.sky.shape[0]
    x, y, z = directions[..., 0], directions[..., 1], directions[..., 2]
    scale = 1.0 / np.maximum(np.abs(x) + np.abs(y) + np.maximum(z, 0.0), 1e-6)
    u = np.clip((x * scale + y * scale + 1.0) * (0.5 * (size - 1)), 0.0, size - 1.001)
    v = np.clip((x * scale - y * scale + 1.0) * (0.5 * (size - 1)), 0.0, size - 1.001)
    iu, iv = u.astype(int), v.astype(int)
    fu, fv = (u - iu)[..., None], (v - iv)[..., None]
    top = table[iv, iu] * (1.0 - fu) + table[iv, iu + 1] * fu
    bottom = table[iv + 1, iu] * (1.0 - fu) + table[iv + 1, iu + 1] * fu
    sky = top * (1.0 - fv) + bottom * fv
    ground = lighting.light[at.GROUND_R : at.GROUND_B + 1].astype(np.float64)
    return np.asarray(sky + (ground - sky) * np.clip(z * -12.0, 0.0, 1.0)[..., None])


def sky_emitter(mi: Any, lighting: Lighting) -> Any:
    """The sky map around everything."""
    height, width = SKY_HEIGHT_PX, 2 * SKY_HEIGHT_PX
    polar = (np.arange(height) + 0.5) * (math.pi / height)
    around = (np.arange(width) + 0.5) * (2.0 * math.pi / width)
    theta, phi = np.meshgrid(polar, around, indexing="ij")
    directions = np.stack([np.sin(phi) * np.sin(theta), np.cos(phi) * np.sin(theta), np.cos(theta)], axis=-1)
    picture = sky_toward(lighting, directions).astype(np.float32)
    z_up = mi.ScalarTransform4f().rotate([1, 0, 0], 90)
    return mi.load_dict({"type": "envmap", "bitmap": mi.Bitmap(picture), "to_world": z_up})


def sun_emitter(mi: Any, lighting: Lighting, place: Float64) -> Any:
    """The sun (or moon) as parallel light, None when it is down; clouds leave of it what they do at `place` (3,) about the origin."""
    light = lighting.light
    if light[at.SUN_ON] <= 0.0:
        return None
    toward = [-float(light[k]) for k in (at.SUN_X, at.SUN_Y, at.SUN_Z)]
    share = _cloud_share(lighting, place)
    color = [share * float(v) for v in light[at.SUN_R : at.SUN_B + 1]]
    return mi.load_dict({"type": "directional", "direction": toward, "irradiance": {"type": "rgb", "value": color}})


def _cloud_share(lighting: Lighting, place: Float64) -> float:
    """As kernels.sunlight.cloud_share, for one place: patches are wider than what a camera sees sharply."""
    light = lighting.light
    if light[at.CLOUDS_PER_M] == 0.0:
        return 1.0
    level = place[:2] - place[2] * light[[at.CLOUDS_X, at.CLOUDS_Y]].astype(np.float64)
    k = np.clip(np.round(level * float(light[at.CLOUDS_PER_M]) + 0.5 * (at.CLOUD_TEXELS - 1)), 0, at.CLOUD_TEXELS - 1)
    return float(lighting.clouds[int(k[1]), int(k[0])])


def beam_share(kind: int, ahead: Float64, left: Float64, up: Float64) -> Float64:
    """Intensity towards unit directions in a lamp's frame as a share of its reference; the formula of kernels.lamps.

    Low beams are those of right-hand traffic: `left` is the oncoming side.
    """
    if kind == at.LAMP_STREET:
        down = np.clip(-up, 0.0, 1.0)
        return np.asarray((1.0 + 1.6 * (1.0 - down**2)) * _smoothstep(down, 0.0, 0.35))
    across = 1.0 - ahead / np.maximum(np.hypot(ahead, left), 1e-3)
    if kind == at.LAMP_HIGH_BEAM:
        return np.asarray(np.exp(-across * 60.0) * np.exp(-(up**2) * 400.0))
    sideways = 0.95 * np.exp(-across * 14.0 / (1.0 + 20.0 * np.maximum(-up, 0.0))) + 0.05 * np.exp(-across * 2.5)
    kerb = -left / np.maximum(ahead, 1e-3)
    cut_off = -0.00995 + 0.26795 * np.clip(kerb, 0.0, 0.14)
    below = _smoothstep(cut_off - up, -0.0035, 0.007) * (1.0 - 0.35 * _smoothstep(-kerb, 0.0, 0.06))
    share = sideways * (0.018 + 0.982 * below) / (1.0 + up**2 * 600.0)
    return np.asarray(share * np.clip(ahead * 8.0, 0.0, 1.0))


def _smoothstep(x: Float64, low: float, high: float) -> Float64:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


class LampEmitters:
    """Makes projectors of lamp rows; pictures of equal lamps are shared."""

    def __init__(self, mi: Any) -> None:
        self._mi = mi
        self._pictures: dict[tuple[int, tuple[float, ...], bool], Any] = {}

    def emitter(self, row: Float32) -> Any:
        """The projector of one row of rendering.nearby.LampList, about the scene's origin."""
        mi, kind = self._mi, int(row[at.LAMP_KIND])
        place = [float(v) for v in row[:3]]
        if kind == at.LAMP_STREET:
            target, up, fov = [place[0], place[1], place[2] - 1.0], [1.0, 0.0, 0.0], _STREET_FOV_DEG
        else:
            target = [place[k] + float(row[at.LAMP_DX + k]) for k in range(3)]
            up, fov = [0.0, 0.0, 1.0], _BEAM_FOV_DEG
        pose = mi.ScalarTransform4f().look_at(origin=place, target=target, up=up)
        color = tuple(float(v) for v in row[at.LAMP_R : at.LAMP_B + 1])
        picture = self._picture(kind, color, float(row[at.LAMP_SIDE]) < 0.0)
        return mi.load_dict({"type": "projector", "to_world": pose, "fov": fov, "irradiance": picture})

    def _picture(self, kind: int, color: tuple[float, ...], mirrored: bool) -> Any:
        known = self._pictures.get((kind, color, mirrored))
        if known is None:
            texels = _beam_picture(kind)[..., None] * np.array(color)
            texels = texels[:, ::-1] if mirrored else texels
            known = self._mi.load_dict(
                {
                    "type": "bitmap",
                    "bitmap": self._mi.Bitmap(texels.astype(np.float32)),
                    "raw": True,
                    "wrap_mode": "clamp",
                }
            )
            self._pictures[kind, color, mirrored] = known
        return known


def _beam_picture(kind: int) -> Float64:
    """What a projector has to show (H, W): it throws pi E / cos at unit distance, so that E = I cos³ / pi."""
    street = kind == at.LAMP_STREET
    width, height = (_STREET_PX, _STREET_PX) if street else _BEAM_PX
    half = math.tan(math.radians((_STREET_FOV_DEG if street else _BEAM_FOV_DEG) / 2.0))
    x = ((np.arange(width) + 0.5) / width * 2.0 - 1.0) * half
    y = ((np.arange(height) + 0.5) / height * 2.0 - 1.0) * half * height / width
    right, down = np.meshgrid(x, y)
    cosine = 1.0 / np.sqrt(1.0 + right**2 + down**2)
    if street:
        share = beam_share(kind, np.zeros_like(cosine), np.zeros_like(cosine), -cosine)
    else:
        share = beam_share(kind, cosine, -right * cosine, -down * cosine)
    return np.asarray(share * cosine**3 / math.pi)

"""Our materials as Mitsuba's scattering functions, conserving energy on the mean.

- rough non-metals: Lambert scaled by what the gloss leaves over, plus a GGX lobe with alpha = roughness² (blended halves of double
  strength, since Mitsuba adds nothing). Mitsuba's own rough plastic loses up to 70 % at our roughnesses and is not used for them;
- smooth ones, and whatever is under a clear coat: rough plastic, diffuse light coupled through the interface; the base's own
  interface vanishes under the coat, whose index is about the same;
- metals: GGX with Schlick's Fresnel term, the albedo raised by what single scattering loses;
- panes: two thin interfaces and what the material lets through, seen through; leaves let light through diffusely.
Retroreflectors are diffuse, a documented gap. Tested by tests/rendering/test_reference.py.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from rendering.facets import mean_albedo
from rendering.kernels import layout as at
from rendering.materials import every_material
from rendering.sign_atlas import atlas_pyramid
from rendering.tables import material_table

COAT_ALPHA = 0.02
"""Width of a clear coat's lobe, and the least of all lobes, as in rendering.kernels.shade."""
COUPLED_BELOW_ALPHA = 0.05
COUPLED_KEEPS = 0.967
"""What Mitsuba's rough plastic of COAT_ALPHA returns of the diffuse light that it should: its transmittance loses the rest."""
_MORTAR_SHARE = 1.0 - (1.0 - 0.01 / 0.075) * (1.0 - 0.01 / 0.25)
_MORTAR_RGB = np.array([0.30, 0.29, 0.27])
_BRICK = 4


@dataclass(frozen=True)
class SurfaceKey:
    """What makes two triangles look the same: a row of the material table, and the instance's own colour where it counts."""

    material: int
    color: tuple[float, float, float] | None = None


def albedo_of(key: SurfaceKey) -> tuple[float, float, float]:
    """Mean reflectance of the diffuse part, or of a metal at normal incidence; brick walls with their mortar."""
    row = material_table()[key.material]
    color = np.array(key.color if key.color is not None else row[:3], np.float64)
    if int(row[at.TEXTURE]) == _BRICK:
        color = color * (1.0 - _MORTAR_SHARE) + _MORTAR_RGB * _MORTAR_SHARE
    r, g, b = np.clip(color, 0.0, 1.0).tolist()
    return r, g, b


@functools.lru_cache(maxsize=1)
def _sign_texture(mi: Any) -> Any:
    pyramid = atlas_pyramid()
    count = pyramid.width_px * pyramid.height_px * 3
    texels = pyramid.texels[:count].reshape(pyramid.height_px, pyramid.width_px, 3)
    return mi.load_dict({"type": "bitmap", "bitmap": mi.Bitmap(np.ascontiguousarray(texels)), "raw": True})


@functools.lru_cache(maxsize=4096)
def bsdf_of(mi: Any, key: SurfaceKey, see_through: bool, textured: bool = False, glossy: bool = True) -> Any:
    """The Mitsuba plugin of a surface. `textured` takes the sign atlas at the mesh's uv; without `glossy` it is Lambert's."""
    sign_atlas = _sign_texture(mi) if textured else None
    row = material_table()[key.material]
    albedo = np.array(albedo_of(key))
    if see_through and row[at.GLASS] > 0.0:
        return mi.load_dict(
            {
                "type": "thindielectric",
                "int_ior": 1.5,
                "specular_transmittance": {"type": "rgb", "value": float(row[at.GLASS])},
            }
        )
    if _translucency(key) > 0.0:
        return mi.load_dict(_leaf(albedo, _translucency(key), float(row[at.ROUGHNESS])))
    metallic, f0 = float(row[at.METALLIC]), float(row[at.SPECULAR])
    alpha = max(float(row[at.ROUGHNESS]) ** 2, COAT_ALPHA)
    coated = float(row[at.COAT]) > 0.5
    if not glossy:
        inner = {"type": "diffuse", "reflectance": sign_atlas or _color(albedo * (1.0 - metallic))}
    elif coated or (alpha < COUPLED_BELOW_ALPHA and metallic < 0.5):
        inner = _coupled(sign_atlas or _unbounded(mi, albedo / COUPLED_KEEPS), COAT_ALPHA if coated else alpha, f0)
    else:
        inner = _uncoupled(mi, albedo, alpha, f0, sign_atlas)
    if glossy and metallic > 0.0 and not coated:
        metal = _metal(albedo, alpha)
        inner = metal if metallic >= 1.0 else {"type": "blendbsdf", "weight": metallic, "a": inner, "b": metal}
    return mi.load_dict({"type": "twosided", "inner": inner})


def _translucency(key: SurfaceKey) -> float:
    """Share of its albedo that a leaf lets through; 0 for what is opaque."""
    return every_material()[key.material][1].translucency


def _leaf(albedo: Any, translucency: float, roughness: float) -> dict[str, Any]:
    """A sheet that reflects its albedo and lets a share of it through, both diffusely."""
    total = 1.0 + translucency
    return {
        "type": "principledthin", "base_color": _color(albedo * total), "diff_trans": 2.0 * translucency / total,
        "roughness": roughness, "eta": 1.5,
    }  # fmt: skip


def _color(rgb: Any) -> dict[str, Any]:
    return {"type": "rgb", "value": np.clip(rgb, 0.0, 1.0).tolist()}


def _unbounded(mi: Any, rgb: Any) -> dict[str, Any]:
    """A colour that may exceed one, which plain colours of Mitsuba's surfaces may not: a picture of 2 x 2 equal texels."""
    texels = np.broadcast_to(np.asarray(rgb, np.float32), (2, 2, 3)).copy()
    return {"type": "bitmap", "bitmap": mi.Bitmap(texels), "raw": True, "filter_type": "nearest"}


def _index(f0: float) -> float:
    root = math.sqrt(f0)
    return (1.0 + root) / (1.0 - root)


def _coupled(reflectance: Any, alpha: float, f0: float) -> dict[str, Any]:
    """Lambert under a smooth dielectric, linear in the reflectance: a T(i) T(o) / T_mean."""
    return {
        "type": "roughplastic", "distribution": "ggx", "alpha": alpha, "int_ior": _index(f0), "ext_ior": 1.0,
        "diffuse_reflectance": reflectance, "nonlinear": False,
    }  # fmt: skip


def _uncoupled(mi: Any, albedo: Any, alpha: float, f0: float, sign_atlas: Any) -> dict[str, Any]:
    """Lambert scaled by what the gloss leaves on the mean, and the gloss."""
    left = 1.0 - mean_albedo(round(alpha, 4), round(f0, 4))
    diffuse = sign_atlas if sign_atlas is not None else _unbounded(mi, 2.0 * left * albedo)
    lobe = {
        "type": "roughplastic", "distribution": "ggx", "alpha": alpha, "int_ior": _index(f0), "ext_ior": 1.0,
        "diffuse_reflectance": _color(np.zeros(3)), "specular_reflectance": _unbounded(mi, 2.0 * np.ones(3)),
    }  # fmt: skip
    weight = 0.5 if sign_atlas is None else 0.04
    if sign_atlas is not None:
        lobe["specular_reflectance"] = _unbounded(mi, np.ones(3) / weight)
    return {"type": "blendbsdf", "weight": weight, "a": {"type": "diffuse", "reflectance": diffuse}, "b": lobe}


def _metal(albedo: Any, alpha: float) -> dict[str, Any]:
    kept = mean_albedo(round(alpha, 4), 1.0)
    raised = albedo * (1.0 + albedo * (1.0 - kept) / kept)
    return {"type": "principled", "base_color": _color(raised), "metallic": 1.0, "roughness": math.sqrt(alpha)}

"""White furnace: what absorbs nothing vanishes in an even light. Every material, through the kernels that make the pictures.

Two ways. Under an even sky (radiance 1 from everywhere) a ball whose material has albedo 1 must have radiance 1 at each pixel,
from the middle to the rim. Under the sun alone, sun directions over the hemisphere are summed: what a surface sends to the eye for
one lux from each direction is its directional albedo (by reciprocity), and must be 1 too; this sees the lobes that the sky's fit
does not.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import rendering.tracer
from rendering.assets.ground import GroundMesh
from rendering.assets.solids import sphere
from rendering.facets import (
    COSINE_STEPS,
    LEAST_ALPHA,
    ROUGHNESS_STEPS,
    albedo_table,
    directional_albedo,
    ggx_half_vectors,
    mean_albedo,
)
from rendering.kernels import layout as at
from rendering.kernels.light import COAT_F0, COAT_MEAN
from rendering.materials import MATERIALS, Material
from rendering.tables import _material_row, material_table
from sim.base.state import Weather
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import luminance, pinhole, plane, scene, state

BAR = 0.01
BALL = GroundMesh(sphere((0.0, 0.0, 0.0), (1.0,) * 3, "default", rings=96, segments=192), ObjectClass.ROAD, 0)


def _white(material: Material) -> Material:
    """The material without what absorbs, shines, returns or varies: panes let all through, leaves nothing."""
    plain = {"texture": 0, "emission": 0, "retroreflection_cd_lx_m2": 0.0, "transmittance": 1.0, "translucency": 0.0}
    known = {field.name for field in dataclasses.fields(Material)}
    values = {name: value for name, value in plain.items() if name in known}
    return dataclasses.replace(material, albedo=(1.0, 1.0, 1.0), **values)


def _distinct() -> dict[str, Material]:
    """One name for each set of values that shading can tell apart once albedo is 1."""
    seen: dict[Material, str] = {}
    for name, material in MATERIALS.items():
        seen.setdefault(_white(material), name)
    return {name: material for material, name in seen.items()}


WHITE = _distinct()


def _use(monkeypatch, material: Material) -> None:
    table = material_table().copy()
    table[0] = _material_row(material, -1)
    monkeypatch.setattr(rendering.tracer, "material_table", lambda: table)


def _lighting(world, sun_toward=None):
    """Even radiance 1 from everywhere, or the sun alone at 1 lx."""
    lighting = world.lighting
    light = lighting.light.copy()
    light[: at.EMISSIONS] = 0.0
    sky = np.zeros_like(lighting.sky)
    light[at.DISC_COS] = 2.0
    if sun_toward is None:
        sky[:] = 1.0
        light[at.GROUND_R : at.GROUND_B + 1] = 1.0
        light[at.AMBIENT : at.AMBIENT + 3] = 1.0
        light[at.SUN_Z] = 1.0
    else:
        light[[at.SUN_X, at.SUN_Y, at.SUN_Z]] = sun_toward
        light[at.SUN_R : at.SUN_B + 1] = 1.0
        light[at.SUN_ON] = 1.0
    return dataclasses.replace(lighting, light=light, sky=sky)


@pytest.fixture(scope="module")
def ball():
    world = scene(ground=[BALL])
    here = state(weather=Weather(sun_altitude_angle=60.0, cloudiness=0.0))
    world.set_states(here, here)
    world._lighting = _lighting(world)
    world._tracer._probes = None  # probes hold the light of a weather
    return world


@pytest.fixture(scope="module")
def plain():
    world = scene(ground=[plane("default", 50.0)])
    here = state(weather=Weather(sun_altitude_angle=60.0, cloudiness=0.0))
    world.set_states(here, here)
    world._tracer._probes = None
    return world


def even_sky(world, monkeypatch, material: Material) -> tuple[float, float, float]:
    """(mean, least, most) radiance of a ball of this material in even light of radiance 1."""
    _use(monkeypatch, material)
    out = world.render(pinhole(48, 48, 28.0, (-5.0, 0.0, 0.0)), refine=False)
    light = luminance(out.radiance)[out.instance != 0]
    return float(light.mean()), float(light.min()), float(light.max())


def sun_albedo(world, monkeypatch, material: Material, cosine: float, samples: int = 24) -> float:
    """Directional albedo at this cosine of the eye: the sun moved over the hemisphere, half by visible facets, half by the cosine."""
    _use(monkeypatch, material)
    alpha = 0.02 if material.clear_coat else max(material.roughness**2, 0.02)
    sine = np.sqrt(1.0 - cosine**2)
    view = np.array([sine, 0.0, cosine])
    camera = pinhole(4, 2, 0.01, (3.0 * sine, 0.0, 3.0 * cosine), yaw=np.pi, pitch=float(np.arcsin(cosine)))
    u, v = (a.ravel() for a in np.meshgrid(*[(np.arange(samples) + 0.5) / samples] * 2, indexing="ij"))
    disc, turn = np.sqrt(u), 2.0 * np.pi * v
    cosines = np.stack([disc * np.cos(turn), disc * np.sin(turn), np.sqrt(1.0 - u)], axis=1)
    half = ggx_half_vectors(alpha, cosine, u, v)
    mirrored = 2.0 * (half @ view)[:, None] * half - view
    total = 0.0
    for suns in (cosines, mirrored[mirrored[:, 2] > 0.0]):
        density = 0.5 * suns[:, 2] / np.pi + 0.5 * _facet_density(suns, view, alpha)
        for sun, weight in zip(suns, 1.0 / (2.0 * samples**2 * density), strict=True):
            world._lighting = _lighting(world, sun)
            total += weight * float(luminance(world.render(camera, refine=False).radiance)[1, 1])
    return total


def _facet_density(toward: np.ndarray, view: np.ndarray, alpha: float) -> np.ndarray:
    """Probability per sr of mirrored visible facets."""
    half = toward + view
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    a2 = alpha * alpha
    spread = a2 / (np.pi * (half[:, 2] ** 2 * (a2 - 1.0) + 1.0) ** 2)
    tan2 = (1.0 - view[2] ** 2) / view[2] ** 2
    seen = 2.0 / (1.0 + np.sqrt(1.0 + a2 * tan2))
    return np.asarray(spread * seen / (4.0 * view[2]))


@pytest.mark.parametrize("name", WHITE)
def test_a_white_ball_vanishes_in_even_light(ball, monkeypatch, name):
    mean, least, most = even_sky(ball, monkeypatch, WHITE[name])
    assert abs(mean - 1.0) < BAR and least > 1.0 - 3 * BAR and most < 1.0 + 3 * BAR


@pytest.mark.parametrize("name", ["asphalt", "rim_steel", "chrome", "paint"])
@pytest.mark.parametrize("cosine", [0.9, 0.35])
def test_a_white_plain_returns_all_of_the_sun(plain, monkeypatch, name, cosine):
    assert sun_albedo(plain, monkeypatch, _white(MATERIALS[name]), cosine) == pytest.approx(1.0, abs=BAR)


def test_furnace_tells_an_absorbing_ball(ball, monkeypatch):
    """Negative control: albedo 0.9 is 0.1 darker, and a matt material of albedo 1 without gloss is even to 1e-3."""
    matt = Material((1.0, 1.0, 1.0), roughness=1.0, specular=0.0)
    bright = even_sky(ball, monkeypatch, matt)
    dark = even_sky(ball, monkeypatch, dataclasses.replace(matt, albedo=(0.9, 0.9, 0.9)))
    assert bright[0] - dark[0] == pytest.approx(0.1, abs=0.01)


def test_sum_over_suns_is_a_sound_measure(plain, monkeypatch):
    """A black surface returns the dielectric lobe alone: the albedo that rendering.facets integrates in another way."""
    black = Material((0.0, 0.0, 0.0), roughness=0.7)
    found = sun_albedo(plain, monkeypatch, black, 0.8)
    assert found == pytest.approx(directional_albedo(0.49, 0.04, 0.8), abs=0.004)


def test_the_stored_albedos_are_the_computed_ones():
    """Some entries of rendering/data/facet_albedo.npy, integrated anew; and the mean that the kernels hold for coats."""
    table = albedo_table().reshape(ROUGHNESS_STEPS, COSINE_STEPS + 1)
    for row, column in ((0, 31), (20, 5), (64, 16), (127, 28)):
        alpha = max((row / (ROUGHNESS_STEPS - 1)) ** 2, LEAST_ALPHA)
        cosine = column / (COSINE_STEPS - 1)
        low, high = int(table[row, column]) & 0xFFFF, int(table[row, column]) >> 16
        assert low / 65535 == pytest.approx(directional_albedo(alpha, 0.0, cosine), abs=2e-5)
        assert high / 65535 == pytest.approx(min(directional_albedo(alpha, 1.0, cosine), 1.0), abs=2e-5)
    assert pytest.approx(mean_albedo(LEAST_ALPHA, COAT_F0), abs=2e-4) == COAT_MEAN

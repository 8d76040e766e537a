"""Sunlight in patches: the mean of the model, the clouds of the sky, and the kernels' look-up."""

from __future__ import annotations

import numpy as np
import pytest

import rendering.tracer
from rendering.cloud_shadows import BASE_M, TEXEL_M, dims_from, shares_of_sunlight, through
from rendering.clouds import cover_of, density_at, layer_density
from rendering.kernels import layout as at
from rendering.lighting import lighting_of
from rendering.materials import Material
from rendering.sky import LUMINANCE_RGB, daylight
from rendering.tables import _material_row, material_table
from sim.base.state import Weather
from tests.rendering.solids import luminance, pinhole, plane, scene, state

MIXED = Weather(sun_altitude_angle=50.0, sun_azimuth_angle=30.0, cloudiness=45.0)


@pytest.mark.parametrize("cloudiness", [20.0, 40.0, 60.0, 80.0])
def test_mean_over_a_wide_land_is_the_models(cloudiness):
    """Places that the thresholds were not found on: 40 x 40 km."""
    mean = float((1.0 - daylight(Weather(cloudiness=cloudiness)).overcast) ** 1.5)
    axis = 7.0 + np.arange(250) * 0.163
    density = density_at(np.stack(np.meshgrid(axis, axis), axis=-1))
    share = through(density, dims_from(mean))
    assert share.mean() == pytest.approx(mean, abs=0.04)
    assert np.ptp(share) > 0.5, "light comes in patches"


def test_the_cloud_before_the_sun_is_the_one_whose_shadow_falls_there():
    """Over many suns, seen from the scene's middle: where the sky is closed towards the sun the middle is dark, and vice versa."""
    closed, lit = [], []
    for azimuth in np.radians(np.arange(0.0, 360.0, 6.0)):
        for height in np.radians([25.0, 45.0, 65.0]):
            sun = np.array([np.cos(azimuth) * np.cos(height), np.sin(azimuth) * np.cos(height), np.sin(height)])
            closed.append(float(cover_of(0.45, sun, layer_density(sun))))
            lit.append(float(shares_of_sunlight(*sun.tolist(), 0.5)[127:129, 127:129].mean()))
    closed, lit = np.array(closed), np.array(lit)
    assert (closed > 0.95).sum() > 10 and (closed < 0.05).sum() > 10
    assert np.corrcoef(closed, lit)[0, 1] < -0.8
    assert lit[closed < 0.05].min() > 1.0 and lit[closed > 0.99].mean() < 0.7


def test_ground_is_lit_as_the_table_says(monkeypatch):
    """Illuminance of level ground at places hundreds of metres apart: the sky's, and the sun's times the table's share."""
    table = material_table().copy()
    table[0] = _material_row(Material((0.5,) * 3, roughness=1.0, specular=0.0), -1)
    monkeypatch.setattr(rendering.tracer, "material_table", lambda: table)
    world = scene(ground=[plane("default", 1500.0)])
    world._tracer._probes = None
    here = state(weather=MIXED)
    world.set_states(here, here)
    clouds, day = lighting_of(MIXED).clouds, daylight(MIXED)
    beam = float(day.horizontal_lx_rgb @ LUMINANCE_RGB)
    found, told = [], []
    for k in range(-60, 61, 12):
        x, y = (k + 0.5) * TEXEL_M, (0.5 - k // 2) * TEXEL_M
        view = pinhole(8, 4, 0.05, (x, y, 1.0), pitch=np.pi / 2)
        found.append(luminance(world.render(view, refine=False).radiance)[1:3, 2:6].mean() * np.pi / 0.5)
        told.append(beam * float(clouds[128 - k // 2, 128 + k]))
    found, told = np.array(found), np.array(told)
    assert np.ptp(told) > 0.4 * beam, "the places should not all be alike"
    np.testing.assert_allclose(found - told, np.full(len(found), (found - told).mean()), atol=0.02 * beam)
    assert (found - told).mean() == pytest.approx(day.diffuse_lx, rel=0.1)


def test_clear_and_closed_skies_light_evenly():
    for cloudiness in (0.0, 100.0):
        light = lighting_of(Weather(sun_altitude_angle=50.0, cloudiness=cloudiness))
        assert light.light[at.CLOUDS_PER_M] == 0.0 or np.ptp(light.clouds) == 0.0
    assert BASE_M / TEXEL_M == 62.5

"""The low beam at the test points of UN Regulation 112, class B, right-hand traffic, by its numpy form and on the kernels' screen."""

from __future__ import annotations

import numpy as np
import pytest

import rendering.tracer
from rendering.emitters import LOW_BEAM_CD, head_lamp_rows
from rendering.kernels import layout as at
from rendering.materials import Material
from rendering.reference.lights import beam_share
from rendering.sky import LUMINANCE_RGB
from rendering.tables import _material_row, material_table
from sim.base.state import Weather
from tests.rendering.solids import luminance, pinhole, plane, scene, state

NEVER = 1e9
POINTS = {
    "B50L": (-3.43, 0.57, 0, 350), "BR": (2.5, 1.0, 0, 1_750), "75R": (1.15, -0.57, 10_100, NEVER), "75L": (-3.43, -0.57, 0, 10_600),
    "50L": (-3.43, -0.86, 0, 13_200), "50R": (1.72, -0.86, 10_100, NEVER), "50V": (0.0, -0.86, 5_100, NEVER),
    "25L": (-9.0, -1.72, 1_700, NEVER), "25R": (9.0, -1.72, 1_700, NEVER),
}  # fmt: skip
"""(degrees right, degrees up, least cd, most cd)"""
ZONE_3 = ((-8, 1), (-8, 4), (8, 4), (8, 2), (6, 1.5), (1.5, 1.5), (0, 0), (-4, 0))


def _candela(right_deg: object, up_deg: object, side: float = 1.0) -> np.ndarray:
    right, up = np.radians(np.asarray(right_deg, float)), np.radians(np.asarray(up_deg, float))
    left = -side * np.sin(right) * np.cos(up)
    return LOW_BEAM_CD * beam_share(at.LAMP_LOW_BEAM, np.cos(right) * np.cos(up), left, np.sin(up))


@pytest.mark.parametrize("name", list(POINTS))
def test_intensity_at_the_regulations_point(name):
    right, up, least, most = POINTS[name]
    assert least <= float(_candela(right, up)) <= most


def test_zones():
    """Zone III, where drivers' eyes are, at most 625 cd; zone IV at least 2,500; zone I at most twice the light at 50R."""
    corners = np.array(ZONE_3, float)
    rim = np.concatenate(
        [a + (b - a) * np.linspace(0, 1, 20)[:, None] for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)]
    )
    inside = rim[:, None] + (np.array([0.0, 3.0]) - rim[:, None]) * np.linspace(0, 0.9, 8)[None, :, None]
    assert _candela(inside[..., 0], inside[..., 1]).max() <= 625
    right, up = np.meshgrid(np.linspace(-5.15, 5.15, 40), np.linspace(-1.72, -0.86, 12))
    assert _candela(right, up).min() >= 2_500
    right, up = np.meshgrid(np.linspace(-9, 9, 40), np.linspace(-4.0, -1.72, 12))
    assert _candela(right, up).max() <= 2 * float(_candela(1.72, -0.86))


def test_cut_off_is_level_on_the_left_and_rises_by_15_degrees_on_the_right():
    """The height of half the light below it, every degree from 6° left to 6° right."""
    right, up = np.meshgrid(np.arange(-6.0, 7.0), np.linspace(-1.5, 2.5, 2001), indexing="ij")
    light = _candela(right, up)
    edge = up[0, np.argmax(np.abs(np.diff(light, axis=1)), axis=1)]
    assert np.ptp(edge[:6]) < 0.02
    np.testing.assert_allclose(np.diff(edge[6:]), np.tan(np.radians(15.0)), atol=0.03)
    assert edge[0] == pytest.approx(-0.7, abs=0.15)


def test_flux_is_a_headlamps():
    """A halogen low beam throws 600 to 1,100 lm onto the road (H7: 1,500 lm before the reflector)."""
    right, up = np.meshgrid(np.linspace(-80, 80, 500), np.linspace(-60, 30, 500))
    pixel = np.radians(160 / 499) * np.radians(90 / 499)
    assert 600 < float((_candela(right, up) * np.cos(np.radians(up))).sum() * pixel) < 1_100


@pytest.mark.parametrize("right_hand", [True, False])
def test_kernels_throw_the_same_beam_mirrored_where_traffic_keeps_left(right_hand, monkeypatch):
    """One lamp before the ground 20 m ahead: 3 m to both sides, beside the closed form."""
    table = material_table().copy()
    table[0] = _material_row(Material((0.5,) * 3, roughness=1.0, specular=0.0), -1)
    monkeypatch.setattr(rendering.tracer, "material_table", lambda: table)
    world = scene(ground=[plane("default")])
    world._tracer._probes = None
    here = state(weather=Weather(sun_altitude_angle=-30.0, cloudiness=100.0))
    world.set_states(here, here)
    lamp = head_lamp_rows(np.eye(4), 0.0, 0.0, -0.05, False, right_hand)[:1]
    found, expected = [], []
    for y in (-3.0, -1.0, 1.0, 3.0):
        view = pinhole(8, 4, 0.05, (24.0, y, 1.0), pitch=np.pi / 2)
        world._lamps._rows = np.zeros((0, at.LAMP_STRIDE))
        dark = luminance(world.render(view, refine=False).radiance)[1:3, 2:6].mean()
        world._lamps._rows = lamp
        lit = luminance(world.render(view, refine=False).radiance)[1:3, 2:6].mean()
        found.append((lit - dark) * np.pi / 0.5)
        way = np.array([24.0, y, 0.0]) - lamp[0, :3]
        distance = np.linalg.norm(way)
        ahead, left, up = way / distance
        share = beam_share(at.LAMP_LOW_BEAM, np.array(ahead), np.array(left if right_hand else -left), np.array(up))
        expected.append(float(lamp[0, at.LAMP_R : at.LAMP_B + 1] @ LUMINANCE_RGB * share * -up / distance**2))
    np.testing.assert_allclose(found, expected, rtol=0.05)
    far_side, near_side = (found[3], found[0]) if right_hand else (found[0], found[3])
    assert near_side > 1.2 * far_side

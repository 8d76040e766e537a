"""Reflections show what stands there, panes let through what lies behind, lamps throw shadows, leaves glow from behind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import box, quads
from rendering.materials import MATERIALS
from rendering.scene import Scene
from sim.base.state import Lamp, Weather
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import actor, luminance, pinhole, plane, state

OVERCAST = Weather(sun_altitude_angle=40.0, cloudiness=100.0)
_SHAPES = {
    "red": box((0.0, 0.0, 1.5), (0.4, 6.0, 3.0), "plastic_red"),
    "mirror": box((0.0, 0.0, 1.5), (0.4, 6.0, 3.0), "mirror_glass"),
    "pane": quads([[[0.0, -3.0, 0.0], [0.0, 3.0, 0.0], [0.0, 3.0, 3.0], [0.0, -3.0, 3.0]]], "glass_car"),
    "leaf": quads([[[-4.0, -4.0, 6.0], [4.0, -4.0, 6.0], [4.0, 4.0, 6.0], [-4.0, 4.0, 6.0]]], "leaf_lime"),
    "board": quads([[[-4.0, -4.0, 6.0], [4.0, -4.0, 6.0], [4.0, 4.0, 6.0], [-4.0, 4.0, 6.0]]], "cardboard"),
    "car": box((0.0, 0.0, 0.75), (4.4, 1.8, 1.5), "paint"),
    "post": box((0.0, 0.0, 0.6), (0.3, 0.8, 1.2), "plastic_white"),
}


@pytest.fixture(scope="module")
def world() -> Scene:
    return Scene(
        None,
        None,
        1,
        ground=[plane("concrete", 200.0)],
        actor_parts=lambda info: (Part((_SHAPES[info.type_id],), PoseKind.FIXED, ObjectClass.CAR),),
    )


def _look(world, *actors, weather=OVERCAST, **camera):
    here = state(*actors, weather=weather)
    if "lamps" in camera:
        here = dataclasses.replace(here, lamp_flags=np.array(camera["lamps"], np.uint32))
    world.set_states(here, here)
    return world.render(
        pinhole(41, 31, 30.0, camera.get("at", (0.0, 0.0, 1.5)), camera.get("yaw", 0.0), camera.get("pitch", 0.0)),
        refine=False,
    )


def test_a_mirror_shows_what_stands_behind_the_camera(world):
    """A red wall 6 m behind the camera, a mirror 6 m ahead: the mirror's middle is as red as the wall, times its reflectance."""
    mirror, red = (actor(1, "mirror"), (6.0, 0.0, 0.0), 0.0), (actor(2, "red"), (-6.0, 0.0, 0.0), 0.0)
    seen = _look(world, mirror, red).radiance[15, 20]
    without = _look(world, mirror).radiance[15, 20]
    direct = _look(world, red, yaw=np.pi).radiance[15, 20]
    assert seen[0] / seen[1] > 4.0 and without[0] / without[1] < 1.5
    np.testing.assert_allclose(seen[0], direct[0] * 0.8, rtol=0.15)


def test_a_pane_lets_through_its_transmittance_and_a_second_one_its_share(world):
    red = (actor(3, "red"), (14.0, 0.0, 0.0), 0.0)
    plain = _look(world, red).radiance[15, 20]
    one = _look(world, red, (actor(1, "pane"), (5.0, 0.0, 0.0), 0.0)).radiance[15, 20]
    two = _look(
        world, red, (actor(1, "pane"), (5.0, 0.0, 0.0), 0.0), (actor(2, "pane"), (8.0, 0.0, 0.0), 0.0)
    ).radiance[15, 20]
    glass = MATERIALS["glass_car"].transmittance
    mirrored = one[2] - plain[2] * glass  # blue: the wall has next to none, so that is the pane's reflection
    np.testing.assert_allclose((one[0] - mirrored) / plain[0], glass * 0.96, rtol=0.08)
    assert two[0] < 0.85 * one[0]


def test_labels_of_a_pane_are_the_panes(world):
    red, pane = (actor(3, "red"), (14.0, 0.0, 0.0), 0.0), (actor(1, "pane"), (5.0, 0.0, 0.0), 0.0)
    out = _look(world, red, pane)
    assert out.instance[15, 20] == 1 and abs(out.range_m[15, 20] - 5.0) < 1e-3


def test_a_lamp_casts_a_shadow(world):
    """A post 6 m in front of a car's low beams: the ground behind it is darker with the post than without."""
    night = Weather(sun_altitude_angle=-30.0)
    car, post = (actor(1, "car"), (0.0, 0.0, 0.0), 0.0), (actor(2, "post"), (8.0, 0.0, 0.0), 0.0)
    view = {"at": (11.0, 0.0, 6.0), "pitch": np.pi / 2, "weather": night}
    lit = luminance(_look(world, car, lamps=[int(Lamp.LOW_BEAM)], **view).radiance)
    hidden = luminance(_look(world, car, post, lamps=[int(Lamp.LOW_BEAM), 0], **view).radiance)
    dark = luminance(_look(world, car, lamps=[0], **view).radiance)
    middle = slice(12, 19), slice(18, 23)
    assert lit[middle].mean() > 5.0 * dark[middle].mean()
    assert hidden[middle].mean() < 0.5 * lit[middle].mean()


def test_a_leaf_passes_light_and_a_board_does_not(world):
    """Seen from below with the sun above."""
    noon = Weather(sun_altitude_angle=70.0)
    views = [
        luminance(
            _look(
                world, (actor(1, name), (0.0, 0.0, 0.0), 0.0), at=(0.0, 0.0, 1.0), pitch=-np.pi / 2, weather=noon
            ).radiance
        )
        for name in ("leaf", "board")
    ]
    leaf, board = (view[15, 20] for view in views)
    albedo = 0.062 * 0.2126 + 0.125 * 0.7152 + 0.024 * 0.0722
    assert leaf > 0.3 * albedo / np.pi * 90e3 * np.sin(np.radians(70.0)) * 0.7
    assert board < leaf

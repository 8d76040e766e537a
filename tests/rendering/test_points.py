"""Lamps smaller than two pixels: their light at the lens follows I / r² through the air, steadily, unless something hides them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import box, quad
from rendering.buffers import View
from rendering.emitters import emission_table
from rendering.kernels.lanes import LANES
from rendering.lighting import CLEAR_AIR_PER_M
from rendering.materials import EmissionKind
from rendering.mesh import merge
from rendering.points import emitters_of
from rendering.scene import Scene
from sim.base.state import ActorInfo, ActorKind, LightState, Weather
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import pinhole, plane, state

NIGHT = Weather(sun_altitude_angle=-30.0, cloudiness=100.0)
SIDE_M = 0.18
LENS = quad(
    [[0, SIDE_M / 2, 4.0 - SIDE_M / 2], [0, -SIDE_M / 2, 4.0 - SIDE_M / 2], [0, -SIDE_M / 2, 4.0 + SIDE_M / 2],
     [0, SIDE_M / 2, 4.0 + SIDE_M / 2]], "signal_red",
)  # fmt: skip
WALL = box((0.0, 0.0, 3.0), (0.2, 3.0, 6.0), "concrete")
WALL_HALF_M = 1.5
FLAT = merge(
    [box((0.0, 0.0, 7.888), (0.46, 0.216, 0.012), "signal_red"), box((0.0, 0.0, 7.95), (0.6, 0.3, 0.112), "concrete")]
)
"""A street lamp's lens under its housing."""
SIGNAL = ActorInfo(1, ActorKind.TRAFFIC_LIGHT, "lens", {}, (0.0, 0.0, 4.0), (0.1, 0.1, 0.1))
SCREEN = ActorInfo(2, ActorKind.PROP, "wall", {}, (0.0, 0.0, 3.0), (0.1, 1.5, 3.0))
RED = emission_table()[0, EmissionKind.SIGNAL_RED]


def _part(info: ActorInfo) -> tuple[Part, ...]:
    meshes = {"lens": LENS, "flat": FLAT}
    return (Part((meshes.get(info.type_id, WALL),), PoseKind.FIXED, ObjectClass.TRAFFIC_LIGHT),)


@pytest.fixture(scope="module")
def world() -> Scene:
    return Scene(None, None, 1, ground=[plane()], actor_parts=_part)


def _light_at_lens(
    world: Scene,
    distance: float,
    y: float = 0.0,
    red: bool = True,
    screen: bool = False,
    others: tuple = (),
    view: View | None = None,
) -> np.ndarray:
    """RGB sum of radiance times solid angle, of a picture with the lamp on less one with it off."""
    actors = [(SIGNAL, (distance, y, 0.0), 0.0)] + ([(SCREEN, (distance / 2, 0.0, 0.0), 0.0)] if screen else [])
    actors += list(others)
    here = dataclasses.replace(state(*actors), weather=NIGHT)
    view = pinhole(160, 120, 40.0, (0.0, 0.0, 4.0), yaw=0.003, pitch=0.002) if view is None else view
    pictures = []
    for light_state in (0 if red else 3, 3):
        shown = dataclasses.replace(here, light_state=np.full(here.count, light_state, np.uint8))
        world.set_states(shown, shown)
        pictures.append(world.render(view).radiance.astype(np.float64).copy())
    x, y_ = np.gradient(view.directions_camera.astype(np.float64), axis=(1, 0))
    solid_angle = np.linalg.norm(np.cross(x, y_), axis=-1)
    return np.asarray(((pictures[0] - pictures[1]) * solid_angle[..., None]).sum(axis=(0, 1)))


@pytest.mark.parametrize("distance", [30.0, 55.0, 61.7, 100.0, 173.3, 400.0])
def test_inverse_square_within_two_percent(world, distance):
    expected = RED * SIDE_M**2 / distance**2 * np.exp(-CLEAR_AIR_PER_M * distance)
    np.testing.assert_allclose(_light_at_lens(world, distance), expected, rtol=0.02)


@pytest.mark.parametrize("distance", np.linspace(2.5, 30.0, 23))
def test_lamps_of_one_to_sixteen_pixels_keep_their_light(world, distance):
    """Rays alone would sample a lens of 2 to 16 px to a quarter; its exact coverage is good to two in a hundred."""
    expected = RED[0] * SIDE_M**2 / distance**2 * np.exp(-CLEAR_AIR_PER_M * distance)
    assert _light_at_lens(world, float(distance))[0] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("distance", [2.5, 4.0, 10.0, 20.0, 50.0])
def test_wide_pixels_far_off_the_axis(world, distance):
    """Off the axis of a wide lens the image is stretched, and directions are no plane; the light is the same."""
    view = pinhole(161, 121, 110.0, (0.0, 0.0, 4.0), yaw=0.6, pitch=0.2)
    expected = RED[0] * SIDE_M**2 / distance**2 * np.exp(-CLEAR_AIR_PER_M * distance)
    assert _light_at_lens(world, distance, view=view)[0] == pytest.approx(expected, rel=0.02)


def test_no_flicker_as_the_lamp_moves_through_pixels(world):
    sums = [_light_at_lens(world, 150.0, y)[0] * (150.0**2 + y**2) for y in np.linspace(-0.7, 0.7, 15)]
    assert np.ptp(sums) / np.mean(sums) < 0.01


@pytest.mark.parametrize("distance", [5.0, 12.0])
@pytest.mark.parametrize("hidden", [0.25, 0.5, 0.75])
def test_a_lamp_half_behind_a_wall_shows_its_other_half(world, distance, hidden):
    """The wall's side is moved across the line of sight, half-way to the lens."""
    edge = (SIDE_M * (hidden - 0.5)) * 0.5
    near = (SCREEN, (distance / 2, edge - WALL_HALF_M, 0.0), 0.0)
    whole = _light_at_lens(world, distance)[0]
    part = _light_at_lens(world, distance, others=(near,))[0]
    assert part / whole == pytest.approx(1.0 - hidden, abs=1.0 / LANES + 0.005)


def test_the_light_of_a_lamp_half_hidden_lies_where_it_is_seen(world):
    near = (SCREEN, (6.0, -WALL_HALF_M, 0.0), 0.0)
    here = dataclasses.replace(state((SIGNAL, (12.0, 0.0, 0.0), 0.0), near), weather=NIGHT)
    shown = dataclasses.replace(here, light_state=np.zeros(here.count, np.uint8))
    view = pinhole(400, 300, 8.0, (0.0, 0.0, 4.0))
    world.set_states(shown, shown)
    out = world.render(view)
    wall = out.instance == SCREEN.track_id
    red = out.radiance[..., 0]
    assert red[wall].sum() < 0.1 * red[~wall].sum()


def test_a_lamp_behind_a_wall_or_switched_off_is_dark(world):
    assert _light_at_lens(world, 100.0, screen=True)[0] == pytest.approx(0.0, abs=1e-9)
    assert _light_at_lens(world, 100.0, red=False)[0] == 0.0


def test_lamps_of_a_hidden_object_are_hidden_too(world):
    """The ego is hidden from its own cameras; so are its lamps, also in a picture so coarse that they are points."""
    lit = dataclasses.replace(state((SIGNAL, (60.0, 0.0, 0.0), 0.0)), weather=NIGHT, light_state=np.zeros(1, np.uint8))
    view = pinhole(160, 120, 40.0, (0.0, 0.0, 4.0))
    brightest = []
    for hidden in (frozenset(), frozenset({SIGNAL.track_id})):
        world.set_states(lit, lit, None, hidden)
        brightest.append(float(world.render(view).radiance.max()))
    assert brightest[0] > 100.0 * brightest[1]


def test_labels_do_not_change(world):
    here = dataclasses.replace(state((SIGNAL, (60.0, 0.0, 0.0), 0.0)), weather=NIGHT)
    view = pinhole(160, 120, 40.0, (0.0, 0.0, 4.0))
    seen = []
    for light_state in (0, 3):
        shown = dataclasses.replace(here, light_state=np.full(here.count, light_state, np.uint8))
        world.set_states(shown, shown)
        out = world.render(view)
        seen.append([getattr(out, name).copy() for name in ("instance", "semantic", "part", "range_m", "normal_world")])
    for lit, dark in zip(*seen, strict=True):
        np.testing.assert_array_equal(lit, dark)


def test_emitters_of_a_closed_box_show_one_side():
    rows = emitters_of(box((0.0, 0.0, 0.0), (0.1, 0.2, 0.3), "lens_tail")).rows
    assert len(rows) == 1
    vectors = rows[0, 8:26].reshape(6, 3)
    assert np.maximum(vectors @ np.array([1.0, 0.0, 0.0]), 0.0).sum() == pytest.approx(0.06, rel=1e-5)


def test_lamps_apart_are_two_emitters():
    two = [box((0.0, y, 0.0), (0.1, 0.1, 0.1), "lens_head") for y in (-0.6, 0.6)]
    rows = emitters_of(merge(two)).rows
    np.testing.assert_allclose(np.sort(rows[:, 5]), [-0.6, 0.6], atol=0.051)


@pytest.mark.parametrize("distance", [20.0, 40.0, 90.0])
def test_a_flat_lens_under_its_housing_is_seen_from_the_road(world, distance):
    """L A sin / r² from a few metres below, where the lens must not hide itself."""
    flat = dataclasses.replace(SIGNAL, type_id="flat", box_center_m=(0.0, 0.0, 7.9))
    view = pinhole(160, 120, 40.0, (0.0, 0.0, 1.4), yaw=0.003, pitch=-6.5 / distance)
    pictures = []
    for light in (LightState.RED, LightState.OFF):
        here = dataclasses.replace(state((flat, (distance, 0.0, 0.0), 0.0)), weather=NIGHT)
        here = dataclasses.replace(here, light_state=np.array([int(light)], np.uint8))
        world.set_states(here, here)
        pictures.append(world.render(view, refine=False).radiance.astype(np.float64))
    r = np.hypot(distance, 6.48)
    shown = 0.46 * 0.216 * 6.48 / r + 0.216 * 0.012 * distance / r
    expected = float(RED[0]) * shown / r**2 * np.exp(-CLEAR_AIR_PER_M * r)
    tangent = np.tan(np.radians(20.0))
    x, y = np.meshgrid((np.arange(160) - 79.5) / 80 * tangent, (np.arange(120) - 59.5) / 80 * tangent)
    solid_angle = (tangent / 80) ** 2 / (1.0 + x**2 + y**2) ** 1.5
    got = float(((pictures[0] - pictures[1])[..., 0] * solid_angle).sum())
    assert got == pytest.approx(expected, rel=0.1)

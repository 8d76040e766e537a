"""One definition for soft things: the label is of the first surface that the centre ray meets, glass included; weather has none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import box, quads
from rendering.buffers import Buffers
from rendering.materials import MATERIALS
from rendering.scene import Scene
from sim.base.parts import PartKind
from sim.base.state import ActorInfo, ActorKind, Weather
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import pinhole, plane, state

PANE = quads([[[0, 1, 0], [0, -1, 0], [0, -1, 2], [0, 1, 2]]], "glass_window")
MESHES = {
    "pane": PANE,
    "leaf": quads([[[0, 0.3, 1], [0, -0.3, 1], [0, -0.3, 1.6], [0, 0.3, 1.6]]], "leaf_lime"),
    "thing": box((0, 0, 1.0), (0.5, 0.8, 2.0), "paint"),
}
VIEW = pinhole(121, 91, 40.0, (0.0, 0.0, 1.0))
LABELS = ("range_m", "normal_world", "instance", "semantic", "part", "albedo", "roughness")


def info(track: int, name: str) -> ActorInfo:
    return ActorInfo(track, ActorKind.PROP, name, {}, (0, 0, 1), (1, 1, 1))


@pytest.fixture(scope="module")
def world() -> Scene:
    def part(one: ActorInfo) -> tuple[Part, ...]:
        return (Part((MESHES[one.type_id],), PoseKind.FIXED, ObjectClass.DYNAMIC_OBJECT),)

    return Scene(None, None, 1, ground=[plane()], actor_parts=part)


def show(world: Scene, *actors, weather: Weather | None = None) -> Buffers:
    here = state(*actors)
    here = here if weather is None else dataclasses.replace(here, weather=weather)
    world.set_states(here, here)
    return world.render(VIEW, Buffers.empty(*VIEW.shape, material=True))


def test_the_label_is_the_pane_and_the_second_layer_what_stands_behind(world):
    panes = [(info(1, "pane"), (5.0, 0, 0), 0.0), (info(2, "pane"), (6.0, 0, 0), 0.0)]
    thing = (info(3, "thing"), (9.0, 0, 0), 0.0)
    bare = show(world, thing)
    through = show(world, *panes, thing)
    pane = through.part == PartKind.WINDOW
    assert pane.sum() > 1000
    front = pane & (through.instance == 1)
    behind = world.behind_glass(VIEW, through)
    assert (behind.instance[~pane] == 0).all() and np.isinf(behind.range_m[~pane]).all()
    np.testing.assert_array_equal(behind.instance[front], bare.instance[front])
    np.testing.assert_array_equal(behind.semantic[front], bare.semantic[front])
    np.testing.assert_allclose(behind.range_m[front], bare.range_m[front], rtol=1e-5)
    assert {0, 3} < set(np.unique(behind.instance[front]).tolist())
    assert (behind.semantic[front & np.isinf(bare.range_m)] == ObjectClass.SKY).all()


def test_a_leaf_is_opaque_to_labels(world):
    out = show(world, (info(1, "leaf"), (5.0, 0, 0), 0.0), (info(2, "thing"), (9.0, 0, 0), 0.0))
    leaf = out.part == PartKind.FOLIAGE
    assert leaf.sum() > 100 and (out.instance[leaf] == 1).all()
    assert (world.behind_glass(VIEW, out).instance == 0).all()


@pytest.mark.parametrize(
    "weather",
    [
        Weather(fog_density=90.0),
        Weather(precipitation=100.0, precipitation_deposits=100.0, wetness=100.0, cloudiness=100.0),
    ],
)
def test_fog_and_rain_carry_no_label_and_hide_none(world, weather):
    """Material is that of the dry surface: wetness is not in it."""
    actors = [(info(1, "pane"), (5.0, 1.5, 0), 0.0), (info(2, "thing"), (9.0, 0, 0), 0.0)]
    clear = show(world, *actors, weather=Weather())
    thick = show(world, *actors, weather=weather)
    assert not np.array_equal(clear.radiance, thick.radiance)
    for name in LABELS:
        np.testing.assert_array_equal(getattr(clear, name), getattr(thick, name), err_msg=name)


def test_material_is_told_with_and_without_light_and_only_where_asked_for(world):
    here = state((info(1, "pane"), (5.0, 1.5, 0), 0.0), (info(2, "leaf"), (5.0, -0.5, 0), 0.0))
    world.set_states(here, here)
    lit = world.render(VIEW, Buffers.empty(*VIEW.shape, material=True))
    dark = world.render(VIEW, Buffers.empty(*VIEW.shape, material=True), lit=False)
    plain = world.render(VIEW, Buffers.empty(*VIEW.shape, previous=False))
    assert plain.albedo is None and plain.previous_point_camera is None
    np.testing.assert_array_equal(lit.albedo, dark.albedo)
    np.testing.assert_array_equal(lit.roughness, dark.roughness)
    for name in ("radiance", "range_m", "instance", "part"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(lit, name))
    sky = np.isinf(lit.range_m)
    assert (lit.albedo[sky] == 0).all() and (lit.albedo[~sky] > 0).all() and (lit.albedo <= 1).all()
    leaf = lit.part == PartKind.FOLIAGE
    assert lit.albedo[leaf].mean(axis=0) == pytest.approx(MATERIALS["leaf_lime"].albedo, rel=0.35)
    assert np.ptp(lit.albedo[leaf][:, 1]) > 0.01  # its texture is in it
    assert lit.roughness[leaf] == pytest.approx(MATERIALS["leaf_lime"].roughness)


def test_masks_are_the_silhouettes(world):
    here = state((info(1, "thing"), (9.0, 0.2, 0), 0.0), (info(2, "thing"), (6.0, 0, 0), 0.0))
    world.set_states(here, here)
    plain, masked = world.silhouettes(VIEW, [1, 2]), world.silhouettes(VIEW, [1, 2], frozenset({1}))
    assert [(s.pixel_count, s.box_px) for s in plain] == [(s.pixel_count, s.box_px) for s in masked]
    assert plain[0].mask is None and masked[1].mask is None
    alone = state((info(1, "thing"), (9.0, 0.2, 0), 0.0))
    world.set_states(alone, alone)
    np.testing.assert_array_equal(masked[0].mask, world.render(VIEW).instance == 1)

"""Crowns of leaves smaller than a pixel: nearer to many rays a pixel, as bright on the whole, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import box, quads
from rendering.buffers import Buffers, View
from rendering.scene import Scene
from sim.base.state import ActorInfo, ActorKind
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import pinhole, plane, state

POST_M = 30.0


def _crown() -> np.ndarray:
    """Corners (N, 4, 3) of 2500 sprays of 0.2 m that face anywhere, in a ball of 2 m."""
    random = np.random.default_rng(5)
    middle = random.normal(0.0, 1.0, (2500, 1, 3))
    middle *= 2.0 * random.random((2500, 1, 1)) ** (1 / 3) / np.linalg.norm(middle, axis=-1, keepdims=True)
    along, across = (random.normal(0.0, 0.07, (2500, 1, 3)) for _ in range(2))
    corners = np.concatenate([-along - across, along - across, along + across, across - along], axis=1)
    return middle + corners + np.array([0.0, 0.0, 3.0])


MESHES = {"crown": quads(_crown(), "leaf_lime"), "post": box((0, 0, 2.5), (0.4, 0.4, 5.0), "paint")}


def _info(track: int, name: str) -> ActorInfo:
    return ActorInfo(track, ActorKind.PROP, name, {}, (0, 0, 1), (1, 1, 1))


def _view(factor: int) -> View:
    return pinhole(80 * factor, 80 * factor, 7.0, (0.0, 0.0, 3.0))


@pytest.fixture(scope="module")
def world() -> Scene:
    def part(one: ActorInfo) -> tuple[Part, ...]:
        return (Part((MESHES[one.type_id],), PoseKind.FIXED, ObjectClass.DYNAMIC_OBJECT),)

    return Scene(None, None, 1, ground=[plane()], actor_parts=part)


def _show(world: Scene, distance_m: float, *others, factor: int = 1, refine: bool = True) -> Buffers:
    here = state((_info(1, "crown"), (distance_m, 0, 0), 0.0), *others)
    world.set_states(here, here)
    return world.render(_view(factor), refine=refine)


def _switch_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same renderer without the mean."""
    for name in ("soften_rows", "take_rows"):
        monkeypatch.setattr(f"rendering.tracer.{name}", lambda _tables, _scratch: None)


@pytest.mark.parametrize("distance_m", [30.0, 60.0])
def test_leaves_below_a_pixel_come_closer_to_many_rays(
    world: Scene, monkeypatch: pytest.MonkeyPatch, distance_m: float
) -> None:
    fine = _show(world, distance_m, factor=8, refine=False)
    many = fine.radiance.reshape(80, 8, 80, 8, 3).mean(axis=(1, 3))[..., 1]
    leaves = (fine.instance == 1).reshape(80, 8, 80, 8).mean(axis=(1, 3)) > 0.4

    def error(picture: np.ndarray) -> float:
        return float(np.sqrt(np.mean((picture[leaves, 1] - many[leaves]) ** 2)))

    picture = _show(world, distance_m).radiance.copy()
    assert picture[leaves, 1].mean() == pytest.approx(many[leaves].mean(), rel=0.04)
    _switch_off(monkeypatch)
    assert error(picture) < 0.85 * error(_show(world, distance_m).radiance)


def test_what_stands_in_front_and_what_has_no_leaves_is_left_alone(
    world: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = (_info(2, "post"), (POST_M, 0, 0), 0.0)
    shown = _show(world, 60.0, post)
    picture, front = shown.radiance.copy(), shown.instance == 2
    _switch_off(monkeypatch)
    plain = _show(world, 60.0, post)
    assert front.sum() > 100
    np.testing.assert_array_equal(picture[front], plain.radiance[front])
    changed = (picture != plain.radiance).any(axis=-1)
    assert changed.any()
    grown = np.zeros_like(changed)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            grown |= np.roll(plain.instance == 1, (down, across), (0, 1))
    assert not (changed & ~grown & (plain.instance == 0)).any()  # the crown's shadow on the ground changes as well


def test_leaves_wider_than_pixels_are_left_alone(world: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    near = _show(world, 6.0).radiance.copy()
    _switch_off(monkeypatch)
    np.testing.assert_array_equal(near, _show(world, 6.0).radiance)

"""Rays of range sensors against closed forms, against the picture's rays, and at any thread count."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.ray_hits import RayBundle, RayCaster
from rendering.scene import Scene
from sim.base import frames
from sim.base.errors import RenderError
from sim.base.state import GROUND_INSTANCE_BASE
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import actor, pinhole, scene, state

BOX, OTHER = actor(1, "box"), actor(2, "box")


@pytest.fixture(scope="module")
def world() -> Scene:
    return scene()


def _bundle(directions: np.ndarray, with_starts: bool = False) -> RayBundle:
    bundle = RayBundle(len(directions), with_starts)
    bundle.directions[:, : len(directions)] = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).T
    return bundle


def test_the_ground_is_where_geometry_says(world: Scene) -> None:
    empty = state()
    world.set_states(empty, empty)
    generator = np.random.default_rng(1)
    directions = generator.normal(size=(1000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    pose = frames.pose(np.array([3.0, -2.0, 1.5]), np.array([0.1, -0.2, 2.0]))
    hits = world.rays.cast(_bundle(directions), 1000, pose, 40.0)
    down = -(directions @ pose[:3, :3].T)[:, 2]
    expected = np.where(down > 0.0, 1.5 / np.where(down > 0.0, down, 1.0), np.inf)
    near = expected < 39.9
    assert 100 < near.sum() < 900
    np.testing.assert_allclose(hits.distance_m[near], expected[near], rtol=2e-5)
    np.testing.assert_allclose(hits.cosine[near], down[near], atol=1e-5)
    assert np.isinf(hits.distance_m[expected > 40.1]).all(), "nothing beyond the reach"
    assert (hits.instance[near] == GROUND_INSTANCE_BASE).all() and (hits.semantic[near] == ObjectClass.ROAD).all()
    assert (hits.instance[expected > 40.1] == 0).all()


def test_a_turned_box_reports_its_own_face(world: Scene) -> None:
    here = state((BOX, (10.0, 0.0, 0.0), 0.5))
    world.set_states(here, here)
    hits = world.rays.cast(
        _bundle(np.array([[1.0, 0.0, 0.0]])), 1, frames.pose(np.array([0.0, 0.0, 0.7]), np.zeros(3)), 50.0
    )
    # the side face, whose normal is turned by 0.5 rad, is met where the ray enters: x cos + ... = half the width
    assert hits.instance[0] == 1
    assert hits.distance_m[0] == pytest.approx(10.0 - 0.9 / np.sin(0.5), abs=1e-3)
    assert hits.cosine[0] == pytest.approx(np.sin(0.5), abs=1e-4)
    assert hits.reflectivity[0] > 0.0


def test_rays_meet_what_the_picture_shows(world: Scene) -> None:
    here = state((BOX, (10.0, 1.0, 0.0), 0.5), (OTHER, (15.0, -2.0, 0.0), -0.3))
    world.set_states(here, here)
    view = pinhole(64, 48, 60.0, (0.0, 0.0, 1.5))
    picture = world.render(view, refine=False)
    pose = np.eye(4)
    pose[:3] = view.world_from_camera_rows[0]
    flat = view.directions_camera.reshape(-1, 3)
    hits = world.rays.cast(_bundle(flat), len(flat), pose, 1e6)
    np.testing.assert_array_equal(hits.instance.view(np.uint32), picture.instance.reshape(-1))
    np.testing.assert_allclose(hits.distance_m, picture.range_m.reshape(-1), rtol=1e-5)


def test_rays_may_begin_elsewhere_and_pass_what_is_near(world: Scene) -> None:
    here = state((BOX, (10.0, 0.0, 0.0), 0.0), (OTHER, (20.0, 0.0, 0.0), 0.0))
    world.set_states(here, here)
    bundle = _bundle(np.array([[1.0, 0.0, 0.0]] * 3), with_starts=True)
    assert bundle.starts is not None
    bundle.starts[:, :3] = np.array([[0, 0, 0.7, 0], [-1.0, 0.5, 0.7, 0], [0, 0, 0.7, 15.0]]).T
    hits = world.rays.cast(bundle, 3, np.eye(4), 100.0)
    np.testing.assert_allclose(hits.distance_m, [7.8, 8.8, 17.8], atol=1e-4)
    assert hits.instance.tolist() == [1, 1, 2]


def test_any_number_of_threads_gives_the_same_bytes(world: Scene) -> None:
    here = state((BOX, (10.0, 1.0, 0.0), 0.5))
    world.set_states(here, here)
    directions = np.random.default_rng(2).normal(size=(20_000, 3))
    found = []
    for threads in (1, 2, 5):
        caster = RayCaster(world._meshes, world._instances, np.zeros(3), threads)
        bundle = _bundle(directions)
        caster.cast(bundle, len(directions), frames.pose(np.array([0.0, 0.0, 1.5]), np.zeros(3)), 100.0)
        found.append(bundle.answers.tobytes())
    assert len(set(found)) == 1


def test_too_many_rays_are_refused(world: Scene) -> None:
    empty = state()
    world.set_states(empty, empty)
    with pytest.raises(RenderError, match="found 5 rays; the bundle has room for 0 to 4"):
        world.rays.cast(RayBundle(4), 5, np.eye(4), 10.0)

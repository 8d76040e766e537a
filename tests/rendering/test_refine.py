"""Extra rays along edges: closer to many rays a pixel, the same at any number of threads, and only where edges are."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.buffers import View
from rendering.kernels.refine import _patterns
from tests.rendering.solids import actor, pinhole, scene, state

BOX = actor(1, "box")


def _mean_of_rays(world, view_of, factor: int) -> np.ndarray:
    fine = view_of(factor)
    height, width = fine.shape
    radiance = world.render(fine, refine=False).radiance
    return radiance.reshape(height // factor, factor, width // factor, factor, 3).mean(axis=(1, 3))


def _view(factor: int) -> View:
    return pinhole(96 * factor, 72 * factor, 50.0, (0.0, 0.0, 1.6), pitch=0.05)


@pytest.fixture(scope="module")
def pictures():
    world = scene()
    here = state((BOX, (9.0, 0.5, 0.0), 0.7))
    world.set_states(here, here)
    plain = world.render(_view(1), refine=False).radiance.copy()
    refined = world.render(_view(1)).radiance.copy()
    return plain, refined, _mean_of_rays(world, _view, 8)


def test_error_at_edges_halves(pictures):
    plain, refined, many = pictures
    edge = np.abs(plain - many).max(axis=-1) > 0.1 * many.mean()
    assert edge.sum() > 100
    before, after = (np.sqrt(((picture - many)[edge] ** 2).mean()) for picture in (plain, refined))
    assert after < 0.5 * before


def test_smooth_surfaces_are_left_alone(pictures):
    plain, refined, _ = pictures
    assert (plain != refined).any(axis=-1).mean() < 0.12
    assert np.array_equal(plain[:8], refined[:8])


@pytest.mark.parametrize("mask", range(1, 16))
def test_rays_stay_in_the_pixel_and_weights_in_one(mask):
    rays = _patterns()[mask]
    used = rays[:, 2] > 0.0
    assert 2 <= used.sum() <= 3
    assert np.abs(rays[used, :2]).max() <= 0.5
    assert 0.4 <= rays[:, 2].sum() < 1.0


def test_rays_lean_towards_the_edge():
    left, right, up, down = (_patterns()[1 << k] for k in range(4))
    assert (left[:2, 0] < 0.0).all() and (right[:2, 0] > 0.0).all()
    assert (up[:2, 1] < 0.0).all() and (down[:2, 1] > 0.0).all()


@pytest.mark.parametrize("width", [96, 93])
def test_labels_without_light_are_the_same_labels(width: int) -> None:
    world = scene()
    here = state((BOX, (9.0, 0.5, 0.0), 0.7))
    world.set_states(here, here)
    view = pinhole(width, 72, 50.0, (0.0, 0.0, 1.6), pitch=0.05)
    lit = world.render(view)
    lit_surfaces = world.surfaces(view)
    labels = world.render(view, lit=False)
    for name in ("range_m", "normal_world", "instance", "semantic", "part", "previous_point_camera"):
        assert getattr(lit, name).tobytes() == getattr(labels, name).tobytes(), name
    assert not labels.radiance.any()
    for seen, known in zip(world.surfaces(view), lit_surfaces, strict=True):
        assert seen.tobytes() == known.tobytes()
    assert lit.radiance.any(), "the control: with light there is some"

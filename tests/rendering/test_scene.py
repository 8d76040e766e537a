"""Rays against closed forms and against an independent tracer; time, hiding, silhouettes, determinism."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

from rendering.buffers import Buffers
from sim.base.errors import RenderError
from sim.base.state import GROUND_INSTANCE_BASE
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import BALL_RADIUS_M, MESHES, actor, pinhole, rays_world, scene, state

A, B, BALL = actor(1, "box"), actor(2, "box"), actor(3, "ball")


@pytest.fixture(scope="module")
def world():
    return scene()


def test_plane_range_normal_and_ids(world):
    empty = state()
    world.set_states(empty, empty)
    view = pinhole(64, 48, 80.0, (3.0, -2.0, 1.5), yaw=0.4)
    out = world.render(view)
    origins, directions = rays_world(view)
    down = directions[..., 2] < -0.02
    expected = -origins[..., 2] / np.where(down, directions[..., 2], 1.0)
    np.testing.assert_allclose(out.range_m[down], expected[down], rtol=2e-5)
    assert (out.instance[down] == GROUND_INSTANCE_BASE).all() and (out.semantic[down] == ObjectClass.ROAD).all()
    np.testing.assert_allclose(out.normal_world[down], np.broadcast_to([0, 0, 1.0], (down.sum(), 3)), atol=1e-6)
    up = directions[..., 2] > 0
    assert (
        np.isinf(out.range_m[up]).all()
        and (out.instance[up] == 0).all()
        and (out.semantic[up] == ObjectClass.SKY).all()
    )
    np.testing.assert_array_equal(out.normal_world[up], 0.0)


def test_sphere_range_and_normal(world):
    here = state((BALL, (8.0, 0.0, 0.0), 0.3))
    world.set_states(here, here)
    view = pinhole(97, 75, 25.0, (0.0, 0.0, 1.2))
    out = world.render(view)
    origins, directions = rays_world(view)
    to_center = np.array([8.0, 0.0, 1.0]) - origins
    along = (to_center * directions).sum(-1)
    miss2 = (to_center**2).sum(-1) - along**2
    well_inside = miss2 < (0.97 * BALL_RADIUS_M) ** 2
    expected = along - np.sqrt(np.maximum(BALL_RADIUS_M**2 - miss2, 0.0))
    assert well_inside.sum() > 500
    np.testing.assert_allclose(out.range_m[well_inside], expected[well_inside], atol=2e-3)
    normal = (origins + directions * expected[..., None] - np.array([8.0, 0.0, 1.0])) / BALL_RADIUS_M
    facing = well_inside & ((normal * directions).sum(-1) < -0.1)
    np.testing.assert_allclose(out.normal_world[facing], normal[facing], atol=6e-3)
    assert (out.instance[miss2 > 1.001] != BALL.track_id).all()


def _moller_trumbore(origins: np.ndarray, directions: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Range (R,) to the nearest of T triangles (T, 3, 3), by brute force in float64; inf for a miss."""
    a, e1, e2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(directions[:, None], e2)
    det = (p * e1).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = origins[:, None] - a
        u = (s * p).sum(-1) / det
        q = np.cross(s, e1)
        v = (directions[:, None] * q).sum(-1) / det
        t = (e2 * q).sum(-1) / det
        hit = (np.abs(det) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    return np.where(hit, t, np.inf).min(axis=1)


def test_labels_agree_with_a_brute_force_tracer(world):
    here = state((A, (9.0, 0.5, 0.0), 0.7), (B, (13.0, -2.0, 0.3), -0.4))
    world.set_states(here, here)
    view = pinhole(41, 31, 50.0, (0.0, 0.0, 1.6), pitch=0.05)
    out = world.render(view)
    origins, directions = (x.reshape(-1, 3) for x in rays_world(view))
    ranges = {}
    for info in (A, B):
        corners = world.posed_vertices(info.track_id, 1.0)[MESHES["box"].triangles]
        ranges[info.track_id] = _moller_trumbore(origins, directions, corners)
    ranges[GROUND_INSTANCE_BASE] = np.where(directions[:, 2] < 0, -1.6 / directions[:, 2], np.inf)
    keys, stacked = np.array(list(ranges)), np.stack(list(ranges.values()))
    nearest = stacked.min(axis=0)
    label = np.where(np.isfinite(nearest), keys[stacked.argmin(axis=0)], 0)
    far = nearest > 250.0
    assert (out.instance.ravel() == label)[~far].all()
    assert {1, 2} <= set(label.tolist())
    shifted = np.roll(out.instance, 1, axis=1).ravel()
    assert (shifted != label)[~far].any(), "a shift by one pixel has to be noticed"
    np.testing.assert_allclose(out.range_m.ravel()[~far], nearest[~far], rtol=1e-5)


def test_bytes_do_not_depend_on_threads():
    here, there = (state((A, (9.0, y, 0.0), 0.7), (BALL, (14.0, -2.0, 0.3), -0.4)) for y in (0.5, 0.8))
    view = pinhole(157, 83, 70.0, (0.0, 0.0, 1.6), row_time=np.linspace(0, 1, 83))
    digests = set()
    for threads in (1, 2, 3):
        world = scene(threads)
        world.set_states(here, there, here)
        out = world.render(view)
        arrays = [np.ascontiguousarray(getattr(out, item.name)) for item in dataclasses.fields(out)]
        digests.add(hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest())
    assert len(digests) == 1


def test_rolling_rows_see_the_box_where_it_was_at_their_time(world):
    """A box that slides sideways by 2 m during read-out: its left and right edges in each row follow the row's time."""
    world.set_states(state((A, (10.0, -1.0, 0.0), 0.0)), state((A, (10.0, 1.0, 0.0), 0.0)))
    rows = np.linspace(0.0, 1.0, 201)
    view = pinhole(601, 201, 60.0, (0.0, 0.0, 0.7), row_time=rows)
    out = world.render(view)
    focal = 300.5 / np.tan(np.radians(30.0))
    seen = 0
    for row in range(201):
        hit = np.flatnonzero(out.instance[row] == 1)
        if not len(hit):
            continue
        seen += 1
        center = -1.0 + 2.0 * rows[row]
        left = 300.0 - focal * (center + 0.9) / 7.8
        right = 300.0 - focal * (center - 0.9) / 7.8
        far = max(left, 300.0 - focal * (center + 0.9) / 12.2), min(right, 300.0 - focal * (center - 0.9) / 12.2)
        assert abs(hit.min() - min(left, far[0])) <= 1.01 or abs(hit.min() - left) <= 1.01
        assert abs(hit.max() - max(right, far[1])) <= 1.01 or abs(hit.max() - right) <= 1.01
    assert seen > 60


def test_wrong_time_is_noticed(world):
    """Negative control of the test above: rows all at the window's end show an upright box."""
    world.set_states(state((A, (10.0, -1.0, 0.0), 0.0)), state((A, (10.0, 1.0, 0.0), 0.0)))
    rolling = world.render(pinhole(301, 101, 60.0, (0.0, 0.0, 0.7), row_time=np.linspace(0, 1, 101))).instance
    still = world.render(pinhole(301, 101, 60.0, (0.0, 0.0, 0.7))).instance
    columns = [[int(np.flatnonzero(image[r] == 1).mean()) for r in (40, 60)] for image in (rolling, still)]
    assert abs(columns[0][0] - columns[0][1]) > 5 and abs(columns[1][0] - columns[1][1]) <= 1


def test_posed_vertices_and_box_are_those_of_the_rays(world):
    first, last = state((A, (10.0, -1.0, 0.2), 0.2)), state((A, (10.5, 1.0, 0.2), 0.5))
    world.set_states(first, last)
    for fraction in (0.0, 0.35, 1.0):
        points = world.posed_vertices(1, fraction)
        center, size, rpy = world.posed_box(1, fraction)
        np.testing.assert_allclose(center, [10.0 + 0.5 * fraction, -1.0 + 2.0 * fraction, 0.95], atol=1e-5)
        np.testing.assert_allclose(size, [4.4, 1.8, 1.5], rtol=0.012)
        np.testing.assert_allclose(rpy, [0, 0, 0.2 + 0.3 * fraction], atol=1e-9)
        top = points[np.argmax(points[:, 2])]
        view = pinhole(41, 41, 2.0, (0.0, 0.0, 1.4), row_time=np.full(41, fraction))
        assert 1.69 < top[2] < 1.71 and world.render(view).semantic is not None


def test_previous_point_gives_the_motion_of_the_box(world):
    now, before = state((A, (10.0, 1.0, 0.0), 0.1)), state((A, (9.5, 0.6, 0.0), 0.0))
    world.set_states(now, now, before)
    view = pinhole(61, 41, 40.0, (0.0, 0.0, 1.2))
    out = world.render(view)
    origins, directions = rays_world(view)
    finite = np.isfinite(out.range_m)
    point = origins + directions * np.where(finite, out.range_m, 0.0)[..., None]
    box = out.instance == 1
    c, s = np.cos(-0.1), np.sin(-0.1)
    local = (point - [10.0, 1.0, 0.0]) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T
    expected = np.where(box[..., None], local + np.array([9.5, 0.6, 0.0]), point)
    rotation, position = view.world_from_camera_rows[0, :, :3], view.world_from_camera_rows[0, :, 3]
    camera = (expected - position) @ rotation
    assert box.sum() > 100
    np.testing.assert_allclose(out.previous_point_camera[finite], camera[finite], atol=2e-3, rtol=1e-4)
    np.testing.assert_allclose(out.previous_point_camera[~finite], view.directions_camera[~finite], atol=1e-6)


def test_hidden_actor_is_unseen_but_casts_its_shadow(world):
    here = state((A, (9.0, 0.0, 0.0), 0.0))
    view = pinhole(121, 91, 60.0, (0.0, 0.0, 3.0), pitch=0.3)
    world.set_states(here, here)
    shown = world.render(view)
    world.set_states(here, here, None, frozenset({1}))
    hidden = world.render(view)
    gone = state()
    world.set_states(gone, gone)
    nothing = world.render(view)
    assert (shown.instance == 1).any() and not (hidden.instance == 1).any()
    darker = hidden.radiance[..., 1] < 0.5 * nothing.radiance[..., 1]
    assert darker.sum() > 100


def test_silhouettes_ignore_what_stands_in_front(world):
    near, far = state((A, (8.0, 0.0, 0.0), 0.0)), state((B, (14.0, 2.2, 0.0), 0.0))
    both = state((A, (8.0, 0.0, 0.0), 0.0), (B, (14.0, 2.2, 0.0), 0.0))
    view = pinhole(203, 150, 60.0, (0.0, 0.0, 1.5))
    alone = {}
    for track, one in ((1, near), (2, far)):
        world.set_states(one, one)
        mask = world.render(view).instance == track
        rows, columns = np.nonzero(mask)
        alone[track] = (int(mask.sum()), (columns.min() - 0.5, rows.min() - 0.5, columns.max() + 0.5, rows.max() + 0.5))
    world.set_states(both, both)
    visible = (world.render(view).instance == 2).sum()
    found = world.silhouettes(view, [1, 2, 99])
    assert [(s.pixel_count, s.box_px) for s in found[:2]] == [alone[1], alone[2]]
    assert found[2].pixel_count == 0 and found[2].box_px is None
    assert 0 < visible < found[1].pixel_count


def test_pixels_outside_the_image_circle_stay_empty(world):
    view = pinhole(32, 24, 60.0, (0.0, 0.0, 1.5))
    view.directions_camera[:, :5] = 0.0
    empty = state()
    world.set_states(empty, empty)
    out = world.render(view)
    assert (out.radiance[:, :5] == 0).all() and (out.semantic[:, :5] == 0).all() and np.isinf(out.range_m[:, :5]).all()
    assert (out.radiance[:, 5:] > 0).all()


def test_actors_come_and_go_and_slots_are_reused(world):
    view = pinhole(80, 60, 60.0, (0.0, 0.0, 1.5))
    for _ in range(3):
        for here in (state((A, (8.0, 0, 0), 0.0)), state((B, (8.0, 0, 0), 0.0), (BALL, (20.0, 3.0, 0), 0.0)), state()):
            world.set_states(here, here)
            ids = {i for i in np.unique(world.render(view).instance).tolist() if 0 < i < GROUND_INSTANCE_BASE}
            assert ids == {info.track_id for info in here.actors}


def test_errors_name_what_is_wrong():
    fresh = scene()
    with pytest.raises(RenderError, match="call set_states first"):
        fresh.render(pinhole(8, 8, 60.0, (0, 0, 1)))
    empty = state()
    fresh.set_states(empty, empty)
    with pytest.raises(RenderError, match=r"found out\.radiance of shape \(4, 8, 3\)"):
        fresh.render(pinhole(8, 8, 60.0, (0, 0, 1)), Buffers.empty(4, 8))
    for name, wrong in (("semantic", np.zeros((8, 8), np.uint32)), ("normal_world", np.zeros((8, 8), np.float32))):
        with pytest.raises(RenderError, match=rf"found out\.{name} of shape"):
            fresh.render(pinhole(8, 8, 60.0, (0, 0, 1)), dataclasses.replace(Buffers.empty(8, 8), **{name: wrong}))
    view = pinhole(8, 8, 60.0, (0, 0, 1))
    with pytest.raises(RenderError, match=r"found poses \(8, 3, 4\), \(4, 3, 4\)"):
        fresh.render(dataclasses.replace(view, previous_world_from_camera_rows=view.world_from_camera_rows[:4]))
    with pytest.raises(RenderError, match="no actor 7"):
        fresh.posed_vertices(7, 0.0)

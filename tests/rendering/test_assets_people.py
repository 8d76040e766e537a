"""People stand on the ground in every phase, move without jumps, and do not skate."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.parts import gait_mesh_index
from rendering.assets.people import walker_part
from sim.base.phase import stride_length_m
from sim.catalogue.gait import PHASES, body_of, moving
from sim.catalogue.walkers import WALKERS
from tests.rendering.mesh_checks import facing_share, faults

SOME = ("walker.pedestrian.0001", "walker.pedestrian.0004", "walker.pedestrian.0010", "walker.pedestrian.0030")


@pytest.mark.parametrize("type_id", SOME)
def test_feet_touch_the_ground_and_the_head_is_at_its_height(type_id):
    spec = WALKERS[type_id]
    part = walker_part(spec)
    assert len(part.meshes) == len(part.gait_speeds_mps) * PHASES
    assert part.meshes[0].bounds()[1][2] == pytest.approx(spec.height_m / 2.0, abs=0.01)
    walking = part.meshes[: 3 * PHASES]
    lowest = np.array([mesh.bounds()[0][2] + spec.height_m / 2.0 for mesh in walking])
    assert np.abs(lowest).max() < 0.01
    flight = [mesh.bounds()[0][2] + spec.height_m / 2.0 for mesh in part.meshes[3 * PHASES :]]
    assert min(flight) > -0.01 and max(flight) < 0.12, "only runners leave the ground, and not by much"
    for mesh in part.meshes[:: PHASES // 4]:
        assert not faults(mesh) and facing_share(mesh) > 0.97


@pytest.mark.parametrize("type_id", SOME)
def test_phases_follow_each_other_smoothly(type_id):
    part = walker_part(WALKERS[type_id])
    for start in range(PHASES, len(part.meshes), PHASES):
        frames = np.stack([mesh.vertices for mesh in part.meshes[start : start + PHASES]])
        step = np.linalg.norm(np.roll(frames, -1, axis=0) - frames, axis=2).max()
        assert step < 0.16 * WALKERS[type_id].height_m


def test_the_stance_foot_stays_where_it_is():
    height, speed = 1.75, 1.4
    pose = moving(body_of(height, 0.45, "adult"), speed)
    flat = np.flatnonzero(np.abs(pose.foot_pitch_rad[:, 0]) < 1e-9)
    flat = flat[flat < PHASES // 2]
    world_x = pose.ankle[flat, 0, 0] + flat / PHASES * float(stride_length_m(speed, height))
    assert len(flat) >= 4 and np.ptp(world_x) < 1e-9


def test_bones_keep_their_length():
    body = body_of(1.75, 0.45, "adult")
    pose = moving(body, 1.4)
    thigh = np.linalg.norm(pose.knee - pose.hip, axis=-1)
    shank = np.linalg.norm(pose.ankle - pose.knee, axis=-1)
    np.testing.assert_allclose(thigh, body.thigh_m, atol=2e-3)
    np.testing.assert_allclose(shank, body.shank_m, atol=0.02)


def test_gait_set_is_chosen_by_speed():
    part = walker_part(WALKERS[SOME[0]])
    assert gait_mesh_index(part, 0.0, 1.0) < PHASES
    assert PHASES <= gait_mesh_index(part, 0.8, 0.0) < 2 * PHASES
    assert gait_mesh_index(part, 9.0, 2.0 * np.pi - 1e-6) == 4 * PHASES

"""Bones: names, trees, frames, blends, and that they lie inside the body that is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.people import walker_part
from sim.catalogue.skeleton import (
    BONE_NAMES,
    BONE_ROW,
    PARENT_ROW,
    Skeleton,
    assembled,
    blended,
    joints_text,
    pose_from_text,
    relative,
    rest_skeleton,
    skeleton_at,
)
from sim.catalogue.walkers import WALKERS

_SPECS = [WALKERS[name] for name in sorted(WALKERS)[::12]]
_FEET = ("crl_foot__L", "crl_foot__R", "crl_toe__L", "crl_hand__L", "crl_hand__R")
_LIMBS = ("crl_leg__L", "crl_leg__R", "crl_foreArm__L", "crl_foreArm__R", "crl_thigh__L", "crl_arm__R")


def test_parents_come_before_their_children() -> None:
    assert len(BONE_NAMES) == len(set(BONE_NAMES)) == 66
    assert PARENT_ROW[0] == -1
    assert all(0 <= parent < row for row, parent in enumerate(PARENT_ROW) if row)


@pytest.mark.parametrize("spec", _SPECS, ids=lambda spec: spec.type_id)
@pytest.mark.parametrize(("speed_mps", "phase_rad"), [(0.0, 0.0), (1.4, 0.0), (1.4, 2.0), (3.0, 4.0)])
def test_joints_lie_inside_the_body_that_is_drawn(spec: object, speed_mps: float, phase_rad: float) -> None:
    part = walker_part(spec)  # type: ignore[arg-type]
    assert part.moved is not None
    vertices = part.moved.mesh_at(speed_mps, phase_rad).vertices
    bones = skeleton_at(spec, speed_mps, phase_rad)  # type: ignore[arg-type]
    for name in (*_FEET, *_LIMBS):
        place = bones.position_m[BONE_ROW[name]]
        offset = vertices - place
        near = offset[np.linalg.norm(offset, axis=1) < 0.14]
        assert len(near) > 8, name
        # skin on both sides of the joint along every axis
        assert (near.min(axis=0) < 0.02).all(), name
        assert (near.max(axis=0) > -0.02).all(), name


def test_drawn_and_told_do_not_agree_at_another_phase() -> None:
    spec = _SPECS[0]
    one = skeleton_at(spec, 1.4, 0.0).position_m[BONE_ROW["crl_foot__L"]]
    other = skeleton_at(spec, 1.4, np.pi).position_m[BONE_ROW["crl_foot__L"]]
    assert np.linalg.norm(one - other) > 0.3


def test_frames_of_parents_and_back() -> None:
    bones = skeleton_at(_SPECS[0], 1.4, 1.0)
    back = assembled(relative(bones))
    np.testing.assert_allclose(back.position_m, bones.position_m, atol=1e-12)
    np.testing.assert_allclose(back.rotation, bones.rotation, atol=1e-12)
    np.testing.assert_allclose(
        bones.rotation @ np.swapaxes(bones.rotation, 1, 2), np.tile(np.eye(3), (66, 1, 1)), atol=1e-12
    )


def test_limbs_keep_their_lengths_while_walking() -> None:
    spec = _SPECS[0]
    rest = skeleton_at(spec, 0.0, 0.0).position_m
    shin = [BONE_ROW["crl_leg__L"], BONE_ROW["crl_foot__L"]]
    length = np.linalg.norm(rest[shin[0]] - rest[shin[1]])
    for phase in np.linspace(0.0, 6.0, 7):
        walking = skeleton_at(spec, 1.4, float(phase)).position_m
        assert np.linalg.norm(walking[shin[0]] - walking[shin[1]]) == pytest.approx(length, rel=0.05), (
            "the foot may reach beyond the leg by a little"
        )


def test_half_a_blend_turns_half_as_far() -> None:
    rest = relative(rest_skeleton(_SPECS[0]))
    row = BONE_ROW["crl_arm__L"]
    turned = rest.rotation.copy()
    turned[row] = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]
    half = blended(rest, Skeleton(rest.position_m, turned), 0.5).rotation[row]
    angle = np.degrees(np.arccos((np.trace(half) - 1.0) / 2.0))
    assert angle == pytest.approx(45.0)
    assert blended(rest, rest, 0.3).rotation == pytest.approx(rest.rotation)


def test_joints_survive_being_text() -> None:
    bones = skeleton_at(_SPECS[0], 1.4, 1.0)
    pose = pose_from_text(joints_text(bones))
    np.testing.assert_allclose(pose.knee[0, 0], bones.position_m[BONE_ROW["crl_leg__L"]], atol=1e-5)
    np.testing.assert_allclose(pose.wrist[0, 1], bones.position_m[BONE_ROW["crl_hand__R"]], atol=1e-5)
    assert np.abs(pose.foot_pitch_rad).max() < 1.0

"""Postures: bones keep their lengths, hands are where the work is, attributes choose."""

from __future__ import annotations

import numpy as np
import pytest

from sim.catalogue.blueprints import BLUEPRINTS
from sim.catalogue.gait import body_of
from sim.catalogue.postures import POSTURES, posture_of, walker_poses
from sim.catalogue.skeleton import BONE_ROW, skeleton_at
from sim.catalogue.walkers import OUTFITS, POSTURE_NAMES, WALKERS

_BODY = body_of(1.75, 0.45, "adult")


@pytest.mark.parametrize("posture", sorted(POSTURES))
@pytest.mark.parametrize("age", ["adult", "child"])
def test_limbs_keep_their_lengths(posture: str, age: str) -> None:
    body = body_of(1.75 if age == "adult" else 1.2, 0.45 if age == "adult" else 0.31, age)
    pose = walker_poses([body] * 3, [0.0, 0.0, 1.4], [0.5, 3.0, 1.0], [posture] * 3)
    for start, end, length in (
        (pose.shoulder, pose.elbow, body.upper_arm_m), (pose.elbow, pose.wrist, body.forearm_m),
        (pose.hip, pose.knee, body.thigh_m), (pose.knee, pose.ankle, body.shank_m),
    ):  # fmt: skip
        np.testing.assert_allclose(np.linalg.norm(end - start, axis=-1), length, rtol=0.01)
    assert min(pose.ankle[..., 2].min(), pose.knee[..., 2].min(), pose.pelvis[:, 2].min()) > 0.01


def test_only_those_who_have_a_posture_change() -> None:
    plain = walker_poses([_BODY] * 2, [1.4, 1.4], [1.0, 1.0])
    one = walker_poses([_BODY] * 2, [1.4, 1.4], [1.0, 1.0], ["", "phone_ear"])
    np.testing.assert_array_equal(one.wrist[0], plain.wrist[0])
    np.testing.assert_array_equal(one.ankle, plain.ankle)
    assert one.wrist[1, 1, 2] > plain.wrist[1, 1, 2] + 0.5
    np.testing.assert_array_equal(one.wrist[1, 0], plain.wrist[1, 0])


def test_hands_are_where_they_should_be() -> None:
    def pose(name: str) -> dict[str, np.ndarray]:
        spec = WALKERS["walker.pedestrian.0015"]
        bones = skeleton_at(spec, 0.0, 0.0, name)
        return {bone: bones.position_m[row] for bone, row in BONE_ROW.items()}

    ear = pose("phone_ear")
    assert np.linalg.norm(ear["crl_hand__R"] - ear["crl_Head__C"]) < 0.22
    wave = pose("waving")
    assert wave["crl_hand__R"][2] > wave["crl_Head__C"][2] + 0.1
    box = pose("carrying_box")
    assert box["crl_hand__L"][0] > 0.2
    assert box["crl_hand__R"][0] > 0.2
    lying = pose("lying")
    assert abs(lying["crl_Head__C"][2] - lying["crl_foot__L"][2]) < 0.15
    sitting = pose("sitting")
    assert sitting["crl_hips__C"][2] < pose("")["crl_hips__C"][2] - 0.3


def test_attributes_choose_and_the_blueprints_offer_them() -> None:
    spec, chair = WALKERS["walker.pedestrian.0001"], WALKERS["walker.pedestrian.0016"]
    assert posture_of({"pose": "waving"}, spec) == "waving"
    assert posture_of({"pose": "walking"}, spec) == posture_of({}, spec) == ""
    assert posture_of({"use_wheelchair": "true"}, chair) == "sitting"
    assert posture_of({"use_wheelchair": "true"}, spec) == ""
    blueprint = BLUEPRINTS[spec.type_id]
    assert blueprint.attribute("pose").recommended == ("walking", *POSTURES)
    assert tuple(POSTURES) == POSTURE_NAMES
    assert blueprint.attribute("outfit").recommended == ("own", *OUTFITS)

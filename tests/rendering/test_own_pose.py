"""A walker that shows a pose of its own: drawn by its joints, and forgotten with them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from rendering.scene import Scene
from sim.base.state import ActorInfo, ActorKind, Weather, WorldState
from sim.catalogue.skeleton import BONE_ROW, JOINTS_ATTRIBUTE, Skeleton, assembled, joints_text, relative, skeleton_at
from sim.catalogue.walkers import WALKERS

_SPEC = WALKERS["walker.pedestrian.0001"]


def _state(joints: str) -> WorldState:
    half = (0.5 * _SPEC.depth_m, 0.5 * _SPEC.shoulder_width_m, 0.5 * _SPEC.height_m)
    attributes = {JOINTS_ATTRIBUTE: joints} if joints else {}
    info = ActorInfo(1, ActorKind.WALKER, _SPEC.type_id, attributes, (0.0, 0.0, 0.0), half)
    vectors = {
        name for name in WorldState.__dataclass_fields__ if name.endswith(("world_m", "world_mps", "_radps", "_mps2"))
    }
    given: dict[str, Any] = {"tick": 0, "time_flicks": 0, "actors": (info,), "weather": Weather()}
    given |= {"track_id": np.ones(1, np.uint32), "kind": np.array([ActorKind.WALKER], np.uint8)}
    for item in fields(WorldState):
        given.setdefault(item.name, np.zeros((1, 3) if item.name in vectors | {"rpy_rad"} else 1))
    return WorldState(**given)


def _arm_ahead() -> Skeleton:
    local = relative(skeleton_at(_SPEC, 0.0, 0.0))
    rotation = local.rotation.copy()
    rotation[BONE_ROW["crl_arm__L"]] = [[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    return assembled(Skeleton(local.position_m, rotation))


def test_the_drawn_hand_is_where_the_bone_is() -> None:
    scene = Scene(None, None, threads=1)
    bones = _arm_ahead()
    state = _state(joints_text(bones))
    scene.set_states(state, state)
    hand = bones.position_m[BONE_ROW["crl_hand__L"]]
    assert hand[0] > 0.35
    distance = np.linalg.norm(scene.posed_vertices(1, 1.0) - hand, axis=1)
    assert distance.min() < 0.05
    plain = _state("")
    scene.set_states(plain, plain)
    assert np.linalg.norm(scene.posed_vertices(1, 1.0) - hand, axis=1).min() > 0.3


def test_many_poses_take_no_more_room_than_one() -> None:
    scene = Scene(None, None, threads=1)
    sizes = set()
    for step in range(12):
        state = _state(joints_text(skeleton_at(_SPEC, 1.4, 0.5 * step)))
        scene.set_states(state, state)
        sizes.add(scene._meshes._triangles.count)
    assert len(sizes) == 1

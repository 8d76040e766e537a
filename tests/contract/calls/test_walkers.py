"""Calls about walkers, each through the client's method that makes it."""

from __future__ import annotations

from collections.abc import Callable

import carla
import pytest

from sim.wire.calls import CALLS, Status
from sim.wire.rpc import RpcConnection
from tests.contract.calls.conftest import ticks
from tests.contract.calls.registry import covers


@covers("apply_control_to_walker")
def test_a_walker_walks_where_it_is_told(world: carla.World, walker: carla.Walker) -> None:
    start = walker.get_location()
    walker.apply_control(carla.WalkerControl(carla.Vector3D(0.0, 1.0, 0.0), 1.5))
    ticks(world, 41)
    way = walker.get_location() - start
    assert way.y == pytest.approx(3.0, abs=0.5)
    assert abs(way.x) < 0.2
    assert walker.get_control().speed == pytest.approx(1.5)


@covers("get_bones_transform", "set_bones_transform", "blend_pose", "get_pose_from_animation")
def test_bones_move_or_are_refused_in_words(world: carla.World, walker: carla.Walker, rpc: RpcConnection) -> None:
    names = ("get_bones_transform", "set_bones_transform", "blend_pose", "get_pose_from_animation")
    if CALLS["get_bones_transform"].status is Status.ABSENT:
        made: dict[str, Callable[[], object]] = {
            names[0]: walker.get_bones,
            names[1]: lambda: rpc.call(names[1], walker.id, [[]]),
            names[2]: lambda: rpc.call(names[2], walker.id, 1.0),
            names[3]: lambda: rpc.call(names[3], walker.id),
        }
        for name in names:
            with pytest.raises(Exception, match=f"{name}: not served"):
                made[name]()
        return
    walker.get_pose_from_animation()
    world.tick()
    bones = walker.get_bones().bone_transforms
    assert len(bones) > 20
    moved = next(bone for bone in bones if "arm" in bone.name.lower())
    pose = carla.Transform(moved.relative.location, carla.Rotation(50.0, 20.0, 10.0))
    control = carla.WalkerBoneControlIn()
    control.bone_transforms = [(moved.name, pose)]
    walker.set_bones(control)
    walker.blend_pose(1.0)
    world.tick()
    now = next(bone for bone in walker.get_bones().bone_transforms if bone.name == moved.name)
    assert now.relative.rotation.pitch == pytest.approx(50.0, abs=2.0)

"""Calls about bones: those of walkers, and of vehicles base and wheels. Every bone is a socket too, as in Unreal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes, frames
from sim.base.state import ActorKind
from sim.catalogue.skeleton import BONE_NAMES, Skeleton, relative
from sim.server.vehicles.rig import bone_names, bone_poses
from sim.server.world import World

Float64 = NDArray[np.float64]


def get_bones_transform(world: World, actor_id: int) -> list[Any]:
    """Every bone of a walker by name: in the world, in the actor's frame, and in its parent's."""
    bones = world.crowd.bones(actor_id)
    lists = (_in_world(world, actor_id, bones), _transforms(bones), _transforms(relative(bones)))
    return [[list(row) for row in zip(BONE_NAMES, *lists, strict=True)]]


def set_bones_transform(world: World, actor_id: int, control: list[Any]) -> None:
    """Change bones of a walker's own pose, which blend_pose shows."""
    crowd = world.crowd
    crowd.poses.set_bones(actor_id, crowd.type_of(actor_id), control)


def blend_pose(world: World, actor_id: int, share: float) -> None:
    """0 shows a walker's gait, 1 its own pose."""
    world.crowd.type_of(actor_id)
    world.crowd.poses.blend(actor_id, share)


def get_pose_from_animation(world: World, actor_id: int) -> None:
    """A walker's own pose becomes what its gait shows now."""
    crowd = world.crowd
    crowd.poses.take_from_animation(actor_id, crowd.type_of(actor_id), *crowd.gait(actor_id))


def get_actor_bone_names(world: World, actor_id: int) -> list[str]:
    """Names of all bones; parents come before their children."""
    entry = world.entry(actor_id)
    if entry.kind is ActorKind.VEHICLE:
        return bone_names(entry.type_id)
    return list(BONE_NAMES) if world.crowd.holds(actor_id) else []


def get_actor_bone_world_transforms(world: World, actor_id: int) -> list[Any]:
    """Poses of all bones in the world, in the order of the names."""
    if world.entry(actor_id).kind is ActorKind.VEHICLE:
        return get_vehicle_bone_world_transforms(world, actor_id)
    return _in_world(world, actor_id, world.crowd.bones(actor_id)) if world.crowd.holds(actor_id) else []


def get_actor_bone_relative_transforms(world: World, actor_id: int) -> list[Any]:
    """Poses of all bones in their parents' frames, in the order of the names; a vehicle's base is its wheels' parent."""
    if world.entry(actor_id).kind is ActorKind.VEHICLE:
        return _transforms(_stacked(bone_poses(world, actor_id)))
    return _transforms(relative(world.crowd.bones(actor_id))) if world.crowd.holds(actor_id) else []


def get_vehicle_bone_world_transforms(world: World, actor_id: int) -> list[Any]:
    """Poses of a vehicle's base and wheels in the world, turned as they steer and roll."""
    return _in_world(world, actor_id, _stacked(bone_poses(world, actor_id)))


def get_actor_socket_relative_transforms(world: World, actor_id: int) -> list[Any]:
    """Poses of the sockets in the actor's frame."""
    if world.entry(actor_id).kind is ActorKind.VEHICLE:
        return _transforms(_stacked(bone_poses(world, actor_id)))
    return _transforms(world.crowd.bones(actor_id)) if world.crowd.holds(actor_id) else []


def _stacked(poses: list[Float64]) -> Skeleton:
    stack = np.array(poses)
    return Skeleton(stack[:, :3, 3], stack[:, :3, :3])


def _in_world(world: World, actor_id: int, bones: Skeleton) -> list[Any]:
    row = world.row(actor_id)
    turn = frames.rotation_from_rpy(world.actors.rpy[row])
    return _transforms(Skeleton(bones.position_m @ turn.T + world.actors.position[row], turn @ bones.rotation))


def _transforms(bones: Skeleton) -> list[Any]:
    place = carla_axes.vector_to_carla(bones.position_m).tolist()
    turn = carla_axes.rpy_to_carla(frames.rpy_from_rotation(bones.rotation)).tolist()
    return [list(pair) for pair in zip(place, turn, strict=True)]


HANDLERS: Mapping[str, Callable[..., Any]] = {
    **{
        handler.__name__: handler
        for handler in (
            get_bones_transform,
            set_bones_transform,
            blend_pose,
            get_pose_from_animation,
            get_actor_bone_names,
            get_actor_bone_world_transforms,
            get_actor_bone_relative_transforms,
            get_vehicle_bone_world_transforms,
            get_actor_socket_relative_transforms,
        )
    },
    "get_actor_socket_names": get_actor_bone_names,
    "get_actor_socket_world_transforms": get_actor_bone_world_transforms,
}

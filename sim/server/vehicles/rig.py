"""Where the parts of a vehicle are: its lamps as components, its wheels as bones, both as cameras see them.

Positions are read off the meshes that rendering draws, so they cannot differ. Lamps are called as on CARLA's vehicles
("front-blinker-r-1"), bones Vehicle_Base and Wheel_Front_Left ... as in its skeletons; a two-wheeler has Wheel_Front and
Wheel_Rear. Tested by tests/server/test_rig.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.catalogue.vehicles import VEHICLES

if TYPE_CHECKING:
    from sim.server.world import World

Float64 = NDArray[np.float64]

BASE_BONE = "Vehicle_Base"
_FOUR = ("Wheel_Front_Left", "Wheel_Front_Right", "Wheel_Rear_Left", "Wheel_Rear_Right")
_TWO = ("Wheel_Front", "Wheel_Rear")
_LAMPS = {
    "blinker-l": "lens_indicator_left",
    "blinker-r": "lens_indicator_right",
    "light": "lens_head",
    "tail": "lens_tail",
    "reverse": "lens_reverse",
    "beacon-l": "beacon_left",
    "beacon-r": "beacon_right",
}
_LEAST_WHEEL_M = 0.1
_LAMP_DEPTH_M = 0.5


@cache
def lamps_of(type_id: str) -> Mapping[str, Float64]:
    """Poses (4, 4) of a vehicle's lamps in its frame by name; x points where the lamp shines."""
    from rendering.assets.vehicles import vehicle_parts
    from rendering.materials import material_index

    mesh = vehicle_parts(VEHICLES[type_id])[0].meshes[0]
    centers = mesh.vertices.astype(np.float64)[mesh.triangles].mean(axis=1)
    found: dict[str, Float64] = {}
    for name, material in _LAMPS.items():
        points = centers[mesh.material == material_index(material)]
        sides = (("", 0.0),) if name[-2:] in ("-l", "-r") else (("-l", 1.0), ("-r", -1.0))
        for end, ahead in (("front", 1.0), ("back", -1.0)):
            for suffix, side in sides:
                chosen = points[(points[:, 0] * ahead > 0.0) & (points[:, 1] * side >= 0.0)]
                if len(chosen):
                    # an indicator in a mirror is not the lamp at the corner
                    chosen = chosen[chosen[:, 0] * ahead > (chosen[:, 0] * ahead).max() - _LAMP_DEPTH_M]
                    middle = 0.5 * (chosen.min(axis=0) + chosen.max(axis=0))
                    yaw = 0.0 if ahead > 0.0 else np.pi
                    found[f"{end}-{name}{suffix}-1"] = frames.pose(middle, np.array([0.0, 0.0, yaw]))
    return found


@cache
def wheels_of(type_id: str) -> tuple[tuple[float, float, float], ...]:
    """Centres of the wheels in the vehicle's frame: front left, front right, rear left, rear right; or front, rear.

    Of a vehicle with more axles, those of the foremost and the rearmost one.
    """
    from rendering.assets.parts import PoseKind
    from rendering.assets.vehicles import vehicle_parts

    parts = vehicle_parts(VEHICLES[type_id])
    wheels = [part for part in parts if part.kind is PoseKind.WHEEL and part.radius_m > _LEAST_WHEEL_M]
    ordered = sorted((part.position_m for part in wheels), key=lambda at: (-at[0], -at[1]))
    return tuple(ordered if len(ordered) <= len(_FOUR) else ordered[:2] + ordered[-2:])


def bone_names(type_id: str) -> list[str]:
    """The base, then the wheels."""
    return [BASE_BONE, *(_TWO if VEHICLES[type_id].number_of_wheels == 2 else _FOUR)]


def bone_poses(world: World, actor_id: int) -> list[Float64]:
    """Poses (4, 4) of the bones in the vehicle's frame; wheels turned by steering and rolling, or as a client shows them."""
    row = world.fleet.row(actor_id)
    motion, shown = world.fleet.rows[row], world.fleet.shown_wheels
    type_id = world.entry(actor_id).type_id
    wheels = wheels_of(type_id)
    poses: list[Float64] = [np.eye(4)]
    for place, center in enumerate(wheels):
        index = place if len(wheels) == 4 else 2 * place
        steer = float(motion["wheel_steer_rad"][index])
        roll = float(motion["rolled_rad"][index])
        steer_deg, pitch_deg = shown.get((actor_id, "steer", index)), shown.get((actor_id, "pitch", index))
        steer = steer if steer_deg is None else -np.radians(steer_deg)
        roll = roll if pitch_deg is None else -np.radians(pitch_deg)
        poses.append(frames.pose(np.array(center), np.array([0.0, np.fmod(roll, 2.0 * np.pi), steer])))
    return poses

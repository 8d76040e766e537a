"""Things that people hold in a posture: a phone, a bag, a box. They hang on the hand's bone, so they go where it goes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.people_bind import Figure
from rendering.assets.soft_solids import SoftMesh, tube
from rendering.assets.soft_solids import soft_mesh as soft
from rendering.assets.solids import MaterialName
from sim.catalogue import body_frames as bone

Float64 = NDArray[np.float64]


def held_things(figure: Figure, posture: str) -> list[tuple[SoftMesh, MaterialName]]:
    """What the right hand (or both) holds in a posture; mostly nothing."""
    h, pose = figure.body.height_m, figure.pose
    wrist = pose.wrist[0, 1]
    along = pose.hand[0, 1] - wrist
    along = along / np.linalg.norm(along)
    ahead = np.array([1.0, 0.0, 0.0])
    inward = -np.cross(along, ahead)
    name = bone.HAND + 1

    def spot(down_m: float, palm_m: float, front_m: float = 0.0) -> Float64:
        return np.asarray(wrist + down_m * along + palm_m * inward + front_m * ahead)

    if posture in ("phone_ear", "phone_look"):
        start, end = spot(0.035 * h, 0.020), spot(0.035 * h + 0.150, 0.020)
        phone = tube(start, end, [[0.0, 0.037, 0.006, 0.0], [1.0, 0.037, 0.006, 0.0]], ahead, name, 6.0, False)
        return [(soft([phone], 0.0065), "plastic_black")]
    if posture == "carrying_box":
        shoulder = pose.shoulder[0, 0]
        middle = np.array([shoulder[0] + 0.225 * h, 0.0, shoulder[2] - 0.150 * h])
        half = shoulder[1] - 0.014 * h
        carton = tube(
            middle - np.array([0.0, 0.0, 0.075 * h]),
            middle + np.array([0.0, 0.0, 0.075 * h]),
            [[0.0, half, 0.085 * h, 0.0]],
            (0, 1, 0),
            bone.CHEST,
            10.0,
            False,
        )
        return [(soft([carton], 0.022), "cardboard")]
    if posture == "carrying_bag":
        top = spot(0.060 * h, 0.0)
        low, high = top + 0.40 * along, top + 0.09 * along
        knots = [[0.0, 0.17, 0.055, 0.0], [0.6, 0.18, 0.060, 0.0], [1.0, 0.165, 0.020, 0.0]]
        bag = tube(low, high, knots, ahead, name, 4.0, False)
        handles = [
            tube(high + side * 0.07 * ahead, top + side * 0.02 * ahead, [[0.0, 0.009, 0.009, 0.0]], ahead, name)
            for side in (1, -1)
        ]
        return [(soft([bag], 0.02), "cloth_light_grey"), (soft(handles, 0.009), "leather_brown")]
    return []

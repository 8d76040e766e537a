"""People who sit on two-wheelers: hips on the saddle, hands on the grips, feet on the pedals, a helmet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.people import person_meshes
from rendering.assets.solids import sphere
from rendering.mesh import Mesh, merge
from sim.catalogue.gait import Body, Pose, body_of
from sim.catalogue.spec import VehicleSpec, WalkerSpec

Float64 = NDArray[np.float64]


def rider_mesh(spec: VehicleSpec, hips: Float64, hands: Float64, feet: Float64, lean: float, key: int) -> Mesh:
    """A seated person with a helmet, joined to grips and pedals by two-bone inverse kinematics."""
    person = WalkerSpec(
        type_id=f"rider{key}", gender="male", age="adult", height_m=1.74, shoulder_width_m=0.45, depth_m=0.26, walk_speed_mps=1.4,
        run_speed_mps=3.0, top_rgb=(0, 0, 0), trousers_rgb=(0, 0, 0), skin_rgb=(0, 0, 0), hair_rgb=(0, 0, 0), source="fixed",
    )  # fmt: skip
    body = body_of(person.height_m, person.shoulder_width_m, person.age)
    mesh = person_meshes(body, person, seated(body, hips, hands, feet, lean), on_ground=False)[0]
    return merge([mesh, _helmet(body, mesh, full=spec.body == "motorcycle")])


def _helmet(body: Body, person: Mesh, full: bool) -> Mesh:
    """A shell over the head; motorcyclists' ones close round the chin and have a dark visor."""
    top = person.vertices[np.argmax(person.vertices[:, 2])].astype(np.float64)
    center = top - np.array([0.0, 0.0, 0.47 * body.head_m]) + np.array([0.03 * body.head_m, 0.0, 0.0])
    if full:
        shell = sphere(center - (0, 0, 0.02), (0.145, 0.125, 0.150), "helmet", rings=12, segments=18)
        visor = sphere(np.add(center, (0.035, 0, 0.0)), (0.118, 0.105, 0.060), "glass_privacy", rings=8, segments=14)
        return merge([shell, visor])
    return sphere(np.add(center, (-0.01, 0, 0.062)), (0.135, 0.108, 0.085), "helmet", rings=10, segments=16)


def seated(body: Body, hips: Float64, hands: Float64, feet: Float64, lean: float) -> Pose:
    """The pose of a rider: `hips` (3,), `hands` and `feet` (ankles) (2, 3) left first, back leaning `lean` rad forward."""
    pelvis = hips[None]
    side = np.array([1.0, -1.0])
    up = np.array([np.sin(lean), 0.0, np.cos(lean)])
    chest = pelvis + 0.55 * body.torso_m * np.array([np.sin(lean * 0.75), 0.0, np.cos(lean * 0.75)])
    neck = chest + 0.45 * body.torso_m * up
    reach = body.height_m - (body.ankle_m + body.thigh_m + body.shank_m) - body.torso_m - body.head_m
    head = neck + reach * np.array([np.sin(lean * 0.7), 0.0, np.cos(lean * 0.7)])
    hip = np.repeat(pelvis[:, None], 2, axis=1)
    hip[:, :, 1] += side * body.hip_half_m
    shoulder = np.repeat((neck - 0.04 * body.height_m * up)[:, None], 2, axis=1)
    shoulder[:, :, 1] += side * body.shoulder_half_m
    wrist = hands[None] + np.array([-0.05, 0.0, 0.03])
    knee = _joint(hip, feet[None], body.thigh_m, body.shank_m, np.array([1.0, 0.0, 0.3]))
    elbow = _joint(shoulder, wrist, body.upper_arm_m, body.forearm_m, np.array([-0.4, 0.0, -1.0]))
    return Pose(
        pelvis,
        chest,
        neck,
        head,
        hip,
        knee,
        feet[None],
        np.full((1, 2), 0.05),
        shoulder,
        elbow,
        wrist,
        hands[None] + np.array([0.03, 0, 0]),
    )


def _joint(start: Float64, end: Float64, first_m: float, second_m: float, towards: Float64) -> Float64:
    """The middle joint of a two-bone chain (1, 2, 3), bent to the side of `towards`."""
    span = end - start
    distance = np.linalg.norm(span, axis=-1, keepdims=True)
    direction = span / np.maximum(distance, 1e-9)
    used = np.minimum(distance, (first_m + second_m) * 0.999)
    along = (first_m**2 - second_m**2 + used**2) / (2.0 * used)
    out = np.sqrt(np.maximum(first_m**2 - along**2, 0.0))
    aside = towards - direction * np.sum(towards * direction, axis=-1, keepdims=True)
    aside /= np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), 1e-9)
    return np.asarray(start + along * direction + out * aside)

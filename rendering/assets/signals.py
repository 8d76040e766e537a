"""Traffic lights and signs on their poles. The actor stands at the pole's foot, its face looks along +x.

The head or face fills the actor's bounding box; a head that is laterally away from the foot hangs from an arm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.parts import Part, PoseKind
from rendering.assets.sign_faces import FACES, face_of_limit, uv_rect
from rendering.assets.solids import box, cylinder, loft, sweep
from rendering.materials import material_index
from rendering.mesh import PART_BODY, PART_LAMP, PART_POLE, PART_SIGN_FACE, Mesh, fit_to_box, merge, shaded
from sim.base.state import ActorInfo
from sim.base.taxonomy import ObjectClass

Float64 = NDArray[np.float64]

_REACH_M = 0.45
"""A head further than this beside its foot needs an arm."""


def light_parts(info: ActorInfo) -> tuple[Part, ...]:
    """Housing with three lenses (class TRAFFIC_LIGHT) and its pole with an arm where needed (class POLE)."""
    center, half = np.asarray(info.box_center_m), np.maximum(np.asarray(info.box_extent_m), 0.05)
    head = _light_head(center, half)
    pole = _support(center, half, radius_m=0.07)
    return (
        Part((head,), PoseKind.FIXED, ObjectClass.TRAFFIC_LIGHT),
        Part((pole,), PoseKind.FIXED, ObjectClass.POLE),
    )


def sign_parts(info: ActorInfo) -> tuple[Part, ...]:
    """A sign's face and back (class TRAFFIC_SIGN) and its pole (class POLE)."""
    center, half = np.asarray(info.box_center_m), np.maximum(np.asarray(info.box_extent_m), 0.01)
    plate = sign_plate(face_of_type(info.type_id), center, half)
    pole = _support(center, half, radius_m=0.03)
    return (
        Part((plate,), PoseKind.FIXED, ObjectClass.TRAFFIC_SIGN),
        Part((pole,), PoseKind.FIXED, ObjectClass.POLE),
    )


def face_of_type(type_id: str) -> str:
    """The face of a sign actor's type: "traffic.stop", "traffic.yield", "traffic.speed_limit.NN"; others are blank."""
    kind = type_id.removeprefix("traffic.")
    if kind.startswith("speed_limit."):
        digits = kind.rsplit(".", 1)[1]
        return face_of_limit(float(digits)) if digits.replace(".", "").isdigit() else "blank"
    return kind if kind in FACES else "blank"


def face_outline(face: str) -> Float64:
    """Outline (N, 2) of a face, counter-clockwise, x right and y up, inside [-1, 1]."""
    if face == "stop":
        angle = np.pi / 8.0 + np.arange(8) * np.pi / 4.0
        return np.asarray(np.stack([np.cos(angle), np.sin(angle)], axis=1) / np.cos(np.pi / 8.0))
    if face == "yield":
        return np.array([[0.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    if face == "roadworks":
        return np.array([[0.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    if face.startswith("speed_limit") or face == "no_entry":
        angle = np.arange(40) * 2.0 * np.pi / 40
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])


def sign_plate(face: str, center: Float64, half: Float64, material: str = "sign_face") -> Mesh:
    """A plate in the plane x = const that fills the box: picture towards +x, grey back, thin rim."""
    outline = face_outline(face)
    count = len(outline)
    left, top, right, bottom = uv_rect(face)
    across = outline[:, 0] * half[1]
    height = outline[:, 1] * half[2]
    front_x, back_x = half[0], half[0] - min(0.02, 2.0 * half[0])
    front = np.column_stack([np.full(count, front_x), across, height]) + center
    back = np.column_stack([np.full(count, back_x), across, height]) + center
    fan = np.stack([np.zeros(count - 2), np.arange(1, count - 1), np.arange(2, count)], axis=1).astype(int)
    u = left + (outline[:, 0] + 1.0) / 2.0 * (right - left)
    v = bottom + (outline[:, 1] + 1.0) / 2.0 * (top - bottom)
    picture = shaded(front, fan, material_index(material), PART_SIGN_FACE, uv=np.stack([u, v], axis=1))
    i, j = np.arange(count), (np.arange(count) + 1) % count
    rim = np.concatenate([np.stack([i, count + i, count + j], 1), np.stack([i, count + j, j], 1)])
    body = shaded(
        np.concatenate([front, back]), np.concatenate([rim, fan[:, ::-1] + count]), material_index("sign_back")
    )
    pieces = [picture, body]
    if back_x > -half[0] + 0.01:
        pieces.append(
            box(
                center + np.array([0.5 * (back_x - half[0]), 0.0, 0.0]),
                (back_x + half[0], 0.05, half[2] * 0.9),
                "galvanised",
            )
        )
    return merge(pieces)


def _light_head(center: Float64, half: Float64) -> Mesh:
    """Housing, back plate, three lenses from red at the top, each with a visor."""
    depth, width, tall = 2.0 * half
    visor = depth * 0.42
    front = half[0] - visor
    pieces = [box((0.5 * (front - half[0]), 0.0, 0.0), (front + half[0], width * 0.78, tall * 0.97), "signal_housing")]
    pieces.append(box((-half[0] + 0.02, 0.0, 0.0), (0.015, width, tall), "signal_housing"))
    radius = min(width * 0.33, tall / 3.0 * 0.42)
    for name, level in (("signal_red", 1.0), ("signal_yellow", 0.0), ("signal_green", -1.0)):
        z = level * tall * 0.315
        pieces.append(_lens(front, z, radius, name))
        pieces.append(_visor(front, z, radius * 1.12, visor))
    head = merge(pieces)
    return fit_to_box([head], center - half, center + half)[0]


def _lens(x: float, z: float, radius: float, material: str) -> Mesh:
    """A slightly domed disc that looks along +x."""
    angle = np.arange(24) * 2.0 * np.pi / 24
    rings = [
        np.column_stack([np.full(24, x + bulge), share * radius * np.cos(angle), z + share * radius * np.sin(angle)])
        for share, bulge in ((1.0, 0.0), (0.97, 0.006), (0.6, 0.016), (0.12, 0.020))
    ]
    return loft(np.array(rings), material, PART_LAMP, crease_deg=180.0, cap_start=False)


def _visor(x: float, z: float, radius: float, depth: float) -> Mesh:
    """A hood over the upper three quarters of a lens, 4 mm thick."""
    angle = np.linspace(-0.20 * np.pi, 1.20 * np.pi, 19)
    direction = np.column_stack([np.zeros(19), np.cos(angle), np.sin(angle)])
    reach = depth * (0.55 + 0.45 * np.clip(np.sin(angle) + 0.3, 0.0, 1.0))
    origin = np.array([x, 0.0, z])
    inner, outer = origin + direction * radius, origin + direction * (radius + 0.004)
    ahead = reach[:, None] * np.array([1.0, 0.0, 0.0])
    sections = np.stack([inner, outer, outer + ahead, inner + ahead], axis=1)
    return loft(sections[:, ::-1], "signal_housing", PART_BODY)


def _support(center: Float64, half: Float64, radius_m: float) -> Mesh:
    """The pole from the ground at the origin up to the head, with an arm when the head hangs to the side."""
    behind = center[0] - half[0] - radius_m
    lateral = float(np.hypot(center[0], center[1]))
    if lateral <= _REACH_M:
        foot = np.array([min(behind, 0.0), center[1], 0.0])
        top = center[2] + half[2] * (0.9 if radius_m < 0.05 else 1.0) + 0.05
        pieces = [
            cylinder(foot - (0, 0, 0.3), np.add(foot, (0, 0, top)), radius_m, "galvanised", PART_POLE, segments=12)
        ]
        pieces += [_clamp(foot, center, half, level) for level in (-0.6, 0.6)]
        return merge(pieces)
    arm_z = center[2] + half[2] * 0.55
    tip = np.array([behind, center[1], arm_z])
    bend = np.array([0.0, 0.0, arm_z - 0.35])
    across = np.array([tip[0], tip[1], 0.0])
    across /= max(float(np.linalg.norm(across)), 1e-9)
    path = np.array(
        [
            (0.0, 0.0, arm_z - 0.5),
            bend,
            bend + across * 0.15 + (0, 0, 0.25),
            (*(across[:2] * 0.45), arm_z),
            tip,
            tip + across * 0.12,
        ]
    )
    pieces = [
        cylinder((0, 0, -0.3), (0, 0, arm_z - 0.45), radius_m * 1.25, "galvanised", PART_POLE, radius_m, segments=12),
        cylinder((0, 0, 0), (0, 0, 0.35), radius_m * 1.9, "galvanised", PART_POLE, segments=12),
        sweep(path, np.linspace(radius_m * 0.95, radius_m * 0.7, len(path)), "galvanised", PART_POLE, segments=10),
        _clamp(tip, center, half, 0.55),
    ]
    return merge(pieces)


def _clamp(pole: Float64, center: Float64, half: Float64, level: float) -> Mesh:
    """A bracket from the pole to the back of the head."""
    z = center[2] + level * half[2]
    start, end = np.array([pole[0], pole[1], z]), np.array([center[0] - half[0] * 0.8, center[1], z])
    middle, size = 0.5 * (start + end), np.abs(end - start)
    return box(middle, (size[0] + 0.02, max(size[1], 0.04), 0.04), "galvanised", PART_POLE)

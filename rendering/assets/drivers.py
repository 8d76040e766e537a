"""Who sits at the wheel: a handful of people that all driven vehicles with a cabin share, each placed on its vehicle's seat.

A driver is one mesh of some thousand triangles, whole: trunk leaning back with the seat, hands on the rim, feet on the pedals.
It carries its vehicle's instance and class, and the part INTERIOR. A vehicle whose `role_name` says that it is parked has none.
The backrest angle is 20 degrees in cars, 11 in tall cabins (SAE J1100: torso angles of 8 to 25 degrees).
Tested by tests/rendering/test_drivers.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rendering.assets.buses import driver_seat_of_bus
from rendering.assets.car_body import Form, form_of
from rendering.assets.car_interior import driver_seat
from rendering.assets.farm_tractors import DRIVER_SEAT_M
from rendering.assets.parts import Part, PoseKind
from rendering.assets.people import person_meshes
from rendering.assets.riders import seated
from rendering.assets.vehicles import shell_of
from rendering.materials import linear_from_srgb
from rendering.mesh import Mesh
from sim.base.errors import RenderError
from sim.base.parts import PartKind
from sim.catalogue.gait import Body, Pose, body_of
from sim.catalogue.spec import VehicleSpec, WalkerSpec

Float64 = NDArray[np.float64]

_PARKED = "parked"
_WITHOUT_CABIN = ("motorcycle", "bicycle", "scooter")
_LEAN_RAD, _UPRIGHT_LEAN_RAD = -0.34, -0.20
_HIPS_FROM_CUSHION_M = np.array([-0.05, 0.0, 0.085])
_PEOPLE = (("male", 1.74, 0.45), ("female", 1.64, 0.40), ("male", 1.80, 0.46), ("female", 1.68, 0.41))
_TOPS = ((38, 44, 58), (120, 124, 128), (96, 30, 34), (214, 212, 204), (44, 84, 120), (62, 74, 52), (28, 28, 30))
_TROUSERS = ((32, 38, 58), (44, 44, 46), (74, 66, 56))
_SKINS, _HAIRS = (
    ((214, 172, 140), (232, 190, 160), (150, 104, 76), (94, 62, 44)),
    ((60, 42, 30), (28, 24, 22), (120, 96, 64)),
)
_ROOM_OVER_HEAD_M = 0.06
_HEAD_M, _HEAD_CELL_M, _BODY_CELL_M = 0.27, 0.016, 0.036


def is_parked(attributes: Mapping[str, str]) -> bool:
    """Whether a vehicle's role says that nobody drives it: `parked`, `parked_van`, `van_parked_2`."""
    return _PARKED in attributes.get("role_name", "").lower().split("_")


def driver_parts(spec: VehicleSpec, key: int) -> tuple[Part, ...]:
    """The driver of a vehicle, none of two-wheelers, whose rider is a part of theirs; `key` picks who it is."""
    seat = _seat_of(spec)
    if seat is None:
        return ()
    who = (key * 7 + 3) % len(_PEOPLE)
    upright = spec.body not in ("hatchback", "saloon", "estate", "suv", "pickup")
    slots = np.full((5, 3), 0.3, np.float32)
    for slot, colors in enumerate((_TOPS, _TROUSERS, _SKINS, _HAIRS), start=1):
        slots[slot] = linear_from_srgb(colors[(key * (2 * slot + 1) + who) % len(colors)])
    sunk = 0.0 if spec.body == "tractor" else _sunk_m(spec, _head_top_m(who, upright), seat)
    place = (seat[0], seat[1], seat[2] - sunk)
    return (Part((_driver(who, upright),), PoseKind.PLACED, spec.object_class, slots, position_m=place),)


@cache
def _seat_of(spec: VehicleSpec) -> tuple[float, float, float] | None:
    """Where the driver's hips are, in the vehicle's frame."""
    if spec.body in _WITHOUT_CABIN:
        return None
    if spec.body == "tractor":
        cushion = DRIVER_SEAT_M
    elif spec.body == "bus":
        cushion = driver_seat_of_bus(_form(spec))
    else:
        cushion = driver_seat(_form(spec))
    x, y, z = np.asarray(cushion) + _HIPS_FROM_CUSHION_M
    return float(x), float(y), float(z)


def _form(spec: VehicleSpec) -> Form:
    return form_of(shell_of(spec))


def _sunk_m(spec: VehicleSpec, head_top_m: float, seat: tuple[float, float, float]) -> float:
    """How much lower somebody sits so that the head stays under the roof, as seats are set for tall people."""
    head_x = seat[0] - 0.18
    roof = float(_form(spec).top_m(np.array([head_x]), np.array([seat[1]]))[0]) - 0.05
    return float(np.clip(seat[2] + head_top_m + _ROOM_OVER_HEAD_M - roof, 0.0, 0.24))


@cache
def _driver(who: int, upright: bool) -> Mesh:
    """A seated person about the hips."""
    gender, height_m, shoulders_m = _PEOPLE[who]
    person = WalkerSpec(
        type_id=f"driver{who}", gender=gender, age="adult", height_m=height_m, shoulder_width_m=shoulders_m, depth_m=0.26,
        walk_speed_mps=1.4, run_speed_mps=3.0, top_rgb=(0, 0, 0), trousers_rgb=(0, 0, 0), skin_rgb=(0, 0, 0),
        hair_rgb=(0, 0, 0), source="fixed",
    )  # fmt: skip
    body = body_of(person.height_m, person.shoulder_width_m, person.age)
    mesh = _coarse(person_meshes(body, person, _pose(body, upright), on_ground=False)[0])
    return replace(mesh, part=np.full(len(mesh.part), PartKind.INTERIOR, np.uint8))


def _coarse(mesh: Mesh) -> Mesh:
    """The mesh with vertices merged in small cells, one for each material: seen through a pane, a fifth of the triangles do."""
    head = mesh.vertices[:, 2] > mesh.vertices[:, 2].max() - _HEAD_M
    cell = np.where(head, _HEAD_CELL_M, _BODY_CELL_M)[:, None]
    owner = np.zeros(len(mesh.vertices), np.int64)
    owner[mesh.triangles.ravel()] = np.repeat(mesh.material, 3)
    key = np.column_stack([np.floor(mesh.vertices / cell).astype(np.int64), head, owner])
    _, index, counts = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    index = index.ravel()
    vertices, normals = (np.zeros((len(counts), 3)) for _ in range(2))
    np.add.at(vertices, index, mesh.vertices)
    np.add.at(normals, index, mesh.normals)
    vertices /= counts[:, None]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    triangles = index[mesh.triangles]
    whole = (np.diff(np.sort(triangles, axis=1), axis=1) != 0).all(axis=1)
    if mesh.uv is None:
        raise RenderError(
            "driver: found a person without texture coordinates; every mesh of people has them; rebuild the person"
        )
    uv = np.zeros((len(counts), 2))
    np.add.at(uv, index, mesh.uv)
    uv /= counts[:, None]
    return Mesh(
        vertices.astype(np.float32), normals.astype(np.float32), triangles[whole].astype(np.uint32), mesh.material[whole],
        mesh.part[whole], uv.astype(np.float32),
    )  # fmt: skip


@cache
def _head_top_m(who: int, upright: bool) -> float:
    return float(_driver(who, upright).vertices[:, 2].max())


def _pose(body: Body, upright: bool) -> Pose:
    """Hands at a quarter to three on a rim 0.19 m in radius, feet ahead on the floor, the head level."""
    lean = _UPRIGHT_LEAN_RAD if upright else _LEAN_RAD
    hands = np.array([[0.53, side * 0.18, 0.26] for side in (1.0, -1.0)])
    drop = -0.36 if upright else -0.09
    feet = np.array([[0.68 if upright else 0.74, side * 0.11, drop] for side in (1.0, -1.0)])
    pose = seated(body, np.zeros(3), hands, feet, lean)
    reach = body.height_m - (body.ankle_m + body.thigh_m + body.shank_m) - body.torso_m - body.head_m
    return replace(pose, head=pose.neck + reach * np.array([np.sin(0.3 * lean), 0.0, np.cos(0.3 * lean)]))

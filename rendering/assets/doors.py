"""Open doors, bonnets and boot lids, cut from the body of the vehicle that they belong to, and the dark opening behind them.

The leaf stands in its actor's frame, whose origin is the hinge. The opening does not swing: it is posed with the parent.
Tested by tests/rendering/test_assets_doors.py.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from rendering.assets.car_body import Shell, body_mesh, profile_at
from rendering.assets.decals import cast
from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import grid_faces, index_of, rounded_box
from rendering.assets.vehicles import shell_of
from rendering.materials import SLOT_PAINT, linear_from_srgb
from rendering.mesh import PART_BODY, PART_GLASS, Mesh, merge, shaded, transform
from sim.catalogue.doors import Door, DoorNumber, door_of
from sim.catalogue.spec import VehicleSpec
from sim.catalogue.vehicles import VEHICLES

Float64 = NDArray[np.float64]

_LEAF_M = 0.05
_OPENING_LIFT_M = 0.022
_SIDE_COLUMNS = np.array([0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0])
_LOWER_ROWS = np.linspace(0.0, 1.0, 6)
_WINDOW_ROWS = np.array([0.0, 0.06, 0.35, 0.65, 0.92, 1.0])
_LID_COLUMNS, _LID_ROWS = np.linspace(0.0, 1.0, 9), np.linspace(0.0, 1.0, 9)


def door_parts(type_id: str, name: str, color_rgb: tuple[int, int, int] | None) -> tuple[Part, ...]:
    """Leaf and opening of a vehicle's door in its colour; none when the vehicle has no such door."""
    door, spec = door_of(type_id, name), VEHICLES.get(type_id)
    if door is None or spec is None:
        return ()
    leaf, opening = _meshes(spec, door)
    slots = np.full((5, 3), 0.3, np.float32)
    slots[0] = linear_from_srgb(color_rgb if color_rgb is not None else spec.colors_rgb[0])
    return (
        Part((leaf,), PoseKind.FIXED, spec.object_class, slots, owned_by_parent=True),
        Part((opening,), PoseKind.FIXED, spec.object_class, slots, owned_by_parent=True, posed_with_parent=True),
    )


@cache
def _meshes(spec: VehicleSpec, door: Door) -> tuple[Mesh, Mesh]:
    shell = shell_of(spec)
    body = body_mesh(shell)
    hinge = np.array(door.hinge_m)
    if door.number in (DoorNumber.HOOD, DoorNumber.TRUNK):
        points, cells, inward = _lid(shell, body, door), np.zeros(0, bool), np.array([0.0, 0.0, -1.0])
    else:
        side = float(np.sign(door.hinge_m[1]))
        points, cells, inward = *_side(shell, body, door, side), np.array([0.0, -side, 0.0])
    leaf = [_leaf(points, cells, inward)]
    if not cells.size:
        low, high = np.array(door.low_m), np.array(door.high_m)
    else:
        leaf.append(_handle(points, cells, inward))
        low, high = np.array(door.low_m), np.array(door.high_m)
    mesh = _into(transform(merge(leaf), None, -hinge), low, high)
    return mesh, _opening(points, inward)


def _into(mesh: Mesh, low: Float64, high: Float64) -> Mesh:
    """The mesh, stretched to the door's box: a matter of a centimetre or two."""
    have_low, have_high = mesh.bounds()
    scale = (high - low) / np.maximum(have_high - have_low, 1e-6)
    return transform(mesh, np.diag(scale), low - have_low * scale)


def _side(shell: Shell, body: Mesh, door: Door, side: float) -> tuple[Float64, NDArray[np.bool_]]:
    """Points (rows, columns, 3) of the flank between the door's shut lines, from the sill up, and which cells are glass."""
    fraction = door.edges[0] + _SIDE_COLUMNS * (door.edges[1] - door.edges[0])
    x = shell.nose_x_m - fraction * shell.length_m
    belt = profile_at(shell.style.belt, fraction) * shell.height_m - 0.03
    roof = profile_at(shell.style.top, fraction) * shell.height_m - 0.115
    low = np.full_like(x, door.hinge_m[2])
    for axle in shell.axles_x_m:
        square = (shell.arch_radius_m + 0.03) ** 2 - (x - axle) ** 2
        low = np.maximum(low, np.where(square > 0.0, shell.wheel_radius_m + np.sqrt(np.maximum(square, 0.0)), 0.0))
    top = np.maximum(np.minimum(roof, door.hinge_m[2] + door.high_m[2]), belt + 0.04)
    lower = low + _LOWER_ROWS[:, None] * (belt - low)
    upper = belt + _WINDOW_ROWS[1:, None] * (top - belt)
    z = np.concatenate([lower, upper])
    points = _cast(body, np.broadcast_to(x, z.shape), z, side, shell.half_width_m)
    glass = np.zeros((len(z) - 1, len(x) - 1), bool)
    glass[len(_LOWER_ROWS) : -1, 1:-1] = True
    return points, glass


def _cast(body: Mesh, x: Float64, z: Float64, side: float, half_width_m: float) -> Float64:
    start = np.stack([x, np.full_like(x, side * (half_width_m + 1.0)), z], axis=-1).reshape(-1, 3)
    distance, _ = cast(body, start, np.array([0.0, -side, 0.0]))
    distance = np.where(np.isfinite(distance), distance, np.median(distance[np.isfinite(distance)]))
    start[:, 1] -= side * distance
    return start.reshape(*x.shape, 3)


def _lid(shell: Shell, body: Mesh, door: Door) -> Float64:
    """Points (rows, columns, 3) of the bonnet or the boot lid, from its front back, from right to left."""
    first = door.hinge_m[0] + np.array([door.high_m[0], door.low_m[0]])
    x = first[0] + _LID_ROWS * (first[1] - first[0])
    y = door.low_m[1] + _LID_COLUMNS * (door.high_m[1] - door.low_m[1])
    grid_x, grid_y = np.meshgrid(x, y, indexing="ij")
    start = np.stack([grid_x, grid_y, np.full_like(grid_x, shell.height_m + 1.0)], axis=-1).reshape(-1, 3)
    distance, _ = cast(body, start, np.array([0.0, 0.0, -1.0]))
    distance = np.where(np.isfinite(distance), distance, np.median(distance[np.isfinite(distance)]))
    start[:, 2] -= distance
    return start.reshape(*grid_x.shape, 3)


def _leaf(points: Float64, glass: NDArray[np.bool_], inward: Float64) -> Mesh:
    """A closed plate: the skin outside in paint with its pane, black trim inside, paint round the edge."""
    rows, columns = points.shape[:2]
    outer = points.reshape(-1, 3)
    inner = outer + _LEAF_M * inward
    faces = grid_faces(rows, columns, closed=False)
    if not _looks(outer, faces, -inward):
        faces = faces[:, ::-1]
    count = len(outer)
    pane = np.repeat(glass.ravel(), 2) if glass.size else np.zeros(len(faces), bool)
    index = np.arange(count).reshape(rows, columns)
    rim = np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]])
    following = np.roll(rim, -1)
    edge = np.concatenate(
        [np.stack([rim, following, following + count], 1), np.stack([rim, following + count, rim + count], 1)]
    )
    both = np.concatenate([outer, inner])
    middle = both.mean(axis=0)
    normal = np.cross(both[edge[:, 1]] - both[edge[:, 0]], both[edge[:, 2]] - both[edge[:, 0]])
    if np.mean(np.einsum("ij,ij->i", normal, both[edge[:, 0]] - middle)) < 0.0:
        edge = edge[:, ::-1]
    trim, glazing = index_of("plastic_black"), index_of("glass_car")
    return shaded(
        both,
        np.concatenate([faces, faces[:, ::-1] + count, edge]),
        np.concatenate(
            [np.where(pane, glazing, SLOT_PAINT), np.where(pane, glazing, trim), np.full(len(edge), SLOT_PAINT)]
        ),
        np.concatenate([np.where(pane, PART_GLASS, PART_BODY)] * 2 + [np.full(len(edge), PART_BODY)]),
        crease_deg=30.0,
    )


def _handle(points: Float64, glass: NDArray[np.bool_], inward: Float64) -> Mesh:
    """The grip near the rear edge, under the window line."""
    at = points[len(_LOWER_ROWS) - 2, -2]
    return rounded_box(at - 0.008 * inward, (0.17, 0.03, 0.028), 0.012, SLOT_PAINT, segments=2)


def _opening(points: Float64, inward: Float64) -> Mesh:
    """What an open door leaves: darkness, laid over the body in the vehicle's frame."""
    rows, columns = points.shape[:2]
    outer = points.reshape(-1, 3) - _OPENING_LIFT_M * inward
    faces = grid_faces(rows, columns, closed=False)
    if not _looks(outer, faces, -inward):
        faces = faces[:, ::-1]
    return shaded(outer, faces, index_of("underbody"), PART_BODY, crease_deg=60.0)


def _looks(points: Float64, faces: NDArray[np.int64], direction: Float64) -> bool:
    normal = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    return bool(np.sum(normal @ direction) > 0.0)

"""City, touring and school buses: big panes, doors on the right, rows of seats, a lit destination sign."""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from rendering.assets import car_details as details
from rendering.assets import car_lamps as lamps
from rendering.assets import car_outlines as outlines
from rendering.assets.car_body import Form, Shell, body_skin, form_of
from rendering.assets.car_interior import CABIN_WALL_M, lining, seat, steering_wheel, wheel_wells
from rendering.assets.cutting import FRONT, REAR, SIDES, PictureView, Region, cut
from rendering.assets.lorry_details import tall_mirrors
from rendering.assets.solids import both_sides, box, cylinder, rounded_box
from rendering.materials import SLOT_PAINT
from rendering.mesh import PART_GLASS, PART_LAMP, Mesh, merge, pitch_matrix, transform
from sim.base.parts import PartKind
from sim.catalogue.spec import VehicleSpec

_RIGHT = PictureView((0, -1, 0), (1, 0, 0), (0, 0, 1))
_DOORS = ((0.112, 0.182), (0.552, 0.628))
_DASH_M = 0.55
"""How far the driver's panel lies behind the inside of the nose."""
_FLOOR_M = 0.42
"""How far the floor lies above the clearance: a step up from the kerb, then seats on it."""


def bus_body(spec: VehicleSpec, shell: Shell) -> list[Mesh]:
    """Skin, cabin and fittings of a bus."""
    form, school = form_of(shell), "school" in spec.type_id
    panes = [*_door_panes(form, school), *_end_panes(form), *outlines.side_glazing(form)]
    regions = [*_sign(form), *lamps.head_lamps(form, 1), *_tail_lamps(form), *_low_front(form), *panes]
    regions += outlines.bumper_trim(form, 0.16 if school else 0.10)
    if school:
        regions += [
            Region(SIDES, shapely.box(shell.x_at(0.99), z, shell.x_at(0.03), z + 0.055), "plastic_black")
            for z in (0.275 * shell.height_m, 0.345 * shell.height_m, 0.405 * shell.height_m)
        ]
    else:
        regions += _hatches(form)
    pieces = [cut(body_skin(shell), regions).mesh(), wheel_wells(form), _cabin(form, panes)]
    pieces += [tall_mirrors(form, spec.width_m / 2.0, 0.62 * shell.height_m), *_roof(spec, shell, school)]
    pieces.append(
        details.plates(form, shell.style.clearance_m + 0.20, shell.style.clearance_m + 0.38, len(spec.type_id))
    )
    pieces.append(details.underside(form, spec.track_m / 2.0, exhaust=True))
    return pieces + (_school(spec, form) if school else [])


def _door_panes(form: Form, school: bool) -> list[Region]:
    """Two-leaf doors on the right, glazed nearly to the ground."""
    shell, regions = form.shell, []
    for front, rear in _DOORS[: 1 if school else 2]:
        x0, x1 = shell.x_at(rear), shell.x_at(front)
        low, high = shell.style.clearance_m + 0.10, 0.86 * shell.height_m
        middle = 0.5 * (x0 + x1)
        for a, b in ((x0 + 0.03, middle - 0.03), (middle + 0.03, x1 - 0.03)):
            pane = outlines.soft(shapely.box(a, low + 0.16, b, high - 0.06), 0.04)
            regions.append(Region(_RIGHT, pane, "glass_car", PART_GLASS, -0.02, "gloss_black", outlines.LINER_M + 0.02))
        regions.append(Region(_RIGHT, shapely.box(x0, low, x1, high), "plastic_black", 0, -0.012, "shut_line"))
    return regions


def _end_panes(form: Form) -> list[Region]:
    half, high = form.shell.half_width_m, form.shell.height_m
    front = shapely.Polygon(
        [
            (-0.90 * half, 0.40 * high),
            (0.90 * half, 0.40 * high),
            (0.86 * half, 0.80 * high),
            (-0.86 * half, 0.80 * high),
        ]
    )
    rear = shapely.box(-0.76 * half, 0.52 * high, 0.76 * half, 0.82 * high)
    return [*outlines.upright_panes(form, FRONT, [front], 0.05), *outlines.upright_panes(form, REAR, [rear])]


def _sign(form: Form) -> list[Region]:
    """The destination sign over the windscreen: a black band with a lit field."""
    half, high = form.shell.half_width_m, form.shell.height_m
    x_m = (form.shell.nose_x_m - 1.5, np.inf)
    field = shapely.box(-0.34 * half, 0.855 * high, 0.34 * half, 0.895 * high)
    band = outlines.soft(shapely.box(-0.80 * half, 0.825 * high, 0.80 * half, 0.915 * high), 0.03)
    return [
        Region(FRONT, field, "lens_interior", PART_LAMP, 0.002, x_m=x_m),
        Region(FRONT, band, "gloss_black", 0, -0.004, x_m=x_m),
    ]


def _tail_lamps(form: Form) -> list[Region]:
    """Round lamps one over the other at both corners, and a high brake lamp."""
    shell, regions = form.shell, []
    half, x_m = shell.half_width_m, (-np.inf, shell.x_at(0.85))
    low = shell.style.tail_lamp_z[0] * shell.height_m
    for side in (1.0, -1.0):
        amber = "lens_indicator_left" if side > 0 else "lens_indicator_right"
        y = 0.82 * side * half
        names = ("lens_reverse", amber, "lens_tail", "lens_tail")
        discs = [shapely.Point(y, low + 0.05 + 0.125 * k).buffer(0.052, quad_segs=5) for k in range(4)]
        regions += [
            Region(REAR, disc, name, PART_LAMP, 0.004, x_m=x_m) for disc, name in zip(discs, names, strict=True)
        ]
        regions.append(Region(REAR, shapely.union_all(discs).buffer(0.018), "plastic_black", x_m=x_m))
    fog = shapely.box(-0.70 * half, low - 0.10, -0.58 * half, low - 0.04)
    high = shapely.box(-0.20, 0.86 * shell.height_m, 0.20, 0.885 * shell.height_m)
    return [
        *regions,
        Region(REAR, fog, "lens_fog_rear", PART_LAMP, 0.003, x_m=x_m),
        Region(REAR, high, "lens_tail", PART_LAMP, 0.003, x_m=x_m),
    ]


def _low_front(form: Form) -> list[Region]:
    """Air intake, fog lamps and the gap above the bumper."""
    shell = form.shell
    half, floor = shell.half_width_m, shell.style.clearance_m
    x_m = (shell.nose_x_m - 1.2, np.inf)
    mouth = outlines.soft(shapely.box(-0.42 * half, floor + 0.34, 0.42 * half, floor + 0.46), 0.02)
    out = [Region(FRONT, mouth, "grille", 0, -0.02, "plastic_black", x_m=x_m)]
    for side in (1.0, -1.0):
        lens = shapely.Point(0.72 * side * half, floor + 0.17).buffer(0.05, quad_segs=5)
        out.append(Region(FRONT, lens, "lens_fog", PART_LAMP, -0.006, "plastic_black", x_m=x_m))
    gap = shapely.box(-2.0, floor + 0.30, 2.0, floor + 0.308)
    out.append(Region(FRONT, gap, "shut_line", x_m=x_m))
    return out


def _hatches(form: Form) -> list[Region]:
    """Luggage hatches along the flanks and a coloured band at the belt."""
    shell = form.shell
    low, high = shell.style.clearance_m + 0.14, 0.36 * shell.height_m
    edges = np.linspace(0.20, 0.96, 7)
    arches = shapely.union_all(
        [shapely.Point(a, shell.wheel_radius_m).buffer(shell.arch_radius_m + 0.08) for a in shell.axles_x_m]
    )
    out: list[Region] = []
    for front, rear in itertools.pairwise(edges):
        panel: BaseGeometry = shapely.box(shell.x_at(rear) + 0.02, low, shell.x_at(front) - 0.02, high).difference(
            arches
        )
        out.append(Region(SIDES, panel.boundary.buffer(outlines.GAP_M, join_style="mitre"), "shut_line"))
    return out


def _cabin(form: Form, panes: list[Region]) -> Mesh:
    """Lining, floor, driver's place, seats in pairs with an aisle, yellow hand rails."""
    shell = form.shell
    front, rear = shell.x_at(0.0) - 0.16, shell.x_at(1.0) + 0.16
    pieces = [lining(form, panes, front, rear)]
    half, floor = shell.half_width_m - CABIN_WALL_M, shell.style.clearance_m + _FLOOR_M
    dash = front - _DASH_M
    belt = 0.40 * shell.height_m
    pieces.append(rounded_box((dash + 0.18, 0.35 * half, belt - 0.12), (0.50, 1.2 * half, 0.24), 0.06, "dashboard"))
    pieces.append(steering_wheel(dash - 0.14, 0.52 * half, belt - 0.02, 0.24, 0.95))
    pieces.append(seat(*driver_seat_of_bus(form), 0.50, "seat_dark"))
    pieces.append(box((0.5 * (front + rear), 0, floor), (front - rear - 0.3, 2 * half, 0.03), "interior"))
    door_x = [0.5 * (shell.x_at(a) + shell.x_at(b)) for a, b in _DOORS]
    for x in np.arange(dash - 1.65, rear + 0.55, -0.80):
        for side in (1.0, -1.0):
            if side < 0 and min(abs(x - d) for d in door_x) < 0.85:
                continue
            pieces.append(_bench(x, side * 0.64 * half, floor + 0.42, 0.66 * half))
    pieces += [
        both_sides(cylinder((x, 0.26 * half, floor), (x, 0.26 * half, 0.93 * shell.height_m), 0.018, "plastic_yellow", segments=6))
        for x in np.arange(dash - 1.6, rear + 1.0, -1.6)
    ]  # fmt: skip
    return merge(pieces)


def driver_seat_of_bus(form: Form) -> tuple[float, float, float]:
    """Middle of the cushion of the driver's seat."""
    shell = form.shell
    return (
        shell.x_at(0.0) - 0.16 - _DASH_M - 0.62,
        0.52 * (shell.half_width_m - CABIN_WALL_M),
        0.40 * shell.height_m - 0.30,
    )


def _bench(x: float, y: float, z: float, width_m: float) -> Mesh:
    """A double seat in few triangles: there are dozens of them."""
    back = transform(box((0, 0, 0.36), (0.09, width_m, 0.72), "seat_grey"), pitch_matrix(-0.20), (x - 0.22, y, z))
    return merge([box((x + 0.02, y, z), (0.44, width_m, 0.12), "seat_grey"), back])


def _roof(spec: VehicleSpec, shell: Shell, school: bool) -> list[Mesh]:
    """Air conditioning, or the hatches of a school bus; and the marker lamps at the upper corners."""
    top, length = spec.height_m, spec.length_m
    if school:
        hatches = [
            rounded_box((x, 0, top - 0.05), (0.7, 0.7, 0.09), 0.03, SLOT_PAINT) for x in (0.22 * length, -0.25 * length)
        ]
    else:
        hatches = [
            rounded_box((-0.15 * length, 0, top - 0.07), (0.26 * length, 0.7 * spec.width_m, 0.14), 0.05, "body_white")
        ]
    return hatches


def _school(spec: VehicleSpec, form: Form) -> list[Mesh]:
    """Warning lamps in black fields at the upper corners, and the mount of the stop arm, which is an actor of its own."""
    shell, pieces = form.shell, []
    for forward, _f in ((True, 0.0), (False, 1.0)):
        sign = 1.0 if forward else -1.0
        for y, name in (
            (0.70, "lens_warning_red"),
            (0.48, "lens_warning_amber"),
            (-0.48, "lens_warning_amber"),
            (-0.70, "lens_warning_red"),
        ):
            at = np.array([y * shell.half_width_m])
            z = np.array([0.885 * shell.height_m])
            x = float(form.end_x(at, z, forward)[0])
            pieces.append(box((x, at[0], z[0]), (0.05, 0.24, 0.24), "plastic_black"))
            start, end = (x, at[0], z[0]), (x + sign * 0.045, at[0], z[0])
            pieces.append(cylinder(start, end, 0.085, name, int(PartKind.BEACON), segments=16))
    arm_x, arm_z = shell.x_at(0.30), 0.47 * shell.height_m
    arm_y = float(form.side_y(np.array([arm_x]), np.array([arm_z]))[0])
    pieces.append(box((arm_x + 0.30, arm_y + 0.01, arm_z), (0.16, 0.05, 0.12), "plastic_black"))
    return pieces

"""What one sees through a car's windows and in its wheel arches: lining, floor, dashboard, seats, steering wheel; wells.

The lining is the body's own form 4.5 cm further in, open where the panes are, so no look goes into the hollow of the hull.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.car_body import Form
from rendering.assets.car_outlines import LINER_M
from rendering.assets.cutting import Region, Skin, cut, skin_of
from rendering.assets.implicit import isosurface
from rendering.assets.solids import box, index_of, rounded_box, sweep
from rendering.mesh import PART_BODY, PART_GLASS, PART_LAMP, Mesh, merge, mirror_y, pitch_matrix, shaded, transform

Float64 = NDArray[np.float64]

_SEAT_PITCH_M, _SEAT_TO_WHEEL_M = 0.86, 0.52


def lining(form: Form, panes: list[Region], front_x_m: float, rear_x_m: float) -> Mesh:
    """The inside of doors, pillars and roof between two x, looking inwards; holes where `panes` are glass."""
    shell = form.shell
    step = 0.10 if front_x_m - rear_x_m < 4.0 else 0.16
    x = np.arange(rear_x_m - 2 * step, front_x_m + 2 * step, step)
    half = np.arange(0.5 * step, shell.half_width_m + 2 * step, step)
    z = np.arange(shell.style.clearance_m - step, shell.height_m + step, step)

    def inner(px: Float64, py: Float64, pz: Float64) -> Float64:
        ends = np.maximum(px - front_x_m, rear_x_m - px)
        return np.maximum(np.maximum(form(px, py, pz) + LINER_M, ends), shell.style.clearance_m + 0.10 - pz)

    skin = skin_of(*isosurface(inner, (x, np.concatenate([-half[::-1], half]), z)), "plastic_black")
    holes = [Region(r.view, r.outline.buffer(0.012), None, x_m=r.x_m, z_m=r.z_m) for r in panes if r.part == PART_GLASS]
    skin = cut(skin, holes)
    middle, up = skin.positions.mean(axis=1), skin.normals[..., 2].mean(axis=1)
    belt = form.belt_m(middle[:, 0])
    name = np.where((middle[:, 2] > belt) & (up > 0.35), index_of("headliner"), index_of("dashboard"))
    name = np.where(middle[:, 2] < shell.style.clearance_m + 0.16, index_of("interior"), name)
    inwards = Skin(skin.positions[:, ::-1], -skin.normals[:, ::-1], name.astype(np.uint16), skin.part)
    return inwards.mesh()


def wheel_wells(form: Form) -> Mesh:
    """The insides of the wheel arches: a flange of the body's paint, a dark drum, and its inner wall."""
    shell, pieces = form.shell, []
    angle = np.linspace(0.0, np.pi, 21)
    inner_y = shell.half_width_m - shell.well_inset_m
    for axle in shell.axles_x_m:
        x = axle + shell.arch_radius_m * np.cos(angle)
        z = shell.wheel_radius_m + shell.arch_radius_m * np.sin(angle)
        foot = shell.style.clearance_m + 0.05
        x = np.concatenate([[x[0]], x, [x[-1]]])
        z = np.concatenate([[foot], z, [foot]])
        lip = form.side_y(x, np.maximum(z, shell.style.clearance_m + 0.03))
        lip[[0, -1]] = lip[[1, -2]]
        rows = [
            np.column_stack([x, lip, z]),
            np.column_stack([x, lip - 0.018, z]),
            np.column_stack([x, np.full_like(x, inner_y), z]),
        ]
        count = len(x)
        points = np.concatenate(rows)
        faces, materials = [], []
        for row, name in ((0, shell.paint if not shell.style.cladding else "plastic_black"), (1, "underbody")):
            a = row * count + np.arange(count - 1)
            b = a + 1
            faces += [np.stack([a, b, b + count], 1), np.stack([a, b + count, a + count], 1)]
            materials += [np.full(2 * (count - 1), index_of(name))]
        drum = shaded(points, np.concatenate(faces), np.concatenate(materials), PART_BODY, crease_deg=50.0)
        outline = np.column_stack([x, np.full_like(x, inner_y), z])
        hub = np.array([[axle, inner_y, foot]])
        wall = shaded(
            np.concatenate([outline, hub]),
            np.stack([np.full(count - 1, count), np.arange(1, count), np.arange(count - 1)], 1),
            index_of("underbody"),
        )
        pieces += [
            _looking(drum, np.array([axle, lip.mean(), shell.wheel_radius_m])),
            _looking(wall, np.array([axle, 9.0, 0.3])),
        ]
    left = merge(pieces)
    return merge([left, mirror_y(left)])


def _looking(mesh: Mesh, at: Float64) -> Mesh:
    """The mesh wound so that most of it looks at a point."""
    corner = mesh.vertices[mesh.triangles].astype(np.float64)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    if np.einsum("ij,ij->", normal, at - corner.mean(axis=1)) > 0.0:
        return mesh
    return Mesh(mesh.vertices, -mesh.normals, mesh.triangles[:, ::-1].copy(), mesh.material, mesh.part, mesh.uv)


def seat(x: float, y: float, z: float, width_m: float, material: str = "seat_dark", headrest: bool = True) -> Mesh:
    """A seat whose cushion's middle lies at (x, y, z); the back leans 20 degrees."""
    back = rounded_box((0, 0, 0.30), (0.13, width_m, 0.60), 0.05, material, segments=2)
    pieces = [rounded_box((x + 0.02, y, z), (0.50, width_m, 0.15), 0.06, material, segments=2)]
    pieces.append(transform(back, pitch_matrix(-0.35), (x - 0.24, y, z + 0.02)))
    if headrest:
        rest = rounded_box((0, 0, 0.70), (0.09, min(0.26, width_m * 0.6), 0.17), 0.04, material, segments=2)
        pieces.append(transform(rest, pitch_matrix(-0.35), (x - 0.24, y, z + 0.02)))
    return merge(pieces)


def steering_wheel(x: float, y: float, z: float, radius_m: float = 0.185, tilt_rad: float = 0.42) -> Mesh:
    """Rim, hub, three spokes; its axis points back and up."""
    angle = np.linspace(0.0, 2.0 * np.pi, 19)
    ring = np.stack([np.zeros(19), radius_m * np.cos(angle), radius_m * np.sin(angle)], axis=1)
    pieces = [sweep(ring, 0.014, "dashboard", segments=5)]
    pieces.append(rounded_box((0.01, 0, 0), (0.05, 0.12, 0.10), 0.02, "dashboard", segments=2))
    pieces += [box((0.0, s * radius_m * 0.55, 0.0), (0.015, radius_m * 0.9, 0.03), "dashboard") for s in (1, -1)]
    pieces.append(box((0.0, 0.0, -radius_m * 0.5), (0.015, 0.035, radius_m * 0.9), "dashboard"))
    return transform(merge(pieces), pitch_matrix(-tilt_rad), (x, y, z))


def dashboard(form: Form, x: float, half_m: float) -> Mesh:
    """The panel under the windscreen, from the cowl to `x`, with its instrument hood and the middle console."""
    belt = float(form.belt_m(np.array([x]))[0])
    front = form.shell.x_at(max(form.shell.style.windscreen[0], 0.01)) - 0.02
    skin = form.end_x(np.array([0.9 * half_m]), np.array([belt - 0.1]), True) - 0.06
    front = min(front, float(skin[0]))
    x = min(x, front - 0.25)
    depth = front - x
    top = rounded_box((x + 0.5 * depth, 0, belt - 0.10), (depth, 2 * half_m, 0.20), 0.05, "dashboard", segments=2)
    hood = rounded_box((x + 0.08, 0.40 * half_m, belt + 0.01), (0.20, 0.36, 0.10), 0.04, "dashboard", segments=2)
    console = rounded_box((x - 0.35, 0, belt - 0.40), (0.75, 0.22, 0.30), 0.04, "dashboard", segments=2)
    screen = box((x - 0.012, 0.0, belt + 0.01), (0.015, 0.26, 0.13), "gloss_black")
    return merge([top, hood, console, screen])


def dome_lamp(form: Form, x: float) -> Mesh:
    """The lamp under the roof at x."""
    top = float(form.top_m(np.array([x]), np.zeros(1))[0])
    return box((x, 0.0, top - LINER_M - 0.012), (0.10, 0.20, 0.02), "lens_interior", PART_LAMP)


def driver_seat(form: Form, left_hand: bool = True) -> tuple[float, float, float]:
    """Middle of the cushion of the driver's seat of a car or a lorry's cab."""
    shell, style = form.shell, form.shell.style
    wind = style.windscreen if style.windscreen[1] > 0.0 else (0.02, 0.06)
    wheel_x = shell.x_at(style.side_windows[0][0]) - 0.30 * 0.5
    wheel_x = min(wheel_x, shell.x_at(wind[1]) + 0.62)
    belt = float(form.belt_m(np.array([wheel_x]))[0])
    half = shell.half_width_m - CABIN_WALL_M
    side = 0.36 * half / 0.75
    return wheel_x - _SEAT_TO_WHEEL_M, side if left_hand else -side, belt - 0.36


def cabin(form: Form, panes: list[Region], rows: int, rear_f: float, left_hand: bool = True) -> Mesh:
    """Lining, dashboard and `rows` rows of seats of a car; `rear_f` is where its cabin ends."""
    shell, style = form.shell, form.shell.style
    wind = style.windscreen if style.windscreen[1] > 0.0 else (0.02, 0.06)
    front_x = shell.x_at(max(wind[0] - 0.03, 0.012))
    rear_x = shell.x_at(rear_f)
    pieces = [lining(form, panes, front_x, rear_x)]
    half = shell.half_width_m - CABIN_WALL_M
    first, side, seat_z = driver_seat(form, left_hand)
    wheel_x = first + _SEAT_TO_WHEEL_M
    belt = float(form.belt_m(np.array([wheel_x]))[0])
    pieces.append(dashboard(form, wheel_x + 0.16, half))
    pieces.append(steering_wheel(wheel_x, side, belt - 0.01))
    for row in range(rows):
        x = first - row * _SEAT_PITCH_M
        if x - 0.45 < rear_x:
            break
        if row == 0:
            pieces += [seat(x, s * abs(side), seat_z, min(0.50, 0.66 * half)) for s in (1.0, -1.0)]
        else:
            pieces.append(seat(x, 0.0, seat_z + 0.02, 1.72 * half, headrest=False))
            back = np.array([x - 0.50])
            if float(form.top_m(back, np.full(1, 0.5 * half))[0]) < seat_z + 0.88:
                continue
            pieces += [
                transform(
                    rounded_box((0, 0, 0.68), (0.08, 0.24, 0.14), 0.04, "seat_dark", segments=2),
                    pitch_matrix(-0.35),
                    (x - 0.24, y, seat_z + 0.03),
                )
                for y in (-0.55 * half, 0.55 * half)
            ]
    if style.rear_window is not None and style.rear_window[1] < 0.95 and style.cargo_bed is None:
        shelf = 0.5 * (shell.x_at(style.rear_window[1]) + first - _SEAT_PITCH_M - 0.4)
        run = max(first - _SEAT_PITCH_M - 0.35 - shell.x_at(style.rear_window[1]), 0.1)
        pieces.append(box((shelf, 0.0, belt + 0.0), (run, 1.8 * half, 0.03), "seat_dark"))
    mirror_x = shell.x_at(wind[1]) + 0.10
    top = float(form.top_m(np.array([mirror_x]), np.zeros(1))[0])
    pieces.append(dome_lamp(form, mirror_x - 0.22))
    pieces.append(rounded_box((mirror_x, 0, top - 0.11), (0.03, 0.22, 0.06), 0.012, "dashboard", segments=2))
    return merge(pieces)


CABIN_WALL_M = 0.16
"""From the widest point of the body to the inner side of the doors."""

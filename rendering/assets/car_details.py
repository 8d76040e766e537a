"""What is fixed to a car's shell: lamps, grille, plates, bumpers, mirrors, handles, shut lines, roof equipment."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rendering.assets.car_body import Shell, profile_at
from rendering.assets.car_styles import BodyStyle
from rendering.assets.decals import decal
from rendering.assets.solids import MaterialName, both_sides, box, cylinder, rounded_box
from rendering.mesh import PART_BODY, PART_GLASS, PART_LAMP, Mesh, merge

_BACKWARD = (-1.0, 0.0, 0.0)
_FORWARD = (1.0, 0.0, 0.0)
_FROM_LEFT = (0.0, -1.0, 0.0)
_FINE = (12, 3)


def front_patch(
    shell: Shell,
    body: Mesh,
    y: tuple[float, float],
    z: tuple[float, float],
    material: MaterialName,
    part: int = PART_BODY,
    cells: tuple[int, int] = (6, 2),
    uv: bool = False,
    taper: float = 0.0,
    lift_m: float = 0.010,
) -> Mesh:
    """A patch on the nose: y as fractions of the half width (left positive), z as fractions of the height.

    `taper` raises the lower edge at the end nearer to the middle, by this share of the patch's height.
    """
    right, left = (value * shell.half_width_m for value in sorted(y))
    low, high = (value * shell.height_m for value in z)
    x = shell.nose_x_m + 1.0
    lift_right, lift_left = (taper * (high - low), 0.0) if right >= 0.0 else (0.0, taper * (high - low))
    corners = [(x, right, low + lift_right), (x, left, low + lift_left), (x, left, high), (x, right, high)]
    return decal(body, corners, _BACKWARD, material, part, cells, lift_m=lift_m, uv=uv)


def rear_patch(
    shell: Shell,
    body: Mesh,
    y: tuple[float, float],
    z: tuple[float, float],
    material: MaterialName,
    part: int = PART_BODY,
    cells: tuple[int, int] = (6, 2),
    uv: bool = False,
    lift_m: float = 0.010,
) -> Mesh:
    """A patch on the tail, in the same fractions."""
    right, left = (value * shell.half_width_m for value in sorted(y))
    low, high = (value * shell.height_m for value in z)
    x = shell.nose_x_m - shell.length_m - 1.0
    corners = [(x, left, low), (x, right, low), (x, right, high), (x, left, high)]
    return decal(body, corners, _FORWARD, material, part, cells, lift_m=lift_m, uv=uv)


def side_patch(
    shell: Shell,
    body: Mesh,
    f: tuple[float, float],
    z_m: tuple[float, float],
    material: MaterialName,
    part: int = PART_BODY,
    cells: tuple[int, int] = (2, 4),
    lift_m: float = 0.003,
) -> Mesh:
    """A patch on both flanks between fractions `f` of the length from the nose and heights in metres."""
    y = shell.half_width_m + 1.0
    front, rear = (shell.nose_x_m - value * shell.length_m for value in f)
    corners = [(front, y, z_m[0]), (rear, y, z_m[0]), (rear, y, z_m[1]), (front, y, z_m[1])]
    return both_sides(decal(body, corners, _FROM_LEFT, material, part, cells, lift_m=lift_m))


def lamps(shell: Shell, body: Mesh) -> Mesh:
    """Head lamps, indicators, tail and brake lamps, reversing lamps, all wrapped round the corners."""
    style = shell.style
    head, tail = style.head_lamp_z, style.tail_lamp_z
    out = []
    for side in (1.0, -1.0):
        name = "lens_indicator_left" if side > 0 else "lens_indicator_right"
        out.append(
            front_patch(shell, body, (0.52 * side, 0.90 * side), head, "lens_head", PART_LAMP, _FINE, taper=0.25)
        )
        out.append(front_patch(shell, body, (0.905 * side, 0.95 * side), head, name, PART_LAMP, _FINE))
        split = tail[0] + 0.62 * (tail[1] - tail[0])
        low_split = tail[0] + 0.36 * (tail[1] - tail[0])
        out.append(rear_patch(shell, body, (0.60 * side, 0.94 * side), (split, tail[1]), "lens_tail", PART_LAMP, _FINE))
        out.append(
            rear_patch(shell, body, (0.77 * side, 0.94 * side), (low_split, split - 0.004), name, PART_LAMP, _FINE)
        )
        out.append(
            rear_patch(
                shell, body, (0.60 * side, 0.765 * side), (low_split, split - 0.004), "lens_reverse", PART_LAMP, _FINE
            )
        )
        out.append(
            rear_patch(
                shell, body, (0.60 * side, 0.94 * side), (tail[0], low_split - 0.004), "lens_tail", PART_LAMP, _FINE
            )
        )
        out.append(
            rear_patch(shell, body, (0.66 * side, 0.90 * side), (0.235, 0.255), "reflector_red", PART_LAMP, (4, 1))
        )
        low = style.clearance_m / shell.height_m + 0.06
        fog = (0.66 * side, 0.80 * side)
        out.append(front_patch(shell, body, fog, (low, low + 0.05), "lens_fog", PART_LAMP, (4, 3), lift_m=0.02))
    out.append(rear_patch(shell, body, (0.52, 0.62), (0.24, 0.275), "lens_fog_rear", PART_LAMP, (4, 2)))
    if style.windscreen[1] > 0.0:
        top = float(profile_at(style.top, np.array([style.windscreen[1]]))[0]) - 0.035
        out.append(front_patch(shell, body, (-0.14, 0.14), (top - 0.03, top), "lens_interior", PART_LAMP, (4, 2)))
    if style.rear_window is not None and style.cargo_bed is None:
        f = style.rear_window[0] - 0.012
        z = float(profile_at(style.top, np.array([f]))[0]) * shell.height_m
        x = shell.nose_x_m - f * shell.length_m
        out.append(box((x, 0.0, z + 0.004), (0.03, 0.30, 0.02), "lens_tail", PART_LAMP))
    return merge(out)


def fascias(shell: Shell, body: Mesh, grille: bool = True) -> Mesh:
    """Grille, air intake, lower bumper trim and number plates at both ends."""
    style, out = shell.style, []
    low, high = style.head_lamp_z
    floor = style.clearance_m / shell.height_m
    plate_half = 0.26 / shell.half_width_m
    plate_rise = 0.112 / shell.height_m
    if grille:
        out.append(front_patch(shell, body, (-0.46, 0.46), (low - 0.045, high - 0.02), "plastic_black"))
        for k in range(3):
            z = low - 0.035 + k * (high - low + 0.01) / 3.0
            out.append(front_patch(shell, body, (-0.44, 0.44), (z, z + 0.006), "chrome", cells=(6, 1), lift_m=0.016))
    out.append(front_patch(shell, body, (-0.60, 0.60), (floor + 0.055, floor + 0.125), "plastic_black"))
    out.append(front_patch(shell, body, (-0.97, 0.97), (floor + 0.01, floor + 0.045), "plastic_black", cells=(14, 1)))
    out.append(rear_patch(shell, body, (-0.97, 0.97), (floor + 0.01, floor + 0.075), "plastic_black", cells=(14, 1)))
    plate_z = low - 0.06 - plate_rise if low - 0.06 - plate_rise > floor + 0.10 else floor + 0.08
    out.append(
        front_patch(
            shell,
            body,
            (-plate_half, plate_half),
            (plate_z, plate_z + plate_rise),
            "number_plate",
            cells=(2, 1),
            uv=True,
            lift_m=0.018,
        )
    )
    rear_z = max(style.tail_lamp_z[0] - 0.06, floor + 0.10)
    out.append(
        rear_patch(
            shell,
            body,
            (-plate_half, plate_half),
            (rear_z, rear_z + plate_rise),
            "number_plate",
            cells=(2, 1),
            uv=True,
            lift_m=0.018,
        )
    )
    return merge(out)


def doors(shell: Shell, body: Mesh) -> Mesh:
    """Shut lines around the side doors and their handles, on both flanks."""
    style, out = shell.style, []
    edges = [style.side_windows[0][0] - 0.015]
    edges += [0.5 * (a[1] + b[0]) for a, b in zip(style.side_windows, style.side_windows[1:], strict=False)][:2]
    if len(style.side_windows) == 1:
        edges.append(style.side_windows[0][1] + 0.012)
    elif len(edges) == 2:
        edges.append(style.side_windows[-1][1] - 0.01)
    half_gap = 0.0035 / shell.length_m
    sill = style.clearance_m + 0.13
    for index, f in enumerate(edges):
        x = shell.nose_x_m - f * shell.length_m
        near = min(abs(x - axle) for axle in shell.axles_x_m) < shell.arch_radius_m + 0.03
        low = shell.wheel_radius_m + shell.arch_radius_m + 0.03 if near else sill
        belt = float(profile_at(style.belt, np.array([f]))[0]) * shell.height_m
        out.append(side_patch(shell, body, (f - half_gap, f + half_gap), (low, belt - 0.03), "underbody", lift_m=0.001))
        if index:
            handle_x = x + 0.14
            y = _flank_y(shell, f - 0.14 / shell.length_m)
            out.append(
                both_sides(
                    rounded_box(
                        (handle_x, y + 0.002, belt - 0.13), (0.17, 0.035, 0.028), 0.012, shell.paint, segments=2
                    )
                )
            )
    front, rear = edges[0], edges[-1]
    out.append(side_patch(shell, body, (front, rear), (sill - 0.006, sill), "underbody", cells=(8, 1), lift_m=0.001))
    return merge(out)


def _flank_y(shell: Shell, f: float) -> float:
    return float(profile_at(shell.style.plan, np.array([f]))[0]) * shell.half_width_m - 0.018


def mirrors(shell: Shell, outer_y_m: float) -> Mesh:
    """Door mirrors on the front corner of the side window; their outer edge lies at `outer_y_m`."""
    f = max(shell.style.side_windows[0][0] - 0.005, 0.02)
    x = shell.nose_x_m - f * shell.length_m
    z = float(profile_at(shell.style.belt, np.array([f]))[0]) * shell.height_m + 0.075
    tall = 0.15 if shell.height_m < 2.2 else 0.32
    inner = min(outer_y_m - 0.17, shell.half_width_m - 0.09)
    center_y = 0.5 * (inner + outer_y_m)
    housing = rounded_box((x, center_y, z + 0.5 * (tall - 0.15)), (0.11, outer_y_m - inner, tall), 0.045, shell.paint)
    pane_y = 0.5 * (outer_y_m + inner) + 0.01
    pane = box(
        (x - 0.0535, pane_y, z + 0.5 * (tall - 0.15)),
        (0.004, outer_y_m - inner - 0.07, tall - 0.05),
        "mirror_glass",
        PART_GLASS,
    )
    foot = box((x, inner + 0.01, z - 0.065), (0.07, 0.06, 0.05), "plastic_black")
    blinker = box((x + 0.047, center_y + 0.02, z - 0.01), (0.02, 0.09, 0.015), "reflector_amber", PART_LAMP)
    return both_sides(merge([housing, pane, foot, blinker]))


def light_bar(center: ArrayLike, width_m: float, height_m: float) -> Mesh:
    """A roof bar with two halves that flash in turn; bottom of the feet at `center`'s z."""
    x, y, z = np.asarray(center, np.float64)
    quarter = width_m / 4.0
    mid = z + 0.35 * height_m
    left = rounded_box(
        (x, y + quarter, mid + 0.325 * height_m),
        (0.28, width_m / 2 - 0.06, 0.65 * height_m),
        0.03,
        "beacon_left",
        PART_LAMP,
    )
    right = rounded_box(
        (x, y - quarter, mid + 0.325 * height_m),
        (0.28, width_m / 2 - 0.06, 0.65 * height_m),
        0.03,
        "beacon_right",
        PART_LAMP,
    )
    base = box((x, y, z + 0.18 * height_m), (0.26, width_m, 0.36 * height_m), "plastic_black")
    return merge([base, left, right])


def roof_sign(center: ArrayLike, size: ArrayLike) -> Mesh:
    """The lit box on a taxi's roof; bottom at `center`'s z."""
    x, y, z = np.asarray(center, np.float64)
    depth, width, height = np.asarray(size, np.float64)
    sign = rounded_box((x, y, z + height / 2.0), (depth, width, height), 0.03, "plastic_yellow", PART_BODY)
    return merge([sign, box((x, y, z + 0.01), (depth + 0.05, width + 0.05, 0.02), "plastic_black")])


def wipers(shell: Shell) -> Mesh:
    """Two arms at the foot of the windscreen."""
    f = shell.style.windscreen[0]
    x = shell.nose_x_m - f * shell.length_m
    z = float(profile_at(shell.style.top, np.array([f]))[0]) * shell.height_m
    dx = 0.06
    return merge(
        [
            cylinder((x - 0.02, y, z + 0.012), (x - 0.02 - dx, y - 0.5, z + 0.055), 0.008, "plastic_black", segments=5)
            for y in (0.55 * shell.half_width_m, -0.05)
        ]
    )


def floor_pan(shell: Shell, y_half_m: float) -> Mesh:
    """Exhaust and axles under the floor: what one sees beneath a car is not empty."""
    parts = [
        cylinder(
            (x, -y_half_m, shell.wheel_radius_m), (x, y_half_m, shell.wheel_radius_m), 0.05, "underbody", segments=8
        )
        for x in shell.axles_x_m
    ]
    return merge(parts)


def style_fraction_x(shell: Shell, fraction: float) -> float:
    """x of a fraction of the length from the nose."""
    return shell.nose_x_m - fraction * shell.length_m


def roof_height_m(style: BodyStyle, height_m: float, fraction: float) -> float:
    """Height of the roof's centre line at a fraction of the length."""
    values: NDArray[np.float64] = profile_at(style.top, np.array([fraction]))
    return float(values[0]) * height_m

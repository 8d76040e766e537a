"""What is fixed to a car's shell: number plates, handles, mirrors, wipers, rails, aerial, exhaust, roof equipment."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rendering.assets.car_body import Form
from rendering.assets.car_outlines import door_edges
from rendering.assets.sign_faces import plate_uv
from rendering.assets.solids import both_sides, box, cylinder, quad, rounded_box, sphere, sweep
from rendering.mesh import PART_BODY, PART_GLASS, PART_LAMP, Mesh, merge, mirror_y, transform

Float64 = NDArray[np.float64]

PLATE_WIDTH_M, PLATE_HEIGHT_M = 0.52, 0.112
"""A European number plate, single row (ISO 7591 leaves sizes to states; 520 x 112 mm in the EU)."""


def number_plate(x: float, z: float, forward: bool, key: int, lamp: bool = False) -> Mesh:
    """A plate whose middle lies at (x, 0, z) on a black holder, with its lamp above; `key` picks the registration."""
    left, top, right, bottom = plate_uv(key)
    half, tall = PLATE_WIDTH_M / 2.0, PLATE_HEIGHT_M / 2.0
    face = quad(
        [(0.004, -half, -tall), (0.004, half, -tall), (0.004, half, tall), (0.004, -half, tall)],
        "number_plate",
        uv=[(left, bottom), (right, bottom), (right, top), (left, top)],
    )
    pieces = [face, box((-0.012, 0, 0), (0.026, PLATE_WIDTH_M + 0.02, PLATE_HEIGHT_M + 0.02), "plastic_black")]
    if lamp:
        pieces.append(rounded_box((0.01, 0, tall + 0.025), (0.05, 0.34, 0.025), 0.008, "plastic_black", segments=2))
    plate = merge(pieces)
    if not forward:
        plate = transform(plate, np.diag([-1.0, -1.0, 1.0]))
    return transform(plate, None, (x, 0.0, z))


def plates(form: Form, front_z: float, rear_z: float, key: int) -> Mesh:
    """Both number plates of a car, just proud of nose and tail; front and rear heights in m."""
    edge = np.array([0.0, 0.5 * PLATE_WIDTH_M])
    nose = float(form.end_x(edge, np.full(2, front_z), True).max())
    tail = float(form.end_x(edge, np.full(2, rear_z), False).min())
    return merge(
        [number_plate(nose + 0.006, front_z, True, key), number_plate(tail - 0.006, rear_z, False, key, lamp=True)]
    )


def handles(form: Form) -> Mesh:
    """A bar with a dark hollow behind it near the rear edge of each side door."""
    shell, pieces = form.shell, []
    for f in door_edges(form)[1:]:
        x = np.array([shell.x_at(f) + 0.15])
        z = form.belt_m(x) - 0.125
        y = form.side_y(x, z)
        at = (float(x[0]), float(y[0]), float(z[0]))
        pieces.append(rounded_box(np.add(at, (0, 0.004, 0)), (0.19, 0.030, 0.026), 0.012, shell.paint, segments=2))
        pieces.append(
            rounded_box(np.add(at, (0.0, -0.020, -0.012)), (0.13, 0.046, 0.042), 0.018, "shut_line", segments=2)
        )
    return both_sides(merge(pieces)) if pieces else merge([])


def mirrors(form: Form, outer_y_m: float, tall_m: float = 0.135) -> Mesh:
    """Door mirrors at the foot of the A pillars; their outer edge lies at `outer_y_m`."""
    shell = form.shell
    first = shell.style.side_windows[0][0]
    x = np.array([shell.x_at(max(first + 0.012, 0.03))])
    z = float(form.belt_m(x)[0]) + 0.5 * tall_m + 0.03
    inner = float(form.side_y(x, np.array([z - 0.04]))[0]) + 0.012
    width = max(outer_y_m - inner, 0.12)
    center = np.array([float(x[0]), outer_y_m - 0.5 * width, z])
    housing = rounded_box(center, (0.095, width, tall_m), 0.045, shell.paint)
    grown = housing.vertices.astype(np.float64)
    # the cap's front tapers to its outer end, and its lower edge is drawn in
    share = (grown[:, 1] - center[1]) / width + 0.5
    grown[:, 0] = center[0] - 0.047 + (grown[:, 0] - center[0] + 0.047) * (1.0 - 0.35 * share)
    grown[:, 2] = center[2] + (grown[:, 2] - center[2]) * (1.0 - 0.18 * share)
    housing = Mesh(grown.astype(np.float32), housing.normals, housing.triangles, housing.material, housing.part)
    pane = box(center - (0.047, 0, 0), (0.006, 0.78 * width, 0.72 * tall_m), "mirror_glass", PART_GLASS)
    rim = rounded_box(center - (0.040, 0, 0), (0.012, 0.90 * width, 0.86 * tall_m), 0.006, "plastic_black", segments=2)
    foot = rounded_box(
        (center[0] + 0.01, inner + 0.03, z - 0.46 * tall_m), (0.08, 0.13, 0.035), 0.012, "plastic_black", segments=2
    )
    left = merge([housing, rim, pane, foot])
    side = np.add(center, (0.020, 0.12 * width, 0.02 * tall_m))
    blinkers = [
        rounded_box(side * (1, sign, 1), (0.045, 0.60 * width, 0.012), 0.005, name, PART_LAMP, segments=2)
        for sign, name in ((1.0, "lens_indicator_left"), (-1.0, "lens_indicator_right"))
    ]
    return merge([left, mirror_y(left), *blinkers])


def wipers(form: Form) -> Mesh:
    """Two arms with their blades, parked along the foot of the windscreen."""
    shell, style = form.shell, form.shell.style
    if style.windscreen[1] <= 0.0:
        return merge([])
    pieces = []
    for start, end in ((0.62, 0.02), (0.0, -0.62)):
        y = np.linspace(start, end, 6) * shell.half_width_m
        share = style.windscreen[0] + np.linspace(-0.004, 0.022, 6)
        x = shell.nose_x_m - share * shell.length_m - 0.12 * (y / shell.half_width_m) ** 2
        z = form.top_m(x, y) + 0.014
        pieces.append(sweep(np.column_stack([x, y, z]), 0.007, "plastic_black", segments=4))
    return merge(pieces)


def third_brake_lamp(form: Form) -> Mesh:
    """The high brake lamp at the upper edge of the rear window."""
    style, shell = form.shell.style, form.shell
    if style.rear_window is None:
        return merge([])
    x = shell.x_at(style.rear_window[0] - (0.004 if style.cargo_bed is None else 0.01))
    z = float(form.top_m(np.array([x]), np.zeros(1))[0])
    return box((x, 0.0, z - 0.004), (0.035, 0.30, 0.022), "lens_tail", PART_LAMP)


def roof_rails(form: Form) -> Mesh:
    """Rails along the edges of an estate's or an SUV's roof."""
    shell, style = form.shell, form.shell.style
    f = np.linspace(style.windscreen[1] + 0.05, 0.88, 9)
    x = shell.nose_x_m - f * shell.length_m
    half = np.full_like(x, 0.60 * shell.half_width_m)
    z = form.top_m(x, half) + np.array([0.004, 0.035, 0.038, 0.038, 0.038, 0.038, 0.038, 0.035, 0.004]) - 0.010
    return both_sides(sweep(np.column_stack([x, half, z]), 0.013, "plastic_black", segments=6))


def aerial(form: Form, fin: bool) -> Mesh:
    """A shark fin or a short rod at the rear of the roof."""
    shell = form.shell
    rear = shell.style.rear_window[0] if shell.style.rear_window else 0.93
    x = shell.x_at(rear - 0.045)
    z = float(form.top_m(np.array([x]), np.zeros(1))[0])
    if fin:
        return sphere((x, 0, z - 0.004), (0.085, 0.020, 0.050), shell.paint, rings=6, segments=10)
    return cylinder((x, 0, z - 0.01), (x - 0.12, 0, z + 0.045), 0.005, "plastic_black", segments=5)


def underside(form: Form, track_half_m: float, exhaust: bool) -> Mesh:
    """Axles, a floor between the wheels and the tail pipe: what one sees beneath a car is not empty."""
    shell = form.shell
    radius, pieces = shell.wheel_radius_m, []
    for x in shell.axles_x_m:
        pieces.append(cylinder((x, -track_half_m, radius), (x, track_half_m, radius), 0.045, "underbody", segments=8))
        pieces.append(box((x, 0, shell.style.clearance_m + 0.05), (0.35, 1.1 * track_half_m, 0.10), "underbody"))
    if exhaust:
        tail = shell.nose_x_m - shell.length_m
        y, z = -0.55 * shell.half_width_m, shell.style.clearance_m + 0.02
        pieces.append(cylinder((tail + 0.9, y, z), (tail + 0.03, y, z), 0.034, "chrome", segments=10))
    return merge(pieces)


def light_bar(center: ArrayLike, width_m: float, height_m: float) -> Mesh:
    """A roof bar with lenses that flash in turn, clear end pieces and a dark base; its feet at `center`'s z."""
    x, y, z = np.asarray(center, np.float64)
    base_m, lens_m = 0.34 * height_m, 0.66 * height_m
    pieces = [rounded_box((x, y, z + 0.5 * base_m), (0.30, width_m, base_m), 0.02, "plastic_black", segments=2)]
    middle = z + base_m + 0.5 * lens_m
    cell = (width_m - 0.22) / 4.0
    for k in range(4):
        offset = -0.5 * width_m + 0.11 + (k + 0.5) * cell
        # halves by the side they stand on, so that left and right flash in turn
        name = "beacon_left" if offset > 0 else "beacon_right"
        pieces.append(
            rounded_box((x, y + offset, middle), (0.27, cell - 0.014, lens_m), 0.03, name, PART_LAMP, segments=2)
        )
    pieces += [
        rounded_box((x, y + s * (0.5 * width_m - 0.055), middle), (0.26, 0.10, lens_m), 0.03, "lens_clear", segments=2)
        for s in (1.0, -1.0)
    ]
    return merge(pieces)


def roof_sign(center: ArrayLike, size: ArrayLike) -> Mesh:
    """The lit box on a taxi's roof; bottom at `center`'s z."""
    x, y, z = np.asarray(center, np.float64)
    depth, width, height = np.asarray(size, np.float64)
    sign = rounded_box((x, y, z + height / 2.0), (depth, width, height), 0.03, "plastic_yellow", PART_BODY)
    panels = [
        box((x + s * 0.5 * depth, y, z + 0.55 * height), (0.006, 0.7 * width, 0.5 * height), "plastic_white")
        for s in (1, -1)
    ]
    return merge([sign, *panels, box((x, y, z + 0.01), (depth + 0.05, width + 0.05, 0.02), "plastic_black")])

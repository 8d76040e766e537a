"""Outlines that are cut into a car's skin: panes with their frames, doors and lids, lamps, grilles, trim. From its Form.

Side outlines are polygons in (x, z), those of the ends in (y, z), lids in (x, y); lamps lie in a view from the corner, so that
they reach round it. All in metres, in the vehicle's frame.
"""

from __future__ import annotations

import itertools

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from rendering.assets.car_body import Form
from rendering.assets.cutting import FRONT, REAR, SIDES, TOP, PictureView, Region
from rendering.mesh import PART_GLASS

Float64 = NDArray[np.float64]

GAP_M = 0.0035
"""Half the width of a shut line."""
_PANE_SUNK_M = -0.004
_SEAL_M = 0.022
LINER_M = 0.045
"""How far the inner lining lies under the skin; the frames of panes reach that deep."""


def soft(shape: BaseGeometry, radius_m: float) -> BaseGeometry:
    """The outline with round corners."""
    return shape.buffer(-radius_m, quad_segs=3).buffer(radius_m, quad_segs=3)


def line(points: list[tuple[float, float]], half_m: float = GAP_M) -> BaseGeometry:
    """A strip along a polyline."""
    return shapely.LineString(points).buffer(half_m, cap_style="flat", join_style="mitre")


def side_opening(form: Form) -> BaseGeometry:
    """Where side windows can be, (x, z): above the belt, below the roof's frame, behind the A pillar."""
    shell = form.shell
    x = np.linspace(shell.x_at(0.0), shell.x_at(1.0), 90)
    y = np.full_like(x, 0.80 * shell.half_width_m)
    top = np.minimum(form.top_m(x, y), shell.height_m)
    under = shapely.Polygon([*zip(x, top, strict=True), (x[-1], 0.0), (x[0], 0.0)])
    above = shapely.Polygon([*zip(x, form.belt_m(x) + 0.018, strict=True), (x[-1], 9.0), (x[0], 9.0)])
    return under.buffer(-shell.style.pillar_m, quad_segs=3).intersection(above)


def band(form: Form, front: float, rear: float, slant: float = 0.0) -> BaseGeometry:
    """The stretch between two fractions of the length, (x, z); its rear edge leans forward by `slant` above the belt."""
    shell = form.shell
    x0, x1 = shell.x_at(front), shell.x_at(rear)
    belt, up = float(form.belt_m(np.array([x1]))[0]), 1.2
    behind = shapely.Polygon([(9.0, -1.0), (9.0, belt + up), (x1 + slant * up, belt + up), (x1, belt), (x1, -1.0)])
    return behind.intersection(shapely.box(x1 - 1.0, -1.0, x0, belt + up))


def side_panes(form: Form) -> list[BaseGeometry]:
    """The side windows (x, z), with round corners."""
    windows, opening = form.shell.style.side_windows, side_opening(form)
    panes = []
    for index, (front, rear) in enumerate(windows):
        first = 0.0 if index == 0 and form.shell.style.windscreen[1] > 0.0 else front
        slant = form.shell.style.rear_slant if index == len(windows) - 1 else 0.0
        pane = soft(opening.intersection(band(form, first, rear, slant)), 0.022)
        if pane.area > 0.01:
            panes.append(max(shapely.get_parts(pane), key=lambda part: float(part.area)))
    return panes


def side_glazing(form: Form, pillars: bool = True) -> list[Region]:
    """Side windows in a black frame; dark pillars stand between them."""
    panes = side_panes(form)
    if not panes:
        return []
    glass = shapely.union_all(panes)
    frame = glass.buffer(_SEAL_M, join_style="mitre", quad_segs=2)
    if pillars and len(panes) > 1:
        first, last = panes[0].centroid.x, panes[-1].centroid.x
        between = side_opening(form).intersection(shapely.box(last, 0.0, first, 9.0))
        frame = frame.union(between.buffer(_SEAL_M, join_style="mitre"))
    regions = [Region(SIDES, frame, "gloss_black", z_m=(0.3, np.inf))]
    regions += [
        Region(SIDES, pane, form.shell.side_glass, PART_GLASS, _PANE_SUNK_M, "gloss_black", LINER_M + 0.012)
        for pane in panes
    ]
    return regions


def pane_view(form: Form, span: tuple[float, float], forward: bool) -> PictureView:
    """The view square onto a raked pane between two fractions of the length."""
    x = np.array([form.shell.x_at(f) for f in span])
    z = form.top_m(x, np.zeros(2))
    run, rise = float(abs(x[1] - x[0])), float(abs(z[1] - z[0]))
    size = float(np.hypot(run, rise))
    sign = 1.0 if forward else -1.0
    return PictureView(
        (sign * rise / size, 0.0, run / size), (0, 1, 0), (-sign * run / size, 0.0, rise / size), limit=0.3
    )


def _raked(form: Form, view: PictureView, span: tuple[float, float], frame_m: float) -> BaseGeometry:
    """Outline of a raked pane in its picture plane, `frame_m` in from the edge of the cabin on both sides."""
    shell = form.shell
    x = np.linspace(shell.x_at(span[0]), shell.x_at(span[1]), 10)
    z = form.top_m(x, np.zeros_like(x))
    half = np.maximum(form.cabin_half_m(x, z) - frame_m, 0.1)
    up = np.array(view.up)
    center = x * up[0] + z * up[2]
    edge = center + np.clip((form.top_m(x, half) - z) * up[2], -0.05, 0.05)
    left = shapely.Polygon([(0.0, center[0]), *zip(half, edge, strict=True), (0.0, center[-1])]).buffer(0.001)
    return left.union(shapely.affinity.scale(left, -1.0, 1.0, origin=(0.0, 0.0)))


def end_glazing(form: Form) -> list[Region]:
    """Windscreen and raked rear window with the black edge of their glue, and the cowl with the wipers' slot."""
    style, shell = form.shell.style, form.shell
    regions = []
    if style.windscreen[1] > 0.0:
        low, high = style.windscreen
        x_range = (shell.x_at(high) - 0.05, shell.x_at(low) + 0.12)
        view = pane_view(form, style.windscreen, True)
        whole = _raked(form, view, (low - 0.012, high), 0.055)
        pane = soft(_raked(form, view, (low + 0.012, high - 0.006), 0.085), 0.05)
        regions.append(Region(view, whole, "gloss_black", x_m=x_range))
        regions.append(
            Region(view, pane, "glass_car", PART_GLASS, _PANE_SUNK_M, "gloss_black", LINER_M + 0.012, x_m=x_range)
        )
    if style.rear_window is not None:
        low, high = style.rear_window
        x_range = (shell.x_at(high) - 0.12, shell.x_at(low) + 0.05)
        view = pane_view(form, style.rear_window, False)
        whole = _raked(form, view, (low, high), 0.08)
        pane = soft(_raked(form, view, (low + 0.006, high - 0.006), 0.11), 0.05)
        regions.append(Region(view, whole, "gloss_black", x_m=x_range))
        regions.append(
            Region(view, pane, "glass_car", PART_GLASS, _PANE_SUNK_M, "gloss_black", LINER_M + 0.012, x_m=x_range)
        )
    return regions


def upright_panes(form: Form, view: PictureView, panes: list[BaseGeometry], seal_m: float = 0.03) -> list[Region]:
    """Panes of an upright end, (y, z), in their rubber."""
    shell = form.shell
    middle = shell.nose_x_m - 0.5 * shell.length_m
    x_range = (middle, np.inf) if view.towards[0] > 0 else (-np.inf, middle)
    frame = shapely.union_all(panes).buffer(seal_m, quad_segs=3)
    regions = [Region(view, frame, "gloss_black", x_m=x_range)]
    regions += [
        Region(
            view, soft(pane, 0.04), "glass_car", PART_GLASS, _PANE_SUNK_M, "gloss_black", LINER_M + 0.012, x_m=x_range
        )
        for pane in panes
    ]
    return regions


def door_edges(form: Form) -> list[float]:
    """Fractions of the length where the side doors begin and end, front to back."""
    windows = form.shell.style.side_windows
    edges = [windows[0][0] - 0.015]
    edges += [0.5 * (a[1] + b[0]) for a, b in itertools.pairwise(windows)][:2]
    if len(windows) == 1:
        edges.append(windows[0][1] + 0.012)
    elif len(edges) == 2:
        edges.append(windows[-1][1] - 0.01)
    return edges


def side_doors(form: Form) -> list[BaseGeometry]:
    """The doors (x, z) from sill to roof frame; rear doors follow the wheel arch."""
    shell, edges = form.shell, door_edges(form)
    sill = shell.style.clearance_m + 0.13
    arches = [
        shapely.Point(axle, shell.wheel_radius_m).buffer(shell.arch_radius_m + 0.045, quad_segs=8)
        for axle in shell.axles_x_m
    ]
    opening = side_opening(form).buffer(0.030, join_style="mitre")
    doors = []
    for front, rear in itertools.pairwise(edges):
        x0, x1 = shell.x_at(front), shell.x_at(rear)
        belt = float(form.belt_m(np.array([0.5 * (x0 + x1)]))[0])
        panel = shapely.box(x1, sill, x0, belt).union(opening.intersection(shapely.box(x1, belt - 0.05, x0, 9.0)))
        panel = soft(panel.difference(shapely.union_all(arches)), 0.05)
        doors.append(max(shapely.get_parts(panel), key=lambda part: float(part.area)))
    return doors


def shut_lines(form: Form) -> list[Region]:
    """Thin dark gaps round doors, bonnet, boot lid or tailgate, the filler flap, and between bumpers and wings."""
    shell, style = form.shell, form.shell.style
    glass = (
        shapely.union_all(side_panes(form)).buffer(_SEAL_M) if side_panes(form) else shapely.Point(0, -9).buffer(0.1)
    )
    regions = [
        Region(SIDES, door.boundary.buffer(GAP_M, join_style="mitre").difference(glass), "shut_line")
        for door in side_doors(form)
    ]
    if style.windscreen[1] > 0.0 and style.windscreen[0] > 0.12:
        regions += _lid(form, style.windscreen[0] - 0.012, 0.035, 0.80)
    if style.rear_window is not None and style.cargo_bed is None and style.rear_window[1] < 0.95:
        regions += _lid(form, style.rear_window[1] + 0.006, 0.978, 0.74)
        regions += _tail_lines(form, style.tail_lamp_z[1] + 0.06)
    elif style.rear_window is not None:
        regions += _tail_lines(form, style.tail_lamp_z[1] + 0.02)
    flap_x, flap_z = min(shell.axles_x_m) - 0.02, shell.wheel_radius_m + shell.arch_radius_m + 0.13
    if flap_z + 0.06 < float(form.belt_m(np.array([flap_x]))[0]):
        flap = soft(shapely.box(flap_x - 0.08, flap_z - 0.06, flap_x + 0.08, flap_z + 0.06), 0.03)
        right = PictureView((0, -1, 0), (1, 0, 0), (0, 0, 1))
        regions.append(Region(right, flap.boundary.buffer(0.0025), "shut_line"))
    return regions


def _lid(form: Form, hinge: float, edge: float, share: float) -> list[Region]:
    """The gap along both sides of bonnet or boot lid and across its hinge, (x, y)."""
    shell = form.shell
    x0, x1 = shell.x_at(hinge), shell.x_at(edge)
    half = share * shell.half_width_m
    nearer = half * (0.94 if edge > hinge else 0.90)
    gap = shapely.union_all([line([(x0, s * half), (x1, s * nearer)]) for s in (1.0, -1.0)])
    return [Region(TOP, gap, "shut_line", z_m=(0.3, shell.height_m * 0.85))]


def _tail_lines(form: Form, high: float) -> list[Region]:
    """Sides of the tailgate or the boot lid on the tail, and the line above the bumper."""
    shell = form.shell
    low = _bumper_top(form)
    half = 0.70 * shell.half_width_m
    outline = line(
        [(half, high * shell.height_m), (half * 0.96, low), (-half * 0.96, low), (-half, high * shell.height_m)]
    )
    return [Region(REAR, outline, "shut_line", x_m=(-np.inf, shell.x_at(0.8)))]


def _bumper_top(form: Form) -> float:
    """Height of the rear bumper's upper edge: where the tail steps back."""
    face = np.asarray(form.shell.style.rear_face)
    foremost = face[face[:, 1] <= 0.0045]
    return float(foremost[-1, 0] * form.shell.height_m) + 0.012 if len(foremost) else 0.4 * form.shell.height_m


def lower_trim(form: Form, depth_m: float) -> BaseGeometry:
    """Sill strip (x, z) between the wheels, `depth_m` high, and rings round the wheel arches."""
    shell = form.shell
    low = shell.style.clearance_m
    strip = shapely.box(shell.x_at(1.02), low - 0.1, shell.x_at(-0.02), low + depth_m)
    rings = [
        shapely.Point(axle, shell.wheel_radius_m).buffer(shell.arch_radius_m + 0.055, quad_segs=9)
        for axle in shell.axles_x_m
    ]
    return shapely.union_all([strip, *rings]) if shell.style.cladding else strip


def bumper_trim(form: Form, depth_m: float) -> list[Region]:
    """The unpainted lower edge of both bumpers and, with `cladding`, of the flanks."""
    shell = form.shell
    low = shell.style.clearance_m - 0.1
    strip = shapely.box(-2.0, low, 2.0, shell.style.clearance_m + depth_m)
    ends = 0.25 * shell.length_m
    regions = [
        Region(FRONT, strip, "plastic_black", x_m=(shell.nose_x_m - ends, np.inf)),
        Region(REAR, strip, "plastic_black", x_m=(-np.inf, shell.nose_x_m - shell.length_m + ends)),
    ]
    return [*regions, Region(SIDES, lower_trim(form, depth_m), "plastic_black")]

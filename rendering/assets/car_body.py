"""A car's shell, lofted along its length through cross sections that a BodyStyle describes.

Half a section has the twelve points of `_half_section`, from the middle of the floor round the side to the middle of the roof.
Between two stations each pair of points makes one cell, and a cell is paint, glass, black plastic or underbody: the windows
are cut into the body along its own lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from rendering.assets.car_styles import BodyStyle, Profile
from rendering.assets.solids import index_of
from rendering.materials import SLOT_PAINT
from rendering.mesh import PART_BODY, PART_GLASS, Mesh, shaded

Float64 = NDArray[np.float64]
_FLOOR, _WELL_WALL, _WELL_TOP, _SILL, _SIDE_GLASS, _TOP_OUTER, _TOP_INNER = 0, 1, 2, 3, 7, 9, 10

_PANE = np.array([_TOP_OUTER, _TOP_INNER])
_CAP_COLUMNS = 8


@dataclass(frozen=True)
class Shell:
    """Where a body lies: `length_m` along x, half width `half_width_m`, roof at `height_m`; wheels at `axles_x_m`."""

    style: BodyStyle
    length_m: float
    half_width_m: float
    height_m: float
    nose_x_m: float
    axles_x_m: tuple[float, ...]
    wheel_radius_m: float
    arch_radius_m: float
    well_inset_m: float
    paint: int = SLOT_PAINT
    side_glass: str = "glass_car"


def body_mesh(shell: Shell) -> Mesh:
    """The closed shell with its windows; x forward, ground at z = 0."""
    x = _stations(shell)
    half = _half_section(shell, x)
    cells, parts = _cell_materials(shell, x)
    # the ring runs counter-clockwise seen from the front looking back: floor, left side, roof, right side
    mirrored = half[:, -2:0:-1] * np.array([1.0, -1.0, 1.0])
    rings = np.concatenate([half, mirrored], axis=1)
    rings[:, :, 0] -= _bow(shell, rings)
    count, columns = rings.shape[:2]
    ring_cells = np.concatenate([cells, cells[:, ::-1]], axis=1)
    ring_parts = np.concatenate([parts, parts[:, ::-1]], axis=1)
    row, column = np.meshgrid(np.arange(count - 1), np.arange(columns), indexing="ij")
    following = (column + 1) % columns
    a, b = row * columns + column, row * columns + following
    c, d = b + columns, a + columns
    faces = np.stack([a, c, b, a, d, c], axis=-1).reshape(-1, 3)
    vertices, triangles = [rings.reshape(-1, 3)], [faces]
    materials, part_list = [np.repeat(ring_cells.ravel(), 2)], [np.repeat(ring_parts.ravel(), 2)]
    offset = count * columns
    for station, looks_forward in ((0, True), (count - 1, False)):
        points, cap = _cap(half[station], shell, looks_forward)
        vertices.append(points)
        triangles.append(cap + offset)
        offset += len(points)
        materials.append(np.full(len(cap), shell.paint))
        part_list.append(np.full(len(cap), PART_BODY))
    return shaded(
        np.concatenate(vertices),
        np.concatenate(triangles),
        np.concatenate(materials),
        np.concatenate(part_list),
        crease_deg=38.0,
    )


def profile_at(profile: Profile, fraction: Float64) -> Float64:
    """Shape-preserving cubic through the points of a profile (Fritsch & Carlson 1980: it never overshoots)."""
    points = np.asarray(profile)
    return np.asarray(PchipInterpolator(points[:, 0], points[:, 1])(np.clip(fraction, 0.0, 1.0)))


def _stations(shell: Shell) -> Float64:
    """x of the cross sections, from the nose back: even spacing, all feature lines, and the curve of each wheel arch."""
    style = shell.style
    features = [0.0, 0.004, 0.01, 0.02, 0.035, 0.96, 0.975, 0.985, 0.995, 1.0, *style.windscreen]
    features += list(style.rear_window or ())
    features += [edge for pane in style.side_windows for edge in pane]
    if style.cargo_bed:
        features += [edge + delta for edge in style.cargo_bed for delta in (-1e-4, 1e-4)]
    fixed = np.unique(np.round([shell.nose_x_m - f * shell.length_m for f in features], 4))
    angle = np.linspace(0.0, np.pi, 13)
    for axle in shell.axles_x_m:
        arch = axle + shell.arch_radius_m * np.cos(angle)
        arch = np.concatenate([arch, [arch[0] + 2e-4, arch[-1] - 2e-4]])
        fixed = np.concatenate([fixed, arch])
    even = shell.nose_x_m - np.linspace(0.0, 1.0, 37) * shell.length_m
    gap = np.min(np.abs(even[:, None] - fixed[None, :]), axis=1)
    inside = list(np.concatenate([fixed, even[gap > 0.012 * shell.length_m]]))
    x = np.unique(np.clip(inside, shell.nose_x_m - shell.length_m, shell.nose_x_m))[::-1]
    return np.asarray(x)


def _half_section(shell: Shell, x: Float64) -> Float64:
    """Points (stations, 12, 3) of the left half of each cross section."""
    style = shell.style
    f = (shell.nose_x_m - x) / shell.length_m
    top = profile_at(style.top, f) * shell.height_m
    width = profile_at(style.plan, f) * shell.half_width_m
    ends = np.clip(1.0 - np.minimum(f, 1.0 - f) * shell.length_m / 0.35, 0.0, 1.0) ** 2
    floor = style.clearance_m + 0.05 * ends
    belt = np.minimum(profile_at(style.belt, f) * shell.height_m, top - 0.012)
    bed = (
        (f > style.cargo_bed[0]) & (f < style.cargo_bed[1])
        if style.cargo_bed is not None
        else np.zeros(len(f), dtype=bool)
    )
    rise = top - belt
    lip = np.maximum(floor, _arch_height(shell, x))
    cabin = np.clip((rise - 0.05) / 0.18, 0.0, 1.0)[:, None]
    lean = style.tumblehome * rise
    body = np.stack(
        [
            [np.zeros_like(x), floor],
            [np.minimum(width - shell.well_inset_m, width * 0.75), floor],
            [np.minimum(width - shell.well_inset_m, width * 0.75), lip],
            [width - 0.035, lip],
            [width - 0.012, np.maximum(floor + 0.09, lip + 0.02)],
            [width, np.maximum(0.5 * (floor + belt), lip + 0.035)],
            [width - 0.030, np.maximum(belt - 0.085 * np.clip(belt / 0.9, 0.4, 1.2), lip + 0.06)],
        ]
    )
    deck_y = np.stack([width - 0.085, width - 0.12, width - 0.20, 0.52 * width, np.zeros_like(x)])
    deck_z = belt + rise * np.array([0.15, 0.35, 0.62, 0.90, 1.0])[:, None]
    cabin_y = np.stack(
        [
            width - 0.075,
            width - 0.085 - lean * 0.80,
            width - 0.13 - lean * 1.02,
            0.55 * (width - lean),
            np.zeros_like(x),
        ]
    )
    cabin_z = belt + np.stack([np.full_like(x, 0.015), rise - 0.115, rise - 0.045, rise - 0.010, rise])
    blend = cabin.T
    upper_y = deck_y * (1.0 - blend) + cabin_y * blend
    upper_z = deck_z * (1.0 - blend) + np.maximum(cabin_z, deck_z * 0 + belt + 0.004) * blend
    if bed.any():
        floor_of_bed = 0.62 * belt
        upper_y[2:4, bed] = (width - 0.13)[bed]
        upper_z[2, bed] = (belt + 0.6 * rise)[bed]
        upper_z[3:, bed] = floor_of_bed[bed]
    half = np.empty((len(x), 12, 3))
    half[:, :, 0] = x[:, None]
    half[:, :7, 1], half[:, :7, 2] = body[:, 0].T, body[:, 1].T
    half[:, 7:, 1], half[:, 7:, 2] = upper_y.T, upper_z.T
    return half


def _arch_height(shell: Shell, x: Float64) -> Float64:
    """Height of the wheel arch's lip above each x, 0 away from the wheels."""
    height = np.zeros_like(x)
    for axle in shell.axles_x_m:
        square = (shell.arch_radius_m + 1e-5) ** 2 - (x - axle) ** 2
        height = np.maximum(
            height, np.where(square >= 0.0, shell.wheel_radius_m + np.sqrt(np.maximum(square, 0.0)), 0.0)
        )
    return height


def _bow(shell: Shell, points: Float64) -> Float64:
    """How far the nose and the tail curve back (m, towards the middle) at points (..., 3); the plan view of bumpers."""
    f = (shell.nose_x_m - points[..., 0]) / shell.length_m
    across = np.clip(np.abs(points[..., 1]) / shell.half_width_m, 0.0, 1.0) ** 2.2
    bumper = 0.36 * shell.height_m
    lift = np.clip(np.abs(points[..., 2] - bumper) / max(shell.height_m, 1e-3), 0.0, 1.0)
    fade_nose = np.clip(1.0 - f / 0.13, 0.0, 1.0)
    fade_tail = np.clip(1.0 - (1.0 - f) / 0.10, 0.0, 1.0)
    nose = (shell.style.nose_bow_m * across + 0.25 * lift**1.5 * min(shell.style.nose_bow_m * 4.0, 1.0)) * fade_nose
    tail = (shell.style.tail_bow_m * across + 0.10 * lift**1.5 * min(shell.style.tail_bow_m * 4.0, 1.0)) * fade_tail
    return np.asarray(nose - tail)


def _cap(half: Float64, shell: Shell, looks_forward: bool) -> tuple[Float64, NDArray[np.int64]]:
    """The face that closes one end: strips between the left and right half of the section, bowed like the body."""
    share = np.linspace(-1.0, 1.0, _CAP_COLUMNS + 1)
    rows = half[1:-1]
    points = np.empty((len(rows), len(share), 3))
    points[:, :, 0] = rows[:, None, 0]
    points[:, :, 1] = rows[:, 1, None] * share
    points[:, :, 2] = rows[:, 2, None]
    crown = half[-1, 2] - half[-2, 2]
    points[-1, :, 2] += crown * np.clip(1.0 - share**2, 0.0, 1.0)
    points[:, :, 0] -= _bow(shell, points)
    row, column = np.meshgrid(np.arange(len(rows) - 1), np.arange(_CAP_COLUMNS), indexing="ij")
    a = row * (_CAP_COLUMNS + 1) + column
    b, c, d = a + 1, a + _CAP_COLUMNS + 2, a + _CAP_COLUMNS + 1
    faces = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    return points.reshape(-1, 3), faces if looks_forward else faces[:, ::-1]


def _cell_materials(shell: Shell, x: Float64) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Material and part of each cell of the left half, (stations - 1, 11)."""
    style = shell.style
    f = (shell.nose_x_m - 0.5 * (x[1:] + x[:-1])) / shell.length_m
    cells = np.full((len(f), 11), shell.paint, dtype=np.int64)
    parts = np.full((len(f), 11), PART_BODY, dtype=np.int64)
    cells[:, [_FLOOR, _WELL_WALL, _WELL_TOP]] = index_of("underbody")
    if style.cladding:
        cells[:, _SILL] = index_of("plastic_black")
        arch = _arch_height(shell, 0.5 * (x[1:] + x[:-1])) > 0.0
        cells[arch, _SILL] = index_of("plastic_black")
    side = np.zeros(len(f), dtype=bool)
    first, last = style.side_windows[0][0], style.side_windows[-1][1]
    for front, rear in style.side_windows:
        side |= (f > front) & (f < rear)
    cells[side, _SIDE_GLASS] = index_of(shell.side_glass)
    parts[side, _SIDE_GLASS] = PART_GLASS
    between = (f > first) & (f < last) & ~side
    cells[between, _SIDE_GLASS] = index_of("plastic_black")
    panes = [style.windscreen] + ([style.rear_window] if style.rear_window else [])
    for front, rear in panes:
        inside = (f > front) & (f < rear)
        cells[np.ix_(inside, _PANE)] = index_of("glass_car")
        parts[np.ix_(inside, _PANE)] = PART_GLASS
    if style.cargo_bed is not None:
        bed = (f > style.cargo_bed[0]) & (f < style.cargo_bed[1])
        cells[np.ix_(bed, _PANE)] = index_of("plastic_black")
    return cells, parts

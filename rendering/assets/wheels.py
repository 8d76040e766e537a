"""Wheels, built round the origin with the axle along y; the outer side looks to +y (left), the right one is its mirror."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rendering.assets.solids import box, cylinder, lathe, loft
from rendering.mesh import PART_WHEEL, Mesh, merge, mirror_y, pitch_matrix, roll_matrix, transform, yaw_matrix


@dataclass(frozen=True)
class RimStyle:
    """A rim: so many spokes of this width (share of the rim's radius), in pairs `split_rad` apart, or a pressed cover."""

    spokes: int
    width: float
    split_rad: float = 0.0
    material: str = "rim_alloy"
    covered: bool = False


RIM_STYLES: tuple[RimStyle, ...] = (
    RimStyle(5, 0.20, 0.30),
    RimStyle(10, 0.13),
    RimStyle(7, 0.22),
    RimStyle(5, 0.34, 0.0, "rim_dark"),
    RimStyle(9, 0.20, 0.0, "hub_cap", covered=True),
    RimStyle(6, 0.13, 0.22, "rim_dark"),
    RimStyle(16, 0.07),
)


def car_wheel(radius_m: float, width_m: float, style: RimStyle = RIM_STYLES[2], left: bool = True) -> Mesh:
    """A tyre with rounded shoulders on a rim of a style, with brake disc and caliper behind its spokes."""
    half = width_m / 2.0
    rim_m = radius_m * (0.62 if style.covered else 0.69)
    wheel = merge([_tyre(radius_m, half, rim_m), _rim(rim_m, half, style), *_brake(rim_m, half)])
    return wheel if left else mirror_y(wheel)


def _tyre(radius_m: float, half_m: float, rim_m: float) -> Mesh:
    """Side walls that bulge, round shoulders, and a tread with three grooves round it."""
    wall = radius_m - rim_m
    side = [(rim_m * 0.97, 0.82), (rim_m * 1.03, 0.93), (rim_m + 0.35 * wall, 1.0), (rim_m + 0.62 * wall, 0.985)]
    side += [(rim_m + 0.85 * wall, 0.92), (radius_m - 0.035 * wall, 0.82), (radius_m, 0.70)]
    depth = min(0.008, 0.1 * wall)
    grooves = [(radius_m, 0.36), (radius_m - depth, 0.33), (radius_m - depth, 0.27), (radius_m, 0.24)]
    outer = [*side, *grooves]
    profile = [(r, -share * half_m) for r, share in outer] + [(r, share * half_m) for r, share in reversed(outer)]
    return _around_axle(lathe(profile, "tyre", PART_WHEEL, segments=36, crease_deg=32.0, cap_end=False))


def _rim(rim_m: float, half_m: float, style: RimStyle) -> Mesh:
    """Well, lip, hub with nuts, and the spokes, or a cover with holes' shadows between its ribs."""
    material = style.material
    barrel = [(rim_m * 0.90, half_m * -0.30), (rim_m * 0.90, half_m * 0.60)]
    lip = [
        (rim_m * 0.90, half_m * 0.60),
        (rim_m * 0.93, half_m * 0.93),
        (rim_m * 1.0, half_m * 0.95),
        (rim_m, half_m * 0.5),
    ]
    back = [(0.0, -half_m * 0.32), (rim_m * 0.90, -half_m * 0.32), (rim_m * 0.90, -half_m * 0.30)]
    parts = [_around_axle(lathe(back, "underbody", PART_WHEEL, segments=20)), _around_axle(_shell(barrel, "underbody"))]
    parts.append(_around_axle(_shell(lip, material)))
    parts.append(cylinder((0, half_m * 0.1, 0), (0, half_m * 0.76, 0), rim_m * 0.20, material, PART_WHEEL, segments=14))
    parts.append(
        cylinder((0, half_m * 0.74, 0), (0, half_m * 0.79, 0), rim_m * 0.12, "chrome", PART_WHEEL, segments=12)
    )
    if style.covered:
        disc = [(0.0, half_m * 0.62), (rim_m * 0.55, half_m * 0.74), (rim_m * 0.93, half_m * 0.84)]
        parts.append(_around_axle(_shell(disc[::-1], "rim_steel")))
    for k in range(style.spokes):
        for shift in (-0.5, 0.5) if style.split_rad else (0.0,):
            turn = pitch_matrix(2.0 * np.pi * k / style.spokes + shift * style.split_rad)
            parts.append(transform(_spoke(rim_m, half_m, style.width, material), turn))
    return merge(parts)


def _brake(rim_m: float, half_m: float) -> list[Mesh]:
    """A ventilated disc as large as the rim allows, and its caliper."""
    disc = cylinder((0, -half_m * 0.05, 0), (0, half_m * 0.12, 0), rim_m * 0.74, "brake_disc", PART_WHEEL, segments=28)
    hat = cylinder((0, half_m * 0.10, 0), (0, half_m * 0.22, 0), rim_m * 0.40, "rim_steel", PART_WHEEL, segments=16)
    return [disc, hat]


def truck_wheel(radius_m: float, width_m: float, left: bool = True) -> Mesh:
    """A steel disc wheel with a protruding hub, as on lorries and buses."""
    half = width_m / 2.0
    rim = radius_m * 0.60
    profile = [
        (rim * 0.3, -half * 0.9),
        (rim, -half * 0.9),
        (radius_m * 0.95, -half),
        (radius_m, -half * 0.75),
        (radius_m, half * 0.75),
        (radius_m * 0.95, half),
        (rim * 1.02, half * 0.92),
        (rim * 0.92, half * 0.55),
        (rim * 0.55, half * 0.35),
        (rim * 0.45, half * 0.70),
        (rim * 0.20, half * 0.80),
        (0.0, half * 0.82),
    ]
    names = ["tyre"] * 6 + ["rim_steel"] * 5
    wheel = _around_axle(lathe(profile, names, PART_WHEEL, segments=28))
    nuts = [
        cylinder(
            (rim * 0.72 * np.cos(a), half * 0.4, rim * 0.72 * np.sin(a)),
            (rim * 0.72 * np.cos(a), half * 0.55, rim * 0.72 * np.sin(a)),
            0.018,
            "chrome",
            PART_WHEEL,
            segments=6,
        )
        for a in np.arange(10) * 2.0 * np.pi / 10
    ]
    wheel = merge([wheel, *nuts])
    return wheel if left else mirror_y(wheel)


def lugged_wheel(radius_m: float, width_m: float, left: bool = True) -> Mesh:
    """A tractor's wheel: a tall tyre with slanting lugs that meet in a V, on a dished disc; `left` looks to +y."""
    half, rim = width_m / 2.0, 0.56 * radius_m
    core = 0.945 * radius_m
    profile = [
        (rim * 0.3, -half * 0.6), (rim, -half * 0.82), (core * 0.86, -half), (core, -half * 0.86), (core, half * 0.86),
        (core * 0.86, half), (rim * 1.02, half * 0.82), (rim * 0.97, half * 0.62), (rim * 0.60, half * 0.10),
        (rim * 0.42, half * 0.12), (rim * 0.36, half * 0.32), (0.0, half * 0.34),
    ]  # fmt: skip
    wheel = _around_axle(lathe(profile, ["tyre"] * 6 + ["plastic_yellow"] * 5, PART_WHEEL, segments=32))
    lugs, count = [], 20
    for k in range(count):
        for side in (1.0, -1.0):
            turn = 2.0 * np.pi * (k + (0.5 if side < 0 else 0.0)) / count
            lug = box(
                (0.0, side * 0.46 * half, 0.0), (0.055 * radius_m, 0.98 * half, 0.075 * radius_m), "tyre", PART_WHEEL
            )
            slanted = transform(lug, yaw_matrix(-side * 0.62))
            lugs.append(
                transform(
                    slanted, pitch_matrix(turn), (0.950 * radius_m * np.sin(turn), 0.0, 0.950 * radius_m * np.cos(turn))
                )
            )
    nuts = [
        cylinder(
            (rim * 0.5 * np.cos(a), half * 0.1, rim * 0.5 * np.sin(a)), (rim * 0.5 * np.cos(a), half * 0.2, rim * 0.5 * np.sin(a)),
            0.02, "chrome", PART_WHEEL, segments=6,
        )
        for a in np.arange(8) * 2.0 * np.pi / 8
    ]  # fmt: skip
    wheel = merge([wheel, *lugs, *nuts])
    return wheel if left else mirror_y(wheel)


def spoked_wheel(radius_m: float, tyre_radius_m: float, spokes: int = 16, rim: str = "rim_alloy") -> Mesh:
    """A bicycle wheel: tyre and rim as rings, hub, thin spokes."""
    tyre = _torus(radius_m - tyre_radius_m, tyre_radius_m, "tyre", 32, 8)
    ring = _torus(radius_m - 2.4 * tyre_radius_m, tyre_radius_m * 0.75, rim, 28, 6)
    hub = cylinder((0, -0.045, 0), (0, 0.045, 0), 0.02, "chrome", PART_WHEEL, segments=8)
    reach = radius_m - 2.4 * tyre_radius_m
    bars = []
    for k in range(spokes):
        angle = 2.0 * np.pi * k / spokes
        end = (reach * np.cos(angle), 0.0, reach * np.sin(angle))
        bars.append(
            cylinder((0.0, 0.035 * (-1) ** k, 0.0), end, 0.0018, "chrome", PART_WHEEL, segments=3, capped=False)
        )
    return merge([tyre, ring, hub, *bars])


def motorcycle_wheel(radius_m: float, width_m: float) -> Mesh:
    """A thick tyre on a cast rim with a brake disc."""
    tyre = _torus(radius_m - width_m / 2.0, width_m / 2.0, "tyre", 32, 10)
    ring = _torus(radius_m - width_m * 0.95, width_m * 0.30, "rim_steel", 28, 6)
    hub = cylinder((0, -0.07, 0), (0, 0.07, 0), 0.045, "rim_steel", PART_WHEEL, segments=12)
    disc = cylinder((0, 0.055, 0), (0, 0.062, 0), radius_m * 0.48, "chrome", PART_WHEEL, segments=20)
    spokes = []
    for k in range(5):
        bar = box((radius_m * 0.42, 0.0, 0.0), (radius_m * 0.80, 0.03, 0.035), "rim_steel", PART_WHEEL)
        spokes.append(transform(bar, pitch_matrix(2.0 * np.pi * k / 5)))
    return merge([tyre, ring, hub, disc, *spokes])


def _around_axle(mesh: Mesh) -> Mesh:
    """Lay a solid of revolution about z onto the axle y, its top to the left."""
    return transform(mesh, roll_matrix(-np.pi / 2.0))


def _shell(profile: list[tuple[float, float]], material: str) -> Mesh:
    """An open surface of revolution about z that looks inwards (the inside of a rim)."""
    angle = np.arange(24) * 2.0 * np.pi / 24
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = np.array([np.column_stack([r * circle, np.full(24, z)]) for r, z in profile])
    return loft(rings[:, ::-1], material, PART_WHEEL, crease_deg=30.0, cap_start=False, cap_end=False)


def _spoke(rim_radius_m: float, half_m: float, width: float, material: str) -> Mesh:
    """One spoke along +x, slightly dished, wider at both ends; `width` is a share of the rim's radius."""
    stations = []
    for share, spread, lift in ((0.12, 0.62, 0.74), (0.50, 0.42, 0.80), (0.94, 0.60, 0.88)):
        x, w = share * rim_radius_m, spread * width * rim_radius_m
        top, bottom = half_m * lift, half_m * (lift - 0.24)
        stations.append([(x, bottom, -w), (x, bottom, w), (x, top, w * 0.8), (x, top, -w * 0.8)])
    return loft(np.array(stations)[:, ::-1], material, PART_WHEEL)


def _torus(ring_m: float, tube_m: float, material: str, segments: int, sides: int) -> Mesh:
    """A ring about the axle y."""
    angle = np.linspace(0.0, 2.0 * np.pi, segments, endpoint=False)
    tube = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    reach = ring_m + tube_m * np.cos(tube)[None, :]
    points = np.stack(
        [
            reach * np.cos(angle)[:, None],
            np.broadcast_to(tube_m * np.sin(tube), (segments, sides)),
            reach * np.sin(angle)[:, None],
        ],
        axis=-1,
    )
    closed = np.concatenate([points, points[:1]])
    return loft(closed, material, PART_WHEEL, crease_deg=180.0, cap_start=False, cap_end=False)

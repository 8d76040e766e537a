"""Wheels, built round the origin with the axle along y; the outer side looks to +y (left), the right one is its mirror."""

from __future__ import annotations

import numpy as np

from rendering.assets.solids import box, cylinder, lathe, loft
from rendering.mesh import PART_WHEEL, Mesh, merge, mirror_y, pitch_matrix, roll_matrix, transform


def car_wheel(radius_m: float, width_m: float, spokes: int = 5, rim: str = "rim_alloy", left: bool = True) -> Mesh:
    """A tyre with a spoked rim, `width_m` wide."""
    half = width_m / 2.0
    rim_radius = radius_m * 0.68
    bead = rim_radius * 1.02
    tyre_profile = [
        (bead * 0.94, -half * 0.80),
        (bead, -half * 0.92),
        (0.5 * (bead + radius_m), -half),
        (radius_m * 0.965, -half * 0.90),
        (radius_m, -half * 0.68),
        (radius_m, half * 0.68),
        (radius_m * 0.965, half * 0.90),
        (0.5 * (bead + radius_m), half),
        (bead, half * 0.92),
        (bead * 0.94, half * 0.80),
    ]
    parts = [_around_axle(lathe(tyre_profile, "tyre", PART_WHEEL, segments=32, cap_end=False))]
    dish = [(0.0, half * 0.12), (rim_radius * 0.90, half * 0.12)]
    well = [(rim_radius * 0.90, half * 0.125), (rim_radius * 0.90, half * 0.60)]
    lip = [
        (rim_radius * 0.885, half * 0.60),
        (rim_radius * 0.905, half * 0.92),
        (rim_radius * 1.0, half * 0.95),
        (rim_radius, half * 0.5),
    ]
    parts.append(_around_axle(lathe([*dish, (rim_radius * 0.90, half * 0.13)], "underbody", PART_WHEEL, segments=24)))
    parts.append(_around_axle(_shell(well + lip, rim)))
    parts.append(cylinder((0, half * 0.1, 0), (0, half * 0.78, 0), rim_radius * 0.22, rim, PART_WHEEL, segments=12))
    parts.extend(
        transform(_spoke(rim_radius, half, spokes, rim), pitch_matrix(2.0 * np.pi * k / spokes)) for k in range(spokes)
    )
    wheel = merge(parts)
    return wheel if left else mirror_y(wheel)


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


def _spoke(rim_radius_m: float, half_m: float, count: int, material: str) -> Mesh:
    """One spoke along +x, slightly dished, wider at the rim."""
    width = min(0.36, 1.9 / count) * rim_radius_m
    stations = []
    for share, spread, lift in ((0.12, 0.50, 0.74), (0.55, 0.40, 0.80), (0.93, 0.52, 0.88)):
        x, w = share * rim_radius_m, spread * width
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

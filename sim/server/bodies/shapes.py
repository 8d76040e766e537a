"""Which solids stand for a body in the rigid-body engine: boxes, cylinders, ellipsoids and convex hulls in its box's frame.

The frame has its origin at the centre of the bounding box and the body's own axes. Tested by tests/server/test_loose_bodies.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from sim.catalogue.spec import Deck, PropSpec, VehicleSpec
from sim.server.vehicles.state import GROUND_CLEARANCE_M

Vector = tuple[float, float, float]

WALL_THICKNESS_M = 0.05
_LEAST_HALF_M = 0.004


class SolidKind(IntEnum):
    """What a solid is; HULL is the convex hull of `points_m`."""

    BOX = 0
    CYLINDER = 1
    ELLIPSOID = 2
    HULL = 3


@dataclass(frozen=True)
class Solid:
    """One convex solid: half sizes (cylinder: radius, radius, half length along `axis`) and centre in the body's frame."""

    kind: SolidKind
    half_m: Vector
    center_m: Vector = (0.0, 0.0, 0.0)
    axis: int = 2
    points_m: tuple[Vector, ...] = ()


@dataclass(frozen=True)
class LooseShape:
    """What the engine has to know of a kind of loose body: solids, half sizes of its box, mass, surface."""

    solids: tuple[Solid, ...]
    half_m: Vector
    mass_kg: float
    friction: float
    restitution: float
    rolls: bool = False


_UPRIGHT_ROUND = frozenset({"barrel", "can", "bin"})


def shape_of_prop(spec: PropSpec) -> LooseShape:
    """Barrels, cans and round bins are cylinders, balls ellipsoids, cones hulls over a square foot, all else boxes."""
    half = tuple(max(0.5 * side, _LEAST_HALF_M) for side in (spec.length_m, spec.width_m, spec.height_m))
    half_m = (half[0], half[1], half[2])
    solid, rolls = Solid(SolidKind.BOX, half_m), False
    if spec.shape in _UPRIGHT_ROUND or spec.shape == "tyre":
        axis = _round_axis(half_m)
        if axis >= 0:
            radius = half_m[(axis + 1) % 3]
            solid, rolls = Solid(SolidKind.CYLINDER, (radius, radius, half_m[axis]), axis=axis), True
    elif spec.shape == "ball":
        solid, rolls = Solid(SolidKind.ELLIPSOID, half_m), True
    elif spec.shape == "cone":
        solid = Solid(SolidKind.HULL, half_m, points_m=_cone_points(half_m))
    return LooseShape((solid,), half_m, spec.mass_kg, spec.friction, spec.restitution, rolls)


def solids_of_vehicle(spec: VehicleSpec) -> tuple[Solid, ...]:
    """The vehicle's box above the ground clearance, about its centre; with a deck: chassis and floor, cab, walls."""
    half_length, half_width, top = spec.length_m / 2.0, spec.width_m / 2.0, spec.height_m
    boxes = [((-half_length, half_length), (-half_width, half_width), (GROUND_CLEARANCE_M, top))]
    if spec.deck is not None:
        boxes = _deck_boxes(spec.deck, half_length, half_width, top)
    solids = []
    for x, y, z in boxes:
        half = (0.5 * (x[1] - x[0]), 0.5 * (y[1] - y[0]), 0.5 * (z[1] - z[0]))
        center = (0.5 * (x[0] + x[1]), 0.5 * (y[0] + y[1]), 0.5 * (z[0] + z[1]) - 0.5 * top)
        solids.append(Solid(SolidKind.BOX, half, center_m=center))
    return tuple(solids)


Span = tuple[float, float]


def _deck_boxes(deck: Deck, half_length: float, half_width: float, top: float) -> list[tuple[Span, Span, Span]]:
    floor, wall = deck.height_m, deck.height_m + deck.wall_height_m
    boxes = [
        ((-half_length, deck.front_x_m), (-half_width, half_width), (GROUND_CLEARANCE_M, floor)),
        ((deck.front_x_m, half_length), (-half_width, half_width), (GROUND_CLEARANCE_M, top)),
    ]
    if deck.wall_height_m > 0.0:
        side = deck.half_width_m
        boxes += [
            ((deck.rear_x_m, deck.front_x_m), (side, side + WALL_THICKNESS_M), (floor, wall)),
            ((deck.rear_x_m, deck.front_x_m), (-side - WALL_THICKNESS_M, -side), (floor, wall)),
            ((deck.rear_x_m - WALL_THICKNESS_M, deck.rear_x_m), (-side, side), (floor, wall)),
        ]
    return boxes


def _round_axis(half_m: Vector) -> int:
    """The axis of a cylinder in this box: that whose two others are most equal, within 5 %; -1 when none is."""
    unlike = [abs(half_m[(k + 1) % 3] / half_m[(k + 2) % 3] - 1.0) for k in range(3)]
    axis = min((2, 1, 0), key=lambda k: unlike[k])
    return axis if unlike[axis] <= 0.05 else -1


def _cone_points(half_m: Vector) -> tuple[Vector, ...]:
    x, y, z = half_m
    foot = tuple((sx * x, sy * y, level) for level in (-z, -z + 0.1 * z) for sx in (-1, 1) for sy in (-1, 1))
    tip = 0.12 * min(x, y)
    angles = [2.0 * math.pi * k / 8 for k in range(8)]
    return foot + tuple((tip * math.cos(a), tip * math.sin(a), z) for a in angles)

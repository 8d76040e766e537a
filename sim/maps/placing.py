"""Puts single things on the ground plan, if they fit there, and keeps the rows of what has been placed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString

from sim.catalogue.static_assets import STATIC_ASSETS
from sim.maps.ground_plan import GroundPlan, footprint

Float64 = NDArray[np.float64]

GROUND_RADIUS_M = 0.3
"""Trunks and masts touch the ground within this radius."""
MAST_INSIDE_M = 0.15
"""A pole's mast stands this far inside the -x end of its box."""


@dataclass
class Placer:
    """Placed things, row by row: names "asset:variant#n", positions, yaws, boxes in the object's frame, classes."""

    ground: GroundPlan
    most: int
    names: list[str] = field(default_factory=list)
    position: list[tuple[float, float, float]] = field(default_factory=list)
    yaw: list[float] = field(default_factory=list)
    center: list[tuple[float, float, float]] = field(default_factory=list)
    extent: list[tuple[float, float, float]] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)

    def add(
        self, key: str, variant: int, position: tuple[float, float, float], yaw_rad: float,
        center: tuple[float, float, float], extent: tuple[float, float, float],
    ) -> None:  # fmt: skip
        """Append one thing."""
        self.names.append(f"{key}:{variant}#{len(self.names)}")
        self.position.append(position)
        self.yaw.append((yaw_rad + math.pi) % (2.0 * math.pi) - math.pi)
        self.center.append(center)
        self.extent.append(extent)
        self.classes.append(int(STATIC_ASSETS[key].object_class))

    def along_edge(
        self, key: str, variant: int, edge: LineString, at_m: float, size: Float64,
        back_m: tuple[float, ...] = (0.0,), square: bool = False,
    ) -> float:  # fmt: skip
        """Place one thing whose road-side edge begins at `at_m`; returns its length along the edge, 0 if it does not fit.

        `back_m` are distances behind the edge to try in turn; `square` turns the thing square to its street.
        """
        length = float(size[0])
        start, end = edge.interpolate(max(at_m, 0.0)), edge.interpolate(min(max(at_m, 0.0) + length, edge.length))
        if math.hypot(end.x - start.x, end.y - start.y) < 0.8 * length or len(self.names) >= self.most:
            return 0.0
        along = math.atan2(end.y - start.y, end.x - start.x)
        middle = ((start.x + end.x) / 2.0, (start.y + end.y) / 2.0)
        if square:
            along = self._along_the_street(middle, along)
        return length if any(self._put(key, variant, middle, along, back, size) for back in back_m) else 0.0

    def _along_the_street(self, middle: tuple[float, float], along: float) -> float:
        """Fronts stand square to their street, not to the corner or the parking taper that the edge follows."""
        heading = float(self.ground.lookup.nearest(np.array([middle])).yaw_rad[0])
        turn = (heading - along + math.pi / 2.0) % math.pi - math.pi / 2.0
        return along + turn if abs(turn) < math.radians(25.0) else along

    def _put(
        self, key: str, variant: int, middle: tuple[float, float], along: float, back_m: float, size: Float64
    ) -> bool:
        """Place a thing with the middle of its road-side edge `back_m` behind `middle`, if it fits there."""
        # land lies to the left of the edge, so the road lies to the right and local +y looks there
        yaw, ahead = along + math.pi, 0.0
        half_x, half_y, height = float(size[0]) / 2.0, float(size[1]) / 2.0, float(size[2])
        slender = key.startswith(("tree.", "pole."))
        depth = back_m + (GROUND_RADIUS_M if slender else half_y)
        x, y = middle[0] - math.sin(along) * depth, middle[1] + math.cos(along) * depth
        if key == "pole.street_lamp":
            yaw, ahead = along - math.pi / 2.0, half_x - MAST_INSIDE_M
        shape = footprint(x, y, yaw, half_x, half_y)
        foot = footprint(x, y, yaw, GROUND_RADIUS_M, GROUND_RADIUS_M) if slender else shape
        if key == "pole.street_lamp":
            shape = foot  # the arm is 8 m up and hides nothing
        if not self.ground.free(shape, foot, height):
            return False
        self.ground.take(shape)
        base = float(self.ground.lookup.height_at(np.array(foot.exterior.coords)[:4]).min())
        self.add(key, variant, (x, y, base), yaw, (ahead, 0.0, height / 2.0), (half_x, half_y, height / 2.0))
        return True

    def pole_fits(self, x_m: float, y_m: float) -> bool:
        """Whether a mast may stand at a point."""
        foot = footprint(x_m, y_m, 0.0, GROUND_RADIUS_M, GROUND_RADIUS_M)
        return self.ground.free(foot, foot, 8.0)

    def pole(
        self, key: str, variant: int, foot_m: tuple[float, float], yaw_rad: float, size: tuple[float, float, float]
    ) -> bool:
        """Place a pole with its mast at a point that fits; its wires reach along x."""
        shape = footprint(*foot_m, yaw_rad, GROUND_RADIUS_M, GROUND_RADIUS_M)
        if len(self.names) >= self.most or not self.ground.free(shape, shape, size[2]):
            return False
        self.ground.take(shape)
        base = float(self.ground.lookup.height_at(np.array([foot_m]))[0])
        half = (size[0] / 2.0, size[1] / 2.0, size[2] / 2.0)
        self.add(key, variant, (*foot_m, base), yaw_rad, (half[0] - MAST_INSIDE_M, 0.0, half[2]), half)
        return True

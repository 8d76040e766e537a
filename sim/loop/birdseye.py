"""The world from above, around the ego, drawn from the map's arrays and one state."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.base.boxes import corners_m
from sim.base.bundle import Route
from sim.base.state import ActorKind, LightState, StaticObjects, WorldState
from sim.base.taxonomy import ObjectClass
from sim.catalogue.vehicles import VEHICLES
from sim.loop.overlay import caption, color_of
from sim.maps.network import RoadNetwork

Image = NDArray[np.uint8]

BACKGROUND = (60, 72, 58)
BUILDING_FILL, BUILDING_EDGE = (126, 112, 100), (168, 152, 138)
TREE_FILL, TREE_EDGE = (74, 112, 68), (96, 138, 86)
HEDGE_FILL = (70, 104, 64)
CROSSWALK_FILL, STRIPE_COLOR, STRIPE_M = (104, 106, 110), (214, 214, 214), 0.5
SIGN_COLORS = {"traffic.stop": (225, 45, 45), "traffic.yield": (240, 240, 240)}
LANE_COLORS: dict[str, tuple[int, int, int]] = {
    "driving": (92, 94, 98),
    "bidirectional": (92, 94, 98),
    "entry": (92, 94, 98),
    "exit": (92, 94, 98),
    "onRamp": (92, 94, 98),
    "offRamp": (92, 94, 98),
    "stop": (84, 86, 90),
    "shoulder": (84, 86, 90),
    "parking": (78, 82, 92),
    "biking": (104, 84, 80),
    "sidewalk": (128, 126, 122),
}
EGO_COLOR = (90, 240, 130)
ROUTE_COLOR = (66, 190, 108)
LIGHT_COLORS = {
    LightState.RED: (255, 60, 50),
    LightState.YELLOW: (255, 200, 40),
    LightState.GREEN: (60, 230, 90),
}
AHEAD_SHARE = 0.68
"""Where the ego stands in the picture: this share of the height lies ahead of it."""


class BirdsEye:
    """A square picture, ego heading up. The map's lanes are rasterised once, then turned for each frame.

    `span_m` is what the picture's side covers. Tested by tests/loop/test_birdseye.py.
    """

    def __init__(
        self,
        network: RoadNetwork,
        route: Route,
        size_px: int = 480,
        span_m: float = 60.0,
        statics: StaticObjects | None = None,
    ) -> None:
        self._size_px = size_px
        self._px_per_m = size_px / span_m
        margin_m = span_m
        corridor = route.points_world_m[:, :2]
        self._origin_m = corridor.min(axis=0) - margin_m
        extent_m = corridor.max(axis=0) + margin_m - self._origin_m
        self._map_px_per_m = float(min(self._px_per_m, 6000.0 / max(extent_m)))
        self._map = self._draw_map(network, extent_m)
        self._draw_route(route)
        if statics is not None:
            self._draw_statics(statics)

    def draw(self, state: WorldState, ego_track_id: int) -> Image:
        """The picture (size, size, 3) RGB of one state."""
        row = state.row_of(ego_track_id)
        if row is None:
            return np.full((self._size_px, self._size_px, 3), BACKGROUND, np.uint8)
        px_from_world = self._view(state.position_world_m[row, :2], float(state.rpy_rad[row, 2]))
        world_from_map = np.array(
            [
                [1.0 / self._map_px_per_m, 0.0, self._origin_m[0]],
                [0.0, 1.0 / self._map_px_per_m, self._origin_m[1]],
                [0.0, 0.0, 1.0],
            ]
        )
        matrix = (px_from_world @ world_from_map)[:2]
        size = (self._size_px, self._size_px)
        image: Any = cv2.warpAffine(self._map, matrix, size, flags=cv2.INTER_LINEAR, borderValue=BACKGROUND)
        self._draw_actors(image, state, row, px_from_world)
        self._draw_scale(image)
        return np.asarray(image)

    def _view(self, ego_m: NDArray[np.float64], yaw_rad: float) -> NDArray[np.float64]:
        """px_from_world (3, 3): the ego's forward is up, its left is left."""
        cos, sin, k = np.cos(yaw_rad), np.sin(yaw_rad), self._px_per_m
        linear = np.array([[sin * k, -cos * k], [-cos * k, -sin * k]])
        anchor = np.array([self._size_px / 2.0, self._size_px * AHEAD_SHARE])
        out = np.eye(3)
        out[:2, :2] = linear
        out[:2, 2] = anchor - linear @ ego_m
        return out

    def _to_map(self, points_world: NDArray[np.float64]) -> NDArray[np.int32]:
        pixels = (points_world[:, :2] - self._origin_m) * self._map_px_per_m
        return np.asarray(np.round(pixels * 16.0), np.int32)

    def _draw_map(self, network: RoadNetwork, extent_m: NDArray[np.float64]) -> Image:
        width, height = (int(np.ceil(side * self._map_px_per_m)) for side in extent_m)
        image: Any = np.full((height, width, 3), BACKGROUND, np.uint8)
        lanes = network.lanes
        order = sorted(range(lanes.count), key=lambda lane: lanes.lane_type[lane] == "driving")
        for lane in order:
            color = LANE_COLORS.get(lanes.lane_type[lane])
            if color is not None:
                span = lanes.points_of(lane)
                ring = np.concatenate([lanes.left_edge_world_m[span], lanes.right_edge_world_m[span][::-1]])
                cv2.fillPoly(image, [self._to_map(ring)], color, cv2.LINE_AA, 4)
        for row in range(len(network.crosswalks.name)):
            points = network.crosswalks.first_point[row : row + 2]
            ring = network.crosswalks.points_world_m[points[0] : points[1]]
            cv2.fillPoly(image, [self._to_map(ring)], CROSSWALK_FILL, cv2.LINE_AA, 4)
            for stripe in _stripes(ring[:, :2]):
                cv2.fillPoly(image, [self._to_map(stripe)], STRIPE_COLOR, cv2.LINE_AA, 4)
        self._draw_markings(image, network)
        return np.asarray(image)

    def _draw_markings(self, image: Any, network: RoadNetwork) -> None:
        marks = network.markings
        for row, color in enumerate(marks.color):
            span = slice(int(marks.first_point[row]), int(marks.first_point[row + 1]))
            points = marks.points_world_m[span]
            rgb = (214, 186, 80) if color == "yellow" else (205, 205, 205)
            period_m = marks.dash_m[row] + marks.gap_m[row]
            pieces = [points] if period_m <= 0 else _dashes(points, float(marks.dash_m[row]), float(period_m))
            for piece in pieces:
                cv2.polylines(image, [self._to_map(piece)], False, rgb, 1, cv2.LINE_AA, 4)

    def _draw_statics(self, statics: StaticObjects) -> None:
        """Footprints of what stands around the roads: buildings, hedges and fences first, tree crowns above all."""
        image: Any = self._map
        order = sorted(range(len(statics.name)), key=lambda row: statics.name[row].startswith("tree."))
        for row in order:
            kind = statics.name[row].partition(".")[0]
            yaw, extent = float(statics.rpy_rad[row, 2]), statics.box_extent_m[row]
            turn = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
            center = statics.position_world_m[row].copy()
            center[:2] += turn @ statics.box_center_m[row, :2]
            if kind == "tree":
                at, radius = (
                    self._to_map(center[None])[0],
                    round(0.5 * float(extent[0] + extent[1]) * self._map_px_per_m * 16),
                )
                for color, thickness in ((TREE_FILL, -1), (TREE_EDGE, 1)):
                    cv2.circle(image, (int(at[0]), int(at[1])), radius, color, thickness, cv2.LINE_AA, 4)
                continue
            ring = self._to_map(corners_m(center, yaw, extent))
            if kind == "building":
                cv2.fillPoly(image, [ring], BUILDING_FILL, cv2.LINE_AA, 4)
                cv2.polylines(image, [ring], True, BUILDING_EDGE, 2, cv2.LINE_AA, 4)
            else:
                cv2.fillPoly(image, [ring], HEDGE_FILL if kind == "hedge" else BUILDING_EDGE, cv2.LINE_AA, 4)

    def _draw_route(self, route: Route) -> None:
        image: Any = self._map
        cv2.polylines(image, [self._to_map(route.points_world_m)], False, ROUTE_COLOR, 2, cv2.LINE_AA, 4)

    def _draw_actors(self, image: Any, state: WorldState, ego_row: int, px_from_world: NDArray[np.float64]) -> None:
        for row, info in enumerate(state.actors):
            center = (px_from_world @ [*state.position_world_m[row, :2], 1.0])[:2]
            if (np.abs(center - self._size_px / 2.0) > self._size_px).any():
                continue
            if info.kind is ActorKind.TRAFFIC_LIGHT:
                color = LIGHT_COLORS.get(LightState(int(state.light_state[row])), (120, 120, 120))
                cv2.circle(image, _fixed(center), 7 * 16, (20, 20, 20), -1, cv2.LINE_AA, 4)
                cv2.circle(image, _fixed(center), 5 * 16, color, -1, cv2.LINE_AA, 4)
            elif info.type_id in SIGN_COLORS:
                cv2.circle(image, _fixed(center), 5 * 16, SIGN_COLORS[info.type_id], -1, cv2.LINE_AA, 4)
                cv2.circle(image, _fixed(center), 5 * 16, (250, 250, 250), 1, cv2.LINE_AA, 4)
            elif info.kind in (ActorKind.VEHICLE, ActorKind.WALKER, ActorKind.PROP):
                spec = VEHICLES.get(info.type_id)
                kind = ObjectClass.PEDESTRIAN if info.kind is ActorKind.WALKER else ObjectClass.DYNAMIC_OBJECT
                color = color_of(spec.object_class) if spec else color_of(kind)
                self._draw_body(image, state, row, EGO_COLOR if row == ego_row else color, px_from_world)

    def _draw_body(
        self, image: Any, state: WorldState, row: int, color: tuple[int, int, int], px_from_world: NDArray[np.float64]
    ) -> None:
        info = state.actors[row]
        length, width = info.box_extent_m[0], info.box_extent_m[1]
        center = np.array(info.box_center_m[:2])
        nose, tip = 0.35 * length, width - 0.15
        outline = np.array([[length, tip], [length, -tip], [-length, -width], [-length, width]]) + center
        screen = np.array([[nose, width], [nose, -width]]) + center
        yaw = float(state.rpy_rad[row, 2])
        turn = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
        place = state.position_world_m[row, :2]

        def pixels(points: NDArray[np.float64]) -> NDArray[np.int32]:
            world = points @ turn.T + place
            return np.asarray(np.round((world @ px_from_world[:2, :2].T + px_from_world[:2, 2]) * 16.0), np.int32)

        if info.kind is ActorKind.WALKER:
            radius = max(0.35 * self._px_per_m, 5.0)
            center = (px_from_world @ [*place, 1.0])[:2]
            cv2.circle(image, _fixed(center), int(radius * 16), color, -1, cv2.LINE_AA, 4)
            cv2.circle(image, _fixed(center), int(radius * 16), (250, 250, 250), 1, cv2.LINE_AA, 4)
            return
        cv2.fillPoly(image, [pixels(outline)], color, cv2.LINE_AA, 4)
        cv2.polylines(image, [pixels(outline)], True, (30, 30, 30), 1, cv2.LINE_AA, 4)
        cv2.polylines(image, [pixels(screen)], False, (30, 30, 30), 1, cv2.LINE_AA, 4)

    def _draw_scale(self, image: Any) -> None:
        length = round(10.0 * self._px_per_m)
        y = self._size_px - 14
        cv2.line(image, (14, y), (14 + length, y), (230, 230, 230), 2, cv2.LINE_AA)
        caption(image, "10 m", (14, y - 5), (230, 230, 230), 0.38)


def _fixed(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0]) * 16), round(float(point[1]) * 16)


def _stripes(ring: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The painted bars of a zebra crossing: along the traffic, that is across the longer side of its outline."""
    center = ring.mean(axis=0)
    _, _, axes = np.linalg.svd(ring - center, full_matrices=False)
    local = (ring - center) @ axes.T
    low, high = local.min(axis=0), local.max(axis=0)
    bars = [
        np.array([[x, low[1]], [x + STRIPE_M, low[1]], [x + STRIPE_M, high[1]], [x, high[1]]])
        for x in np.arange(low[0] + 0.5 * STRIPE_M, high[0] - STRIPE_M, 2.0 * STRIPE_M)
    ]
    return [bar @ axes + center for bar in bars]


def _dashes(points: NDArray[np.float64], dash_m: float, period_m: float) -> list[NDArray[np.float64]]:
    """The painted pieces of a broken line."""
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points[:, :2], axis=0).T))])
    starts = np.arange(0.0, arc[-1], period_m)
    ends = np.minimum(starts + dash_m, arc[-1])
    x0, x1 = (np.stack([np.interp(at, arc, points[:, axis]) for axis in (0, 1)], axis=-1) for at in (starts, ends))
    return [np.stack(pair) for pair in zip(x0, x1, strict=True)]

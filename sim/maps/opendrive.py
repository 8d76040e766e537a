"""OpenDRIVE text -> RoadNetwork. The order of the steps is that of the functions called in network_from_xodr."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import MapError
from sim.maps import document as documents
from sim.maps import paint, signal_rows, spawn_points, stops
from sim.maps.areas import read_areas
from sim.maps.document import RoadMark
from sim.maps.lane_arrays import DRIVABLE_TYPES, TOWN_SPEED_MPS, SampledLane, sample_document
from sim.maps.links import successors_and_predecessors
from sim.maps.network import Lanes, RoadNetwork

Int32 = NDArray[np.int32]

LARGEST_AREA_M2 = 2.5e9


def network_from_xodr(text: str, name: str, source: str = "") -> RoadNetwork:
    """The road network of an OpenDRIVE document.

    `source` is what error messages call the file, by default the name with .xodr. Raises MapError with file:line for
    malformed XML, absent geometry and values that are no numbers. Covers OpenDRIVE 1.4 to 1.7 except superelevation and
    lateral shape (see lane_arrays), bridges, tunnels and railways. Tested by tests/maps/test_opendrive.py and, against
    carla.Map, by test_carla_oracle.py.
    """
    document = documents.read(text, source or f"{name}.xodr")
    lanes, sections = sample_document(document)
    successors, predecessors = successors_and_predecessors(document, lanes)
    rows = paint.StripeRows()
    paint.paint_lanes(document, sections, rows)
    areas = read_areas(document, rows)
    signals = signal_rows.read_signals(document, lanes, predecessors)
    stops.settle(signals, lanes, successors, areas)
    table = _lane_table(lanes, successors, predecessors)
    _check_extent(table, document.name)
    position, yaw = spawn_points.recommend(table)
    return RoadNetwork(
        name=name,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        xodr=text,
        geo_reference=document.geo_reference,
        right_hand_traffic=next(iter(document.roads.values())).right_hand,
        lanes=table,
        markings=rows.freeze(),
        signals=signal_rows.freeze(signals),
        crosswalks=areas.crosswalks,
        parking_bays=areas.parking_bays,
        spawn_position_world_m=position,
        spawn_yaw_rad=yaw,
    )


def _check_extent(lanes: Lanes, name: str) -> None:
    """MapError for maps so wide that the grid over them would fill the memory: two roads at opposite ends of the earth."""
    edges = np.concatenate([lanes.left_edge_world_m, lanes.right_edge_world_m])
    wide, long = (float(edges[:, axis].max() - edges[:, axis].min()) for axis in range(2))
    if not wide * long <= LARGEST_AREA_M2:
        raise MapError(
            f"{name}: the roads spread over {wide / 1e3:.0f} km x {long / 1e3:.0f} km; allowed are {LARGEST_AREA_M2 / 1e6:.0f} km². "
            "Correct start points and lane widths, or cut the map into smaller ones."
        )


def _lane_table(
    lanes: list[SampledLane],
    successors: tuple[tuple[int, ...], ...],
    predecessors: tuple[tuple[int, ...], ...],
) -> Lanes:
    first = np.concatenate([[0], np.cumsum([len(lane.center) for lane in lanes])]).astype(np.int32)
    center = np.concatenate([lane.center for lane in lanes])
    steps = np.linalg.norm(np.diff(center, axis=0), axis=1)
    steps[first[1:-1] - 1] = 0.0
    running = np.concatenate([[0.0], np.cumsum(steps)])
    arc = running - np.repeat(running[first[:-1]], np.diff(first))
    left, right, opposite, change_left, change_right = _neighbours(lanes)
    return Lanes(
        road_id=tuple(lane.road.road_id for lane in lanes),
        junction_id=tuple(lane.road.junction_id for lane in lanes),
        section=np.array([lane.section for lane in lanes], dtype=np.int32),
        lane_id=np.array([lane.record.lane_id for lane in lanes], dtype=np.int32),
        lane_type=tuple(lane.record.lane_type for lane in lanes),
        along_s=np.array([lane.along_s for lane in lanes], dtype=bool),
        s_start_m=np.array([lane.road.sections[lane.section].s_m for lane in lanes]),
        s_end_m=np.array([lane.road.sections[lane.section].end_m for lane in lanes]),
        speed_limit_mps=_speed_limits(lanes, predecessors, successors),
        left=left,
        right=right,
        opposite=opposite,
        may_change_left=change_left,
        may_change_right=change_right,
        successors=successors,
        predecessors=predecessors,
        first_point=first,
        center_world_m=center,
        left_edge_world_m=np.concatenate([lane.left_edge for lane in lanes]),
        right_edge_world_m=np.concatenate([lane.right_edge for lane in lanes]),
        arc_length_m=arc,
        s_m=np.concatenate([lane.s_m for lane in lanes]),
        yaw_rad=np.concatenate([lane.yaw_rad for lane in lanes]),
        width_m=np.concatenate([lane.width_m for lane in lanes]),
    )


def _speed_limits(
    lanes: list[SampledLane], predecessors: tuple[tuple[int, ...], ...], successors: tuple[tuple[int, ...], ...]
) -> NDArray[np.float64]:
    """Stated limits; a lane without one (connecting roads, mostly) takes the lowest of its neighbours, else 50 km/h."""
    out = np.array([lane.speed_mps for lane in lanes])
    for _ in range(3):
        before = out.copy()
        for row in np.flatnonzero(np.isnan(before)):
            around = [before[n] for n in (*predecessors[row], *successors[row]) if not math.isnan(before[n])]
            if around:
                out[row] = min(around)
    return np.where(np.isnan(out), TOWN_SPEED_MPS, out)


def _neighbours(
    lanes: list[SampledLane],
) -> tuple[Int32, Int32, Int32, NDArray[np.bool_], NDArray[np.bool_]]:
    count = len(lanes)
    left, right, opposite = (np.full(count, -1, dtype=np.int32) for _ in range(3))
    change_left, change_right = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    row_of = {(lane.road.road_id, lane.section, lane.record.lane_id): row for row, lane in enumerate(lanes)}
    for row, lane in enumerate(lanes):
        lane_id = lane.record.lane_id
        for toward_left in (True, False):
            step = 1 if toward_left == lane.along_s else -1
            # lane ids rise towards the left of the reference line; 0 is a line, not a lane
            other_id = lane_id + step if lane_id + step else lane_id + 2 * step
            other = row_of.get((lane.road.road_id, lane.section, other_id), -1)
            if other < 0 or lanes[other].record.lane_type != "driving" or lanes[other].along_s != lane.along_s:
                continue
            border_id = min(lane_id, other_id, key=abs) if lane_id * other_id > 0 else 0
            border = lane.road.sections[lane.section].lanes.get(border_id)
            allowed = border is not None and _may_cross(border.marks, step > 0, _length(lane))
            if toward_left:
                left[row], change_left[row] = other, allowed
            else:
                right[row], change_right[row] = other, allowed
    for row, lane in enumerate(lanes):
        candidates = [
            other
            for other_id in lane.road.sections[lane.section].lanes
            if (other := row_of.get((lane.road.road_id, lane.section, other_id), -1)) >= 0
            and lanes[other].record.lane_type in DRIVABLE_TYPES
            and lanes[other].along_s != lane.along_s
        ]
        if candidates:
            opposite[row] = min(candidates, key=lambda o: abs(lanes[o].record.lane_id - lane.record.lane_id))
    return left, right, opposite, change_left, change_right


def _length(lane: SampledLane) -> float:
    section = lane.road.sections[lane.section]
    return section.end_m - section.s_m


def _may_cross(marks: tuple[RoadMark, ...], increasing: bool, length_m: float) -> bool:
    """Whether the marks let a vehicle cross towards rising (or falling) lane ids along at least half of the section."""
    if not marks:
        return True
    allowed = 0.0
    for i, mark in enumerate(marks):
        end = marks[i + 1].s_offset_m if i + 1 < len(marks) else length_m
        if _mark_allows(mark, increasing):
            allowed += max(0.0, min(end, length_m) - mark.s_offset_m)
    return allowed >= 0.5 * length_m


def _mark_allows(mark: RoadMark, increasing: bool) -> bool:
    if mark.lane_change:
        return mark.lane_change == "both" or mark.lane_change == ("increase" if increasing else "decrease")
    if mark.kind in ("broken", "none", "broken broken", "botts dots"):
        return True
    # the rule of the stripe on one's own side counts: inside to outside seen from the centre lane
    if mark.kind == "broken solid":
        return not increasing
    return mark.kind == "solid broken" and increasing

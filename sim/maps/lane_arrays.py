"""Lane records -> sampled polylines: centre, edges, width, heading of every lane of every section, in direction of travel.

Superelevation is left out on purpose: carla.Map's waypoints, and so the Traffic Manager, know elevation only, and the height
of the road must be one and the same for all (tests/maps/test_carla_oracle.py).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.units import mps_from_kmh
from sim.maps.document import Document, LaneRecord, Road, Section

Float64 = NDArray[np.float64]

MAX_STEP_M = 1.0
CHORD_ERROR_M = 0.008
LEAST_STEP_M = 0.05
DEFAULT_KERB_HEIGHT_M = 0.12
"""Height of sidewalks in maps without height records; DIN 18318 kerbs are 0.10 to 0.15 m."""

DRIVABLE_TYPES = frozenset(
    {
        "driving",
        "bidirectional",
        "entry",
        "exit",
        "onRamp",
        "offRamp",
        "connectingRamp",
        "mwyEntry",
        "mwyExit",
        "bus",
        "taxi",
        "HOV",
    }
)
"""Lane types that vehicles drive on. Their surface is the road's elevation; lane height records apply to other types only."""

DEFAULT_SPEED_MPS = {"motorway": mps_from_kmh(130.0), "rural": mps_from_kmh(100.0)}
TOWN_SPEED_MPS = mps_from_kmh(50.0)


@dataclass(frozen=True)
class SectionSamples:
    """One section sampled along s: n stations; `t_m[lane_id]` is the (n,) lateral offset of the lane's outer border."""

    s_m: Float64
    x_m: Float64
    y_m: Float64
    z_m: Float64
    heading_rad: Float64
    curvature_1pm: Float64
    t_m: dict[int, Float64]
    slope_t: dict[int, Float64]

    def points(self, t_m: Float64, lift_m: Float64 | float = 0.0) -> Float64:
        """World points (n, 3) at lateral offsets t (n,), lifted above the road."""
        return np.stack(
            [self.x_m - np.sin(self.heading_rad) * t_m, self.y_m + np.cos(self.heading_rad) * t_m, self.z_m + lift_m],
            axis=1,
        )


@dataclass(frozen=True)
class SampledLane:
    """One lane with its polylines in direction of travel (n points)."""

    road: Road
    section: int
    record: LaneRecord
    along_s: bool
    speed_mps: float
    center: Float64
    left_edge: Float64
    right_edge: Float64
    s_m: Float64
    yaw_rad: Float64
    width_m: Float64


def sample_section(road: Road, section: Section) -> SectionSamples:
    """Stations dense enough that every lane's polyline has steps <= 1 m and chord errors < 1 cm."""
    s = _stations(road, section)
    x, y, heading, curvature = road.line.at(s)
    offset, offset_slope = road.offset.at(s), road.offset.slope(s)
    t, slope = {0: offset}, {0: offset_slope}
    local = s - section.s_m
    for sign in (1, -1):
        edge, edge_slope = offset, offset_slope
        for lane_id in sorted((i for i in section.lanes if i * sign > 0), key=abs):
            lane = section.lanes[lane_id]
            if len(lane.borders.start_m) and not len(lane.widths.start_m):
                edge = offset + sign * np.abs(lane.borders.at(local))
                edge_slope = offset_slope + sign * np.sign(lane.borders.at(local)) * lane.borders.slope(local)
            else:
                width = lane.widths.at(local)
                edge = edge + sign * np.maximum(width, 0.0)
                edge_slope = edge_slope + sign * np.where(width > 0.0, lane.widths.slope(local), 0.0)
            t[lane_id], slope[lane_id] = edge, edge_slope
    return SectionSamples(s, x, y, road.elevation.at(s), heading, curvature, t, slope)


def _stations(road: Road, section: Section) -> Float64:
    start, end = section.s_m, section.end_m
    inner = [road.line.start_m, road.elevation.start_m, road.offset.start_m]
    inner += [section.s_m + c.start_m for lane in section.lanes.values() for c in (lane.widths, lane.borders)]
    breaks = np.unique(np.concatenate([[start, end], *inner]))
    breaks = breaks[(breaks > start + 1e-3) & (breaks < end - 1e-3)]
    breaks = np.concatenate([[start], breaks, [max(end, start + 1e-6)]])
    breaks = breaks[np.concatenate([[True], np.diff(breaks) > 1e-4])] if len(breaks) > 2 else breaks
    pieces = []
    reach = _reach(road, section)
    for low, high in itertools.pairwise(breaks):
        probe = np.linspace(low + 1e-6, max(high - 1e-6, low + 1e-6), max(3, int((high - low) / 5.0) + 2))
        bend = float(np.abs(road.line.at(probe)[3]).max())
        stretch = 1.0 + bend * reach
        step = MAX_STEP_M / stretch
        if bend > 1e-9:
            step = min(step, math.sqrt(8.0 * CHORD_ERROR_M / (bend * stretch)))
        slope, swing = _sideways(road, section, probe)
        step = max(step / math.hypot(1.0, slope), LEAST_STEP_M)
        if swing > 1e-9:
            step = min(step, max(math.sqrt(8.0 * CHORD_ERROR_M / swing), LEAST_STEP_M))
        pieces.append(np.linspace(low, high, max(1, math.ceil((high - low) / (0.97 * step))) + 1)[:-1])
    return np.concatenate([*pieces, breaks[-1:]])


def _sideways(road: Road, section: Section, probe: Float64) -> tuple[float, float]:
    """How fast the outermost border moves sideways (dt/ds) and swings (d²t/ds²), at most, over the probes."""
    slope, swing = np.abs(road.offset.slope(probe)), np.abs(road.offset.bend(probe))
    sides = []
    for sign in (1, -1):
        lanes = [lane for lane_id, lane in section.lanes.items() if lane_id * sign > 0]
        cubics = [lane.widths if len(lane.widths.start_m) else lane.borders for lane in lanes]
        local = probe - section.s_m
        sides.append(
            (sum(np.abs(c.slope(local)).max() for c in cubics), sum(np.abs(c.bend(local)).max() for c in cubics))
        )
    return float(slope.max() + max(a for a, _ in sides)), float(swing.max() + max(b for _, b in sides))


def _reach(road: Road, section: Section) -> float:
    probe = np.linspace(section.s_m, section.end_m, 5)
    total = {1: 0.0, -1: 0.0}
    for lane_id, lane in section.lanes.items():
        if lane_id:
            sign = 1 if lane_id > 0 else -1
            if len(lane.widths.start_m):
                total[sign] += float(np.abs(lane.widths.at(probe - section.s_m)).max())
            else:
                total[sign] = max(total[sign], float(np.abs(lane.borders.at(probe - section.s_m)).max()))
    return max(total.values()) + float(np.abs(road.offset.at(probe)).max())


def sample_lanes(road: Road, index: int, samples: SectionSamples) -> list[SampledLane]:
    """The lanes of one section from left (highest id) to right, the centre lane left out."""
    section = road.sections[index]
    speed = _road_speed(road, (section.s_m + section.end_m) / 2.0)
    out = []
    for lane_id in sorted((i for i in section.lanes if i), reverse=True):
        record = section.lanes[lane_id]
        sign = 1 if lane_id > 0 else -1
        within = [i for i in section.lanes if i * sign >= 0 and abs(i) < abs(lane_id)]
        inner_id = max(within, key=abs, default=0)
        inner_t, outer_t = samples.t_m[inner_id], samples.t_m[lane_id]
        inner_lift, outer_lift = _lifts(record, samples.s_m - section.s_m)
        along_s = (lane_id < 0) == road.right_hand or record.lane_type == "bidirectional"
        center = samples.points((inner_t + outer_t) / 2.0, (inner_lift + outer_lift) / 2.0)
        inner, outer = samples.points(inner_t, inner_lift), samples.points(outer_t, outer_lift)
        left, right = (outer, inner) if lane_id > 0 else (inner, outer)
        slope = (samples.slope_t[inner_id] + samples.slope_t[lane_id]) / 2.0
        yaw = samples.heading_rad + np.arctan2(slope, 1.0 - samples.curvature_1pm * (inner_t + outer_t) / 2.0)
        if not along_s:
            left, right = right, left
            yaw = yaw + np.pi
        order = slice(None) if along_s else slice(None, None, -1)
        out.append(
            SampledLane(
                road=road,
                section=index,
                record=record,
                along_s=along_s,
                speed_mps=speed if math.isnan(record.speed_mps) else record.speed_mps,
                center=center[order],
                left_edge=left[order],
                right_edge=right[order],
                s_m=samples.s_m[order],
                yaw_rad=((yaw + np.pi) % (2.0 * np.pi) - np.pi)[order],
                width_m=np.abs(outer_t - inner_t)[order],
            )
        )
    return out


def _lifts(record: LaneRecord, local_s: Float64) -> tuple[Float64, Float64]:
    if record.lane_type in DRIVABLE_TYPES:
        return np.zeros_like(local_s), np.zeros_like(local_s)
    if not record.heights:
        lift = DEFAULT_KERB_HEIGHT_M if record.lane_type in ("sidewalk", "walking") else 0.0
        return np.full_like(local_s, lift), np.full_like(local_s, lift)
    rows = np.array(record.heights)
    row = np.maximum(np.searchsorted(rows[:, 0], local_s + 1e-9, side="right") - 1, 0)
    return rows[row, 1], rows[row, 2]


def _road_speed(road: Road, s_m: float) -> float:
    speed = math.nan
    for start, value, kind in road.speeds:
        if start <= s_m:
            speed = DEFAULT_SPEED_MPS.get(kind, math.nan) if math.isnan(value) else value
    return speed


def sample_document(document: Document) -> tuple[list[SampledLane], dict[tuple[str, int], SectionSamples]]:
    """All lanes in file order, and the samples of each (road, section)."""
    lanes: list[SampledLane] = []
    sections = {}
    for road in document.roads.values():
        for index, section in enumerate(road.sections):
            samples = sample_section(road, section)
            sections[road.road_id, index] = samples
            lanes.extend(sample_lanes(road, index, samples))
    return lanes, sections

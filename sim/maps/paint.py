"""Road marks -> stripes: one row per painted line, doubles as two, in world coordinates (ASAM OpenDRIVE 1.7, chapter 9.6)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.base.units import mps_from_kmh
from sim.maps.document import Document, LaneRecord, Road, RoadMark, Section
from sim.maps.lane_arrays import SectionSamples
from sim.maps.network import Markings

Float64 = NDArray[np.float64]

STANDARD_WIDTH_M = 0.12
BOLD_WIDTH_M = 0.25
STOP_LINE_WIDTH_M = 0.5
"""Widths of narrow and broad stripes in towns and of stop lines (German RMS-1, 1993)."""

_STRIPES = {
    "solid": ("solid",),
    "broken": ("broken",),
    "solid solid": ("solid", "solid"),
    "solid broken": ("solid", "broken"),
    "broken solid": ("broken", "solid"),
    "broken broken": ("broken", "broken"),
    "botts dots": ("botts dots",),
    "curb": ("curb",),
    "edge": ("solid",),
}


@dataclass
class StripeRows:
    """Stripes collected row by row, then frozen into Markings."""

    kind: list[str] = field(default_factory=list)
    color: list[str] = field(default_factory=list)
    width_m: list[float] = field(default_factory=list)
    dash_m: list[float] = field(default_factory=list)
    gap_m: list[float] = field(default_factory=list)
    points: list[Float64] = field(default_factory=list)

    def add(self, kind: str, color: str, width_m: float, dash_m: float, gap_m: float, points: Float64) -> None:
        """Append one stripe with its polyline (n, 3)."""
        self.kind.append(kind)
        self.color.append(color)
        self.width_m.append(width_m)
        self.dash_m.append(dash_m)
        self.gap_m.append(gap_m)
        self.points.append(points)

    def freeze(self) -> Markings:
        """The rows as arrays."""
        counts = [len(p) for p in self.points]
        return Markings(
            kind=tuple(self.kind),
            color=tuple(self.color),
            width_m=np.array(self.width_m, dtype=np.float64),
            dash_m=np.array(self.dash_m, dtype=np.float64),
            gap_m=np.array(self.gap_m, dtype=np.float64),
            first_point=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            points_world_m=np.concatenate(self.points) if self.points else np.zeros((0, 3)),
        )


def dash_and_gap(speed_mps: float, inside_junction: bool) -> tuple[float, float]:
    """Dash and gap in m where the map states none: 6/12 on motorways, 3/6 elsewhere, 3/3 in junctions (RMS-1)."""
    if speed_mps > mps_from_kmh(85.0):
        return 6.0, 12.0
    return (3.0, 3.0) if inside_junction else (3.0, 6.0)


def paint_lanes(document: Document, sections: dict[tuple[str, int], SectionSamples], rows: StripeRows) -> None:
    """Append the stripes of all lanes, centre lanes included. Tested by tests/maps/test_paint.py."""
    for road in document.roads.values():
        speed = max((v for _, v, _ in road.speeds if v == v), default=0.0)
        for index, section in enumerate(road.sections):
            samples = sections[road.road_id, index]
            for lane_id in sorted(section.lanes, reverse=True):
                lane = section.lanes[lane_id]
                if lane_id in samples.t_m:
                    for mark, start, end in _runs(lane, section):
                        _paint_mark(rows, road, lane, mark, samples, start, end, speed)


def _runs(lane: LaneRecord, section: Section) -> list[tuple[RoadMark, float, float]]:
    """Records with their s range; neighbours that look alike are one run, so that dashes keep their rhythm."""
    length = section.end_m - section.s_m
    out: list[tuple[RoadMark, float, float]] = []
    for i, mark in enumerate(lane.marks):
        end = lane.marks[i + 1].s_offset_m if i + 1 < len(lane.marks) else length
        start = max(mark.s_offset_m, 0.0)
        end = min(end, length)
        if end - start < 1e-3:
            continue
        if out and abs(out[-1][2] - start - section.s_m) < 1e-6 and _alike(out[-1][0], mark):
            out[-1] = (out[-1][0], out[-1][1], section.s_m + end)
        else:
            out.append((mark, section.s_m + start, section.s_m + end))
    return out


def _alike(a: RoadMark, b: RoadMark) -> bool:
    same = (a.kind, a.weight, a.color, a.width_m) == (b.kind, b.weight, b.color, b.width_m)
    return same and not a.lines and not b.lines


def _paint_mark(
    rows: StripeRows,
    road: Road,
    lane: LaneRecord,
    mark: RoadMark,
    samples: SectionSamples,
    start_m: float,
    end_m: float,
    speed_mps: float,
) -> None:
    lift = _lift(lane)
    width = mark.width_m if mark.width_m > 0.01 else (BOLD_WIDTH_M if mark.weight == "bold" else STANDARD_WIDTH_M)
    if mark.lines:
        for dash, space, t_offset, s_offset, line_width, color in mark.lines:
            points = _polyline(samples, lane.lane_id, start_m + s_offset, end_m, t_offset, lift)
            broken = dash > 0.0 and space > 0.0
            shown = "white" if color == "standard" else color
            rows.add(
                "broken" if broken else "solid",
                shown,
                line_width if line_width > 0.01 else width,
                dash if broken else 0.0,
                space if broken else 0.0,
                points,
            )
        return
    stripes = _STRIPES.get(mark.kind, ())
    # inside to outside seen from the centre lane; on the centre lane itself left to right
    outwards = 1.0 if lane.lane_id > 0 else -1.0
    for i, stripe in enumerate(stripes):
        t_offset = 0.0 if len(stripes) == 1 else outwards * (2.0 * i - 1.0) * width
        points = _polyline(samples, lane.lane_id, start_m, end_m, t_offset, lift)
        dash, gap = dash_and_gap(speed_mps, bool(road.junction_id)) if stripe == "broken" else (0.0, 0.0)
        if stripe == "botts dots":
            dash, gap = 0.1, 1.4
        rows.add(stripe, mark.color, width, dash, gap, points)


def _lift(lane: LaneRecord) -> float:
    return 0.0 if lane.lane_type != "sidewalk" or not lane.heights else lane.heights[0][2]


def _polyline(
    samples: SectionSamples, lane_id: int, start_m: float, end_m: float, t_offset_m: float, lift_m: float
) -> Float64:
    s = samples.s_m
    inside = s[(s > start_m + 1e-4) & (s < end_m - 1e-4)]
    stations = np.concatenate([[min(start_m, end_m - 1e-3)], inside, [end_m]])
    points = samples.points(samples.t_m[lane_id] + t_offset_m, lift_m)
    return np.stack([np.interp(stations, s, points[:, k]) for k in range(3)], axis=1)

"""Signals of the file: what they are, where their faces look, and which lanes they bind (ASAM OpenDRIVE 1.7, chapter 14)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.base.units import mps_from_kmh, mps_from_mph
from sim.maps.document import Document, Element, Road, number
from sim.maps.lane_arrays import DRIVABLE_TYPES, SampledLane
from sim.maps.network import Signals

Float64 = NDArray[np.float64]

LIGHT_TYPES = frozenset(
    {"1000001", "1000007", "1000008", "1000009", "1000010", "1000011", "1000012", "1000013", "1000014"}
)
PEDESTRIAN_LIGHT_TYPES = frozenset({"1000002"})
"""Light types that vehicles obey, and the one for people (OpenDRIVE 1.4 annex: country code "OpenDRIVE")."""

LIGHT_BOTTOM_M = 2.4
SIGN_BOTTOM_M = 2.1
"""Clear height where the file gives none that makes sense (CARLA's exports put the mast's foot there instead)."""

SIDE_OF_ROAD_SPEED_OBJECT = re.compile(r"^Speed_(\d+)$")


@dataclass
class SignalRow:
    """One signal before it becomes a row of arrays."""

    signal_id: str
    kind: str
    name: str
    type_code: str
    subtype: str
    country: str
    road_id: str
    value_mps: float
    position: Float64
    ground_z_m: float
    yaw_rad: float
    width_m: float
    height_m: float
    controller_id: str = ""
    junction_id: str = ""
    stops: dict[int, float] = field(default_factory=dict)


def classify(element: Element) -> str:
    """The kind of a signal element: "light", "stop", "yield", "speed_limit", "other", or "" for paint that is no sign."""
    name = (element.get("name") or "").lower()
    kind = (element.get("type") or "").strip()
    dynamic = element.get("dynamic") == "yes"
    if "stencil" in name or name.startswith("sgrm") or kind in ("293", "294", "1000003"):
        return ""
    if kind in PEDESTRIAN_LIGHT_TYPES:
        return "other"
    if kind in LIGHT_TYPES or (dynamic and ("light" in name or "signal" in name or kind in ("-1", ""))):
        return "light"
    if kind in ("206", "R1-1") or (kind in ("-1", "") and re.search(r"(^|_)stop", name)):
        return "stop"
    if kind in ("205", "R1-2") or (kind in ("-1", "") and "yield" in name):
        return "yield"
    if kind in ("274", "R2-1", "274.1") or (kind in ("-1", "") and re.search(r"speed_?(limit)?_?\d+", name)):
        return "speed_limit"
    return "other"


def speed_value_mps(element: Element, name: str) -> float:
    """The limit of a speed sign: `value` with its unit, else the subtype ("57" is 70 km/h in VTD's numbering), else digits."""
    value = number(element, "value", name, -1.0) if element.get("value") else -1.0
    if value > 0.0:
        unit = element.get("unit") or "km/h"
        return mps_from_mph(value) if unit == "mph" else value if unit == "m/s" else mps_from_kmh(value)
    subtype = element.get("subtype") or ""
    if subtype.isdigit() and 51 <= int(subtype) <= 63:
        return mps_from_kmh((int(subtype) - 50) * 10.0)
    if subtype.isdigit() and int(subtype) > 0:
        return mps_from_kmh(float(subtype))
    digits = re.search(r"(\d{1,3})", (element.get("text") or "") + " " + (element.get("name") or ""))
    return mps_from_kmh(float(digits.group(1))) if digits else math.nan


def read_signals(
    document: Document, lanes: list[SampledLane], predecessors: tuple[tuple[int, ...], ...]
) -> list[SignalRow]:
    """All signals with the lanes they bind; stop positions are still those of the file (see stops.settle)."""
    binder = _Binder(document, lanes, predecessors)
    rows: dict[str, SignalRow] = {}
    for road in document.roads.values():
        for element in road.element.findall("signals/signal"):
            kind = classify(element)
            if kind:
                row = _row(document, road, element, kind)
                while row.signal_id in rows:
                    row.signal_id += "'"
                rows[row.signal_id] = row
                binder.bind(row, road, element)
        for element in road.element.findall("objects/object"):
            match = SIDE_OF_ROAD_SPEED_OBJECT.match(element.get("name") or "")
            if match:
                row = _row(document, road, element, "speed_limit")
                row.type_code, row.subtype = "274", match.group(1)
                row.value_mps = mps_from_kmh(float(match.group(1)))
                row.signal_id = row.signal_id if row.signal_id not in rows else f"object{row.signal_id}"
                row = next((other for other in rows.values() if _same_sign(other, row)), row)
                rows[row.signal_id] = row
                binder.bind(row, road, element)
    for road in document.roads.values():
        for element in road.element.findall("signals/signalReference"):
            target = rows.get(element.get("id", ""))
            if target is not None:
                binder.bind(target, road, element)
    for controller_id, members in document.controllers.items():
        for member in members:
            if member in rows and not rows[member].controller_id:
                rows[member].controller_id = controller_id
    for row in rows.values():
        if not row.stops and row.kind in ("light", "stop", "yield"):
            binder.bind_by_place(row)
    return list(rows.values())


def _same_sign(a: SignalRow, b: SignalRow) -> bool:
    """Whether two records are of one speed sign: files name a sign both as signal and as object, or on both roads beside it."""
    return (
        a.kind == b.kind
        and a.value_mps == b.value_mps
        and float(np.hypot(*(a.position - b.position)[:2])) < 1.0
        and math.cos(a.yaw_rad - b.yaw_rad) > 0.9
    )


def _row(document: Document, road: Road, element: Element, kind: str) -> SignalRow:
    name = document.name
    s, t = number(element, "s", name), number(element, "t", name)
    x, y, heading, _ = (float(v[0]) for v in road.line.at(np.array([s])))
    ground = float(road.elevation.at(np.array([s]))[0])
    width = number(element, "width", name, 0.0)
    height = number(element, "height", name, 0.0)
    width = width if width > 0.05 else (0.4 if kind == "light" else 0.75)
    height = height if height > 0.05 else (1.0 if kind == "light" else 0.75)
    if kind != "light":
        width, height = min(width, 1.5), min(height, 1.5)
    bottom = number(element, "zOffset", name, 0.0)
    least = LIGHT_BOTTOM_M - 0.6 if kind == "light" else 1.0
    bottom = bottom if bottom >= least else (LIGHT_BOTTOM_M if kind == "light" else SIGN_BOTTOM_M)
    yaw = heading + number(element, "hOffset", name, 0.0) + (np.pi if element.get("orientation", "+") != "-" else 0.0)
    return SignalRow(
        signal_id=element.get("id", ""),
        kind=kind,
        name=element.get("name") or "",
        type_code=element.get("type") or "",
        subtype=element.get("subtype") or "",
        country=element.get("country") or "",
        road_id=road.road_id,
        value_mps=speed_value_mps(element, name) if kind == "speed_limit" else math.nan,
        position=np.array([x - math.sin(heading) * t, y + math.cos(heading) * t, ground + bottom + height / 2.0]),
        ground_z_m=ground,
        yaw_rad=(yaw + math.pi) % (2.0 * math.pi) - math.pi,
        width_m=width,
        height_m=height,
    )


class _Binder:
    """Finds the lanes that a signal (or a reference to it) speaks to."""

    def __init__(self, document: Document, lanes: list[SampledLane], predecessors: tuple[tuple[int, ...], ...]) -> None:
        self.name = document.name
        self.lanes = lanes
        self.predecessors = predecessors
        self.rows_of_road: dict[str, list[int]] = {}
        for row, lane in enumerate(lanes):
            if lane.record.lane_type in DRIVABLE_TYPES:
                self.rows_of_road.setdefault(lane.road.road_id, []).append(row)

    def bind(self, signal: SignalRow, road: Road, element: Element) -> None:
        """Add the lanes of one signal or signalReference element on `road`."""
        s = number(element, "s", self.name)
        here = [
            row
            for row in self.rows_of_road.get(road.road_id, ())
            if road.sections[self.lanes[row].section].s_m - 1e-6
            <= s
            <= road.sections[self.lanes[row].section].end_m + 1e-6
        ]
        orientation = element.get("orientation", "none")
        facing = [r for r in here if orientation not in ("+", "-") or self.lanes[r].along_s == (orientation == "+")]
        validity = element.findall("validity")
        if validity:
            ids: set[int] = set()
            for v in validity:
                low, high = sorted(int(number(v, k, self.name)) for k in ("fromLane", "toLane"))
                ids.update(i for i in range(low, high + 1) if i)
            valid = [r for r in here if self.lanes[r].record.lane_id in ids]
            facing = [r for r in facing if r in valid] or valid
        for row in facing:
            lane = self.lanes[row]
            order = np.argsort(lane.s_m)
            arc = _arc_length(lane)
            self._approach(signal, row, float(np.interp(s, lane.s_m[order], arc[order])), 0)

    def _approach(self, signal: SignalRow, row: int, arc_m: float, depth: int) -> None:
        """Bind a lane outside junctions; a lane inside (or one that has just left) stands for those that lead to it."""
        lane = self.lanes[row]
        guards = signal.kind in ("light", "stop", "yield")
        inside = bool(lane.road.junction_id)
        after = (
            guards
            and not inside
            and arc_m < 4.0
            and any(self.lanes[p].road.junction_id for p in self.predecessors[row])
        )
        if guards and (inside or after) and depth < 4 and self.predecessors[row]:
            for before in self.predecessors[row]:
                self._approach(signal, before, float(_arc_length(self.lanes[before])[-1]), depth + 1)
            return
        signal.stops[row] = min(arc_m, signal.stops.get(row, math.inf))

    def bind_by_place(self, signal: SignalRow) -> None:
        """A signal whose file names no lane guards the junction entry that it stands at: nearest lane end that it faces."""
        best: tuple[float, int] | None = None
        for row, lane in enumerate(self.lanes):
            if lane.record.lane_type != "driving" or lane.road.junction_id:
                continue
            to_signal = signal.position[:2] - lane.center[-1, :2]
            yaw = float(lane.yaw_rad[-1])
            ahead = math.cos(yaw) * to_signal[0] + math.sin(yaw) * to_signal[1]
            aside = -math.sin(yaw) * to_signal[0] + math.cos(yaw) * to_signal[1]
            facing = math.cos(signal.yaw_rad - yaw) < -0.7
            if facing and -15.0 < ahead < 30.0 and abs(aside) < 12.0:
                cost = abs(ahead) + abs(aside)
                if best is None or cost < best[0]:
                    best = (cost, row)
        if best is not None:
            road, section = self.lanes[best[1]].road.road_id, self.lanes[best[1]].section
            for row in self.rows_of_road[road]:
                if self.lanes[row].section == section and self.lanes[row].along_s == self.lanes[best[1]].along_s:
                    signal.stops[row] = float(_arc_length(self.lanes[row])[-1])


def _arc_length(lane: SampledLane) -> Float64:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lane.center, axis=0), axis=1))])


def freeze(rows: list[SignalRow]) -> Signals:
    """The rows as arrays."""
    return Signals(
        signal_id=tuple(r.signal_id for r in rows),
        kind=tuple(r.kind for r in rows),
        name=tuple(r.name for r in rows),
        type_code=tuple(r.type_code for r in rows),
        subtype=tuple(r.subtype for r in rows),
        country=tuple(r.country for r in rows),
        road_id=tuple(r.road_id for r in rows),
        controller_id=tuple(r.controller_id for r in rows),
        junction_id=tuple(r.junction_id for r in rows),
        value_mps=np.array([r.value_mps for r in rows], dtype=np.float64),
        position_world_m=np.array([r.position for r in rows], dtype=np.float64).reshape(-1, 3),
        ground_z_m=np.array([r.ground_z_m for r in rows], dtype=np.float64),
        yaw_rad=np.array([r.yaw_rad for r in rows], dtype=np.float64),
        width_m=np.array([r.width_m for r in rows], dtype=np.float64),
        height_m=np.array([r.height_m for r in rows], dtype=np.float64),
        lanes=tuple(tuple(sorted(r.stops)) for r in rows),
        stop_arc_length_m=tuple(tuple(r.stops[k] for k in sorted(r.stops)) for r in rows),
    )

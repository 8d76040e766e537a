"""The XML of an OpenDRIVE file as plain records, nothing computed yet. Every complaint names file and line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from lxml import etree

from sim.base.errors import MapError
from sim.base.units import mps_from_kmh, mps_from_mph
from sim.maps import curves
from sim.maps.curves import NO_CUBICS, Cubics, ReferenceLine

Element = etree._Element

LONGEST_ROAD_M = 1e5
MOST_LANE_METRES = 2e7
"""More than any map of a city needs (Town10HD has about 3e4 m of lanes); a file that asks for more asks for memory, not roads."""
LARGEST_NUMBER = 1e9
MOST_CHARACTERS = 64 * 2**20


@dataclass(frozen=True)
class RoadLink:
    """Where a road's end leads: `kind` "road" or "junction"; `contact` "start" or "end" of that road, "" for junctions."""

    kind: str
    element_id: str
    contact: str


@dataclass(frozen=True)
class RoadMark:
    """One roadMark record of a lane; `lines` are the explicit (length, space, t offset, s offset, width, colour) stripes."""

    s_offset_m: float
    kind: str
    weight: str
    color: str
    width_m: float
    lane_change: str
    lines: tuple[tuple[float, float, float, float, float, str], ...]


@dataclass(frozen=True)
class LaneRecord:
    """One lane of one section. `widths` and `borders` are cubics over s offset; a lane has one of the two."""

    lane_id: int
    lane_type: str
    predecessor: int | None
    successor: int | None
    widths: Cubics
    borders: Cubics
    heights: tuple[tuple[float, float, float], ...]
    marks: tuple[RoadMark, ...]
    speed_mps: float


@dataclass(frozen=True)
class Section:
    """One lane section [s_m, end_m]; lanes by id, the centre lane 0 included."""

    s_m: float
    end_m: float
    lanes: dict[int, LaneRecord]


@dataclass(frozen=True)
class Road:
    """One road. `speeds` are (s, m/s or nan, road type) records; `element` is kept for signals and objects."""

    road_id: str
    junction_id: str
    length_m: float
    right_hand: bool
    predecessor: RoadLink | None
    successor: RoadLink | None
    line: ReferenceLine
    elevation: Cubics
    offset: Cubics
    sections: tuple[Section, ...]
    speeds: tuple[tuple[float, float, str], ...]
    element: Element


@dataclass(frozen=True)
class Connection:
    """One way through a junction: from lanes of `incoming` into lanes of `connecting`, entered at its `contact` end."""

    junction_id: str
    incoming: str
    connecting: str
    contact: str
    lane_links: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Document:
    """A whole file. `controllers` maps a controller's id to its signal ids."""

    name: str
    geo_reference: str
    roads: dict[str, Road]
    connections: tuple[Connection, ...]
    controllers: dict[str, tuple[str, ...]]


def read(text: str, name: str) -> Document:
    """Parse OpenDRIVE text; MapError names file and line of what is wrong. Tested by tests/maps/test_bad_maps.py."""
    if len(text) > MOST_CHARACTERS:
        raise MapError(
            f"{name}: found {len(text)} characters; allowed are {MOST_CHARACTERS}. Cut the map into smaller ones."
        )
    parser = etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except UnicodeEncodeError as error:
        raise MapError(f"{name}: the text is not Unicode: {error.reason}; expected UTF-8. Export it again.") from error
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise MapError(
            f"{name}:{line}: the XML is malformed: {error.msg}; expected an OpenDRIVE document. Repair or export it again."
        ) from error
    if root is None or _tag(root) != "OpenDRIVE":
        found = "nothing" if root is None else f"<{_tag(root)}>"
        raise MapError(f"{name}:1: found {found} as root; expected <OpenDRIVE>. Is this an OpenDRIVE (.xodr) file?")
    _drop_namespaces(root)
    reader = _Reader(name)
    roads, lane_metres = {}, 0.0
    for element in root.findall("road"):
        road = reader.road(element)
        if road.road_id in roads:
            raise MapError(
                f"{name}:{element.sourceline}: road id {road.road_id!r} appears twice; ids must be unique. Rename one."
            )
        roads[road.road_id] = road
        lane_metres += road.length_m * sum(len(section.lanes) for section in road.sections) / len(road.sections)
        if lane_metres > MOST_LANE_METRES:
            raise MapError(
                f"{name}:{element.sourceline}: found more than {MOST_LANE_METRES:.0f} m of lanes up to this road; allowed is "
                "that much in all. Correct the lengths, or cut the map into smaller ones."
            )
    if not roads:
        raise MapError(f"{name}:{root.sourceline}: found no <road>; a map needs at least one. Check what was exported.")
    geo = root.find("header/geoReference")
    return Document(
        name=name,
        geo_reference=(geo.text or "").strip() if geo is not None else "",
        roads=roads,
        connections=tuple(c for junction in root.findall("junction") for c in reader.connections(junction)),
        controllers={
            c.get("id", ""): tuple(dict.fromkeys(x.get("signalId", "") for x in c.findall("control")))
            for c in root.findall("controller")
        },
    )


def _tag(element: Element) -> str:
    return etree.QName(element).localname


def _drop_namespaces(root: Element) -> None:
    for element in root.iter():
        if isinstance(element.tag, str) and "}" in element.tag:
            element.tag = _tag(element)


def number(element: Element, key: str, name: str, default: float | None = None) -> float:
    """A finite number attribute; MapError with file:line when it is absent (and has no default) or is no number."""
    text = element.get(key)
    if text is None or (text == "" and default is not None):
        if default is not None:
            return default
        raise MapError(
            f"{name}:{element.sourceline} <{element.tag}> {key}: absent; expected a number. Add it to the file."
        )
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= LARGEST_NUMBER:
        raise MapError(
            f"{name}:{element.sourceline} <{element.tag}> {key}: found {text[:40]!r}; expected a finite number, at most "
            f"{LARGEST_NUMBER:g}. Correct the file."
        )
    return value


def speed_from(element: Element, name: str) -> float:
    """The `max` of a speed element in m/s; nan for "no limit", "undefined" and absent values."""
    text = element.get("max", "")
    if text in ("", "no limit", "undefined"):
        return math.nan
    value = number(element, "max", name)
    unit = element.get("unit") or "m/s"
    if value < 0:
        return math.nan
    if unit == "km/h":
        return mps_from_kmh(value)
    return mps_from_mph(value) if unit == "mph" else value


class _Reader:
    """Turns elements into records for one file."""

    def __init__(self, name: str) -> None:
        self.name = name

    def road(self, element: Element) -> Road:
        name = self.name
        road_id = element.get("id")
        if road_id is None:
            raise MapError(f"{name}:{element.sourceline} <road> id: absent; every road needs one. Add it to the file.")
        length = number(element, "length", name)
        if length > LONGEST_ROAD_M:
            raise MapError(
                f"{name}:{element.sourceline} <road> length: found {length:g}; allowed are {LONGEST_ROAD_M:g} m. Correct it."
            )
        line = self._plan_view(element)
        junction = element.get("junction", "-1")
        return Road(
            road_id=road_id,
            junction_id="" if junction in ("-1", "") else junction,
            length_m=length,
            right_hand=element.get("rule", "RHT").upper() != "LHT",
            predecessor=_road_link(element.find("link/predecessor")),
            successor=_road_link(element.find("link/successor")),
            line=line,
            elevation=self._cubics(element.findall("elevationProfile/elevation"), "s"),
            offset=self._cubics(element.findall("lanes/laneOffset"), "s"),
            sections=self._sections(element, length),
            speeds=tuple(
                (
                    number(t, "s", name, 0.0),
                    math.nan if (v := t.find("speed")) is None else speed_from(v, name),
                    t.get("type", ""),
                )
                for t in element.findall("type")
            ),
            element=element,
        )

    def connections(self, junction: Element) -> list[Connection]:
        return [
            Connection(
                junction_id=junction.get("id", ""),
                incoming=c.get("incomingRoad", ""),
                connecting=c.get("connectingRoad", ""),
                contact=c.get("contactPoint", "start"),
                lane_links=tuple(
                    (int(number(k, "from", self.name)), int(number(k, "to", self.name))) for k in c.findall("laneLink")
                ),
            )
            for c in junction.findall("connection")
        ]

    def _cubics(self, records: list[Element], key: str) -> Cubics:
        if not records:
            return NO_CUBICS
        rows = np.array(
            [[number(r, key, self.name, 0.0), *(number(r, k, self.name, 0.0) for k in "abcd")] for r in records]
        )
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        return Cubics(rows[:, 0], rows[:, 1:])

    def _plan_view(self, road: Element) -> ReferenceLine:
        name = self.name
        records = road.findall("planView/geometry")
        if not records:
            raise MapError(
                f"{name}:{road.sourceline} <road> id {road.get('id')}: found no planView geometry; a road needs at least "
                "one line, arc, spiral, poly3 or paramPoly3. Export the map again with its reference lines."
            )
        records = [r for r in records if number(r, "length", name) > 1e-9] or records[:1]
        records.sort(key=lambda r: number(r, "s", name))
        columns = np.array([[number(r, k, name) for k in ("s", "x", "y", "hdg")] for r in records])
        s, x, y, heading = columns.T
        return ReferenceLine(s, x, y, heading, tuple(self._curve(r) for r in records))

    def _curve(self, record: Element) -> curves.PlanCurve:
        name = self.name
        length = number(record, "length", name)
        for shape in record:
            if shape.tag == "line":
                return curves.Line()
            if shape.tag == "arc":
                return curves.Arc(number(shape, "curvature", name))
            if shape.tag == "spiral":
                return curves.Spiral(
                    number(shape, "curvStart", name), number(shape, "curvEnd", name), max(length, 1e-9)
                )
            if shape.tag == "poly3":
                a, b, c, d = (number(shape, k, name) for k in "abcd")
                return curves.poly3(a, b, c, d, length)
            if shape.tag == "paramPoly3":
                u, v = (np.array([number(shape, k + axis, name) for k in "abcd"]) for axis in "UV")
                if shape.get("pRange", "normalized") == "arcLength":
                    return curves.ParamPoly(u, v, None)
                return curves.normalized_param_poly(u, v, length)
        raise MapError(
            f"{name}:{record.sourceline} <geometry>: found no known shape; allowed are line, arc, spiral, poly3 and "
            "paramPoly3. Correct the file."
        )

    def _sections(self, road: Element, road_length_m: float) -> tuple[Section, ...]:
        elements = sorted(road.findall("lanes/laneSection"), key=lambda e: number(e, "s", self.name))
        if not elements:
            raise MapError(
                f"{self.name}:{road.sourceline} <road> id {road.get('id')}: found no laneSection; a road needs at least one."
            )
        starts = [number(e, "s", self.name) for e in elements]
        out = []
        for element, start, end in zip(elements, starts, [*starts[1:], road_length_m], strict=True):
            lanes = {}
            for side in ("left", "center", "right"):
                for lane in element.findall(f"{side}/lane"):
                    record = self._lane(lane)
                    lanes[record.lane_id] = record
            out.append(Section(start, max(end, start), lanes))
        return tuple(out)

    def _lane(self, lane: Element) -> LaneRecord:
        name = self.name
        predecessor, successor = lane.find("link/predecessor"), lane.find("link/successor")
        speed = lane.find("speed")
        return LaneRecord(
            lane_id=int(number(lane, "id", name)),
            lane_type=lane.get("type", "none"),
            predecessor=None if predecessor is None else int(number(predecessor, "id", name)),
            successor=None if successor is None else int(number(successor, "id", name)),
            widths=self._cubics(lane.findall("width"), "sOffset"),
            borders=self._cubics(lane.findall("border"), "sOffset"),
            heights=self._heights(lane),
            marks=tuple(sorted((self._mark(m) for m in lane.findall("roadMark")), key=lambda m: m.s_offset_m)),
            speed_mps=math.nan if speed is None else speed_from(speed, name),
        )

    def _heights(self, lane: Element) -> tuple[tuple[float, float, float], ...]:
        rows = []
        for h in lane.findall("height"):
            s, inner, outer = (number(h, k, self.name, 0.0) for k in ("sOffset", "inner", "outer"))
            rows.append((s, inner, outer))
        return tuple(sorted(rows))

    def _mark(self, mark: Element) -> RoadMark:
        name = self.name
        kind = mark.find("type")
        color = mark.get("color", "white")
        lines = []
        for line in mark.findall("type/line") + mark.findall("explicit/line"):
            default = 0.0 if kind is None else number(kind, "width", name, 0.0)
            values = [number(line, k, name, 0.0) for k in ("length", "space", "tOffset", "sOffset")]
            values.append(number(line, "width", name, default))
            lines.append((*values, line.get("color") or color))
        return RoadMark(
            s_offset_m=number(mark, "sOffset", name, 0.0),
            kind=mark.get("type", "none"),
            weight=mark.get("weight", "standard"),
            color="white" if color == "standard" else color,
            width_m=number(mark, "width", name, 0.0),
            lane_change=mark.get("laneChange", ""),
            lines=tuple(lines),  # type: ignore[arg-type]
        )


def _road_link(element: Element | None) -> RoadLink | None:
    if element is None:
        return None
    kind = element.get("elementType", "road")
    return RoadLink(kind, element.get("elementId", ""), element.get("contactPoint", ""))

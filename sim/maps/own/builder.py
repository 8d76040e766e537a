"""Roads, junctions, signals and objects of a map under construction; writes OpenDRIVE 1.7 through scenariogeneration."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Any

from scenariogeneration import xodr

from sim.maps.own.course import Course

DATE = "2026-01-01T00:00:00"
KERB_M = 0.12
COUNTRY = "OpenDRIVE"

Width = tuple[float, float, float, float, float]
Mark = tuple[float, str, str]
"""(s offset, "solid" | "broken" | "curb" | "none", colour)."""


@dataclass(frozen=True)
class LaneSpec:
    """One lane: type, width records (s offset, a, b, c, d), marks on its outer border, links, height above the road."""

    kind: str
    widths: tuple[Width, ...]
    marks: tuple[Mark, ...] = ()
    predecessor: int | None = None
    successor: int | None = None
    height_m: float = 0.0


def constant(width_m: float) -> tuple[Width, ...]:
    """A lane of one width."""
    return ((0.0, width_m, 0.0, 0.0, 0.0),)


def ramp(start_m: float, from_m: float, to_m: float, length_m: float) -> Width:
    """A width record that goes smoothly from one width to another (cubic, flat at both ends)."""
    change = to_m - from_m
    return (start_m, from_m, 0.0, 3.0 * change / length_m**2, -2.0 * change / length_m**3)


def _mark(mark: Mark, between_directions: bool = False) -> Any:
    """A road mark. Nobody changes lanes into oncoming traffic: CARLA's route planner takes the attribute at its word."""
    s, kind, color = mark
    change = xodr.LaneChange.both if kind == "broken" and not between_directions else xodr.LaneChange.none
    return xodr.RoadMark(
        getattr(xodr.RoadMarkType, kind),
        width=0.15 if kind == "curb" else 0.12,
        soffset=s,
        color=getattr(xodr.RoadMarkColor, color),
        laneChange=change,
    )


def _lane(spec: LaneSpec) -> Any:
    s, a, b, c, d = spec.widths[0]
    lane = xodr.Lane(getattr(xodr.LaneType, spec.kind), a, b, c, d, s)
    for s, a, b, c, d in spec.widths[1:]:
        lane.add_lane_width(a, b, c, d, s)
    for mark in spec.marks:
        lane.add_roadmark(_mark(mark))
    if spec.height_m:
        lane.add_height(spec.height_m)
    for key, target in (("predecessor", spec.predecessor), ("successor", spec.successor)):
        if target is not None:
            lane.add_link(key, str(target))
    return lane


@dataclass
class MapBuilder:
    """Collects the parts of one map and turns them into text."""

    name: str
    roads: dict[int, Any] = field(default_factory=dict)
    junctions: dict[int, Any] = field(default_factory=dict)
    controllers: list[tuple[int, int, int, tuple[str, ...]]] = field(default_factory=list)
    _next_id: int = 0
    _next_object: int = 1000

    def __post_init__(self) -> None:
        # scenariogeneration keeps the ids it has seen in the process, and renames what it takes for a repetition
        xodr.Object._usedIDs.clear()
        xodr.Object._IDCounter.clear()

    def new_id(self) -> int:
        """The next road or junction id (they share one space, as CARLA expects)."""
        self._next_id += 1
        return self._next_id

    def new_object_id(self) -> str:
        """The next signal or object id."""
        self._next_object += 1
        return str(self._next_object)

    def road(
        self,
        course: Course,
        left: tuple[LaneSpec, ...],
        right: tuple[LaneSpec, ...],
        center_marks: tuple[Mark, ...] = (),
        *,
        kind: str = "town",
        speed_kmh: float = 50.0,
        junction: int = -1,
        name: str = "",
    ) -> int:
        """Add a road; lanes are given from the centre outwards. Returns its id."""
        road_id = self.new_id()
        plan = xodr.PlanView()
        for pose, curvature, length in course.pieces:
            shape = xodr.Arc(curvature, length=length) if curvature else xodr.Line(length)
            plan.add_fixed_geometry(shape, pose.x_m, pose.y_m, pose.heading_rad)
        center = xodr.Lane(xodr.LaneType.none, a=0)
        for mark in center_marks or ((0.0, "none", "standard"),):
            center.add_roadmark(_mark(mark, between_directions=bool(left and right)))
        section = xodr.LaneSection(0, center)
        for spec in left:
            section.add_left_lane(_lane(spec))
        for spec in right:
            section.add_right_lane(_lane(spec))
        lanes = xodr.Lanes()
        lanes.add_lanesection(section)
        road = xodr.Road(road_id, plan, lanes, road_type=junction, name=name)
        road.add_elevation(0.0, 0.0, 0.0, 0.0, 0.0)
        road.add_type(getattr(xodr.RoadType, kind), 0.0, speed=speed_kmh, speed_unit="km/h")
        self.roads[road_id] = road
        return road_id

    def link(self, road_id: int, end: str, target_id: int, contact: str = "") -> None:
        """Say what a road's "predecessor" or "successor" is: a junction, or a road met at its "start" or "end"."""
        kind = xodr.ElementType.junction if target_id in self.junctions else xodr.ElementType.road
        point = getattr(xodr.ContactPoint, contact) if contact else None
        add = self.roads[road_id].add_predecessor if end == "predecessor" else self.roads[road_id].add_successor
        add(kind, target_id, point)

    def junction(self, name: str) -> int:
        """Add an empty junction; returns its id."""
        junction_id = self.new_id()
        self.junctions[junction_id] = xodr.Junction(name, junction_id)
        return junction_id

    def connection(self, junction: int, incoming: int, connecting: int, links: list[tuple[int, int]]) -> None:
        """Add a way through a junction, entered at the connecting road's start."""
        way = xodr.Connection(incoming, connecting, xodr.ContactPoint.start)
        for start, target in links:
            way.add_lanelink(start, target)
        self.junctions[junction].add_connection(way)

    def signal(self, road_id: int, s_m: float, t_m: float, against_s: bool, **what: Any) -> str:
        """Add a signal for traffic along s (or against it); returns its id."""
        signal_id = self.new_object_id()
        orientation = xodr.Orientation.negative if against_s else xodr.Orientation.positive
        dynamic = xodr.Dynamic.yes if what.pop("dynamic", False) else xodr.Dynamic.no
        code = what.pop("code")
        signal = xodr.Signal(
            s=s_m, t=t_m, country=COUNTRY, Type=code, id=signal_id, orientation=orientation, dynamic=dynamic, **what
        )
        lane = 1 if against_s else -1
        signal.add_validity(lane, lane)
        self.roads[road_id].add_signal(signal)
        return signal_id

    def box(
        self, road_id: int, s_m: float, t_m: float, kind: str, name: str, length_m: float, width_m: float, **more: Any
    ) -> Any:
        """Add a rectangular object, `length_m` along the road; returns it, for repeats."""
        thing = xodr.Object(
            s=s_m,
            t=t_m,
            Type=getattr(xodr.ObjectType, kind),
            id=self.new_object_id(),
            name=name,
            length=length_m,
            width=width_m,
            height=more.pop("height", 0.0),
            **more,
        )
        self.roads[road_id].add_object(thing)
        return thing

    def crosswalk(self, road_id: int, s_m: float, half_road_m: float, width_m: float = 3.5) -> None:
        """Add a zebra crossing over the whole carriageway."""
        thing = self.box(road_id, s_m, 0.0, "crosswalk", "ZebraCrosswalk", width_m, 2.0 * half_road_m)
        outline = xodr.Outline(closed=True)
        for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)):
            outline.add_corner(xodr.CornerLocal(u * width_m / 2.0, v * half_road_m, 0.0, 0.0))
        thing.add_outline(outline)

    def text(self) -> str:
        """The OpenDRIVE document."""
        document = xodr.OpenDrive(self.name)
        for road in self.roads.values():
            document.add_road(road)
        for junction in self.junctions.values():
            document.add_junction(junction)
        root = document.get_element()
        header = root.find("header")
        header.set("date", DATE)
        header.set("revMinor", "7")
        geo = ET.SubElement(header, "geoReference")
        geo.text = "+proj=tmerc +lat_0=49 +lon_0=8 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
        for thing in root.iter("object"):
            # carla.Map reads outlines in their 1.4 place only, straight under the object
            for wrapper in thing.findall("outlines"):
                thing.extend(wrapper.findall("outline"))
                thing.remove(wrapper)
        places = [i for i, child in enumerate(root) if child.tag == "junction"]
        for _, controller_id, sequence, members in reversed(self.controllers):
            element = ET.Element(
                "controller", name=f"controller{controller_id}", id=str(controller_id), sequence=str(sequence)
            )
            for member in members:
                ET.SubElement(element, "control", signalId=member, type="")
            root.insert(places[0] if places else len(root), element)
        for junction, controller_id, sequence, _ in self.controllers:
            owner = next(child for child in root.iter("junction") if child.get("id") == str(junction))
            ET.SubElement(owner, "controller", id=str(controller_id), type="0", sequence=str(sequence))
        for signal in root.iter("signal"):
            signal.set("country", COUNTRY)  # scenariogeneration writes it in capitals, which the schema does not know
        ET.indent(root, " ")
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"

    def control_junction(self, junction: int, groups: tuple[tuple[str, ...], ...]) -> None:
        """Give a junction one controller per group of light ids; they take turns in this order."""
        self.controllers += [(junction, self.new_id(), sequence, members) for sequence, members in enumerate(groups)]

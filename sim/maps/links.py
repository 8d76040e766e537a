"""Which lane follows which: links across sections, roads and junctions (ASAM OpenDRIVE 1.7, chapters 8.2, 9.5 and 10)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.maps.document import Document, Road, RoadLink
from sim.maps.lane_arrays import SampledLane

LaneKey = tuple[str, int, int]
MAX_LINK_GAP_M = 5.0
"""A stated link whose lane ends lie further apart is an error of the file and is left out."""


def successors_and_predecessors(
    document: Document, lanes: list[SampledLane]
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """For every lane row the rows that follow and precede it in direction of travel; each is the other's inverse."""
    row_of = {(lane.road.road_id, lane.section, lane.record.lane_id): row for row, lane in enumerate(lanes)}
    following: list[set[int]] = [set() for _ in lanes]
    preceding: list[set[int]] = [set() for _ in lanes]
    for (key, at_end), (other_key, other_at_end) in _touching(document, lanes):
        row, other = row_of.get(key), row_of.get(other_key)
        if row is None or other is None or row == other:
            continue
        leaves = lanes[row].along_s == at_end
        enters = lanes[other].along_s != other_at_end
        if leaves != enters:
            continue
        before, after = (row, other) if leaves else (other, row)
        gap = float(np.linalg.norm(lanes[before].center[-1] - lanes[after].center[0]))
        if gap <= MAX_LINK_GAP_M:
            following[before].add(after)
            preceding[after].add(before)
    return tuple(tuple(sorted(x)) for x in following), tuple(tuple(sorted(x)) for x in preceding)


def _touching(
    document: Document, lanes: list[SampledLane]
) -> Iterator[tuple[tuple[LaneKey, bool], tuple[LaneKey, bool]]]:
    """Pairs of (lane, whether its s-end) that touch, as stated anywhere in the file."""
    for lane in lanes:
        road, section, record = lane.road, lane.section, lane.record
        key = (road.road_id, section, record.lane_id)
        last = len(road.sections) - 1
        for at_end, target in ((True, record.successor), (False, record.predecessor)):
            if section != (last if at_end else 0):
                neighbour = section + (1 if at_end else -1)
                if target is not None:
                    yield (key, at_end), ((road.road_id, neighbour, target), not at_end)
                continue
            link = road.successor if at_end else road.predecessor
            if link is None or link.kind != "road" or target is None:
                continue
            end = _end_of(document, link)
            if end is not None:
                yield (key, at_end), ((link.element_id, end[0], target), end[1])
    yield from _through_junctions(document)


def _end_of(document: Document, link: RoadLink) -> tuple[int, bool] | None:
    road = document.roads.get(link.element_id)
    if road is None:
        return None
    at_end = link.contact == "end"
    return (len(road.sections) - 1 if at_end else 0), at_end


def _through_junctions(document: Document) -> Iterator[tuple[tuple[LaneKey, bool], tuple[LaneKey, bool]]]:
    for connection in document.connections:
        incoming, connecting = document.roads.get(connection.incoming), document.roads.get(connection.connecting)
        if incoming is None or connecting is None:
            continue
        connecting_at_end = connection.contact == "end"
        connecting_section = len(connecting.sections) - 1 if connecting_at_end else 0
        incoming_at_end = _incoming_end(incoming, connecting, connecting_at_end, connection.junction_id)
        incoming_section = len(incoming.sections) - 1 if incoming_at_end else 0
        for start, target in connection.lane_links:
            yield (
                ((incoming.road_id, incoming_section, start), incoming_at_end),
                ((connecting.road_id, connecting_section, target), connecting_at_end),
            )


def _incoming_end(incoming: Road, connecting: Road, connecting_at_end: bool, junction_id: str) -> bool:
    """Whether the incoming road meets the connecting road with its s-end. A road may touch one junction with both ends."""
    back = connecting.successor if connecting_at_end else connecting.predecessor
    if back is not None and back.element_id == incoming.road_id and back.contact:
        return back.contact == "end"

    def leads_here(link: RoadLink | None) -> bool:
        return link is not None and link.kind == "junction" and link.element_id == junction_id

    at_end, at_start = leads_here(incoming.successor), leads_here(incoming.predecessor)
    if at_end != at_start:
        return at_end
    s = connecting.length_m if connecting_at_end else 0.0
    x, y, _, _ = connecting.line.at(np.array([s]))
    ends = incoming.line.at(np.array([0.0, incoming.length_m]))
    gaps = np.hypot(ends[0] - x, ends[1] - y)
    return bool(gaps[1] < gaps[0])

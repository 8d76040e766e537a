"""An OpenDRIVE map as arrays: lanes, markings, signals, crosswalks and bays, in world coordinates (x east, y north, z up).

Everything that asks about the road asks here: rendering builds its surfaces from these polylines, the server its ground
height, scenarios their placement, drivers their routes. Built once per map by sim.maps.opendrive; queries in sim.maps.lookup.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]


@dataclass(frozen=True)
class Lanes:
    """All lanes of all lane sections; L rows, and P polyline points that run in each lane's *direction of travel*.

    Row i owns points `first_point[i] : first_point[i + 1]` (`first_point` has L + 1 entries), at most 1 m apart.
    `lane_type` is OpenDRIVE's ("driving", "sidewalk", "shoulder", "parking", "biking", "median", "border", ...).
    `along_s[i]` tells whether travel runs with increasing s. `left`, `right` are the neighbouring rows seen in the direction
    of travel, of the same direction and type "driving", or -1; `may_change_left`, `may_change_right` follow the road marks.
    `opposite` is the nearest driving lane of the other direction in the same section, or -1.
    """

    road_id: tuple[str, ...]
    junction_id: tuple[str, ...]
    section: Int32
    lane_id: Int32
    lane_type: tuple[str, ...]
    along_s: NDArray[np.bool_]
    s_start_m: Float64
    s_end_m: Float64
    speed_limit_mps: Float64
    left: Int32
    right: Int32
    opposite: Int32
    may_change_left: NDArray[np.bool_]
    may_change_right: NDArray[np.bool_]
    successors: tuple[tuple[int, ...], ...]
    predecessors: tuple[tuple[int, ...], ...]
    first_point: Int32
    center_world_m: Float64
    left_edge_world_m: Float64
    right_edge_world_m: Float64
    arc_length_m: Float64
    s_m: Float64
    yaw_rad: Float64
    width_m: Float64

    @property
    def count(self) -> int:
        """Number of lanes."""
        return len(self.lane_type)

    def points_of(self, lane: int) -> slice:
        """The slice of the point arrays that belongs to a lane."""
        return slice(int(self.first_point[lane]), int(self.first_point[lane + 1]))

    def length_m(self, lane: int) -> float:
        """Length along the lane's centre."""
        return float(self.arc_length_m[int(self.first_point[lane + 1]) - 1])


@dataclass(frozen=True)
class Markings:
    """Painted stripes; M rows. A double line is two rows. Row i owns points `first_point[i] : first_point[i + 1]`.

    `dash_m` and `gap_m` are 0 for a continuous stripe. `color` is OpenDRIVE's name ("white", "yellow", ...).
    """

    kind: tuple[str, ...]
    color: tuple[str, ...]
    width_m: Float64
    dash_m: Float64
    gap_m: Float64
    first_point: Int32
    points_world_m: Float64


@dataclass(frozen=True)
class Signals:
    """Traffic lights and signs; S rows.

    `kind` is "light", "stop", "yield", "speed_limit" or "other"; `value` the limit in m/s for speed limits, else nan.
    `yaw_rad` is the direction the face looks towards (against the traffic it speaks to). `position_world_m` is the centre of
    the face or head. `controller_id` groups lights that switch together; `junction_id` the junction they guard.
    `lanes[i]` and `stop_arc_length_m[i]`: the lanes this signal binds, and where on each a vehicle's front has to stop.
    """

    signal_id: tuple[str, ...]
    kind: tuple[str, ...]
    name: tuple[str, ...]
    type_code: tuple[str, ...]
    subtype: tuple[str, ...]
    country: tuple[str, ...]
    road_id: tuple[str, ...]
    controller_id: tuple[str, ...]
    junction_id: tuple[str, ...]
    value_mps: Float64
    position_world_m: Float64
    ground_z_m: Float64
    yaw_rad: Float64
    width_m: Float64
    height_m: Float64
    lanes: tuple[tuple[int, ...], ...]
    stop_arc_length_m: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Polygons:
    """Flat areas (crosswalks, parking bays); row i owns corners `first_point[i] : first_point[i + 1]`, counter-clockwise."""

    name: tuple[str, ...]
    yaw_rad: Float64
    first_point: Int32
    points_world_m: Float64


@dataclass(frozen=True)
class RoadNetwork:
    """A whole map. `sha256` is of the OpenDRIVE text; `geo_reference` its PROJ string or "".

    `spawn_position_world_m` (K, 3) and `spawn_yaw_rad` (K,) lie on driving lanes outside junctions, as CARLA's
    recommended spawn points do.
    """

    name: str
    sha256: str
    xodr: str
    geo_reference: str
    right_hand_traffic: bool
    lanes: Lanes
    markings: Markings
    signals: Signals
    crosswalks: Polygons
    parking_bays: Polygons
    spawn_position_world_m: Float64
    spawn_yaw_rad: Float64

"""What touches what, and what that does to it: oriented boxes for vehicles, props and static objects, cylinders for walkers.

Once a tick, after everything has moved as if alone in the world:

    contacts = ContactWorld(static_center_m, static_yaw_rad, static_extent_m)        # once an episode; sizes are half sizes
    contacts.bodies_from_vehicles(vehicles.rows, dt_s)                               # always first, then these two:
    contacts.bodies_from_walkers(ids, start_xy_m, position_m, yaw_rad, velocity_xy_mps, radius_m, height_m, mass_kg)
    contacts.bodies_from_props(ids, position_m, yaw_rad, velocity_xy_mps, yaw_rate_radps, extent_m, mass_kg)
    events = contacts.resolve(dt_s)
    contacts.vehicles_from_bodies(vehicles.rows, dt_s)
    contacts.walkers, contacts.props                                                 # rows with `touched` have moved

Without contact nothing is changed, bit for bit. A mass of 0 makes a walker or prop immovable; vehicles without simulated
physics are immovable too. Low things (props under GROUND_CLEARANCE_M) pass under vehicles. Two immovable bodies do not meet.
Contact with the ground is no contact here. Walkers are upright cylinders; nothing tips over.
Tested by tests/physics/test_contact.py, which also checks momentum, tunnelling at 250 km/h, and agreement with sim.base.boxes.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.server.kernels import bodies as body_kernels
from sim.server.kernels import contact as kernel
from sim.server.vehicles.state import GROUND_CLEARANCE_M, VehicleRows

Float64 = NDArray[np.float64]
CELL_M = 20.0
TIGHT_MARGIN_M = 0.05


class BodyKind(IntEnum):
    """What a body is."""

    VEHICLE = 0
    WALKER = 1
    PROP = 2
    STATIC = 3


_FLAGS = ("actor_id", "kind", "cylinder", "collides", "candidate", "touched", "released")
# fmt: off
_FLOATS = (
    # given: pose of the box's centre at the end and the beginning of the tick; velocity of the centre of mass (world)
    "x_m", "y_m", "z_m", "yaw_rad", "start_x_m", "start_y_m", "start_yaw_rad", "vx_mps", "vy_mps", "yaw_rate_radps",
    "half_length_m", "half_width_m", "half_height_m", "radius_m", "com_x_m", "inverse_mass", "inverse_inertia",
    "hold_impulse_ns",
    # working space of the kernel
    "move_x_mps", "move_y_mps", "move_yaw_radps", "com_x_world_m", "com_y_world_m", "now_x_m", "now_y_m", "now_yaw_rad",
    "now_cos", "now_sin", "low_x_m", "high_x_m", "low_y_m", "high_y_m",
)
# fmt: on
CONTACT_DTYPE = np.dtype([(n, np.int64) for n in _FLAGS] + [(n, np.float64) for n in _FLOATS])

EVENT_DTYPE = np.dtype(
    [
        ("a_id", np.int64),
        ("b_id", np.int64),
        ("a_kind", np.int64),
        ("b_kind", np.int64),
        ("impulse_x_ns", np.float64),
        ("impulse_y_ns", np.float64),
        ("normal_x", np.float64),
        ("normal_y", np.float64),
        ("point_x_m", np.float64),
        ("point_y_m", np.float64),
        ("point_z_m", np.float64),
        ("closing_speed_mps", np.float64),
        ("began", np.bool_),
        ("impulse_z_ns", np.float64),
    ]
)
"""One pair that touched in this tick: the impulse that a received (b the opposite; N s, world), the normal from a to b.
For static objects b_id is their row. `began` tells that the pair did not touch in the tick before."""

BodyRows = NDArray[np.void]


class ContactWorld:
    """The bodies of one episode. Static boxes: centres (S, 3), yaws (S,), half sizes (S, 3) in our world axes."""

    def __init__(
        self, static_center_m: ArrayLike = (), static_yaw_rad: ArrayLike = (), static_extent_m: ArrayLike = ()
    ) -> None:
        self._statics = _static_bodies(static_center_m, static_yaw_rad, static_extent_m)
        self._grid, self._cell_start, self._cell_items = _grid_of(self._statics)
        self._stamps = np.full(len(self._statics), -1, dtype=np.int64)
        self._storage: BodyRows = np.zeros(64, dtype=CONTACT_DTYPE)
        self._order = np.arange(0)
        self._counts = [0, 0, 0]
        self._touching: frozenset[tuple[int, int]] = frozenset()
        self._scratch = np.zeros((2, 16, 2))
        self._out = np.zeros(5)
        self._reserve_pairs(256)

    @property
    def walkers(self) -> BodyRows:
        """The walkers' bodies, in the order given; a view. Fields x_m, y_m, vx_mps, vy_mps, touched."""
        return self._storage[self._counts[0] : self._counts[0] + self._counts[1]]

    @property
    def props(self) -> BodyRows:
        """The props' bodies, in the order given; a view. Fields x_m, y_m, yaw_rad, vx_mps, vy_mps, yaw_rate_radps, touched."""
        first = self._counts[0] + self._counts[1]
        return self._storage[first : first + self._counts[2]]

    def bodies_from_vehicles(self, rows: VehicleRows, dt_s: float) -> None:
        """Take the vehicles as they are after step_vehicles. Forgets the walkers and props of the last tick."""
        self._counts = [len(rows), 0, 0]
        self._reserve_bodies(len(rows))
        body_kernels.bodies_from_vehicles(rows, self._storage, GROUND_CLEARANCE_M, dt_s)

    def bodies_from_walkers(
        self,
        ids: ArrayLike,
        start_xy_m: ArrayLike,
        position_m: ArrayLike,
        yaw_rad: ArrayLike,
        velocity_xy_mps: ArrayLike,
        radius_m: ArrayLike,
        height_m: ArrayLike,
        mass_kg: ArrayLike,
        collides: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take walkers: (M, 2) x, y at the beginning of the tick, (M, 3) mid-body positions at its end; who does not
        collide meets nobody."""
        numbers = np.atleast_1d(np.asarray(ids))
        view = self._extend(1, len(numbers))
        if len(view):
            start, position, velocity = (np.asarray(a, np.float64) for a in (start_xy_m, position_m, velocity_xy_mps))
            yaw, radius, height, mass = (np.asarray(a, np.float64) for a in (yaw_rad, radius_m, height_m, mass_kg))
            meets = np.ones(len(numbers), dtype=np.bool_) if collides is None else collides
            body_kernels.bodies_from_walkers(numbers, start, position, yaw, velocity, radius, height, mass, meets, view)

    def bodies_from_props(
        self,
        ids: ArrayLike,
        position_m: ArrayLike,
        yaw_rad: ArrayLike,
        velocity_xy_mps: ArrayLike,
        yaw_rate_radps: ArrayLike,
        extent_m: ArrayLike,
        mass_kg: ArrayLike,
    ) -> None:
        """Take props: base-centre positions (M, 3), half sizes (M, 3). They have not been moved yet: the velocity is what the
        last contact left, and the caller moves them (sliding friction is his)."""
        view = self._extend(2, len(np.atleast_1d(np.asarray(ids))))
        if not len(view):
            return
        position, extent = np.array(position_m, dtype=np.float64), np.asarray(extent_m, dtype=np.float64)
        position[:, 2] += extent[:, 2]
        _fill(view, BodyKind.PROP, ids, position, yaw_rad, velocity_xy_mps)
        view["yaw_rate_radps"] = yaw_rate_radps
        view["half_length_m"], view["half_width_m"], view["half_height_m"] = extent.T
        view["radius_m"] = np.hypot(extent[:, 0], extent[:, 1])
        view["inverse_mass"] = _inverse(mass_kg)
        view["inverse_inertia"] = view["inverse_mass"] * 3.0 / (extent[:, 0] ** 2 + extent[:, 1] ** 2)

    def bodies_from_fixed(self, bodies: BodyRows) -> None:
        """Take props that nothing can move, as bodies_of_boxes() made them."""
        self._extend(2, len(bodies))[...] = bodies

    def standing_near(self, low_xy_m: Float64, high_xy_m: Float64) -> tuple[Float64, NDArray[np.int64]]:
        """Upright boxes (K, 7) of the static objects that reach into a rectangle: centre, yaw, half sizes; and their rows."""
        statics = self._statics
        inside = (statics["low_x_m"] <= high_xy_m[0]) & (statics["high_x_m"] >= low_xy_m[0])
        inside &= (statics["low_y_m"] <= high_xy_m[1]) & (statics["high_y_m"] >= low_xy_m[1])
        found = np.flatnonzero(inside & (statics["collides"] != 0))
        chosen = statics[found]
        return np.column_stack([chosen[name] for name in _BOX_FIELDS]).reshape(-1, 7), found

    def resolve(self, dt_s: float) -> NDArray[np.void]:
        """Keep bodies from passing through each other; returns EVENT_DTYPE rows, ordered by body row. Empty most ticks."""
        bodies = self._storage[: sum(self._counts)]
        if len(self._order) != len(bodies):
            self._order = np.arange(len(bodies))
        count = self._find_candidates(bodies, dt_s, 0.0)
        if count == 0 or not kernel.any_overlap(
            bodies, self._statics, self._pairs, count, dt_s, self._scratch, self._out
        ):
            self._touching = NO_PAIRS
            return NO_EVENTS
        # something meets: replay with everything that a push could set moving into something else within this tick
        count = self._find_candidates(bodies, dt_s, 1.0)
        kernel.replay(
            bodies,
            self._statics,
            self._pairs,
            count,
            dt_s,
            self._rows,
            self._impulses,
            self._scratch,
            self._out,
        )
        return self._events(bodies, count)

    def vehicles_from_bodies(self, rows: VehicleRows, dt_s: float) -> None:
        """Give the vehicles that touched something their pose and velocity back."""
        body_kernels.vehicles_from_bodies(rows, self._storage, dt_s)

    def _find_candidates(self, bodies: BodyRows, dt_s: float, travels: float) -> int:
        """Number of pairs that come within a narrow margin, widened by so many of the greatest travel in this tick."""
        while True:
            count = kernel.candidates(
                bodies,
                dt_s,
                self._statics,
                self._grid,
                self._cell_start,
                self._cell_items,
                self._stamps,
                TIGHT_MARGIN_M,
                travels,
                self._order,
                self._pairs,
            )
            if count >= 0:
                return int(count)
            self._stamps[:] = -1
            self._reserve_pairs(2 * len(self._pairs))

    def _events(self, bodies: BodyRows, count: int) -> NDArray[np.void]:
        met = np.flatnonzero(self._impulses[:count, 2] > 0.0)
        events = np.zeros(len(met), dtype=EVENT_DTYPE)
        touching: set[tuple[int, int]] = set()
        for event, index in zip(events, met, strict=True):
            a = bodies[self._pairs[index, 0]]
            partner = int(self._pairs[index, 1])
            b = bodies[partner] if partner >= 0 else self._statics[-partner - 1]
            key = (int(a["actor_id"]), int(b["actor_id"]) if partner >= 0 else partner)
            touching.add(key)
            impulse_x, impulse_y, _, normal_x, normal_y, point_x, point_y, closing = self._impulses[index]
            event["a_id"], event["b_id"], event["a_kind"], event["b_kind"] = key[0], b["actor_id"], a["kind"], b["kind"]
            event["impulse_x_ns"], event["impulse_y_ns"] = impulse_x, impulse_y
            event["normal_x"], event["normal_y"] = normal_x, normal_y
            event["point_x_m"], event["point_y_m"] = point_x, point_y
            low = max(a["z_m"] - a["half_height_m"], b["z_m"] - b["half_height_m"])
            high = min(a["z_m"] + a["half_height_m"], b["z_m"] + b["half_height_m"])
            event["point_z_m"] = 0.5 * (low + high)
            event["closing_speed_mps"] = closing
            event["began"] = key not in self._touching
        self._touching = frozenset(touching)
        return events

    def _extend(self, group: int, count: int) -> BodyRows:
        first = sum(self._counts)
        self._counts[group] = count
        self._reserve_bodies(first + count)
        view = self._storage[first : first + count]
        view.view(np.uint8).fill(0)
        return view

    def _reserve_bodies(self, count: int) -> None:
        if count > len(self._storage):
            grown = np.zeros(2 * count, dtype=CONTACT_DTYPE)
            grown[: len(self._storage)] = self._storage
            self._storage = grown

    def _reserve_pairs(self, count: int) -> None:
        self._pairs = np.zeros((count, 2), dtype=np.int64)
        self._rows = np.zeros((count, 8))
        self._impulses = np.zeros((count, 8))


NO_EVENTS = np.zeros(0, dtype=EVENT_DTYPE)
NO_PAIRS: frozenset[tuple[int, int]] = frozenset()


def _fill(
    view: BodyRows, kind: BodyKind, ids: ArrayLike, position_m: Float64, yaw_rad: ArrayLike, velocity: ArrayLike
) -> None:
    """Fields that walkers and props share; they begin the tick where they end it unless the caller writes otherwise."""
    view["actor_id"], view["kind"], view["collides"] = ids, int(kind), 1
    view["x_m"], view["y_m"], view["z_m"] = position_m.T
    view["start_x_m"], view["start_y_m"] = position_m[:, 0], position_m[:, 1]
    view["yaw_rad"] = view["start_yaw_rad"] = yaw_rad
    view["vx_mps"], view["vy_mps"] = np.asarray(velocity, dtype=np.float64).T


_BOX_FIELDS = ("x_m", "y_m", "z_m", "yaw_rad", "half_length_m", "half_width_m", "half_height_m")


def bodies_of_boxes(kind: BodyKind, ids: NDArray[np.int64], boxes: Float64) -> BodyRows:
    """Immovable bodies that are boxes (K, 7): centre, yaw, half sizes."""
    bodies = np.zeros(len(ids), dtype=CONTACT_DTYPE)
    _fill(bodies, kind, ids, boxes[:, :3], boxes[:, 3], np.zeros((len(ids), 2)))
    bodies["half_length_m"], bodies["half_width_m"], bodies["half_height_m"] = boxes[:, 4:].T
    bodies["radius_m"] = np.hypot(boxes[:, 4], boxes[:, 5])
    return bodies


def _inverse(mass_kg: ArrayLike) -> Float64:
    mass = np.asarray(mass_kg, dtype=np.float64)
    return np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0.0)


def _static_bodies(center_m: ArrayLike, yaw_rad: ArrayLike, extent_m: ArrayLike) -> BodyRows:
    center = np.asarray(center_m, dtype=np.float64).reshape(-1, 3)
    extent = np.asarray(extent_m, dtype=np.float64).reshape(-1, 3)
    yaw = np.asarray(yaw_rad, dtype=np.float64).reshape(-1)
    statics = np.zeros(len(center), dtype=CONTACT_DTYPE)
    if not len(center):
        return statics
    _fill(statics, BodyKind.STATIC, np.arange(len(center)), center, yaw, np.zeros((len(center), 2)))
    statics["half_length_m"], statics["half_width_m"], statics["half_height_m"] = extent.T
    statics["radius_m"] = np.hypot(extent[:, 0], extent[:, 1])
    kernel.prepare(statics, 1.0)
    return statics


def _grid_of(statics: BodyRows) -> tuple[Float64, NDArray[np.int64], NDArray[np.int64]]:
    """Cells of CELL_M with the static rows whose bounding boxes touch them, as compressed rows."""
    if not len(statics):
        return np.array([0.0, 0.0, CELL_M, 1.0, 1.0]), np.zeros(2, dtype=np.int64), np.zeros(0, dtype=np.int64)
    low_x, low_y = float(statics["low_x_m"].min()), float(statics["low_y_m"].min())
    columns = int((float(statics["high_x_m"].max()) - low_x) // CELL_M) + 1
    lines = int((float(statics["high_y_m"].max()) - low_y) // CELL_M) + 1
    cells: list[list[int]] = [[] for _ in range(columns * lines)]
    for row, body in enumerate(statics):
        for line in range(int((body["low_y_m"] - low_y) // CELL_M), int((body["high_y_m"] - low_y) // CELL_M) + 1):
            for column in range(
                int((body["low_x_m"] - low_x) // CELL_M), int((body["high_x_m"] - low_x) // CELL_M) + 1
            ):
                cells[line * columns + column].append(row)
    start = np.concatenate([[0], np.cumsum([len(cell) for cell in cells])]).astype(np.int64)
    items = np.array([row for cell in cells for row in cell], dtype=np.int64)
    return np.array([low_x, low_y, CELL_M, float(columns), float(lines)]), start, items

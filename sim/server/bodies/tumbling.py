"""One tick of the loose bodies that are awake: what is near them, the ground below, the engine, and what others feel of it.

Vehicles and people near an awake body are carriers in the engine: they follow the motion that their own models gave them for
this tick, with constant acceleration between the velocities at its ends, and yield to what touches them along x and y and,
vehicles, about the vertical. What they yield is given back to them as a change of pose and velocity, so that the momentum of
the two together is kept; weight on a load bed is taken by the ground. Things that stand are boxes.
Tested by tests/server/test_loose_bodies.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.catalogue.vehicles import VEHICLES
from sim.server.bodies.contact import BodyKind
from sim.server.bodies.engine import CARRIER_BASE, FIXED_BASE, Carrier, Free, Stage, Touches
from sim.server.bodies.shapes import LooseShape, Solid, SolidKind, solids_of_vehicle
from sim.server.bodies.turning import quaternion_from_rpy, rotate, rotate_back
from sim.server.kernels.loose import mark_near

if TYPE_CHECKING:
    from sim.maps.lookup import LaneLookup
    from sim.server.actor_table import ActorTable
    from sim.server.bodies.contact import ContactWorld
    from sim.server.bodies.fixed_props import FixedProps
    from sim.server.vehicles.fleet import Fleet
    from sim.server.walkers.crowd import Crowd

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

SUBSTEP_S = 0.005
TRAVEL_M = 0.03
"""Most that a vehicle or walker may approach a loose body in a substep."""
FLIGHT_M = 0.12
"""Most that a loose body may fly in a substep."""
MOST_SUBSTEPS = 150
NEEDED_M = 1.0
GATHERED_M = 12.0
FIXED_REACH_M = 25.0
DRIFT_M = 18.0
"""How far a body may get from where the standing things around it were gathered."""
RISE_M = 0.01
"""Most by which the ground may rise below a body from tick to tick, or a kerb would throw it up."""


class Partner(NamedTuple):
    """Who a body in the engine is: kind and actor id (static objects: their row)."""

    kind: BodyKind
    number: int


class Tumbling:
    """The engine's stage and the world around it; rebuilt when somebody new comes near."""

    def __init__(
        self,
        table: ActorTable,
        ground: LaneLookup,
        contacts: ContactWorld,
        fleet: Fleet,
        crowd: Crowd,
        props: FixedProps,
    ) -> None:
        self._table, self._ground, self._contacts = table, ground, contacts
        self._fleet, self._crowd, self._props = fleet, crowd, props
        self._stage: Stage | None = None
        self._key: tuple[object, ...] = ()
        self._vehicle_ids: tuple[int, ...] = ()
        self._walker_ids: tuple[int, ...] = ()
        self._gathered_at: Float64 = np.zeros((0, 3))
        self.fixed: list[Partner] = []

    def run(
        self, rows: NDArray[np.void], shapes: list[LooseShape], awake: Int64, dt_s: float, gravity_mps2: float
    ) -> Touches:
        """Move the awake rows by one tick; who touched whom. Owners are engine numbers: see partner()."""
        vehicles, walkers = self._vehicle_spheres(dt_s), self._walker_spheres()
        meeting = self._prepare(rows, shapes, awake, vehicles, walkers, dt_s, gravity_mps2)
        stage = self._stage
        if stage is None:  # _prepare always leaves one
            return Touches()
        mine = rows[awake]
        self._place_free(stage, mine, dt_s)
        rows["plane"][awake] = mine["plane"]
        stage.free_force[:, :3] = mine["force"] + mine["impulse"] / dt_s
        stage.free_force[:, 3:] = mine["torque"] + mine["twist"] / dt_s
        flight = np.sqrt((mine["velocity"] ** 2).sum(axis=1)) + mine["radius"] * np.sqrt((mine["angular"] ** 2).sum(1))
        substeps = _substeps(dt_s, meeting, float(flight.max()))
        plan = self._place_carriers(stage, dt_s, dt_s / substeps)
        touches = stage.run(dt_s, substeps)
        frees = len(awake)
        rows["position"][awake] = stage.pose[:frees, :3]
        rows["quaternion"][awake] = stage.pose[:frees, 3:]
        rows["velocity"][awake] = stage.motion[:frees, :3]
        rows["angular"][awake] = rotate(stage.pose[:frees, 3:], stage.motion[:frees, 3:])
        for name in ("force", "torque", "impulse", "twist"):
            rows[name][awake] = 0.0
        if plan is not None and len(touches.owners):
            self._give_back(stage, plan, touches, dt_s)
        return touches

    def forget(self) -> None:
        """Something that the stage is made of changed; it is built anew when next needed."""
        self._key = ()

    def carrier(self, index: int) -> Partner:
        """Who carrier `index` of the stage is."""
        if index < len(self._vehicle_ids):
            return Partner(BodyKind.VEHICLE, self._vehicle_ids[index])
        return Partner(BodyKind.WALKER, self._walker_ids[index - len(self._vehicle_ids)])

    def _prepare(
        self,
        rows: NDArray[np.void],
        shapes: list[LooseShape],
        awake: Int64,
        vehicles: Float64,
        walkers: Float64,
        dt_s: float,
        gravity_mps2: float,
    ) -> float:
        """A stage with everything within reach; the speed at which something may be met in this tick."""
        near_v, near_w = np.zeros(len(vehicles), dtype=np.bool_), np.zeros(len(walkers), dtype=np.bool_)
        meeting = max(
            mark_near(rows, vehicles, NEEDED_M, dt_s, near_v), mark_near(rows, walkers, NEEDED_M, dt_s, near_w)
        )
        ids_v, ids_w = self._fleet.rows["actor_id"], self._crowd.rows["actor_id"]
        known_v = np.isin(ids_v, self._vehicle_ids)
        known_w = np.isin(ids_w, self._walker_ids)
        key = (
            awake.tobytes(),
            rows["gravity"][awake].tobytes() + rows["collides"][awake].tobytes(),
            rows["asleep"].tobytes(),
            self._props.version,
            self._fleet.version,
            len(self._crowd.rows),
            self._fleet.friction_scale,
            gravity_mps2,
        )
        position = rows["position"][awake]
        if (
            key != self._key
            or (near_v & ~known_v).any()
            or (near_w & ~known_w).any()
            or np.abs(position - self._gathered_at).max() > DRIFT_M
        ):
            mark_near(rows, vehicles, GATHERED_M, dt_s, near_v)
            mark_near(rows, walkers, GATHERED_M, dt_s, near_w)
            self._vehicle_ids = tuple(int(i) for i in ids_v[near_v & (vehicles[:, 3] > 0.0)])
            self._walker_ids = tuple(int(i) for i in ids_w[near_w & (walkers[:, 3] > 0.0)])
            self._build(rows, shapes, awake, gravity_mps2)
            self._key, self._gathered_at = key, position.copy()
        return float(meeting)

    def _build(self, rows: NDArray[np.void], shapes: list[LooseShape], awake: Int64, gravity_mps2: float) -> None:
        free = [Free(shapes[i], bool(rows["gravity"][i]), bool(rows["collides"][i])) for i in awake]
        carriers = [self._vehicle_carrier(actor) for actor in self._vehicle_ids]
        carriers += [self._walker_carrier(actor) for actor in self._walker_ids]
        boxes, self.fixed = self._standing(rows, awake)
        center, yaw, half = boxes[:, :3], boxes[:, 3], boxes[:, 4:7]
        self._stage = Stage(free, carriers, center, yaw, half, self._fleet.friction_scale, gravity_mps2)

    def _vehicle_carrier(self, actor_id: int) -> Carrier:
        row = self._fleet.rows[self._fleet.row(actor_id)]
        spec = VEHICLES[self._table.entries[self._table.row_of[actor_id]].type_id]
        forward = float(row["com_x_m"])
        solids = tuple(
            Solid(s.kind, s.half_m, (s.center_m[0] - forward, s.center_m[1], s.center_m[2]))
            for s in solids_of_vehicle(spec)
        )
        return Carrier(
            solids, float(row["mass_kg"]), float(row["yaw_inertia_kgm2"]), bool(row["simulate_physics"]), turns=True
        )

    def _walker_carrier(self, actor_id: int) -> Carrier:
        row = self._crowd.rows[self._crowd.row(actor_id)]
        radius, half = float(row["radius"]), 0.5 * float(row["height"])
        mass = float(row["mass"])
        solid = Solid(SolidKind.CYLINDER, (radius, radius, half))
        return Carrier((solid,), mass, 0.5 * mass * radius**2, bool(row["physics"]), turns=False)

    def _standing(self, rows: NDArray[np.void], awake: Int64) -> tuple[Float64, list[Partner]]:
        """Boxes (K, 7) of static objects, fixed props and sleepers within FIXED_REACH_M: centre, yaw, half sizes."""
        center = rows["position"][awake]
        low, high = center.min(axis=0)[:2], center.max(axis=0)[:2]
        boxes, who = self._contacts.standing_near(low - FIXED_REACH_M, high + FIXED_REACH_M)
        partners = [Partner(BodyKind.STATIC, int(row)) for row in who]
        props, ids = self._props.boxes()
        sleepers = np.flatnonzero((rows["asleep"] != 0) & (rows["collides"] != 0))
        resting = np.array([_upright_box(rows[i]) for i in sleepers]).reshape(-1, 7)
        every = np.concatenate([boxes, props, resting])
        partners += [Partner(BodyKind.PROP, int(actor)) for actor in [*ids, *rows["actor_id"][sleepers]]]
        offset = np.abs(every[:, None, :2] - center[None, :, :2]).max(axis=2)
        reach = np.hypot(every[:, 4], every[:, 5])
        near = np.flatnonzero((offset < FIXED_REACH_M + reach[:, None]).any(axis=1))
        return every[near], [partners[i] for i in near]

    def _vehicle_spheres(self, dt_s: float) -> Float64:
        """(V, 5) x, y, z, radius, speed; radius 0 where collisions are off, which nobody comes near."""
        rows = self._fleet.rows
        out = np.empty((len(rows), 5))
        out[:, 0], out[:, 1], out[:, 2] = rows["x_m"], rows["y_m"], rows["z_m"] + rows["half_height_m"]
        reach = np.sqrt(rows["half_length_m"] ** 2 + rows["half_width_m"] ** 2 + rows["half_height_m"] ** 2)
        out[:, 3] = np.where(rows["collides"] != 0, reach, -1e9)
        turning = np.abs(rows["yaw_rate_radps"]) * rows["half_length_m"]
        out[:, 4] = np.hypot(rows["vx_mps"], rows["vy_mps"]) + turning
        return out

    def _walker_spheres(self) -> Float64:
        rows = self._crowd.rows
        out = np.empty((len(rows), 5))
        out[:, :3] = rows["position"]
        out[:, 3] = np.where(rows["collides"], 0.5 * rows["height"], -1e9)
        out[:, 4] = np.hypot(rows["velocity"][:, 0], rows["velocity"][:, 1])
        return out

    def _place_free(self, stage: Stage, mine: NDArray[np.void], dt_s: float) -> None:
        frees = len(mine)
        stage.pose[:frees, :3], stage.pose[:frees, 3:] = mine["position"], mine["quaternion"]
        stage.motion[:frees, :3] = mine["velocity"]
        stage.motion[:frees, 3:] = rotate_back(mine["quaternion"], mine["angular"])
        middle = mine["position"][:, :2] + 0.5 * dt_s * mine["velocity"][:, :2]
        reach = np.clip(0.7 * mine["radius"], 0.15, 1.0)
        offsets = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        points = middle[:, None, :] + reach[:, None, None] * offsets
        heights = self._ground.height_at(points.reshape(-1, 2)).reshape(-1, 4)
        slope = np.column_stack([heights[:, 0] - heights[:, 1], heights[:, 2] - heights[:, 3]]) / (2.0 * reach[:, None])
        normal = np.column_stack([-slope, np.ones(frees)])
        normal /= np.sqrt((normal**2).sum(axis=1))[:, None]
        point = np.column_stack([middle, heights.mean(axis=1)])
        point[:, 2] -= np.maximum(_rise(mine, point, normal) - RISE_M, 0.0)
        mine["plane"][:, :3], mine["plane"][:, 3] = normal, (normal * point).sum(axis=1)
        # the shortest turn from z to the normal
        turn = np.column_stack([1.0 + normal[:, 2], -normal[:, 1], normal[:, 0], np.zeros(frees)])
        turn /= np.sqrt((turn**2).sum(axis=1))[:, None]
        for index in range(frees):
            stage.place_ground(index, point[index], turn[index])

    def _place_carriers(self, stage: Stage, dt_s: float, h: float) -> CarrierPlan | None:
        """Set pose, velocity and force of the carriers so that they end where their own models put them."""
        if not stage.carriers:
            return None
        table, rows, crowd = self._table, self._fleet.rows, self._crowd.rows
        at = np.array([self._fleet.row(actor) for actor in self._vehicle_ids], dtype=np.int64)
        on = np.array([self._crowd.row(actor) for actor in self._walker_ids], dtype=np.int64)
        place = [table.row_of[actor] for actor in self._vehicle_ids]
        car, walker = rows[at], crowd[on]
        center = np.column_stack([car["com_x_m"], np.zeros(len(at)), car["half_height_m"]])
        before = frames.rotation_from_rpy(table.rpy[place]).reshape(-1, 3, 3)
        rpy = np.column_stack([car["roll_rad"], car["pitch_rad"], car["yaw_rad"]])
        after = frames.rotation_from_rpy(rpy).reshape(-1, 3, 3)
        start = table.position[place] + (before @ center[:, :, None])[:, :, 0]
        end = np.column_stack([car["x_m"], car["y_m"], car["z_m"]]) + (after @ center[:, :, None])[:, :, 0]
        mean = (end - start) / dt_s
        cos_yaw, sin_yaw = np.cos(car["yaw_rad"]), np.sin(car["yaw_rad"])
        final = mean.copy()
        final[:, 0] = cos_yaw * car["vx_mps"] - sin_yaw * car["vy_mps"]
        final[:, 1] = sin_yaw * car["vx_mps"] + cos_yaw * car["vy_mps"]
        spin = _spin(before, after) / dt_s
        walk = np.column_stack([walker["velocity"], np.zeros(len(on))])
        people = np.column_stack([walker["start_xy"], walker["position"][:, 2]])
        still = np.tile([1.0, 0.0, 0.0, 0.0], (len(on), 1))
        frees = stage.frees
        stage.pose[frees:, :3] = np.concatenate([start, people])
        stage.pose[frees:, 3:] = np.concatenate([quaternion_from_rpy(table.rpy[place]), still])
        # semi-implicit steps of h: with v1 at the end and acceleration a the mean velocity is v1 - a (T - h) / 2
        acceleration = 2.0 * (final - mean) / (dt_s - h) if dt_s > 2.0 * h else np.zeros_like(mean)
        begin = np.concatenate([final - acceleration * dt_s, walk])
        stage.motion[frees:, :3] = begin
        turning = np.concatenate([rotate_back(stage.pose[frees : frees + len(at), 3:], spin), np.zeros((len(on), 3))])
        stage.motion[frees:, 3:] = turning
        stage.carrier_force[:] = 0.0
        stage.carrier_force[: len(at), :3] = acceleration * stage.inertia[: len(at), :3]
        return CarrierPlan(at, on, final, spin[:, 2], end, walk, people + walk * dt_s, center)

    def _give_back(self, stage: Stage, plan: CarrierPlan, touches: Touches, dt_s: float) -> None:
        """What carriers lost or won by being touched goes to the vehicles and walkers themselves."""
        owners = touches.owners
        touched = np.unique(owners[(owners >= CARRIER_BASE) & (owners < FIXED_BASE)]) - CARRIER_BASE
        for index in touched:
            pose, motion = stage.pose[stage.frees + index], stage.motion[stage.frees + index]
            if index < len(plan.vehicle_rows):
                spin = rotate(pose[None, 3:], motion[None, 3:])[0, 2] - plan.yaw_rate[index]
                push = motion[:2] - plan.velocity[index, :2]
                shift = pose[:2] - plan.position[index, :2]
                self._push_vehicle(int(plan.vehicle_rows[index]), push, float(spin), shift, dt_s)
            else:
                k = index - len(plan.vehicle_rows)
                push, shift = motion[:2] - plan.walk[k, :2], pose[:2] - plan.people[k, :2]
                self._crowd.pushed(int(plan.walker_rows[k]), push, shift)

    def _push_vehicle(self, index: int, push: Float64, spin: float, shift: Float64, dt_s: float) -> None:
        row = self._fleet.rows[index]
        if not row["simulate_physics"]:
            return
        if row["held"]:
            grip = float(row["friction"] * row["friction_scale"]) * 9.81 * dt_s
            if math.hypot(push[0], push[1]) <= grip:
                return
        cos_yaw, sin_yaw = math.cos(row["yaw_rad"]), math.sin(row["yaw_rad"])
        row["x_m"] += shift[0]
        row["y_m"] += shift[1]
        row["vx_mps"] += cos_yaw * push[0] + sin_yaw * push[1]
        row["vy_mps"] += cos_yaw * push[1] - sin_yaw * push[0]
        row["yaw_rate_radps"] += spin
        origin = (push[0] + sin_yaw * row["com_x_m"] * spin, push[1] - cos_yaw * row["com_x_m"] * spin)
        row["velocity_x_mps"] += origin[0]
        row["velocity_y_mps"] += origin[1]
        row["acceleration_x_mps2"] += origin[0] / dt_s
        row["acceleration_y_mps2"] += origin[1] / dt_s


class CarrierPlan(NamedTuple):
    """Where vehicles and walkers would be at the end of the tick if nothing touched them."""

    vehicle_rows: Int64
    walker_rows: Int64
    velocity: Float64
    yaw_rate: Float64
    position: Float64
    walk: Float64
    people: Float64
    center: Float64


def _substeps(dt_s: float, meeting_mps: float, flight_mps: float) -> int:
    least = math.ceil(dt_s / SUBSTEP_S - 1e-9)
    wanted = max(meeting_mps * dt_s / TRAVEL_M, flight_mps * dt_s / FLIGHT_M)
    return max(least, min(math.ceil(wanted), max(MOST_SUBSTEPS, least)))


def _rise(mine: NDArray[np.void], point: Float64, normal: Float64) -> Float64:
    """How far the ground (through `point`) has risen below each body since the last tick; at first, how deep the body is in it."""
    old, place = mine["plane"], mine["position"]
    known = old[:, 2] > 0.0
    upward = np.where(known, old[:, 2], 1.0)
    before_z = (old[:, 3] - old[:, 0] * place[:, 0] - old[:, 1] * place[:, 1]) / upward
    now_z = point[:, 2] - ((place - point)[:, :2] * normal[:, :2]).sum(axis=1) / normal[:, 2]
    half = rotate_back(mine["quaternion"], normal) * mine["half"]
    reach = np.where(mine["rolls"] != 0, np.sqrt((half**2).sum(axis=1)), np.abs(half).sum(axis=1))
    depth = reach - ((place - point) * normal).sum(axis=1)
    rise: Float64 = np.where(known, now_z - before_z, depth)
    return rise


def _spin(before: Float64, after: Float64) -> Float64:
    """Rotation vectors (N, 3), world axes, that turn `before` into `after`; for small turns."""
    turn = after @ before.transpose(0, 2, 1)
    return 0.5 * np.stack(
        [turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0], turn[:, 1, 0] - turn[:, 0, 1]], axis=-1
    )


def _upright_box(row: np.void) -> list[float]:
    """The upright box around a body that lies somehow: centre, yaw, half sizes (exact for one that lies on a side)."""
    rotation = rotate(np.tile(row["quaternion"], (3, 1)), np.eye(3)).T
    flat = np.hypot(rotation[0], rotation[1])
    lead = int(np.argmax(flat[:3]))
    yaw = math.atan2(rotation[1, lead], rotation[0, lead])
    c, s = math.cos(yaw), math.sin(yaw)
    level = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    half = np.abs(level @ rotation) @ row["half"]
    return [*row["position"].tolist(), yaw, *half.tolist()]

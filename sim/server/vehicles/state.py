"""The vehicles of the world as one record array: parameters, controls, state and what the tyres felt.

One row a vehicle, all fields 8 bytes, our axes (right-handed, z up), metres and radians. The origin of a vehicle lies at
ground level under the centre of its box; `vx_mps`, `vy_mps`, `yaw_rate_radps` are the velocity of the *centre of mass* in
the body frame; `velocity_*` and `acceleration_*` are those of the *origin* in the world, so that velocity is the
derivative of position. Rows keep the order in which vehicles were added; removing one moves the later rows down.

Calling order of one tick (sim.server.world does this):

    vehicles = VehicleArrays()
    row = vehicles.add(actor_id, VEHICLES["vehicle.tesla.model3"], (x, y, z), (roll, pitch, yaw))
    ...
    # 1. once a tick, from commands that arrived since the last one:
    vehicles.rows["throttle"][row] = 0.6                    # steer in [-1, 1], left positive (CARLA's sign turned round)
    # 2. the ground under the wheels, as one plane a vehicle (ground.py):
    points_xy = wheel_points(vehicles.rows)                 # (N, 4, 2)
    set_ground(vehicles.rows, lookup.height_at(points_xy.reshape(-1, 2)).reshape(-1, 4))
    # 3. motion without contacts; forces and impulses given to apply_* since the last tick act now and are used up:
    step_vehicles(vehicles.rows, dt_s)                      # motion.py, kernels/dynamics.py
    # 4. contacts, which may move vehicles back and change their velocities (contact.py):
    contacts.bodies_from_vehicles(vehicles.rows, dt_s)      # then bodies_from_walkers, bodies_from_props
    events = contacts.resolve(dt_s)
    contacts.vehicles_from_bodies(vehicles.rows, dt_s)
    # 5. rows now hold the state of the tick: read x_m ... yaw_rad, velocity_*, acceleration_*, yaw_rate_radps, gear_now

`vehicles.rows` is a view of the live rows (no copy); take it anew after add() and remove().
Tested by tests/physics/test_vehicle_state.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.powertrain import POWERTRAINS
from sim.catalogue.spec import VehicleSpec
from sim.server.vehicles.parameters import set_grip, set_parameters

GROUND_CLEARANCE_M = 0.15
"""Things lower than this above the ground pass under a vehicle without touching it."""

# fmt: off
_FLOAT_FIELDS = (
    # parameters, from the spec or apply_physics_control; axles and wheels are measured from the centre of mass
    "mass_kg", "yaw_inertia_kgm2", "roll_inertia_kgm2", "pitch_inertia_kgm2", "front_axle_m", "rear_axle_m", "com_x_m",
    "com_y_m", "com_height_m", "track_m", "per_track", "half_length_m", "half_width_m", "half_height_m",
    "max_steer_rad", "full_lock_rad", "steer_rate_radps", "steer_curve_kmh", "drag_kgpm", "rolling_resistance",
    "brake_force_n", "brake_sum_nm", "friction", "front_roll_share",
    "roll_frequency_radps", "roll_damping", "roll_rad_per_mps2", "pitch_frequency_radps", "pitch_damping", "pitch_rad_per_mps2",
    # powertrain: engine, clutch, gears
    "max_engine_radps", "idle_radps", "launch_radps",
    "engine_inertia_kgm2", "damping_full_nms", "damping_closed_nms", "damping_open_nms",
    "clutch_nms", "final_ratio", "reverse_ratio", "gear_count", "gear_switch_s", "autobox", "output_share", "output_nm",
    # surroundings: the ground plane z = ground_z + slope_x (x - ground_x) + slope_y (y - ground_y); 1 dry, about 0.6 wet
    "ground_x_m", "ground_y_m", "ground_yaw_rad", "ground_z_m", "ground_slope_x", "ground_slope_y", "friction_scale",
    # controls: throttle, brake 0..1; steer -1..1, left positive
    "throttle", "steer", "brake", "hand_brake", "reverse", "manual", "gear",
    # forces (world, at the centre of mass) and torques for the coming tick; impulses act at its beginning
    "force_x_n", "force_y_n", "force_z_n", "torque_x_nm", "torque_y_nm", "torque_z_nm", "impulse_x_ns", "impulse_y_ns",
    "impulse_z_ns", "angular_impulse_x_nms", "angular_impulse_y_nms", "angular_impulse_z_nms",
    # constant velocity in the body frame, while constant_velocity is 1
    "constant_vx_mps", "constant_vy_mps",
    # state of the body
    "x_m", "y_m", "z_m", "roll_rad", "pitch_rad", "yaw_rad", "vx_mps", "vy_mps", "vz_mps", "yaw_rate_radps",
    "steer_rad", "turned_rad", "lean_rad", "tip_rad", "tip_rate_radps", "settle_roll_rad", "settle_pitch_rad",
    "long_felt_mps2", "long_felt_rate", "lat_felt_mps2", "lat_felt_rate",
    "start_x_m", "start_y_m", "start_z_m", "start_yaw_rad",
    # state of the drive
    "engine_radps", "engaged_gear", "shift_left_s", "since_shift_s", "brake_now",
    # what others read: world velocity and acceleration of the origin, rates of roll and pitch, driving on
    "velocity_x_mps", "velocity_y_mps", "velocity_z_mps", "acceleration_x_mps2", "acceleration_y_mps2",
    "acceleration_z_mps2", "roll_rate_radps", "pitch_rate_radps", "gear_now", "drag_n",
    # working space of the kernel over one tick: the heading between substeps, pedals and slope as they act, quotients
    "heading_cos", "heading_sin", "engine_before_radps", "ratio_now", "steer_target_rad", "pedal_now", "throttle_now",
    "down_mps2", "weight_n", "grip_mps2", "wheelie_nm", "per_base", "per_moment", "pitch_lead_s", "roll_lead_s",
    "mass_ease", "yaw_ease",
)
_WHEEL_FIELDS = (
    # parameters: place, size, steering and drive shares, brakes, tyre
    "wheel_x_m", "wheel_y_m", "wheel_radius_m", "wheel_inertia_kgm2", "wheel_damping_nms", "steer_share", "drive_share",
    "brake_nm", "hand_brake_nm", "tire_friction", "lat_stiff", "lat_max_load", "long_stiff_n", "rest_load_n",
    # friction of the volume it stands in (negative: none), and the coefficient that acts
    "volume_friction", "wheel_mu",
    # state, and telemetry of the last substep: steering angle, load, forces in the wheel's frame
    "omega_radps", "rolled_rad", "wheel_steer_rad", "wheel_cos", "wheel_sin", "load_n", "long_n", "lat_n",
    # working space: length of a substep over the wheel's inertia
    "wheel_ease",
)
# fmt: on
_FLAG_FIELDS = (
    "simulate_physics",
    "gravity",
    "collides",
    "constant_velocity",
    "two_wheeled",
    "airborne",
    "held",
    "overturned",
    "abs_on",
    "tc_on",
    "steer_curved",
    "rested",
    "moves",
    "may_hold",
)  # fmt: skip
PULLING_SHARE = 0.7
"""Engine speed over its greatest in the gear that suits a speed given from outside."""
WHEELS = 4
"""Front left, front right, rear left, rear right; of a two-wheeler both of an end stand in the same place."""
CURVE_POINTS = 17
STEER_POINTS = 16
GEARS = 16
REST_KEYS = 14
"""What is remembered of a vehicle that came to rest (kernels/dynamics_rest.py)."""

VEHICLE_DTYPE = np.dtype(
    [("actor_id", np.int64)]
    + [(n, np.float64) for n in _FLOAT_FIELDS]
    + [(n, np.int64) for n in _FLAG_FIELDS]
    + [(n, np.float64, (WHEELS,)) for n in _WHEEL_FIELDS]
    + [("torque_nm", np.float64, (CURVE_POINTS,)), ("steer_curve", np.float64, (STEER_POINTS,))]
    + [(n, np.float64, (GEARS,)) for n in ("gear_ratio", "gear_up", "gear_down")]
    + [("rest_key", np.float64, (REST_KEYS,))]
)
"""`hand_brake`, `reverse`, `manual` are 0 or 1, `gear` a whole number; `held` tells that brakes keep it standing, `overturned` that
it lies on its side. `torque_nm` is the engine's torque at even steps from 0 to `max_engine_radps`, `steer_curve` the share of the
steering at even steps from 0 to `steer_curve_kmh`."""

VehicleRows = NDArray[np.void]


@dataclass
class PhysicsCurves:
    """What apply_physics_control may give in any number of points, as it was given."""

    torque: tuple[tuple[float, ...], ...]
    gears: tuple[tuple[float, ...], ...]
    steering: tuple[tuple[float, ...], ...] = ((0.0, 1.0), (120.0, 1.0))
    sweep: bool = True


class VehicleArrays:
    """All vehicles, ordered by arrival. `rows` is the live part of a record array of VEHICLE_DTYPE."""

    def __init__(self, capacity: int = 64) -> None:
        self._storage: VehicleRows = np.zeros(capacity, dtype=VEHICLE_DTYPE)
        self._row_of: dict[int, int] = {}
        self._curves: dict[int, PhysicsCurves] = {}

    @property
    def count(self) -> int:
        """Number of vehicles."""
        return len(self._row_of)

    @property
    def rows(self) -> VehicleRows:
        """The live rows (N,), a view; valid until the next add() or remove()."""
        return self._storage[: len(self._row_of)]

    def row_of(self, actor_id: int) -> int:
        """The row of an actor. Raises KeyError for one that is not a vehicle here."""
        return self._row_of[actor_id]

    def curves_of(self, row: int) -> PhysicsCurves:
        """Torque curve, gears and steering curve of the vehicle in a row."""
        return self._curves[int(self.rows["actor_id"][row])]

    def add(
        self, actor_id: int, spec: VehicleSpec, position_m: Sequence[float], rpy_rad: Sequence[float] = (0.0, 0.0, 0.0)
    ) -> int:
        """Put a standing vehicle into the world, and return its row. Its ground is level at its own height until set."""
        count = len(self._row_of)
        if actor_id in self._row_of:
            raise ValueError(f"VehicleArrays.add: found actor {actor_id} twice; every actor id is used once")
        if count == len(self._storage):
            grown = np.zeros(2 * count, dtype=VEHICLE_DTYPE)
            grown[:count] = self._storage
            self._storage = grown
        self._row_of[actor_id] = count
        train = POWERTRAINS[spec.type_id]
        gears = tuple((ratio, train.down_ratio, train.up_ratio) for ratio in train.gear_ratios)
        self._curves[actor_id] = PhysicsCurves(train.torque_curve, gears)
        row = self._storage[count : count + 1]
        row[:] = np.zeros(1, dtype=VEHICLE_DTYPE)
        row["actor_id"] = actor_id
        set_parameters(row, spec)
        for name in ("simulate_physics", "gravity", "collides", "friction_scale", "engaged_gear", "gear_now"):
            row[name] = 1
        set_grip(row)
        row["ground_z_m"] = position_m[2]
        set_pose(row, 0, position_m, rpy_rad)
        return count

    def remove(self, actor_id: int) -> None:
        """Take a vehicle out; later rows move down by one. Raises KeyError for an unknown actor."""
        row, count = self._row_of.pop(actor_id), len(self._row_of)
        del self._curves[actor_id]
        self._storage[row:count] = self._storage[row + 1 : count + 1].copy()
        for key, value in self._row_of.items():
            if value > row:
                self._row_of[key] = value - 1


def set_pose(rows: VehicleRows, row: int, position_m: Sequence[float], rpy_rad: Sequence[float]) -> None:
    """Teleport: the vehicle stands or moves on there with the body-frame velocity it had (CARLA's set_transform)."""
    vehicle = rows[row]
    for name, value in zip(("x_m", "y_m", "z_m"), position_m, strict=True):
        vehicle[name] = value
        vehicle["start_" + name] = value
    for name, value in zip(("roll_rad", "pitch_rad", "yaw_rad"), rpy_rad, strict=True):
        vehicle[name] = value
    vehicle["start_yaw_rad"] = rpy_rad[2]
    for name in ("tip_rad", "tip_rate_radps", "overturned", "settle_roll_rad", "settle_pitch_rad"):
        vehicle[name] = 0
    set_velocity(rows, row, velocity_of(rows, row))


def velocity_of(rows: VehicleRows, row: int) -> tuple[float, float, float]:
    """World velocity of the origin (m/s)."""
    vehicle = rows[row]
    yaw_rad, vx, vz = vehicle["yaw_rad"], vehicle["vx_mps"], vehicle["vz_mps"]
    vy = vehicle["vy_mps"] - vehicle["com_x_m"] * vehicle["yaw_rate_radps"]
    cos_yaw, sin_yaw = np.cos(yaw_rad), np.sin(yaw_rad)
    return float(cos_yaw * vx - sin_yaw * vy), float(sin_yaw * vx + cos_yaw * vy), float(vz)


def set_velocity(rows: VehicleRows, row: int, velocity_world_mps: Sequence[float]) -> None:
    """Give the origin this world velocity at once (CARLA's set_target_velocity); the yaw rate stays."""
    vehicle = rows[row]
    x, y, z = velocity_world_mps
    cos_yaw, sin_yaw = np.cos(vehicle["yaw_rad"]), np.sin(vehicle["yaw_rad"])
    vehicle["vx_mps"] = cos_yaw * x + sin_yaw * y
    vehicle["vy_mps"] = cos_yaw * y - sin_yaw * x + vehicle["com_x_m"] * vehicle["yaw_rate_radps"]
    vehicle["vz_mps"] = z
    _roll_along(vehicle)
    for name, value in zip(("velocity_x_mps", "velocity_y_mps", "velocity_z_mps"), (x, y, z), strict=True):
        vehicle[name] = value


def _roll_along(vehicle: np.void) -> None:
    """Wheels roll, and the automatic is in the lowest gear that suits; the engine turns with them."""
    vehicle["omega_radps"] = vehicle["vx_mps"] / vehicle["wheel_radius_m"]
    turn = abs(float(vehicle["drive_share"] @ vehicle["omega_radps"])) * float(vehicle["final_ratio"])
    most = float(vehicle["max_engine_radps"])
    if vehicle["engaged_gear"] >= 1.0:
        ratios = vehicle["gear_ratio"][: int(vehicle["gear_count"])]
        if not vehicle["manual"] and vehicle["autobox"] and len(ratios):
            suits = np.flatnonzero(turn * ratios <= PULLING_SHARE * most)
            vehicle["engaged_gear"] = vehicle["gear_now"] = 1.0 + (suits[0] if len(suits) else len(ratios) - 1)
        turn *= float(vehicle["gear_ratio"][int(vehicle["engaged_gear"]) - 1])
        vehicle["engine_radps"] = min(max(turn, float(vehicle["idle_radps"])), most)


def set_yaw_rate(rows: VehicleRows, row: int, yaw_rate_radps: float) -> None:
    """Turn at this rate at once (CARLA's set_target_angular_velocity about z); the origin keeps its velocity."""
    vehicle = rows[row]
    vehicle["vy_mps"] += vehicle["com_x_m"] * (yaw_rate_radps - vehicle["yaw_rate_radps"])
    vehicle["yaw_rate_radps"] = yaw_rate_radps


def set_rates(rows: VehicleRows, row: int, rates_radps: Sequence[float]) -> None:
    """Turn at these world rates about x, y, z at once. On the ground those about x and y rock the body on its springs.

    The springs allow what a rolling body of a car has: the rate of roll or pitch begins as given and is damped within a second.
    """
    vehicle = rows[row]
    cos_yaw, sin_yaw = float(np.cos(vehicle["yaw_rad"])), float(np.sin(vehicle["yaw_rad"]))
    roll, pitch = (
        cos_yaw * rates_radps[0] + sin_yaw * rates_radps[1],
        cos_yaw * rates_radps[1] - sin_yaw * rates_radps[0],
    )
    if vehicle["airborne"]:
        vehicle["roll_rate_radps"], vehicle["pitch_rate_radps"] = roll, pitch
    else:
        vehicle["lat_felt_rate"] = roll / max(float(vehicle["roll_rad_per_mps2"]), 1e-4)
        vehicle["long_felt_rate"] = -pitch / max(float(vehicle["pitch_rad_per_mps2"]), 1e-4)
    set_yaw_rate(rows, row, rates_radps[2])


def apply_force(
    rows: VehicleRows, row: int, force_world_n: Sequence[float], point_world_m: Sequence[float] | None = None
) -> None:
    """Add a force for the coming tick, at a world point or at the centre of mass."""
    _push(rows[row], ("force", "n", "torque", "nm"), force_world_n, point_world_m)


def apply_impulse(
    rows: VehicleRows, row: int, impulse_world_ns: Sequence[float], point_world_m: Sequence[float] | None = None
) -> None:
    """Add an impulse (N s) at the beginning of the coming tick, at a world point or at the centre of mass."""
    _push(rows[row], ("impulse", "ns", "angular_impulse", "nms"), impulse_world_ns, point_world_m)


def apply_torque(rows: VehicleRows, row: int, torque_world_nm: Sequence[float], impulse: bool = False) -> None:
    """Add a torque about world x, y, z for the coming tick, or an angular impulse (N m s) at its beginning."""
    name, unit = ("angular_impulse", "nms") if impulse else ("torque", "nm")
    for axis, value in zip("xyz", torque_world_nm, strict=True):
        rows[row][f"{name}_{axis}_{unit}"] += value


def _push(vehicle: np.void, names: Sequence[str], vector: Sequence[float], point: Sequence[float] | None) -> None:
    """Force and the torque of its lever arm about the centre of mass."""
    for axis, value in zip("xyz", vector, strict=True):
        vehicle[f"{names[0]}_{axis}_{names[1]}"] += value
    if point is not None:
        cos_yaw, sin_yaw = np.cos(vehicle["yaw_rad"]), np.sin(vehicle["yaw_rad"])
        com_x = vehicle["x_m"] + cos_yaw * vehicle["com_x_m"] - sin_yaw * vehicle["com_y_m"]
        com_y = vehicle["y_m"] + sin_yaw * vehicle["com_x_m"] + cos_yaw * vehicle["com_y_m"]
        arm = np.array([point[0] - com_x, point[1] - com_y, point[2] - vehicle["z_m"] - vehicle["com_height_m"]])
        for axis, value in zip("xyz", np.cross(arm, np.asarray(vector, dtype=np.float64)), strict=True):
            vehicle[f"{names[2]}_{axis}_{names[3]}"] += value


def set_constant_velocity(rows: VehicleRows, row: int, velocity_body_mps: Sequence[float] | None) -> None:
    """Hold a body-frame velocity until None is given (CARLA's enable_constant_velocity); steering still turns it."""
    vehicle = rows[row]
    vehicle["constant_velocity"] = velocity_body_mps is not None
    if velocity_body_mps is not None:
        vehicle["constant_vx_mps"], vehicle["constant_vy_mps"] = velocity_body_mps[0], velocity_body_mps[1]

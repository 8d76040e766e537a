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

import numpy as np
from numpy.typing import NDArray

from sim.base.units import GRAVITY_MPS2
from sim.catalogue.spec import VehicleSpec

AIR_DENSITY_KGPM3 = 1.204
"""Dry air at 20 degrees C and sea level (ISO 2533)."""
UNDERSTEER_RATIO = 0.85
"""Front over rear cornering stiffness per load: roll and compliance steer make cars understeer by about 1.5 degrees per g."""
STEERING_TIME_S = 0.5
"""From centre to the angle of steer = 1 at the fastest; full lock, reached earlier, takes about half of it."""
ENGINE_BRAKE_MPS2 = 0.35
"""Deceleration by a closed throttle in gear above walking speed."""
GROUND_CLEARANCE_M = 0.15
"""Things lower than this above the ground pass under a vehicle without touching it."""

# fmt: off
_FLOAT_FIELDS = (
    # parameters, from the spec or apply_physics_control
    "mass_kg", "yaw_inertia_kgm2", "front_axle_m", "rear_axle_m", "com_x_m", "com_height_m", "track_m",
    "wheel_radius_m", "half_length_m", "half_width_m", "half_height_m", "max_steer_rad", "full_lock_rad", "steer_rate_radps",
    "drive_force_n", "power_w", "top_speed_mps", "drag_kgpm", "rolling_resistance", "engine_brake_mps2",
    "brake_force_n", "hand_brake_force_n", "friction", "front_stiffness_per_rad", "rear_stiffness_per_rad",
    "front_drive_share",
    # surroundings: the ground plane z = ground_z + slope_x (x - ground_x) + slope_y (y - ground_y); 1 dry, about 0.6 wet
    "ground_x_m", "ground_y_m", "ground_z_m", "ground_slope_x", "ground_slope_y", "friction_scale",
    # controls: throttle, brake 0..1; steer -1..1, left positive
    "throttle", "steer", "brake", "hand_brake", "reverse", "manual", "gear",
    # forces (world, at the centre of mass) and torque for the coming tick; impulses act at its beginning
    "force_x_n", "force_y_n", "force_z_n", "torque_z_nm", "impulse_x_ns", "impulse_y_ns", "impulse_z_ns",
    "angular_impulse_z_nms",
    # constant velocity in the body frame, while constant_velocity is 1
    "constant_vx_mps", "constant_vy_mps",
    # state
    "x_m", "y_m", "z_m", "roll_rad", "pitch_rad", "yaw_rad", "vx_mps", "vy_mps", "vz_mps", "yaw_rate_radps",
    "steer_rad", "lean_rad", "ax_filtered_mps2", "start_x_m", "start_y_m", "start_z_m", "start_yaw_rad",
    # what others read: world velocity and acceleration of the origin, rates of roll and pitch, driving on
    "velocity_x_mps", "velocity_y_mps", "velocity_z_mps", "acceleration_x_mps2", "acceleration_y_mps2",
    "acceleration_z_mps2", "roll_rate_radps", "pitch_rate_radps", "gear_now",
    # telemetry of the last substep: axle loads, forces in the wheels' frames, slips, share of the grip used
    "front_load_n", "rear_load_n", "front_long_n", "rear_long_n", "front_lat_n", "rear_lat_n", "front_slip_rad",
    "rear_slip_rad", "front_grip_used", "rear_grip_used", "drag_n",
)
# fmt: on
_FLAG_FIELDS = ("simulate_physics", "gravity", "collides", "constant_velocity", "two_wheeled", "airborne", "held")

VEHICLE_DTYPE = np.dtype(
    [("actor_id", np.int64)] + [(n, np.float64) for n in _FLOAT_FIELDS] + [(n, np.int64) for n in _FLAG_FIELDS]
)
"""`hand_brake`, `reverse`, `manual` are 0 or 1, `gear` a whole number; `held` tells that brakes keep it standing."""

VehicleRows = NDArray[np.void]


class VehicleArrays:
    """All vehicles, ordered by arrival. `rows` is the live part of a record array of VEHICLE_DTYPE."""

    def __init__(self, capacity: int = 64) -> None:
        self._storage: VehicleRows = np.zeros(capacity, dtype=VEHICLE_DTYPE)
        self._row_of: dict[int, int] = {}

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
        row = self._storage[count : count + 1]
        row[:] = np.zeros(1, dtype=VEHICLE_DTYPE)
        row["actor_id"] = actor_id
        set_parameters(row, spec)
        for name in ("simulate_physics", "gravity", "collides", "friction_scale"):
            row[name] = 1
        row["ground_z_m"] = position_m[2]
        set_pose(row, 0, position_m, rpy_rad)
        return count

    def remove(self, actor_id: int) -> None:
        """Take a vehicle out; later rows move down by one. Raises KeyError for an unknown actor."""
        row, count = self._row_of.pop(actor_id), len(self._row_of)
        self._storage[row:count] = self._storage[row + 1 : count + 1].copy()
        for key, value in self._row_of.items():
            if value > row:
                self._row_of[key] = value - 1


def set_parameters(row: VehicleRows, spec: VehicleSpec) -> None:
    """Write the parameters of a spec into the rows given (usually a slice of one).

    The rear tyres get the spec's cornering stiffness, the front ones UNDERSTEER_RATIO of it.
    """
    front_axle_m = spec.rear_axle_x_m + spec.wheelbase_m - spec.center_of_mass_x_m
    values: dict[str, float] = {
        "mass_kg": spec.mass_kg,
        "yaw_inertia_kgm2": spec.yaw_inertia_kgm2,
        "front_axle_m": front_axle_m,
        "rear_axle_m": spec.wheelbase_m - front_axle_m,
        "com_x_m": spec.center_of_mass_x_m,
        "com_height_m": spec.center_of_mass_height_m,
        "track_m": spec.track_m,
        "wheel_radius_m": spec.wheel_radius_m,
        "half_length_m": spec.length_m / 2.0,
        "half_width_m": spec.width_m / 2.0,
        "half_height_m": spec.height_m / 2.0,
        "max_steer_rad": spec.max_steer_rad,
        "full_lock_rad": spec.full_lock_rad or spec.max_steer_rad,
        "steer_rate_radps": spec.max_steer_rad / STEERING_TIME_S,
        "drive_force_n": spec.drive_force_n,
        "power_w": spec.power_w,
        "top_speed_mps": spec.top_speed_mps,
        "drag_kgpm": 0.5 * AIR_DENSITY_KGPM3 * spec.drag_area_m2,
        "rolling_resistance": spec.rolling_resistance,
        "engine_brake_mps2": 0.0 if spec.base_type == "bicycle" else ENGINE_BRAKE_MPS2,
        "brake_force_n": spec.mass_kg * spec.brake_decel_mps2,
        "hand_brake_force_n": spec.mass_kg * GRAVITY_MPS2,
        "friction": spec.friction,
        "front_stiffness_per_rad": UNDERSTEER_RATIO * spec.cornering_stiffness_per_rad,
        "rear_stiffness_per_rad": spec.cornering_stiffness_per_rad,
        "front_drive_share": spec.front_drive_share,
        "two_wheeled": int(spec.number_of_wheels == 2),
    }
    for name, value in values.items():
        row[name] = value


def set_pose(rows: VehicleRows, row: int, position_m: Sequence[float], rpy_rad: Sequence[float]) -> None:
    """Teleport: the vehicle stands or moves on there with the body-frame velocity it had (CARLA's set_transform)."""
    vehicle = rows[row]
    for name, value in zip(("x_m", "y_m", "z_m"), position_m, strict=True):
        vehicle[name] = value
        vehicle["start_" + name] = value
    for name, value in zip(("roll_rad", "pitch_rad", "yaw_rad"), rpy_rad, strict=True):
        vehicle[name] = value
    vehicle["start_yaw_rad"] = rpy_rad[2]
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
    for name, value in zip(("velocity_x_mps", "velocity_y_mps", "velocity_z_mps"), (x, y, z), strict=True):
        vehicle[name] = value


def set_yaw_rate(rows: VehicleRows, row: int, yaw_rate_radps: float) -> None:
    """Turn at this rate at once (CARLA's set_target_angular_velocity about z); the origin keeps its velocity."""
    vehicle = rows[row]
    vehicle["vy_mps"] += vehicle["com_x_m"] * (yaw_rate_radps - vehicle["yaw_rate_radps"])
    vehicle["yaw_rate_radps"] = yaw_rate_radps


def apply_force(
    rows: VehicleRows, row: int, force_world_n: Sequence[float], point_world_m: Sequence[float] | None = None
) -> None:
    """Add a force for the coming tick, at a world point or at the centre of mass."""
    _push(rows[row], ("force_x_n", "force_y_n", "force_z_n", "torque_z_nm"), force_world_n, point_world_m)


def apply_impulse(
    rows: VehicleRows, row: int, impulse_world_ns: Sequence[float], point_world_m: Sequence[float] | None = None
) -> None:
    """Add an impulse (N s) at the beginning of the coming tick, at a world point or at the centre of mass."""
    names = ("impulse_x_ns", "impulse_y_ns", "impulse_z_ns", "angular_impulse_z_nms")
    _push(rows[row], names, impulse_world_ns, point_world_m)


def _push(vehicle: np.void, names: Sequence[str], vector: Sequence[float], point: Sequence[float] | None) -> None:
    for name, value in zip(names[:3], vector, strict=True):
        vehicle[name] += value
    if point is not None:
        com_x = vehicle["x_m"] + np.cos(vehicle["yaw_rad"]) * vehicle["com_x_m"]
        com_y = vehicle["y_m"] + np.sin(vehicle["yaw_rad"]) * vehicle["com_x_m"]
        vehicle[names[3]] += (point[0] - com_x) * vector[1] - (point[1] - com_y) * vector[0]


def set_constant_velocity(rows: VehicleRows, row: int, velocity_body_mps: Sequence[float] | None) -> None:
    """Hold a body-frame velocity until None is given (CARLA's enable_constant_velocity); steering still turns it."""
    vehicle = rows[row]
    vehicle["constant_velocity"] = velocity_body_mps is not None
    if velocity_body_mps is not None:
        vehicle["constant_vx_mps"], vehicle["constant_vy_mps"] = velocity_body_mps[0], velocity_body_mps[1]

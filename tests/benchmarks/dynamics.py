"""How the vehicles drive, beside published models, closed forms and the real cars: `python -m tests.benchmarks.dynamics [--json]`.

Three tables. (1) Trajectories of our model with the parameter set of the BMW 320i of CommonRoad (vehicle 2) beside CommonRoad's
single-track and multi-body models (Althoff and Wuersching, CommonRoad: Vehicle Models, 2020; package commonroad-vehicle-models):
greatest difference of position, speed and yaw rate over a manoeuvre. The single-track model has linear tyres, so it leaves both
others near the limit. (2) Closed forms: braking distance, steady yaw rate, coast-down. (3) 0 to 100 km/h and top speed of every
vehicle beside the published figures in sim/catalogue/data/vehicles.yaml. And the time of one tick of 20 vehicles, the least of many.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.units import GRAVITY_MPS2
from sim.catalogue.data_rows import read_rows
from sim.catalogue.vehicles import VEHICLES
from sim.server.kernels.dynamics import BRAKE_RISE_S, BRAKE_USED
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.parameters import (
    AT_REST,
    LAT_MAX_LOAD,
    TIRE_FRICTION_PER_MU,
    UNDERSTEER_RATIO,
    set_derived,
    set_grip,
)
from sim.server.vehicles.state import VehicleRows, set_velocity
from tests.physics.driving import MODEL3, drive, hold_speed, standing

Float64 = NDArray[np.float64]
STEP_S = 0.01
DURATION_S = 4.0
STEER_RATE_RADPS = 0.4


def bmw(speed_mps: float) -> VehicleRows:
    """Our model with CommonRoad's parameters of the BMW 320i, rolling in neutral without drag."""
    from vehiclemodels.parameters_vehicle2 import parameters_vehicle2

    p = parameters_vehicle2()
    rows = standing(MODEL3).rows
    rows["mass_kg"], rows["yaw_inertia_kgm2"], rows["front_axle_m"], rows["rear_axle_m"] = p.m, p.I_z, p.a, p.b
    rows["com_x_m"], rows["com_height_m"], rows["track_m"] = 0.0, p.h_cg, 0.5 * (p.T_f + p.T_r)
    rows["wheel_y_m"] = np.array([0.5, -0.5, 0.5, -0.5]) * 0.5 * (p.T_f + p.T_r)
    rows["wheel_radius_m"], rows["wheel_inertia_kgm2"] = p.R_w, p.I_y_w
    rows["tire_friction"] = p.tire.p_dy1 * TIRE_FRICTION_PER_MU
    rows["lat_stiff"], rows["lat_max_load"] = -p.tire.p_ky1 / AT_REST, LAT_MAX_LOAD
    share = np.array([0.5 * p.T_sb, 0.5 * p.T_sb, 0.5 * (1.0 - p.T_sb), 0.5 * (1.0 - p.T_sb)])
    rows["brake_nm"] = share * p.m * 10.0 * p.R_w / BRAKE_USED
    rows["steer_rate_radps"], rows["max_steer_rad"], rows["full_lock_rad"] = STEER_RATE_RADPS, 1.0, 1.0
    stiff_front, stiff_rear = p.K_sf * p.T_f**2 / 2.0 - p.K_tsf, p.K_sr * p.T_r**2 / 2.0 - p.K_tsr
    rows["front_roll_share"] = stiff_front / (stiff_front + stiff_rear)
    rows["drag_kgpm"], rows["rolling_resistance"], rows["manual"] = 0.0, 0.0, 1
    set_derived(rows)
    rows["long_stiff_n"] = p.tire.p_kx1 * rows["rest_load_n"]
    set_grip(rows)
    set_velocity(rows, 0, (speed_mps, 0.0, 0.0))
    return rows


Inputs = Callable[[float], tuple[float, float]]
"""Steering angle asked for (rad, left positive) and deceleration asked for (m/s^2) at a time (s)."""


def ours(speed_mps: float, inputs: Inputs) -> Float64:
    """Rows of x, y, speed, yaw, yaw rate at every step."""
    rows, out = bmw(speed_mps), []
    for index in range(round(DURATION_S / STEP_S)):
        steer_rad, brake_mps2 = inputs(index * STEP_S)
        rows["steer"], rows["brake"] = steer_rad, brake_mps2 / 10.0
        step_vehicles(rows, STEP_S)
        row = rows[0]
        out.append(
            [row["x_m"], row["y_m"], math.hypot(row["vx_mps"], row["vy_mps"]), row["yaw_rad"], row["yaw_rate_radps"]]
        )
    return np.array(out)


def theirs(model: str, speed_mps: float, inputs: Inputs) -> Float64:
    """The same from CommonRoad's `st` or `mb` model, by Runge-Kutta steps of half a millisecond."""
    from vehiclemodels.init_mb import init_mb
    from vehiclemodels.parameters_vehicle2 import parameters_vehicle2
    from vehiclemodels.vehicle_dynamics_mb import vehicle_dynamics_mb
    from vehiclemodels.vehicle_dynamics_st import vehicle_dynamics_st

    p = parameters_vehicle2()
    start = [0.0, 0.0, 0.0, speed_mps, 0.0, 0.0, 0.0]
    state = np.array(init_mb(start, p) if model == "mb" else start)
    slope = vehicle_dynamics_mb if model == "mb" else vehicle_dynamics_st
    h, out, pressed = 0.001, [], 0.0
    for index in range(round(DURATION_S / h)):
        steer_rad, brake_mps2 = inputs(index * h)
        rate = min(max((steer_rad - state[2]) / h, -STEER_RATE_RADPS), STEER_RATE_RADPS)
        pressed = min(brake_mps2, pressed + 10.0 * BRAKE_USED * h / BRAKE_RISE_S)
        u = [rate, -pressed]
        k1 = np.array(slope(state, u, p))
        k2 = np.array(slope(state + 0.5 * h * k1, u, p))
        k3 = np.array(slope(state + 0.5 * h * k2, u, p))
        k4 = np.array(slope(state + h * k3, u, p))
        state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        if (index + 1) % round(STEP_S / h) == 0:
            speed = math.hypot(state[3], state[10]) if model == "mb" else state[3]
            out.append([state[0], state[1], speed, state[4], state[5]])
    return np.array(out)


def step_steer(angle_rad: float) -> Inputs:
    """To an angle after half a second."""
    return lambda t: (angle_rad if t >= 0.5 else 0.0, 0.0)


def sine_steer(angle_rad: float) -> Inputs:
    """One sine of 2 s, then straight."""
    return lambda t: (angle_rad * math.sin(math.pi * (t - 0.5)) if 0.5 <= t < 2.5 else 0.0, 0.0)


MANOEUVRES: dict[str, tuple[float, Inputs]] = {
    "brake 6 m/s2 from 25 m/s": (25.0, lambda t: (0.0, 6.0 if t >= 0.5 else 0.0)),
    "step steer 0.2 g at 20 m/s": (20.0, step_steer(0.0128)),
    "step steer 0.4 g at 20 m/s": (20.0, step_steer(0.0256)),
    "step steer 0.7 g at 20 m/s": (20.0, step_steer(0.046)),
    "sine steer 0.4 g at 20 m/s": (20.0, sine_steer(0.026)),
    "brake 3 m/s2 in a turn, 20 m/s": (20.0, lambda t: (0.02 if t >= 0.5 else 0.0, 3.0 if t >= 1.5 else 0.0)),
}


def compare() -> list[dict[str, Any]]:
    """Greatest differences of our model from both of CommonRoad's, and of those two from each other."""
    table = []
    for name, (speed_mps, inputs) in MANOEUVRES.items():
        runs = {
            "ours": ours(speed_mps, inputs),
            "st": theirs("st", speed_mps, inputs),
            "mb": theirs("mb", speed_mps, inputs),
        }
        for a, b in (("ours", "mb"), ("ours", "st"), ("st", "mb")):
            difference = np.abs(runs[a] - runs[b])
            table.append(
                {
                    "manoeuvre": name,
                    "pair": f"{a} - {b}",
                    "path_m": float(np.hypot(difference[:, 0], difference[:, 1]).max()),
                    "speed_mps": float(difference[:, 2].max()),
                    "yaw_rate_radps": float(difference[:, 4].max()),
                    "greatest_yaw_rate_radps": float(np.abs(runs[b][:, 4]).max()),
                }
            )
    return table


def closed_forms() -> list[dict[str, Any]]:
    """Braking from 100 km/h, steady yaw rate up to 0.4 g, coast-down."""
    return [_braking(), *(_yaw_gain(share_g) for share_g in (0.1, 0.2, 0.3, 0.4)), _coast_down()]


def _braking() -> dict[str, Any]:
    rows, speed = standing(speed_mps=100.0 / 3.6).rows, 100.0 / 3.6
    rows["drag_kgpm"], rows["rolling_resistance"], rows["brake"] = 0.0, 0.0, 1.0
    drive(rows, 6.0)
    mu = VEHICLES[MODEL3].friction
    expected = speed**2 / (2.0 * mu * GRAVITY_MPS2) + 0.5 * BRAKE_RISE_S * speed
    return _entry("braking distance from 100 km/h, m", float(rows["x_m"][0]), expected)


def _yaw_gain(share_g: float) -> dict[str, Any]:
    """v tan(delta) / (L + K v^2), Rajamani 2012, eq. 3.17."""
    spec, speed = VEHICLES[MODEL3], 20.0
    rear = spec.cornering_stiffness_per_rad
    understeer = (1.0 / (UNDERSTEER_RATIO * rear) - 1.0 / rear) / GRAVITY_MPS2
    steer_rad = math.atan(share_g * GRAVITY_MPS2 / speed**2 * (spec.wheelbase_m + understeer * speed**2))
    rows = standing(speed_mps=speed).rows
    rows["steer"] = steer_rad / spec.max_steer_rad
    drive(rows, 10.0, each=hold_speed(rows, speed))
    v = float(rows["vx_mps"][0])
    expected = v * math.tan(steer_rad) / (spec.wheelbase_m + understeer * v**2)
    return _entry(f"steady yaw rate at {share_g:.1f} g, rad/s", float(rows["yaw_rate_radps"][0]), expected)


def _coast_down() -> dict[str, Any]:
    rows = standing(speed_mps=40.0).rows
    rows["manual"] = 1
    drive(rows, 60.0)
    mass = float(rows["mass_kg"][0])
    heavy = mass + float((rows["wheel_inertia_kgm2"] / rows["wheel_radius_m"] ** 2).sum())
    a = float(rows["rolling_resistance"][0]) * GRAVITY_MPS2 * mass / heavy
    b = float(rows["drag_kgpm"][0]) / heavy
    expected = math.sqrt(a / b) * math.tan(math.atan(40.0 * math.sqrt(b / a)) - math.sqrt(a * b) * 60.0)
    return _entry("coast-down from 40 m/s, 60 s, m/s", float(rows["vx_mps"][0]), expected)


def _entry(name: str, found: float, expected: float) -> dict[str, Any]:
    return {"what": name, "found": found, "expected": expected, "error_percent": 100.0 * (found / expected - 1.0)}


def real_cars() -> list[dict[str, Any]]:
    """0 to 100 km/h and top speed of every vehicle and of its data sheet."""
    sheet, ids = read_rows("vehicles.yaml"), list(VEHICLES)
    rows = standing(*ids).rows
    rows["throttle"] = 1.0
    reached_s, before = np.full(len(ids), np.nan), rows["vx_mps"].copy()
    for tick in range(1400):
        step_vehicles(rows, 0.05)
        now = rows["vx_mps"].copy()
        hit = np.isnan(reached_s) & (now >= 100.0 / 3.6)
        reached_s[hit] = 0.05 * (tick + 1 - (now[hit] - 100.0 / 3.6) / (now[hit] - before[hit]))
        before = now
    drive(rows, 200.0, 0.2)
    return [
        {
            "vehicle": type_id,
            "zero_to_100_s": float(reached_s[row]),
            "sheet_s": float(sheet[type_id]["zero_to_100_s"]),
            "top_kmh": 3.6 * float(rows["vx_mps"][row]),
            "sheet_kmh": float(sheet[type_id]["top_kmh"]),
            "source": sheet[type_id]["source"],
        }
        for row, type_id in enumerate(ids)
    ]


def tick_us(vehicles: int = 20) -> float:
    """Least time of one tick of 0.05 s of the motion alone, microseconds."""
    rows = standing(*[MODEL3] * vehicles, speed_mps=15.0).rows
    rows["throttle"], rows["steer"] = 0.4, np.linspace(-0.05, 0.05, vehicles)
    least = math.inf
    for _ in range(3000):
        begin = time.perf_counter()
        step_vehicles(rows, 0.05)
        least = min(least, time.perf_counter() - begin)
    return 1e6 * least


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result: dict[str, Any] = {
        "commonroad": compare(),
        "closed_forms": closed_forms(),
        "cars": real_cars(),
        "tick_us_20": tick_us(),
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for row in result["commonroad"]:
        print(
            f"{row['manoeuvre']:32s} {row['pair']:10s} path {row['path_m']:6.2f} m  speed {row['speed_mps']:5.2f} m/s  "
            f"yaw rate {row['yaw_rate_radps']:6.4f} of {row['greatest_yaw_rate_radps']:6.4f} rad/s"
        )
    for row in result["closed_forms"]:
        print(
            f"{row['what']:36s} {row['found']:9.4f}  closed form {row['expected']:9.4f}  {row['error_percent']:+5.2f} %"
        )
    for row in result["cars"]:
        launch = f"{row['zero_to_100_s']:6.2f} of {row['sheet_s']:5.1f} s" if row["sheet_s"] else "      never       "
        print(
            f"{row['vehicle'][8:]:28s} 0-100 km/h {launch}  top {row['top_kmh']:6.1f} of {row['sheet_kmh']:5.0f} km/h {row['source']}"
        )
    print(f"one tick of 20 vehicles: {result['tick_us_20']:.1f} us")


if __name__ == "__main__":
    main()

"""Engine, clutch, gears and driving aids of every vehicle, derived from data/powertrains.yaml and the vehicle's row.

The torque curve goes from a share of the peak at idling speed to a plateau and on to the torque of the rated power; beyond, to
the limiter, power falls to AT_LIMITER of it. In first gear the limiter stands at the speed `first_kmh`, in top gear at the
published top speed, the others lie in equal steps between. The torque at the gearbox's output is limited, as drivelines and
launch control do, to the tractive force F that gives the published 0 to 100 km/h time (sim.catalogue.vehicles) times `launch`,
which makes up for shift times, turning masses and the parts of the curve below rated power (found by running the 0 to 100 test).
Rated power is taken at the wheels, so there are no losses beside tyres, clutch and inertia.
Tested by tests/physics/test_powertrain.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sim.base.units import mps_from_kmh
from sim.catalogue.data_rows import Row, read_rows
from sim.catalogue.spec import VehicleSpec
from sim.catalogue.vehicles import VEHICLES

RADPS_PER_RPM = math.pi / 30.0
AT_LIMITER = 0.93
ENGINE_BRAKE_MPS2 = 0.35
"""Deceleration by a closed throttle in a middle gear at half the greatest engine speed (assumed)."""
CLUTCH_SLIP = 0.015
"""Slip of the clutch or converter at the greatest torque (assumed)."""
LIMITER_SHARE = 0.98
WITHOUT_SHIFTS = 0.95 / 0.90
"""The catalogue's power at the wheels is an average over gear changes, which happen here: 95 % of the rated power between them."""
LAUNCH_SHARE = 0.55
"""Engine speed at which a driver in a hurry lets the clutch slip, over that of the rated power (assumed)."""
AT_PLATEAU_END = 0.94
"""Power where the plateau of torque ends, over the rated power (assumed)."""
_FINAL_RATIO = {"rider": 1.0, "scooter": 1.0, "hub": 1.0, "hybrid": 3.3, "electric": 9.0}


@dataclass(frozen=True)
class _Family:
    """What engines of one kind share (assumed; shapes after Heywood 2018, ch. 2 and 15).

    Torque at idling speed, start and end of the plateau of torque, as shares of peak torque and of the speed of rated power.
    """

    at_idle: float
    plateau: tuple[float, float]
    idle_rpm: float
    inertia_kgm2_per_kw: float


_FAMILIES = {
    "petrol": _Family(0.70, (0.60, 0.78), 800.0, 0.0009),
    "turbo": _Family(0.55, (0.30, 0.72), 800.0, 0.0009),
    "diesel": _Family(0.55, (0.42, 0.70), 700.0, 0.0018),
    "sport": _Family(0.35, (0.70, 0.85), 1200.0, 0.0002),
    "hybrid": _Family(1.0, (0.0, 0.0), 0.0, 0.0012),
    "electric": _Family(1.0, (0.0, 0.0), 0.0, 0.0003),
    "scooter": _Family(1.0, (0.0, 0.0), 0.0, 0.0015),
    "hub": _Family(1.0, (0.0, 0.0), 0.0, 0.0015),
    "rider": _Family(1.0, (0.0, 0.80), 0.0, 0.05),
}
_NO_ENGINE_BRAKE = ("rider", "hub")


@dataclass(frozen=True)
class Powertrain:
    """What drives one vehicle, in CARLA's terms.

    `torque_curve` is (rpm, N m) pairs; ratios are engine speed over that of the next shaft; dampings in N m s (torque per rad/s):
    full throttle, closed throttle in gear, closed throttle out of gear; `up_ratio`, `down_ratio` are shift speeds over `max_rpm`;
    `output_share` is the greatest torque after the gears over that of the curve's peak in first gear.
    """

    torque_curve: tuple[tuple[float, float], ...]
    max_rpm: float
    idle_rpm: float
    launch_rpm: float
    inertia_kgm2: float
    damping_full_nms: float
    damping_closed_nms: float
    damping_open_nms: float
    clutch_nms: float
    gear_ratios: tuple[float, ...]
    reverse_ratio: float
    final_ratio: float
    shift_s: float
    up_ratio: float
    down_ratio: float
    output_share: float
    has_abs: bool
    has_traction_control: bool
    source: str


def _powertrain(spec: VehicleSpec, row: Row) -> Powertrain:
    family = _FAMILIES[row["engine"]]
    max_rpm, count, radius_m = float(row["max_rpm"]), int(row["gears"]), spec.wheel_radius_m
    power_w = spec.power_w * WITHOUT_SHIFTS if count > 1 else spec.power_w
    force_n = spec.drive_force_n * float(row.get("launch", 1.0))
    top_overall = LIMITER_SHARE * max_rpm * RADPS_PER_RPM * radius_m / spec.top_speed_mps
    first_overall = top_overall
    if count > 1:
        first_overall = LIMITER_SHARE * max_rpm * RADPS_PER_RPM * radius_m / mps_from_kmh(float(row["first_kmh"]))
        curve = _engine_curve(family, power_w, float(row["power_rpm"]), max_rpm)
    else:
        curve = _constant_power(spec.power_w, spec.power_w / force_n * top_overall / radius_m / RADPS_PER_RPM, max_rpm)
    peak_nm = max(torque for _, torque in curve)
    step = (first_overall / top_overall) ** (1.0 / max(count - 1, 1))
    final_ratio = _FINAL_RATIO.get(row["engine"], 4.0)
    inertia = family.inertia_kgm2_per_kw * spec.power_w / 1000.0
    middle = math.sqrt(first_overall * top_overall)
    brake_nm = ENGINE_BRAKE_MPS2 * spec.mass_kg * radius_m / middle
    up_ratio = min(0.97, 1.03 * float(row["power_rpm"]) / max_rpm) if count > 1 else 0.97
    ratios = tuple(first_overall / final_ratio / step**gear for gear in range(count))
    return Powertrain(
        torque_curve=curve,
        max_rpm=max_rpm,
        idle_rpm=family.idle_rpm,
        launch_rpm=max(family.idle_rpm, LAUNCH_SHARE * float(row["power_rpm"]) if family.idle_rpm else 0.0),
        inertia_kgm2=inertia,
        damping_full_nms=0.0,
        damping_closed_nms=0.0 if row["engine"] in _NO_ENGINE_BRAKE else brake_nm / (0.5 * max_rpm * RADPS_PER_RPM),
        damping_open_nms=2.0 * inertia,
        clutch_nms=peak_nm / (CLUTCH_SLIP * 0.5 * max_rpm * RADPS_PER_RPM),
        gear_ratios=ratios,
        reverse_ratio=ratios[0],
        final_ratio=final_ratio,
        shift_s=float(row["shift_s"]),
        up_ratio=up_ratio,
        down_ratio=0.75 * up_ratio / step,
        output_share=min(force_n * radius_m / (peak_nm * first_overall), 1.0),
        has_abs=row["assist"] != "none",
        has_traction_control=row["assist"] == "both",
        source=row["source"],
    )


def _engine_curve(family: _Family, power_w: float, power_rpm: float, max_rpm: float) -> tuple[tuple[float, float], ...]:
    """Torque of an engine with gears; on the plateau the power grows with speed to that at its end, a little below the rated."""
    rated_nm = power_w / (power_rpm * RADPS_PER_RPM)
    start, end = family.plateau[0] * power_rpm, family.plateau[1] * power_rpm
    peak_nm = rated_nm * power_rpm / end * AT_PLATEAU_END
    points = [(0.0, family.at_idle * peak_nm)]
    if family.idle_rpm:
        points.append((family.idle_rpm, family.at_idle * peak_nm))
    points += [(start, peak_nm)] if start > family.idle_rpm else []
    points += [(end, peak_nm), (power_rpm, rated_nm)]
    if max_rpm > power_rpm:
        points.append((max_rpm, AT_LIMITER * rated_nm * power_rpm / max_rpm))
    return tuple(points)


def _constant_power(power_w: float, base_rpm: float, max_rpm: float) -> tuple[tuple[float, float], ...]:
    """Constant torque, then constant power, in steps close enough for straight lines between them."""
    torque_nm = power_w / (base_rpm * RADPS_PER_RPM)
    points, rpm = [(0.0, torque_nm), (base_rpm, torque_nm)], base_rpm
    while rpm < max_rpm - 1e-6:
        rpm = min(rpm * 1.15, max_rpm)
        points.append((rpm, torque_nm * base_rpm / rpm))
    return tuple(points)


POWERTRAINS: Mapping[str, Powertrain] = MappingProxyType(
    {type_id: _powertrain(VEHICLES[type_id], row) for type_id, row in read_rows("powertrains.yaml").items()}
)
"""CARLA blueprint id to what drives it."""

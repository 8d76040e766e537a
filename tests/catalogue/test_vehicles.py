"""The vehicle table: complete, honest about its sources, and within what real vehicles are."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from sim.base.taxonomy import CLASS_NAMES
from sim.catalogue.vehicles import VEHICLES

BODIES = {
    *("hatchback", "saloon", "estate", "suv", "van", "pickup", "box_truck", "bus"),
    *("fire_truck", "ambulance", "articulated", "tractor", "motorcycle", "bicycle", "scooter"),
}


def test_all_vehicles_of_carla_0_9_16_are_there() -> None:
    assert len([type_id for type_id in VEHICLES if not type_id.startswith("vehicle.sim.")]) == 41
    assert {"vehicle.tesla.model3", "vehicle.bh.crossbike", "vehicle.carlamotors.european_hgv"} <= set(VEHICLES)
    assert {spec.base_type for spec in VEHICLES.values()} == {"car", "truck", "van", "bus", "motorcycle", "bicycle"}
    assert {spec.special_type for spec in VEHICLES.values()} == {"", "electric", "emergency", "taxi"}


@pytest.mark.parametrize("spec", VEHICLES.values(), ids=lambda spec: spec.type_id)
def test_each_row_is_possible(spec) -> None:
    assert spec.source.startswith(("sheet: ", "assumed: "))
    assert spec.body in BODIES and spec.object_class in CLASS_NAMES
    end = min(spec.wheel_radius_m, 0.2)
    assert (
        -spec.length_m / 2 + end < spec.rear_axle_x_m < spec.rear_axle_x_m + spec.wheelbase_m < spec.length_m / 2 - end
    )
    assert spec.rear_axle_x_m < spec.center_of_mass_x_m < spec.rear_axle_x_m + spec.wheelbase_m
    assert spec.track_m < spec.width_m and 0.12 <= spec.wheel_radius_m <= (0.95 if spec.body == "tractor" else 0.55)
    assert 0.2 * spec.height_m < spec.center_of_mass_height_m < 0.6 * spec.height_m
    assert math.radians(22) < spec.full_lock_rad < math.radians(45)
    assert spec.max_steer_rad == pytest.approx(math.radians(70)) or spec.number_of_wheels == 2
    assert 0.14 < spec.drive_force_n / spec.mass_kg / 9.81 <= 0.9 * spec.friction
    gyration_m = math.sqrt(spec.yaw_inertia_kgm2 / spec.mass_kg)
    assert 0.16 < gyration_m / spec.length_m < 0.36
    assert (spec.number_of_wheels == 2) == (spec.base_type in ("motorcycle", "bicycle"))
    assert all(0 <= channel <= 255 for color in spec.colors_rgb for channel in color)


def test_model_3_is_the_data_sheet() -> None:
    spec = VEHICLES["vehicle.tesla.model3"]
    assert (spec.length_m, spec.width_m, spec.height_m, spec.wheelbase_m) == (4.694, 1.849, 1.443, 2.875)
    assert spec.top_speed_mps == pytest.approx(62.5)


def test_the_catalogue_loads_quickly() -> None:
    """All tables in one fresh process, best of five: well under the server's start-up budget."""
    code = (
        "import time, yaml, difflib; t = time.perf_counter(); import sim.catalogue.blueprints;"
        "print(time.perf_counter() - t)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) for _ in range(3)
    ]
    assert min(times) < 0.25

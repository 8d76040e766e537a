"""Volumes of another friction, seen by the real client's calls; wet roads."""

from __future__ import annotations

import numpy as np

from sim.base.state import ActorKind
from sim.server.actor_table import ActorEntry, ActorTable
from sim.server.vehicles.friction_volumes import FrictionVolumes
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.parameters import set_grip
from sim.server.vehicles.state import VehicleRows
from tests.physics.driving import standing

ICE = {"friction": "0.35", "extent_x": "2000", "extent_y": "200", "extent_z": "100"}


def table_with(actor_id: int, x_m: float, y_m: float) -> ActorTable:
    table = ActorTable()
    nothing = np.zeros(3)
    entry = ActorEntry(actor_id, ActorKind.OTHER, "static.trigger.friction", [], {}, b"", b"", 0, nothing, nothing)
    table.add(entry, np.array([x_m, y_m, 0.0]), np.zeros(3))
    return table


def brake_over(volumes: FrictionVolumes, table: ActorTable) -> VehicleRows:
    rows = standing(speed_mps=20.0).rows
    rows["brake"] = 1.0
    for _ in range(160):
        volumes.apply(rows, table)
        step_vehicles(rows, 0.05)
    return rows


def test_ice_lengthens_the_way_and_ends_where_it_ends() -> None:
    table, volumes = table_with(9, 25.0, 0.0), FrictionVolumes()
    dry = brake_over(volumes, table)
    volumes.add(9, ICE)
    icy = brake_over(volumes, table)
    assert icy["x_m"][0] > 1.8 * dry["x_m"][0]
    assert icy["vx_mps"][0] == 0.0
    volumes.remove(9)
    volumes.apply(icy, table)
    assert (icy["volume_friction"] == -1.0).all()


def test_ice_under_one_side_turns_the_car() -> None:
    table, volumes = table_with(9, 25.0, 2.0), FrictionVolumes()
    volumes.add(9, ICE)
    rows = brake_over(volumes, table)
    assert rows["yaw_rad"][0] < -0.02, "the right wheels hold"
    assert abs(rows["vx_mps"][0]) < 1e-9


def test_weather_and_volume_multiply() -> None:
    table, volumes = table_with(9, 0.0, 0.0), FrictionVolumes()
    volumes.add(9, {**ICE, "friction": "1.75"})
    rows = standing().rows
    rows["friction_scale"] = 0.5
    set_grip(rows)
    volumes.apply(rows, table)
    np.testing.assert_allclose(rows["wheel_mu"][0], 0.25)

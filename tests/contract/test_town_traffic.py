"""CARLA's unmodified Traffic Manager drives 20 cars on maps that nobody here wrote."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from sim.base import clock
from sim.loop.session import Session
from tests.contract.traffic import TrafficRecord, spawn_traffic

MAPS = Path(os.environ.get("SIM_TEST_MAPS", "../shared/data/opendrive")).resolve()
TICK_FLICKS = clock.period_from_hz(20)


def drive(map_name: str, seconds: float, count: int = 20, seed: int = 1) -> TrafficRecord:
    with Session(map_name, TICK_FLICKS, maps=[MAPS]) as session:
        record = TrafficRecord(session.network)
        assert len(spawn_traffic(session, count, seed)) >= count * 0.9
        for _ in range(round(seconds * 20)):
            record.add(session.tick(appearance=False), 0.05)
    return record


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("map_name", ["Town01", "town_quarter"])
def test_twenty_cars_drive_two_minutes_as_cars_do(map_name: str, seed: int) -> None:
    if map_name == "Town01" and not (MAPS / "Town01.xodr").exists():
        pytest.skip(f"Town01.xodr is not in {MAPS}; set SIM_TEST_MAPS")
    record = drive(map_name, 120.0, seed=seed)
    assert record.off_road_m <= 0.1
    assert record.overlaps == []
    assert np.mean(record.lateral_m) <= 0.2
    assert record.longest_unexplained_s < 10.0
    assert record.travelled_m > 20 * 120.0 * 1.0


def test_the_record_notices_cars_that_overlap_or_leave_the_road() -> None:
    with Session("town_quarter", TICK_FLICKS) as session:
        record = TrafficRecord(session.network)
        spawn_traffic(session, 2, 1)
        state = session.tick()
        position = np.array(state.position_world_m)
        cars = np.flatnonzero(state.kind == 1)
        position[cars[1]] = position[cars[0]] + [0.5, 0.0, 0.0]
        record.add(dataclasses.replace(state, position_world_m=position), 0.05)
        assert len(record.overlaps) == 1
        position[cars] += [0.0, 500.0, 0.0]
        record.add(dataclasses.replace(state, position_world_m=position), 0.05)
        assert record.off_road_m > 10.0

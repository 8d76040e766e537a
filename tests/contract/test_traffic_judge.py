"""The judge of bar 7 counts what is wrong, and nothing that is right."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sim.base import clock
from sim.base.state import ActorKind, LightState, WorldState
from sim.loop.session import Session
from tests.benchmarks.traffic_judge import TrafficJudge, penetration_m
from tests.contract.traffic import spawn_traffic

TICK_S = 0.05


@pytest.fixture(scope="module")
def scene() -> tuple[Session, WorldState]:
    with Session("town_quarter", clock.period_from_hz(20)) as session:
        spawn_traffic(session, 3, 1)
        yield session, session.tick()


def _with(state: WorldState, **changes: np.ndarray) -> WorldState:
    return dataclasses.replace(state, **changes)


def _shown(state: WorldState, light: LightState) -> WorldState:
    shown = np.array(state.light_state)
    shown[state.kind == ActorKind.TRAFFIC_LIGHT] = light
    return _with(state, light_state=shown)


def _drive_over_a_stop_line(session: Session, state: WorldState, reach_m: float) -> TrafficJudge:
    """The first car glides over a stop line from 5 m before it until its front is `reach_m` beyond."""
    judge = TrafficJudge(session.network, TICK_S)
    car = int(np.flatnonzero(state.kind == ActorKind.VEHICLE)[0])
    point, along = judge._stops.point[0], judge._stops.along[0]
    length = state.actors[car].box_extent_m[0] + state.actors[car].box_center_m[0]
    position, rpy = np.array(state.position_world_m), np.array(state.rpy_rad)
    rpy[car, 2] = np.arctan2(along[1], along[0])
    for beyond in np.linspace(-5.0, reach_m, 30):
        position = position.copy()
        position[car, :2] = point + along * (beyond - length)
        judge.add(_with(state, position_world_m=position, rpy_rad=rpy))
    judge.add(_shown(_with(state, position_world_m=position, rpy_rad=rpy), LightState.GREEN))
    return judge


def test_a_car_that_runs_a_red_light_is_counted(scene: tuple[Session, WorldState]) -> None:
    session, state = scene
    assert len(_drive_over_a_stop_line(session, _shown(state, LightState.RED), 6.0).runs) == 1
    assert _drive_over_a_stop_line(session, _shown(state, LightState.GREEN), 6.0).runs == []
    assert _drive_over_a_stop_line(session, _shown(state, LightState.YELLOW), 6.0).runs == []


def test_a_front_just_beyond_the_line_is_an_overrun(scene: tuple[Session, WorldState]) -> None:
    session, state = scene
    short = _drive_over_a_stop_line(session, _shown(state, LightState.RED), 1.0)
    assert (short.runs, short.overruns) == ([], 1)
    before = _drive_over_a_stop_line(session, _shown(state, LightState.RED), -0.1)
    assert (before.runs, before.overruns) == ([], 0)


def test_overlaps_and_excursions_are_counted(scene: tuple[Session, WorldState]) -> None:
    session, state = scene
    judge = TrafficJudge(session.network, TICK_S)
    judge.add(state)
    assert judge.figures()["overlapping_pairs"] == judge.figures()["cars_off_road"] == 0
    position = np.array(state.position_world_m)
    cars = np.flatnonzero(state.kind == ActorKind.VEHICLE)
    position[cars[1]] = position[cars[0]] + [0.5, 0.0, 0.0]
    judge.add(_with(state, position_world_m=position))
    assert judge.figures()["overlapping_pairs"] == 1
    position[cars] += [0.0, 500.0, 0.0]
    judge.add(_with(state, position_world_m=position))
    assert judge.figures()["cars_off_road"] == 3
    assert judge.figures()["furthest_off_road_m"] > 10.0


def test_a_car_that_stands_for_no_reason_is_stuck(scene: tuple[Session, WorldState]) -> None:
    session, state = scene
    judge = TrafficJudge(session.network, TICK_S)
    still = _with(_shown(state, LightState.GREEN), velocity_world_mps=np.zeros_like(state.velocity_world_mps))
    for _ in range(20):
        judge.add(still)
    assert judge.longest_stuck_s == pytest.approx(1.0)
    assert judge.figures()["stuck_share"] == 1.0


def test_vehicles_that_are_gone_are_told_apart(scene: tuple[Session, WorldState]) -> None:
    session, state = scene
    cars = np.flatnonzero(state.kind == ActorKind.VEHICLE)
    gone = np.array(state.kind)
    gone[cars[0]] = ActorKind.OTHER
    still = np.zeros_like(state.velocity_world_mps)
    judge = TrafficJudge(session.network, 30.0)
    for _ in range(3):
        judge.add(_with(state, velocity_world_mps=still))
    judge.add(_with(state, kind=gone, velocity_world_mps=still))
    assert (judge.removed_standing, judge.removed_moving) == (1, 0)
    moving = TrafficJudge(session.network, 30.0)
    for kind in (state.kind, state.kind, gone):
        moving.add(_with(state, kind=kind, velocity_world_mps=still + 3.0))
    assert (moving.removed_standing, moving.removed_moving) == (0, 1)


def test_depth_of_two_boxes() -> None:
    extent = np.array([2.0, 1.0, 0.8])
    zero, ahead = np.zeros(3), np.array([3.9, 0.0, 0.0])
    assert penetration_m(zero, 0.0, extent, ahead, 0.0, extent) == pytest.approx(0.1)
    assert penetration_m(zero, 0.0, extent, ahead + np.array([0.2, 0, 0]), 0.0, extent) == 0.0
    assert penetration_m(zero, 0.0, extent, ahead, np.pi / 2.0, extent) == 0.0

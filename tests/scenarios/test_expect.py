"""Every demand of the library has a run that passes it and a run that fails it."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.contacts import ego_contacts
from scenarios.expect import SERIES
from sim.base.agent import Command, DrivingTask
from sim.base.units import wrap_angle
from sim.experts.constant import Constant
from sim.experts.expert import Expert
from tests.scenarios.kinematic_world import KinematicWorld, run

CHILD = "vru/child_from_behind_parked_van"
STOP = "signs/stop_plain"
CUT_IN = "highway/cut_in_close"


class Spoiled:
    """The expert, with its command changed by a function of the tick."""

    privileged = True

    def __init__(self, spoil) -> None:
        self._expert, self._spoil, self._tick = Expert(), spoil, 0

    def reset(self, task: DrivingTask) -> None:
        self._expert.reset(task)

    def act(self, observation, truth) -> Command:
        self._tick += 1
        return self._spoil(self._tick, self._expert.act(observation, truth))


def steers(tick: int, command: Command) -> Command:
    return Command(command.throttle_ratio, command.brake_ratio, 0.06 if tick > 20 else command.steer_ratio)


def brakes_early(tick: int, command: Command) -> Command:
    return Command(brake_ratio=0.7) if 10 < tick < 25 else command


def races(tick: int, command: Command) -> Command:
    return Command(throttle_ratio=1.0, steer_ratio=command.steer_ratio)


def tailgates(tick: int, command: Command) -> Command:
    return Command(0.12, 0.0, command.steer_ratio) if tick > 120 else command


FAILURES = [
    (CHILD, 0, Constant(), "no_collision"),
    (CHILD, 0, Constant(Command(brake_ratio=0.6)), "progress"),
    (CHILD, 0, Constant(Command(brake_ratio=0.6)), "happens.child_runs"),
    (CHILD, 0, Spoiled(brakes_early), "smooth_until.child_runs"),
    (CHILD, 0, Spoiled(races), "speed_limit"),
    (CHILD, 0, Spoiled(steers), "keeps_lane"),
    (CHILD, 3, Spoiled(steers), "on_road"),
    (STOP, 0, Constant(), "stops_before_line"),
    (STOP, 0, Constant(Command(brake_ratio=0.6)), "reaches_goal"),
    (STOP, 0, Spoiled(brakes_early), "max_decel"),
    (CUT_IN, 12, Expert(emergency_braking=False), "no_collision"),
    (CUT_IN, 9, Spoiled(tailgates), "regains_headway"),
]


@pytest.mark.parametrize(("scenario_id", "seed", "agent", "name"), FAILURES, ids=[f"{f[0]}-{f[3]}" for f in FAILURES])
def test_bad_driver_fails(placed_of, scenario_id: str, seed: int, agent, name: str) -> None:
    outcome, _ = run(*placed_of(scenario_id, seed), agent)
    verdict = next(verdict for verdict in outcome.verdicts if verdict.name == name)
    assert not verdict.passed, verdict
    assert verdict.valid and verdict.message.endswith(".")
    assert outcome.exit_code == 1


@pytest.mark.parametrize("scenario_id", [CHILD, STOP, CUT_IN])
def test_expert_passes_every_demand(placed_of, scenario_id: str) -> None:
    outcome, judge = run(*placed_of(scenario_id, 0), Expert())
    assert outcome.passed, [verdict.message for verdict in outcome.verdicts if not verdict.passed]
    series = judge.series()
    assert set(series) == set(SERIES)
    assert len({len(values) for values in series.values()}) == 1


def test_impact_speed_is_that_of_the_tick_before(placed_of) -> None:
    placed, network = placed_of(CHILD, 0)
    outcome, _ = run(placed, network, Constant())
    verdict = outcome.verdicts[0]
    child_mps = placed.concrete.spec.events["child_runs"].do.body.speed_mps.value
    assert verdict.value == pytest.approx(np.hypot(placed.ego.speed_mps, child_mps), rel=0.08)


@pytest.mark.parametrize(("apart_m", "touches"), [(-0.2, True), (0.0, True), (0.015, True), (0.05, False)])
def test_contact_margin(placed_of, apart_m: float, touches: bool) -> None:
    placed, _ = placed_of(CHILD, 0)
    world = KinematicWorld(placed)
    van = 1 + [actor.name for actor in placed.actors].index("van")
    reach = (placed.ego.dimensions.length_m + placed.actor("van").dimensions.length_m) / 2.0 + apart_m
    yaw = world.yaw[0]
    world.yaw[van] = wrap_angle(yaw)
    world.xy[van] = world.xy[0] + reach * np.array([np.cos(yaw), np.sin(yaw)])
    assert (ego_contacts(world.state(), 0) == (van,)) is touches

"""Behaviours: people meet the car whatever its speed; a lane change takes its time and ends in the middle of its lane."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.script import Script
from sim.base.driving import drive
from sim.catalogue.vehicles import VEHICLES
from sim.experts.constant import Constant
from tests.scenarios.kinematic_world import KinematicWorld, run

CHILD = "vru/child_from_behind_parked_van"
CUT_IN = "highway/cut_in_close"


@pytest.mark.parametrize("speed_kmh", ["20", "35", "50"])
@pytest.mark.parametrize("aim", ["-0.6", "0.0", "0.5"])
def test_child_and_car_meet_where_aimed(placed_of, speed_kmh: str, aim: str) -> None:
    placed, network = placed_of(CHILD, 1, ego__speed_kmh=speed_kmh, events__child_runs__do__dart_out__aim=aim)
    world, script = KinematicWorld(placed, 0.02), Script(placed, network)
    spec, child = VEHICLES[placed.ego.type_id], placed.actor("child")
    for _ in range(400):
        state = world.state()
        station = placed.way.project(state.position_world_m[0, :2])[0]
        if station + placed.ego.dimensions.length_m / 2.0 >= child.station_m:
            break
        actions = script.step(state)
        hold = placed.ego.speed_mps - world.speed[0]
        world.step(drive(spec, float(world.speed[0]), hold, 0.0), actions)
    row = 1 + [actor.name for actor in placed.actors].index("child")
    lateral = placed.way.project(world.xy[row])[1]
    wanted = float(aim) * placed.ego.dimensions.width_m / 2.0
    tick_m = 0.02 * placed.concrete.spec.events["child_runs"].do.body.speed_mps.value
    assert lateral == pytest.approx(wanted, abs=0.02 + 2.0 * tick_m)
    assert script.begun["child_runs"] > 0


def test_child_stays_when_no_car_comes(placed_of) -> None:
    placed, network = placed_of(CHILD, 1)
    world, script = KinematicWorld(placed), Script(placed, network)
    for _ in range(100):
        world.step(Constant().act(None), script.step(world.state()))
        world.speed[0] = 0.0
    assert script.begun == {}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_cut_in_takes_its_time_and_ends_in_the_lane(placed_of, seed: int) -> None:
    placed, network = placed_of(CUT_IN, seed)
    world, script = KinematicWorld(placed), Script(placed, network)
    spec, laterals, moved = VEHICLES[placed.ego.type_id], [], []
    for _ in range(200):
        actions = script.step(world.state())
        laterals.append(placed.way.project(world.xy[1])[1])
        moved.append("car_cuts_in" in script.begun)
        world.step(drive(spec, float(world.speed[0]), placed.ego.speed_mps - world.speed[0], 0.0), actions)
    lateral = np.array(laterals)
    began = moved.index(True)
    duration = placed.concrete.spec.events["car_cuts_in"].do.body.duration_s.value
    end = began + round(duration / 0.05)
    width = abs(lateral[began])
    assert width == pytest.approx(3.75, abs=0.4)
    assert np.ptp(lateral[:began]) < 0.25
    assert abs(lateral[min(end + 10, len(lateral) - 1)]) < 0.35
    assert np.abs(lateral[end + 40 :]).max() < 0.25
    assert abs(lateral[(began + end) // 2]) == pytest.approx(width / 2.0, abs=0.5)


def test_coasting_ego_meets_the_child(placed_of) -> None:
    placed, network = placed_of(CHILD, 0)
    outcome, _ = run(placed, network, Constant())
    assert outcome.end_reason == "contact"
    assert not next(verdict for verdict in outcome.verdicts if verdict.name == "no_collision").passed

"""Seeds 0 to 19 of the three templates in the embedded server: the expert passes what can be avoided, the control fails."""

from __future__ import annotations

import pytest

from scenarios.load import load_scenario
from scenarios.sample import sample
from sim.base.clock import period_from_hz
from sim.base.verdict import RunOutcome
from sim.experts.registry import make_agent
from sim.loop.drive import Drive
from sim.loop.session import Session

THREE = ("vru/child_from_behind_parked_van", "signs/stop_plain", "highway/cut_in_close")


def outcomes(scenario_id: str, agent_name: str, seeds: range) -> list[RunOutcome]:
    scenario, found = load_scenario(scenario_id), []
    with Session(scenario.model.map, period_from_hz(20.0)) as session:
        for seed in seeds:
            drive, agent = Drive(session, sample(scenario, seed)), make_agent(agent_name)
            bundle = drive.reset(agent_name, True)
            agent.reset(drive.task())
            while True:
                command = drive.decide(agent, bundle)
                if drive.ended:
                    break
                bundle = drive.step(command)
            found.append(drive.outcome())
            drive.close()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("scenario_id", THREE)
def test_expert_passes_the_avoidable_draws(scenario_id: str) -> None:
    found = outcomes(scenario_id, "expert", range(20))
    avoidable = [outcome for outcome in found if outcome.avoidable]
    assert 10 <= len(avoidable) <= 20
    assert sum(outcome.passed for outcome in avoidable) >= 0.95 * len(avoidable)


@pytest.mark.slow
def test_expert_without_brake_fails_the_child() -> None:
    found = outcomes(THREE[0], "expert_no_brake", range(20))
    assert sum(outcome.exit_code == 1 for outcome in found) >= 15


@pytest.mark.parametrize(("agent_name", "code"), [("expert", 0), ("expert_no_brake", 1)])
def test_one_child_in_the_server(agent_name: str, code: int) -> None:
    assert outcomes(THREE[0], agent_name, range(1))[0].exit_code == code

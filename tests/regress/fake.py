"""A stand-in for the drive, so that the suite's own logic is tested in milliseconds."""

from typing import Any

from sim.base.errors import ScenarioError


def run_case(scenario: str, seed: int, out: str, content: str, agent: str) -> dict[str, Any]:
    if "broken" in scenario:
        raise ScenarioError(f"{scenario}:1 titel: found an unknown key")
    passed = "child" not in scenario or seed != 1
    verdict = {
        "name": "no_collision",
        "passed": passed,
        "valid": True,
        "message": "hit the child" if not passed else "free",
    }
    return {
        "title": "A child runs out & <stops>",
        "exit_code": 2 if "unlucky" in scenario else (0 if passed else 1),
        "avoidable": True,
        "end_reason": "reached the goal",
        "privileged": True,
        "report": f"{out}/report.html",
        "verdicts": [verdict],
    }

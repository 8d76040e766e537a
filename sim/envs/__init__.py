"""Gymnasium environments: `gymnasium.make("sim/Scenario-v0", scenario=...)`. Heavy imports wait until reset."""

from __future__ import annotations

SCENARIO_ID = "sim/Scenario-v0"


def register() -> None:
    """Tell gymnasium about our environments; calling it again changes nothing."""
    import gymnasium

    if SCENARIO_ID not in gymnasium.registry:
        gymnasium.register(
            id=SCENARIO_ID,
            entry_point="sim.envs.scenario_env:ScenarioEnv",
            disable_env_checker=False,
            order_enforce=True,
        )

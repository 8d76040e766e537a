"""The environment, against gymnasium's own checker and a whole episode."""

import os
import signal
from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from sim.base.errors import ServerLostError

SCENARIO = "vru/child_from_behind_parked_van"


@pytest.fixture(scope="module")
def env() -> Iterator[gymnasium.Env]:
    made = gymnasium.make("sim/Scenario-v0", scenario=SCENARIO, render_mode="rgb_array")
    yield made
    made.close()


def test_gymnasium_accepts_it(env: gymnasium.Env) -> None:
    check_env(env.unwrapped, skip_render_check=True)


def test_full_throttle_ends_badly_and_says_so(env: gymnasium.Env) -> None:
    observation, info = env.reset(seed=5)
    assert info["scenario_seed"] >= 0
    total, terminated, truncated = 0.0, False, False
    while not (terminated or truncated):
        observation, reward, terminated, truncated, info = env.step(np.array([1.0, 0.0], np.float32))
        total += reward
    assert env.observation_space.contains(observation)
    assert not info["outcome"]["passed"]
    assert terminated != truncated


def test_one_variation_can_be_asked_for_and_repeats(env: gymnasium.Env) -> None:
    frames = []
    for _ in range(2):
        first, info = env.reset(options={"scenario_seed": 3})
        assert info["scenario_seed"] == 3
        second = env.step(np.array([0.5, 0.1], np.float32))[0]
        frames.append([first, second])
    for a, b in zip(*frames, strict=True):
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])


def test_the_image_shows_something(env: gymnasium.Env) -> None:
    env.reset(seed=1)
    image = env.render()
    assert image.std() > 10


def test_seeds_restrict_the_variations() -> None:
    made = gymnasium.make("sim/Scenario-v0", scenario=SCENARIO, seeds=[4, 9])
    try:
        found = {made.reset(seed=s)[1]["scenario_seed"] for s in range(4)}
    finally:
        made.close()
    assert found <= {4, 9}


def test_the_judge_sees_the_last_state_as_in_a_run(env: gymnasium.Env) -> None:
    env.reset(options={"scenario_seed": 3})
    ended = False
    while not ended:
        *_, terminated, truncated, info = env.step(np.array([1.0, 0.0], np.float32))
        ended = terminated or truncated
    judged = env.unwrapped._drive.judge.series()["tick"]
    assert judged == list(range(info["tick"] + 1))


def test_after_the_server_was_lost_a_reset_starts_another(env: gymnasium.Env) -> None:
    env.reset(options={"scenario_seed": 3})
    lost = env.unwrapped._session.server_pid
    os.kill(lost, signal.SIGKILL)
    with pytest.raises(ServerLostError):
        env.step(np.zeros(2, np.float32))
    observation, _ = env.reset(options={"scenario_seed": 3})
    assert env.observation_space.contains(observation)
    assert env.unwrapped._session.server_pid != lost

"""A scenario as a gymnasium environment: the same world, cameras and judge as `sim run`, one action per camera image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from sim.base import clock
from sim.base.errors import InputError, RigError
from sim.envs.spaces import Sample, action_space, command_of, observation_space, sample_of

if TYPE_CHECKING:
    from sensors.rig import Rig
    from sim.base.bundle import FrameBundle
    from sim.loop.drive import Drive
    from sim.loop.session import Session

FAILURE_PENALTY = 10.0
TIME_LIMIT = "time is up"
"""The director's word for the end that is no event of the scenario: truncation in gymnasium's sense."""
MAX_SEED = 2**31 - 1


class ScenarioEnv(gymnasium.Env[Any, Any]):
    """Drive the ego of one scenario template; every reset draws a new variation of it.

    Action and observation: see sim.envs.spaces. One step lasts one period of the slowest camera. The reward is the progress
    along the route in metres; at the end 10 is taken off when an expectation of the scenario failed.
    `terminated` is the scenario's own end (collision, goal reached, ...), `truncated` its time limit. `info` holds
    `scenario_seed`, `draws`, `avoidable`, `tick`, and after the last step `outcome` (passed, end_reason, verdicts).

    `scenario` is an id of the library or a path; `rig` a preset or a path; `overrides` as in `sim run --set`; `seeds` restricts
    the variations (for train and test splits). reset(seed=s) fixes the sequence of variations, and
    reset(options={"scenario_seed": n}) asks for one. The server starts with the first reset and ends with close().
    Tested by tests/envs (gymnasium's check_env among them).
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012 (gymnasium declares it so)

    def __init__(
        self,
        scenario: str,
        rig: str = "fast_640",
        *,
        render_mode: str | None = None,
        seeds: Sequence[int] | None = None,
        overrides: Mapping[str, str] | None = None,
        map_name: str | None = None,
        maps: Sequence[str] = (),
        threads: int = 2,
        carla: str | None = None,
    ) -> None:
        from scenarios.load import load_scenario
        from sensors.rig import load_rig

        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise InputError(f'render_mode: found "{render_mode}"; allowed is "rgb_array" or None')
        changes = dict(overrides or {})
        if map_name is not None:
            changes["map"] = map_name
        self._scenario = load_scenario(scenario, changes)
        self._rig: Rig = load_rig(rig)
        self.render_mode = render_mode
        self.metadata = {**type(self).metadata, "render_fps": round(min(self._rig.rates_hz().values()))}
        self._seeds = None if seeds is None else tuple(seeds)
        self._maps = tuple(Path(folder) for folder in maps)
        self._threads = threads
        self._address = carla
        self._ticks_per_step = _ticks_per_step(self._rig)
        sizes = {camera.name: (camera.sensor.height_px, camera.sensor.width_px) for camera in self._rig.cameras}
        self.observation_space = observation_space(sizes)
        self.action_space = action_space()
        self._session: Session | None = None
        self._drive: Drive | None = None
        self._bundle: FrameBundle | None = None
        self._image: NDArray[np.uint8] | None = None
        self._progress_m = 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Sample, dict[str, Any]]:
        """Draw a variation, set its scene, and return the first observation."""
        from scenarios.sample import sample
        from sim.loop.drive import Drive

        super().reset(seed=seed)
        concrete = sample(self._scenario, self._next_seed(options or {}))
        session = self._session_on(concrete.map_name, concrete.date)
        self._end_drive()
        self._drive = Drive(session, concrete, rig=self._rig, threads=self._threads, labels=False)
        self._bundle = self._drive.reset("gymnasium", privileged=False)
        self._progress_m = self._remaining_m()
        return self._sample(), self._info()

    def step(self, action: NDArray[np.float32]) -> tuple[Sample, float, bool, bool, dict[str, Any]]:
        """Hold the action for one camera period."""
        if self._drive is None or self._bundle is None:
            raise gymnasium.error.ResetNeeded("sim/Scenario-v0: step() was called before reset()")
        drive, command = self._drive, command_of(action)
        for _ in range(self._ticks_per_step):
            drive.judge.observe(self._bundle.truth, command)
            self._bundle = drive.step(command)
            if drive.ended:
                drive.judge.observe(self._bundle.truth, command)  # the last state counts, as in a run
                break
        reward = self._reward(final=bool(drive.ended))
        info = self._info()
        if drive.ended:
            info["outcome"] = self._outcome()
        truncated = drive.ended == TIME_LIMIT
        return self._sample(), reward, bool(drive.ended) and not truncated, truncated, info

    def render(self) -> NDArray[np.uint8] | None:
        """The image of the first camera, (height, width, 3), when render_mode is "rgb_array"."""
        return self._image if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the server."""
        self._end_drive()
        session, self._session = self._session, None
        if session is not None:
            session.__exit__(None, None, None)

    def _next_seed(self, options: Mapping[str, Any]) -> int:
        if "scenario_seed" in options:
            return int(options["scenario_seed"])
        if self._seeds is not None:
            return self._seeds[int(self.np_random.integers(len(self._seeds)))]
        return int(self.np_random.integers(MAX_SEED))

    def _session_on(self, map_name: str, date: str) -> Session:
        """The running session, or a new one when the variation asks for another map or season or the server was lost."""
        from sim.loop.session import Session

        if self._session is not None and (
            self._session.lost or (self._session.map_name, self._session.date) != (map_name, date)
        ):
            self.close()
        if self._session is None:
            period_flicks = clock.tick_period(self._rig.rates_hz())
            session = Session(map_name, period_flicks, address=self._address, maps=self._maps, date=date)
            self._session = session.__enter__()
        return self._session

    def _end_drive(self) -> None:
        if self._drive is not None:
            self._drive.close()
            self._drive = None

    def _sample(self) -> Sample:
        if self._bundle is None:
            raise gymnasium.error.ResetNeeded("sim/Scenario-v0: there is no observation before reset()")
        found = sample_of(self._bundle.observation)
        for name, space in self.observation_space.spaces.items():  # type: ignore[attr-defined]
            if name not in found:  # the scenario ended between two images
                found[name] = np.zeros(space.shape, space.dtype)
        self._image = np.asarray(found[self._rig.cameras[0].name], np.uint8)
        return found

    def _remaining_m(self) -> float:
        return 0.0 if self._bundle is None else float(self._bundle.observation.navigation.distance_to_goal_m)

    def _reward(self, final: bool) -> float:
        remaining_m = self._remaining_m()
        progress_m, self._progress_m = self._progress_m - remaining_m, remaining_m
        if not final or self._drive is None:
            return float(progress_m)
        failed = any(not verdict.passed for verdict in self._drive.outcome().verdicts)
        return float(progress_m - (FAILURE_PENALTY if failed else 0.0))

    def _info(self) -> dict[str, Any]:
        if self._drive is None or self._bundle is None:
            return {}
        concrete = self._drive.concrete
        return {
            "scenario_seed": concrete.seed,
            "draws": dict(concrete.draws),
            "avoidable": self._drive.avoidability.avoidable,
            "tick": self._bundle.observation.tick,
        }

    def _outcome(self) -> dict[str, Any]:
        if self._drive is None:
            return {}
        outcome = self._drive.outcome()
        return {
            "passed": outcome.passed,
            "end_reason": outcome.end_reason,
            "verdicts": {verdict.name: verdict.passed for verdict in outcome.verdicts},
        }


def _ticks_per_step(rig: Rig) -> int:
    """Ticks in the longest camera period, at whose end every camera of the rig is due."""
    rates = rig.rates_hz()
    if not rates:
        raise RigError(f"rig {rig.name}: found no camera; an environment needs at least one")
    tick = clock.tick_period(rates)
    periods = [clock.period_from_hz(rate) for rate in rates.values()]
    longest = max(periods)
    if any(longest % period for period in periods):
        raise RigError(
            f"rig {rig.name}: found rates {rates}; an environment needs rates that divide each other; "
            "choose others, such as 10 and 20 Hz, or leave a camera out"
        )
    return longest // tick

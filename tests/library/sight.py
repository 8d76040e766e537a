"""Drives of library scenarios, looked at afterwards: the states are recorded first, and chosen ticks are sensed later."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Collection
from dataclasses import dataclass, fields

import numpy as np

from rendering.scene import Scene
from scenarios.load import load_scenario
from scenarios.place import PlacedScenario
from scenarios.sample import sample
from sensors.capture import CameraSensor
from sensors.rig import load_rig
from sim.base.annotations import FrameAnnotations, ObjectLabel
from sim.base.bundle import Truth
from sim.base.clock import tick_period
from sim.base.observation import CameraFrame
from sim.base.state import WorldState
from sim.experts.registry import make_agent
from sim.loop.drive import Drive
from sim.loop.session import Session

RIG = load_rig("fast_640")


@dataclass
class Witness:
    """One finished drive, and a camera that can look back at any of its ticks."""

    placed: PlacedScenario
    states: list[WorldState]
    truth: Truth
    begun: dict[str, int]
    sensor: CameraSensor

    def look(self, tick: int, without: Collection[str] = ()) -> tuple[CameraFrame, FrameAnnotations]:
        """The picture of a tick, as it was or in a world that lacks the actors of these roles."""
        reach = self.sensor.history_ticks
        window = [without_roles(state, without) for state in self.states[max(tick - reach, 0) : tick + 1]]
        self.sensor.reset()
        return self.sensor.capture(window, self.truth.ego_track_id)

    def see(self, tick: int, role: str, without: Collection[str] = ()) -> ObjectLabel | None:
        """The label of one actor at a tick."""
        notes = self.look(tick, without)[1]
        return next((label for label in notes.objects if label.role_name == role), None)

    def position(self, tick: int, role: str) -> np.ndarray:
        """Where an actor is (3,)."""
        state = self.states[tick]
        return state.position_world_m[state.row_of_role(role)]

    def station_and_lateral(self, tick: int, role: str) -> tuple[float, float]:
        """Where an actor is on the ego's way."""
        return self.placed.way.project(self.position(tick, role)[:2])

    def ego_speed_mps(self, tick: int) -> float:
        state = self.states[tick]
        return float(np.linalg.norm(state.velocity_world_mps[state.row_of_role("hero")]))


class Theatre:
    """A session and a scene per map, made when first needed; a context manager."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._sessions: dict[str, tuple[Session, Scene]] = {}

    def __enter__(self) -> Theatre:
        return self

    def __exit__(self, *what: object) -> None:
        self._stack.close()

    def watch(self, scenario_id: str, seed: int) -> Witness:
        """Drive a scenario with the expert."""
        scenario = load_scenario(scenario_id)
        session, scene = self._session(scenario.model.map)
        run, agent = Drive(session, sample(scenario, seed)), make_agent("expert")
        bundle, states = run.reset("expert", True), []
        run.begin(agent)
        while True:
            command = run.decide(agent, bundle)
            states.append(bundle.truth.state)
            if run.ended:
                break
            bundle = run.step(command)
        sensor = CameraSensor(RIG.cameras[0], scene, seed, session.tick_period_flicks)
        witness = Witness(run.placed, states, bundle.truth, dict(run.events_begun()), sensor)
        run.close()
        return witness

    def _session(self, map_name: str) -> tuple[Session, Scene]:
        if map_name not in self._sessions:
            session = self._stack.enter_context(Session(map_name, tick_period(RIG.rates_hz())))
            self._sessions[map_name] = session, Scene(session.network, session.statics, 2)
        return self._sessions[map_name]


def without_roles(state: WorldState, roles: Collection[str]) -> WorldState:
    """The state as it would be had these actors never been there."""
    keep = [row for row, info in enumerate(state.actors) if info.role_name not in roles]
    values = {item.name: getattr(state, item.name) for item in fields(state)}
    taken = {name: value[keep] for name, value in values.items() if isinstance(value, np.ndarray)}
    return dataclasses.replace(state, actors=tuple(state.actors[row] for row in keep), **taken)

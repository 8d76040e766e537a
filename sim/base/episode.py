"""The master record of one run: everything needed to look at it, judge it or sense it again. Files: sim.wire.episode_file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.base.agent import Command
from sim.base.bundle import Provenance, Route
from sim.base.state import StaticObjects, WorldState
from sim.base.verdict import RunOutcome


@dataclass(frozen=True)
class Event:
    """Something that happened at a tick, such as "contact" or a trigger of the scenario, between these actors."""

    tick: int
    name: str
    track_ids: tuple[int, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class EpisodeHeader:
    """What is known before the first tick. `draws` are the sampled values of the scenario, by name, as text."""

    provenance: Provenance
    tick_period_flicks: int
    ego_track_id: int
    xodr: str
    statics: StaticObjects
    route: Route
    draws: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Episode:
    """One recorded run. `commands[k]` is what the driver decided on `states[k]`.

    `outcome` is None and `complete` False when the recording was cut off (a killed process): the states are then those up
    to the last whole tick.
    """

    header: EpisodeHeader
    states: tuple[WorldState, ...]
    commands: tuple[Command, ...]
    events: tuple[Event, ...]
    outcome: RunOutcome | None
    complete: bool

    def digest(self) -> str:
        """sha256 over every state and command, for determinism checks."""
        hasher = hashlib.sha256()
        for state, command in zip(self.states, self.commands, strict=True):
            hasher.update(state.digest().encode())
            hasher.update(repr(command).encode())
        return hasher.hexdigest()

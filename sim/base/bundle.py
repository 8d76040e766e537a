"""The bundle of one tick: what the driver sees, what is true, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.annotations import FrameAnnotations
from sim.base.observation import Observation
from sim.base.state import WorldState


@dataclass(frozen=True)
class Route:
    """The ego's way along lane centres in world coordinates: (P, 3) points about 1 m apart, with the limit at each."""

    points_world_m: NDArray[np.float64]
    arc_length_m: NDArray[np.float64]
    speed_limit_mps: NDArray[np.float64]


@dataclass(frozen=True)
class Control:
    """A rule that binds the ego on its route: stop at `stop_arc_length_m` when `kind` says so.

    `kind` is "stop" (stop sign), "yield" or "light"; `track_id` names the light or sign actor, 0 when it has none.
    """

    kind: str
    stop_arc_length_m: float
    track_id: int


@dataclass(frozen=True)
class Truth:
    """What only privileged drivers, labels and expectations may see. `states[-1]` is tick k, earlier ticks before it."""

    states: tuple[WorldState, ...]
    ego_track_id: int
    route: Route
    controls: tuple[Control, ...]

    @property
    def state(self) -> WorldState:
        """The state at this tick."""
        return self.states[-1]


@dataclass(frozen=True)
class Provenance:
    """What reproduces a run, byte for byte on one CPU instruction set."""

    scenario: str
    scenario_sha256: str
    seed: int
    rig: str
    agent: str
    privileged: bool
    map_name: str
    map_sha256: str
    code_version: str
    lock_sha256: str
    server: str


@dataclass(frozen=True)
class FrameBundle:
    """All of tick k. `annotations` has one entry for each camera in `observation.cameras`."""

    observation: Observation
    truth: Truth
    annotations: Mapping[str, FrameAnnotations]
    provenance: Provenance

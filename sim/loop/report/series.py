"""The numbers of a run over time, gathered tick by tick, for plots and the page's read-outs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sim.base.agent import Command
from sim.base.bundle import FrameBundle
from sim.base.clock import seconds


@dataclass
class RunSeries:
    """One value a tick for each name; `judged` holds those of the expectations (distances, time to collision)."""

    time_s: list[float] = field(default_factory=list)
    speed_mps: list[float] = field(default_factory=list)
    speed_limit_mps: list[float] = field(default_factory=list)
    throttle_ratio: list[float] = field(default_factory=list)
    brake_ratio: list[float] = field(default_factory=list)
    steer_ratio: list[float] = field(default_factory=list)
    judged: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def add(self, bundle: FrameBundle, command: Command) -> None:
        """Take in tick k."""
        observation = bundle.observation
        self.time_s.append(seconds(observation.time_flicks))
        self.speed_mps.append(observation.ego.speed_mps)
        self.speed_limit_mps.append(observation.navigation.speed_limit_mps)
        self.throttle_ratio.append(command.throttle_ratio)
        self.brake_ratio.append(command.brake_ratio)
        self.steer_ratio.append(command.steer_ratio)

    def judged_like(self, *words: str) -> dict[str, list[float]]:
        """The judged series whose name has one of these words and that have as many values as there are ticks."""
        return {
            name: [float(value) for value in values]
            for name, values in sorted(self.judged.items())
            if len(values) == len(self.time_s)
            and any(word in name for word in words)
            and any(math.isfinite(value) for value in values)
        }

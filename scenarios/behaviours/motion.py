"""What a behaviour is: it reads the situation and says what its actor does in the next tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scenarios.situation import Situation
from sim.base.agent import Command


@dataclass(frozen=True)
class Walking:
    """A person's next step: a direction in world (unit vector, xy) and a speed; speed 0 stands."""

    direction_x: float
    direction_y: float
    speed_mps: float


Action = Command | Walking


class Motion(Protocol):
    """One actor's behaviour. `began` tells whether it does yet what an event's title promises (it may lie in wait)."""

    began: bool

    def step(self, situation: Situation, row: int) -> Action:
        """What the actor, which stands in that row of the state, does next."""

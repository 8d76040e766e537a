"""What a driver is: two methods. The same protocol serves privileged experts and drivers that see only pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sim.base.observation import Observation

if TYPE_CHECKING:
    from sim.base.bundle import Truth


@dataclass(frozen=True)
class DrivingTask:
    """What the driver is told before the first tick. `tick_s` is the control period."""

    scenario: str
    seed: int
    tick_s: float
    cruise_speed_mps: float


@dataclass(frozen=True)
class Command:
    """Pedals and wheel for the next tick: throttle, brake 0..1; steer -1..1, **left positive**, 1 = full lock."""

    throttle_ratio: float = 0.0
    brake_ratio: float = 0.0
    steer_ratio: float = 0.0
    hand_brake: bool = False
    reverse: bool = False


@runtime_checkable
class Agent(Protocol):
    """A driver that sees sensors only."""

    def reset(self, task: DrivingTask) -> None:
        """Forget everything; a new run begins."""

    def act(self, observation: Observation) -> Command:
        """Decide on the command for the next tick."""


@runtime_checkable
class PrivilegedAgent(Protocol):
    """A driver that also sees the truth; it carries `privileged = True` and every report shows it as such."""

    privileged: bool

    def reset(self, task: DrivingTask) -> None:
        """Forget everything; a new run begins."""

    def act(self, observation: Observation, truth: Truth) -> Command:
        """Decide on the command for the next tick."""

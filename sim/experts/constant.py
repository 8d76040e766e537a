"""A driver that always gives the same command: for tests, and as the simplest example of the protocol."""

from __future__ import annotations

from sim.base.agent import Command, DrivingTask
from sim.base.observation import Observation


class Constant:
    """Holds pedals and wheel still, whatever happens. It sees nothing."""

    def __init__(self, command: Command = Command()) -> None:  # noqa: B008  frozen, so one shared default is safe
        self._command = command

    def reset(self, task: DrivingTask) -> None:
        """Nothing to forget."""

    def act(self, observation: Observation) -> Command:
        """The command it was made with."""
        return self._command

"""What a world knows of recording and replaying: at most one of each at a time, and the replayer's settings.

World.step asks it at three moments: before anything moves, after everything moved, and after the tick was published.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.base.errors import EpisodeError
from sim.server.journal import record
from sim.server.recorder.folder import RecordingsFolder

if TYPE_CHECKING:
    from pathlib import Path

    from sim.server.recorder.replay import Replay
    from sim.server.recorder.tape import Tape


@dataclass
class ReplayerSettings:
    """What the set_replayer calls change; CARLA's defaults."""

    time_factor: float = 1.0
    ignore_hero: bool = False
    ignore_spectator: bool = True


class RecorderDesk:
    """The recorder and the replayer of one server."""

    def __init__(self) -> None:
        self.files = RecordingsFolder()
        self.settings = ReplayerSettings()
        self.tape: Tape | None = None
        self.replay: Replay | None = None

    def stop_recording(self) -> Path | None:
        """End the recording, if there is one; its file."""
        tape, self.tape = self.tape, None
        if tape is None:
            return None
        tape.stop()
        return tape.path

    def stop_replay(self, keep_actors: bool) -> None:
        """End the replay, if there is one; its actors move by themselves again, or are destroyed."""
        replay, self.replay = self.replay, None
        if replay is not None:
            replay.release(keep_actors)

    def play(self) -> None:
        """One tick of the replay; at its end, or where its file is damaged, the actors stay and move by themselves."""
        if self.replay is None:
            return
        try:
            goes_on = self.replay.before_move()
        except EpisodeError as error:  # the world goes on without what cannot be read
            record("replay_damaged", logging.WARNING, reason=str(error))
            goes_on = False
        if not goes_on:
            self.stop_replay(True)

    def forget_episode(self) -> None:
        """The world begins anew: a recording is complete, and the actors of a replay are gone with the rest."""
        self.stop_recording()
        self.replay = None

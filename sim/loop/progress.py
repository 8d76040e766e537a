"""How far a run is, on standard error: a bar with rate and ETA on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

LINE_PERIOD_S = 5.0


class Progress:
    """A context manager; update() with the session time reached. Shows the wall clock, and is the only part that reads it."""

    def __init__(self, title: str, total_s: float, quiet: bool = False) -> None:
        self._title = title
        self._total_s = total_s
        self._bar: Any = None
        self._task: Any = None
        self._quiet = quiet
        self._begun = time.monotonic()
        self._last_line = self._begun
        self._first_s: float | None = None

    def __enter__(self) -> Progress:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("[bold]{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:.1f}/{task.total:.0f} s"),
                TextColumn("{task.fields[rate]}"),
                TextColumn("ETA"),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._total_s, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def stage(self, text: str) -> None:
        """Say what is going on before and after the drive itself."""
        if self._bar is not None:
            self._bar.update(self._task, description=text)
        elif not self._quiet:
            self._line(text)

    def total(self, total_s: float) -> None:
        """How far it will go, where that was not known at the beginning."""
        self._total_s = total_s
        if self._bar is not None:
            self._bar.update(self._task, total=total_s)

    def update(self, time_s: float) -> None:
        """The session has reached this time."""
        now = time.monotonic()
        if self._first_s is None:
            self._first_s, self._begun = time_s, now
        rate = (time_s - self._first_s) / max(now - self._begun, 1e-3)
        if self._bar is not None:
            self._bar.update(self._task, completed=time_s, rate=f"{rate:.2f}x real time")
        elif not self._quiet and rate > 0 and now - self._last_line >= LINE_PERIOD_S:
            self._last_line = now
            left = (self._total_s - time_s) / rate
            self._line(f"{time_s:.1f}/{self._total_s:.0f} s, {rate:.2f}x real time, at most {left:.0f} s to go")

    def _line(self, text: str) -> None:
        sys.stderr.write(f"{self._title}: {text}\n")
        sys.stderr.flush()

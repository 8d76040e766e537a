"""How far a batch of jobs is, on standard error: a bar with rate and ETA on a terminal, a line per job elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from sim.jobs.runner import JobResult


class JobProgress:
    """A context manager; pass `add` as run_jobs' on_result."""

    def __init__(self, title: str, total: int, noun: str = "runs") -> None:
        self._title, self._total, self._noun = title, total, noun
        self._done = self._reused = self._bad = 0
        self._began_s = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> JobProgress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("[bold]{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[note]}"),
                TextColumn("ETA"),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._total, note="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def add(self, result: JobResult) -> None:
        """One more job has ended."""
        self._done += 1
        self._reused += result.state == "reused"
        self._bad += not result.ok
        fresh = self._done - self._reused
        elapsed_s = time.monotonic() - self._began_s
        rate_per_min = 60.0 * fresh / max(elapsed_s, 1e-3)
        left_s = (self._total - self._done) * elapsed_s / fresh if fresh else 0.0
        broken = f", {self._bad} could not be run" if self._bad else ""
        note = f"{rate_per_min:.1f} {self._noun}/min{broken}"
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, note=note)
            return
        sys.stderr.write(
            f"{self._title}: {self._done}/{self._total} {result.name} {result.state}, {note}, {left_s:.0f} s to go\n"
        )
        sys.stderr.flush()

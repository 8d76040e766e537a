"""Run many independent jobs, each in a process of its own, so that a crash costs one job and a restart redoes nothing.

A job names a function ("package.module:function") and JSON arguments. The child process calls it and writes the JSON
result; the parent stores it as `FOLDER/jobs/NAME.json` with a hash of the job, atomically. Running the same jobs again in the
same folder skips those whose result is there for the same hash. Tested by tests/jobs/test_runner.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sim.loop.provenance import code_version, lock_sha256

JobState = Literal["done", "failed", "crashed", "reused"]
OUTPUT_TAIL_CHARACTERS = 2000

_CHILD_PROGRAM = (
    # the working folder goes last: a user's own folder called "scenarios" must not hide ours, but his drivers are found
    "import sys; sys.path.append(sys.path.pop(0)); from sim.jobs.worker import main; sys.exit(main(sys.argv[1:]))"
)


@dataclass(frozen=True)
class Job:
    """One piece of work. `name` is unique within a run and safe as a file name; `arguments` are keyword arguments in JSON."""

    name: str
    target: str
    arguments: Mapping[str, Any]

    def digest(self) -> str:
        """Changes with the function, its arguments, our code and the libraries. Files that the arguments name are up to
        the caller: their content has to be an argument too (see sim.jobs.inputs)."""
        text = json.dumps([self.target, self.arguments, code_version(), lock_sha256()], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class JobResult:
    """What became of a job: its JSON `value` when done or reused, else `message` says why not."""

    name: str
    state: JobState
    value: Any
    message: str
    wall_s: float

    @property
    def ok(self) -> bool:
        """Whether `value` holds."""
        return self.state in ("done", "reused")


def run_jobs(
    jobs: Sequence[Job],
    folder: Path,
    workers: int = 1,
    on_result: Callable[[JobResult], None] = lambda result: None,
    keep: Callable[[Any], bool] = lambda value: True,
) -> list[JobResult]:
    """Run all jobs with up to `workers` at a time; results come back in the order of `jobs`.

    A value for which `keep` is false is returned, but not stored: the next time the job runs again.
    On any exception here (Ctrl-C included) the running children are ended before it goes on; finished results stay on disk.
    """
    store = folder / "jobs"
    store.mkdir(parents=True, exist_ok=True)
    results: dict[str, JobResult] = {}
    waiting: list[Job] = []
    for job in jobs:
        if not re.fullmatch(r"[A-Za-z0-9._-]+", job.name):
            raise ValueError(f'job: found name "{job.name}"; allowed are letters, digits, ".", "_" and "-"')
        kept = _stored(store, job)
        if kept is None:
            waiting.append(job)
        else:
            results[job.name] = kept
            on_result(kept)
    for result in _run(waiting, store, max(1, workers), keep):
        results[result.name] = result
        on_result(result)
    return [results[job.name] for job in jobs]


def _stored(store: Path, job: Job) -> JobResult | None:
    path = store / f"{job.name}.json"
    if not path.exists():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["job_sha256"] != job.digest():
        return None
    return JobResult(job.name, "reused", record["value"], "", record["wall_s"])


def _run(waiting: Sequence[Job], store: Path, workers: int, keep: Callable[[Any], bool]) -> Iterator[JobResult]:
    queue = list(reversed(waiting))
    running: list[_Child] = []
    try:
        while queue or running:
            while queue and len(running) < workers:
                running.append(_Child(queue.pop(), store))
            finished = [child for child in running if child.process.poll() is not None]
            if not finished:
                time.sleep(0.02)
            for child in finished:
                running.remove(child)
                yield child.result(keep)
    finally:
        for child in running:
            child.end()


class _Child:
    """One running job."""

    def __init__(self, job: Job, store: Path) -> None:
        self._job = job
        self._store = store
        self._began_s = time.monotonic()
        self._answer = store / f".{job.name}.{os.getpid()}.answer"
        self._answer.unlink(missing_ok=True)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the child)
        command = [sys.executable, "-c", _CHILD_PROGRAM, str(os.getpid()), str(self._answer)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=self._output, stderr=subprocess.STDOUT, start_new_session=True
        )
        request = json.dumps({"target": job.target, "arguments": dict(job.arguments)}).encode()
        with contextlib.suppress(BrokenPipeError):  # a child that has ended already is told by result()
            if self.process.stdin is not None:
                with self.process.stdin as pipe:
                    pipe.write(request)

    def result(self, keep: Callable[[Any], bool]) -> JobResult:
        """The outcome of a child that has ended; a value to keep is stored before it is reported."""
        wall_s = time.monotonic() - self._began_s
        tail = self._output_tail()
        if not self._answer.exists():
            how = (
                f"ended by signal {-self.process.returncode}"
                if self.process.returncode < 0
                else "ended without a result"
            )
            return JobResult(self._job.name, "crashed", None, f"the process {how}\n{tail}".strip(), wall_s)
        answer = json.loads(self._answer.read_text(encoding="utf-8"))
        self._answer.unlink()
        if "error" in answer:
            return JobResult(self._job.name, "failed", None, answer["error"], wall_s)
        if keep(answer["value"]):
            record = {"job_sha256": self._job.digest(), "value": answer["value"], "wall_s": wall_s}
            write_atomically(self._store / f"{self._job.name}.json", json.dumps(record, indent=1).encode())
        return JobResult(self._job.name, "done", answer["value"], "", wall_s)

    def end(self) -> None:
        """End the child and wait for it."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._answer.unlink(missing_ok=True)
        self._output.close()

    def _output_tail(self) -> str:
        with self._output as output:
            output.seek(0)
            return output.read().decode(errors="replace")[-OUTPUT_TAIL_CHARACTERS:]


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it holds either the old content or the new, never half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)

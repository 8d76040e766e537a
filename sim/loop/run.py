"""One run from a scenario's name to a finished folder. The tick order is in sim.loop.drive."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scenarios.load import load_scenario
from scenarios.sample import ConcreteScenario, sample
from sensors.rig import load_rig
from sim.base.agent import Agent, Command, PrivilegedAgent
from sim.base.bundle import Provenance
from sim.base.clock import seconds, tick_period
from sim.base.errors import SimError
from sim.base.verdict import RunOutcome, Verdict
from sim.experts.registry import make_agent
from sim.loop.drive import Drive, is_privileged
from sim.loop.label_files import label_tables
from sim.loop.progress import Progress
from sim.loop.record import EPISODE_FILE, Recorder
from sim.loop.report.page import write_report
from sim.loop.report.series import RunSeries
from sim.loop.run_folder import RunFolder, check_target, clear_when_full, free_name, sha256_of
from sim.loop.server_watch import ServerWatch
from sim.loop.session import Session

REPORT_FILE = "report.html"
DEFAULT_OUT = Path("out")


@dataclass(frozen=True)
class RunOptions:
    """How to run a scenario. `scenario` is a path or a library id, `rig` a preset or a path ("": the scenario's own),
    `carla` the address of a running server ("": an embedded one is started), `overrides` key paths to YAML values."""

    scenario: str
    seed: int = 0
    agent: str = "expert"
    carla: str = ""
    camera: bool = True
    map_name: str = ""
    maps: tuple[Path, ...] = ()
    rig: str = ""
    threads: int = 2
    overrides: Mapping[str, str] | None = None
    command_latency_ticks: int = 0

    def command(self) -> str:
        """The command line that repeats this run."""
        words = ["sim", "run", self.scenario, "--seed", str(self.seed), "--agent", self.agent]
        words += ["--map", self.map_name] if self.map_name else []
        words += [word for folder in self.maps for word in ("--maps", str(folder))]
        words += ["--rig", self.rig] if self.rig else []
        words += [] if self.camera else ["--no-camera"]
        words += ["--carla", self.carla] if self.carla else []
        words += ["--latency", str(self.command_latency_ticks)] if self.command_latency_ticks else []
        words += [word for key, value in (self.overrides or {}).items() for word in ("--set", f"{key}={value}")]
        return shlex.join(words)


@dataclass(frozen=True)
class RunResult:
    """What became of a run. `folder` holds the files, `error` is set when the run itself broke down."""

    title: str
    outcome: RunOutcome
    provenance: Provenance
    folder: Path
    episode_sha256: str
    ticks: int
    frames: int
    error: str = ""

    @property
    def report(self) -> Path:
        """The page to look at."""
        return self.folder / REPORT_FILE


def run_scenario(
    scenario: str | Path,
    *,
    out: Path | None = None,
    force: bool = False,
    quiet: bool = True,
    **options: Any,
) -> RunResult:
    """Run a scenario once and write its folder; `options` are the fields of RunOptions.

    Without `out` a new folder below "out" is made; with it an existing run is replaced only with `force`. Raises SimError when
    the run cannot begin. Once it drives, a failure of server, driver or renderer is recorded as a verdict with valid=False
    and returned with exit code 2. Tested by tests/loop/test_run.py.
    """
    return run(RunOptions(str(scenario), **options), out, force, quiet)


def run(
    options: RunOptions,
    out: Path | None = None,
    force: bool = False,
    quiet: bool = False,
    leave: Callable[[RunResult], None] | None = None,
) -> RunResult:
    """run_scenario with its options in one object.

    A program that gives `leave` is spared the end that the carla client makes when its server dies under a Traffic Manager (see
    sim.loop.server_watch): `leave` gets the recorded result in another thread, and has to end the process.
    """
    overrides = {**(options.overrides or {}), **({"map": options.map_name} if options.map_name else {})}
    concrete = sample(load_scenario(options.scenario, overrides), options.seed)
    agent = make_agent(options.agent)
    rig = load_rig(options.rig or concrete.rig)
    target = out or free_name(default_folder(concrete, options))
    check_target(target, force)
    with Progress(f"{concrete.scenario_id} seed {concrete.seed}", concrete.duration_s, quiet) as progress:
        progress.stage("starting the world")
        period = tick_period(rig.rates_hz())
        address = options.carla or None
        session = Session(
            concrete.map_name, period, address=address, maps=options.maps, seed=options.seed, date=concrete.date
        )
        with session, RunFolder(target, force) as folder:
            progress.stage("building the scene")
            drive = Drive(
                session,
                concrete,
                rig=rig if options.camera else None,
                threads=options.threads,
                command_latency_ticks=options.command_latency_ticks,
            )
            try:
                with clear_when_full(target):
                    return _Run(drive, agent, options, folder, progress).result(leave)
            finally:
                drive.close()


def default_folder(concrete: ConcreteScenario, options: RunOptions) -> Path:
    """out/NAME-seedN-AGENT."""
    agent = options.agent.rpartition(":")[2]
    return DEFAULT_OUT / f"{concrete.scenario_id.rpartition('/')[2]}-seed{concrete.seed}-{agent}"


class _Run:
    """A drive that is being recorded."""

    def __init__(
        self,
        drive: Drive,
        agent: Agent | PrivilegedAgent,
        options: RunOptions,
        folder: RunFolder,
        progress: Progress,
    ) -> None:
        self._drive, self._agent, self._options = drive, agent, options
        self._folder, self._progress = folder, progress
        self._series = RunSeries()
        self._bundle = drive.reset(options.agent, is_privileged(agent))

    def result(self, leave: Callable[[RunResult], None] | None) -> RunResult:
        """Drive to the end, or to a breakdown, and write everything."""
        with Recorder(self._folder.path, self._drive, self._bundle) as recorder:
            try:
                with self._watch(recorder, leave):
                    self._loop(recorder)
            except SimError as failure:
                return self._broken(recorder, failure)
            return self._written(recorder, self._drive.outcome())

    def _loop(self, recorder: Recorder) -> None:
        drive = self._drive
        drive.begin(self._agent)
        self._progress.stage("driving")
        while True:
            command = drive.decide(self._agent, self._bundle)
            recorder.add(self._bundle, command)
            self._series.add(self._bundle, command)
            self._progress.update(seconds(self._bundle.observation.time_flicks))
            if drive.ended:
                return
            self._bundle = drive.step(command)

    def _watch(
        self, recorder: Recorder, leave: Callable[[RunResult], None] | None
    ) -> contextlib.AbstractContextManager[object]:
        session = self._drive.session
        if leave is None or not session.embedded:
            return contextlib.nullcontext()

        def rescue() -> None:
            leave(self._broken(recorder, session.loss("a call of the client")))

        return ServerWatch(session.stuck, rescue)

    def _broken(self, recorder: Recorder, failure: SimError) -> RunResult:
        if len(self._series.time_s) <= self._bundle.observation.tick:
            recorder.add(self._bundle, Command())  # the tick on which it broke down belongs to the record
        outcome = broken(self._drive, type(failure).__name__, str(failure), self._bundle.observation.tick)
        return self._written(recorder, outcome, str(failure))

    def _written(self, recorder: Recorder, outcome: RunOutcome, error: str = "") -> RunResult:
        drive, folder, command = self._drive, self._folder, self._options.command()
        self._progress.stage("writing the report")
        recorder.finish(outcome)
        self._series.judged = drive.judge.series()
        write_report(folder.path, drive, outcome, self._series, command)
        ticks = self._bundle.observation.tick + 1
        sha256 = sha256_of(folder.path / EPISODE_FILE)
        facts = {"provenance": asdict(drive.provenance), "command": command, "exit_code": outcome.exit_code}
        place = folder.commit({**facts, "ticks": ticks, "frames": recorder.frames, "labels": label_tables()})
        return RunResult(drive.concrete.title, outcome, drive.provenance, place, sha256, ticks, recorder.frames, error)


def broken(drive: Drive, kind: str, message: str, tick: int) -> RunOutcome:
    """The outcome of a run that broke down: what was judged so far, and one verdict that it does not count."""
    so_far = drive.judge.outcome("broken down")
    verdict = Verdict("run", False, False, None, None, "", tick, f"{kind}: {message}")
    return replace(so_far, verdicts=(*so_far.verdicts, verdict), end_reason=f"broken down: {message}")

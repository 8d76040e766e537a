"""One frame of a recorded run by path tracing: `sim render EPISODE --reference`.

The camera is that of `sim render`: frames before the still come from our own renderer and settle exposure and white balance; the
still's light comes from rendering.reference, and goes through the same lens, chip and picture processing. Tested by
tests/loop/test_reference_still.py.

| file                  | content                                                                                    |
|-----------------------|--------------------------------------------------------------------------------------------|
| images/CAMERA/N.png   | the picture, 8-bit RGB; N is the tick with six digits                                      |
| radiance/CAMERA/N.exr | its light before the lens: linear Rec.709, 0.2126 R + 0.7152 G + 0.0722 B in cd/m², float32 |
| labels/CAMERA/N.*     | as `sim render` writes them                                                                |
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sensors.rig import Rig, load_rig
from sim.base.errors import InputError
from sim.loop.label_files import write_frame
from sim.loop.render import RenderOptions, build_sensors, captured, fitting_states, followed
from sim.loop.run_folder import RunFolder, check_target, clear_when_full, free_name, sha256_of
from sim.wire.episode_reader import read_episode

if TYPE_CHECKING:
    from sensors.capture import CameraSensor

SETTLING_FRAMES = 6
"""Frames of our own renderer before the still, in which exposure and white balance find their values."""


@dataclass(frozen=True)
class StillOptions:
    """What to path trace: the tick `frame` of an episode sensed as by `render`, with `samples` paths a pixel."""

    render: RenderOptions
    frame: int
    samples: int

    def command(self) -> str:
        """The command line that repeats this."""
        return f"{self.render.command()} --reference {shlex.join(['--frame', str(self.frame), '--spp', str(self.samples)])}"


def render_still(options: StillOptions, out: Path | None = None, force: bool = False, quiet: bool = False) -> Path:
    """Write the still of each camera that has a frame at the tick; returns the folder.

    Raises InputError for a tick without a frame, RenderError when the path tracer is not installed.
    """
    from rendering.reference.mitsuba_import import load_mitsuba

    mi = load_mitsuba()  # before anything that takes long
    from rendering.reference.still import ReferenceScene

    render = options.render
    rig = load_rig(render.rig)
    target = out or free_name(render.episode.absolute().parent / f"reference-{rig.name}")
    check_target(target, force)
    episode = read_episode(render.episode)
    ego_track_id = followed(episode, render.follow)
    period, states = fitting_states(episode, rig)
    there = [k for k, state in enumerate(states) if state.row_of(ego_track_id) is not None]
    with _bar(f"path tracing {rig.name}", quiet) as show:
        scene, sensors = build_sensors(episode, rig, period, render)
        due = [sensor for sensor in sensors if sensor.due(options.frame)]
        _check(options.frame, there, due, rig)
        first = max(there[0], options.frame - SETTLING_FRAMES * max(sensor.period_ticks for sensor in due))
        with RunFolder(target, force) as folder, clear_when_full(target):
            # the still's own tick too where nothing comes before it, so that its light is metered
            last = options.frame - 1 if first < options.frame else options.frame
            for _ in captured(states, first, last, due, ego_track_id, False):
                pass
            for done, sensor in enumerate(due):
                reference = ReferenceScene(scene, options.samples, progress=partial(_part_of, show, done, len(due)))
                sensor.scene = reference
                window = [
                    state for state in states[max(options.frame - sensor.history_ticks, 0) : options.frame + 1]
                    if state.row_of(ego_track_id) is not None
                ]  # fmt: skip
                frame, notes = sensor.capture(tuple(window), ego_track_id, labels=render.labels)
                write_frame(folder.path, frame, notes, options.frame)
                place = folder.path / "radiance" / frame.name
                place.mkdir(parents=True)
                mi.Bitmap(reference.radiance).write(str(place / f"{options.frame:06d}.exr"))
            facts = {"command": options.command(), "episode_sha256": sha256_of(render.episode), "tick": options.frame}
            return folder.commit(facts)


def _part_of(show: Callable[[float], None], done: int, count: int, share: float) -> None:
    show((done + share) / count)


def _check(frame: int, there: list[int], due: list[CameraSensor], rig: Rig) -> None:
    if not there[0] <= frame <= there[-1]:
        raise InputError(
            f"--frame: found {frame}; the ego is there from tick {there[0]} to {there[-1]}; choose one of those"
        )
    if not due:
        names = ", ".join(camera.name for camera in rig.cameras)
        raise InputError(
            f"--frame: found {frame}, at which none of {names} has a frame; choose a multiple of its period"
        )


@contextmanager
def _bar(title: str, quiet: bool) -> Iterator[Callable[[float], None]]:
    """A bar on standard error; gives what takes the share done, 0 to 1."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("[bold]{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeElapsedColumn(),
        TextColumn("ETA"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)

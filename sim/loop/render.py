"""Sensing a recorded run again: other cameras, the same world.

States come from the episode alone, whether `sim run` or a server recorded it; light, rays, sensors and labels are those of
`sim run`. With the run's own rig and seed the images and labels are the run's, byte for byte. A rig whose rates do not fit
the episode's ticks gets states in between, interpolated. Tested by tests/loop/test_render.py.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sensors.label_choice import LabelChoice
from sensors.rig import Rig, load_rig
from sim.base.annotations import FrameAnnotations
from sim.base.clock import FLICKS_PER_SECOND, flicks, seconds, tick_period
from sim.base.episode import Episode
from sim.base.errors import InputError
from sim.base.observation import CameraFrame
from sim.base.state import WorldState, interpolate
from sim.loop.background import BackgroundWriter
from sim.loop.label_files import label_tables, write_frame
from sim.loop.overlay import draw_labels
from sim.loop.progress import Progress
from sim.loop.provenance import code_version, lock_sha256
from sim.loop.run_folder import RunFolder, check_target, clear_when_full, free_name, sha256_of
from sim.loop.video import VideoWriter
from sim.maps.opendrive import network_from_xodr
from sim.wire.episode_reader import read_episode

if TYPE_CHECKING:
    from rendering.scene import Scene
    from sensors.capture import CameraSensor

VIDEO_FILE = "video.mp4"
MIN_HISTORY_TICKS = 3
EGO_ROLE = "hero"


@dataclass(frozen=True)
class RenderOptions:
    """What to sense again. `rig` a preset or path; `follow` a role name or a track id ("": the recorded ego); times in s
    since the first tick, `duration_s` 0 to the end; `seed` of the pixel noise (None: the run's own);
    `more_labels` names of sensors.label_choice."""

    episode: Path
    rig: str
    start_s: float = 0.0
    duration_s: float = 0.0
    follow: str = ""
    labels: bool = True
    threads: int = 2
    seed: int | None = None
    more_labels: tuple[str, ...] = ()

    def command(self) -> str:
        """The command line that repeats this."""
        words = ["sim", "render", str(self.episode), "--rig", self.rig]
        words += ["--start", f"{self.start_s:g}"] if self.start_s else []
        words += ["--duration", f"{self.duration_s:g}"] if self.duration_s else []
        words += ["--follow", self.follow] if self.follow else []
        words += ["--seed", str(self.seed)] if self.seed is not None else []
        words += [] if self.labels else ["--no-labels"]
        words += ["--more-labels", ",".join(self.more_labels)] if self.more_labels else []
        return shlex.join(words)


@dataclass(frozen=True)
class RenderResult:
    """Where the pictures lie, how many there are, and how long the episode's part was."""

    folder: Path
    frames: int
    duration_s: float


def render_episode(
    options: RenderOptions, out: Path | None = None, force: bool = False, quiet: bool = False
) -> RenderResult:
    """Sense an episode again and write its folder: images, labels, video, manifest.

    Without `out` a new folder beside the episode is made. Raises EpisodeError, RigError or InputError when that cannot be.
    """
    rig = load_rig(options.rig)
    target = out or free_name(options.episode.absolute().parent / f"render-{rig.name}")
    check_target(target, force)
    with Progress(f"render {options.episode.name}", 0.0, quiet) as progress:
        progress.stage("reading the episode")
        episode = read_episode(options.episode)
        ego_track_id = followed(episode, options.follow)
        period, states = fitting_states(episode, rig)
        first, last = _part(states, period, options, ego_track_id)
        progress.total(seconds((last - first + 1) * period))
        with RunFolder(target, force) as folder, clear_when_full(target):
            progress.stage("building the scene")
            _, sensors = build_sensors(episode, rig, period, options)
            with _Files(folder.path, rig) as files:
                progress.stage(f"render {options.episode.name}")
                for tick, taken in captured(states, first, last, sensors, ego_track_id, options.labels):
                    for frame, notes in taken:
                        files.add(frame, notes, tick)
                    progress.update(seconds((tick - first + 1) * period))
                files.finish()
            facts = _facts(episode, rig, options, first, last)
            place = folder.commit({**facts, "frames": files.frames, "labels": label_tables()})
    return RenderResult(place, files.frames, seconds((last - first + 1) * period))


def followed(episode: Episode, follow: str) -> int:
    """The track id of the actor that carries the cameras. InputError names the roles when there is none."""
    if not follow and episode.header.ego_track_id:
        return episode.header.ego_track_id
    wanted = follow or EGO_ROLE
    roles: dict[str, int] = {}
    for state in episode.states:
        for info in state.actors:
            if str(info.track_id) == wanted:
                return info.track_id
            if info.role_name:
                roles.setdefault(info.role_name, info.track_id)
    if wanted in roles:
        return roles[wanted]
    known = ", ".join(sorted(roles)) or "none"
    raise InputError(f'--follow: found "{wanted}", which no actor of the episode is called; roles are: {known}')


def fitting_states(episode: Episode, rig: Rig) -> tuple[int, Sequence[WorldState]]:
    """A tick period (flicks) that suits the rig, and the states at its ticks.

    They are the episode's own when its ticks are even and each camera's period is a whole number of them; otherwise states in
    between, never beyond the last.
    """
    states = episode.states
    times = np.array([state.time_flicks for state in states], dtype=np.int64)
    steps = np.diff(times)
    own = int(steps[0]) if len(steps) else episode.header.tick_period_flicks
    even = bool((steps == own).all())
    if even and all(camera.period_flicks % own == 0 for camera in rig.cameras):
        return own, states
    period = tick_period(rig.rates_hz())
    count = int((times[-1] - times[0]) // period) + 1
    return period, [_state_at(states, times, int(times[0]) + k * period, k, k * period) for k in range(count)]


def _state_at(
    states: Sequence[WorldState], times: NDArray[np.int64], time_flicks: int, tick: int, shown_flicks: int
) -> WorldState:
    after = int(np.searchsorted(times, time_flicks))
    if times[after] == time_flicks:
        return replace(states[after], tick=tick, time_flicks=shown_flicks)
    fraction = float(time_flicks - times[after - 1]) / float(times[after] - times[after - 1])
    return replace(interpolate(states[after - 1], states[after], fraction), tick=tick, time_flicks=shown_flicks)


def _part(states: Sequence[WorldState], period: int, options: RenderOptions, ego_track_id: int) -> tuple[int, int]:
    """First and last tick in which the ego is there, within the time asked for."""
    if options.start_s < 0.0 or options.duration_s < 0.0:
        raise InputError("--start, --duration: expected seconds from 0 on")
    there = [k for k, state in enumerate(states) if state.row_of(ego_track_id) is not None]
    begin = max(there[0], -(-flicks(options.start_s) // period))
    end = there[-1]
    if options.duration_s:
        end = min(end, begin + flicks(options.duration_s) // period)
    if begin > end:
        length_s = seconds(len(states) * period)
        raise InputError(f"--start: found {options.start_s:g} s; the episode is {length_s:g} s long; choose less")
    return begin, end


def captured(
    states: Sequence[WorldState],
    first: int,
    last: int,
    sensors: Sequence[CameraSensor],
    ego_track_id: int,
    labels: bool,
) -> Iterator[tuple[int, list[tuple[CameraFrame, FrameAnnotations | None]]]]:
    """What the cameras see at each tick; exposures reach back over as many states as in the run."""
    history = max([MIN_HISTORY_TICKS, *(sensor.history_ticks for sensor in sensors)])
    for k in range(first, last + 1):
        window = [state for state in states[max(k - history, 0) : k + 1] if state.row_of(ego_track_id) is not None]
        due = [sensor for sensor in sensors if sensor.due(k)]
        yield k, [sensor.capture(tuple(window), ego_track_id, labels=labels) for sensor in due]


def build_sensors(episode: Episode, rig: Rig, period: int, options: RenderOptions) -> tuple[Scene, list[CameraSensor]]:
    """The episode's world as a scene, and the rig's cameras on it; `period` of a tick in flicks."""
    from rendering.scene import Scene  # the ray tracer is loaded when everything else is in order
    from sensors.capture import CameraSensor

    header = episode.header
    network = network_from_xodr(header.xodr, header.provenance.map_name)
    scene = Scene(network, header.statics, options.threads)
    seed = header.provenance.seed if options.seed is None else options.seed
    choice = LabelChoice.of(options.more_labels)
    return scene, [CameraSensor(config, scene, seed, period, options.threads, choice) for config in rig.cameras]


class _Files:
    """Images, labels and the video of the first camera, written behind the loop's back."""

    def __init__(self, folder: Path, rig: Rig) -> None:
        self._folder = folder
        self._camera = rig.cameras[0]
        self._background = BackgroundWriter()
        self._pictures = BackgroundWriter()
        self._video: VideoWriter | None = None
        self.frames = 0

    def add(self, frame: CameraFrame, notes: FrameAnnotations | None, tick: int) -> None:
        """Write one frame of one camera."""
        self._background.submit(partial(write_frame, self._folder, frame, notes, tick))
        self.frames += 1
        if frame.name == self._camera.name:
            self._pictures.submit(partial(self._film, frame, notes))

    def finish(self) -> None:
        """Wait until every file is complete."""
        self._background.finish()
        self._pictures.finish()
        if self._video is not None:
            self._video.finish()

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *failure: Any) -> None:
        self._background.__exit__(*failure)
        self._pictures.__exit__(*failure)
        if self._video is not None:
            self._video.__exit__(*failure)

    def _film(self, frame: CameraFrame, notes: FrameAnnotations | None) -> None:
        picture = draw_labels(frame.rgb, notes, frame.calibration) if notes else frame.rgb
        height, width = (size - size % 2 for size in picture.shape[:2])
        if self._video is None:
            self._video = VideoWriter(self._folder / VIDEO_FILE, width, height, self._camera.period_flicks)
        self._video.write(picture[:height, :width])


def _facts(episode: Episode, rig: Rig, options: RenderOptions, first: int, last: int) -> dict[str, Any]:
    return {
        "command": options.command(),
        "episode_sha256": sha256_of(options.episode),
        "provenance": asdict(episode.header.provenance),
        "rig": f"{rig.name} {rig.digest()[:12]}",
        "code_version": code_version(),
        "lock_sha256": lock_sha256(),
        "complete_episode": episode.complete,
        "first_tick": first,
        "last_tick": last,
        "flicks_per_second": FLICKS_PER_SECOND,
    }

"""Everything that one run leaves behind, written while it drives: episode, images, labels and the video."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.base.agent import Command
from sim.base.bundle import FrameBundle
from sim.base.clock import FLICKS_PER_SECOND, seconds
from sim.base.episode import EpisodeHeader, Event
from sim.base.units import kmh_from_mps
from sim.base.verdict import RunOutcome
from sim.loop.background import BackgroundWriter
from sim.loop.birdseye import BirdsEye
from sim.loop.drive import Drive
from sim.loop.label_files import write_frame
from sim.loop.overlay import caption, draw_labels
from sim.loop.video import VideoWriter
from sim.wire.episode_file import EpisodeWriter

Image = NDArray[np.uint8]

EPISODE_FILE = "episode.mcap"
VIDEO_FILE = "video.mp4"
POSTER_FILE = "poster.jpg"
MAX_VIDEO_HEIGHT_PX = 720
STATUS_HEIGHT_PX = 32
MAX_BIRDSEYE_HZ = 30
POSTER_AFTER_S = 1.5
"""The still picture of a run is taken this long after its first event; the first picture where there is none."""


class Recorder:
    """Writes one run below `folder`; a context manager. add() every tick, then finish() with the outcome.

    Image files and video are made by background threads from arrays that nobody changes any more. Leaving without finish()
    leaves an episode that reads as cut off. Tested by tests/loop/test_run.py.
    """

    def __init__(self, folder: Path, drive: Drive, first: FrameBundle) -> None:
        self._folder = folder
        self._drive = drive
        self._last_flicks = 0
        self._events_seen: set[str] = set()
        self.frames = 0
        self._camera = drive.rig.cameras[0].name if drive.rig else None
        self._birdseye_px = self._video_height(first)
        self._birdseye = BirdsEye(drive.session.network, drive.route, self._birdseye_px, statics=drive.session.statics)
        self._video_every = self._ticks_per_video_frame()
        self._episode = EpisodeWriter(folder / EPISODE_FILE, self._header())
        self._files = BackgroundWriter()
        self._pictures = BackgroundWriter()
        self._video: VideoWriter | None = None
        self._poster_done = False

    def add(self, bundle: FrameBundle, command: Command) -> None:
        """Record tick k: its bundle, and what the driver decided on it."""
        state = bundle.truth.state
        self._last_flicks = state.time_flicks
        self._episode.write_tick(state, command, self._new_events(state.tick))
        for name, frame in bundle.observation.cameras.items():
            notes = bundle.annotations.get(name)
            self._files.submit(partial(write_frame, self._folder, frame, notes, state.tick))
            self.frames += 1
        if self._camera in bundle.observation.cameras or (self._camera is None and state.tick % self._video_every == 0):
            self._pictures.submit(partial(self._draw, bundle, command))

    def finish(self, outcome: RunOutcome) -> None:
        """Write the verdicts and wait until every file is complete."""
        self._episode.finish(outcome, self._last_flicks)
        self._files.finish()
        self._pictures.finish()
        if self._video is not None:
            self._video.finish()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, trace)
        self._pictures.__exit__(kind, error, trace)
        if self._video is not None:
            self._video.__exit__(kind, error, trace)
        self._episode.close()

    def _header(self) -> EpisodeHeader:
        drive, session = self._drive, self._drive.session
        return EpisodeHeader(
            provenance=drive.provenance,
            tick_period_flicks=session.tick_period_flicks,
            ego_track_id=drive.ego_track_id,
            xodr=session.network.xodr,
            statics=session.statics,
            route=drive.route,
            draws={name: str(value) for name, value in drive.concrete.draws.items()},
        )

    def _new_events(self, tick: int) -> list[Event]:
        """The scenario's events that began with this tick, and the end of the drive."""
        events = []
        for name, begun in self._drive.events_begun().items():
            if name not in self._events_seen:
                self._events_seen.add(name)
                events.append(Event(begun, name))
        if self._drive.ended:
            events.append(Event(tick, "end", detail=self._drive.ended))
        return events

    def _video_height(self, first: FrameBundle) -> int:
        if self._camera is None or self._camera not in first.observation.cameras:
            return MAX_VIDEO_HEIGHT_PX
        height = int(first.observation.cameras[self._camera].rgb.shape[0])
        return min(height - height % 2, MAX_VIDEO_HEIGHT_PX)

    def _ticks_per_video_frame(self) -> int:
        """With a camera the video has its rate; without, the tick rate, thinned to at most 30 a second."""
        period = self._drive.session.tick_period_flicks
        if self._drive.rig is not None and self._camera is not None:
            return self._drive.rig.cameras[0].period_flicks // period
        return max(1, -(-FLICKS_PER_SECOND // (MAX_BIRDSEYE_HZ * period)))

    def _draw(self, bundle: FrameBundle, command: Command) -> None:
        above = self._birdseye.draw(bundle.truth.state, bundle.truth.ego_track_id)
        parts = [above]
        if self._camera is not None:
            frame = bundle.observation.cameras[self._camera]
            notes = bundle.annotations.get(self._camera)
            picture = draw_labels(frame.rgb, notes, frame.calibration) if notes else frame.rgb
            parts.insert(0, _to_height(picture, self._birdseye_px))
        image = np.concatenate([*parts], axis=1)
        status = np.full((STATUS_HEIGHT_PX, image.shape[1], 3), 24, np.uint8)
        draw_status(status, bundle, command)
        whole = np.concatenate([status, image])
        if self._video is None:
            height, width = whole.shape[:2]
            period = self._drive.session.tick_period_flicks * self._video_every
            self._video = VideoWriter(self._folder / VIDEO_FILE, width, height, period)
            self._write_poster(whole)
        elif self._poster_due(bundle):
            self._poster_done = True
            self._write_poster(whole)
        self._video.write(whole)

    def _poster_due(self, bundle: FrameBundle) -> bool:
        """Whether this is the picture to remember: a moment after the first event began."""
        first = min(self._drive.events_begun().values(), default=None)
        if self._poster_done or first is None:
            return False
        period_flicks = self._drive.session.tick_period_flicks
        return seconds(bundle.observation.time_flicks - first * period_flicks) >= POSTER_AFTER_S

    def _write_poster(self, whole: Image) -> None:
        _, poster = cv2.imencode(".jpg", whole[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
        (self._folder / POSTER_FILE).write_bytes(poster.tobytes())


def draw_status(image: Image, bundle: FrameBundle, command: Command) -> None:
    """The line above the pictures: time, speed, pedals and wheel, and who drives."""
    observation, provenance = bundle.observation, bundle.provenance
    text = f"{seconds(observation.time_flicks):5.2f} s   {kmh_from_mps(observation.ego.speed_mps):3.0f} km/h   {provenance.agent}"
    caption(image, text + (" (privileged)" if provenance.privileged else ""), (6, 22), (235, 235, 235), 0.48)
    x = image.shape[1] - 300
    bars = (("throttle", command.throttle_ratio, (90, 220, 130)), ("brake", command.brake_ratio, (255, 90, 80)))
    for name, value, color in bars:
        caption(image, name, (x, 21), (170, 170, 170), 0.38)
        cv2.rectangle(image, (x + 54, 12), (x + 104, 20), (70, 70, 70), -1)
        cv2.rectangle(image, (x + 54, 12), (x + 54 + round(50 * value), 20), color, -1)
        x += 112 if name == "throttle" else 96
    center = image.shape[1] - 40
    cv2.line(image, (center - 25, 16), (center + 25, 16), (70, 70, 70), 2)
    cv2.circle(image, (center - round(25 * command.steer_ratio), 16), 5, (240, 240, 120), -1, cv2.LINE_AA)


def _to_height(image: Image, height_px: int) -> Image:
    """The picture scaled to this height, its width made even."""
    if image.shape[0] == height_px and image.shape[1] % 2 == 0:
        return image
    width = round(image.shape[1] * height_px / image.shape[0] / 2) * 2
    return np.asarray(cv2.resize(image, (width, height_px), interpolation=cv2.INTER_AREA), np.uint8)

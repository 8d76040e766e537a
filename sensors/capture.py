"""One camera, taking pictures: exposure, rays, light, electrons, raw numbers, picture and labels of each frame.

Order within a frame: the exposure is chosen from earlier frames -> the rows' times follow -> the scene is posed over that window
and its rays are cast -> light of each read's window, along what moves -> the lens's blur -> electrons -> raw -> picture -> labels ->
the exposure control takes in this frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import Buffers, View
from sensors.annotate import Before, annotate
from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.exposed import SceneLike, Shot
from sensors.exposure import Exposure, ExposureController
from sensors.isp import Isp
from sensors.label_choice import USUAL_LABELS, LabelChoice
from sensors.lens import Lens
from sensors.optics.path import OpticalPath
from sensors.optics.surroundings import behind_what_stands_there, surroundings_of
from sensors.optics.windscreen import shifted_camera
from sensors.shutter import Shutter
from sensors.timing import ReadWindow, ego_poses, reach_of, row_times, state_at
from sim.base.annotations import FrameAnnotations
from sim.base.clock import FLICKS_PER_SECOND, flicks
from sim.base.errors import RateError
from sim.base.observation import CameraFrame, CameraMetadata
from sim.base.state import WorldState


class CameraSensor:
    """A camera on the ego vehicle. Deterministic: equal seeds and states give equal bytes at any thread count.

    `history_ticks` is how many states before the tick's own an exposure may reach back over; with fewer (the first ticks of a
    run) the world stands still before the first. The first frame is rendered twice: once to meter its light.
    Tested by tests/sensors/test_capture.py.
    """

    def __init__(
        self,
        config: CameraConfig,
        scene: SceneLike,
        seed: int,
        tick_period_flicks: int,
        threads: int = 2,
        choice: LabelChoice = USUAL_LABELS,
    ) -> None:
        """Build the lens tables and the chip; raises RateError when the camera's period is no whole number of ticks.

        `choice` says which labels are wanted beyond the usual ones.
        """
        if config.period_flicks % tick_period_flicks:
            raise RateError(
                f"camera {config.name}: found a rate of {config.rate_hz:g} Hz on a world of "
                f"{FLICKS_PER_SECOND / tick_period_flicks:g} ticks/s; the period must be a whole number of ticks; "
                "choose the tick rate with sim.base.clock.tick_period"
            )
        self.config = config
        self.scene = scene
        self.seed = seed
        self.choice = choice
        self.threads = threads
        self.period_ticks = config.period_flicks // tick_period_flicks
        self.lens = Lens(config)
        self.shutter = Shutter(config, self.lens, threads)
        self.optics = OpticalPath(config, self.lens, seed, threads)
        self.chip = Chip(config, self.lens.illumination, seed, threads)
        longest_s = config.exposure.t_max_s if config.exposure.mode == "auto" else config.exposure.exposure_s
        begin_s, end_s = reach_of(self.chip.windows(Exposure(longest_s, 1.0, 1.0)))
        self.history_ticks = -(-flicks(config.sensor.readout_s + end_s - begin_s) // tick_period_flicks)
        self.isp = Isp(config, self.lens.illumination, threads)
        self.controller = ExposureController(config)
        shape = (config.sensor.height_px, config.sensor.width_px)
        self._scratch = Buffers.empty(*shape, previous=False)
        self._ego_from_camera = shifted_camera(config)
        self._calibration = self.lens.calibration()
        self._samples = config.shutter.samples if config.shutter.motion_blur == "sampled" else 0
        self.reset()

    def reset(self) -> None:
        """A new run begins: forget exposure, white balance and the previous frame."""
        self.controller.reset()
        self.isp.reset()
        self._frame_index = 0
        self._before: Before | None = None

    def due(self, tick: int) -> bool:
        """Whether a frame's read-out ends at this tick."""
        return tick % self.period_ticks == 0

    def capture(
        self, states: Sequence[WorldState], ego_track_id: int, labels: bool = True
    ) -> tuple[CameraFrame, FrameAnnotations | None]:
        """The frame whose read-out ends at states[-1], and its labels.

        `states` are consecutive ticks, at least the last history_ticks + 1 of them where they exist.
        """
        if self._frame_index == 0 and self.config.exposure.mode == "auto":
            self._meter(states, ego_track_id)
        exposure = self.controller.current
        windows = self.chip.windows(exposure)
        lights = self._sampled(states, ego_track_id, windows) if self._samples else []
        shot = self._shot(states, ego_track_id, windows)
        self._pose(shot)
        self._face_surroundings(shot)
        buffers = self.scene.render(shot.view, self._buffers(labels))
        lights = lights or self.shutter.integrate(buffers, states, shot, windows)
        electrons = self.chip.collect(self._imaged(lights), exposure.exposure_s)
        self.controller.observe(electrons)
        raw = self.chip.read_out(exposure, self._frame_index)
        gain = exposure.analog_gain * exposure.digital_gain
        rgb = self.isp.develop(
            raw, self.chip.white_level_dn(exposure), gain, self.controller.lift_ev, exposure.analog_gain
        )
        notes = None
        if labels:
            motion = self.scene.motion(shot.view)
            notes = annotate(
                self.config.name, shot, buffers, self.scene, self.lens, motion, self._before, self.choice, self.threads
            )
            if self.choice.soiling:
                notes = replace(notes, soiling=self.optics.soiling_mask())
            self._before = Before(shot.at_tick.tick, motion, buffers.range_m)
        frame = self._frame(rgb, raw, shot, exposure)
        self._frame_index += 1
        return frame, notes

    def _imaged(self, lights: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """What the lens makes of each light; of one that comes several times, once."""
        imaged = {id(light): self.optics.through(light) for light in {id(light): light for light in lights}.values()}
        return [imaged[id(light)] for light in lights]

    def _meter(self, states: Sequence[WorldState], ego_track_id: int) -> None:
        """Set the first exposure from the first frame's own light."""
        guess = self.controller.current
        shot = self._shot(states, ego_track_id, self.chip.windows(guess))
        self._pose(shot)
        self._face_surroundings(shot)
        buffers = self.scene.render(shot.view, self._scratch)
        self.controller.begin(self.chip.collect(self.optics.through(buffers.radiance), guess.exposure_s))

    def _sampled(
        self, states: Sequence[WorldState], ego_track_id: int, windows: Sequence[ReadWindow]
    ) -> list[NDArray[np.float32]]:
        """The light of each window as the mean of renders at instants spread evenly over it, each integrated to the next."""
        means: dict[ReadWindow, NDArray[np.float32]] = {}
        for window in windows:
            if window in means:
                continue
            part = ReadWindow(0.0, window.duration_s / self._samples)
            mean = np.zeros_like(self._scratch.radiance)
            for k in range(self._samples):
                after_s = window.middle_s + ((k + 0.5) / self._samples - 0.5) * window.duration_s
                shot = self._shot(states, ego_track_id, windows, part.duration_s, flicks(after_s))
                self._pose(shot)
                buffers = self.scene.render(shot.view, self._scratch)
                mean += self.shutter.integrate(buffers, states, shot, (part,))[0]
            mean /= np.float32(self._samples)
            means[window] = mean
        return [means[window] for window in windows]

    def _shot(
        self,
        states: Sequence[WorldState],
        ego_track_id: int,
        windows: Sequence[ReadWindow],
        exposure_s: float | None = None,
        after_flicks: int = 0,
    ) -> Shot:
        """The rays and times of a frame whose last window ends at states[-1]; `exposure_s` is the first window's unless said.

        `after_flicks` moves all rows' times away from mid-exposure.
        """
        now = states[-1]
        times = row_times(self.config, now.time_flicks, windows[0].duration_s, reach_of(windows)[1]) + after_flicks
        exposure_s = windows[0].duration_s if exposure_s is None else exposure_s
        first, last = int(times[0]), int(times[-1])
        span = max(last - first, 1)
        world_from_camera = ego_poses(states, ego_track_id, times) @ self._ego_from_camera
        rows = np.ascontiguousarray(world_from_camera[:, :3, :])
        rows.setflags(write=False)
        view = View(
            directions_camera=self.lens.directions,
            world_from_camera_rows=rows,
            row_time=((times - first) / span).astype(np.float32),
            pixel_angle_rad=self.lens.pixel_angle_rad,
            exposure_s=exposure_s,
            aperture_m=self.config.aperture_m,
            velocity_world_mps=_velocity(now, ego_track_id),
            mains_hz=self.config.shutter.mains_hz if self.config.shutter.lamp_flicker else 0.0,
        )
        return Shot(
            view=view,
            row_time_flicks=times,
            begin=state_at(states, first),
            end=state_at(states, last),
            at_tick=now,
            ego_track_id=ego_track_id,
        )

    def _pose(self, shot: Shot) -> None:
        self.scene.set_states(shot.begin, shot.end, None, frozenset({shot.ego_track_id}))

    def _face_surroundings(self, shot: Shot) -> None:
        """Tell the lens what shines on it from outside the picture; before the picture, as the scene keeps its last view."""
        if not self.optics.faces_surroundings:
            return
        weather, pose = shot.at_tick.weather, shot.view.world_from_camera_rows[len(shot.row_time_flicks) // 2]
        around = surroundings_of(weather, pose)
        if self.optics.stray.lit_from_outside(around):
            around = behind_what_stands_there(around, weather, pose, self.scene)
        self.optics.face(around)

    def _buffers(self, labels: bool) -> Buffers:
        """Reused arrays, except that label arrays which are handed out are new each frame."""
        if not labels:
            return self._scratch
        scratch = self._scratch
        return Buffers(
            radiance=scratch.radiance,
            range_m=np.empty_like(scratch.range_m),
            normal_world=np.empty_like(scratch.normal_world),
            instance=np.empty_like(scratch.instance),
            semantic=np.empty_like(scratch.semantic),
            part=np.empty_like(scratch.part),
            albedo=np.empty_like(scratch.normal_world) if self.choice.material else None,
            roughness=np.empty_like(scratch.range_m) if self.choice.material else None,
        )

    def _frame(self, rgb: NDArray[np.uint8], raw: NDArray[np.uint16], shot: Shot, exposure: Exposure) -> CameraFrame:
        sensor, optics = self.config.sensor, self.config.optics
        rgb.setflags(write=False)
        raw.setflags(write=False)
        metadata = CameraMetadata(
            frame_index=self._frame_index,
            exposure_start_flicks=int(shot.row_time_flicks[0]) - flicks(0.5 * exposure.exposure_s),
            exposure_s=exposure.exposure_s,
            row_time_s=sensor.row_time_s,
            f_number=optics.f_number,
            analog_gain=exposure.analog_gain,
            digital_gain=exposure.digital_gain,
            ev100=exposure.ev100(optics.f_number),
            white_balance_rgb=self.isp.white_balance,
            black_level_dn=self.chip.black_level_dn,
            temperature_c=sensor.temperature_c,
            seed=self.seed,
            **self.chip.read_facts(exposure),
        )
        return CameraFrame(
            name=self.config.name,
            rgb=rgb,
            raw=raw if self.config.keep_raw else None,
            calibration=self._calibration,
            metadata=metadata,
        )


def _velocity(state: WorldState, track_id: int) -> tuple[float, float, float]:
    """The carrier's velocity in the world; its turning moves a camera too little to slant what falls."""
    row = state.row_of(track_id)
    x, y, z = (0.0, 0.0, 0.0) if row is None else state.velocity_world_mps[row].tolist()
    return x, y, z

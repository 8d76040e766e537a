"""Photographs of the lens's targets: through the whole optical path, and for the wall's edge through a whole camera with labels."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.capture import CameraSensor
from sensors.chip import Chip
from sensors.config.exposure import ExposureControl
from sensors.exposure import Exposure
from sensors.lab.edges import BRIGHT_ID, DARK_ID, EdgeWall, half_plane_share
from sensors.lab.plan_optics import LAMP_PX, Frame
from sensors.lens import Lens
from sensors.optics.path import OpticalPath
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.state import ActorInfo, ActorKind, Weather, WorldState

Float32 = NDArray[np.float32]

KINDS = frozenset({"half_plane", "spot", "lamp", "wall"})
DARK_SHARE = 0.1
WALL_M = 12.0
_CARRIER = 1
_MISALIGNED_PX = 0.2


class OpticsBench:
    """One camera with its whole lens before the targets of sensors.lab.plan_optics."""

    def __init__(self, config: CameraConfig, seed: int, threads: int = 2, spoilt: bool = False) -> None:
        """`spoilt` moves the light of the wall's edge beside its labels (the negative control of B4)."""
        self.config, self._seed, self._threads, self._spoilt = config, seed, threads, spoilt
        lens = Lens(config)
        self._path = OpticalPath(config, lens, seed, threads)
        self._chip = Chip(config, lens.illumination, seed, threads)
        self._radiance = np.zeros((config.sensor.height_px, config.sensor.width_px, 3), np.float32)

    def save(self, folder: Path, frame: Frame, frame_index: int) -> None:
        """Write the raw mosaic; of the wall, the mask of instances beside it (1 the dark half, 2 the bright one, 0 none)."""
        if frame["kind"] == "wall":
            raw, instance = self._wall(frame)
            mask = np.zeros(instance.shape, np.uint8)
            mask[instance == DARK_ID] = 1
            mask[instance == BRIGHT_ID] = 2
            _write(folder / f"{frame['file']}.mask.png", mask)
        else:
            raw = self._picture(frame, frame_index)
        _write(folder / f"{frame['file']}.png", raw)

    def _picture(self, frame: Frame, frame_index: int) -> NDArray[np.uint16]:
        self._radiance[:] = (target_share(frame, self._radiance.shape[:2]) * np.float32(frame["luminance_cd_m2"]))[
            ..., None
        ]
        exposure = Exposure(frame["exposure_s"], frame["analog_gain"], 1.0)
        self._chip.collect(self._path.through(self._radiance), exposure.exposure_s)
        return self._chip.read_out(exposure, frame_index)

    def _wall(self, frame: Frame) -> tuple[NDArray[np.uint16], NDArray[np.uint32]]:
        """A carrier that moves to the left past the wall; its camera looks ahead."""
        manual = ExposureControl(mode="manual", exposure_s=frame["exposure_s"], t_min_s=1e-5)
        level = {"pitch_deg": 0.0, "roll_deg": 0.0, "yaw_deg": 0.0}
        mounting = self.config.mounting.model_copy(update=level)
        # by night: no sun beside the picture shall veil it
        config = self.config.model_copy(update={"exposure": manual, "mounting": mounting, "keep_raw": True})
        wall = EdgeWall(
            ahead_m=mounting.x_m + WALL_M,
            left_m=mounting.y_m - WALL_M * frame["tangent"],
            height_m=mounting.z_m,
            slope=math.tan(math.radians(5.0)),
            luminance_cd_m2=frame["luminance_cd_m2"],
            misaligned_px=_MISALIGNED_PX if self._spoilt else 0.0,
        )
        period = config.period_flicks
        camera = CameraSensor(config, wall, self._seed, period, self._threads)
        count = camera.history_ticks + 1
        states = [_carrier(k - count + 1, period, frame["speed_mps"]) for k in range(count)]
        picture, notes = camera.capture(states, _CARRIER)
        if picture.raw is None or notes is None:
            raise RuntimeError("a camera that was asked for raw and labels gave none")
        return picture.raw, notes.instance


def target_share(frame: Frame, shape: tuple[int, int]) -> Float32:
    """(H, W) luminance of a target as a share of the frame's."""
    height, width = shape
    x, y = np.arange(width, dtype=np.float64)[None, :], np.arange(height, dtype=np.float64)[:, None]
    if frame["kind"] == "half_plane":
        angle = math.radians(frame["angle_deg"])
        normal = (math.cos(angle), math.sin(angle))
        beyond = half_plane_share((x - frame["x_px"]) * normal[0] + (y - frame["y_px"]) * normal[1], normal)
        return np.asarray(DARK_SHARE + (1.0 - DARK_SHARE) * beyond, dtype=np.float32)
    if frame["kind"] == "spot":
        distance = np.hypot(x - (width - 1) / 2.0, y - (height - 1) / 2.0)
        return np.asarray(np.clip(distance - frame["radius_px"] + 0.5, 0.0, 1.0), dtype=np.float32)
    out = np.zeros(shape, np.float32)
    top, left = (height - LAMP_PX) // 2, (width - LAMP_PX) // 2
    out[top : top + LAMP_PX, left : left + LAMP_PX] = 1.0
    return out


def _carrier(ticks_from_now: int, period_flicks: int, speed_mps: float) -> WorldState:
    """The camera's vehicle, in sideways motion; at the tick of the frame it is where its camera faces the edge's place."""
    time_s = ticks_from_now * period_flicks / FLICKS_PER_SECOND
    one, single = np.zeros((1, 3)), np.zeros(1, np.float32)
    info = ActorInfo(
        _CARRIER, ActorKind.VEHICLE, "vehicle.bench", {"role_name": "hero"}, (0.0, 0.0, 0.7), (2.0, 1.0, 0.7)
    )
    byte = np.zeros(1, np.uint8)
    return WorldState(
        tick=ticks_from_now + 1000,
        time_flicks=(ticks_from_now + 1000) * period_flicks,
        actors=(info,),
        track_id=np.array([_CARRIER], np.uint32),
        kind=np.array([ActorKind.VEHICLE], np.uint8),
        position_world_m=np.array([[0.0, speed_mps * time_s, 0.0]]),
        rpy_rad=one,
        velocity_world_mps=np.array([[0.0, speed_mps, 0.0]]),
        angular_velocity_world_radps=one,
        acceleration_world_mps2=one,
        throttle_ratio=single,
        brake_ratio=single,
        steer_ratio=single,
        hand_brake=byte,
        reverse=byte,
        walker_speed_mps=single,
        light_state=byte,
        lamp_flags=np.zeros(1, np.uint32),
        distance_travelled_m=np.zeros(1),
        wheel_roll_rad=np.zeros(1),
        wheel_steer_rad=single,
        gait_phase_rad=np.zeros(1),
        weather=Weather(sun_altitude_angle=-90.0),
    )


def _write(path: Path, picture: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])

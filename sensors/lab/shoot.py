"""Photographs the plan's frames with our camera, from radiance to files: PNG of 16 bits, DNG, RAW12, and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.config.chip import FixedPattern
from sensors.config.optics import Illumination
from sensors.exposure import Exposure
from sensors.kernels.board import board_reflectance
from sensors.lab import shoot_optics, shoot_range, targets
from sensors.lab.plan import BOARD_CORNERS, SQUARE_M, Frame
from sensors.lens import Lens
from sensors.optics.path import OpticalPath
from sensors.raw import pack12, write_dng
from sensors.timing import row_times
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.observation import CameraFrame, CameraMetadata

Raw = NDArray[np.uint16]


class Bench:
    """One camera before the bench's targets."""

    def __init__(self, config: CameraConfig, seed: int, threads: int = 2) -> None:
        """`seed` decides the chip's pattern and its noise."""
        self.config = config
        self.seed = seed
        self.lens = Lens(config)
        shape = (config.sensor.height_px, config.sensor.width_px)
        flat = np.ones(shape, np.float32)
        bare = config.optics.model_copy(update={"relative_illumination": Illumination()})
        bare_config = config.model_copy(update={"optics": bare})
        plain = bare_config.sensor.model_copy(update={"fixed_pattern": FixedPattern()})
        # scattered light and colours of other sizes have tests of their own
        core = {"lateral_color": None, "glare": None, "windscreen": None, "soiling": None}
        core_config = config.model_copy(update={"optics": config.optics.model_copy(update=core)})
        self._path = OpticalPath(core_config, self.lens, seed, threads)
        self._chips = {
            "bare": Chip(bare_config, flat, seed, threads),
            "plain": Chip(bare_config.model_copy(update={"sensor": plain}), flat, seed, threads),
            "lens": Chip(config, self.lens.illumination, seed, threads),
        }
        self._radiance = np.zeros((*shape, 3), np.float32)
        self._reflectance = np.zeros(shape, np.float32)
        self._rays: NDArray[np.float32] | None = None

    def shoot(self, frame: Frame, frame_index: int) -> Raw:
        """The raw mosaic (H, W) of one planned frame."""
        kind = frame["kind"]
        if kind == "codes":
            return self._all_codes()
        exposure = Exposure(frame["exposure_s"], frame["analog_gain"], 1.0)
        chip = self._chips["lens"]
        if kind == "flat":
            chip = self._chips["bare" if frame["pattern"] else "plain"]
            # the chip's plane is what is lit: undo the camera equation that `collect` applies
            self._radiance[:] = frame["lux"] / (chip.light_scale(1.0) / self._area_um2())
            self._radiance[::4] *= 1.0 + frame.get("flicker", 0.0)
        elif kind == "uniform":
            self._radiance[:] = frame["luminance_cd_m2"]
        elif kind == "board":
            self._radiance[:] = (self._board(frame) * np.float32(frame["luminance_cd_m2"]))[..., None]
        else:
            self._radiance[:] = (self._edge(frame) * np.float32(frame["luminance_cd_m2"]))[..., None]
        temperature = frame.get("temperature_c", self.config.sensor.temperature_c)
        sensor = chip.config.sensor.model_copy(update={"temperature_c": temperature})
        chip.config = chip.config.model_copy(update={"sensor": sensor})
        light = self._path.through(self._radiance) if chip is self._chips["lens"] else self._radiance
        chip.collect(light, exposure.exposure_s)
        return chip.read_out(exposure, frame.get("repeat", frame_index))

    def read_facts(self, exposure: Exposure) -> dict[str, Any]:
        """How the raw values came about, for the header of a file."""
        return self._chips["lens"].read_facts(exposure)

    def _area_um2(self) -> float:
        return (self.config.sensor.pixel_pitch_m * 1e6) ** 2

    def _all_codes(self) -> Raw:
        sensor = self.config.sensor
        codes = np.arange(sensor.width_px * sensor.height_px) % (sensor.max_dn + 1)
        return codes.reshape(sensor.height_px, sensor.width_px).astype(np.uint16)

    def _board(self, frame: Frame) -> NDArray[np.float32]:
        if self._rays is None:
            self._rays = targets.sub_pixel_rays(self.lens)
        rotation, shift = np.array(frame["rotation"]), np.array(frame["shift_m"])
        board_reflectance(self._rays, rotation, shift, *BOARD_CORNERS, SQUARE_M, self._reflectance)
        return self._reflectance

    def _edge(self, frame: Frame) -> NDArray[np.float32]:
        """The edge at the times that the camera's own shutter gives its rows, from the first row's on."""
        times = row_times(self.config, 0, frame["exposure_s"]).astype(np.float64) / FLICKS_PER_SECOND
        width = self.config.sensor.width_px
        return targets.edge_share(width, times - times[0], frame["start_px"], frame["speed_px_s"])


def photograph(
    config: CameraConfig,
    seed: int,
    session: dict[str, Any],
    folder: Path,
    spoilt: bool = False,
    threads: int = 2,
    whole: CameraConfig | None = None,
) -> None:
    """Write every planned frame's files into `folder`.

    `spoilt` is for the negative control of what has no value to displace: a lamp that flickers by 3 % from row to row (A3), noise
    that comes twice (A4), one value too high in the files (D6).
    """
    bench = Bench(config, seed, threads)
    optics_bench = shoot_optics.OpticsBench(config, seed, threads, spoilt)
    whole_bench = shoot_range.WholeBench(config if whole is None else whole, seed, threads, spoilt)
    folder.mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(session["frames"]):
        if frame["kind"] in shoot_optics.KINDS:
            optics_bench.save(folder, frame, index)
            continue
        if frame["kind"] in shoot_range.KINDS:
            whole_bench.save(folder, frame, index)
            continue
        test = frame["test"]
        taken = frame
        if spoilt and test in _SPOILT:
            taken = frame | _SPOILT[test]
            if test == "A4":
                taken["repeat"] = index // 2
        _save(folder, taken, bench.shoot(taken, index), bench)


_SPOILT: dict[str, dict[str, Any]] = {"A3": {"flicker": 0.03}, "A4": {}, "D6": {"damage": 1}}


def digest(config: CameraConfig, seed: int, frame: Frame, frame_index: int, threads: int) -> str:
    """sha256 of one frame's raw values (A5)."""
    return hashlib.sha256(Bench(config, seed, threads).shoot(frame, frame_index).tobytes()).hexdigest()


def _save(folder: Path, frame: Frame, raw: Raw, bench: Bench) -> None:
    save, name = frame["save"], frame["file"]
    picture = raw[0::2, 1::2] if save == "green" else raw
    cv2.imwrite(str(folder / f"{name}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if save != "dng":
        return
    raw = raw.copy()
    raw[0, 0] += frame.get("damage", 0)
    write_dng(folder / f"{name}.dng", _as_frame(frame, raw, bench), bench.config)
    if bench.config.sensor.adc_bits == 12:
        (folder / f"{name}.raw12").write_bytes(pack12(raw).tobytes())


def _as_frame(frame: Frame, raw: Raw, bench: Bench) -> CameraFrame:
    """What the file's header needs."""
    config = bench.config
    exposure = Exposure(frame.get("exposure_s", 1e-3), frame.get("analog_gain", 1.0), 1.0)
    metadata = CameraMetadata(
        frame_index=0,
        exposure_start_flicks=0,
        exposure_s=exposure.exposure_s,
        row_time_s=config.sensor.row_time_s,
        f_number=config.optics.f_number,
        analog_gain=exposure.analog_gain,
        digital_gain=1.0,
        ev100=exposure.ev100(config.optics.f_number),
        white_balance_rgb=(1.0, 1.0, 1.0),
        black_level_dn=config.sensor.black_level_dn,
        temperature_c=config.sensor.temperature_c,
        seed=bench.seed,
        **bench.read_facts(exposure),
    )
    return CameraFrame("bench", np.zeros((1, 1, 3), np.uint8), raw, bench.lens.calibration(), metadata)

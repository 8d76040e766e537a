"""Speed of the camera chain by stage, for `sim bench camera`: medians in ms on a picture of noise, no scene."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.buffers import View
from rendering.motion import Motion
from sensors.annotate import measure_visible
from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.exposure import ExposureController
from sensors.flow import flow_between
from sensors.isp import Isp
from sensors.lens import Lens
from sensors.optics.path import OpticalPath
from sensors.raw import pack12, pack_wide
from sensors.rig import load_rig, preset_names


def median_ms(call: Callable[[], object], repeats: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Median time of a call by a clock, after two that do not count (compilation, caches)."""
    call()
    call()
    taken = []
    for _ in range(repeats):
        start = clock()
        call()
        taken.append(clock() - start)
    return median(taken) * 1e3


def bench_camera(repeats: int = 15, threads: int = 2) -> dict[str, float]:
    """Medians: "<preset>.<stage>_ms" for every preset's first camera.

    "raw" is light to raw numbers, "chain" light to picture with metering, "chain_jpeg" the same with the picture compressed and
    opened again; each also on one core, in CPU time ("one_core_"). The light spans four decades, so that every read is needed.
    """
    out: dict[str, float] = {}
    for name in preset_names():
        config = load_rig(name).cameras[0]
        for stage, value in _bench_one(config, repeats, threads).items():
            out[f"{name}.{stage}_ms"] = value
    return out


class _Chain:
    """One camera from light to picture, on a number of threads."""

    def __init__(self, config: CameraConfig, lens: Lens, radiance: NDArray[np.float32], threads: int) -> None:
        compressed = config.model_copy(update={"isp": config.isp.model_copy(update={"jpeg_quality": 90})})
        self.chip, self.optics = Chip(config, lens.illumination, 0, threads), OpticalPath(config, lens, 0, threads)
        self.isp = Isp(config, lens.illumination, threads)
        self.recorder = Isp(compressed, lens.illumination, threads)
        self.controller = ExposureController(config)
        self.radiance = radiance
        self.exposure = self.controller.begin(self.chip.collect(radiance, self.controller.current.exposure_s))
        self.white_dn = self.chip.white_level_dn(self.exposure)

    def raw(self) -> NDArray[np.uint16]:
        """Light to raw numbers."""
        self.chip.collect(self.optics.through(self.radiance), self.exposure.exposure_s)
        return self.chip.read_out(self.exposure, 0)

    def picture(self, isp: Isp, raw: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Raw numbers to picture."""
        gain = self.exposure.analog_gain * self.exposure.digital_gain
        return isp.develop(raw, self.white_dn, gain, self.controller.lift_ev, self.exposure.analog_gain)

    def stages(self) -> dict[str, Callable[[], object]]:
        """The whole way, as far as raw, picture and compressed picture."""

        def to_picture(isp: Isp) -> None:
            raw = self.raw()
            self.controller.observe(self.chip.electrons)
            self.picture(isp, raw)

        return {
            "raw": self.raw,
            "chain": lambda: to_picture(self.isp),
            "chain_jpeg": lambda: to_picture(self.recorder),
        }


def _bench_one(config: CameraConfig, repeats: int, threads: int) -> dict[str, float]:
    start = time.perf_counter()
    lens = Lens(config)
    lens_ms = (time.perf_counter() - start) * 1e3
    height, width = config.sensor.height_px, config.sensor.width_px
    rng = np.random.default_rng(0)
    blocks = (10.0 ** rng.uniform(0.5, 4.5, (height // 8 + 1, width // 8 + 1))).astype(np.float32)
    light = np.repeat(np.repeat(blocks, 8, axis=0), 8, axis=1)[:height, :width]
    radiance = np.repeat(light[..., None], 3, axis=2)
    here = _Chain(config, lens, radiance, threads)
    chip, exposure, raw = here.chip, here.exposure, here.raw()
    instance = rng.integers(0, 40, (height, width), dtype=np.uint32)
    range_m = np.full((height, width), 20.0, np.float32)
    before, after = _standing(lens, 0.0), _standing(lens, 1.0)
    stages: dict[str, Callable[[], object]] = {
        "optics": lambda: here.optics.through(radiance),
        "electrons": lambda: chip.collect(radiance, exposure.exposure_s),
        "metering": lambda: here.controller.mean_level(chip.electrons, exposure),
        "read_out": lambda: chip.read_out(exposure, 0),
        "isp": lambda: here.picture(here.isp, raw),
        "jpeg": lambda: here.picture(here.recorder, raw),
        **here.stages(),
        "instances": lambda: measure_visible(instance, 40),
        "flow": lambda: flow_between(lens, range_m, before, after, threads),
        "pack": lambda: pack12(raw) if config.sensor.raw_bits == 12 else pack_wide(raw, 16),
    }
    out = {"lens_table": lens_ms} | {name: median_ms(call, repeats) for name, call in stages.items()}
    out["jpeg"] -= out["isp"]
    return out | _bench_one_core(config, lens, radiance, repeats)


def _bench_one_core(config: CameraConfig, lens: Lens, radiance: NDArray[np.float32], repeats: int) -> dict[str, float]:
    """The same way without any second thread, the library's own included, in CPU time: the same on a busy machine."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        alone = _Chain(config, lens, radiance, 1)
        return {
            f"one_core_{name}": median_ms(call, repeats, time.process_time) for name, call in alone.stages().items()
        }
    finally:
        cv2.setNumThreads(before)


def _standing(lens: Lens, x_m: float) -> Motion:
    """A frame of a camera at x in a world of which nothing moves; its rows are as many poses as a rolling shutter has."""
    height, width = lens.directions.shape[:2]
    poses = np.tile(np.eye(4)[:3], (height, 1, 1))
    poses[:, 2, 3] = x_m + np.linspace(0.0, 0.1, height)
    view = View(lens.directions, poses, np.linspace(0.0, 1.0, height, dtype=np.float32), lens.pixel_angle_rad)
    codes = np.ones((height, width), np.int32)
    return Motion(view, codes, np.zeros((1, 24), np.float32), np.ones(1, np.int64), np.zeros(3))

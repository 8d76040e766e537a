"""Speed of the camera chain by stage, for `sim bench camera`: medians in ms on a picture of noise, no scene."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

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
from sensors.raw import pack12
from sensors.rig import load_rig, preset_names


def median_ms(call: Callable[[], object], repeats: int) -> float:
    """Median wall time of a call, after two that do not count (compilation, caches)."""
    call()
    call()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return median(taken) * 1e3


def bench_camera(repeats: int = 15, threads: int = 2) -> dict[str, float]:
    """Medians: "<preset>.<stage>_ms" for every preset's first camera, and "<preset>.chain_ms" for light to picture."""
    out: dict[str, float] = {}
    for name in preset_names():
        config = load_rig(name).cameras[0]
        for stage, value in _bench_one(config, repeats, threads).items():
            out[f"{name}.{stage}_ms"] = value
    return out


def _bench_one(config: CameraConfig, repeats: int, threads: int) -> dict[str, float]:
    start = time.perf_counter()
    lens = Lens(config)
    lens_ms = (time.perf_counter() - start) * 1e3
    chip, isp = Chip(config, lens.illumination, 0, threads), Isp(config, lens.illumination, threads)
    optics, controller = OpticalPath(config, lens, 0, threads), ExposureController(config)
    height, width = config.sensor.height_px, config.sensor.width_px
    rng = np.random.default_rng(0)
    radiance = rng.uniform(500.0, 9000.0, (height, width, 3)).astype(np.float32)
    exposure = controller.begin(chip.collect(radiance, controller.current.exposure_s))
    raw = chip.read_out(exposure, 0)
    white = chip.white_level_dn(exposure)
    instance = rng.integers(0, 40, (height, width), dtype=np.uint32)
    range_m = np.full((height, width), 20.0, np.float32)
    here, there = _standing(lens, 0.0), _standing(lens, 1.0)

    def chain() -> None:
        chip.collect(optics.through(radiance), exposure.exposure_s)
        controller.observe(chip.electrons)
        isp.develop(chip.read_out(exposure, 0), white)

    stages: dict[str, Callable[[], object]] = {
        "optics": lambda: optics.through(radiance),
        "electrons": lambda: chip.collect(radiance, exposure.exposure_s),
        "metering": lambda: controller.mean_level(chip.electrons, exposure),
        "read_out": lambda: chip.read_out(exposure, 0),
        "isp": lambda: isp.develop(raw, white),
        "chain": chain,
        "instances": lambda: measure_visible(instance, 40),
        "flow": lambda: flow_between(lens, range_m, here, there, threads),
        "pack12": lambda: pack12(raw),
    }
    return {"lens_table": lens_ms} | {name: median_ms(call, repeats) for name, call in stages.items()}


def _standing(lens: Lens, x_m: float) -> Motion:
    """A frame of a camera at x in a world of which nothing moves; its rows are as many poses as a rolling shutter has."""
    height, width = lens.directions.shape[:2]
    poses = np.tile(np.eye(4)[:3], (height, 1, 1))
    poses[:, 2, 3] = x_m + np.linspace(0.0, 0.1, height)
    view = View(lens.directions, poses, np.linspace(0.0, 1.0, height, dtype=np.float32), lens.pixel_angle_rad)
    codes = np.ones((height, width), np.int32)
    return Motion(view, codes, np.zeros((1, 24), np.float32), np.ones(1, np.int64), np.zeros(3))

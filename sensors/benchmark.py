"""Speed of the camera chain by stage, for `sim bench camera`: medians in ms on a picture of noise, no scene."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from sensors.annotate import measure_visible
from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.exposure import ExposureController
from sensors.isp import Isp
from sensors.kernels import projection
from sensors.lens import Lens
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
    controller = ExposureController(config)
    height, width = config.sensor.height_px, config.sensor.width_px
    rng = np.random.default_rng(0)
    radiance = rng.uniform(500.0, 9000.0, (height, width, 3)).astype(np.float32)
    exposure = controller.begin(chip.collect(radiance, controller.current.exposure_s))
    raw = chip.read_out(exposure, 0)
    white = chip.white_level_dn(exposure)
    instance = rng.integers(0, 40, (height, width), dtype=np.uint32)
    range_m = np.full((height, width), 20.0, np.float32)
    points = lens.directions * np.float32(20.0)
    depth, flow = np.empty_like(range_m), np.empty((height, width, 2), np.float32)

    def chain() -> None:
        chip.collect(radiance, exposure.exposure_s)
        controller.observe(chip.electrons)
        isp.develop(chip.read_out(exposure, 0), white)

    stages: dict[str, Callable[[], object]] = {
        "electrons": lambda: chip.collect(radiance, exposure.exposure_s),
        "metering": lambda: controller.mean_level(chip.electrons, exposure),
        "read_out": lambda: chip.read_out(exposure, 0),
        "isp": lambda: isp.develop(raw, white),
        "chain": chain,
        "instances": lambda: measure_visible(instance, 40),
        "depth_and_flow": lambda: projection.depth_and_flow(
            lens.parameters, points, range_m, lens.directions, 0, height, depth, flow
        ),
        "pack12": lambda: pack12(raw),
    }
    return {"lens_table": lens_ms} | {name: median_ms(call, repeats) for name, call in stages.items()}

"""What is put before the whole camera, all reads merged: a wedge of light over nine decades, hand-overs, a colour chart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sensors.camera_config import CameraConfig
from sensors.chip import Chip, merge_of
from sensors.config.reads import full_scale_e
from sensors.mosaic import MOSAICS, channel_yields

Frame = dict[str, Any]

SIZE_PX = (256, 192)
"""Width and height of the part of the chip that is read out here."""
EXPOSURE_S = 0.01
DECADES = (-3.0, 6.0)
STEPS_PER_DECADE = 8
FRAMES = 6
"""Of each step and of the dark: the rows' noise moves the mean of a single frame."""
HAND_OVER_FRAMES = 4
BELOW, ABOVE = 0.93, 1.07
"""Light beside a hand-over, in shares of the light there."""
PATCH_PX = 80
CHART = (
    ((115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170)),
    ((214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46)),
    ((56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161)),
    ((243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52)),
)
"""sRGB values of the 24 patches of a ColorChecker as its maker has published them; cyan, out of gamut, is cut to it."""
WHITE_SHARE = 0.8


def small(config: CameraConfig, width_px: int, height_px: int) -> CameraConfig:
    """A camera that reads out a part of its chip."""
    sensor = config.sensor.model_copy(update={"width_px": width_px, "height_px": height_px})
    return config.model_copy(update={"sensor": sensor})


def luminance_of(config: CameraConfig, electrons: float) -> float:
    """cd/m² of white that give the second channel these electrons in EXPOSURE_S, on the axis."""
    chip = Chip(small(config, 16, 16), np.ones((16, 16), np.float32), 0, 1)
    return electrons / (chip.light_scale(EXPOSURE_S) * float(channel_yields(config.sensor)[1]))


def range_frames(config: CameraConfig) -> list[Frame]:
    """D4 and D5, of cameras with several reads."""
    sensor = config.sensor
    if len(sensor.reads) < 2:
        return []
    frames = [_wedge("D4", f"D4_dark{i}", 0.0) for i in range(FRAMES)]
    steps = round((DECADES[1] - DECADES[0]) * STEPS_PER_DECADE)
    for step in range(steps + 1):
        luminance = float(f"{10.0 ** (DECADES[0] + step / STEPS_PER_DECADE):.4g}")
        frames += [_wedge("D4", f"D4_{step}_{i}", luminance) | {"step": step} for i in range(FRAMES)]
    threshold = 1.0 if sensor.hdr is None else sensor.hdr.threshold
    frames += [_wedge("D5", f"D5_dark{i}", 0.0) for i in range(FRAMES)]
    for number, read in enumerate(sensor.reads[:-1]):
        end_e = (
            threshold
            * full_scale_e(read, sensor.adc_bits, sensor.black_level_dn)
            / (read.rel_sensitivity * read.t_ratio)
        )
        for side, share in (("below", BELOW), ("above", ABOVE)):
            luminance = float(f"{luminance_of(config, share * end_e):.4g}")
            for i in range(HAND_OVER_FRAMES):
                frame = _wedge("D5", f"D5_{number}_{side}_{i}", luminance)
                frames.append(frame | {"number": number, "side": side})
    return frames


def _wedge(test: str, name: str, luminance_cd_m2: float) -> Frame:
    return {
        "test": test,
        "kind": "wedge",
        "file": name,
        "luminance_cd_m2": luminance_cd_m2,
        "exposure_s": EXPOSURE_S,
        "analog_gain": 1.0,
        "save": "mosaic",
    }


def color_frames(config: CameraConfig) -> list[Frame]:
    """F1: the chart under D65, its white at WHITE_SHARE of what the second channel holds."""
    white_cd_m2 = luminance_of(config, WHITE_SHARE * config.sensor.metering_full_scale_e)
    encoded = np.array(CHART, np.float64) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    chart = _wedge("F1", "F1_chart", float(f"{white_cd_m2:.4g}"))
    return [
        chart | {"kind": "chart", "patch_px": PATCH_PX, "linear_rgb": np.round(linear, 6).tolist(), "save": "picture"}
    ]


def range_facts(config: CameraConfig) -> dict[str, Any]:
    """What the maker publishes of the merge: the curve of companded values, and where the second channel's pixels are."""
    curve = config.sensor.companding
    return {
        "companding_knees": [] if curve is None else [list(knee) for knee in curve.knees],
        "luminance_column": MOSAICS[config.sensor.cfa].luminance_column,
        "read_names": [read.name for read in config.sensor.reads],
        "wedge_size_px": list(SIZE_PX),
    }


def range_truth(config: CameraConfig) -> dict[str, Any]:
    """What D4 and D5 should find, and what the oracle needs, from the definition alone."""
    sensor = config.sensor
    merge = merge_of(sensor)
    luminance_per_e = luminance_of(config, 1.0)
    out: dict[str, Any] = {
        "luminance_per_e": luminance_per_e,
        "channel_yields": channel_yields(sensor).tolist(),
        "cell": list(MOSAICS[sensor.cfa].cell),
        "color_matrix": [list(row) for row in sensor.color_matrix],
        "full_scale_e": sensor.metering_full_scale_e,
        "conversion_dn_per_e": sensor.conversion_dn_per_e,
        "reads": [read.model_dump() for read in sensor.reads],
    }
    if merge is None or sensor.hdr is None:
        return out
    first = sensor.reads[0]
    noise2 = first.read_noise_e**2 + sensor.fixed_pattern.row_temporal_e**2
    noise2 += 1.0 / 12.0 / first.conversion_dn_per_e**2 + rounding_e(config, 0.0) ** 2
    # e / sqrt(e + noise²) = 1
    least_e = 0.5 + math.sqrt(0.25 + noise2)
    return out | {
        "dynamic_range_db": 20.0 * math.log10(sensor.saturation_e / least_e),
        "linear_dn_per_e": merge.linear_dn_per_e(1.0),
        "linear_black_dn": merge.black_dn,
        "threshold": sensor.hdr.threshold,
        "linear_bits": sensor.hdr.linear_bits,
        "row_temporal_e": sensor.fixed_pattern.row_temporal_e,
        "dark_e": sensor.dark_current_e_per_s * EXPOSURE_S,
        "drops_db": [drop_db(config, i) for i in range(len(sensor.reads) - 1)],
    }


def drop_db(config: CameraConfig, number: int) -> float:
    """By how much the signal-to-noise ratio falls from just below this read's hand-over to just above.

    10 log10 r of shot noise, beside it read noise, and the rounding of converter and companding.
    """
    sensor = config.sensor
    before, after = sensor.reads[number : number + 2]
    threshold = 1.0 if sensor.hdr is None else sensor.hdr.threshold
    end_e = threshold * full_scale_e(before, sensor.adc_bits, sensor.black_level_dn)
    end_e /= before.rel_sensitivity * before.t_ratio
    ratios = []
    for read, share in ((before, BELOW), (after, ABOVE)):
        e = share * end_e * read.rel_sensitivity * read.t_ratio
        noise2 = e + read.read_noise_e**2 + sensor.fixed_pattern.row_temporal_e**2
        noise2 += 1.0 / 12.0 / read.conversion_dn_per_e**2
        noise2 += (rounding_e(config, share * end_e) * read.rel_sensitivity * read.t_ratio) ** 2
        ratios.append(10.0 * math.log10(e * e / noise2))
    return ratios[0] - ratios[1]


def rounding_e(config: CameraConfig, electrons: float) -> float:
    """Noise of the companded values' rounding at this light, in electrons of the first read."""
    merge, curve = merge_of(config.sensor), config.sensor.companding
    if merge is None or curve is None:
        return 0.0
    scale = merge.linear_dn_per_e(1.0)
    x, y = np.array(curve.knees, np.float64).T
    piece = min(int(np.searchsorted(x, merge.black_dn + electrons * scale, side="right")) - 1, len(x) - 2)
    slope = (x[piece + 1] - x[piece]) / (y[piece + 1] - y[piece])
    return math.sqrt((slope * slope - 1.0) / 12.0) / scale

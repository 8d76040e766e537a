"""What is put before the camera, as a list that goes to the camera, to the oracle and to the analysis alike.

Every frame is a mapping of plain numbers: `kind` and its stimulus, exposure time and gain, chip temperature, and the file to be
written. Nothing of the camera's hidden values is in it except what an operator sees on the instruments: light and settings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from sensors.camera_config import CameraConfig
from sensors.lab.hidden import HOT_C, PHOTONS_PER_LUX_S_UM2
from sensors.lab.plan_optics import LAMP_PX, optics_frames
from sensors.lab.plan_range import color_frames, range_facts, range_frames
from sensors.lens import Lens
from sensors.mosaic import channel_yields

Frame = dict[str, Any]

BOARD_CORNERS = (11, 8)
SQUARE_M = 0.06
LONGEST_S = 0.033
DISTRIBUTION_E = (0.0, 0.5, 2.0, 5.0, 20.0, 200.0, 5000.0)
DISTRIBUTION_PIXELS = 1e6
"""Pixels at each mean signal: the variance of so many is known to 0.14 %."""
FISHEYES = ("kannala_brandt", "equidistant")
"""Models that OpenCV's fisheye calibration can recover."""
FISHEYE_EDGE_DEG = 84.0
"""OpenCV's fisheye calibration gives up when a corner reaches 90 degrees."""
TEMPERATURES_C = (45.0, 55.0, 65.0, 75.0, 85.0)


@dataclass(frozen=True)
class Effort:
    """How much is photographed: the acceptance table's own numbers by default."""

    steps: int = 50
    stack: int = 100
    views: int = 40
    fisheye_views: int = 60
    flats: int = 64
    white_frames: int = 20


QUICK = Effort(steps=12, stack=10, views=16, fisheye_views=24, flats=12, white_frames=6)


def plan(
    config: CameraConfig, rng: np.random.Generator, effort: Effort, whole: CameraConfig | None = None
) -> dict[str, Any]:
    """The whole session: facts that are no secret, and the frames of each test.

    `config` delivers one read; `whole` is the camera with all its reads and its picture (D4, D5, F1).
    """
    sensor = config.sensor
    frames: list[Frame] = []
    area_um2 = (sensor.pixel_pitch_m * 1e6) ** 2
    electrons_per_lux_s = float(channel_yields(sensor)[1]) * area_um2
    room_e = (sensor.max_dn - sensor.black_level_dn) / sensor.conversion_dn_per_e
    gain = _noise_gain(config)
    # the operator turns up the light until the longest exposure saturates
    for test, analog, full_e in (("A1", gain, room_e / gain), ("A2", 1.0, min(sensor.full_well_e, room_e))):
        lux = 1.12 * full_e / (electrons_per_lux_s * LONGEST_S)
        frames += _transfer(test, lux, analog, effort)
    for level in [level for level in DISTRIBUTION_E if level < 0.6 * min(sensor.full_well_e, room_e)]:
        analog = max(1.0, min(gain * 4.0, config.exposure.analog_gain[1], 0.6 * room_e / max(level, 1.0)))
        shots = max(1, math.ceil(DISTRIBUTION_PIXELS / (sensor.width_px * sensor.height_px / 4)))
        for i in range(shots):
            frames.append(
                _flat("A3", f"A3_{level:g}_{i}", level / electrons_per_lux_s / 1e-3, 1e-3, analog)
                | {"pattern": False, "mean_e_asked": level}
            )
    lux = 0.5 * min(sensor.full_well_e, room_e) / (electrons_per_lux_s * 5e-3)
    frames += [_flat("A4", f"A4_{i}", lux, 5e-3, 1.0) | {"save": "mosaic"} for i in range(effort.white_frames)]
    frames += [_flat("A5", f"A5_{name}", lux, 5e-3, 1.0) | {"save": "mosaic", "repeat": 0} for name in ("one", "two")]
    for temperature in TEMPERATURES_C:
        for exposure_s in (1e-3, 0.1):
            for i in range(2):
                name = f"A6_{temperature:g}_{exposure_s:g}_{i}"
                frames.append(_flat("A6", name, 0.0, exposure_s, gain) | {"temperature_c": temperature})
    frames += _boards(config, rng, effort.views) if config.optics.model == "brown_conrady" else []
    if config.optics.model in FISHEYES:
        frames += _boards_around(config, rng, effort.fisheye_views)
    if bool((Lens(config).illumination > 0.0).all()):
        # a picture with dark corners has no fall-off up to them, and no edge through all rows
        frames += [_through_lens(config, "C2", f"C2_{i}", 0.6) for i in range(effort.flats)]
        frames += _edges(config)
    frames += [_through_lens(config, "E1", f"E1_{share:g}", share) | {"save": "dng"} for share in (0.1, 0.4)]
    frames.append(_through_lens(config, "E1", "E1_dark", 0.0) | {"save": "dng"})
    frames.append({"test": "D6", "kind": "codes", "file": "D6_codes", "save": "dng"})
    frames += optics_frames(config, _through_lens(config, "", "", 1.0)["luminance_cd_m2"])
    facts = _facts(config)
    if whole is not None:
        frames += range_frames(whole) + color_frames(whole)
        facts |= range_facts(whole)
    return {"facts": facts, "frames": frames}


def _noise_gain(config: CameraConfig) -> float:
    """The least analog gain at which the read noise is a good DN: below that, quantisation biases every estimator."""
    sensor = config.sensor
    least = 1.3 / (sensor.conversion_dn_per_e * sensor.read_noise_e)
    return float(min(max(math.ceil(least), 1.0), config.exposure.analog_gain[1]))


def _facts(config: CameraConfig) -> dict[str, Any]:
    sensor = config.sensor
    return {
        "width_px": sensor.width_px,
        "height_px": sensor.height_px,
        "pixel_area_um2": (sensor.pixel_pitch_m * 1e6) ** 2,
        "cfa": sensor.cfa,
        "adc_bits": sensor.adc_bits,
        "black_level_dn": sensor.black_level_dn,
        "photons_per_lux_s_um2": PHOTONS_PER_LUX_S_UM2,
        "noise_gain": _noise_gain(config),
        "model": config.optics.model,
        # an optician's guess, to start a calibration from
        "focal_guess_px": float(f"{config.optics.intrinsics.fx_px:.1g}"),
        "board_corners": BOARD_CORNERS,
        "square_m": SQUARE_M,
        "rolling": sensor.row_time_s > 0.0,
        "lamp_px": LAMP_PX,
    }


def _flat(test: str, name: str, lux: float, exposure_s: float, analog_gain: float) -> Frame:
    """The bare chip before an integrating sphere."""
    return {
        "test": test,
        "kind": "flat",
        "file": name,
        "lux": lux,
        "exposure_s": exposure_s,
        "analog_gain": analog_gain,
        "temperature_c": 45.0,
        "pattern": True,
        "save": "green",
    }


def _transfer(test: str, lux: float, analog_gain: float, effort: Effort) -> list[Frame]:
    """EMVA 1288's series: two bright and two dark frames at each time, and stacks of both at half saturation."""
    out: list[Frame] = []
    times = np.linspace(LONGEST_S / effort.steps, LONGEST_S, effort.steps)
    stack = effort.stack if test == "A1" else max(effort.stack // 5, 4)
    middle = float(times[max(effort.steps // 2 - 2, 0)])
    for part, series in (("t", [(float(t), 2) for t in times]), ("s", [(middle, stack)])):
        for step, (exposure_s, count) in enumerate(series):
            for light, word in ((0.0, "d"), (lux, "b")):
                for i in range(count):
                    frame = _flat(test, f"{test}_{part}{step}{word}{i}", light, exposure_s, analog_gain)
                    out.append(frame | {"temperature_c": HOT_C, "part": part})
    return out


def _through_lens(config: CameraConfig, test: str, name: str, share: float) -> Frame:
    """A uniform luminance in front of the lens that fills the green pixels on the axis to this share of the well."""
    sensor, optics = config.sensor, config.optics
    exposure_s = 2e-3
    lux_per_luminance = math.pi / 4.0 * optics.transmission * optics.windshield_transmittance / optics.f_number**2
    full_e = min(sensor.full_well_e, (sensor.max_dn - sensor.black_level_dn) / sensor.conversion_dn_per_e)
    per_lux = float(channel_yields(sensor)[1]) * (sensor.pixel_pitch_m * 1e6) ** 2 * exposure_s
    return {
        "test": test,
        "kind": "uniform",
        "file": name,
        # round numbers, as an instrument shows them: the hidden values must not be read off the stimulus
        "luminance_cd_m2": float(f"{share * full_e / per_lux / lux_per_luminance:.2g}"),
        "exposure_s": exposure_s,
        "analog_gain": 1.0,
        "save": "mosaic",
    }


def _boards(config: CameraConfig, rng: np.random.Generator, views: int) -> list[Frame]:
    """Poses of a chessboard over the field: camera_from_board rotation (3, 3) and shift (3,) in m."""
    sensor = config.sensor
    white = _through_lens(config, "B2", "", 0.6) | {"kind": "board"}
    half = np.array([(BOARD_CORNERS[0] + 1) * SQUARE_M / 2.0, (BOARD_CORNERS[1] + 1) * SQUARE_M / 2.0])
    middle = np.array([(BOARD_CORNERS[0] - 1) * SQUARE_M / 2.0, (BOARD_CORNERS[1] - 1) * SQUARE_M / 2.0, 0.0])
    # tangents of the half fields: distortion makes them larger than the pinhole's
    sides = np.array([[sensor.width_px - 1.0, sensor.height_px / 2.0], [sensor.width_px / 2.0, sensor.height_px - 1.0]])
    rays, _ = Lens(config).unproject(sides)
    field = np.array([rays[0, 0] / rays[0, 2], rays[1, 1] / rays[1, 2]])
    nearest = float((1.15 * half / field).max())
    corners = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
    out = []
    for i in range(views):
        turn = np.array([*rng.uniform(-0.6, 0.6, 2), rng.uniform(-0.3, 0.3)])
        rotation = cv2.Rodrigues(turn)[0]
        z = nearest * rng.uniform(1.0, 1.7)
        # every second board reaches into a corner of the picture, where distortion shows; the others lie anywhere
        reach = field - 1.04 * half / z
        aim = np.array(corners[i // 2 % 4]) * rng.uniform(0.8, 1.0) if i % 2 == 0 else rng.uniform(-1.0, 1.0, 2)
        place = np.array([*(reach * aim * z), z])
        shift = place - rotation @ middle
        out.append(white | {"file": f"B2_{i}", "rotation": rotation.tolist(), "shift_m": shift.tolist()})
    return out + _flat_fields(config, "B2")


def _flat_fields(config: CameraConfig, test: str) -> list[Frame]:
    """White pictures by which those of a board are divided: a fall-off of the light would move its corners."""
    return [_through_lens(config, test, f"{test}_flat{i}", 0.6) for i in range(4)]


def _boards_around(config: CameraConfig, rng: np.random.Generator, views: int) -> list[Frame]:
    """Poses of a chessboard all round a fisheye's field, wholly inside the picture and short of FISHEYE_EDGE_DEG."""
    lens = Lens(config)
    sensor = config.sensor
    white = _through_lens(config, "B3", "", 0.6) | {"kind": "board"}
    columns, rows = BOARD_CORNERS
    outer = np.array([[x, y, 0.0] for x in (-1, columns) for y in (-1, rows)]) * SQUARE_M
    middle = np.array([(columns - 1) * SQUARE_M / 2.0, (rows - 1) * SQUARE_M / 2.0, 0.0])
    out: list[Frame] = []
    for _ in range(200 * views):
        if len(out) == views:
            break
        theta, phi = math.radians(FISHEYE_EDGE_DEG) * math.sqrt(rng.random()), rng.uniform(0.0, 2.0 * math.pi)
        facing = cv2.Rodrigues(theta * np.array([-math.sin(phi), math.cos(phi), 0.0]))[0]
        tilt = cv2.Rodrigues(np.array([*rng.uniform(-0.5, 0.5, 2), rng.uniform(-0.3, 0.3)]))[0]
        rotation = facing @ tilt
        shift = facing[:, 2] * rng.uniform(0.35, 0.9) - rotation @ middle
        points = outer @ rotation.T + shift
        off_axis = np.degrees(np.arctan2(np.hypot(points[:, 0], points[:, 1]), points[:, 2]))
        pixels, valid = lens.project(points)
        limits = np.array([sensor.width_px - 4.0, sensor.height_px - 4.0])
        if valid.all() and off_axis.max() <= FISHEYE_EDGE_DEG and ((pixels > 3.0) & (pixels < limits)).all():
            name = {"file": f"B3_{len(out)}", "rotation": rotation.tolist(), "shift_m": shift.tolist()}
            out.append(white | name)
    return out + _flat_fields(config, "B3")


def _edges(config: CameraConfig) -> list[Frame]:
    """A vertical edge that stands still, and one that runs through the image, both sharp to a pixel's width."""
    base = _through_lens(config, "D1", "", 0.5) | {"kind": "edge", "exposure_s": 2e-4}
    base["luminance_cd_m2"] = base["luminance_cd_m2"] * 10.0
    if not config.sensor.row_time_s:
        return []
    width = config.sensor.width_px
    still = base | {"file": "D1_still", "start_px": 0.3 * width + 0.25, "speed_px_s": 0.0}
    return [still, base | {"file": "D1_moving", "start_px": 0.3 * width + 0.25, "speed_px_s": 2000.0}]

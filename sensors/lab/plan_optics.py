"""What is put before the lens: slanted edges (C1, C4), a black spot and a lamp (C3), a wall with an edge for the labels (B4).

Edges, spot and lamp are given in the picture's own pixels, as a projector on the bench would throw them through an ideal lens;
the wall stands in the world and goes through projection, shutter and labels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sensors.camera_config import CameraConfig

Frame = dict[str, Any]

TESTS = ("B4", "C1", "C3", "C4")
EDGE_DEG = 5.0
EXPOSURE_S = 2e-3
LAMP_PX = 16
LAMP_EXPOSURES_S = (2e-5, 8e-3)
REPEATS = 4


def drawn_optics(config: CameraConfig, rng: np.random.Generator) -> CameraConfig:
    """The camera with blur, glare and sizes of colours drawn around the preset's; unchanged where it has none."""
    data = config.model_dump()
    optics = data["optics"]
    if optics["blur"] is not None:
        optics["psf_sigma_px"] *= float(rng.uniform(0.85, 1.15))
        optics["blur"]["defocus_um"] += float(rng.uniform(0.5, 2.0))
    if optics["lateral_color"] is not None:
        for name in ("red", "blue"):
            optics["lateral_color"][name] = 1.0 + (optics["lateral_color"][name] - 1.0) * float(rng.uniform(0.7, 1.3))
    if optics["glare"] is not None:
        optics["glare"]["share"] *= float(rng.uniform(0.8, 1.25))
        for lobe in optics["glare"]["lobes"]:
            lobe["radius_px"] *= float(rng.uniform(0.85, 1.15))
    return CameraConfig.model_validate(data)


def displaced_optics(config: CameraConfig) -> CameraConfig:
    """The negative control's lens: a quarter more blur, two fifths more glare, colours a quarter px off in the corners."""
    data = config.model_dump()
    optics = data["optics"]
    if optics["blur"] is not None:
        optics["psf_sigma_px"] *= 1.25
    if optics["lateral_color"] is not None:
        more = 0.5 / math.hypot(config.sensor.width_px, config.sensor.height_px)
        optics["lateral_color"]["red"] += more
        optics["lateral_color"]["blue"] -= more
    if optics["glare"] is not None:
        optics["glare"]["share"] *= 1.4
    return CameraConfig.model_validate(data)


def optics_frames(config: CameraConfig, full_luminance_cd_m2: float) -> list[Frame]:
    """Frames of all tests that the lens has effects for; `full_luminance_cd_m2` fills the wells in EXPOSURE_S."""
    optics, sensor = config.optics, config.sensor
    width, height = sensor.width_px, sensor.height_px
    base = {"exposure_s": EXPOSURE_S, "analog_gain": 1.0, "save": "mosaic"}
    white = float(f"{0.55 * full_luminance_cd_m2:.2g}")
    out = _wall(config, white)

    def flats(test: str) -> list[Frame]:
        uniform = base | {"test": test, "kind": "uniform", "luminance_cd_m2": white}
        return [uniform | {"file": f"{test}_flat{i}"} for i in range(REPEATS)]

    def edge(test: str, name: str, x: float, y: float, angle_deg: float) -> Frame:
        place = {"x_px": round(x * width, 1), "y_px": round(y * height, 1), "angle_deg": angle_deg}
        return base | place | {"test": test, "kind": "half_plane", "file": f"{test}_{name}", "luminance_cd_m2": white}

    if optics.blur is not None:
        for i, (x, y) in enumerate(((0.3, 0.3), (0.62, 0.38), (0.4, 0.7), (0.8, 0.75))):
            for word, angle in (("v", EDGE_DEG), ("h", 90.0 + EDGE_DEG)):
                out += [edge("C1", f"{i}{word}{k}", x, y, angle) for k in range(2)]
        out += flats("C1")
    if optics.lateral_color is not None:
        for i, x in enumerate((0.1, 0.3, 0.7, 0.9)):
            out += [edge("C4", f"v{i}_{k}", x, 0.5, EDGE_DEG) for k in range(2)]
        for i, y in enumerate((0.12, 0.88)):
            out += [edge("C4", f"h{i}_{k}", 0.5, y, 90.0 + EDGE_DEG) for k in range(2)]
        out += flats("C4")
    if optics.glare is not None:
        spot = base | {"test": "C3", "kind": "spot", "radius_px": round(0.05 * width), "luminance_cd_m2": white}
        out += [spot | {"file": f"C3_spot{i}"} for i in range(REPEATS)]
        out += flats("C3")
        lamp = base | {"test": "C3", "kind": "lamp", "luminance_cd_m2": 100.0 * white}
        dark = base | {"test": "C3", "kind": "uniform", "luminance_cd_m2": 0.0}
        for name, exposure_s in zip(("short", "long"), LAMP_EXPOSURES_S, strict=True):
            out += [lamp | {"file": f"C3_{name}{i}", "exposure_s": exposure_s} for i in range(REPEATS)]
            out += [dark | {"file": f"C3_{name}_dark{i}", "exposure_s": exposure_s} for i in range(REPEATS)]
    return out


def _wall(config: CameraConfig, white_cd_m2: float) -> list[Frame]:
    """The wall's edge left, in the middle and right, and once with the camera in sideways motion."""
    half = math.radians(min(config.optics.theta_max_deg, 70.0))
    reach = min(0.5 * config.sensor.width_px / config.optics.intrinsics.fx_px, 0.8 * math.tan(half))
    base = {"test": "B4", "kind": "wall", "exposure_s": 2e-4, "analog_gain": 1.0, "save": "mosaic"}
    base |= {"luminance_cd_m2": white_cd_m2 * EXPOSURE_S / 2e-4}
    out = []
    for i, (place, speed_mps) in enumerate(((-0.6, 0.0), (0.05, 0.0), (0.55, 0.0), (0.1, 25.0))):
        out.append(base | {"file": f"B4_{i}", "tangent": round(place * reach, 3), "speed_mps": speed_mps})
    return out + [base | {"kind": "uniform", "file": f"B4_flat{i}"} for i in range(REPEATS)]

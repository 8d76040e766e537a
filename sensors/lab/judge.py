"""Holds what the laboratory measured beside what the camera is, with the tolerances of the acceptance table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from sensors.camera_config import CameraConfig
from sensors.lens import Lens

FIELD_EDGE_DEG = 80.0
Measured = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One quantity: what it is, what was measured, the deviation and how much is allowed, both in the unit named."""

    test: str
    quantity: str
    truth: float
    measured: float
    deviation: float
    low: float
    high: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether the deviation lies within the tolerance; a figure that is no number does not."""
        return math.isfinite(self.deviation) and self.low <= self.deviation <= self.high


RELATIVE: dict[str, tuple[tuple[str, float], ...]] = {
    "A1": (
        ("conversion_dn_per_e", 0.5),
        ("quantum_efficiency_green", 0.5),
        ("read_noise_e", 1.0),
        ("dark_current_e_per_s", 1.0),
        ("dsnu_e", 3.0),
        ("prnu_ratio", 1.0),
        ("column_e", 12.0),
    ),
    "A6": (("dark_doubling_c", 3.0),),
    "D1": (("row_time_s", 1.0),),
    "B2": (("fx_px", 0.03), ("fy_px", 0.03)),
    "B3": (("fx_px", 0.05), ("fy_px", 0.05)),
}
"""Tolerances in per cent of the true value."""

BELOW: dict[str, tuple[tuple[str, float, str], ...]] = {
    "A1": (("linearity_error_percent", 0.1, "%"),),
    "A3": (("ks_distance", 0.006, ""), ("variance_error", 0.005, ""), ("skewness_error", 0.02, "")),
    "A4": (("correlation_over_limit", 1.0, ""), ("frame_correlation_over_limit", 1.0, "")),
    "B2": (("rms_px", 0.06, "px"),),
    "B3": (("rms_px", 0.12, "px"),),
    "C2": (("worst_bin", 0.01, ""),),
    "D1": (("largest_jump_px", 1.0, "px"),),
    "D6": (
        ("dng_differences", 0.0, "values"),
        ("raw12_differences", 0.0, "values"),
        ("dng_black_error_dn", 0.0, "DN"),
        ("dng_order_wrong", 0.0, ""),
    ),
}
"""Figures that must not exceed a limit."""


def verdict(config: CameraConfig, truth: dict[str, float], measured: Measured, oracle: Measured | None) -> list[Row]:
    """All rows of the acceptance table that were measured; `oracle` are the same estimators' figures on textbook pictures."""
    rows = []
    for test, figures in measured.items():
        for name, percent in RELATIVE.get(test, ()):
            if name in figures:
                off = 100.0 * (figures[name] / truth[name] - 1.0)
                rows.append(Row(test, name, truth[name], figures[name], off, -percent, percent, "%"))
        for name, limit, unit in BELOW.get(test, ()):
            if name in figures:
                rows.append(Row(test, name, 0.0, figures[name], figures[name], -math.inf, limit, unit))
        more = _SPECIAL.get(test)
        if more is not None:
            rows += more(config, truth, figures, (oracle or {}).get(test))
    return rows


def _saturation(
    config: CameraConfig, truth: dict[str, float], figures: dict[str, Any], oracle: dict[str, Any] | None
) -> list[Row]:
    """The estimator takes the peak of the variance, which lies a few per cent below the well."""
    off = 100.0 * (figures["saturation_e"] / truth["saturation_e"] - 1.0)
    rows = [Row("A2", "saturation_e", truth["saturation_e"], figures["saturation_e"], off, -6.0, -1.0, "%")]
    if oracle is not None:
        off = 100.0 * (figures["saturation_e"] / oracle["saturation_e"] - 1.0)
        rows.append(
            Row(
                "A2", "saturation_e beside oracle", oracle["saturation_e"], figures["saturation_e"], off, -1.0, 1.0, "%"
            )
        )
        off = figures["dynamic_range_db"] - oracle["dynamic_range_db"]
        rows.append(
            Row(
                "A2",
                "dynamic_range_db beside oracle",
                oracle["dynamic_range_db"],
                figures["dynamic_range_db"],
                off,
                -0.3,
                0.3,
                "dB",
            )
        )
    return rows


def _whiteness(
    config: CameraConfig, truth: dict[str, float], figures: dict[str, Any], oracle: dict[str, Any] | None
) -> list[Row]:
    off = figures["spectrum_spread"] - 1.0
    return [Row("A4", "spectrum_spread", 1.0, figures["spectrum_spread"], off, -0.0224, 0.0224, "")]


def _field(test: str, config: CameraConfig, truth: dict[str, float], figures: dict[str, Any]) -> list[Row]:
    """Difference of the two lenses over the whole picture, after the best rotation (which a calibration cannot know)."""
    error = field_error_px(config, figures, test == "B3")
    rms, worst = float(np.sqrt(np.mean(error**2))), float(error.max())
    out = [
        Row(test, "field error rms", 0.0, rms, rms, 0.0, 0.05, "px"),
        Row(test, "field error max", 0.0, worst, worst, 0.0, 0.15, "px"),
    ]
    if test == "B2":
        centre = ("cx_px", "cy_px")
        out += [
            Row(test, name, truth[name], figures[name], figures[name] - truth[name], -0.6, 0.6, "px") for name in centre
        ]
    return out


def _flat_field(
    config: CameraConfig, truth: dict[str, float], figures: dict[str, Any], oracle: dict[str, Any] | None
) -> list[Row]:
    return _field("B2", config, truth, figures)


def _fisheye_field(
    config: CameraConfig, truth: dict[str, float], figures: dict[str, Any], oracle: dict[str, Any] | None
) -> list[Row]:
    return _field("B3", config, truth, figures)


def field_error_px(config: CameraConfig, figures: dict[str, Any], fisheye: bool) -> NDArray[np.float64]:
    """Distances in px between where both lenses image the same rays, over rays that lie in the picture, up to 80 degrees."""
    optics, sensor = config.optics, config.sensor
    theirs = np.array(
        [[figures["fx_px"], 0.0, figures["cx_px"]], [0.0, figures["fy_px"], figures["cy_px"]], [0.0, 0.0, 1.0]]
    )
    distortion = np.array(figures["distortion"])

    def image(rays: NDArray[np.float64]) -> NDArray[np.float64]:
        project = cv2.fisheye.projectPoints if fisheye else cv2.projectPoints
        pixels = project(np.ascontiguousarray(rays[:, None]), np.zeros(3), np.zeros(3), theirs, distortion)[0]
        return np.asarray(pixels[:, 0], dtype=np.float64)

    edge = math.radians(min(optics.theta_max_deg, FIELD_EDGE_DEG))
    theta, phi = np.meshgrid(np.linspace(0.0, edge, 40), np.linspace(0.0, 2.0 * math.pi, 72, endpoint=False))
    rays = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1).reshape(-1, 3)
    at, _ = Lens(config).project(rays)
    inside = (at > 0.0).all(axis=1) & (at[:, 0] < sensor.width_px - 1) & (at[:, 1] < sensor.height_px - 1)

    def difference(turn: NDArray[np.float64]) -> NDArray[np.float64]:
        rotation = cv2.Rodrigues(turn)[0]
        return (at[inside] - image(rays[inside] @ rotation.T)).ravel()

    best = least_squares(difference, np.zeros(3))
    return np.asarray(np.linalg.norm(best.fun.reshape(-1, 2), axis=1))


def _falloff(
    config: CameraConfig, truth: dict[str, float], figures: dict[str, Any], oracle: dict[str, Any] | None
) -> list[Row]:
    def corner(values: dict[str, Any]) -> float:
        k1, k2, k3 = (values[f"illumination_k{i}"] for i in (1, 2, 3))
        return float(1.0 + k1 + k2 + k3)

    off = 100.0 * (corner(figures) / corner(truth) - 1.0)
    out = [Row("C2", "corner illumination", corner(truth), corner(figures), off, -1.0, 1.0, "%")]
    centre = ("cx_px", "cy_px")
    out += [
        Row("C2", name, truth[name], figures[name], figures[name] - truth[name], -3.0, 3.0, "px") for name in centre
    ]
    return out


def _absolute(
    config: CameraConfig, truth: dict[str, float], figures: dict[str, Any], oracle: dict[str, Any] | None
) -> list[Row]:
    """The camera equation, by hand: E = (pi/4) tau L / N², electrons = yield * E * T * area, DN = K * electrons."""
    area_um2 = (config.sensor.pixel_pitch_m * 1e6) ** 2
    per_lux = truth["conversion_dn_per_e"] * area_um2 * math.pi / 4.0 * truth["transmission"] / truth["f_number"] ** 2
    out = []
    for name, value in figures.items():
        color = name.split("_")[2].removesuffix("2")
        expected = per_lux * truth[f"yield_{color}"]
        out.append(Row("E1", name, expected, value, 100.0 * (value / expected - 1.0), -1.0, 1.0, "%"))
    return out


_SPECIAL: dict[str, Callable[[CameraConfig, dict[str, float], dict[str, Any], dict[str, Any] | None], list[Row]]] = {
    "A2": _saturation,
    "A4": _whiteness,
    "B2": _flat_field,
    "B3": _fisheye_field,
    "C2": _falloff,
    "E1": _absolute,
}

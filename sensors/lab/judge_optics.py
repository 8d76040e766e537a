"""Holds what was measured of the lens beside what its definition says, with the tolerances of the acceptance table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.config.glare import Glare
from sensors.lab.judge import Measured, Row
from sensors.lab.plan_optics import LAMP_PX
from sensors.lens import Lens
from sensors.optics.blur import core_spreads
from sensors.optics.glare import lobe_density, reach_px
from sensors.optics.windscreen import echo_rows

Float64 = NDArray[np.float64]

CONTRAST_AT = np.array([0.1, 0.2, 0.3, 0.4])
BOX_PX = 48
"""Side of the square about the lamp, outside which light is far from it (analysis/optics.py)."""


def optics_rows(config: CameraConfig, measured: Measured) -> list[Row]:
    """Rows of B4, C1, C3 and C4, as far as they were measured."""
    out: list[Row] = []
    if "B4" in measured:
        out += _alignment(measured["B4"])
    if "C1" in measured:
        out += _transfer(config, measured["C1"])
    if "C3" in measured and config.optics.glare is not None:
        out += _flare(config, config.optics.glare, measured["C3"])
    if "C4" in measured:
        out += _lateral(config, measured["C4"])
    return out


def optics_values(config: CameraConfig) -> dict[str, Any]:
    """What the oracle needs to make the same pictures by textbook formulas."""
    optics, sensor = config.optics, config.sensor
    glare = optics.glare
    lateral = optics.lateral_color
    return {
        "spreads_px": [[s.diffraction_px, s.sigma_px, s.disc_px] for s in core_spreads(config)],
        "scales": [1.0, 1.0, 1.0] if lateral is None else [lateral.red, 1.0, lateral.blue],
        "color_matrix": [list(row) for row in sensor.color_matrix],
        "glare_share": 0.0 if glare is None else glare.share,
        "glare_veil": 0.0 if glare is None else glare.veil,
        "glare_lobes": [] if glare is None else [[v.weight, v.radius_px, v.power] for v in glare.lobes],
        "glare_reach_px": reach_px(sensor.width_px, sensor.height_px),
    }


def _alignment(figures: dict[str, Any]) -> list[Row]:
    mean, spread = figures["mean_px"], figures["spread_px"]
    rows = [
        Row("B4", "labels beside the light", 0.0, mean, mean, -0.05, 0.05, "px"),
        Row("B4", "spread over rows", 0.0, spread, spread, 0.0, 0.35, "px"),
    ]
    for name, value in figures.items():
        if name.startswith("B4_"):
            rows.append(Row("B4", f"{name[:4]} labels beside the light", 0.0, value, value, -0.08, 0.08, "px"))
    return rows


def edge_transfer(config: CameraConfig, edge: list[float], frequency: Float64) -> Float64:
    """Contrast transfer across an edge [x, y, angle_deg] of the green planes: lens, pixel, sizes of colours, second image.

    The green filter sees red and blue too, whose edges stand elsewhere: their waves add with phases.
    """
    angle = math.radians(edge[2])
    weights = np.array(config.sensor.color_matrix[1])
    shifts = color_shifts(config, edge)
    wave = np.zeros(frequency.shape, complex)
    for spread, weight, shift in zip(core_spreads(config), weights, shifts, strict=True):
        wave += weight * spread.transfer(frequency) * np.exp(-2j * math.pi * frequency * shift)
    pane = config.optics.windscreen
    if pane is not None:
        up = echo_rows(config) * math.sin(angle)
        wave *= 1.0 - pane.ghost_share + pane.ghost_share * np.exp(2j * math.pi * frequency * up)
    pixel = np.sinc(frequency * math.cos(angle)) * np.sinc(frequency * math.sin(angle))
    return np.abs(wave * pixel)


def color_shifts(config: CameraConfig, edge: list[float]) -> list[float]:
    """How far across the edge the red, green and blue images lie from where an ideal lens has them, px."""
    k, lateral = config.optics.intrinsics, config.optics.lateral_color
    angle = math.radians(edge[2])
    away = (edge[0] - k.cx_px) * math.cos(angle) + (edge[1] - k.cy_px) * math.sin(angle)
    if lateral is None:
        return [0.0, 0.0, 0.0]
    return [(lateral.red - 1.0) * away, 0.0, (lateral.blue - 1.0) * away]


def _transfer(config: CameraConfig, figures: dict[str, Any]) -> list[Row]:
    frequency = np.linspace(0.0, 0.6, 1201)
    out, offs, differences = [], [], []
    for name, found in figures.items():
        curve = edge_transfer(config, found["edge"], frequency)
        truth = float(np.interp(-0.5, -curve, frequency))
        off = 100.0 * (found["mtf50"] / truth - 1.0)
        offs.append(off)
        out.append(Row("C1", f"MTF50 {name[3:]}", truth, found["mtf50"], off, -6.0, 6.0, "%"))
        differences.append(np.array(found["contrast"]) - np.interp(CONTRAST_AT, frequency, curve))
    mean = float(np.mean(offs))
    out.append(Row("C1", "MTF50, mean of the edges", 0.0, mean, mean, -3.0, 3.0, "%"))
    worst = float(np.abs(np.mean(differences, axis=0)).max())
    out.append(Row("C1", "contrast up to 0.4 cycles/px, mean", 0.0, worst, worst, 0.0, 0.03, ""))
    return out


def _lateral(config: CameraConfig, figures: dict[str, Any]) -> list[Row]:
    """Planes see a mixture of the three images: the place of each plane's edge is that mixture's mean."""
    matrix = np.array(config.sensor.color_matrix)
    out = []
    for name, found in figures.items():
        plane = matrix @ np.array(color_shifts(config, found["edge"]))
        for word, row in (("red", 0), ("blue", 2)):
            truth, value = float(plane[row] - plane[1]), found[f"{word}_px"]
            out.append(Row("C4", f"{word} beside green, {name}", truth, value, value - truth, -0.05, 0.05, "px"))
    return out


def _flare(config: CameraConfig, glare: Glare, figures: dict[str, Any]) -> list[Row]:
    sensor = config.sensor
    radius = round(0.05 * sensor.width_px)
    pixels = sensor.width_px * sensor.height_px
    reach = reach_px(sensor.width_px, sensor.height_px)
    ring = np.linspace(0.0, radius, 20001)
    inside = float(np.trapezoid(lobe_density(glare.lobes, ring, reach) * 2.0 * math.pi * ring, ring))
    index = glare.share * (1.0 - inside) + glare.veil * (1.0 - math.pi * radius**2 / pixels)
    lit = Lens(config).illumination > 0.1
    far = glare.share * (_over_the_picture(config, glare, lit) - _in_the_box(glare, reach))
    far += glare.veil * float(np.count_nonzero(lit) - BOX_PX**2) / pixels
    rows = []
    for name, truth in (("veiling_glare_index", index), ("light_far_from_lamp", far)):
        off = 100.0 * (figures[name] / truth - 1.0)
        rows.append(Row("C3", name, truth, figures[name], off, -10.0, 10.0, "%"))
    off = 100.0 * (figures["lamp_light"] - 1.0)
    rows.append(Row("C3", "lamp_light", 1.0, figures["lamp_light"], off, -0.5, 0.5, "%"))
    return rows


def _over_the_picture(config: CameraConfig, glare: Glare, lit: NDArray[np.bool_]) -> float:
    """Share of the lobes' light of a lamp in the middle that stays where the picture is lit."""
    width, height = config.sensor.width_px, config.sensor.height_px
    x, y = np.arange(width) - (width - 1) / 2.0, np.arange(height) - (height - 1) / 2.0
    distance = np.hypot(x[None, :], y[:, None])
    return float(lobe_density(glare.lobes, distance, reach_px(width, height))[lit].sum())


def _in_the_box(glare: Glare, reach: float) -> float:
    """Share of the lobes' light of the lamp, LAMP_PX square, that falls into the box about it."""
    place = np.arange(BOX_PX) - (BOX_PX - 1) / 2.0
    lamp = np.arange(LAMP_PX) - (LAMP_PX - 1) / 2.0
    # distances along one axis from every lamp pixel to every box pixel, and how often each occurs
    steps, counts = np.unique((place[:, None] - lamp[None, :]).ravel(), return_counts=True)
    density = lobe_density(glare.lobes, np.hypot(steps[None, :], steps[:, None]), reach)
    return float(counts @ density @ counts) / LAMP_PX**2

"""D4, D5: range and linearity of merged reads over nine decades of light, and the fall of the noise ratio at each hand-over."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from pictures import load

Figures = tuple[dict[str, float], dict[str, Any]]
_GOOD_RATIO = 10.0
"""Linearity is looked at from this signal-to-noise ratio on, and up to this share of the range's end."""
_UP_TO = 0.9


def _linear(folder: Path, facts: dict[str, Any], frame: dict[str, Any]) -> np.ndarray:
    """Values of the luminance channel's pixels in one row of each cell, by the published curve back on the linear scale."""
    raw = load(folder, frame)[0::2, facts["luminance_column"] :: 2]
    knees = np.array(facts["companding_knees"], dtype=np.float64)
    return raw if not len(knees) else np.interp(raw, knees[:, 1], knees[:, 0])


def _level(frames: list[np.ndarray], dark: float) -> tuple[float, float]:
    """Mean above black and temporal noise, by differences of frames: the fixed pattern drops out."""
    pairs = [frames[i] - frames[i + 1] for i in range(0, len(frames) - 1, 2)]
    return float(np.mean(frames)) - dark, math.sqrt(float(np.mean([np.var(pair) for pair in pairs])) / 2.0)


def _dark(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> float:
    return float(np.mean([_linear(folder, facts, frame) for frame in frames if frame["luminance_cd_m2"] == 0.0]))


def d4(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Range from the light at which signal equals noise to that which a linear camera would need for the saturated value."""
    dark = _dark(folder, facts, frames)
    lit = [frame for frame in frames if frame["luminance_cd_m2"] > 0.0]
    light = np.array(sorted({frame["luminance_cd_m2"] for frame in lit}))
    levels = []
    for luminance in light:
        taken = [_linear(folder, facts, frame) for frame in lit if frame["luminance_cd_m2"] == luminance]
        levels.append(_level(taken, dark))
    mean, noise = np.array(levels).T
    ratio = mean / np.maximum(noise, 1e-9)
    saturated = mean[-1]
    # a first guess of the slope, from far below saturation
    middle = (ratio > _GOOD_RATIO) & (mean < 0.3 * saturated)
    slope = float(np.exp(np.mean(np.log(mean[middle] / light[middle]))))
    end = saturated / slope
    good = (ratio > _GOOD_RATIO) & (light < _UP_TO * end)
    off = 100.0 * (mean[good] / (slope * light[good]) - 1.0)
    over = int(np.nonzero(ratio > 1.0)[0][0])
    least = float(np.exp(np.interp(0.0, np.log(ratio[over - 1 : over + 1]), np.log(light[over - 1 : over + 1]))))
    figures = {
        "dynamic_range_db": 20.0 * math.log10(end / least),
        "worst_linearity_percent": float(off[np.argmax(np.abs(off))]),
    }
    curves = {"luminance_cd_m2": light.tolist(), "snr": ratio.tolist(), "deviation_at": light[good].tolist()}
    return figures, curves | {"deviation_percent": off.tolist()}


def d5(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Fall in dB from just below each hand-over to just above."""
    dark = _dark(folder, facts, frames)
    figures = {}
    for number in sorted({frame["number"] for frame in frames if "number" in frame}):
        ratios = []
        for side in ("below", "above"):
            taken = [_linear(folder, facts, f) for f in frames if f.get("number") == number and f["side"] == side]
            mean, noise = _level(taken, dark)
            ratios.append(20.0 * math.log10(mean / noise))
        figures[f"drop_db_after_read_{number}"] = ratios[0] - ratios[1]
    return figures, {}

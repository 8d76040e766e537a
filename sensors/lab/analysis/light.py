"""C2, E1: fall-off of the light towards the corners, and absolute level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pictures import PLANES, half_positions, load
from scipy.optimize import least_squares

Figures = tuple[dict[str, float], dict[str, Any]]
_BIN_PX = 16


def c2(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """1 + k1 rho² + k2 rho⁴ + k3 rho⁶ (Lensfun's "pa", rho = 1 at the corner) and its centre, from green bins of 16 px."""
    mean = np.mean([load(folder, frame) for frame in frames], axis=0) - facts["black_level_dn"]
    x, y, value = [], [], []
    for row, column in PLANES[1:3]:
        plane = mean[row::2, column::2]
        px, py = half_positions(mean.shape, row, column)
        side = _BIN_PX // 2
        rows, columns = plane.shape[0] // side * side, plane.shape[1] // side * side
        for source, out in ((plane, value), (px, x), (py, y)):
            cut = source[:rows, :columns].reshape(rows // side, side, columns // side, side)
            out.append(cut.mean(axis=(1, 3)).ravel())
    xs, ys, values = np.concatenate(x), np.concatenate(y), np.concatenate(value)
    corner2 = ((mean.shape[1] - 1) / 2.0) ** 2 + ((mean.shape[0] - 1) / 2.0) ** 2

    def model(p: np.ndarray) -> np.ndarray:
        rho2 = ((xs - p[1]) ** 2 + (ys - p[2]) ** 2) / corner2
        return p[0] * (1.0 + rho2 * (p[3] + rho2 * (p[4] + rho2 * p[5])))

    start = [values.max(), mean.shape[1] / 2.0, mean.shape[0] / 2.0, -0.3, 0.0, 0.0]
    scale = [values.max(), 100.0, 100.0, 1.0, 1.0, 1.0]
    fit = least_squares(lambda p: model(p) / values.max() - values / values.max(), start, x_scale=scale)
    residual = model(fit.x) / values - 1.0
    names = ("level_dn", "cx_px", "cy_px", "illumination_k1", "illumination_k2", "illumination_k3")
    figures = {name: float(v) for name, v in zip(names, fit.x, strict=True)}
    figures["worst_bin"] = float(np.abs(residual).max())
    rho = np.sqrt(((xs - fit.x[1]) ** 2 + (ys - fit.x[2]) ** 2) / corner2)
    pick = slice(None, None, max(len(rho) // 800, 1))
    return figures, {"rho": rho[pick].tolist(), "value": (values / fit.x[0])[pick].tolist()}


def e1(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Mean DN above the dark frame of each colour in 64 x 64 px in the middle, per luminance, exposure and gain."""
    height, width = facts["height_px"], facts["width_px"]
    top, left = height // 4 * 2 - 32, width // 4 * 2 - 32
    dark = next(frame for frame in frames if frame["luminance_cd_m2"] == 0.0)
    middle = (slice(top, top + 64), slice(left, left + 64))
    base = load(folder, dark)[middle]
    figures = {}
    for frame in frames:
        if frame is dark:
            continue
        patch = load(folder, frame)[middle] - base
        light = frame["luminance_cd_m2"] * frame["exposure_s"] * frame["analog_gain"]
        for name, (row, column) in zip(("red", "green", "green2", "blue"), PLANES, strict=True):
            figures[f"{frame['file']}_{name}_dn_per_cd_s_m2"] = float(patch[row::2, column::2].mean() / light)
    return figures, {}

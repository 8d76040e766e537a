"""The lens's targets by textbook formulas: transfer functions on a fine grid, glare by one large convolution, edges drawn by hand."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from scipy.signal import fftconvolve
from scipy.special import gammaincc, j1

KINDS = ("half_plane", "spot", "lamp", "wall")
FINE = 8
LAMP_PX, DARK_SHARE = 16, 0.1


def _transfer(frequency: np.ndarray, spread: list[float]) -> np.ndarray:
    """Diffraction, Gaussian aberrations and a disc of defocus; cycles per px."""
    diffraction_px, sigma_px, disc_px = spread
    s = np.clip(frequency * diffraction_px, 0.0, 1.0)
    x = np.maximum(np.pi * frequency * disc_px, 1e-9)
    out = 2.0 / np.pi * (np.arccos(s) - s * np.sqrt(1.0 - s * s))
    return np.asarray(out * np.exp(-2.0 * (np.pi * frequency * sigma_px) ** 2) * 2.0 * j1(x) / x)


class TextbookLens:
    """Luminance on each pixel behind its own filter, as a share of the frame's."""

    def __init__(self, facts: dict[str, Any], values: dict[str, Any]) -> None:
        """`values` are those of judge_optics.optics_values."""
        self.values = values
        self.shape = (facts["height_px"], facts["width_px"])
        self._kernel: np.ndarray | None = None

    def share(self, frame: dict[str, Any]) -> np.ndarray:
        """(H, W) of one planned frame."""
        if frame["kind"] == "half_plane":
            return self._edge(frame)
        if frame["kind"] == "wall":
            return self._wall(frame)[0]
        height, width = self.shape
        y, x = np.mgrid[0:height, 0:width]
        if frame["kind"] == "spot":
            distance = np.hypot(x - (width - 1) / 2.0, y - (height - 1) / 2.0)
            return self._with_glare(np.clip(distance - frame["radius_px"] + 0.5, 0.0, 1.0), 1.0)
        out = np.zeros(self.shape)
        top, left = (height - LAMP_PX) // 2, (width - LAMP_PX) // 2
        out[top : top + LAMP_PX, left : left + LAMP_PX] = 1.0
        return self._with_glare(out, 0.0)

    def mask(self, frame: dict[str, Any]) -> np.ndarray:
        """(H, W) of the wall: 1 the dark half, 2 the bright one."""
        return self._wall(frame)[1]

    def _edge(self, frame: dict[str, Any]) -> np.ndarray:
        """Each colour's edge, blurred on a grid of FINE points a pixel and averaged over pixels, mixed by the filters."""
        height, width = self.shape
        angle = math.radians(frame["angle_deg"])
        side = 256
        left = round(frame["x_px"]) - side // 2
        top = round(frame["y_px"]) - side // 2
        fine = side * FINE
        at = (np.arange(fine) + 0.5) / FINE - 0.5
        f = np.fft.fftfreq(fine) * FINE
        frequency = np.hypot(f[:, None], f[None, : fine // 2 + 1])
        v = self.values
        away = (frame["x_px"] - v["cx_px"]) * math.cos(angle) + (frame["y_px"] - v["cy_px"]) * math.sin(angle)
        across = (at[None, :] + left - frame["x_px"]) * math.cos(angle) + (
            at[:, None] + top - frame["y_px"]
        ) * math.sin(angle)
        colors = []
        for spread, scale in zip(v["spreads_px"], v["scales"], strict=True):
            edge = np.clip((across - (scale - 1.0) * away) * FINE + 0.5, 0.0, 1.0)
            edge = np.fft.irfft2(np.fft.rfft2(edge) * _transfer(frequency, spread), s=edge.shape)
            colors.append(edge.reshape(side, FINE, side, FINE).mean(axis=(1, 3)))
        y, x = np.mgrid[0:height, 0:width]
        far = (x - frame["x_px"]) * math.cos(angle) + (y - frame["y_px"]) * math.sin(angle) > 0.0
        out = far.astype(np.float64)
        # the transform takes the window for periodic: its margin is left out
        margin = 16
        y0, y1 = max(top + margin, 0), min(top + side - margin, height)
        x0, x1 = max(left + margin, 0), min(left + side - margin, width)
        mosaic = np.empty((side, side))
        matrix = v["color_matrix"]
        for row in range(2):
            for column in range(2):
                planes = sum(weight * picture for weight, picture in zip(matrix[row + column], colors, strict=True))
                rows, columns = slice((row - top) % 2, None, 2), slice((column - left) % 2, None, 2)
                mosaic[rows, columns] = planes[rows, columns]
        out[y0:y1, x0:x1] = mosaic[y0 - top : y1 - top, x0 - left : x1 - left]
        return DARK_SHARE + (1.0 - DARK_SHARE) * out

    def _with_glare(self, picture: np.ndarray, around: float) -> np.ndarray:
        """The plain law by convolution on means over 4 x 4 pixels, far from the lamp's own pixels; surroundings of one level."""
        v = self.values
        height, width = self.shape
        coarse = picture[: height // 4 * 4, : width // 4 * 4].reshape(height // 4, 4, width // 4, 4).mean(axis=(1, 3))
        if self._kernel is None:
            y, x = (np.arange(-n, n + 1) * 4.0 for n in coarse.shape)
            self._kernel = np.zeros((len(y), len(x)))
            # mean over each coarse pixel's own pixels
            for dy in (-1.5, -0.5, 0.5, 1.5):
                for dx in (-1.5, -0.5, 0.5, 1.5):
                    self._kernel += self._law(np.hypot(y[:, None] + dy, x[None, :] + dx))
        spread = fftconvolve(coarse - around, self._kernel, mode="full")
        n, m = coarse.shape
        spread = spread[n : 2 * n, m : 2 * m] + around
        spread = cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR)
        share, veil = v["glare_share"], v["glare_veil"]
        return np.asarray((1.0 - share - veil) * picture + share * spread + veil * picture.mean())

    def _law(self, distance: np.ndarray) -> np.ndarray:
        """Lobes w / (r² + a²)^p per px², without Gaussian parts wider than the reach, normalised over the plane."""
        reach = self.values["glare_reach_px"]
        least = 1.0 / (2.0 * reach**2)
        lobes = self.values["glare_lobes"]
        total = sum(weight for weight, _, _ in lobes)
        out = np.zeros(distance.shape)
        for weight, radius, power in lobes:
            plane = math.pi * radius ** (2.0 - 2.0 * power) / (power - 1.0) * gammaincc(power - 1.0, least * radius**2)
            r2 = distance**2 + radius**2
            out += weight / total / plane * r2**-power * gammaincc(power, least * r2)
        return out

    def _wall(self, frame: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """An edge at the asked place, with the lean of the wall's and that of the rolling shutter in one."""
        height, width = self.shape
        v = self.values
        start = v["cx_px"] + 0.8 * frame["tangent"] * v["fx_px"]
        lean = math.tan(math.radians(5.0)) + 0.01 * frame["speed_mps"] / 25.0
        edge = start + lean * (np.arange(height)[:, None] - (height - 1) / 2.0)
        x = np.arange(width)[None, :]
        share = cv2.GaussianBlur(np.clip(x + 0.5 - edge, 0.0, 1.0), (0, 0), max(v["spreads_px"][1][1], 0.3))
        return 0.05 + 0.95 * share, np.where(x >= edge, 2, 1).astype(np.uint8)

"""What years do to a lane of asphalt, as strips of 32 m x 4 m: cracks, sealed cracks, repairs, alligator skin, oil.

Strip 0 is fresh, strip 7 is due for renewal. Only common stains reach a strip's ends, so any two can follow one
another. Forms and sizes after the catalogue of distresses of FHWA-HRT-13-092 (Distress Identification Manual, 2014).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from rendering.kernels import ground_layout as at
from sim.base.streams import stream

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
_OVER = 2
_PER_M = at.DAMAGE_PER_M * _OVER
_LENGTH, _WIDTH = round(at.STRIP_LENGTH_M * _PER_M), at.STRIP_TEXELS * _OVER
_TRACK_M = 0.78
"""Half the distance of a car's wheels."""
_CRACK, _SEAL, _SEAM = 0.38, 0.52, 0.55


def damage_page() -> Float32:
    """(2048, 2048) brightness factors; strip k owns rows 256 k to 256 k + 255, each with mean 1."""
    return np.concatenate([_strip(index) for index in range(at.STRIPS)])


def _strip(index: int) -> Float32:
    pen = _Pen(index)
    age = index / (at.STRIPS - 1)
    plan: list[tuple[Callable[[], None], float]] = [
        (pen.patch, 4.2 * max(age - 0.25, 0.0)), (pen.trench, 2.2 * max(age - 0.3, 0.0)),
        (pen.alligator, 4.5 * max(age - 0.45, 0.0)), (pen.across, 1.0 + 5.0 * age if index else 0.0),
        (pen.along, 3.2 * age), (pen.sealed, 5.0 * max(age - 0.2, 0.0)), (pen.drip, 5.0 + 8.0 * age),
    ]  # fmt: skip
    for draw, count in plan:
        for _ in range(int(count) + (float(pen.rng.random()) < count % 1.0)):
            draw()
    pen.canvas *= _stains(index)
    canvas = cv2.resize(pen.canvas, None, fx=1.0 / _OVER, fy=1.0 / _OVER, interpolation=cv2.INTER_AREA)
    return np.asarray(canvas / canvas.mean(), np.float32)


def _stains(index: int) -> Float32:
    """Clouds drawn out along the way; at the strip's ends those of strip 0, so that strips join without a step."""
    own, common = (_clouds(k) for k in (index, 0))
    x = np.arange(_LENGTH)
    inner = np.clip(np.minimum(x, _LENGTH - 1 - x) / (2.5 * _PER_M), 0.0, 1.0)
    return np.asarray(1.0 + 0.055 * (own * inner + common * (1.0 - inner)), np.float32)


def _clouds(index: int) -> Float32:
    """(512, 4096) noise of unit variance: 0.15 to 2 m across, four times that along."""
    white = stream(0, "ground", "stains", index).standard_normal((_WIDTH, _LENGTH))
    fx, fy = np.meshgrid(np.fft.rfftfreq(_LENGTH) * 4.0, np.fft.fftfreq(_WIDTH))
    frequency = np.hypot(fx, fy) * _PER_M
    frequency[0, 0] = 1.0
    weight = np.where((frequency > 0.45) & (frequency < 7.0), frequency**-1.1, 0.0)
    out = np.fft.irfft2(np.fft.rfft2(white) * weight, s=(_WIDTH, _LENGTH))
    return np.asarray(out / out.std(), np.float32)


class _Pen:
    """Draws on one strip; x along the lane, y across, both in metres (y from the lane's middle)."""

    def __init__(self, index: int) -> None:
        self.rng = stream(0, "ground", "damage", index)
        self.canvas: Float32 = np.ones((_WIDTH, _LENGTH), np.float32)

    def across(self) -> None:
        """A transverse crack over most of the lane."""
        x = self.rng.uniform(1.0, at.STRIP_LENGTH_M - 1.0)
        first, last = sorted(self.rng.uniform(-2.0, 2.0, 2)) if self.rng.random() < 0.4 else (-2.0, 2.0)
        self._crack(self._walk((x, first), (x + self.rng.normal(0.0, 0.25), last), 0.05))

    def along(self) -> None:
        """A longitudinal crack, mostly beside a wheel path."""
        x, length = self.rng.uniform(1.0, 20.0), self.rng.uniform(2.0, 10.0)
        y = self.rng.choice([-1.1, -0.4, 0.4, 1.1, 1.6]) + self.rng.normal(0.0, 0.1)
        self._crack(self._walk((x, y), (min(x + length, 31.0), y + self.rng.normal(0.0, 0.2)), 0.06))

    def sealed(self) -> None:
        """A crack closed with hot bitumen: a dark band of about 5 cm with soft edges."""
        if self.rng.random() < 0.5:
            x = self.rng.uniform(1.5, 30.5)
            line = self._walk((x, -2.0), (x + self.rng.normal(0.0, 0.4), 2.0), 0.10)
        else:
            x, y = self.rng.uniform(1.0, 18.0), self.rng.uniform(-1.5, 1.5)
            line = self._walk((x, y), (x + self.rng.uniform(4.0, 12.0), y + self.rng.normal(0.0, 0.4)), 0.12)
        self._stroke([line], self.rng.uniform(0.040, 0.065), _SEAL, 0.9)

    def patch(self) -> None:
        """A rectangular repair of another tone with a sealed seam."""
        length, width = self.rng.uniform(0.7, 4.5), self.rng.uniform(0.5, 1.7)
        x = self.rng.uniform(0.8, 31.0 - length)
        y = np.clip(self.rng.normal(0.0, 0.9), -2.0 + width / 2.0, 2.0 - width / 2.0)
        self._repair(x, y - width / 2.0, x + length, y + width / 2.0)

    def trench(self) -> None:
        """A service trench right across the lane."""
        x = self.rng.uniform(1.0, 29.0)
        self._repair(x, -2.3, x + self.rng.uniform(0.5, 1.2), 2.3)

    def alligator(self) -> None:
        """Fatigue in a wheel path: a net of cracks with meshes of a hand's width."""
        x, y = self.rng.uniform(3.0, 29.0), self.rng.choice([-_TRACK_M, _TRACK_M])
        half = np.array([self.rng.uniform(0.7, 2.0), self.rng.uniform(0.25, 0.42)])
        count = int(half[0] * half[1] * 4.0 / 0.13**2)
        sites = self.rng.uniform(-1.0, 1.0, (count, 2)) * half
        net = Voronoi(sites)
        lines = []
        for a, b in net.ridge_vertices:
            if a >= 0 and b >= 0:
                ends = net.vertices[[a, b]]
                reach = np.max(np.linalg.norm(ends / half, axis=1))
                if reach < 1.0 and self.rng.random() > reach**4 * 0.8:
                    lines.append(ends + np.array([x, y]))
        self._stroke(lines, 0.010, 0.42, 0.3)

    def drip(self) -> None:
        """Oil and rubber in the middle of the lane."""
        x, y = self.rng.uniform(0.8, 31.2), self.rng.normal(0.0, 0.22)
        radius = self.rng.uniform(0.03, 0.16)
        spot = np.zeros_like(self.canvas)
        axes = (round(radius * self.rng.uniform(1.0, 2.6) * _PER_M), round(radius * _PER_M))
        cv2.ellipse(spot, self._px(x, y), axes, 0.0, 0.0, 360.0, 1.0, -1)
        self._mix(spot, 1.0 - self.rng.uniform(0.1, 0.35), 3.0)

    def _repair(self, x0: float, y0: float, x1: float, y1: float) -> None:
        tone = float(self.rng.choice([0.74, 0.82, 0.90, 1.12]) + self.rng.normal(0.0, 0.03))
        (a, b), (c, d) = self._px(x0, y0), self._px(x1, y1)
        region = self.canvas[max(b, 0) : max(d, 0), a:c]
        region[:] = tone * (1.0 + 0.03 * self.rng.standard_normal(region.shape).astype(np.float32))
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])
        self._stroke([corners], float(self.rng.uniform(0.02, 0.045)), _SEAM, 0.7)

    def _crack(self, line: Float64) -> None:
        self._stroke([line], float(self.rng.uniform(0.006, 0.013)), _CRACK, 0.35)
        if self.rng.random() < 0.5:
            at_k = int(self.rng.integers(1, len(line) - 1))
            end = line[at_k] + self.rng.normal(0.0, 0.7, 2)
            self._stroke([self._walk(tuple(line[at_k]), tuple(end), 0.05)], 0.006, _CRACK + 0.1, 0.35)

    def _walk(self, start: tuple[float, ...], end: tuple[float, ...], wobble_m: float) -> Float64:
        """A crooked line: a straight one plus a random walk that is zero at both ends."""
        a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
        count = max(int(np.linalg.norm(b - a) / 0.09), 4)
        steps = np.cumsum(self.rng.normal(0.0, wobble_m * 0.45, (count + 1, 2)), axis=0)
        t = np.linspace(0.0, 1.0, count + 1)[:, None]
        bridge = steps - steps[:1] * (1.0 - t) - steps[-1:] * t
        return np.asarray(a + (b - a) * t + bridge)

    def _stroke(self, lines: list[Float64], width_m: float, factor: float, blur_px: float) -> None:
        ink = np.zeros_like(self.canvas)
        px = width_m * _PER_M
        for line in lines:
            points = np.round((line + np.array([0.0, _WIDTH / _PER_M / 2.0])) * _PER_M * 8.0)
            cv2.polylines(ink, [points.astype(np.int32)], False, min(px, 1.0), max(round(px), 1), cv2.LINE_8, 3)
        self._mix(ink, factor, blur_px)

    def _mix(self, ink: Float32, factor: float, blur_px: float) -> None:
        soft = cv2.GaussianBlur(ink, (0, 0), blur_px)
        self.canvas *= 1.0 - (1.0 - factor) * np.clip(soft, 0.0, 1.0)

    def _px(self, x: float, y: float) -> tuple[int, int]:
        return round(x * _PER_M), round(y * _PER_M + _WIDTH / 2.0)

"""Pictures of ground detail, drawn once: grain, wear, blades, stones, paving, and what years do to a lane.

All repeat without a seam. Factors have mean 1 (each damage strip by itself), so a surface keeps its material's albedo; WEAR is
a share with a flat distribution, so a threshold of w hides w of the area. Sizes: aggregate of asphalt concrete 8-11 mm
(EN 13108-1), sealed cracks 40-60 mm wide, pavers 0.1 m x 0.2 m (EN 1338). Tested by tests/rendering/test_ground_pages.py.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.assets.ground_damage import damage_page
from rendering.kernels import ground_layout as at
from sim.base.streams import stream

Float32 = NDArray[np.float32]
UInt8 = NDArray[np.uint8]

_SIZE = 1 << at.GRAIN_BITS


def pages() -> list[UInt8]:
    """All pages in the order of the table, finest level, as stored bytes."""
    factors = [_grain(), None, _grass(), _gravel(), _macro(), _pavers(), _slabs(), damage_page()]
    wear = np.floor(_wear() * 255.999).astype(np.uint8)
    return [wear if page is None else factor_bytes(page) for page in factors]


def factor_bytes(factor: Float32) -> UInt8:
    """Brightness factors as bytes of 0.01, their mean kept."""
    scaled = factor / factor.mean() if abs(float(factor.mean()) - 1.0) > 1e-6 else factor
    return np.asarray(np.clip(np.round(scaled / at.FACTOR_UNIT), 0, 255), np.uint8)


def noise(name: str, shortest: float, longest: float, slope: float = 1.0, size: int = _SIZE) -> Float32:
    """Periodic noise of zero mean and unit variance with wavelengths (texels) in a band; amplitude ~ wavelength^slope."""
    white = stream(0, "ground", name).standard_normal((size, size))
    fx, fy = np.meshgrid(np.fft.rfftfreq(size), np.fft.fftfreq(size))
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = 1.0
    band = (frequency >= 1.0 / longest) & (frequency <= 1.0 / shortest)
    spectrum = np.fft.rfft2(white) * np.where(band, frequency**-slope, 0.0)
    out = np.fft.irfft2(spectrum, s=(size, size))
    return np.asarray((out - out.mean()) / out.std(), np.float32)


def _grain() -> Float32:
    """Asphalt seen from above: stones in dark bitumen, some pale, pores, faint clouds."""
    stones = noise("grain", 2.0, 4.5, 0.0)
    pale = np.clip(noise("grain pale", 2.5, 5.0, 0.0) - 1.5, 0.0, 1.2)
    pores = np.clip(-1.3 - noise("grain pores", 2.5, 7.0, 0.0), 0.0, 1.0)
    clouds = noise("grain clouds", 8.0, 160.0, 0.75)
    return np.asarray(np.clip(1.0 + 0.17 * stones + 0.40 * pale - 0.32 * pores + 0.060 * clouds, 0.35, 2.2), np.float32)


def _wear() -> Float32:
    """Where paint goes first: flat distribution over [0, 1), chips of a centimetre in patches of a hand's width."""
    mixed = 0.80 * noise("wear fine", 2.0, 14.0, 0.5) + 0.50 * noise("wear patch", 14.0, 160.0, 0.7)
    return flattened(mixed)


def flattened(values: Float32) -> Float32:
    """The same order of values, spread evenly over [0, 1)."""
    order = np.argsort(values.ravel(), kind="stable")
    out = np.empty(order.size, np.float32)
    out[order] = (np.arange(order.size, dtype=np.float32) + 0.5) / order.size
    return np.asarray(out.reshape(values.shape), np.float32)


def _grass() -> Float32:
    """Blades and tufts from above: short bright strokes over dark gaps."""
    rng = stream(0, "ground", "grass")
    canvas = np.full((_SIZE, _SIZE), 0.55, np.float32)
    for _ in range(16000):
        x, y, angle = rng.uniform(0, _SIZE), rng.uniform(0, _SIZE), rng.uniform(0, 2 * np.pi)
        length = rng.uniform(3.0, 11.0)
        tone = float(np.clip(rng.normal(1.05, 0.30), 0.4, 2.0))
        end = (round(x + length * np.cos(angle)), round(y + length * np.sin(angle)))
        for dx in (-_SIZE, 0, _SIZE) if min(x, _SIZE - x) < 12 else (0,):
            for dy in (-_SIZE, 0, _SIZE) if min(y, _SIZE - y) < 12 else (0,):
                cv2.line(canvas, (round(x) + dx, round(y) + dy), (end[0] + dx, end[1] + dy), tone, 1)
    tufts = noise("grass tufts", 24.0, 160.0, 0.7)
    return np.asarray(np.clip(canvas * (1.0 + 0.16 * tufts), 0.1, 2.4), np.float32)


def _gravel() -> Float32:
    """Crushed stone of 2 to 6 cm: each stone its own tone, dark joints."""
    rng = stream(0, "ground", "gravel")
    count = 5200
    points = rng.uniform(0, _SIZE, (count, 2))
    tones = np.clip(rng.normal(1.05, 0.24, count), 0.45, 1.9).astype(np.float32)
    around = np.concatenate([points + np.array([dx, dy]) for dx in (-_SIZE, 0, _SIZE) for dy in (-_SIZE, 0, _SIZE)])
    grid = np.stack(np.meshgrid(np.arange(_SIZE), np.arange(_SIZE)), axis=-1).reshape(-1, 2) + 0.5
    distance, index = cKDTree(around).query(grid, k=2)
    joint = np.clip((distance[:, 1] - distance[:, 0]) / 1.6, 0.0, 1.0)
    out = (0.42 + 0.58 * joint) * tones[index[:, 0] % count]
    return np.asarray(out.reshape(_SIZE, _SIZE), np.float32)


def _macro() -> Float32:
    """Stains, damp and traffic film: clouds of 0.5 to 30 m."""
    return np.asarray(np.clip(1.0 + 0.20 * noise("macro", 4.0, 256.0, 0.75), 0.3, 1.8), np.float32)


def _paved(cells: NDArray[np.int64], joint: NDArray[np.bool_], name: str, spread: float) -> Float32:
    """Stones numbered in `cells`, each its own tone, with joints and grain."""
    rng = stream(0, "ground", name)
    tones = np.clip(rng.normal(1.0, spread, int(cells.max()) + 1), 0.6, 1.5).astype(np.float32)
    body = tones[cells] * (1.0 + 0.07 * noise(name + " grain", 2.0, 5.0, 0.0) + 0.05 * noise(name + " dirt", 8.0, 90.0))
    soft = cv2.GaussianBlur(np.pad(joint.astype(np.float32), 4, mode="wrap"), (0, 0), 0.7)[4:-4, 4:-4]
    return np.asarray(body * (1.0 - 0.55 * soft), np.float32)


def _pavers() -> Float32:
    """Concrete blocks 0.2 m x 0.1 m in running bond with 4 mm joints of sand."""
    y, x = np.mgrid[0:_SIZE, 0:_SIZE] / at.FINE_PER_M
    course = np.floor(y / 0.1).astype(np.int64)
    shifted = (x + 0.1 * (course % 2)) % 2.0
    stone = np.floor(shifted / 0.2).astype(np.int64)
    joint = (y % 0.1 < 0.006) | (shifted % 0.2 < 0.006)
    return _paved(course * 10 + stone, joint, "pavers", 0.12)


def _slabs() -> Float32:
    """Concrete slabs 0.5 m x 0.5 m, every second course shifted by half, 8 mm joints."""
    y, x = np.mgrid[0:_SIZE, 0:_SIZE] / at.FINE_PER_M
    course = np.floor(y / 0.5).astype(np.int64)
    shifted = (x + 0.25 * (course % 2)) % 2.0
    joint = (y % 0.5 < 0.009) | (shifted % 0.5 < 0.009)
    return _paved(course * 4 + np.floor(shifted / 0.5).astype(np.int64), joint, "slabs", 0.055)

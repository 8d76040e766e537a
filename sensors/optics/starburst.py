"""Spikes about lamps: light diffracted at the straight edges of an iris and at scratches on the glass, far from the core.

Far-field diffraction: intensity ~ |FT(opening)|² at the spatial frequency r / (lambda N D), mean over the visible wavelengths. The
transform of a polygon is a sum over its edges e with midpoints m (Lee and Mittra, IEEE Trans. AP 31(1), 1983):
F(k) = i / k² sum_e (k x e) sinc(k . e / 2) exp(-i k . m). A scratch is a narrow rectangle whose intensity is added.
Tested by tests/sensors/test_starburst.py.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.config.glare import Starburst
from sim.base.streams import stream

Float64 = NDArray[np.float64]

REACH_COARSE_PX = 40
WAVELENGTHS_UM = np.linspace(0.45, 0.65, 9)
SUB = 3
SCRATCH_WIDTH = 0.02
"""Width of a scratch, in diameters of the opening."""
SCRATCH_STRENGTH = 30.0
"""Intensity of a scratch's streak relative to its own geometric diffraction: scratches are deep and many lie side by side."""


def starburst_kernel(
    starburst: Starburst, f_number: float, pitch_um: float, coarse_px: int, reach: int, seed: int, name: str
) -> NDArray[np.float32]:
    """(2 R + 1, 2 R + 1) on the coarse picture, summing to 1; the middle, which is the core's, is left out."""
    reach = min(reach, REACH_COARSE_PX)
    offset = (np.arange(SUB) + 0.5) / SUB - 0.5
    place = np.arange(-reach, reach + 1)
    at = (place[:, None] + offset[None, :]).ravel() * coarse_px
    x, y = np.meshgrid(at, at)
    iris = _polygon(starburst.blades, math.radians(starburst.rotation_deg))
    rng = stream(seed, "camera", name, "scratches")
    scratches = [(rng.uniform(0.0, math.pi), rng.uniform(0.3, 1.0)) for _ in range(starburst.scratches)]
    total = np.zeros(x.shape)
    for wavelength_um in WAVELENGTHS_UM:
        # the opening has a diameter of 1
        to_k = 2.0 * math.pi / (wavelength_um * f_number / pitch_um)
        total += polygon_intensity(iris, to_k * x, to_k * y)
        for angle_rad, length in scratches:
            total += SCRATCH_STRENGTH * _scratch_intensity(angle_rad, length, to_k * x, to_k * y)
    size = 2 * reach + 1
    kernel = total.reshape(size, SUB, size, SUB).mean(axis=(1, 3))
    kernel[np.hypot(place[:, None], place[None, :]) < 1.5] = 0.0
    # odd parts are rounding: the pattern of any opening is symmetric about its middle
    kernel = 0.5 * (kernel + kernel[::-1, ::-1])
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def _polygon(corners: int, turn_rad: float) -> Float64:
    """(N, 2) corners of a regular opening of diameter 1."""
    angle = turn_rad + 2.0 * math.pi * np.arange(corners) / corners
    return 0.5 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _scratch_intensity(angle_rad: float, length: float, kx: Float64, ky: Float64) -> Float64:
    """Of a rectangle of this length and SCRATCH_WIDTH through the opening's middle."""
    along = kx * math.cos(angle_rad) + ky * math.sin(angle_rad)
    aside = ky * math.cos(angle_rad) - kx * math.sin(angle_rad)
    wave = np.sinc(along * length / (2.0 * math.pi)) * np.sinc(aside * SCRATCH_WIDTH / (2.0 * math.pi))
    return np.asarray((length * SCRATCH_WIDTH * wave) ** 2)


def polygon_intensity(corners: Float64, kx: Float64, ky: Float64) -> Float64:
    """|FT|² of an opening with these corners (N, 2) at angular frequencies of any equal shapes."""
    k2 = np.maximum(kx**2 + ky**2, 1e-9)
    total = np.zeros(kx.shape, complex)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        edge, middle = end - start, 0.5 * (start + end)
        phase = kx * middle[0] + ky * middle[1]
        total += (
            (kx * edge[1] - ky * edge[0])
            * np.sinc((kx * edge[0] + ky * edge[1]) / (2.0 * math.pi))
            * np.exp(-1j * phase)
        )
    return np.asarray(np.abs(total / k2) ** 2)

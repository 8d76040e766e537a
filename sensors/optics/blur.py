"""The core of a lens's point spread: contrast transfer by diffraction, aberrations and defocus, and the taps of a filter that has it.

All frequencies are in cycles per pixel. MTF = diffraction * aberrations * defocus (the pixel's own sinc comes from the rays, which
are spread over pixels):
- diffraction of a round aperture: 2/pi (acos s - s sqrt(1 - s²)), s = f lambda N / pitch (Goodman, Fourier Optics);
- aberrations: exp(-2 pi² f² sigma²);
- defocus, geometric: 2 J1(pi f c) / (pi f c) with a disc of c px, |defocus| / N wide on the chip.
Tested by tests/sensors/test_blur.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.special import j1

from sensors.camera_config import CameraConfig
from sensors.config.blur import Blur, LateralColor
from sensors.optics.lateral_color import resampling_transfer
from sim.base.errors import RigError

Float64 = NDArray[np.float64]

WAVELENGTH_UM = (0.60, 0.54, 0.46)
"""Where the red, green and blue filters see most."""
LARGEST_RADIUS_PX = 16
"""Largest half width of the filter: wider discs are no picture any more, and cost time."""
EDGE_BAND = 0.4
"""Frequencies, in cycles per px, that count most: edges and their MTF50 live below."""
GOOD_FIT = 0.029
"""Error of the MTF with which a filter is wide enough: wider ones follow it better, and cost time."""
SAMPLES = 21
FITTING_STEPS = 12


@dataclass(frozen=True)
class CoreSpread:
    """What blurs one colour: f-number times wavelength (0: no diffraction) and sigma and disc, all in px."""

    diffraction_px: float
    sigma_px: float
    disc_px: float

    def transfer(self, frequency: Float64) -> Float64:
        """MTF at frequencies in cycles per px."""
        s = np.clip(frequency * self.diffraction_px, 0.0, 1.0)
        diffraction = 2.0 / math.pi * (np.arccos(s) - s * np.sqrt(1.0 - s * s))
        aberrations = np.exp(-2.0 * (math.pi * frequency * self.sigma_px) ** 2)
        x = np.maximum(math.pi * frequency * self.disc_px, 1e-9)
        return np.asarray(diffraction * aberrations * (2.0 * j1(x) / x))


def core_spreads(config: CameraConfig) -> tuple[CoreSpread, CoreSpread, CoreSpread]:
    """Of red, green and blue, for a lens with `blur`."""
    optics, pitch_um = config.optics, config.sensor.pixel_pitch_m * 1e6
    blur = optics.blur or Blur(diffraction=False)

    def spread(color: int) -> CoreSpread:
        return CoreSpread(
            diffraction_px=WAVELENGTH_UM[color] * optics.f_number / pitch_um if blur.diffraction else 0.0,
            sigma_px=math.hypot(optics.psf_sigma_px, blur.color_sigma_px[color]),
            disc_px=abs(defocus_um(config, color)) / optics.f_number / pitch_um,
        )

    return spread(0), spread(1), spread(2)


def defocus_um(config: CameraConfig, color: int) -> float:
    """How far behind the focus of light from far away the chip lies, in one colour (0 red, 1 green, 2 blue)."""
    blur = config.optics.blur
    if blur is None:
        return 0.0
    warmer_c = config.sensor.temperature_c - blur.thermal_reference_c
    total = blur.defocus_um + blur.thermal_um_per_c * warmer_c + blur.color_focus_um[color]
    if blur.focus_distance_m is not None:
        focal_m = config.optics.intrinsics.fx_px * config.sensor.pixel_pitch_m
        total += focal_m**2 / (blur.focus_distance_m - focal_m) * 1e6
    return total


def filter_taps(config: CameraConfig) -> Float64:
    """(3, R + 1, R + 1): each colour's filter, one quadrant with the middle first, all not negative, the whole filter's sum 1.

    The taps' own frequency response follows the MTF as closely as taps can that are not negative (least largest error up to
    EDGE_BAND): negative ones would ring darkly around lamps. What sensors.optics.lateral_color blurs already is left out.
    Raises RigError where a disc is too wide.
    """
    spreads = core_spreads(config)
    widest = max(0.5 * spread.disc_px + 2.5 * spread.sigma_px + 2.0 * spread.diffraction_px for spread in spreads)
    if widest > LARGEST_RADIUS_PX:
        disc = max(spread.disc_px for spread in spreads)
        raise RigError(
            f"camera {config.name}, optics.blur: found a blur that reaches {widest:.1f} px, with a defocus disc {disc:.1f} px wide; "
            f"expected a reach of at most {LARGEST_RADIUS_PX} px; lower defocus_um, thermal_um_per_c or psf_sigma_px"
        )
    lateral = config.optics.lateral_color or LateralColor()
    scaled = (lateral.red != 1.0, False, lateral.blue != 1.0)
    for radius in range(1, max(math.ceil(widest), 1) + 1):
        fits = [_fitted(spread, radius, done) for spread, done in zip(spreads, scaled, strict=True)]
        if max(error for _, error in fits) <= GOOD_FIT:
            break
    return np.stack([taps for taps, _ in fits])


def response(taps: Float64, fx: Float64, fy: Float64) -> Float64:
    """Frequency response of a filter given by one quadrant (R + 1, R + 1), rows first, at frequencies of any equal shapes."""
    orders = np.arange(taps.shape[0])
    twice = np.where(orders == 0, 1.0, 2.0)
    across = twice * np.cos(2.0 * math.pi * fx[..., None] * orders)
    down = twice * np.cos(2.0 * math.pi * fy[..., None] * orders)
    return np.asarray(np.einsum("...a,ab,...b->...", down, taps, across))


def _fitted(spread: CoreSpread, radius: int, scaled: bool) -> tuple[Float64, float]:
    """One quadrant of taps for one colour, whose picture has been resampled if `scaled`, and the largest error up to EDGE_BAND."""
    axis = np.linspace(0.0, 0.5, SAMPLES)
    fy, fx = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    wanted = spread.transfer(np.hypot(fx, fy))
    before = resampling_transfer(fx) * resampling_transfer(fy) if scaled else np.ones(fx.shape)
    # the filter is the same along rows and columns: one unknown for each pair of orders
    pairs = [(a, b) for a in range(radius + 1) for b in range(a + 1)]
    columns = []
    for a, b in pairs:
        one = np.zeros((radius + 1, radius + 1))
        one[a, b] = one[b, a] = 1.0
        columns.append(response(one, fx, fy) * before)
    matrix = np.stack(columns, axis=1)
    # light must be kept exactly
    within = np.hypot(fx, fy) <= EDGE_BAND
    weight = np.where(within, 1.0, 0.15)
    weight[0] = 1e4
    # half contrast, pixel included, is what an edge's sharpness is judged by
    pixel = np.sinc(fx) * np.sinc(fy)
    matters = np.where(np.abs(wanted * pixel - 0.5) < 0.08, 2.0, 1.0)
    best, least = np.zeros(len(pairs)), math.inf
    for _ in range(FITTING_STEPS):
        found, _ = nnls(matrix * weight[:, None], wanted * weight)
        found /= float(matrix[0] @ found)
        error = matters * np.abs(matrix @ found - wanted)
        worst = float(error[within].max())
        if worst < least:
            best, least = found, worst
        # more weight where it is worst: least squares become least maximum (Lawson's algorithm)
        weight[1:] *= np.sqrt(np.where(within, error / max(worst, 1e-12), 0.3)[1:] + 0.05)
    taps = np.zeros((radius + 1, radius + 1))
    for (a, b), value in zip(pairs, best, strict=True):
        taps[a, b] = taps[b, a] = value
    return taps, float(np.abs(matrix @ best - wanted)[within].max())

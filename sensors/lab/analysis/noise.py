"""A3, A4, A6: the law of the noise against exact Poisson plus normal, its whiteness, dark current over temperature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pictures import PLANES, load
from scipy import stats

Figures = tuple[dict[str, float], dict[str, Any]]
_EXACT_SAMPLES = 4_000_000


def a3(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Largest Kolmogorov-Smirnov distance and errors of variance and skewness over all mean signals.

    The read noise comes from the darkest level; the gain from the brightest, where its variance is the signal's.
    """
    black = facts["black_level_dn"]
    groups: dict[float, list[dict[str, Any]]] = {}
    for frame in frames:
        groups.setdefault(frame["mean_e_asked"], []).append(frame)
    levels = {
        level: np.concatenate([load(folder, frame).ravel() for frame in group]) for level, group in groups.items()
    }
    darkest, brightest = min(levels), max(levels)
    bright, gain = levels[brightest], groups[brightest][0]["analog_gain"]
    dark_gain = groups[darkest][0]["analog_gain"]
    dark_dn2 = levels[darkest].var() - 1.0 / 12.0
    per_gain = (bright.var() - 1.0 / 12.0 - dark_dn2 * (gain / dark_gain) ** 2) / (bright.mean() - black) / gain
    # a millisecond's dark current has shot noise of its own, which the mean accounts for
    dark_e = (levels[darkest].mean() - black) / (per_gain * dark_gain)
    sigma = np.sqrt(dark_dn2 / (per_gain * dark_gain) ** 2 - max(dark_e, 0.0))
    rng = np.random.default_rng(1)
    worst = {"ks_distance": 0.0, "variance_error": 0.0, "skewness_error": 0.0}
    rows = []
    for level, dn in sorted(levels.items()):
        k = per_gain * groups[level][0]["analog_gain"]
        mean = max((dn.mean() - black) / k, 0.0)
        exact_e = rng.poisson(mean, _EXACT_SAMPLES) + rng.normal(0.0, sigma, _EXACT_SAMPLES)
        exact = np.clip(np.floor(exact_e * k + 0.5) + black, 0, 2 ** facts["adc_bits"] - 1)
        distance = _ks(dn, exact)
        expected = (mean + sigma**2) * k * k + 1.0 / 12.0
        skew = mean * k**3 / expected**1.5
        row = (level, distance, dn.var() / expected - 1.0, float(stats.skew(dn)) - skew)
        rows.append(row)
        for name, value in zip(worst, row[1:], strict=True):
            worst[name] = max(worst[name], abs(float(value)))
    return worst, {"levels": rows}


def _ks(first: np.ndarray, second: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of two samples of whole numbers, from their histograms."""
    size = int(max(first.max(), second.max())) + 1
    a = np.cumsum(np.bincount(first.astype(np.int64), minlength=size)) / first.size
    b = np.cumsum(np.bincount(second.astype(np.int64), minlength=size)) / second.size
    return float(np.abs(a - b).max())


def a4(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Spread of the power spectrum's bins times the root of the number of frames (1 for white noise), and correlations."""
    stack = np.stack([load(folder, frame) for frame in frames])
    noise = np.empty_like(stack)
    for row, column in PLANES:
        plane = stack[:, row::2, column::2]
        plane = plane - plane.mean(axis=0)
        noise[:, row::2, column::2] = plane / plane.std()
    count = len(noise)
    power = np.mean(np.abs(np.fft.rfft2(noise)) ** 2, axis=0)[1:, 1:-1]
    # the mean over the frames was taken out, so their noise has one degree of freedom less
    spread = float(power.std() / power.mean()) * np.sqrt(count - 1)
    worst = 0.0
    for rows, columns in ((0, 1), (1, 0), (1, 1), (0, 8)):
        rest = noise[:, rows:, columns:]
        shifted = noise[:, : noise.shape[1] - rows, : noise.shape[2] - columns]
        worst = max(worst, abs(float(np.mean(rest * shifted))))
    in_time = float(np.mean(noise[1:] * noise[:-1])) + 1.0 / (count - 1)
    limit = 5.0 / np.sqrt(noise.size)
    return {
        "spectrum_spread": spread,
        "correlation_over_limit": worst / limit,
        "frame_correlation_over_limit": abs(in_time) / limit,
    }, {"spectrum": np.sort(power.ravel())[:: max(power.size // 500, 1)].tolist()}


def a6(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Kelvins in which the dark current doubles, by a straight line through its logarithm over temperature."""
    temperatures = sorted({frame["temperature_c"] for frame in frames})
    rates = []
    for temperature in temperatures:
        at = [frame for frame in frames if frame["temperature_c"] == temperature]
        times = sorted({frame["exposure_s"] for frame in at})
        means = [np.mean([load(folder, f).mean() for f in at if f["exposure_s"] == t]) for t in times]
        rates.append((means[-1] - means[0]) / (times[-1] - times[0]))
    slope = np.polyfit(temperatures, np.log2(rates), 1)[0]
    return {"dark_doubling_c": float(1.0 / slope)}, {"temperature_c": temperatures, "dn_per_s": rates}

"""Several reads of each pixel merged and companded in one pass over row bands, compiled.

Random words as in sensors.kernels.photons. A charge is drawn once, with the least read noise of its reads; each read of it adds the
rest of its own noise. A row in which no pixel needs the next read is done. Noise: as there, with a term in z³ for the fourth
cumulant, since reads at high conversion gain see single electrons: the distance to Poisson plus normal falls from 0.006 to 0.002 at
0.7 e- of read noise. Tested by tests/sensors/test_hdr.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sensors.kernels.photons import fill_normal, fill_words, philox

CHARGE_PURPOSE = 16
READ_PURPOSE = 32
ROW_PURPOSE = 48


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _draw_charge(mean_e, gain, read, z, noisy, charge_e):
    """Electrons of one row: Poisson plus the noise that all reads of this charge have, exact in three moments, nearly in the fourth.

    e = m + a z + c (z² - 1) + d (z³ - 3z), d / s = m / (24 s⁴) - m² / (18 s⁶), c = m / (6 s² (1 + 6 d / s)), a² = s² - 2c² - 6d².
    Cornish and Fisher, Rev. Inst. Int. Stat. 5, 1938, in Hermite polynomials.
    """
    one, two, three, six = np.float32(1.0), np.float32(2.0), np.float32(3.0), np.float32(6.0)
    fourth, third = np.float32(1.0 / 24.0), np.float32(1.0 / 18.0)
    if not noisy:
        for column in range(len(charge_e)):
            charge_e[column] = mean_e[column] * read[0] + read[1]
        return
    for column in range(len(charge_e)):
        mean = mean_e[column] * read[0] * gain[column] + read[1]
        variance = mean + read[2]
        inverse = one / variance
        part = mean * inverse
        t = part * inverse * fourth - part * part * inverse * third
        c = part / (six + six * six * t)
        spread = variance - two * c * c - six * t * t * variance
        x = z[column]
        square = x * x
        cubic = t * np.sqrt(variance) * x * (square - three)
        charge_e[column] = mean + np.sqrt(spread) * x + c * (square - one) + cubic


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _convert_row(charge_e, offset_e, row_offset, read, own, levels, noisy, wanted, merged):
    """One read of a row: converter value, and the merged value of the pixels that still want one; whether any wants the next."""
    half, none = np.float32(0.5), np.float32(0.0)
    black, max_dn, linear_black = levels[0], levels[1], levels[2]
    left = 0
    for column in range(len(charge_e)):
        e = charge_e[column]
        if noisy:
            e += own[column] + (offset_e[column] + row_offset)
        dn = np.floor(min(e, read[5]) * read[4] + black + half)
        dn = min(max(dn, none), max_dn)
        if wanted[column]:
            merged[column] = (dn - black) * read[6] + linear_black
        wants = wanted[column] and dn >= read[7]
        wanted[column] = wants
        left += wants
    return left > 0


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def compand_row(linear, knees, companded):
    """Piece by piece, rounded to the nearest, as sensors.companding does it: exact, since float64 holds these whole numbers."""
    first = np.uint32(knees[1, 0])
    identity = knees[1, 0] == knees[1, 1]
    largest = np.uint32(0)
    for column in range(len(linear)):
        x = linear[column]
        companded[column] = np.uint16(min(x, first)) if identity else np.uint16(0)
        largest = max(largest, x)
    for k in range(1 if identity else 0, knees.shape[0] - 1):
        begin, run, rise = knees[k, 0], knees[k + 1, 0] - knees[k, 0], knees[k + 1, 1] - knees[k, 1]
        if np.float64(largest) <= begin:
            break
        for column in range(len(linear)):
            d = min(max(np.float64(linear[column]) - begin, 0.0), run)
            companded[column] += np.uint16(np.floor((2.0 * d * rise + run) / (2.0 * run)))


@njit(cache=True, nogil=True, error_model="numpy")
def merge(
    planes, reads, places, prnu, offset_e, levels, knees, normal, noisy, key0, key1, frame, first, last, linear, raw
):
    """Fill linear (H, W) uint32 and raw (H, W) uint16 of rows first..last-1; W must be even.

    planes (P, H, W) float32: mean electrons of the first photodiode in the first read's time. reads (N, 9) float32: share of the
    plane's electrons, dark electrons, variance that is common to the charge's reads, rest of the read's own noise (e-), DN/e- with
    analog gain, well (e-), merged DN per DN, DN from which on the next read is taken, row noise (e-). places (N, 3) int64:
    plane, number of the charge, photodiode. prnu, offset_e (D, H, W): each photodiode's pattern, offsets in e-. levels (4,)
    float32: black and largest converter value, black and largest merged value. knees (K, 2) float64, or none: raw is linear then.
    """
    width = linear.shape[1]
    k0, k1, f = np.uint32(key0), np.uint32(key1), np.uint32(frame)
    half, none = np.float32(0.5), np.float32(0.0)
    words = np.empty((width + 7) // 8 * 4, np.uint32)
    z, charge_e = np.zeros(width, np.float32), np.empty(width, np.float32)
    own, merged = np.zeros(width, np.float32), np.empty(width, np.float32)
    wanted = np.empty(width, np.bool_)
    for row in range(first, last):
        wanted[:] = True
        drawn = np.int64(-1)
        for i in range(reads.shape[0]):
            read = reads[i]
            plane, charge, diode = places[i, 0], places[i, 1], places[i, 2]
            if charge != drawn:
                drawn = charge
                if noisy:
                    fill_words(row, f, CHARGE_PURPOSE + charge, k0, k1, words)
                    fill_normal(words, normal, z)
                _draw_charge(planes[plane, row], prnu[diode, row], read, z, noisy, charge_e)
            row_offset = none
            if noisy:
                w, _, _, _ = philox(np.uint32(0), np.uint32(row), f, np.uint32(ROW_PURPOSE + i), k0, k1)
                row_offset = read[8] * normal[w & np.uint32(0xFFFF)]
            own[:] = none
            if noisy and read[3] > none:
                fill_words(row, f, READ_PURPOSE + i, k0, k1, words)
                fill_normal(words, normal, own)
                own *= read[3]
            if not _convert_row(charge_e, offset_e[diode, row], row_offset, read, own, levels, noisy, wanted, merged):
                break
        for column in range(width):
            linear[row, column] = np.uint32(min(max(merged[column] + half, none), levels[3]))
        if knees.shape[0]:
            compand_row(linear[row], knees, raw[row])
        else:
            for column in range(width):
                raw[row, column] = np.uint16(linear[row, column])

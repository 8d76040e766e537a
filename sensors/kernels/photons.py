"""Radiance to electrons to raw numbers, row band by row band; every pixel depends on its own key only.

Light: E = (pi/4) tau L V / N² lux on the chip from L cd/m² (camera equation, object far away). Noise: the random words of a
pixel are Philox4x32-10 (Salmon et al., SC 2011) of counter (column / 8, row, frame, purpose) under key (seed, camera), so no
thread count or order changes them. Shot, dark and read noise are one normal variable z shaped to the exact first three
cumulants of Poisson plus normal: e = m + sqrt(s² - 2c²) z + c (z² - 1), s² = m + sigma², c = m / (6 s²).
Tested by tests/sensors/test_photons.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

PURPOSE_PIXEL = 0
PURPOSE_ROW = 1

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint32(0x9E3779B9)
_W1 = np.uint32(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: four random 32-bit words of a 128-bit counter under a 64-bit key."""
    for _ in range(10):
        p0 = _M0 * np.uint64(c0)
        p1 = _M1 * np.uint64(c2)
        h0, l0 = np.uint32(p0 >> _SHIFT), np.uint32(p0 & _LOW)
        h1, l1 = np.uint32(p1 >> _SHIFT), np.uint32(p1 & _LOW)
        c0, c1, c2, c3 = np.uint32(h1 ^ c1 ^ k0), l1, np.uint32(h0 ^ c3 ^ k1), l0
        k0 = np.uint32(k0 + _W0)
        k1 = np.uint32(k1 + _W1)
    return c0, c1, c2, c3


@njit(cache=True, nogil=True, error_model="numpy")
def philox_words(c0, c1, c2, c3, k0, k1):
    """The four words as a tuple, for checks against published test vectors."""
    return philox(np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3), np.uint32(k0), np.uint32(k1))


@njit(cache=True, nogil=True, error_model="numpy")
def collect_electrons(radiance, illumination, response, scale, first, last, electrons):
    """Mean photoelectrons (H, W) float32 of rows first..last-1 behind a mosaic whose cells are 2 x 2.

    radiance (H, W, 3) float32 linear Rec.709 in cd/m²; illumination (H, W) relative; response (4, 3) float32 electrons of the
    filters at (0, 0), (0, 1), (1, 0), (1, 1) per unit of scaled R, G, B; scale float32 turns cd/m² into lux seconds square
    micrometres.
    """
    for row in range(first, last):
        for column in range(radiance.shape[1]):
            c = 2 * (row & 1) + (column & 1)
            light = (
                response[c, 0] * radiance[row, column, 0]
                + response[c, 1] * radiance[row, column, 1]
                + response[c, 2] * radiance[row, column, 2]
            )
            electrons[row, column] = max(light * (illumination[row, column] * scale), np.float32(0.0))


@njit(cache=True, nogil=True, error_model="numpy")
def bloom(electrons, full_well, ratio, first, last, out):
    """Mean electrons with a quarter of `ratio` of what each of the four neighbours has beyond its well; rows first..last-1."""
    height, width = electrons.shape
    quarter, none = np.float32(0.25) * ratio, np.float32(0.0)
    for row in range(first, last):
        above, below = max(row - 1, 0), min(row + 1, height - 1)
        for column in range(width):
            left, right = max(column - 1, 0), min(column + 1, width - 1)
            excess = max(electrons[above, column] - full_well, none) + max(electrons[below, column] - full_well, none)
            excess += max(electrons[row, left] - full_well, none) + max(electrons[row, right] - full_well, none)
            out[row, column] = electrons[row, column] + quarter * excess


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def fill_words(row, frame, purpose, k0, k1, words):
    """The random words of one row: four for each block of eight pixels; as halves of 16 bits, one for each pixel."""
    for block in range(len(words) // 4):
        a, b, c, d = philox(np.uint32(block), np.uint32(row), frame, np.uint32(purpose), k0, k1)
        words[4 * block], words[4 * block + 1], words[4 * block + 2], words[4 * block + 3] = a, b, c, d


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def fill_normal(words, normal, z):
    """One normal value for each pixel of a row, from the row's words: looked up on its own, so that the arithmetic is vectorised."""
    # little-endian: pixel i of a block has the low (even i) or high half of word i / 2
    halves = words.view(np.uint16)
    for column in range(len(z)):
        z[column] = normal[halves[column]]


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _convert(e, full_well, conversion, digital_gain, black, max_dn):
    """Electrons to a raw number: well, analog gain and converter, digital gain, black level."""
    e = min(e, full_well)
    converted = np.floor(e * conversion + np.float32(0.5))
    value = np.floor(converted * digital_gain + black + np.float32(0.5))
    return min(max(value, np.float32(0.0)), max_dn)


@njit(cache=True, nogil=True, error_model="numpy")
def read_out(electrons, chip, prnu, offset_e, normal, key0, key1, frame, first, last, raw):
    """Raw numbers (H, W) uint16 of rows first..last-1 from mean photoelectrons (H, W) float32; W must be even.

    chip (8,) float32: conversion (DN/e-, with analog gain), digital gain, black level (DN), full well (e-), read noise (e-),
    dark electrons of this exposure, row noise (e-), largest raw value. prnu (H, W): gain of each pixel, about 1; offset_e
    (H, W): dsnu and column offsets in e-; normal (65536,) float32: quantiles of the unit normal.
    """
    conversion, digital_gain, black, full_well = chip[0], chip[1], chip[2], chip[3]
    read_noise, dark, row_noise, max_dn = chip[4], chip[5], chip[6], chip[7]
    width = raw.shape[1]
    read_variance = read_noise * read_noise
    sixth = np.float32(1.0 / 6.0)
    one, two = np.float32(1.0), np.float32(2.0)
    k0, k1, f = np.uint32(key0), np.uint32(key1), np.uint32(frame)
    words = np.empty((width + 7) // 8 * 4, np.uint32)
    z, value = np.empty(width, np.float32), np.empty(width, np.float32)
    for row in range(first, last):
        w, _, _, _ = philox(np.uint32(0), np.uint32(row), f, np.uint32(PURPOSE_ROW), k0, k1)
        row_offset = row_noise * normal[w & np.uint32(0xFFFF)]
        fill_words(row, f, PURPOSE_PIXEL, k0, k1, words)
        fill_normal(words, normal, z)
        mean_e, gain, offset = electrons[row], prnu[row], offset_e[row]
        for column in range(width):
            mean = mean_e[column] * gain[column] + dark
            variance = mean + read_variance
            c = sixth * mean / variance
            e = mean + np.sqrt(variance - two * c * c) * z[column] + c * (z[column] * z[column] - one)
            e += offset[column] + row_offset
            value[column] = _convert(e, full_well, conversion, digital_gain, black, max_dn)
        for column in range(width):
            raw[row, column] = np.uint16(value[column])


@njit(cache=True, nogil=True, error_model="numpy")
def read_out_noiseless(electrons, chip, first, last, raw):
    """As read_out, without any noise or fixed pattern."""
    for row in range(first, last):
        for column in range(raw.shape[1]):
            e = electrons[row, column] + chip[5]
            raw[row, column] = np.uint16(_convert(e, chip[3], chip[0], chip[1], chip[2], chip[7]))

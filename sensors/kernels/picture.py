"""Per-pixel steps of the image signal processor that no library does in one pass. Tested by tests/sensors/test_isp.py."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def balance_mosaic(raw, tables, shading, pedestal, first, last, out):
    """White-balanced mosaic (H, W) uint16 of rows first..last-1: tables (3, 65536) float32 above black, one per filter colour,
    then the shading correction (H, W) float32, at least 1, then a pedestal that keeps noise below black."""
    top, bottom = np.float32(65535.0), np.float32(0.0)
    for row in range(first, last):
        for column in range(raw.shape[1]):
            value = tables[(row & 1) + (column & 1), raw[row, column]] * shading[row, column] + pedestal
            out[row, column] = np.uint16(max(min(value, top), bottom))


@njit(cache=True, nogil=True, error_model="numpy")
def apply_tone(linear, tone, encoding, keep_hue, first, last, out):
    """8-bit picture (H, W, 3) of rows first..last-1: 16-bit linear light through `tone` (65536,) float32 display light 0..1.

    A share `keep_hue` of each channel follows the tone of the luminance, so that bright colours stay colours; the rest its own
    tone, so that the brightest fade to white. `encoding` (E,) uint8 is the transfer function over display light 0..1.
    """
    top = np.float32(len(encoding) - 1)
    own = np.float32(1.0) - keep_hue
    half, one = np.float32(0.5), np.float32(1.0)
    for row in range(first, last):
        for column in range(linear.shape[1]):
            r, g, b = linear[row, column, 0], linear[row, column, 1], linear[row, column, 2]
            luminance = (np.uint32(r) * 13933 + np.uint32(g) * 46871 + np.uint32(b) * 4732) >> np.uint32(16)
            ratio = keep_hue * tone[luminance] / np.float32(max(luminance, np.uint32(1)))
            out[row, column, 0] = encoding[np.int64(min(ratio * np.float32(r) + own * tone[r], one) * top + half)]
            out[row, column, 1] = encoding[np.int64(min(ratio * np.float32(g) + own * tone[g], one) * top + half)]
            out[row, column, 2] = encoding[np.int64(min(ratio * np.float32(b) + own * tone[b], one) * top + half)]


@njit(cache=True, nogil=True, error_model="numpy")
def color_sums(raw, black, white, top, step, gains, sums):
    """Sums of red, green, blue (shares of full scale) and count over 2x2 cells every `step` px (even) from row `top` (even) down.

    Only cells count whose four pixels are well exposed and whose colour under `gains` (3,) is not far from grey (within a
    factor of two of green): paint and foliage say little about the light.
    """
    sums[:] = 0.0
    span = white - black
    for row in range(top, raw.shape[0] - 1, step):
        for column in range(0, raw.shape[1] - 1, step):
            red = (float(raw[row, column]) - black) / span
            green_a = (float(raw[row, column + 1]) - black) / span
            green_b = (float(raw[row + 1, column]) - black) / span
            blue = (float(raw[row + 1, column + 1]) - black) / span
            green = 0.5 * (green_a + green_b)
            if min(green_a, green_b) < 0.02 or max(max(red, blue), max(green_a, green_b)) > 0.9:
                continue
            balanced_red, balanced_blue = red * gains[0], blue * gains[2]
            if max(balanced_red, balanced_blue) > 2.0 * green or min(balanced_red, balanced_blue) < 0.5 * green:
                continue
            sums[0] += red
            sums[1] += green
            sums[2] += blue
            sums[3] += 1.0

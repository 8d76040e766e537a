"""Per-pixel steps of the image signal processor that no library does in one pass. Tested by tests/sensors/test_isp.py."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def balance_mosaic(raw, tables, cell, shading, pedestal, first, last, out):
    """White-balanced mosaic (H, W) uint16 of rows first..last-1: tables (3, 65536) float32 above black, one per filter colour,
    then the shading correction (H, W) float32, at least 1, then a pedestal that keeps noise below black. cell (4,) int64: the
    filter at (0, 0), (0, 1), (1, 0), (1, 1)."""
    top, bottom = np.float32(65535.0), np.float32(0.0)
    for row in range(first, last):
        even, odd = tables[cell[2 * (row & 1)]], tables[cell[2 * (row & 1) + 1]]
        for column in range(0, raw.shape[1], 2):
            value = even[raw[row, column]] * shading[row, column] + pedestal
            out[row, column] = np.uint16(max(min(value, top), bottom))
            value = odd[raw[row, column + 1]] * shading[row, column + 1] + pedestal
            out[row, column + 1] = np.uint16(max(min(value, top), bottom))


@njit(cache=True, nogil=True, error_model="numpy")
def log_luminance(raw, tables, cell, shading, unit, darkest, first, last, out):
    """log2 of the mean of each cell's four balanced pixels as a share of `unit`, at least `darkest`; cell rows first..last-1."""
    least, scale = np.float32(2.0) ** np.float32(darkest), np.float32(0.25) / np.float32(unit)
    a, b, c, d = tables[cell[0]], tables[cell[1]], tables[cell[2]], tables[cell[3]]
    for row in range(first, last):
        for column in range(out.shape[1]):
            total = a[raw[2 * row, 2 * column]] + b[raw[2 * row, 2 * column + 1]]
            total += c[raw[2 * row + 1, 2 * column]] + d[raw[2 * row + 1, 2 * column + 1]]
            out[row, column] = math.log2(max(total * shading[2 * row, 2 * column] * scale, least))


@njit(cache=True, nogil=True, error_model="numpy")
def balance_compressed(
    raw, tables, cell, shading, pedestal, logs, slope, offset, gains, darkest, steps, first, last, out
):
    """As balance_mosaic, with a gain for each cell (rows first..last-1 of cells): gains (N,) float32 of the base slope * log +
    offset, from `darkest` on in `steps` per EV. logs, slope, offset (H / 2, W / 2) float32."""
    top, bottom = np.float32(65535.0), np.float32(0.0)
    end = np.float32(len(gains) - 2)
    for row in range(first, last):
        for column in range(logs.shape[1]):
            base = slope[row, column] * logs[row, column] + offset[row, column]
            at = min(max((base - darkest) * steps, bottom), end)
            below = np.int64(at)
            part = at - np.float32(below)
            gain = gains[below] + part * (gains[below + 1] - gains[below])
            for i in range(4):
                y, x = 2 * row + (i >> 1), 2 * column + (i & 1)
                value = tables[cell[i], raw[y, x]] * (shading[y, x] * gain) + pedestal
                out[y, x] = np.uint16(max(min(value, top), bottom))


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
def fade_dark_color(luma_chroma, full, first, last):
    """Chroma of rows first..last-1 of a picture (H, W, 3) uint8, luma first, in proportion to luma where that is below `full`."""
    for row in range(first, last):
        for column in range(luma_chroma.shape[1]):
            luma = np.int32(luma_chroma[row, column, 0])
            if luma < full:
                for k in range(1, 3):
                    away = np.int32(luma_chroma[row, column, k]) - np.int32(128)
                    luma_chroma[row, column, k] = np.uint8(np.int32(128) + away * luma // full)


@njit(cache=True, nogil=True, error_model="numpy")
def color_sums(raw, share, places, top, step, gains, sums):
    """Sums of the three channels (shares of full scale) and count over cells every `step` px (even) from row `top` (even) down.

    share (2^bits,) float64: each raw value's light; places (4, 2): row and column in the cell of the first, the second (twice) and
    the third channel. Only cells count whose four pixels are well exposed and whose colour under `gains` (3,) is not far from grey
    (within a factor of two of the second channel): paint and foliage say little about the light.
    """
    sums[:] = 0.0
    for row in range(top, raw.shape[0] - 1, step):
        for column in range(0, raw.shape[1] - 1, step):
            red = share[raw[row + places[0, 0], column + places[0, 1]]]
            green_a = share[raw[row + places[1, 0], column + places[1, 1]]]
            green_b = share[raw[row + places[2, 0], column + places[2, 1]]]
            blue = share[raw[row + places[3, 0], column + places[3, 1]]]
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

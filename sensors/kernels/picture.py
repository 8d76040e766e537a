"""Per-pixel steps of the image signal processor that no library does in one pass. Tested by tests/sensors/test_isp.py."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def balance_mosaic(raw, tables, first, last, out):
    """White-balanced mosaic (H, W) uint16 of rows first..last-1: tables (3, 65536) uint16, one per filter colour."""
    for row in range(first, last):
        for column in range(raw.shape[1]):
            out[row, column] = tables[(row & 1) + (column & 1), raw[row, column]]


@njit(cache=True, nogil=True)
def apply_curve(linear, curve, first, last, out):
    """8-bit picture (H, W, 3) of rows first..last-1 through one table curve (65536,) uint8 of 16-bit values."""
    for row in range(first, last):
        for column in range(linear.shape[1]):
            out[row, column, 0] = curve[linear[row, column, 0]]
            out[row, column, 1] = curve[linear[row, column, 1]]
            out[row, column, 2] = curve[linear[row, column, 2]]


@njit(cache=True, nogil=True)
def color_sums(raw, black, white, step, sums):
    """Sums of red, green, blue and count over 2x2 cells every `step` px (even) whose four pixels are well exposed."""
    sums[:] = 0.0
    span = white - black
    low, high = black + 0.02 * span, black + 0.9 * span
    for row in range(0, raw.shape[0] - 1, step):
        for column in range(0, raw.shape[1] - 1, step):
            red = float(raw[row, column])
            green_a = float(raw[row, column + 1])
            green_b = float(raw[row + 1, column])
            blue = float(raw[row + 1, column + 1])
            if min(green_a, green_b) < low or max(max(red, blue), max(green_a, green_b)) > high:
                continue
            sums[0] += (red - black) / span
            sums[1] += 0.5 * (green_a + green_b - 2.0 * black) / span
            sums[2] += (blue - black) / span
            sums[3] += 1.0

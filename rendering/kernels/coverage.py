"""How much of each pixel a polygon covers, exactly: the box filter in closed form, for shapes of any size.

Each edge adds, row by row, the signed area between itself and the right border of its row to a buffer of differences; the
running sum of a row is then each pixel's covered share. Edges that two polygons share cancel. This is the accumulation
buffer of scan-line font rasterisers. Pixels' centres are at integers. Tested by tests/rendering/test_coverage.py.
"""

from __future__ import annotations

import math

from numba import njit

from rendering.kernels.lane_math import OPTIONS


@njit(**OPTIONS)
def add_edge(buffer, u0, v0, u1, v1):
    """Add the edge from (u0, v0) to (u1, v1) in px to `buffer` (H, W + 2); parts above, below and right of the image vanish.

    Parts left of the image count for its whole rows, as they must.
    """
    height, width = buffer.shape[0], buffer.shape[1] - 2
    x0, y0, x1, y1, sign = u0 + 0.5, v0 + 0.5, u1 + 0.5, v1 + 0.5, 1.0
    if y0 == y1:
        return
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -1.0
    slope = (x1 - x0) / (y1 - y0)
    for y in range(max(math.floor(y0), 0), min(math.ceil(y1), height)):
        top, bottom = max(float(y), y0), min(y + 1.0, y1)
        a, b = x0 + (top - y0) * slope, x0 + (bottom - y0) * slope
        _add_clipped(buffer[y], min(a, b), max(a, b), sign * (bottom - top), width)


@njit(**OPTIONS)
def _add_clipped(row, left, right, rise, width):
    """Add an edge from `left` to `right` within one row: what lies left of the image at its border, right of it not at all."""
    if left >= width:
        return
    if right <= 0.0:
        _add_span(row, 0.0, 0.0, rise)
        return
    steep = rise / (right - left) if right > left else 0.0
    if left < 0.0:
        _add_span(row, 0.0, 0.0, -left * steep)
        rise += left * steep
        left = 0.0
    if right > width:
        rise -= (right - width) * steep
        right = float(width)
    _add_span(row, left, right, rise)


@njit(**OPTIONS)
def _add_span(row, left, right, rise):
    """Add an edge that goes from `left` to `right` within one row while it climbs by `rise`."""
    first, last = math.floor(left), math.ceil(right)
    if last <= first + 1:
        middle = 0.5 * (left + right) - first
        row[first] += rise * (1.0 - middle)
        row[first + 1] += rise * middle
        return
    steep = rise / (right - left)
    before = 0.0
    for x in range(first, last):
        # area to the right of the edge within this pixel, less what the pixels before already carry over
        enter, leave = max(left, float(x)), min(right, x + 1.0)
        inside = steep * ((enter - left) + (leave - enter) * (x + 1.0 - 0.5 * (enter + leave)))
        row[x] += inside - before
        before = inside
    row[last] += rise - before


@njit(**OPTIONS)
def take_row(buffer, y, first, last, shares):
    """Fill shares[first:last] with the covered share (0 to 1) of row y's pixels and clear the row there."""
    total = 0.0
    for x in range(first, last):
        total += buffer[y, x]
        buffer[y, x] = 0.0
        shares[x] = min(abs(total), 1.0)
    for x in range(last, min(last + 2, buffer.shape[1])):
        buffer[y, x] = 0.0

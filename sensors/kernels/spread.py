"""Light of a whole picture spread by a lens, row band by row band: core blur, second image, soiling and coarse additions.

Colours lie side by side in a row: (H, 3 W) float32 is a picture (H, W, 3). No pixel is written by two bands, and every one is summed
in the same order whatever the bands. Inner loops run over slices from 0: only then does the compiler know that no index is
negative, and uses the processor's vectors. Tested by tests/sensors/test_blur.py, test_glare.py and test_lateral_color.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _sum(out, one, other):
    for i in range(out.shape[0]):
        out[i] = one[i] + other[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _add_scaled(out, scale, one, other):
    for i in range(out.shape[0]):
        out[i] += scale[i] * (one[i] + other[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _add_three(out, middle_scale, middle, scale, left, right):
    for i in range(out.shape[0]):
        out[i] += middle_scale[i] * middle[i] + scale[i] * (left[i] + right[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _set_three(out, middle_scale, middle, scale, left, right):
    for i in range(out.shape[0]):
        out[i] = middle_scale[i] * middle[i] + scale[i] * (left[i] + right[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _blur_row(light, taps, row, pair, total):
    """Fill total (3 W,) with row `row` of the picture filtered by taps (R + 1, R + 1, 3 W), R at least 1; edges are replicated."""
    height, width = light.shape
    reach = taps.shape[0] - 1
    edge = min(3 * reach, width // 6 * 3)
    count = width - 2 * edge
    middle = slice(edge, edge + count)
    left, right = slice(edge - 3, edge - 3 + count), slice(edge + 3, edge + 3 + count)
    for a in range(reach + 1):
        _sum(pair, light[max(row - a, 0)], light[min(row + a, height - 1)])
        if a == 0:
            _set_three(total[middle], taps[a, 0][middle], pair[middle], taps[a, 1][middle], pair[left], pair[right])
        else:
            _add_three(total[middle], taps[a, 0][middle], pair[middle], taps[a, 1][middle], pair[left], pair[right])
        for b in range(2, reach + 1):
            step = 3 * b
            near, far = pair[edge - step : edge - step + count], pair[edge + step : edge + step + count]
            _add_scaled(total[middle], taps[a, b][middle], near, far)
        for i in range(2 * edge):
            at = i if i < edge else width - 2 * edge + i
            color = at % 3
            value = np.float32(0.0)
            for b in range(reach + 1):
                beside = pair[max(at - 3 * b, color)] + pair[min(at + 3 * b, width - 3 + color)]
                value += taps[a, b, at] * (beside * np.float32(0.5 if b == 0 else 1.0))
            total[at] = value if a == 0 else total[at] + value


@njit(cache=True, nogil=True, error_model="numpy")
def _straight_row(light, taps, row, total):
    source, factor = light[row], taps[0, 0]
    for i in range(total.shape[0]):
        total[i] = np.float32(2.0) * factor[i] * source[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _add_lean(out, near_share, near, far_share, far):
    for i in range(out.shape[0]):
        out[i] += near_share * near[i] + far_share * far[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _times_lean(out, lean, high, low):
    for i in range(out.shape[0]):
        out[i] *= high[i] + lean * (low[i] - high[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _copy(out, source):
    for i in range(out.shape[0]):
        out[i] = source[i]


@njit(cache=True, nogil=True, error_model="numpy")
def spread_rows(light, taps, echo_rows, echo_share, through, added, first, last, out):
    """Fill rows first..last-1 of out (H, 3 W): what goes straight on, blurred, times what the glass lets through, plus additions.

    taps (R + 1, R + 1, 3 W): the filter's quadrant, rows first, halved in its first row, as each row is met twice. echo_rows: how
    many rows (with a fraction) further down the second image's light comes from, echo_share its strength, 0 for none.
    through (h, 3 W) or (0, 0): share of the light that soiling lets pass; added (h, 3 W) or (0, 0): luminance to be added; both
    on h coarse rows spread evenly over the picture, interpolated linearly.
    """
    height, width = light.shape
    total, pair = np.empty(width, np.float32), np.empty(width, np.float32)
    whole = math.floor(echo_rows)
    part = np.float32(echo_rows - whole)
    share = np.float32(echo_share)
    one = np.float32(1.0)
    coarse = max(through.shape[0], added.shape[0])
    for row in range(first, last):
        if taps.shape[0] > 1:
            _blur_row(light, taps, row, pair, total)
        else:
            _straight_row(light, taps, row, total)
        if share > 0.0:
            near = light[min(max(row + whole, 0), height - 1)]
            far = light[min(max(row + whole + 1, 0), height - 1)]
            _add_lean(total, share * (one - part), near, share * part, far)
        place = min(max((row + 0.5) * coarse / height - 0.5, 0.0), max(coarse - 1.0, 0.0))
        above = int(place)
        below = min(above + 1, max(coarse - 1, 0))
        lean = np.float32(place - above)
        if through.shape[0] > 0:
            _times_lean(total, lean, through[above], through[below])
        if added.shape[0] > 0:
            _add_lean(total, one - lean, added[above], lean, added[below])
        _copy(out[row], total)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_by_color(out, red, red_share, green, green_share, blue, blue_share, source):
    for i in range(out.shape[0]):
        out[i] += (red_share * red[i] + green_share * green[i] + blue_share * blue[i]) * source[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _share_of(row, middle, weight):
    """Weight of a row for a colour whose three rows are about `middle`."""
    return weight[row - middle + 1] if -1 <= row - middle <= 1 else np.float32(0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_weighted(out, weight, source):
    for i in range(out.shape[0]):
        out[i] += weight[i] * source[i]


@njit(cache=True, nogil=True, error_model="numpy")
def scale_rows(light, row_middle, row_weight, column_first, column_weight, is_color, first, last, out):
    """Fill rows first..last-1 of out (H, 3 W): each colour's picture scaled by three taps along rows and three along columns.

    row_middle (3, H) int64: middle of the three rows of each colour; row_weight (3, H, 3). column_first: how far left of a column
    the first of the T taps of column_weight (T, 3 W) lies, which cover every colour's three columns. is_color (3, 3 W): 1 where a
    place in a row is of the colour, else 0. Edges are replicated.
    """
    height, width = light.shape
    taps = column_weight.shape[0]
    edge = min(3 * max(column_first, taps - 1 - column_first), width // 6 * 3)
    count = width - 2 * edge
    mixed, total = np.empty(width, np.float32), np.empty(width, np.float32)
    for row in range(first, last):
        reds, greens, blues = row_middle[0, row], row_middle[1, row], row_middle[2, row]
        for i in range(width):
            mixed[i] = np.float32(0.0)
        for source in range(min(reds, greens, blues) - 1, max(reds, greens, blues) + 2):
            _add_by_color(
                mixed,
                is_color[0],
                _share_of(source, reds, row_weight[0, row]),
                is_color[1],
                _share_of(source, greens, row_weight[1, row]),
                is_color[2],
                _share_of(source, blues, row_weight[2, row]),
                light[min(max(source, 0), height - 1)],
            )
        for i in range(width):
            total[i] = np.float32(0.0)
        for t in range(taps):
            start = edge + 3 * (t - column_first)
            _add_weighted(
                total[edge : edge + count], column_weight[t][edge : edge + count], mixed[start : start + count]
            )
            for i in range(2 * edge):
                at = i if i < edge else width - 2 * edge + i
                color = at % 3
                total[at] += (
                    column_weight[t, at] * mixed[min(max(at + 3 * (t - column_first), color), width - 3 + color)]
                )
        _copy(out[row], total)

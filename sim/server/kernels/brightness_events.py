"""When each pixel's brightness crosses its next threshold between two images: the inner loop of the event camera.

Tested by tests/server/test_camera_events.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

SMALLEST_CHANGE = 1e-6


@njit(cache=True, nogil=True)
def crossings(
    before, now, reference, last_ns, rise, fall, begin_ns, duration_ns, refractory_ns, pixels, times_ns, polarity
):  # fmt: skip
    """Fill pixels (N,), times_ns (N,), polarity (N,) with the crossings in pixel order; returns how many there are.

    `before`, `now` and `reference` (P,) float32 are brightness at both ends and at the last crossing; `rise`, `fall` (P,) the
    contrasts that count. Brightness is linear in between. When the answer exceeds N nothing was changed, and the caller
    comes back with more room; else `reference` and `last_ns` (P,) int64, below 0 for never, are brought up to date.
    """
    room = pixels.shape[0]
    total = 0
    for p in range(before.shape[0]):
        total += _of_pixel(before, now, reference, rise, fall, p)
    if total > room:
        return total
    count = 0
    for p in range(before.shape[0]):
        old = before[p]
        change = now[p] - old
        step = rise[p] if change > 0.0 else -fall[p]
        for _ in range(_of_pixel(before, now, reference, rise, fall, p)):
            level = reference[p] + step
            reference[p] = level
            time_ns = begin_ns + np.int64((level - old) * duration_ns / change)
            if last_ns[p] < 0 or time_ns - last_ns[p] >= refractory_ns:
                last_ns[p] = time_ns
                pixels[count] = p
                times_ns[count] = time_ns
                polarity[count] = change > 0.0
                count += 1
    return count


@njit(cache=True, nogil=True)
def _of_pixel(before, now, reference, rise, fall, p):
    """How many thresholds a pixel crosses."""
    old = before[p]
    new = now[p]
    if abs(new - old) <= SMALLEST_CHANGE:
        return 0
    count = 0
    level = reference[p]
    if new > old:
        level += rise[p]
        while level > old and level <= new:
            count += 1
            level += rise[p]
    else:
        level -= fall[p]
        while level < old and level >= new:
            count += 1
            level -= fall[p]
    return count

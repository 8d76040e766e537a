"""The clocks of traffic lights, and their elapsed times in the actors' records."""

from __future__ import annotations

from numba import njit

from sim.server.kernels.unaligned import put_float32


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def advance_lights(timer_s, elapsed_s, frozen, group_of, due_s, delta_s, table_rows, buffer, offset, stride):
    """Advance the timers of all groups (G,) and the times since each light (L,) changed; whether a group is due to switch.

    The float32 at `offset` of each record of `stride` bytes in `buffer` (uint8) gets the elapsed time.
    """
    due = False
    for group in range(timer_s.shape[0]):
        if not frozen[group]:
            timer_s[group] += delta_s
            due |= timer_s[group] >= due_s[group]
    for light in range(elapsed_s.shape[0]):
        if not frozen[group_of[light]]:
            elapsed_s[light] += delta_s
        put_float32(buffer, table_rows[light] * stride + offset, elapsed_s[light])
    return due

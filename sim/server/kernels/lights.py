"""The clocks of traffic lights, and their elapsed times in the actors' records."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def advance_lights(
    timer_s, elapsed_s, frozen, group_of, due_s, delta_s, table_rows, buffer, offset, stride, number, number_bytes
):
    """Advance the timers of all groups (G,) and the times since each light (L,) changed; whether a group is due to switch.

    The records are packed, so the float32 at `offset` of each is unaligned: it is written byte by byte through `number`
    (1,) float32 and its bytes (4,).
    """
    due = False
    for group in range(timer_s.shape[0]):
        if not frozen[group]:
            timer_s[group] += delta_s
            due |= timer_s[group] >= due_s[group]
    for light in range(elapsed_s.shape[0]):
        if not frozen[group_of[light]]:
            elapsed_s[light] += delta_s
        number[0] = elapsed_s[light]
        at = table_rows[light] * stride + offset
        for k in range(4):
            buffer[at + k] = number_bytes[k]
    return due

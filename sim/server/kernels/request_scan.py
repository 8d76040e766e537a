"""Reading msgpack headers only: how deep, how long and how many, before any memory is reserved for what they promise.

Five bytes can declare an array of four billion items, and arrays nest: a decoder that believes them can be made to reserve
gigabytes by a few kilobytes. This scanner walks the headers of a byte stream, in pieces as they arrive, and counts.
Format: github.com/msgpack/msgpack/blob/master/spec.md. Tested by tests/server/test_limits.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

BETWEEN, INSIDE, TOO_DEEP, TOO_MANY, TOO_LONG = 0, 1, 2, 3, 4
"""What a scan finds: the stream is between two messages, or inside one, or this message has too much of something."""

DEPTH, SKIP, BYTES, ITEMS, HEAD, NEEDED, LENGTH, START, STACK = 0, 1, 2, 3, 4, 5, 6, 7, 8
"""Places in the state: open arrays, payload bytes to come, bytes and items of this message, the header being read, its
length bytes to come, their value so far, where in these bytes the last message began (0: perhaps before them); from STACK
on, the items that each open array still expects."""

_PAYLOAD, _EXTENSION, _ARRAY, _MAP = 1, 2, 3, 4


def _headers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each first byte: its kind (0: no length to read), its length bytes, and its fixed payload or count."""
    kind, width, fixed = (np.zeros(256, dtype=np.int64) for _ in range(3))
    for first in range(0x80, 0xC0):
        kind[first] = _MAP if first < 0x90 else (_ARRAY if first < 0xA0 else _PAYLOAD)
        fixed[first] = first & (0x0F if first < 0xA0 else 0x1F)
    for first, (what, bytes_of_length) in {
        **{0xC4 + i: (_PAYLOAD, 1 << i) for i in range(3)},
        **{0xC7 + i: (_EXTENSION, 1 << i) for i in range(3)},
        **{0xD9 + i: (_PAYLOAD, 1 << i) for i in range(3)},
        **{0xDC + i: (_ARRAY, 2 << i) for i in range(2)},
        **{0xDE + i: (_MAP, 2 << i) for i in range(2)},
    }.items():
        kind[first], width[first] = what, bytes_of_length
    for first, size in {0xCA: 4, 0xCB: 8, **{0xCC + i: 1 << (i % 4) for i in range(8)}}.items():
        kind[first], fixed[first] = _PAYLOAD, size
    for i in range(5):
        kind[0xD4 + i], fixed[0xD4 + i] = _PAYLOAD, 1 + (1 << i)
    return kind, width, fixed


_KIND, _WIDTH, _FIXED = _headers()


@njit(cache=True, nogil=True)
def scan(data, state, max_depth, max_items, max_bytes):
    """Take the next bytes (uint8) of a stream into the state (int64); what was found."""
    place, end = 0, len(data)
    while place < end:
        if state[SKIP] > 0:
            step = min(state[SKIP], end - place)
            place += step
            state[SKIP] -= step
            if state[SKIP] == 0:
                _finish(state, place)
            continue
        byte = np.int64(data[place])
        place += 1
        state[BYTES] += 1
        if state[NEEDED] > 0:
            state[LENGTH] = state[LENGTH] << 8 | byte
            state[NEEDED] -= 1
        else:
            state[HEAD] = byte
            state[NEEDED] = _WIDTH[byte]
            state[LENGTH] = _FIXED[byte] if _WIDTH[byte] == 0 else 0
        if state[NEEDED] == 0:
            verdict = _begin(state, place, max_depth, max_items, max_bytes)
            if verdict != INSIDE:
                return verdict
    return INSIDE if state[DEPTH] > 0 or state[SKIP] > 0 or state[NEEDED] > 0 else BETWEEN


@njit(cache=True, nogil=True)
def _begin(state, place, max_depth, max_items, max_bytes):
    """A header is complete: open an array, or expect a payload."""
    kind, length = _KIND[state[HEAD]], state[LENGTH]
    if kind in (_ARRAY, _MAP):
        count = length if kind == _ARRAY else 2 * length
        state[ITEMS] += count
        if state[ITEMS] > max_items:
            return TOO_MANY
        if state[DEPTH] >= max_depth:
            return TOO_DEEP
        if count > 0:
            state[STACK + state[DEPTH]] = count
            state[DEPTH] += 1
            return INSIDE
    elif kind != 0:
        state[SKIP] = length + (1 if kind == _EXTENSION else 0)
        state[BYTES] += state[SKIP]
    if state[BYTES] > max_bytes:
        return TOO_LONG
    if state[SKIP] == 0:
        _finish(state, place)
    return INSIDE


@njit(cache=True, nogil=True)
def _finish(state, place):
    """A value is complete, and with it perhaps the arrays that end with it."""
    while state[DEPTH] > 0:
        state[STACK + state[DEPTH] - 1] -= 1
        if state[STACK + state[DEPTH] - 1] > 0:
            return
        state[DEPTH] -= 1
    state[BYTES] = 0
    state[ITEMS] = 0
    state[START] = place

"""Watches the bytes of one client before they are decoded, so that no header is believed that promises too much."""

from __future__ import annotations

import msgpack
import numpy as np

from sim.server.kernels import request_scan as scanner
from sim.server.limits import Limits

_HEAD_BYTES = 256


class RequestTooBigError(Exception):
    """A request exceeds a limit; the text says which. `message_id` and `method` are its own, as far as they were read."""

    def __init__(self, text: str, message_id: int | None, method: str) -> None:
        super().__init__(text)
        self.message_id = message_id
        self.method = method


class RequestGuard:
    """Follows the headers of a stream of msgpack values. Tested by tests/server/test_limits.py."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._state = np.zeros(scanner.STACK + limits.request_depth, dtype=np.int64)
        self._head = b""

    def take(self, data: bytes) -> bool:
        """The next bytes; whether a request has begun and is not complete. RequestTooBigError when it promises too much."""
        limits = self._limits
        state = self._state
        state[scanner.START] = 0
        verdict = scanner.scan(
            np.frombuffer(data, dtype=np.uint8),
            state,
            limits.request_depth,
            limits.request_items,
            limits.request_bytes,
        )
        if verdict == scanner.BETWEEN:
            self._head = b""
            return False
        start = int(state[scanner.START])
        if start or len(self._head) < _HEAD_BYTES:
            self._head = (b"" if start else self._head) + data[start : start + _HEAD_BYTES]
        if verdict == scanner.INSIDE:
            return True
        what, most = {
            scanner.TOO_DEEP: ("nested arrays", limits.request_depth),
            scanner.TOO_MANY: ("values", limits.request_items),
            scanner.TOO_LONG: ("bytes", limits.request_bytes),
        }[verdict]
        message_id, method = _named(self._head)
        raise RequestTooBigError(
            f"{method}: found a request of more than {most} {what}; allowed is {most}: send less at once",
            message_id,
            method,
        )


def _named(head: bytes) -> tuple[int | None, str]:
    """Id and method of a request from its first bytes; (None, "request") when they do not say."""
    unpacker = msgpack.Unpacker(raw=False, unicode_errors="replace")
    unpacker.feed(head)
    try:
        if unpacker.read_array_header() != 4 or unpacker.unpack() != 0:
            return None, "request"
        message_id, method = unpacker.unpack(), unpacker.unpack()
    except (msgpack.UnpackException, ValueError):
        return None, "request"
    return (message_id if isinstance(message_id, int) else None), (method if isinstance(method, str) else "request")

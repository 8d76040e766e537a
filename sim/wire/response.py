"""The wrappers that CARLA puts around every result, inside the msgpack-rpc response.

`Response<T>` is a struct of one variant, `[[1, value]]` or `[[0, [message]]]`; `Response<void>` a struct of one optional
error, `[[false]]` or `[[true, [message]]]`. `apply_batch` alone answers a bare array. The client decodes them by the
call's signature, so an error in the wrong form shows as std::bad_cast. Tested by tests/wire/test_frames.py.
"""

from __future__ import annotations

from typing import Any

SUCCESS_VOID: list[list[bool]] = [[False]]


def success(value: Any) -> list[list[Any]]:
    """A Response<T> that carries a value."""
    return [[1, value]]


def failure(message: str) -> list[list[Any]]:
    """A Response<T> that carries an error; the client raises RuntimeError(message)."""
    return [[0, [message]]]


def failure_void(message: str) -> list[list[Any]]:
    """A Response<void> that carries an error."""
    return [[True, [message]]]


class ResponseError(Exception):
    """The server answered a call with an error in its Response wrapper."""


def unwrap(result: Any) -> Any:
    """The value inside a Response (None for a void one), or ResponseError with the server's message.

    Values that are not a Response wrapper (apply_batch's array) are returned as they are.
    """
    if isinstance(result, list) and len(result) == 1 and isinstance(result[0], list) and result[0]:
        body = result[0]
        tag = body[0]
        if tag is False and len(body) == 1:
            return None
        if len(body) == 2:
            if tag is True or (tag == 0 and tag is not False):
                raise ResponseError(str(body[1][0]))
            if tag == 1:
                return body[1]
    return result

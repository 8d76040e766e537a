"""The 24-byte token that names a stream: u32 stream id, u16 port, u8 protocol, u8 address type, 16 bytes of address.

With address type 0 the client connects to the host it was constructed with, so one token works on every interface.
Tested by tests/wire/test_frames.py.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

TOKEN_BYTES = 24
_TOKEN = struct.Struct("<IHBB16s")
_TCP = 1
_ADDRESS_UNSET = 0


class Token(NamedTuple):
    """Where a stream is served."""

    stream_id: int
    port: int
    protocol: int
    address_type: int
    address: bytes


def make_token(stream_id: int, port: int) -> bytes:
    """The token of a TCP stream on `port` of whatever host the client already talks to."""
    return _TOKEN.pack(stream_id, port, _TCP, _ADDRESS_UNSET, b"")


def parse_token(token: bytes) -> Token:
    """The fields of a token; ValueError when it is not 24 bytes."""
    if len(token) != TOKEN_BYTES:
        raise ValueError(f"stream token: found {len(token)} bytes; expected {TOKEN_BYTES}")
    return Token(*_TOKEN.unpack(token))

"""A small synchronous msgpack-rpc client: for tests, and for what the carla client does not tell.

Requests are bare msgpack arrays `[0, id, method, params]` back to back on a TCP stream; `params[0]` is CARLA's metadata
`[asynchronous]`. Tested by tests/server/test_streaming.py.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any

import msgpack

from sim.base.errors import ServerLostError
from sim.wire.response import unwrap


class RpcConnection:
    """One connection to a CARLA server's RPC port; calls are answered in order. A context manager."""

    def __init__(self, host: str, port: int, timeout_s: float = 10.0) -> None:
        self._name = f"{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout_s)
        except OSError as error:
            raise ServerLostError(
                f"{self._name}: found no CARLA server ({error}); start one or correct the address"
            ) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unpacker = msgpack.Unpacker(
            raw=False, strict_map_key=False, unicode_errors="surrogateescape", max_buffer_size=1 << 30
        )
        self._next_id = 0

    def call(self, method: str, *args: Any) -> Any:
        """Call and wait; the value inside the Response wrapper. Raises wire.response.ResponseError or ServerLostError."""
        return unwrap(self.call_raw(method, *args))

    def call_raw(self, method: str, *args: Any) -> Any:
        """Call and wait; the result as it lies on the wire, wrapper included."""
        self._next_id += 1
        request = msgpack.packb([0, self._next_id, method, [[False], *args]], use_bin_type=True)
        try:
            self._socket.sendall(request)
            while True:
                for message in self._unpacker:
                    if message[1] == self._next_id:
                        return self._result(method, message)
                data = self._socket.recv(1 << 20)
                if not data:
                    raise ServerLostError(f"{self._name}: the server closed the connection during {method}")
                self._unpacker.feed(data)
        except OSError as error:
            raise ServerLostError(f"{self._name}: {method} was not answered ({error})") from error

    def _result(self, method: str, message: list[Any]) -> Any:
        if message[2] is not None:
            raise ServerLostError(f"{self._name}: {method} failed in the RPC layer: {message[2]}")
        return message[3]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> RpcConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

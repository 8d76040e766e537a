"""A blocking reader of one stream: the client's side of CARLA's streaming protocol.

The client sends the u32 stream id and then only reads: u32 length N, then N bytes. Tested by tests/server/test_streaming.py.
"""

from __future__ import annotations

import socket
from types import TracebackType

from sim.base.errors import ServerLostError
from sim.wire.sensor_frame import FRAME_LENGTH

MAX_FRAME_BYTES = 1 << 30


class StreamConnection:
    """A subscription to one stream of a server; a context manager."""

    def __init__(self, host: str, port: int, stream_id: int, timeout_s: float = 10.0) -> None:
        self._name = f"{host}:{port} stream {stream_id}"
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout_s)
            try:
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._socket.sendall(FRAME_LENGTH.pack(stream_id))
            except OSError:
                self._socket.close()
                raise
        except OSError as error:
            raise ServerLostError(f"{self._name}: found no stream server ({error})") from error
        self._length = bytearray(FRAME_LENGTH.size)

    def read(self) -> bytearray:
        """Wait for the next frame and return it, a new buffer. Raises ServerLostError on time-out or end of stream."""
        self._fill(memoryview(self._length))
        (size,) = FRAME_LENGTH.unpack(self._length)
        if not 0 < size <= MAX_FRAME_BYTES:
            raise ServerLostError(f"{self._name}: found a frame of {size} bytes; allowed is 1 to {MAX_FRAME_BYTES}")
        frame = bytearray(size)
        self._fill(memoryview(frame))
        return frame

    def _fill(self, view: memoryview) -> None:
        while view:
            try:
                received = self._socket.recv_into(view)
            except OSError as error:
                raise ServerLostError(f"{self._name}: no frame arrived ({error})") from error
            if received == 0:
                raise ServerLostError(f"{self._name}: the server closed the stream")
            view = view[received:]

    def fileno(self) -> int:
        """The socket's descriptor, for select."""
        return self._socket.fileno()

    def close(self) -> None:
        """Unsubscribe: the protocol's way is to close the socket."""
        self._socket.close()

    def __enter__(self) -> StreamConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""One client on the RPC port: its bytes in, calls in strict order, its answers out.

Answers to asynchronous calls, which the client discards, wait for the next synchronous one or for a quiet moment: twenty
controls a tick then cost one write instead of twenty, and do not wake the client twenty times.

A connection that sends what is not msgpack-rpc is closed, because the stream cannot be resynchronised; nothing else
happens to the server. Tested by tests/server/test_garbage.py.
"""

from __future__ import annotations

import logging
import socket
import time
from typing import TYPE_CHECKING, Any

import msgpack

from sim.server.transport.event_loop import BROKEN, READABLE, WRITABLE

if TYPE_CHECKING:
    from sim.server.server import Server

_log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 256 << 20
MAX_ARRAY_ITEMS = 4 << 20
_RECEIVE_BYTES = 1 << 18
_MOST_DEFERRED_BYTES = 1 << 16
_REQUEST = 0


class ClientConnection:
    """The server's end of one RPC connection."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server = server
        self.socket = sock
        self._unpacker = msgpack.Unpacker(
            raw=False,
            strict_map_key=False,
            unicode_errors="surrogateescape",
            max_buffer_size=MAX_REQUEST_BYTES,
            max_array_len=MAX_ARRAY_ITEMS,
            max_map_len=MAX_ARRAY_ITEMS,
        )
        self._packer = msgpack.Packer(autoreset=True)
        self._unsent = b""
        self._held_since: float | None = None
        self._answers = bytearray()

    def on_event(self, events: int) -> None:
        """Serve what has arrived; send what is left."""
        if events & WRITABLE:
            self.flush()
        if events & (READABLE | BROKEN):
            self._receive()

    def _receive(self) -> None:
        try:
            data = self.socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._server.disconnect(self)
            return
        try:
            self._unpacker.feed(data)
        except (msgpack.UnpackException, ValueError) as error:
            self._refuse(error)
            return
        if self._held_since is None:
            self._serve()

    def _serve(self) -> None:
        """Answer all complete requests, unless the answer to a tick is held back by a slow subscriber."""
        waits = False
        try:
            for message in self._unpacker:
                if not isinstance(message, list) or len(message) != 4 or message[0] != _REQUEST:
                    raise ValueError(f"found {str(message)[:80]}; expected [0, id, method, params]")
                self._answers += self._answer(message[1], message[2], message[3])
                waits = waits or not _is_asynchronous(message[3])
                if self._server.world.changed and self._server.must_hold():
                    self._held_since = time.perf_counter()
                    self._server.hold(self)
                    return
        except (msgpack.UnpackException, ValueError, RecursionError, MemoryError) as error:
            self._refuse(error)
            return
        if waits or len(self._answers) > _MOST_DEFERRED_BYTES:
            self.flush()
        elif self._answers:
            self._server.defer(self)

    def _answer(self, message_id: Any, method: Any, params: Any) -> bytes:
        result = self._server.dispatcher.call(method, params)
        try:
            return bytes(self._packer.pack([1, message_id, None, result]))
        except (TypeError, ValueError, OverflowError) as error:
            _log.error("%s: the answer cannot be packed: %s", method, error)
            self._packer = msgpack.Packer(autoreset=True)
            failed = self._server.dispatcher.failed(str(method), f"{method}: internal error: {error}")
            return bytes(self._packer.pack([1, message_id, None, failed]))

    def release(self, now_s: float, congested: bool, limit_s: float) -> bool:
        """Send the held answer once the streams have drained, or after the limit; True when released."""
        if self._held_since is None:
            return True
        if congested and now_s - self._held_since < limit_s:
            return False
        self._held_since = None
        self.flush()
        if self.socket.fileno() >= 0:
            self._serve()
        return True

    def flush(self) -> None:
        """Send all answers that wait."""
        if self.socket.fileno() < 0:
            return
        had_rest = bool(self._unsent)
        data = self._unsent + self._answers
        self._answers.clear()
        try:
            sent = self.socket.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            self._server.disconnect(self)
            return
        self._unsent = data[sent:]
        if bool(self._unsent) != had_rest:
            self._server.loop.change(self.socket.fileno(), READABLE | (WRITABLE if self._unsent else 0))

    def _refuse(self, error: BaseException) -> None:
        _log.warning("closing a connection that does not speak msgpack-rpc: %s", error)
        self._server.disconnect(self)


def _is_asynchronous(params: Any) -> bool:
    """CARLA's metadata, the first parameter, tells whether the caller waits."""
    try:
        return params[0][0] is True
    except (TypeError, IndexError, KeyError):
        return False

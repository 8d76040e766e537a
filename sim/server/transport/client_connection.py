"""One client on the RPC port: its bytes in, calls in strict order, its answers out.

Answers to asynchronous calls, which the client discards, wait for the next synchronous one or for a quiet moment: twenty
controls a tick then cost one write instead of twenty, and do not wake the client twenty times. A tick that needs a scene
which is still being built waits for it, while others are served.

Nothing more is read from a client whose answer is held back, that does not read its answers, or whose calls took so long
that it is others' turn; so what it sends waits in its own socket, and no buffer here grows. A request that exceeds a limit
is answered with an error, then the connection ends; one that sends what is not msgpack-rpc ends at once, because the
stream cannot be resynchronised. Tested by tests/server/test_garbage.py and test_limits.py.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgpack

from sim.server.errors import brief
from sim.server.journal import record
from sim.server.limits import SLOW_CALL_S
from sim.server.transport.event_loop import BROKEN, READABLE, WRITABLE
from sim.server.transport.request_guard import RequestGuard, RequestTooBigError

if TYPE_CHECKING:
    from sim.server.server import Server

_RECEIVE_BYTES = 1 << 18
_MOST_DEFERRED_BYTES = 1 << 16
_REQUEST = 0
_NOT_MSGPACK = (msgpack.UnpackException, ValueError, TypeError, RecursionError, MemoryError)
_clock = time.perf_counter


class ClientConnection:
    """The server's end of one RPC connection."""

    def __init__(self, server: Server, sock: socket.socket, name: str) -> None:
        self._server = server
        self._limits = server.limits
        self.socket = sock
        self.name = name
        self.calls = 0
        self.since_s = _clock()
        self.request_began_s: float | None = None
        self._guard = RequestGuard(server.limits)
        self._unpacker = msgpack.Unpacker(
            raw=False,
            strict_map_key=True,
            unicode_errors="surrogateescape",
            max_buffer_size=server.limits.request_bytes + 2 * _RECEIVE_BYTES,
        )
        self._packer = msgpack.Packer(autoreset=True, unicode_errors="surrogateescape")
        self._unsent = b""
        self._held_since: float | None = None
        self._answers = bytearray()
        self._watched = READABLE
        self._more = False
        self._ending = False
        self._postponed: Any = None

    @property
    def waits_its_turn(self) -> bool:
        """Whether complete requests lie here that were not served for the sake of others."""
        return self._more

    def on_event(self, events: int) -> None:
        """Serve what has arrived; send what is left."""
        if events & WRITABLE:
            self.flush()
        if events & (READABLE | BROKEN):
            if self._watched & READABLE:
                self._receive()
            else:
                self._server.disconnect(self, "reset")

    def _receive(self) -> None:
        try:
            data = self.socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._server.disconnect(self, "left in the middle of a request" if self.request_began_s else "left")
            return
        if self._ending:
            return
        try:
            inside = self._guard.take(data)
            if not inside:
                self.request_began_s = None
            elif self.request_began_s is None:
                self.request_began_s = _clock()
            self._unpacker.feed(data)
        except RequestTooBigError as error:
            self._refuse_request(error)
            return
        except _NOT_MSGPACK as error:
            self._refuse(error)
            return
        self.serve()

    def serve(self) -> None:
        """Answer complete requests, as long as it is this client's turn and no slow subscriber holds the answers back."""
        if self._held_since is not None or len(self._unsent) > self._limits.unsent_bytes:
            return
        waits = self._more = ticked = False
        begin = before = _clock()
        worked = _work_s()
        server = self._server
        try:
            for message in self._messages():
                if server.world.sensors.building and _is_tick(message) and server.must_wait():
                    self._postponed = message
                    self._held_since = before
                    server.hold(self)
                    break
                if not isinstance(message, list) or len(message) != 4 or message[0] != _REQUEST:
                    raise ValueError(f"found {brief(message)}; expected [0, id, method, params]")
                self._answers += self._answer(message[1], message[2], message[3])
                self.calls += 1
                now = _clock()
                if now - before > SLOW_CALL_S:
                    self._note_slow(message[2], now - before, worked)
                waits = waits or not _is_asynchronous(message[3])
                if server.world.changed:
                    ticked = True
                    if server.must_hold():
                        self._held_since = now
                        server.hold(self)
                        break
                if now - begin > self._limits.slice_s or len(self._answers) > self._limits.unsent_bytes:
                    self._more = True
                    break
                before, worked = now, _work_s()
        except _NOT_MSGPACK as error:
            self._refuse(error)
            return
        if self._held_since is not None:
            self._watch()
        elif waits or self._more or len(self._answers) > _MOST_DEFERRED_BYTES:
            self.flush()
            if ticked:
                server.world.look_ahead()
            if self._more:
                server.let_others_in(self)
        elif self._answers:
            server.defer(self)

    def _note_slow(self, method: Any, duration_s: float, worked: tuple[float, float]) -> None:
        """Write down a slow call; what the processor did for it tells a slow server from a busy machine."""
        cpu_s, process_cpu_s = (now - then for now, then in zip(_work_s(), worked, strict=True))
        record(
            "slow_call",
            logging.WARNING,
            call=brief(method),
            duration_s=duration_s,
            cpu_s=round(cpu_s, 3),
            process_cpu_s=round(process_cpu_s, 3),
            client=self.name,
        )

    def _messages(self) -> Iterator[Any]:
        """The tick that had to wait, then what has arrived."""
        if self._postponed is not None:
            message, self._postponed = self._postponed, None
            yield message
        yield from self._unpacker

    def _answer(self, message_id: Any, method: Any, params: Any) -> bytes:
        dispatcher = self._server.dispatcher
        dispatcher.client = self.name
        result = dispatcher.call(method, params)
        try:
            return bytes(self._packer.pack([1, message_id, None, result]))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            record("internal_error", logging.ERROR, error, call=brief(method), client=self.name)
            self._packer = msgpack.Packer(autoreset=True, unicode_errors="surrogateescape")
            failed = dispatcher.failed(str(method), f"{brief(method)}: internal error: {error}")
            return bytes(self._packer.pack([1, message_id, None, failed]))

    def release(self, now_s: float, congested: bool, limit_s: float) -> bool:
        """Send the held answer once the streams have drained, or after the limit; True when released."""
        if self._held_since is None:
            return True
        if congested and now_s - self._held_since < limit_s:
            return False
        if self._postponed is not None and self._server.must_wait():
            return False
        self._held_since = None
        self.flush()
        self.serve_on()
        return True

    def serve_on(self) -> None:
        """Go on with requests that had to wait."""
        if self.socket.fileno() >= 0:
            self._more = False
            self.serve()
            self._watch()

    def flush(self) -> None:
        """Send all answers that wait."""
        if self.socket.fileno() < 0:
            return
        data = self._unsent + self._answers if self._unsent else self._answers
        try:
            sent = self.socket.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            self._server.disconnect(self, "reset")
            return
        was_full = len(self._unsent) > self._limits.unsent_bytes
        self._unsent = bytes(data[sent:])
        self._answers = bytearray()
        self._watch()
        if was_full and len(self._unsent) <= self._limits.unsent_bytes:
            self._more = True
            self._server.let_others_in(self)

    def _watch(self) -> None:
        """Tell the loop what this connection waits for."""
        reads = self._held_since is None and not self._more and len(self._unsent) <= self._limits.unsent_bytes
        wanted = (READABLE if reads else 0) | (WRITABLE if self._unsent else 0)
        if wanted != self._watched and self.socket.fileno() >= 0:
            self._watched = wanted
            self._server.loop.change(self.socket.fileno(), wanted)

    def _refuse_request(self, error: RequestTooBigError) -> None:
        """Answer a request that is too big, then send no more; what still comes is thrown away until the client leaves."""
        record("request_refused", logging.WARNING, client=self.name, reason=str(error))
        self._ending = True
        self.request_began_s = self.request_began_s or _clock()
        if error.message_id is None:
            self._server.disconnect(self, "refused")
            return
        failed = self._server.dispatcher.failed(error.method, str(error))
        self._answers += self._packer.pack([1, error.message_id, None, failed])
        self.flush()

    def _refuse(self, error: BaseException) -> None:
        record("no_msgpack_rpc", logging.WARNING, client=self.name, reason=str(error))
        self._server.disconnect(self, "refused")


def _work_s() -> tuple[float, float]:
    """Processor time of this thread, and of all threads of the process."""
    return time.thread_time(), time.process_time()


def _is_tick(message: Any) -> bool:
    """Whether a request is tick_cue, or a batch that ends with a tick."""
    try:
        return message[2] == "tick_cue" or (message[2] == "apply_batch" and message[3][2] is True)
    except (TypeError, IndexError, KeyError):
        return False


def _is_asynchronous(params: Any) -> bool:
    """CARLA's metadata, the first parameter, tells whether the caller waits."""
    try:
        return params[0][0] is True
    except (TypeError, IndexError, KeyError):
        return False

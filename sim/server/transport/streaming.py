"""The streaming side: subscribers of the world stream and of sensors, served without ever blocking the loop.

Backlog: in synchronous mode nothing is dropped; a subscriber that is behind by more than `Limits.backlog_bytes` and a frame
holds back the answer to the tick instead (`congested`), for at most `Limits.stall_s`, or `Limits.silence_s` when it reads
nothing at all, after which its backlog is dropped. In asynchronous mode a frame is skipped for a subscriber that has not
taken the previous one. Unknown stream ids are held open in silence: a client whose socket is closed reconnects at once and
for ever. Whoever names no stream for `Limits.greeting_s` is closed all the same: no real client does that. Tested by
tests/server/test_streaming.py and test_limits.py.
"""

from __future__ import annotations

import logging
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence

from sim.server.journal import record
from sim.server.limits import LIMITS, Limits
from sim.server.transport.event_loop import BROKEN, READABLE, WRITABLE, EventLoop
from sim.wire.sensor_frame import FRAME_LENGTH, WORLD_STREAM_ID

Buffer = bytes | bytearray | memoryview

ANNOUNCE_S = 0.25
"""How long those who listened before a new episode hear nothing of it in real time: see StreamHub.announce."""
SUBSCRIBE_WAIT_S = 0.25
"""How long a synchronous tick waits for a client that asked for a stream's token and is about to subscribe."""


class Subscriber:
    """One accepted connection on the stream port; `stream_id` is None until the client has sent it."""

    def __init__(self, hub: StreamHub, sock: socket.socket) -> None:
        self._hub = hub
        self.socket = sock
        self.stream_id: int | None = None
        self.backlog: deque[memoryview] = deque()
        self.backlog_bytes = 0
        self.since_s = self.read_s = time.perf_counter()
        self.owed: bytes | None = None
        self._greeting = b""

    def on_event(self, events: int) -> None:
        """Read the stream id or notice the end; write what is left."""
        if events & WRITABLE:
            self._write_backlog()
        if events & (READABLE | BROKEN):
            self._read()

    def _read(self) -> None:
        try:
            data = self.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hub.drop(self)
            return
        if self.stream_id is None:
            self._greeting += data
            if len(self._greeting) >= FRAME_LENGTH.size:
                (self.stream_id,) = FRAME_LENGTH.unpack_from(self._greeting)
                self._greeting = b""
                self._hub.subscribe(self)

    def send(self, buffers: Sequence[Buffer], size: int) -> None:
        """Send one frame, keeping a copy of what the socket does not take now."""
        sent = 0
        if not self.backlog:
            try:
                sent = self.socket.sendmsg(buffers) if len(buffers) > 1 else self.socket.send(buffers[0])
            except BlockingIOError:
                sent = 0
            except OSError:
                self._hub.drop(self)
                return
            if sent == size:
                return
        rest = memoryview(b"".join(buffers))[sent:]
        if not self.backlog:
            self._hub.loop.change(self.socket.fileno(), READABLE | WRITABLE)
            self.read_s = time.perf_counter()
        self.backlog.append(rest)
        self.backlog_bytes += len(rest)

    def _write_backlog(self) -> None:
        while self.backlog:
            head = self.backlog[0]
            try:
                sent = self.socket.send(head)
            except BlockingIOError:
                return
            except OSError:
                self._hub.drop(self)
                return
            self.backlog_bytes -= sent
            self.read_s = time.perf_counter()
            if sent < len(head):
                self.backlog[0] = head[sent:]
                return
            self.backlog.popleft()
        self._hub.loop.change(self.socket.fileno(), READABLE)

    def forget_backlog(self) -> None:
        """Drop whole frames that wait; the one being written has to be finished, or the stream would lose its framing."""
        while len(self.backlog) > 1:
            self.backlog_bytes -= len(self.backlog.pop())


class StreamHub:
    """All streams and their subscribers."""

    def __init__(self, loop: EventLoop, limits: Limits = LIMITS) -> None:
        self.loop = loop
        self._limits = limits
        self._subscribers: dict[int, list[Subscriber]] = {}
        self._last_frame: dict[int, Callable[[], bytes]] = {}
        self._open: set[int] = {WORLD_STREAM_ID}
        self._connections: set[Subscriber] = set()
        self.door = -1
        """Descriptor of the listening socket."""
        self._expected: dict[int, int] = {}
        self._announced_s = 0.0
        self._owes = False

    def accept(self, sock: socket.socket) -> None:
        """Take over a new connection on the stream port."""
        subscriber = Subscriber(self, sock)
        self._connections.add(subscriber)
        self.loop.add(sock.fileno(), subscriber.on_event)

    def open(self, stream_id: int) -> None:
        """A stream exists from now on."""
        self._open.add(stream_id)

    def close(self, stream_id: int) -> None:
        """A stream ends; its subscribers stay connected and hear nothing more."""
        self._open.discard(stream_id)
        self._expected.pop(stream_id, None)
        self._last_frame.pop(stream_id, None)
        for subscriber in self._subscribers.pop(stream_id, []):
            subscriber.stream_id = 0

    def exists(self, stream_id: int) -> bool:
        """Whether a token for this stream may be given out."""
        return stream_id in self._open

    def expect(self, stream_id: int) -> None:
        """A client was given the token of a sensor's stream: it is about to subscribe, on another connection."""
        if stream_id != WORLD_STREAM_ID:
            self._expected[stream_id] = self._expected.get(stream_id, 0) + 1

    def let_expected_in(self) -> None:
        """Before a synchronous tick: serve the stream port until everyone expected has subscribed, SUBSCRIBE_WAIT_S at most.

        A client's listen() returns before its subscription is under way; without this, which tick is a sensor's first would
        depend on the machine.
        """
        if not self._expected:
            return
        until = time.perf_counter() + SUBSCRIBE_WAIT_S
        while self._expected and time.perf_counter() < until:
            own = {self.door, *(subscriber.socket.fileno() for subscriber in self._connections)}
            self.loop.serve_some(own, max(until - time.perf_counter(), 0.0))
        self._expected.clear()

    def has_listeners(self, stream_id: int) -> bool:
        """Whether anybody would see a frame."""
        return bool(self._subscribers.get(stream_id))

    def subscribe(self, subscriber: Subscriber) -> None:
        """A connection has named its stream. The last world frame is replayed, so that a second client sees the world."""
        stream_id = subscriber.stream_id
        if stream_id is None or stream_id not in self._open:
            return
        self._subscribers.setdefault(stream_id, []).append(subscriber)
        if self._expected.get(stream_id, 0) > 1:
            self._expected[stream_id] -= 1
        else:
            self._expected.pop(stream_id, None)
        last_frame = self._last_frame.get(stream_id)
        if last_frame is not None:
            last = last_frame()
            subscriber.send([last], len(last))

    def remember(self, stream_id: int, frame_with_length: Callable[[], bytes]) -> None:
        """What makes the frame that those who subscribe later are sent; nothing is copied while nobody does."""
        self._last_frame[stream_id] = frame_with_length

    def announce(self, frame_with_length: bytes) -> None:
        """The first world frame of a new episode: those who subscribe from now on get it, those who listen already get it
        with the next tick (in real time ANNOUNCE_S later at the earliest).

        The client that loads a map gives up its old subscription once load_new_episode is answered. Had it seen the new
        episode on the old one, its Traffic Manager would be ended in one thread while another drops the episode that the
        Traffic Manager's last cycle reads: it crashed or waited for ever. Tested by tests/contract/test_load_world.py.
        """
        self.remember(WORLD_STREAM_ID, lambda: frame_with_length)
        for subscriber in self._subscribers.get(WORLD_STREAM_ID, ()):
            subscriber.owed = frame_with_length
        self._owes = True
        self._announced_s = time.perf_counter()

    def _pay(self, may_drop: bool) -> bool:
        """Send what announce() held back, unless it is too early for that; whether it was sent."""
        if may_drop and time.perf_counter() < self._announced_s + ANNOUNCE_S:
            return False
        for subscriber in tuple(self._subscribers.get(WORLD_STREAM_ID, ())):
            if subscriber.owed is not None:
                frame, subscriber.owed = subscriber.owed, None
                subscriber.send([frame], len(frame))
        self._owes = False
        return True

    def publish(self, stream_id: int, buffers: Sequence[Buffer], may_drop: bool) -> None:
        """Send one frame (its u32 length is in the first buffer) to everyone who listens."""
        subscribers = self._subscribers.get(stream_id)
        if not subscribers:
            return
        if self._owes and stream_id == WORLD_STREAM_ID and not self._pay(may_drop):
            subscribers = [subscriber for subscriber in subscribers if subscriber.owed is None]
        size = sum(len(buffer) for buffer in buffers)
        for subscriber in tuple(subscribers):
            if may_drop and subscriber.backlog:
                continue
            subscriber.send(buffers, size)

    def congested(self) -> bool:
        """Whether some subscriber is so far behind that the next tick has to wait."""
        return any(self._far_behind(subscriber) for subscriber in self._connections)

    def relieve(self, silent_since_s: float | None = None) -> None:
        """Drop the backlog of subscribers that are far behind; with a time, only of those who have read nothing since."""
        for subscriber in self._connections:
            if self._far_behind(subscriber) and (silent_since_s is None or subscriber.read_s < silent_since_s):
                record("backlog_dropped", logging.WARNING, stream=subscriber.stream_id, bytes=subscriber.backlog_bytes)
                subscriber.forget_backlog()

    def _far_behind(self, subscriber: Subscriber) -> bool:
        """More than a frame: one that is being written cannot be dropped, however large, so it is not waited for either."""
        return len(subscriber.backlog) > 1 and subscriber.backlog_bytes > self._limits.backlog_bytes

    @property
    def full(self) -> bool:
        """Whether no further connection is taken for now."""
        return len(self._connections) >= self._limits.subscribers

    def counts(self) -> tuple[int, int]:
        """Connections, and those among them that listen to a stream that exists."""
        return len(self._connections), sum(len(listeners) for listeners in self._subscribers.values())

    def drop_silent(self, now_s: float) -> None:
        """Close connections that have not named a stream in time; when all places are taken, the oldest useless one too."""
        useless = [
            subscriber
            for subscriber in self._connections
            if subscriber.stream_id is None and now_s - subscriber.since_s > self._limits.greeting_s
        ]
        if self.full and not useless:
            silent = [s for s in self._connections if s.stream_id not in self._open]
            useless = sorted(silent, key=lambda subscriber: subscriber.since_s)[:16]
        for subscriber in useless:
            self.drop(subscriber)

    def drop(self, subscriber: Subscriber) -> None:
        """The connection is gone."""
        if subscriber not in self._connections:
            return
        self._connections.discard(subscriber)
        listeners = self._subscribers.get(subscriber.stream_id or 0)
        if listeners and subscriber in listeners:
            listeners.remove(subscriber)
        self.loop.remove(subscriber.socket.fileno())
        subscriber.socket.close()

    def drop_descriptor(self, descriptor: int) -> None:
        """End the connection with this descriptor."""
        for subscriber in tuple(self._connections):
            if subscriber.socket.fileno() == descriptor:
                self.drop(subscriber)

    def close_all(self) -> None:
        """End every connection, after the loop."""
        for subscriber in self._connections:
            subscriber.socket.close()
        self._connections.clear()
        self._subscribers.clear()

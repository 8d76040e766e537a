"""The server: two listening sockets, one loop, one world."""

from __future__ import annotations

import errno
import logging
import resource
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sim.server.dispatch import Dispatcher
from sim.server.errors import PortBusyError
from sim.server.journal import record
from sim.server.limits import (
    KEEPALIVE_IDLE_S,
    KEEPALIVE_INTERVAL_S,
    KEEPALIVE_PROBES,
    LIMITS,
    Limits,
)
from sim.server.map_source import LoadedMap, MapSource
from sim.server.status import TickRate, status_of
from sim.server.transport.client_connection import ClientConnection
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World

_HOUSEKEEPING_S = 0.2
_HELD_S = 0.005
_ROUNDS_S = 1.0
_PORT_PAIR_TRIES = 64


@dataclass(frozen=True)
class ListeningSockets:
    """The RPC port's socket and the stream port's, which is the next port."""

    rpc: socket.socket
    stream: socket.socket

    @property
    def rpc_port(self) -> int:
        """The port that clients are told."""
        return int(self.rpc.getsockname()[1])


def listen(host: str, port: int) -> ListeningSockets:
    """Bind a pair of neighbouring ports; port 0 takes a free pair. PortBusyError names the port that is taken."""
    for attempt in range(_PORT_PAIR_TRIES):
        rpc = _listen_on(host, port)
        try:
            return ListeningSockets(rpc, _listen_on(host, int(rpc.getsockname()[1]) + 1))
        except (PortBusyError, OverflowError):
            rpc.close()
            if port or attempt == _PORT_PAIR_TRIES - 1:
                raise
    raise PortBusyError(f"{host}: found no free pair of ports in {_PORT_PAIR_TRIES} tries; give one with --port")


def _listen_on(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusyError(
                f"port {port} on {host}: another process listens there; a server needs two free ports, P and P + 1: "
                "end that process, choose another with --port, or let --port 0 find a free pair"
            ) from error
        raise PortBusyError(
            f"port {port} on {host}: cannot listen ({error}); choose another with --port or --host"
        ) from error
    sock.setblocking(False)
    return sock


class Server:
    """Serves one world until stop()."""

    def __init__(
        self,
        sockets: ListeningSockets,
        maps: MapSource,
        loaded: LoadedMap,
        seed: int = 0,
        empty: bool = False,
        limits: Limits = LIMITS,
    ) -> None:
        self.limits = limits
        self.loop = EventLoop()
        self.hub = StreamHub(self.loop, limits)
        self.hub.door = sockets.stream.fileno()
        self.world = World(self.hub, maps, loaded, sockets.rpc_port + 1, seed, empty)
        self.world.limits = limits
        self.dispatcher = Dispatcher(self.world, own={"sim_status": lambda _world: status_of(self)})
        self.clients: dict[int, ClientConnection] = {}
        self.rate = TickRate()
        self.started_s = time.perf_counter()
        self._sockets = sockets
        self._held: list[ClientConnection] = []
        self._deferred: list[ClientConnection] = []
        self._waiting: deque[ClientConnection] = deque()
        self._next_tick_s = 0.0
        self._next_round_s = 0.0
        self._watch: Callable[[], bool] | None = None
        _allow_descriptors(limits.clients + limits.subscribers + 64)
        self._accepts_clients = self._accepts_subscribers = True
        self.loop.add(sockets.rpc.fileno(), self._accept_client)
        self.loop.add(sockets.stream.fileno(), self._accept_subscriber)

    def run(self, still_wanted: Callable[[], bool] | None = None) -> None:
        """Serve until stop(), or until `still_wanted()`, asked a few times a second, says no."""
        self._watch = still_wanted
        try:
            self.loop.run(self._housekeeping, self._flush_deferred, self._handler_failed)
        finally:
            self.world.close()
            for client in self.clients.values():
                client.socket.close()
            self.hub.close_all()
            for sock in (self._sockets.rpc, self._sockets.stream):
                sock.close()

    def stop(self) -> None:
        """End run() soon."""
        self.loop.stop()

    def must_hold(self) -> bool:
        """Whether the answer to the tick just done has to wait for slow subscribers (synchronous mode only)."""
        self.world.changed = False
        return self.world.settings.synchronous and self.hub.congested()

    def must_wait(self) -> bool:
        """Whether a tick cannot be done yet: a camera would need the scene, which is being built beside the loop."""
        return self.world.settings.synchronous and self.world.sensors.needs_time()

    def hold(self, client: ClientConnection) -> None:
        """Keep a client waiting until the streams have drained, or its tick can be done."""
        self._held.append(client)

    def defer(self, client: ClientConnection) -> None:
        """A client has answers that may wait for a quiet moment."""
        if client not in self._deferred:
            self._deferred.append(client)

    def let_others_in(self, client: ClientConnection) -> None:
        """A client has more requests than its turn has time for; it goes on after everybody else."""
        self._waiting.append(client)

    def _flush_deferred(self) -> None:
        if self._deferred:
            waiting, self._deferred = self._deferred, []
            for client in waiting:
                client.flush()

    def disconnect(self, client: ClientConnection, reason: str) -> None:
        """A client is gone, or has to go."""
        if self.clients.pop(client.socket.fileno(), None) is not None:
            if client in self._held:
                self._held.remove(client)
            self.loop.remove(client.socket.fileno())
            client.socket.close()
            record("disconnected", client=client.name, reason=reason, calls=client.calls)

    def _accept_client(self, _events: int) -> None:
        sock = _accept(self._sockets.rpc)
        if sock is not None:
            client = ClientConnection(self, sock, _name_of(sock))
            self.clients[sock.fileno()] = client
            self.loop.add(sock.fileno(), client.on_event)
            record("connected", client=client.name)

    def _accept_subscriber(self, _events: int) -> None:
        sock = _accept(self._sockets.stream)
        if sock is not None:
            self.hub.accept(sock)

    def _handler_failed(self, descriptor: int, error: Exception) -> None:
        """A defect while one connection was served: that connection ends, the others go on."""
        record("internal_error", logging.ERROR, error, descriptor=descriptor)
        client = self.clients.get(descriptor)
        if client is not None:
            self.disconnect(client, "internal error")
        else:
            self.hub.drop_descriptor(descriptor)

    def _housekeeping(self, now_s: float) -> float:
        if self._held:
            self._release_held(now_s)
        for _ in range(len(self._waiting)):
            self._waiting.popleft().serve_on()
        if now_s >= self._next_round_s:
            self._next_round_s = now_s + _ROUNDS_S
            self._make_rounds(now_s)
        if self._watch is not None and not self._watch():
            record("parent_gone")
            self.stop()
        pause_s = 0.0 if self._waiting else (_HELD_S if self._held else _HOUSEKEEPING_S)
        next_duty_s = now_s + pause_s
        if self.world.settings.synchronous:
            self._next_tick_s = 0.0
            return next_duty_s
        return min(next_duty_s, self._tick_in_real_time(now_s))

    def _release_held(self, now_s: float) -> None:
        if self._held:
            self.hub.relieve(silent_since_s=now_s - self.limits.silence_s)
        congested = self.hub.congested()
        waiting, self._held = self._held, []
        for client in waiting:
            if not client.release(now_s, congested, self.limits.stall_s):
                self._held.append(client)
            elif congested:
                self.hub.relieve()

    def _make_rounds(self, now_s: float) -> None:
        """Once a second: count ticks, end what has waited too long, and open or close the doors."""
        self.rate.note(now_s, self.world.frame)
        for client in tuple(self.clients.values()):
            if client.request_began_s is not None and now_s - client.request_began_s > self.limits.request_s:
                record("request_never_ended", logging.WARNING, client=client.name)
                self.disconnect(client, "its request did not end")
        self.hub.drop_silent(now_s)
        if len(self.clients) >= self.limits.clients:
            idle = [
                client for client in self.clients.values() if not client.calls and now_s - client.since_s > _ROUNDS_S
            ]
            for client in idle[:16]:
                self.disconnect(client, "made no call while all places were taken")
        self._accepts_clients = self._set_door(
            self._sockets.rpc, self._accept_client, self._accepts_clients, len(self.clients) < self.limits.clients
        )
        self._accepts_subscribers = self._set_door(
            self._sockets.stream, self._accept_subscriber, self._accepts_subscribers, not self.hub.full
        )

    def _set_door(self, listener: socket.socket, handler: Callable[[int], None], is_open: bool, wanted: bool) -> bool:
        """Accept connections, or let them wait in the listener's queue; what holds now."""
        if wanted and not is_open:
            self.loop.add(listener.fileno(), handler)
        elif is_open and not wanted:
            self.loop.remove(listener.fileno())
            record("full", logging.WARNING, port=listener.getsockname()[1], clients=len(self.clients))
        return wanted

    def _tick_in_real_time(self, now_s: float) -> float:
        """Asynchronous mode: one tick each period, without trying to catch up what was missed.

        The first one is a period after synchronous mode has ended: a client that ends it and then destroys its sensors, as
        CARLA's own programs do, is not sent a frame more.
        """
        if self._next_tick_s == 0.0:
            self._next_tick_s = now_s + self.world.settings.delta_s
        if now_s >= self._next_tick_s:
            try:
                self.world.step()
            except Exception as error:  # a defect in one tick must not end the server: log it, the next one may do
                record("internal_error", logging.ERROR, error, call="tick in real time")
            self._next_tick_s = max(self._next_tick_s + self.world.settings.delta_s, time.perf_counter())
        return min(self._next_tick_s, now_s + _HOUSEKEEPING_S)


def _accept(listener: socket.socket) -> socket.socket | None:
    """One connection, or None when it has gone again; the next one makes the listener readable again."""
    try:
        sock = listener.accept()[0]
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        return sock
    except BlockingIOError:
        return None
    except OSError as error:
        record("not_accepted", logging.WARNING, reason=str(error))
        return None


def _name_of(sock: socket.socket) -> str:
    """The peer's address and port."""
    try:
        host, port = sock.getpeername()[:2]
    except OSError:
        return "gone"
    return f"{host}:{port}"


def _allow_descriptors(count: int) -> None:
    """Let this process hold as many open sockets as its limits promise, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

"""The server: two listening sockets, one loop, one world."""

from __future__ import annotations

import errno
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from sim.server.dispatch import Dispatcher
from sim.server.errors import PortBusyError
from sim.server.map_source import LoadedMap, MapSource
from sim.server.transport.client_connection import ClientConnection
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import STALL_LIMIT_S, StreamHub
from sim.server.world import World

_log = logging.getLogger(__name__)

_HOUSEKEEPING_S = 0.2
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
        self, sockets: ListeningSockets, maps: MapSource, loaded: LoadedMap, seed: int = 0, empty: bool = False
    ) -> None:
        self.loop = EventLoop()
        self.hub = StreamHub(self.loop)
        self.world = World(self.hub, maps, loaded, sockets.rpc_port + 1, seed, empty)
        self.dispatcher = Dispatcher(self.world)
        self._sockets = sockets
        self._clients: set[ClientConnection] = set()
        self._held: list[ClientConnection] = []
        self._deferred: list[ClientConnection] = []
        self._next_tick_s = 0.0
        self._watch: Callable[[], bool] | None = None
        self.loop.add(sockets.rpc.fileno(), self._accept_client)
        self.loop.add(sockets.stream.fileno(), self._accept_subscriber)

    def run(self, still_wanted: Callable[[], bool] | None = None) -> None:
        """Serve until stop(), or until `still_wanted()`, asked a few times a second, says no."""
        self._watch = still_wanted
        try:
            self.loop.run(self._housekeeping, self._flush_deferred)
        finally:
            for client in tuple(self._clients):
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

    def hold(self, client: ClientConnection) -> None:
        """Keep a client waiting until the streams have drained."""
        self._held.append(client)

    def defer(self, client: ClientConnection) -> None:
        """A client has answers that may wait for a quiet moment."""
        if client not in self._deferred:
            self._deferred.append(client)

    def _flush_deferred(self) -> None:
        if self._deferred:
            waiting, self._deferred = self._deferred, []
            for client in waiting:
                client.flush()

    def disconnect(self, client: ClientConnection) -> None:
        """A client is gone, or has to go."""
        if client in self._clients:
            self._clients.discard(client)
            if client in self._held:
                self._held.remove(client)
            self.loop.remove(client.socket.fileno())
            client.socket.close()

    def _accept_client(self, _events: int) -> None:
        sock = _accept(self._sockets.rpc)
        if sock is not None:
            client = ClientConnection(self, sock)
            self._clients.add(client)
            self.loop.add(sock.fileno(), client.on_event)

    def _accept_subscriber(self, _events: int) -> None:
        sock = _accept(self._sockets.stream)
        if sock is not None:
            self.hub.accept(sock)

    def _housekeeping(self, now_s: float) -> float:
        if self._held:
            congested = self.hub.congested()
            waiting, self._held = self._held, []
            for client in waiting:
                if not client.release(now_s, congested, STALL_LIMIT_S):
                    self._held.append(client)
                elif congested:
                    self.hub.relieve()
        if self._watch is not None and not self._watch():
            self.stop()
        if self.world.settings.synchronous:
            self._next_tick_s = 0.0
            return now_s + (_HOUSEKEEPING_S if not self._held else 0.005)
        return self._tick_in_real_time(now_s)

    def _tick_in_real_time(self, now_s: float) -> float:
        """Asynchronous mode: one tick each period, without trying to catch up what was missed."""
        if self._next_tick_s == 0.0:
            self._next_tick_s = now_s
        if now_s >= self._next_tick_s:
            self.world.step()
            self._next_tick_s = max(self._next_tick_s + self.world.settings.delta_s, time.perf_counter())
        return min(self._next_tick_s, now_s + _HOUSEKEEPING_S)


def _accept(listener: socket.socket) -> socket.socket | None:
    """One connection, or None when it has gone again; the next one makes the listener readable again."""
    try:
        return listener.accept()[0]
    except BlockingIOError:
        return None
    except OSError as error:
        _log.warning("a connection could not be accepted: %s", error)
        return None

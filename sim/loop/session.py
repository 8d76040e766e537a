"""A session: one CARLA server in step with us, on one map, at the tick rate that our sensors share."""

from __future__ import annotations

import contextlib
import functools
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import carla

from sim.base.carla_axes import fixed_delta_seconds
from sim.base.errors import InputError, MapError, ServerLostError, SyncError, WorldError
from sim.base.state import StaticObjects, WorldState
from sim.loop.collect import Collector
from sim.loop.server_process import ServerProcess
from sim.loop.statics import read_static_objects
from sim.loop.traffic_watch import TrafficWatch
from sim.maps.library import find_map
from sim.maps.network import RoadNetwork
from sim.maps.opendrive import network_from_xodr
from sim.wire.response import ResponseError
from sim.wire.rpc import RpcConnection

FIRST_TICK_TIMEOUT_S = 90.0
"""A first start may compile kernels."""
CALL_TIMEOUT_S = 30.0
"""On a busy machine a tick can take seconds; a server that ends between two ticks is noticed at once."""
_SPAWNED = ("vehicle.", "walker.", "controller.", "sensor.", "static.prop.")
_TRAFFIC_MANAGER_ATTEMPTS = 5
_PROBE_TIMEOUT_S = 5.0


class Session:
    """Starts an embedded server, or connects to `address` ("HOST:PORT"), and ticks it synchronously.

    The map is loaded before a Traffic Manager exists and never again: reset() destroys and respawns. On leaving the context
    the server's settings are put back, or the embedded server is ended, whatever happened inside.

    `date` ("YYYY-MM-DD") tells an embedded server what trees wear; a server at an address keeps its own season.

    Attributes: `client`, `world` (carla's), `network` (the map as arrays, parsed from the server's own OpenDRIVE), `statics`
    (what stands around the roads), `tick_period_flicks`, `server` ("embedded" or "carla X.Y.Z"), `lost` (whether
    the server is gone), `scenes` (ray-tracing scenes of this map by thread count, kept from drive to drive).
    Raises ServerStartError, ServerLostError, MapError. Tested by tests/loop/test_session.py.
    """

    def __init__(
        self,
        map_name: str,
        tick_period_flicks: int,
        *,
        address: str | None = None,
        maps: Sequence[Path] = (),
        seed: int = 0,
        date: str = "",
    ) -> None:
        self.map_name = map_name
        self.tick_period_flicks = tick_period_flicks
        self.seed = seed
        self._address = _parse_address(address) if address else None
        self._maps = tuple(maps)
        self.date = date
        self._process: ServerProcess | None = None
        self._stack = contextlib.ExitStack()
        self._traffic_manager: Any = None
        self._traffic_watch: TrafficWatch | None = None
        self._tm_port = 0
        self._tick = 0
        self.lost = False
        self.scenes: dict[int, Any] = {}
        self._in_call = False

    def __enter__(self) -> Session:
        if self._address:
            _check_listening(*self._address)
        with contextlib.ExitStack() as stack:
            host, port = self._address or ("127.0.0.1", self._start_server(stack))
            self._host, self._port = host, port
            self.client: Any = carla.Client(host, port)
            self.client.set_timeout(FIRST_TICK_TIMEOUT_S)
            with self.watched("connecting"):
                self.server = "embedded" if self._process else f"carla {self.client.get_server_version()}"
                self.world: Any = self._load_world()
                stack.callback(self._restore, self.world.get_settings())
                self.network: RoadNetwork = _network(self.world.get_map().to_opendrive(), Path(self.map_name).stem)
                self._resident = {actor.id for actor in self.world.get_actors()}
                self._home_weather = self.world.get_weather()
                self._step_synchronously()
                self.statics: StaticObjects = read_static_objects(self.world)
                self.world.tick()
                self.client.set_timeout(CALL_TIMEOUT_S)
                self._collector = stack.enter_context(
                    contextlib.closing(Collector(host, port, self.world, self.tick_period_flicks))
                )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def embedded(self) -> bool:
        """Whether the server is our own child process."""
        return self._process is not None

    @property
    def server_pid(self) -> int | None:
        """Process id of the embedded server."""
        return self._process.pid if self._process else None

    @property
    def tm_port(self) -> int:
        """The port of this session's Traffic Manager, which is started by the first use.

        The Traffic Manager is part of the carla client: it lives in this process and listens on all interfaces.
        """
        if self._traffic_manager is None:
            self._traffic_manager = self._start_traffic_manager()
        return self._tm_port

    @property
    def tick_count(self) -> int:
        """The tick of the last state, 0 at the first one after a reset."""
        return self._tick - 1

    def reset(self, seed: int | None = None) -> None:
        """Destroy every actor that came after the session began, restart lights, weather, Traffic Manager and tick count.

        The same seed then gives the same run again; load_world is never called. Tested by tests/loop/test_session.py and
        tests/contract/test_resets.py.
        """
        self.seed = self.seed if seed is None else seed
        with self.watched("reset"):
            self._clear_actors()
            self.world.set_weather(self._home_weather)
            if self._traffic_manager is not None:
                self._seed_traffic_manager()
            self.world.reset_all_traffic_lights()
        self._collector.reset()
        self._tick = 0

    def tick(self, appearance: bool = True) -> WorldState:
        """Advance the world by one period and return its state; with `appearance`, lamps and weather are read anew."""
        with self.watched(f"tick {self._tick}"):
            if self._process is not None and self._process.exit_code is not None:
                raise ServerLostError("the server's process is gone")
            frame = self._advance()
            state = self._collector.collect(frame, self._tick, appearance)
        self._tick += 1
        return state

    def actor(self, track_id: int) -> Any:
        """The carla actor of a track id alive at the last tick, or None."""
        carla_id = self._collector.carla_id(track_id)
        return self.world.get_actor(carla_id) if carla_id else None

    def track_id(self, carla_id: int) -> int:
        """The track id of one of CARLA's actors, 0 when no state held it yet."""
        return self._collector.track_id(carla_id)

    @contextlib.contextmanager
    def watched(self, doing: str) -> Iterator[None]:
        """Turn the client's bare RuntimeErrors into ServerLostError with what the server said last."""
        self._in_call = True
        try:
            yield
        except (RuntimeError, ServerLostError) as error:
            if self._process is not None and self._process.exit_code is not None:
                raise self.loss(doing) from error
            if isinstance(error, ServerLostError) or "time-out" in str(error):
                self.lost = True
                message = f"CARLA server {self._host}:{self._port}: no answer during {doing}: {error}"
                raise ServerLostError(message) from error
            raise WorldError(f"CARLA server {self._host}:{self._port}: refused during {doing}: {error}") from error
        finally:
            self._in_call = False

    def stuck(self) -> bool:
        """Whether the embedded server has ended while the client waits for it."""
        return self._in_call and self._process is not None and self._process.exit_code is not None

    def loss(self, doing: str) -> ServerLostError:
        """The error that says how the embedded server ended."""
        self.lost = True
        code = self._process.exit_code if self._process else None
        words = (self._process.stderr_tail() if self._process else "") or "none"
        return ServerLostError(
            f"embedded server: ended with code {code} during {doing}; its last words: {words}; "
            "run `sim doctor`, and report it when that finds nothing"
        )

    def _start_server(self, stack: contextlib.ExitStack) -> int:
        find_map(self.map_name, self._maps)  # the friendlier message, before a process is started
        self._process = ServerProcess(self.map_name, self._maps, options=["--date", self.date] if self.date else ())
        stack.callback(self._process.stop)
        return self._process.rpc_port

    def _load_world(self) -> Any:
        world = self.client.get_world()
        if self._process is not None:
            return world
        found = world.get_map().name.rsplit("/", 1)[-1]
        wanted = Path(self.map_name).stem
        if found == wanted:
            return world
        served = {name.rsplit("/", 1)[-1] for name in self.client.get_available_maps()}
        if wanted in served:
            return self.client.load_world(wanted)
        try:
            xodr = find_map(self.map_name, self._maps).read_text(encoding="utf-8")
        except MapError as error:
            raise MapError(
                f"{error} The server at {self._host}:{self._port} serves: {', '.join(sorted(served))}."
            ) from error
        return self.client.generate_opendrive_world(xodr)

    def _step_synchronously(self) -> None:
        settings = self.world.get_settings()
        settings.synchronous_mode = True
        settings.fixed_delta_seconds = fixed_delta_seconds(self.tick_period_flicks)
        self.world.apply_settings(settings)

    def _clear_actors(self) -> None:
        """Destroy what was spawned in this session. A Traffic Manager drops its cars when it sees a frame without them; one
        that is stopped before that asks for them once more, and the client ends the process."""
        actors = [a for a in self.world.get_actors() if a.id not in self._resident and a.type_id.startswith(_SPAWNED)]
        self.client.apply_batch_sync([carla.command.DestroyActor(actor.id) for actor in actors], False)
        if self._traffic_manager is not None:
            self._advance()

    def _advance(self) -> int:
        """One tick of the client, the Traffic Manager's cycle included; the frame number."""
        watch = self._traffic_watch
        if watch is None:
            return int(self.world.tick())
        watch.begin()
        try:
            frame = int(self.world.tick())
        finally:
            watch.end()
        if watch.spoiled:
            raise SyncError(
                f"tick {self._tick}: the Traffic Manager missed its wake-up (a race in the carla client) and has moved twice; "
                "this run does not count, run it again"
            )
        return frame

    def _batches_since_tick(self) -> int | None:
        """How often the embedded server was sent a batch since its last tick; None when it is not ours or does not answer."""
        if self._process is None:
            return None
        try:
            with RpcConnection(self._host, self._port) as rpc:
                return int(rpc.call("sim_batches_since_tick"))
        except (ServerLostError, ResponseError):
            return None

    def _restore(self, settings: Any) -> None:
        if self._traffic_manager is not None and not self.lost:
            with contextlib.suppress(RuntimeError, SyncError):
                self._clear_actors()
            # also after a spoiled run: one that outlives its server waits for it in a thread, and then ends the process
            with contextlib.suppress(RuntimeError):
                self._traffic_manager.shut_down()
        if self._traffic_watch is not None:
            self._traffic_watch.close()
        if self._process is None and not self.lost:
            with contextlib.suppress(RuntimeError):
                self.world.apply_settings(settings)

    def _start_traffic_manager(self) -> Any:
        failure: RuntimeError | None = None
        for _ in range(_TRAFFIC_MANAGER_ATTEMPTS):
            self._tm_port = _free_port()
            try:
                self._traffic_manager = self.client.get_trafficmanager(self._tm_port)
            except RuntimeError as error:  # somebody took the port in between
                failure = error
                continue
            self._traffic_manager.set_synchronous_mode(True)
            self._seed_traffic_manager()
            self._traffic_watch = TrafficWatch(self._tm_port, self._batches_since_tick)
            return self._traffic_manager
        raise WorldError(f"Traffic Manager: found no free port ({failure}); close other simulations") from failure

    def _seed_traffic_manager(self) -> None:
        self._traffic_manager.set_random_device_seed(self.seed % (1 << 31))


@functools.lru_cache(maxsize=4)
def _network(xodr: str, name: str) -> RoadNetwork:
    return network_from_xodr(xodr, name)


def _parse_address(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise InputError(f'--carla: found "{address}"; expected HOST:PORT, such as 127.0.0.1:2000')
    return host, int(port)


def _check_listening(host: str, port: int) -> None:
    """The client would wait out its whole time-out for a server that is not there; a plain connection tells at once."""
    try:
        socket.create_connection((host, port), timeout=_PROBE_TIMEOUT_S).close()
    except OSError as error:
        raise InputError(
            f"--carla: found nothing that listens at {host}:{port} ({error}); start a server there, for instance with "
            f"`sim serve --port {port}`, or leave the option out to have one started"
        ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])

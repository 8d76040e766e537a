"""The world stream through real sockets: replay on subscribe, every frame in order, slow readers, and the real client."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import carla
import pytest

from sim.server.transport.event_loop import READABLE, EventLoop
from sim.server.transport.streaming import StreamHub
from sim.wire.observer import decode
from sim.wire.rpc import RpcConnection
from sim.wire.sensor_frame import FRAME_LENGTH
from sim.wire.stream import StreamConnection
from tests.server.running import running_server

_SYNCHRONOUS = [True, False, [True, 0.05], True, 0.01, 10, 0.0, True, 3000.0, 2000.0, True]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running_server() as (port, _):
        yield port


@pytest.fixture
def rpc(port: int) -> Iterator[RpcConnection]:
    with RpcConnection("127.0.0.1", port) as connection:
        connection.call("set_episode_settings", _SYNCHRONOUS)
        yield connection


def test_a_late_subscriber_gets_the_last_frame_then_every_tick(port: int, rpc: RpcConnection) -> None:
    last = rpc.call("tick_cue")
    with StreamConnection("127.0.0.1", port + 1, 1) as stream:
        assert decode(stream.read()).frame == last
        for _ in range(5):
            last = rpc.call("tick_cue")
            assert decode(stream.read()).frame == last


def test_a_reader_that_sleeps_loses_nothing_in_synchronous_mode(port: int, rpc: RpcConnection) -> None:
    with socket.create_connection(("127.0.0.1", port + 1), 10) as slow:
        slow.sendall(FRAME_LENGTH.pack(1))
        reader = StreamConnection.__new__(StreamConnection)
        reader._name, reader._socket, reader._length = "slow", slow, bytearray(4)
        seen = [decode(reader.read()).frame]  # the last frame so far: the server knows this reader now
        frames = [rpc.call("tick_cue") for _ in range(1200)]
        while seen[-1] < frames[-1]:
            seen.append(decode(reader.read()).frame)
        assert seen[-len(frames) :] == frames


def test_asynchronous_mode_ticks_by_itself(port: int, rpc: RpcConnection) -> None:
    rpc.call("set_episode_settings", [False, False, [True, 0.02], True, 0.01, 10, 0.0, True, 3000.0, 2000.0, True])
    with StreamConnection("127.0.0.1", port + 1, 1) as stream:
        first = decode(stream.read()).frame
        time.sleep(0.5)
        while decode(stream.read()).frame < first + 5:
            pass


def test_a_new_episode_changes_its_id_and_empties_the_world(port: int, rpc: RpcConnection) -> None:
    before = rpc.call("get_episode_info")[0]
    rpc.call("load_new_episode", "motorway", False, 65535)
    assert rpc.call("get_episode_info")[0] != before
    assert rpc.call("get_map_info")[0] == "Carla/Maps/motorway"
    rpc.call("load_new_episode", "town_quarter", False, 65535)


def test_the_carla_client_sees_what_the_server_says(port: int) -> None:
    client = carla.Client("127.0.0.1", port)
    client.set_timeout(20.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    spawn = world.get_map().get_spawn_points()[0]
    car = world.spawn_actor(blueprint, spawn)
    assert world.try_spawn_actor(blueprint, spawn) is None
    car.apply_control(carla.VehicleControl(throttle=0.7))
    start = world.tick()
    for _ in range(39):
        world.tick()
    assert world.get_snapshot().frame == start + 39
    assert car.get_velocity().length() > 2.0
    assert car.get_control().throttle == pytest.approx(0.7)
    assert car.get_transform().location.distance(spawn.location) > 2.0
    lights = world.get_traffic_lights_from_waypoint(world.get_map().get_waypoint(spawn.location), 200.0)
    assert all(light.get_state() in (carla.TrafficLightState.Red, carla.TrafficLightState.Green) for light in lights)
    assert world.get_lightmanager().get_all_lights()
    assert world.get_environment_objects(carla.CityObjectLabel.Buildings)
    assert car.get_physics_control().mass > 500.0
    assert car.destroy()
    world.tick()
    assert not world.get_actors().filter("vehicle.*")


def test_nobody_waits_for_a_reader_that_is_gone_however_large_its_frames() -> None:
    """One frame larger than the whole backlog may be under way; it holds back no tick, and later ones are dropped."""
    hub = StreamHub(EventLoop())
    server, client = socket.socketpair()
    server.setblocking(False)
    hub.accept(server)
    with client:
        client.sendall(FRAME_LENGTH.pack(1))
        subscriber = next(iter(hub._connections))
        subscriber.on_event(READABLE)
        large = bytes(hub._limits.backlog_bytes + 1)
        hub.publish(1, (large,), may_drop=False)
        assert not hub.congested()
        hub.publish(1, (large,), may_drop=False)
        assert hub.congested()
        hub.relieve(silent_since_s=0.0)
        assert hub.congested(), "it has read something since then"
        hub.relieve(silent_since_s=time.perf_counter())
        assert not hub.congested()
        hub.close_all()

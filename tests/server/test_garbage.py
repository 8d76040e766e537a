"""Nothing that arrives on the two ports ends the server, or disturbs another client."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import msgpack
import numpy as np
import pytest

from sim.wire.response import ResponseError
from sim.wire.rpc import RpcConnection
from tests.server.running import running_server


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running_server() as (port, _):
        yield port


_NOISE = np.random.default_rng(5).integers(0, 256, 4000, dtype=np.uint8).tobytes()
_REQUESTS = [
    _NOISE,
    b"GET / HTTP/1.1\r\n\r\n",
    b"\xdd\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\x91" * 20000,
    msgpack.packb([0, 1]),
    msgpack.packb({"a": 1}),
    msgpack.packb([2, "notification", []]),
]
_CALLS = [
    [0, 1, 5, []],
    [0, "x", "version", None],
    [0, 1, "version", [[False], 1, 2, 3]],
    [0, 1, "spawn_actor", [[False], None, None]],
    [0, 1, "spawn_actor", [[False], [1, "vehicle.tesla.model3", [[1]]], [[0, 0, 0], [0, 0, 0]]]],
    [0, 1, "set_actor_transform", [[True], 1, [[float("nan"), 0, 0], [0, 0, 0]]]],
    [0, 1, "set_actor_transform", [[True], 1, [[1e300, 0, 0], [0, 0, 0]]]],
    [0, 1, "apply_batch", [[False], [[[99, [1]]], [[2, []]], 7], True]],
    [0, 1, "set_episode_settings", [[False], [True, False, [True, -1.0], True, 0.01, 10]]],
    [0, 1, "get_actors_by_id", [[False], ["a", None, 2**63]]],
    [0, 1, "copy_opendrive_to_file", [[False], "<OpenDRIVE", []]],
    [0, 1, "load_new_episode", [[False], "nowhere", True, 0]],
    [0, 2**63, "version", [[False]]],
    [0, 1, "x" * 100000, [[False]]],
]


@pytest.mark.parametrize("request_bytes", _REQUESTS, ids=range(len(_REQUESTS)))
def test_bytes_that_are_no_request(port: int, request_bytes: bytes) -> None:
    with RpcConnection("127.0.0.1", port) as other, socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.sendall(request_bytes)
        assert other.call("version") == "0.9.16"


@pytest.mark.parametrize("message", _CALLS, ids=range(len(_CALLS)))
def test_calls_with_wrong_arguments_are_answered(port: int, message: list[object]) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.sendall(msgpack.packb(message))
        unpacker = msgpack.Unpacker(strict_map_key=False)
        while True:
            data = sock.recv(65536)
            assert data, "the connection was closed"
            unpacker.feed(data)
            for answer in unpacker:
                assert answer[0] == 1
                assert answer[2] is None
                break
            else:
                continue
            break
    with RpcConnection("127.0.0.1", port) as other:
        assert other.call("version") == "0.9.16"


@pytest.mark.parametrize("greeting", [b"", b"\x01", _NOISE, struct.pack("<I", 0xFFFFFFFF)])
def test_the_stream_port_holds_unknown_ids_open_in_silence(port: int, greeting: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port + 1), 5) as sock:
        sock.sendall(greeting)
        with RpcConnection("127.0.0.1", port) as rpc:
            assert rpc.call("version") == "0.9.16"
        sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            sock.recv(1)


@pytest.mark.parametrize(
    ("name", "value"), [("sensor_tick", "soon"), ("sensor_tick", "nan"), ("fov", "180"), ("fov", "x")]
)
def test_a_camera_that_cannot_be_is_refused_when_it_is_spawned(port: int, name: str, value: str) -> None:
    with RpcConnection("127.0.0.1", port) as rpc, pytest.raises(ResponseError, match=name):
        rpc.call("spawn_actor", [0, "sensor.camera.rgb", [[name, 4, value]]], [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]])


def test_wrong_arguments_cost_only_their_own_command_and_the_world_ticks_on(port: int) -> None:
    with RpcConnection("127.0.0.1", port) as rpc:
        rpc.call("set_episode_settings", [True, False, [True, 0.05], True, 0.01, 10])
        pose = [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]]
        car = rpc.call("spawn_actor", [0, "vehicle.tesla.model3", []], pose)[0]
        with pytest.raises(ResponseError, match="expected 6 numbers"):
            rpc.call("apply_ackermann_controller_settings", car, [0.1, 0.2, 0.3])
        rpc.call("apply_ackermann_control_to_vehicle", car, [0.0, 0.0, 5.0, 1.0, 0.0])
        bad = [[2, [car, [0.5, 0.0, 0.0, False, False, False, 2**40]]]]
        good = [[18, [car, 3]]]
        results = rpc.call("apply_batch", [bad, good], True)
        assert [result[0][0] for result in results] == [0, 1]
        assert rpc.call("get_vehicle_light_state", car) == [3]
        assert isinstance(rpc.call("tick_cue"), int)
        rpc.call("set_episode_settings", [False, False, [False], True, 0.01, 10])


def test_a_client_that_vanishes_in_mid_request_is_forgotten(port: int) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port), 5) as sock:
            sock.sendall(msgpack.packb([0, 1, "get_actor_definitions", [[False]]]))
    with RpcConnection("127.0.0.1", port) as rpc:
        assert rpc.call("version") == "0.9.16"

"""No peer can fill the memory, stop the world, or keep others waiting: each limit of sim/server/limits.py at work."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
from collections.abc import Iterator

import msgpack
import numpy as np
import pytest

from sim.server.limits import LIMITS
from sim.server.transport.request_guard import RequestGuard, RequestTooBigError
from sim.wire.response import ResponseError
from sim.wire.rpc import RpcConnection
from tests.server.conftest import Calls
from tests.server.running import running_server

_SMALL = dataclasses.replace(LIMITS, request_bytes=1000, request_items=100, request_depth=5)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running_server("--max-clients", "20", "--max-actors", "25", "--max-request-mib", "1") as (port, _):
        yield port


def _nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_the_guard_follows_any_message_in_any_pieces(piece: int) -> None:
    guard = RequestGuard(LIMITS)
    values = [
        [],
        [[]],
        "x" * 300,
        b"y" * 70_000,
        {"a": [1, 2.5, None]},
        -1,
        2**40,
        msgpack.ExtType(3, b"abc"),
        [[1] * 70_000],
    ]
    data = b"".join(msgpack.packb([0, i, "version", [[False], value]]) for i, value in enumerate(values))
    inside = [guard.take(data[at : at + piece]) for at in range(0, len(data), piece)]
    assert inside[-1] is False
    assert any(inside) or piece == 1000


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\xdd\xff\xff\xff\xff", "values"),
        (b"\xdf\x7f\xff\xff\xff", "values"),
        (b"\xdb\xff\xff\xff\xff", "bytes"),
        (b"\xc6\x00\x01\x00\x00", "bytes"),
        (b"\x91" * 10, "nested"),
        (msgpack.packb([0, 7, "spawn_actor", [[False], [0] * 200]]), "values"),
    ],
)
def test_headers_that_promise_too_much_are_refused_before_they_are_believed(data: bytes, what: str) -> None:
    with pytest.raises(RequestTooBigError, match=what) as refused:
        RequestGuard(_SMALL).take(data)
    if data[0] == 0x94:
        assert (refused.value.message_id, refused.value.method) == (7, "spawn_actor")


def test_noise_never_breaks_the_guard() -> None:
    random = np.random.default_rng(2)
    for _ in range(300):
        with contextlib.suppress(RequestTooBigError):
            RequestGuard(_SMALL).take(random.bytes(400))


def test_a_request_that_is_too_big_is_answered_in_words(port: int) -> None:
    with RpcConnection("127.0.0.1", port) as rpc, pytest.raises(ResponseError, match="allowed is 1048576"):
        rpc.call("request_file", b"x" * (2 << 20))
    with RpcConnection("127.0.0.1", port) as rpc, pytest.raises(ResponseError, match="nested arrays; allowed is 32"):
        rpc.call("send", 1, _nested(40))


def test_a_client_that_never_reads_does_not_fill_the_server(port: int) -> None:
    request = msgpack.packb([0, 1, "get_actor_definitions", [[False]]])
    with socket.create_connection(("127.0.0.1", port), 5) as deaf, RpcConnection("127.0.0.1", port) as rpc:
        before = rpc.call("sim_status")["memory_bytes"]
        deaf.settimeout(0.5)
        with pytest.raises(TimeoutError):
            for _ in range(100_000):
                deaf.sendall(request * 100)
        assert rpc.call("sim_status")["memory_bytes"] - before < 100 << 20
        assert rpc.call("version") == "0.9.16"


def test_a_client_with_a_thousand_requests_lets_others_in_between(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as busy, RpcConnection("127.0.0.1", port, 5.0) as rpc:
        busy.sendall(msgpack.packb([0, 1, "get_actor_definitions", [[True]]]) * 500)
        assert rpc.call("version") == "0.9.16"
        unpacker = msgpack.Unpacker(max_buffer_size=1 << 30)
        answered = 0
        while answered < 500:
            unpacker.feed(busy.recv(1 << 20))
            answered += sum(1 for _ in unpacker)


def test_no_more_actors_than_allowed(port: int) -> None:
    with RpcConnection("127.0.0.1", port) as rpc, pytest.raises(ResponseError, match="--max-actors"):
        for place in range(26):
            rpc.call("spawn_actor", [0, "static.prop.trafficcone01", []], [[3.0 * place, 0.0, 1.0], [0.0, 0.0, 0.0]])


def test_idle_connections_make_room_for_clients_that_call(port: int) -> None:
    idle = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(60)]
    try:
        with RpcConnection("127.0.0.1", port, 20.0) as rpc:
            assert rpc.call("version") == "0.9.16"
    finally:
        for sock in idle:
            sock.close()


def test_batches_have_an_end(calls: Calls) -> None:
    most = LIMITS.batch_commands
    with pytest.raises(ResponseError, match=f"allowed is {most}"):
        calls.apply_batch([[[1, [999]]]] * (most + 1), False)
    with pytest.raises(ResponseError, match="ask several times"):
        calls.get_actors_by_id([1] * (most + 1))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e30, None, "1", [1.0]])
def test_what_is_not_a_number_is_refused_in_words(calls: Calls, value: object) -> None:
    car = calls.spawn_actor([0, "vehicle.tesla.model3", []], [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])[0]
    for name, arguments in {
        "set_actor_location": [car, [value, 0.0, 0.0]],
        "set_actor_target_velocity": [car, [0.0, value, 0.0]],
        "add_actor_force": [car, [0.0, 0.0, value]],
        "set_weather_parameters": [[value] * 14],
        "set_imui_gravity": [value],
        "apply_ackermann_control_to_vehicle": [car, [value] * 5],
        "apply_control_to_vehicle": [car, [value, 0.0, 0.0, False, False, False, 0]],
    }.items():
        with pytest.raises(ResponseError):
            getattr(calls, name)(*arguments)
    calls.tick_cue()
    assert np.isfinite(calls.world.actors.position).all()

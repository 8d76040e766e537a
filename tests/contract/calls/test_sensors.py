"""Calls about sensors and their streams, each judged by what then arrives."""

from __future__ import annotations

import queue
from typing import Any

import carla
import pytest

from sim.wire.calls import CALLS, Status
from sim.wire.response import ResponseError
from sim.wire.rpc import RpcConnection
from tests.contract.calls.conftest import Spawn
from tests.contract.calls.registry import covers

_SMALL = {"image_size_x": "64", "image_size_y": "48"}


@covers("get_sensor_token")
def test_a_sensor_that_listens_gets_every_tick(world: carla.World, car: carla.Vehicle, spawn: Spawn) -> None:
    sensor = spawn("sensor.other.gnss", parent=car)
    arrived: queue.Queue[Any] = queue.Queue()
    sensor.listen(arrived.put)
    while arrived.empty():
        world.tick()
    first = arrived.get()
    seen = [(world.tick(), arrived.get(timeout=10.0).frame) for _ in range(5)]
    assert seen[-1][1] >= first.frame + 5
    assert [frame for _, frame in seen] == list(range(seen[0][1], seen[0][1] + 5))
    sensor.stop()


@covers("get_sensor_token")
def test_a_stream_that_does_not_exist_is_refused(rpc: RpcConnection) -> None:
    with pytest.raises(ResponseError, match="stream 999999: not found"):
        rpc.call("get_sensor_token", 999_999)


@covers("get_gbuffer_token", "enable_gbuffers", "are_gbuffers_enabled")
def test_gbuffers_are_images_of_the_cameras_size(
    world: carla.World, car: carla.Vehicle, spawn: Spawn, rpc: RpcConnection
) -> None:
    camera = spawn("sensor.camera.rgb", parent=car, **_SMALL)
    arrived: queue.Queue[Any] = queue.Queue()
    camera.listen_to_gbuffer(carla.GBufferTextureID.SceneColor, arrived.put)
    camera.enable_gbuffers(True)
    assert rpc.call("are_gbuffers_enabled", camera.id) is True
    world.tick()
    world.tick()
    image = arrived.get(timeout=20.0)
    assert (image.width, image.height) == (64, 48)
    camera.stop_gbuffer(carla.GBufferTextureID.SceneColor)
    camera.enable_gbuffers(False)
    assert rpc.call("are_gbuffers_enabled", camera.id) is False


@covers("set_ignored_vehicles")
def test_ignored_vehicles_are_kept(car: carla.Vehicle, spawn: Spawn) -> None:
    camera = spawn("sensor.camera.rgb", parent=car, **_SMALL)
    camera.set_ignored_vehicles([car.id])
    with pytest.raises(RuntimeError, match="not found"):
        camera.set_ignored_vehicles([999_999])


@covers("enable_sensor_for_ros", "disable_sensor_for_ros", "is_sensor_enabled_for_ros")
def test_ros_is_never_enabled(car: carla.Vehicle, spawn: Spawn) -> None:
    camera = spawn("sensor.camera.rgb", parent=car, **_SMALL)
    camera.enable_for_ros()
    assert not camera.is_enabled_for_ros()
    camera.disable_for_ros()


@covers("send")
def test_v2x_is_refused_in_words(car: carla.Vehicle, rpc: RpcConnection) -> None:
    assert CALLS["send"].status is Status.ABSENT
    with pytest.raises(ResponseError, match=r"send: not served.*V2X"):
        rpc.call("send", car.id, "text")

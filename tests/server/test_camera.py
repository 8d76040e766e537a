"""Images for CARLA's own camera: size, period and content, through a real stream."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from sim.wire.rpc import RpcConnection
from sim.wire.sensor_frame import IMAGE_HEADER, SENSOR_HEADER, SENSOR_TYPE_INDEX
from sim.wire.stream import StreamConnection
from sim.wire.token import parse_token
from tests.server.describe import description
from tests.server.running import running_server

_SYNCHRONOUS = [True, False, [True, 0.05], True, 0.01, 10, 0.0, True, 3000.0, 2000.0, True]


@pytest.mark.timeout(200)
def test_images_have_their_size_and_come_at_their_period() -> None:
    with running_server(map_name="parking_lot") as (port, _), RpcConnection("127.0.0.1", port, 180.0) as rpc:
        rpc.call("set_episode_settings", _SYNCHRONOUS)
        camera = description("sensor.camera.rgb", image_size_x="96", image_size_y="64", fov="80", sensor_tick="0.1")
        place = rpc.call("get_map_info")[1][0]
        place[0][2] += 1.5
        actor = rpc.call("spawn_actor", camera, place)
        with StreamConnection("127.0.0.1", port + 1, parse_token(actor[5]).stream_id, 60.0) as stream:
            time.sleep(0.3)  # the subscription travels on another connection than the ticks
            frames = [rpc.call("tick_cue") for _ in range(6)]
            images = [bytes(stream.read()) for _ in range(3)]
    for image, frame in zip(images, frames[::2], strict=True):
        kind, number, *_ = SENSOR_HEADER.unpack_from(image)
        assert (kind, number) == (SENSOR_TYPE_INDEX["sensor.camera.rgb"], frame)
        width, height, fov = IMAGE_HEADER.unpack_from(image, SENSOR_HEADER.size)
        assert (width, height) == (96, 64)
        assert fov == pytest.approx(80.0)
        pixels = np.frombuffer(image, np.uint8, offset=60).reshape(64, 96, 4)
        assert (pixels[:, :, 3] == 255).all()
        sky, road = pixels[:8, :, :3].mean(axis=(0, 1)), pixels[-8:, :, :3].mean(axis=(0, 1))
        assert sky[0] > sky[2], "the sky is blue (BGRA)"
        assert (sky[0] - sky[2]) - (road[0] - road[2]) > 15.0, "the road is grey"


@pytest.mark.timeout(200)
def test_others_are_answered_while_the_scene_is_built() -> None:
    camera = description("sensor.camera.rgb", image_size_x="64", image_size_y="48")
    with running_server() as (port, _), RpcConnection("127.0.0.1", port, 180.0) as rpc:
        place = rpc.call("get_map_info")[1][0]
        place[0][2] += 1.5
        with RpcConnection("127.0.0.1", port, 180.0) as other:
            actor = rpc.call("spawn_actor", camera, place)
            waits = []
            with StreamConnection("127.0.0.1", port + 1, parse_token(actor[5]).stream_id, 120.0) as stream:
                first = threading.Thread(target=stream.read)
                first.start()
                while first.is_alive():
                    begin = time.perf_counter()
                    other.call("version")
                    waits.append(time.perf_counter() - begin)
                    time.sleep(0.02)
    assert np.median(waits) < 0.3
    assert max(waits) < 4.0


@pytest.mark.timeout(200)
def test_hidden_objects_leave_the_picture() -> None:
    with running_server() as (port, _), RpcConnection("127.0.0.1", port, 180.0) as rpc:
        rpc.call("set_episode_settings", _SYNCHRONOUS)
        buildings = rpc.call("get_environment_objects", 3)
        nearest = min(buildings, key=lambda item: abs(item[0][0][0]) + abs(item[0][0][1]))
        x, y, z = nearest[1][0]
        place = [[x, y, z + 40.0], [-90.0, 0.0, 0.0]]
        camera = description("sensor.camera.rgb", image_size_x="64", image_size_y="48")
        actor = rpc.call("spawn_actor", camera, place)
        with StreamConnection("127.0.0.1", port + 1, parse_token(actor[5]).stream_id, 120.0) as stream:
            time.sleep(0.3)
            rpc.call("tick_cue")
            before = np.frombuffer(bytes(stream.read()), np.uint8, offset=60).astype(int)
            rpc.call("enable_environment_objects", [nearest[2]], False)
            rpc.call("tick_cue")
            after = np.frombuffer(bytes(stream.read()), np.uint8, offset=60).astype(int)
    assert np.abs(before - after).mean() > 5.0

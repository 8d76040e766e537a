"""G-buffers of the RGB camera: linear light, and what surfaces are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sim.server.errors import CallError
from sim.server.map_source import MapSource
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from sim.wire.response import ResponseError
from sim.wire.sensor_frame import SENSOR_HEADER
from sim.wire.token import parse_token
from tests.server.conftest import Calls
from tests.server.tap import Tap, depth_of

_SIZE = {"image_size_x": "96", "image_size_y": "64"}
_COLOR, _DEPTH, _STENCIL, _NORMAL, _SURFACE, _BASE, _SSAO = 0, 1, 2, 3, 4, 5, 10


@pytest.fixture(scope="module")
def tap() -> Iterator[Tap]:
    world = World(StreamHub(EventLoop()), MapSource(), MapSource().load("parking_lot"), stream_port=2001)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=0.05)
    yield Tap(world, Calls(world))


@pytest.fixture
def camera(tap: Tap) -> Iterator[int]:
    (x, y, z), turn = tap.world.map.spawn_points[0]
    yield tap.add("sensor.camera.rgb", [[x, y, z + 1.5], turn], **_SIZE)
    tap.clear()


def _listen(tap: Tap, camera: int, buffer: int) -> int:
    """Listen to a buffer; the key of its frames."""
    stream_id = parse_token(tap.calls.get_gbuffer_token(camera, buffer)).stream_id
    tap.streams[stream_id] = -1 - buffer
    return -1 - buffer


def test_scene_color_is_linear_light_that_the_eye_does_not_touch(tap: Tap, camera: int) -> None:
    key = _listen(tap, camera, _COLOR)
    tap.calls.tick_cue()
    frame = tap.frames[key][-1]
    assert SENSOR_HEADER.unpack_from(frame)[0] == 18
    light = tap.floats(key, 4)
    assert (light[:, :, 3] == 1.0).all()
    noon = light[:, :, :3] @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    assert 500.0 < noon[-8:].mean() < 20_000.0, "cd/m² of asphalt in the sun"
    weather = list(tap.calls.get_weather_parameters())
    dusk = [*weather]
    dusk[5] = 3.0
    tap.calls.set_weather_parameters(dusk)
    tap.calls.tick_cue()
    assert tap.floats(key, 4)[-8:, :, :3].mean() < 0.3 * noon[-8:].mean()
    tap.calls.set_weather_parameters(weather)


def test_the_others_say_what_is_there(tap: Tap, camera: int) -> None:
    keys = {buffer: _listen(tap, camera, buffer) for buffer in range(13)}
    tap.calls.tick_cue()
    stencil, depth = tap.image(keys[_STENCIL]), depth_of(tap.image(keys[_DEPTH]))
    road, sky = stencil[:, :, 2] == 1, stencil[:, :, 2] == 11
    assert (stencil[:, :, 0] == stencil[:, :, 2]).all()
    assert road[-1].mean() > 0.5
    assert (depth[sky] == 1000.0).all()
    assert depth[-1].max() < 20.0
    assert np.abs(tap.image(keys[_NORMAL])[road][:, :3].astype(int) - [255, 128, 128]).max() <= 2
    surface, base = tap.image(keys[_SURFACE]), tap.image(keys[_BASE])
    assert (surface[road][:, 2] == 0).all(), "asphalt is no metal"
    assert surface[road][:, 0].min() > 200, "and rough"
    assert 60 < base[road][:, :3].mean() < 130, "and dark: albedo 0.1 is 0.35 in sRGB"
    assert not base[sky][:, :3].any()
    assert not tap.image(keys[_SSAO])[:, :, :3].any(), "black: not offered"


def test_buffers_can_be_switched_off_and_end_with_their_camera(tap: Tap, camera: int) -> None:
    key = _listen(tap, camera, _DEPTH)
    assert tap.calls.are_gbuffers_enabled(camera)
    tap.calls.enable_gbuffers(camera, False)
    tap.calls.tick_cue()
    assert not tap.frames[key]
    tap.calls.enable_gbuffers(camera, True)
    tap.calls.tick_cue()
    assert len(tap.frames[key]) == 1
    stream_id = next(stream for stream, actor in tap.streams.items() if actor == key)
    tap.calls.destroy_actor(camera)
    tap.calls.tick_cue()
    assert len(tap.frames[key]) == 1
    assert not tap.world.hub.exists(stream_id)


def test_scene_color_comes_as_bytes_when_asked(tap: Tap) -> None:
    (x, y, z), turn = tap.world.map.spawn_points[0]
    camera = tap.add("sensor.camera.rgb", [[x, y, z + 1.5], turn], scene_color="ldr", **_SIZE)
    key = _listen(tap, camera, _COLOR)
    tap.calls.tick_cue()
    assert tap.image(key).shape == (64, 96, 4)
    assert 30 < tap.image(key)[:, :, :3].mean() < 225
    tap.clear()


@pytest.mark.parametrize("buffer", [13, -1, "0"])
def test_what_is_no_buffer_is_refused_with_what_is_offered(tap: Tap, camera: int, buffer: Any) -> None:
    with pytest.raises((CallError, ResponseError), match="SceneColor"):
        tap.calls.get_gbuffer_token(camera, buffer)


def test_other_sensors_have_none(tap: Tap) -> None:
    depth = tap.add("sensor.camera.depth", [[0.0, 0.0, 5.0], [0.0, 0.0, 0.0]], **_SIZE)
    with pytest.raises(ResponseError, match=r"sensor\.camera\.depth"):
        tap.calls.get_gbuffer_token(depth, 0)
    tap.clear()

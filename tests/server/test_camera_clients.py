"""Cameras through the real client: converters, several clients, slow callbacks, stopping, destroying, spawning again."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.server.running import running_server

carla = pytest.importorskip("carla")

_SIZE = (96, 64)
_TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with running_server(map_name="parking_lot") as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(_TIMEOUT_S)
        world = client.get_world()
        settings = world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
        world.apply_settings(settings)
        yield port


@pytest.fixture
def world(server: int) -> Iterator[Any]:
    client = carla.Client("127.0.0.1", server)
    client.set_timeout(_TIMEOUT_S)
    yield client.get_world()


def _camera(world: Any, kind: str, **attributes: str) -> Any:
    blueprint = world.get_blueprint_library().find(f"sensor.camera.{kind}")
    for name, value in {"image_size_x": str(_SIZE[0]), "image_size_y": str(_SIZE[1]), **attributes}.items():
        blueprint.set_attribute(name, value)
    place = world.get_map().get_spawn_points()[0]
    place.location.z += 1.5
    return world.spawn_actor(blueprint, place)


def _listening(world: Any, *cameras: Any) -> list[Any]:
    """Queues of the cameras' images, once every subscription has arrived."""
    queues = [queue.Queue() for _ in cameras]
    for camera, images in zip(cameras, queues, strict=True):
        camera.listen(images.put)
    _settle(world, queues)
    return queues


def _settle(world: Any, queues: list[Any]) -> None:
    """Tick until every queue has had an image, then empty them: subscriptions travel on connections of their own."""
    got = [False] * len(queues)
    for _ in range(200):
        frame = world.tick()
        time.sleep(0.02)
        for index, images in enumerate(queues):
            got[index] |= not images.empty()
        if all(got):
            break
    assert all(got)
    for images in queues:
        while images.get(timeout=_TIMEOUT_S).frame < frame:
            pass


def _pixels(image: Any) -> Any:
    return np.frombuffer(bytes(image.raw_data), np.uint8).reshape(image.height, image.width, 4)


@pytest.mark.timeout(180)
def test_the_clients_converters_and_files_understand_the_images(world: Any, tmp_path: Path) -> None:
    cameras = [_camera(world, kind) for kind in ("rgb", "depth", "semantic_segmentation", "optical_flow")]
    queues = _listening(world, *cameras)
    frame = world.tick()
    rgb, depth, semantic, flow = (images.get(timeout=_TIMEOUT_S) for images in queues)
    assert {image.frame for image in (rgb, depth, semantic, flow)} == {frame}
    assert (rgb.width, rgb.height, rgb.fov) == (*_SIZE, 90.0)
    code = _pixels(depth).astype(float)
    metres = (code[:, :, 2] + 256 * code[:, :, 1] + 65536 * code[:, :, 0]) / (2**24 - 1) * 1000
    tags = _pixels(semantic)[:, :, 2].copy()
    depth.convert(carla.ColorConverter.LogarithmicDepth)
    grey = _pixels(depth)[:, :, 0].astype(float)
    near = metres < 200.0
    expected = 255.0 * np.clip(1.0 + np.log(metres[near] / 1000.0) / 5.70378, 0.005, 1.0)
    assert np.abs(grey[near] - expected).max() < 2.0
    semantic.convert(carla.ColorConverter.CityScapesPalette)
    palette = _pixels(semantic)[:, :, 2::-1]
    assert set(map(tuple, palette[tags == 1].tolist())) == {(128, 64, 128)}
    assert set(map(tuple, palette[tags == 11].tolist())) == {(70, 130, 180)}
    assert np.asarray(_pixels(flow.get_color_coded_flow())).shape == (64, 96, 4)
    for name, image in (("rgb", rgb), ("depth", depth), ("semantic", semantic)):
        image.save_to_disk(str(tmp_path / f"{name}.png"))
        assert (tmp_path / f"{name}.png").stat().st_size > 100
    for camera in cameras:
        camera.destroy()


@pytest.mark.timeout(180)
def test_two_clients_see_the_same_images_and_a_slow_one_misses_none(server: int, world: Any) -> None:
    camera = _camera(world, "rgb")
    other = carla.Client("127.0.0.1", server)
    other.set_timeout(_TIMEOUT_S)
    same = other.get_world().get_actor(camera.id)
    slow: Any = queue.Queue()

    def dawdle(image: Any) -> None:
        time.sleep(0.03)
        slow.put(image)

    (quick,) = _listening(world, camera)
    same.listen(dawdle)
    _settle(world, [slow])
    while not quick.empty():
        quick.get()
    frames = [world.tick() for _ in range(15)]
    seen = [[images.get(timeout=_TIMEOUT_S) for _ in frames] for images in (quick, slow)]
    assert [image.frame for image in seen[0]] == frames
    assert [image.frame for image in seen[1]] == frames
    assert all((_pixels(a) == _pixels(b)).all() for a, b in zip(*seen, strict=True))
    camera.destroy()


@pytest.mark.timeout(180)
def test_a_camera_can_stop_listen_again_and_die_while_it_is_heard(world: Any) -> None:
    camera = _camera(world, "depth")
    (images,) = _listening(world, camera)
    camera.stop()
    time.sleep(0.2)
    for _ in range(3):
        world.tick()
    time.sleep(0.1)
    assert images.empty()
    (images,) = _listening(world, camera)
    frame = world.tick()
    assert images.get(timeout=_TIMEOUT_S).frame == frame
    ticking = threading.Event()

    def tick() -> None:
        ticking.set()
        for _ in range(20):
            world.tick()

    thread = threading.Thread(target=tick)
    thread.start()
    ticking.wait()
    camera.destroy()
    thread.join(_TIMEOUT_S)
    assert not thread.is_alive()
    again = _camera(world, "depth")
    (images,) = _listening(world, again)
    frame = world.tick()
    assert images.get(timeout=_TIMEOUT_S).frame == frame
    again.destroy()


@pytest.mark.timeout(180)
def test_debug_lines_are_in_the_picture_and_gone_in_time(world: Any) -> None:
    camera = _camera(world, "rgb")
    labels = _camera(world, "semantic_segmentation")
    queues = _listening(world, camera, labels)
    world.tick()
    _, tags = (_pixels(images.get(timeout=_TIMEOUT_S)) for images in queues)
    place = camera.get_transform()
    ahead, right = place.get_forward_vector(), place.get_right_vector()
    middle = place.location + ahead * 5.0
    world.debug.draw_line(middle - right * 2.0, middle + right * 2.0, 0.2, carla.Color(0, 255, 0), 0.1)
    pictures = []
    for _ in range(4):
        world.tick()
        pictures.append([_pixels(images.get(timeout=_TIMEOUT_S)) for images in queues])
    green = [int(((p[0][:, :, 1] > 200) & (p[0][:, :, 0] < 60) & (p[0][:, :, 2] < 60)).sum()) for p in pictures]
    assert green[0] > 60
    assert green[0] == green[1]
    assert green[3] == 0
    assert all((p[1] == tags).all() for p in pictures), "labels do not see it"
    for actor in (camera, labels):
        actor.destroy()

"""Scenes outlive their episodes: the same map is looked at again without building anew, and gives the same picture."""

from __future__ import annotations

import struct
import threading
import weakref
from typing import Any

import numpy as np
import pytest

from sim.server.sensing.scene_shelf import KEPT, SceneShelf
from sim.server.sensing.snapshot import SnapshotMaker
from sim.server.world import World
from sim.wire.rpc import RpcConnection
from sim.wire.stream import StreamConnection
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point
from tests.server.running import running_server

_SYNCHRONOUS = [True, False, [True, 0.05], True, 0.01, 10, 0.0, True, 3000.0, 2000.0, True]
_CAMERA = [0, "sensor.camera.rgb", [["image_size_x", 2, "96"], ["image_size_y", 2, "64"]]]


class _NoScene:
    """Stands for a scene that costs nothing."""

    def __init__(self, *parts: Any) -> None:
        self.states: list[Any] = []

    def set_states(self, begin: Any, *others: Any) -> None:
        self.states.append(begin)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> SceneShelf:
    monkeypatch.setattr("sim.server.sensing.scene_builder._warm_scene", _NoScene)
    return SceneShelf()


def test_what_was_put_away_comes_back_without_the_actors_it_had(world: World, calls: Calls, shelf: SceneShelf) -> None:
    statics, shown = world.surroundings.statics, world.surroundings.enabled
    calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))
    builder = shelf.take(world.network, statics, shown, SnapshotMaker(world).take())
    scene: Any = builder.scene()
    shelf.put(builder)
    assert len(scene.states[-1].actors) == len(scene.states[-1].track_id) == 0
    assert shelf.take(world.network, statics, shown, SnapshotMaker(world).take()) is builder
    assert len(scene.states[-1].actors) > 0
    assert len(shelf) == 0  # nobody else is given a scene that is looked at


def test_another_choice_of_objects_is_another_scene_and_only_the_last_are_kept(world: World, shelf: SceneShelf) -> None:
    statics, state = world.surroundings.statics, SnapshotMaker(world).take()
    builders = []
    for hidden in range(KEPT + 2):
        shown = np.ones(len(statics.name), dtype=np.bool_)
        shown[:hidden] = False
        builders.append(shelf.take(world.network, statics, shown, state))
    assert len({id(builder) for builder in builders}) == KEPT + 2
    for builder in builders:
        shelf.put(builder)
    assert len(shelf) == KEPT
    assert shelf.take(world.network, statics, builders[-1].shown, state) is builders[-1]
    assert shelf.take(world.network, statics, builders[0].shown, state) is not builders[0]


def test_a_dropped_scene_is_freed_beside_the_loop_and_its_memory_given_back(
    world: World, shelf: SceneShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: those that are kept are not freed."""
    alive: list[list[bool]] = []
    seen: list[weakref.ref[Any]] = []

    def given_back() -> None:
        if threading.current_thread().name == "drop":
            alive.append([scene() is not None for scene in seen])

    monkeypatch.setattr("sim.server.sensing.scene_shelf.give_back", given_back)
    statics, state = world.surroundings.statics, SnapshotMaker(world).take()
    for hidden in range(KEPT + 1):
        shown = np.ones(len(statics.name), dtype=np.bool_)
        shown[:hidden] = False
        builder = shelf.take(world.network, statics, shown, state)
        seen.append(weakref.ref(builder.scene()))
        shelf.put(builder)
        del builder
    for thread in threading.enumerate():
        if thread.name == "drop":
            thread.join()
    assert alive == [[False, *[True] * KEPT]]


@pytest.mark.slow
def test_others_are_served_while_a_tick_waits_for_its_scene_and_a_second_episode_sees_the_same() -> None:
    with running_server() as (port, _), RpcConnection("127.0.0.1", port, 120.0) as rpc:
        rpc.call("set_episode_settings", _SYNCHRONOUS)
        with RpcConnection("127.0.0.1", port, 120.0) as other:
            images, answered = [], []
            for _ in range(3):
                rpc.call("load_new_episode", "", False, 0xFFFF)
                pose = rpc.call("get_map_info")[1][3]
                rpc.call("spawn_actor", [0, "vehicle.tesla.model3", []], pose)
                pose = [[pose[0][0] - 8.0, pose[0][1] - 3.0, 3.0], [-10.0, 30.0, 0.0]]
                (stream_id,) = struct.unpack_from("<I", rpc.call("spawn_actor", _CAMERA, pose)[5])
                with StreamConnection("127.0.0.1", port + 1, stream_id, 120.0) as stream:
                    rpc.call("get_sensor_token", stream_id)
                    tick = threading.Thread(target=rpc.call, args=("tick_cue",))
                    tick.start()
                    answered.append(0)
                    while tick.is_alive():
                        other.call("version")
                        answered[-1] += 1
                        tick.join(0.01)
                    images.append(stream.read()[48:])
    assert images[0] == images[1] == images[2]
    assert answered[0] > 20 > max(answered[1:])

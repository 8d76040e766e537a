"""load_world with a live Traffic Manager: the client neither crashes nor waits for ever, because of what the server sends when.

A client that saw the new episode on its old subscription ended its Traffic Manager in one thread while load_world dropped
the episode in another, and the Traffic Manager's last cycle then read a null pointer (carla 0.9.16; public source of
Simulator::LoadEpisode, Episode::Listen and TrafficManagerLocal::Stop): a segmentation fault, or a join without an end.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from sim.loop.server_process import ServerProcess
from sim.wire.rpc import RpcConnection
from sim.wire.sensor_frame import WORLD_STREAM_ID
from sim.wire.stream import StreamConnection

PROGRAM = """
import sys, carla
port, loads, way = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
client = carla.Client("127.0.0.1", port)
client.set_timeout(20.0)
world = client.get_world()
for _ in range(loads):
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    manager = client.get_trafficmanager(port + 5)
    manager.set_synchronous_mode(True)
    model = world.get_blueprint_library().find("vehicle.tesla.model3")
    cars = [world.try_spawn_actor(model, place) for place in world.get_map().get_spawn_points()[:8]]
    for car in filter(None, cars):
        car.set_autopilot(True, port + 5)
    for _ in range(5):
        world.tick()
    if way == "reload":
        world = client.reload_world(False)
    else:
        world = client.load_world("town_quarter", way == "reset")
print("loaded", loads)
"""


def _load(loads: int, way: str) -> subprocess.CompletedProcess[str]:
    process = ServerProcess("town_quarter")
    try:
        command = [sys.executable, "-c", PROGRAM, str(process.rpc_port), str(loads), way]
        return subprocess.run(command, capture_output=True, text=True, timeout=120.0, check=False)
    finally:
        process.stop()


@pytest.mark.parametrize("way", ["keep", "reset", "reload"])
def test_loads_with_a_live_traffic_manager(way: str) -> None:
    done = _load(6, way)
    assert (done.returncode, done.stdout.strip()) == (0, "loaded 6"), done.stderr[-500:]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["keep", "reset", "reload"])
def test_fifty_loads_with_a_live_traffic_manager(way: str) -> None:
    done = _load(50, way)
    assert (done.returncode, done.stdout.strip()) == (0, "loaded 50"), done.stderr[-500:]


def test_old_listeners_hear_of_a_new_episode_with_the_next_tick() -> None:
    """And then in full: first the frame that says that the map changed, then the tick's."""
    process = ServerProcess("town_quarter")
    try:
        with RpcConnection("127.0.0.1", process.rpc_port) as rpc:
            settings = list(rpc.call("get_episode_settings"))
            settings[0], settings[2] = True, [True, 0.05]
            rpc.call("set_episode_settings", settings)
            old = StreamConnection("127.0.0.1", process.rpc_port + 1, WORLD_STREAM_ID)
            before = _episode_and_frame(old.read())
            rpc.call("load_new_episode", "", False, 0xFFFF)
            new = StreamConnection("127.0.0.1", process.rpc_port + 1, WORLD_STREAM_ID)
            announced = new.read()
            assert _episode_and_frame(announced)[0] == before[0] + 1
            assert int.from_bytes(announced[80:84], "little") & 1
            frame = rpc.call("tick_cue")
            seen = old.read()
            while _episode_and_frame(seen)[0] == before[0]:
                seen = old.read()
            assert bytes(seen) == bytes(announced)
            assert _episode_and_frame(seen)[1] > before[1]
            assert _episode_and_frame(old.read()) == _episode_and_frame(new.read()) == (before[0] + 1, frame)
    finally:
        process.stop()


def _episode_and_frame(data: bytes | bytearray | memoryview) -> tuple[int, int]:
    return int.from_bytes(data[48:56], "little"), int.from_bytes(data[8:16], "little")

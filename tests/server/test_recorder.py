"""Recording and replaying through CARLA's calls: replays repeat every record, files survive a kill, texts parse."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import carla
import numpy as np
import pytest

from sim.base.errors import EpisodeError
from sim.base.state import ActorKind
from sim.server.errors import CallError
from sim.server.map_source import LoadedMap, MapSource
from sim.server.recorder.folder import RecordingsFolder
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from sim.wire.episode_playback import open_playback
from sim.wire.episode_reader import read_episode
from sim.wire.episode_recording import Description
from sim.wire.response import ResponseError
from tests.server.conftest import Calls
from tests.server.running import running_server

TICKS = 60
OFFSET = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def _world(town: LoadedMap, delta_s: float = 0.05) -> Calls:
    world = World(StreamHub(EventLoop()), MapSource(), town, stream_port=2001)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=delta_s)
    world.recorder.settings.ignore_spectator = False
    return Calls(world)


def _describe(calls: Calls, type_id: str, role_name: str = "") -> list[Any]:
    uid, _, _, attributes = next(item for item in calls.get_actor_definitions() if item[1] == type_id)
    return [uid, type_id, [[a[0], a[1], role_name if a[0] == "role_name" else a[2]] for a in attributes]]


def _records(calls: Calls) -> bytes:
    table = calls.world.actors
    return bytes(table.records[: table.count].tobytes())


def _record(calls: Calls, path: Path, additional: bool = True) -> list[bytes]:
    """A minute-long life in three seconds: cars, a walker, a camera; one goes, one comes, lamps, lights and weather change."""
    points = calls.get_map_info()[1]
    cars = [
        calls.spawn_actor(_describe(calls, "vehicle.tesla.model3", "hero" if k == 0 else "other"), points[k])[0]
        for k in range(4)
    ]
    walker = calls.spawn_actor(_describe(calls, "walker.pedestrian.0001"), points[7])[0]
    pose = [[0.5, 0.0, 1.6], [0.0, 0.0, 0.0]]
    calls.spawn_actor_with_parent(_describe(calls, "sensor.camera.rgb"), pose, cars[0], 0, "")
    light = next(i for i in calls.world.board.light_actor_ids)
    calls.start_recorder(str(path), additional)
    seen = []
    for tick in range(TICKS):
        if tick == 5:
            calls.apply_control_to_vehicle(cars[0], [0.8, 0.015625, 0.0, False, False, False, 0])
            calls.apply_control_to_walker(walker, [[1.0, 0.0, 0.0], 1.4, False])
        elif tick == 15:
            calls.set_vehicle_light_state(cars[1], [3])
            calls.set_weather_parameters([50.0] * 14)
            calls.set_traffic_light_state(int(light), 1)
        elif tick == 25:
            calls.destroy_actor(cars[2])
        elif tick == 35:
            calls.spawn_actor(_describe(calls, "vehicle.audi.tt"), points[9])
        calls.world.step()
        seen.append(_records(calls))
    calls.stop_recorder()
    return seen


@pytest.fixture(scope="module")
def recording(town: LoadedMap, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    path = tmp_path_factory.mktemp("recordings") / "life.log"
    return path, _record(_world(town), path)


@pytest.mark.parametrize("start_tick", [0, 20, 45])
def test_a_replay_repeats_every_record_byte_for_byte(
    town: LoadedMap, recording: tuple[Path, list[bytes]], start_tick: int
) -> None:
    path, seen = recording
    for _ in range(2):
        calls = _world(town)
        answer = calls.replay_file(str(path), start_tick * 0.05, 0.0, 0, True, OFFSET)
        assert f"Replaying from {start_tick * 0.05:g} s - 2.95 s (2.95 s) at 1.0x" in answer
        for tick in range(start_tick, TICKS):
            calls.world.step()
            assert _records(calls) == seen[tick], f"tick {tick}"
        assert calls.get_weather_parameters() == [50.0] * 14
        assert 3 in [flags for _, flags in calls.get_vehicle_light_states()]


def test_a_replay_of_another_moment_is_another_state(town: LoadedMap, recording: tuple[Path, list[bytes]]) -> None:
    path, seen = recording
    calls = _world(town)
    calls.replay_file(str(path), 0.5, 0.0, 0, True, OFFSET)
    calls.world.step()
    assert _records(calls) == seen[10] != seen[11]


def test_roads_that_are_known_are_not_read_again(
    town: LoadedMap, recording: tuple[Path, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay changes to its own map at once; negative control: it has to read the roads when they are forgotten."""

    def not_again(*_arguments: Any) -> None:
        raise CallError("read again")

    for module, name in (
        ("sim.maps.library", "network_from_xodr"),
        ("sim.server.surroundings", "place_static_objects"),
    ):
        calls = _world(town)
        calls.load_new_episode("parking_lot", False, 0xFFFF)
        kept = sys.modules[module].__dict__["_networks" if "maps" in module else "_layouts"]
        with monkeypatch.context() as patch:
            patch.setattr(f"{module}.{name}", not_again)
            text = calls.replay_file(str(recording[0]), 0.0, 0.0, 0, True, OFFSET)
            assert "Loading map town_quarter" in text and calls.world.network.xodr == town.network.xodr
            calls.load_new_episode("parking_lot", False, 0xFFFF)
            kept.clear()
            with pytest.raises(ResponseError, match="read again"):
                calls.replay_file(str(recording[0]), 0.0, 0.0, 0, True, OFFSET)


def test_without_sensors_they_stay_away(town: LoadedMap, recording: tuple[Path, list[bytes]]) -> None:
    calls = _world(town)
    calls.replay_file(str(recording[0]), 0.0, 0.0, 0, False, OFFSET)
    calls.world.step()
    assert not [e for e in calls.world.actors.entries if e.kind is ActorKind.SENSOR]


def test_finer_ticks_and_slow_motion_are_interpolated(town: LoadedMap, recording: tuple[Path, list[bytes]]) -> None:
    path, _ = recording
    whole = open_playback(path)
    hero = next(i for i, who in whole.descriptions.items() if who.role_name == "hero")

    def places(delta_s: float, factor: float, steps: int) -> list[np.ndarray[Any, Any]]:
        calls = _world(town, delta_s)
        calls.set_replayer_time_factor(factor)
        calls.replay_file(str(path), 1.0, 0.0, 0, False, OFFSET)
        found = []
        for _ in range(steps):
            calls.world.step()
            found.append(calls.world.actors.position[calls.world.row(hero)].copy())
        return found

    recorded = places(0.05, 1.0, 5)
    for finer in (places(0.025, 1.0, 9), places(0.05, 0.5, 9)):
        assert np.array_equal(finer[::2], recorded)
        middle = 0.5 * (np.array(recorded[1:]) + np.array(recorded[:-1]))
        assert finer[1::2] == pytest.approx(middle, abs=1e-9)
    assert np.array_equal(places(0.05, 2.0, 3), recorded[::2])


def test_the_end_releases_actors_with_their_velocities(town: LoadedMap, recording: tuple[Path, list[bytes]]) -> None:
    calls = _world(town)
    calls.replay_file(str(recording[0]), -0.5, 0.0, 0, False, OFFSET)
    for _ in range(11):
        calls.world.step()
    speeds = np.hypot(calls.world.fleet.rows["velocity_x_mps"], calls.world.fleet.rows["velocity_y_mps"])
    before = calls.world.fleet.rows["x_m"].copy()
    calls.world.step()
    assert calls.world.recorder.replay is None
    after = np.hypot(calls.world.fleet.rows["velocity_x_mps"], calls.world.fleet.rows["velocity_y_mps"])
    assert speeds.max() > 3.0 and after.max() == pytest.approx(speeds.max(), abs=0.5)
    assert abs(calls.world.fleet.rows["x_m"] - before).max() > 0.1


@pytest.mark.parametrize("keep", [True, False])
def test_stopping_keeps_or_removes_what_was_spawned(
    town: LoadedMap, recording: tuple[Path, list[bytes]], keep: bool
) -> None:
    calls = _world(town)
    before = calls.world.actors.count
    calls.replay_file(str(recording[0]), 0.0, 0.0, 0, True, OFFSET)
    calls.world.step()
    calls.stop_replayer(keep)
    assert calls.world.actors.count == (before + 6 if keep else before)
    calls.world.step()


def test_ids_that_are_taken_get_others_and_the_hero_may_be_left_out(
    town: LoadedMap, recording: tuple[Path, list[bytes]]
) -> None:
    path, _ = recording
    calls = _world(town)
    points = calls.get_map_info()[1]
    mine = [calls.spawn_actor(_describe(calls, "vehicle.mini.cooper_s"), points[20 + k])[0] for k in range(3)]
    calls.set_replayer_ignore_hero(True)
    calls.replay_file(str(path), 0.0, 0.0, 0, False, OFFSET)
    calls.world.step()
    replay = calls.world.recorder.replay
    assert replay is not None
    cars = [i for i, who in open_playback(path).descriptions.items() if who.type_id == "vehicle.tesla.model3"]
    live = [replay.live_ids.get(i) for i in cars]
    assert live[0] is None and None not in live[1:] and not set(live) & set(mine)
    assert all(calls.world.entry(i).type_id == "vehicle.mini.cooper_s" for i in mine)


def test_living_actors_are_taken_over(town: LoadedMap, tmp_path: Path) -> None:
    calls = _world(town)
    seen = _record(calls, tmp_path / "own.log")
    count = calls.world.actors.count
    calls.replay_file(str(tmp_path / "own.log"), 2.0, 0.0, 0, True, OFFSET)
    calls.world.step()
    assert calls.world.actors.count == count
    table, ids = calls.world.actors, np.frombuffer(seen[40], dtype=calls.world.actors.records.dtype)
    for record in ids:
        row = table.row_of[int(record["id"])]
        assert table.records[row].tobytes() == record.tobytes()


def test_the_spectator_follows(town: LoadedMap, recording: tuple[Path, list[bytes]]) -> None:
    path, _ = recording
    hero = next(i for i, who in open_playback(path).descriptions.items() if who.role_name == "hero")
    calls = _world(town)
    calls.replay_file(str(path), 2.0, 0.0, hero, False, [[-10.0, 0.0, 5.0], [-25.0, 0.0, 0.0]])
    calls.world.step()
    world = calls.world
    gap = world.actors.position[world.row(world.spectator.actor_id)] - world.actors.position[world.row(hero)]
    assert np.linalg.norm(gap) == pytest.approx(np.hypot(10.0, 5.0), rel=1e-6)
    assert gap[2] > 3.0


def test_a_run_can_be_read_by_every_tool(recording: tuple[Path, list[bytes]]) -> None:
    episode = read_episode(recording[0])
    assert episode.complete and len(episode.states) == TICKS
    row = episode.states[-1].row_of(episode.header.ego_track_id)
    assert row is not None and episode.states[-1].actors[row].role_name == "hero"
    assert episode.states[-1].distance_travelled_m[row] > 5.0
    assert episode.commands[-1].throttle_ratio == pytest.approx(0.8) and episode.commands[-1].steer_ratio < 0.0
    assert episode.states[10].weather != episode.states[20].weather
    counts = [state.count for state in episode.states]
    assert counts[24] == counts[25] + 1 == counts[40]


def test_names_stay_in_the_folder(tmp_path: Path) -> None:
    inside = RecordingsFolder(tmp_path / "here")
    assert inside.path("a.log") == tmp_path / "here" / "a.log"
    assert inside.path_to_write("sub/a.log").parent.is_dir()
    assert inside.path(str(tmp_path / "b.log")) == tmp_path / "b.log"
    (tmp_path / "here" / "link").symlink_to(tmp_path)
    for name in ("../a.log", "x/../../a.log", "link/a.log", "", "a\0b"):
        with pytest.raises(CallError, match="recording: found"):
            inside.path(name)
    with pytest.raises(CallError, match="absolute path"):
        RecordingsFolder(tmp_path, loopback=False).path(str(tmp_path / "b.log"))
    with pytest.raises(CallError, match="does not exist"):
        inside.path_to_write(str(tmp_path / "no" / "b.log"))
    with pytest.raises(CallError, match="is a folder"):
        inside.path_to_write(str(tmp_path))


def test_the_text_about_a_file(calls: Calls, recording: tuple[Path, list[bytes]]) -> None:
    """The lines that scenario_runner's parser takes apart, with the values at the positions that it reads."""
    text = calls.show_recorder_file_info(str(recording[0]), True)
    head, *bodies = text.split("Frame ")
    assert head.split("\n")[0] == "Version: 1" and head.split("\n")[1] == "Map: town_quarter"
    assert re.fullmatch(r"Date: .+", head.split("\n")[2])
    assert len(bodies) == TICKS
    assert text.split("Frame")[-1].split("\n")[0] == f"s: {TICKS}"
    assert float(text.split("Frame")[-1].split("\n")[1][10:-8]) == pytest.approx(2.95)
    first, frame = bodies[0], bodies[16]
    create = re.search(r"^ Create (\d+): vehicle\.tesla\.model3 \(1\) at \((\S+), (\S+), (\S+)\)$", first, re.M)
    assert create is not None and "  role_name = hero" in first
    assert re.search(r"^ Parenting \d+ with \d+ \(parent\)$", first, re.M)
    sections = re.findall(r"^ ([A-Z][A-Za-z ]+?)(?:: .*| = .*)?$", first, re.M)
    order = [name for name in sections if not name.startswith(("Create", "Parenting"))]
    assert order == [
        "Positions",
        "State traffic lights",
        "Vehicle animations",
        "Walker animations",
        "Vehicle light animations",
        "Scene light changes",
        "Dynamic actors",
        "Actor bounding boxes",
        "Actor trigger volumes",
        "Current platform time",
        "Physics Control events",
        "Traffic Light time events",
    ]
    assert re.search(r"^  Id: \d+ Steering: 0\.015625 Throttle: 0\.8 Brake: 0 Handbrake: 0 Gear: -?\d+$", frame, re.M)
    assert re.search(r"^  Id: \d+ Position LowBeam$", frame, re.M) or "Position LowBeam" in bodies[15]
    assert all(body.count(" LowBeam") == 1 for body in bodies[15:])
    assert " Destroy " in bodies[25] and " Create " in bodies[35]
    brief = calls.show_recorder_file_info(str(recording[0]), False)
    assert "Positions" not in brief and brief.count("Frame ") == 3


def test_absent_and_foreign_files_are_told_apart(calls: Calls, tmp_path: Path) -> None:
    missing = tmp_path / "none.log"
    expected = f"File {missing} not found on server\n"
    assert calls.show_recorder_file_info(str(missing), True) == expected
    assert calls.show_recorder_collisions(str(missing), ord("a"), ord("a")) == expected
    assert calls.replay_file(str(missing), 0.0, 0.0, 0, False, OFFSET).endswith(expected)
    (tmp_path / "text.log").write_text("hello, this is not an episode at all")
    with pytest.raises(Exception, match="not an MCAP file"):
        calls.show_recorder_file_info(str(tmp_path / "text.log"), True)
    with pytest.raises(Exception, match="category"):
        calls.show_recorder_collisions(str(missing), ord("z"), ord("a"))
    with pytest.raises(Exception, match="time factor"):
        calls.set_replayer_time_factor(0.0)


def test_collisions_and_blocked_actors(town: LoadedMap, tmp_path: Path) -> None:
    calls = _world(town)
    point = calls.get_map_info()[1][0]
    yaw = np.radians(point[1][1])
    ahead = [[point[0][0] + 9.0 * np.cos(yaw), point[0][1] + 9.0 * np.sin(yaw), point[0][2]], point[1]]
    hero = calls.spawn_actor(_describe(calls, "vehicle.tesla.model3", "hero"), point)[0]
    parked = calls.spawn_actor(_describe(calls, "vehicle.audi.tt", "parked"), ahead)[0]
    calls.start_recorder(str(tmp_path / "hit.log"), False)
    calls.apply_control_to_vehicle(hero, [1.0, 0.0, 0.0, False, False, False, 0])
    for _ in range(80):
        calls.world.step()
    calls.stop_recorder()
    name = str(tmp_path / "hit.log")
    table = calls.show_recorder_collisions(name, ord("h"), ord("v")).split("\n")
    assert table[4] == f"{'Time':>8} {'Types':>6} {'Id':>6} {'Actor 1':<35} {'Id':>6} {'Actor 2':<35}"
    row = re.fullmatch(r" +\d+   v v  +(\d+) (\S+) +(\d+) (\S+) +", table[5])
    assert row is not None
    assert (int(row[1]), row[2], int(row[3]), row[4]) == (hero, "vehicle.tesla.model3", parked, "vehicle.audi.tt")
    assert calls.show_recorder_collisions(name, ord("w"), ord("a")).split("\n")[5] == ""
    assert f"Collision id 0 between {hero} (hero)  with {parked}\n" in calls.show_recorder_file_info(name, False)
    waited = calls.show_recorder_actors_blocked(name, 0.5, 10.0)
    assert re.search(rf"^ +0 +{parked} vehicle\.audi\.tt +\d+$", waited, re.M)
    assert (
        str(parked) not in calls.show_recorder_actors_blocked(name, 3.9, 10.0).split("Duration\n")[1].split("\n\n")[0]
    )


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[carla.Client, Any, Path]]:
    with running_server("--recordings", str(tmp_path)) as (port, process):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(20.0)
        yield client, process, tmp_path


def test_the_client_records_replays_and_a_killed_server_leaves_whole_ticks(
    served: tuple[carla.Client, Any, Path],
) -> None:
    client, process, folder = served
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    car = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
    assert client.start_recorder("first.log") == str(folder / "first.log")
    car.apply_control(carla.VehicleControl(throttle=0.7))
    places = []
    for _ in range(30):
        world.tick()
        places.append(car.get_transform())
    client.stop_recorder()
    car.destroy()
    world.tick()
    client.set_replayer_time_factor(1.0)
    assert "Total time recorded: 1.45" in client.replay_file("first.log", 0.5, 0.5, 0)
    world.tick()
    assert world.get_actor(car.id).get_transform() == places[10]
    with pytest.raises(RuntimeError, match="leads out of"):
        client.start_recorder("../outside.log")
    client.start_recorder("killed.log", True)
    for _ in range(20):
        world.tick()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    episode = read_episode(folder / "killed.log")
    assert not episode.complete and len(episode.states) == 20
    assert not open_playback(folder / "killed.log").complete


def test_cut_anywhere_gives_back_the_whole_ticks_before(
    town: LoadedMap, recording: tuple[Path, list[bytes]], tmp_path: Path
) -> None:
    calls = _world(town)
    data = recording[0].read_bytes()
    counts = []
    for size in range(1000, len(data), 1999):
        (tmp_path / "cut.log").write_bytes(data[:size])
        try:
            fast = len(open_playback(tmp_path / "cut.log").ticks)
        except EpisodeError:
            fast = 0
        counts.append(fast)
    (tmp_path / "cut.log").write_bytes(data[: len(data) * 19 // 20])
    assert len(read_episode(tmp_path / "cut.log").states) == len(open_playback(tmp_path / "cut.log").ticks)
    assert counts == sorted(counts) and counts[0] == 0 and 0 < counts[-2] <= TICKS and len(set(counts)) > 10
    damaged = bytearray(data)
    damaged[data.rindex(b"zstd") + 40] ^= 0x10
    (tmp_path / "bad.log").write_bytes(damaged)
    found = open_playback(tmp_path / "bad.log")
    assert found.ticks[TICKS - 2].frame == open_playback(recording[0]).ticks[TICKS - 2].frame
    with pytest.raises(EpisodeError, match="damaged"):
        _ = found.ticks[TICKS - 1]
    calls.replay_file(str(tmp_path / "bad.log"), -0.1, 0.0, 0, True, OFFSET)
    frame, actors = calls.world.frame, len(calls.world.actors.entries)
    for _ in range(4):
        calls.world.step()
    assert calls.world.recorder.replay is None and calls.world.frame == frame + 4
    assert len(calls.world.actors.entries) > actors


def test_descriptions_hold_everything_that_spawning_decided(recording: tuple[Path, list[bytes]]) -> None:
    found = open_playback(recording[0]).descriptions.values()
    camera = next(who for who in found if who.type_id == "sensor.camera.rgb")
    assert camera.parent_id and camera.relative is not None and camera.relative[:3] == [0.5, 0.0, 1.6]
    car = next(who for who in found if who.role_name == "hero")
    assert car.physics is not None and len(car.physics) == 17 and car.wheel_radius_m > 0.2
    signals = [who for who in found if who.signal_id]
    assert signals and all(who.trigger is None or len(who.trigger) == 3 for who in signals)
    assert isinstance(car, Description)

"""Every RPC of the table answers in the form that the client decodes: served ones with a value, absent ones with an error.

The same checks hold against a real CARLA server, apart from what it cannot know of the table's statuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sim.wire.calls import CALLS, Returns, Status
from sim.wire.rpc import RpcConnection
from tests.server.running import running_server

_IDENTITY = [[0.0, 0.0, 50.0], [0.0, 0.0, 0.0]]


@pytest.fixture(scope="module")
def rpc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RpcConnection]:
    with (
        running_server("--recordings", str(tmp_path_factory.mktemp("recordings"))) as (port, _),
        RpcConnection("127.0.0.1", port) as connection,
    ):
        yield connection


@pytest.fixture(scope="module")
def actors(rpc: RpcConnection) -> dict[str, Any]:
    definitions = {item[1]: item for item in rpc.call("get_actor_definitions")}

    def describe(type_id: str) -> list[Any]:
        uid, _, _, attributes = definitions[type_id]
        return [uid, type_id, [[a[0], a[1], a[2]] for a in attributes]]

    points = rpc.call("get_map_info")[1]
    vehicle = rpc.call("spawn_actor", describe("vehicle.tesla.model3"), points[0])[0]
    walker = rpc.call("spawn_actor", describe("walker.pedestrian.0001"), points[1])[0]
    camera = rpc.call("spawn_actor_with_parent", describe("sensor.camera.rgb"), _IDENTITY, vehicle, 0, "")[0]
    spare = rpc.call("spawn_actor", describe("vehicle.tesla.model3"), points[2])[0]
    everyone = rpc.call("get_actors_by_id", list(range(1, 400)))
    light = next(actor[0] for actor in everyone if actor[2][1] == "traffic.traffic_light")
    return {
        "vehicle": vehicle,
        "walker": walker,
        "camera": camera,
        "spare": spare,
        "light": light,
        "point": points[3],
        "car": describe("vehicle.tesla.model3"),
        "camera_description": describe("sensor.camera.rgb"),
    }


def _arguments(rpc: RpcConnection, actors: dict[str, Any], name: str) -> list[Any]:
    vehicle, walker, light = actors["vehicle"], actors["walker"], actors["light"]
    up = [0.0, 0.0, 1.0]
    special: dict[str, list[Any]] = {
        "set_episode_settings": [[True, False, [True, 0.05], True, 0.01, 10, 0.0, True, 3000.0, 2000.0, True]],
        "load_new_episode": ["", False, 65535],
        "copy_opendrive_to_file": [rpc.call("get_map_data"), [2.0, 50.0, 1.0, 0.6, True, True, True]],
        "load_map_layer": [1],
        "unload_map_layer": [1],
        "get_required_files": ["Nav"],
        "request_file": [rpc.call("get_required_files", "Nav")[0]],
        "get_actors_by_id": [[vehicle, 999999]],
        "set_weather_parameters": [[0.0] * 14],
        "set_imui_gravity": [9.81],
        "spawn_actor": [actors["car"], actors["point"]],
        "spawn_actor_with_parent": [actors["camera_description"], _IDENTITY, vehicle, 0, ""],
        "destroy_actor": [actors["spare"]],
        "set_actor_location": [walker, [1.0, 2.0, 3.0]],
        "set_actor_transform": [walker, _IDENTITY],
        "get_actor_component_world_transform": [vehicle, "root"],
        "get_actor_component_relative_transform": [vehicle, "root"],
        "apply_control_to_vehicle": [vehicle, [0.0, 0.0, 1.0, False, False, False, 0]],
        "apply_ackermann_control_to_vehicle": [vehicle, [0.0, 0.0, 1.0, 0.0, 0.0]],
        "apply_ackermann_controller_settings": [vehicle, [0.15, 0.0, 0.25, 0.01, 0.0, 0.01]],
        "set_vehicle_light_state": [vehicle, [3]],
        "get_wheel_steer_angle": [vehicle, 0],
        "get_wheel_pitch_angle": [vehicle, 0],
        "set_wheel_steer_direction": [vehicle, 0, 1.0],
        "set_wheel_pitch_angle": [vehicle, 0, 1.0],
        "open_vehicle_door": [vehicle, 0],
        "close_vehicle_door": [vehicle, 0],
        "get_bones_transform": [walker],
        "set_bones_transform": [walker, [[["crl_foreArm__L", [[0.0, 0.0, -0.3], [90.0, 0.0, 0.0]]]]]],
        "blend_pose": [walker, 0.5],
        "get_pose_from_animation": [walker],
        "apply_control_to_walker": [walker, [[1.0, 0.0, 0.0], 1.0, False]],
        "set_traffic_light_state": [light, 2],
        "get_sensor_token": [1],
        "get_gbuffer_token": [actors["camera"], 0],
        "enable_gbuffers": [actors["camera"], True],
        "are_gbuffers_enabled": [actors["camera"]],
        "set_ignored_vehicles": [actors["camera"], [vehicle]],
        "draw_debug_shape": [[[1, [[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], 0.1]], [255, 0, 0], 0.1, False]],
        "is_sensor_enabled_for_ros": [1],
        "get_all_level_BBs": [255],
        "get_environment_objects": [255],
        "enable_environment_objects": [[1, 2], True],
        "project_point": [[0.0, 0.0, 10.0], [0.0, 0.0, -1.0], 100.0],
        "cast_ray": [[0.0, 0.0, 10.0], [0.0, 0.0, -10.0]],
        "query_lights_state": ["127.0.0.1:2000"],
        "update_lights_state": ["127.0.0.1:2000", [], False],
        "update_day_night_cycle": ["127.0.0.1:2000", True],
        "apply_batch": [[[[2, [vehicle, [0.0, 0.0, 1.0, False, False, False, 0]]]], [[1, [999999]]]], False],
        "is_traffic_manager_running": [8000],
        "get_traffic_manager_running": [8000],
        "add_traffic_manager_running": [["127.0.0.1", 8000]],
        "destroy_traffic_manager": [8000],
        "freeze_all_traffic_lights": [False],
        "start_recorder": ["contract.log", True],
        "show_recorder_file_info": ["no_such_file.log", True],
        "show_recorder_collisions": ["no_such_file.log", 97, 97],
        "show_recorder_actors_blocked": ["no_such_file.log", 30.0, 10.0],
        "replay_file": ["no_such_file.log", 0.0, 0.0, 0, False, _IDENTITY],
        "stop_replayer": [True],
        "set_replayer_time_factor": [1.0],
        "set_replayer_ignore_hero": [False],
        "set_replayer_ignore_spectator": [True],
        "apply_physics_control": [vehicle, rpc.call("get_physics_control", vehicle)],
    }
    if name in special:
        return special[name]
    subject = CALLS[name].subject
    if name.endswith(("_time",)) or name in ("freeze_traffic_light",):
        return [light, 5.0 if name.endswith("_time") else False]
    if subject == "traffic lights":
        return [] if name.startswith("reset_all") else [light]
    if name.endswith("_at_location"):
        return [vehicle, up, up]
    if name.startswith(("add_actor", "set_actor_target", "enable_actor")):
        return [vehicle, up]
    if name in (
        "set_actor_simulate_physics",
        "set_actor_collisions",
        "set_actor_enable_gravity",
        "set_actor_autopilot",
    ):
        return [vehicle, True]
    if subject in ("actors", "vehicles"):
        return [vehicle] if name != "get_vehicle_light_states" else []
    return []


_LAST = ("load_new_episode",)
_ORDER = sorted(CALLS, key=lambda name: (name in _LAST, name == "destroy_actor"))


@pytest.mark.parametrize("name", _ORDER)
def test_answers_in_the_form_of_its_signature(rpc: RpcConnection, actors: dict[str, Any], name: str) -> None:
    call = CALLS[name]
    result = rpc.call_raw(name, *_arguments(rpc, actors, name))
    if call.returns is Returns.BARE:
        assert result[0] == [[1, actors["vehicle"]]]
        assert result[1][0][0] == 0
        return
    if call.status is Status.ABSENT:
        text = result[0][1][0]
        assert "not served yet" in text
        assert result[0][0] is True if call.returns is Returns.VOID else result[0][0] == 0
        return
    assert len(result) == 1
    if call.returns is Returns.VOID or not call.waits:
        assert result[0] in ([False], [1, True]), result
    else:
        assert result[0][0] == 1
        assert result[0][0] is not True
        assert len(result[0]) == 2


def test_errors_come_in_both_forms(rpc: RpcConnection) -> None:
    assert rpc.call_raw("get_actor_bounding_box", 123456)[0][0] == 0
    assert rpc.call_raw("set_actor_collisions", 123456, True)[0][0] is True


def test_an_unknown_call_gets_a_suggestion(rpc: RpcConnection) -> None:
    assert 'Did you mean "tick_cue"' in rpc.call_raw("tick_que")[0][1][0]


def test_absent_calls_are_named_in_the_table_with_a_reason() -> None:
    assert all(call.note for call in CALLS.values() if call.status is not Status.FULL)

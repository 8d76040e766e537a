"""Every call of CARLA 0.9.16's RPC interface, and how much of it the embedded server serves. The single source.

`full`: as CARLA does it. `partial`: accepted and answered in the right form, with the limit given in `note`.
`absent`: answered with the error "not served yet" in the Response wrapper, never a hang or a closed connection.
Checked call by call by tests/contract/test_every_call.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """How much of a call is served."""

    FULL = "full"
    PARTIAL = "partial"
    ABSENT = "absent"


class Returns(Enum):
    """The form of the result: `[[1, value]]`, `[[false]]`, or apply_batch's bare array."""

    VALUE = "value"
    VOID = "void"
    BARE = "bare"


@dataclass(frozen=True)
class Call:
    """One RPC. `waits`: the client waits for the answer, so an error reaches the caller; otherwise it is discarded."""

    name: str
    subject: str
    returns: Returns
    waits: bool
    status: Status
    note: str = ""


_VALUE, _VOID, _BARE = Returns.VALUE, Returns.VOID, Returns.BARE
_FULL, _PARTIAL, _ABSENT = Status.FULL, Status.PARTIAL, Status.ABSENT
_WAITS, _ASYNC = True, False

_Row = tuple[str, Returns, bool, Status, str]

_SESSION: tuple[_Row, ...] = (
    ("version", _VALUE, _WAITS, _FULL, ""),
    ("get_available_maps", _VALUE, _WAITS, _FULL, ""),
    ("get_episode_info", _VALUE, _WAITS, _FULL, ""),
    ("get_episode_settings", _VALUE, _WAITS, _FULL, ""),
    ("set_episode_settings", _VALUE, _WAITS, _FULL, ""),
    ("tick_cue", _VALUE, _WAITS, _FULL, ""),
    ("load_new_episode", _VOID, _WAITS, _FULL, ""),
    ("load_map_layer", _VOID, _WAITS, _PARTIAL, "buildings, foliage, props, street lights and walls only"),
    ("unload_map_layer", _VOID, _WAITS, _PARTIAL, "buildings, foliage, props, street lights and walls only"),
    (
        "copy_opendrive_to_file",
        _VOID,
        _WAITS,
        _PARTIAL,
        "walls and their distance are made; the ground needs no mesh, and is always seen",
    ),
    ("get_map_info", _VALUE, _WAITS, _FULL, ""),
    ("get_map_data", _VALUE, _WAITS, _FULL, ""),
    ("get_navigation_mesh", _VALUE, _WAITS, _FULL, ""),
    ("get_required_files", _VALUE, _WAITS, _PARTIAL, "the pedestrian navigation file; no Traffic Manager cache"),
    ("request_file", _VALUE, _WAITS, _FULL, ""),
    ("get_actor_definitions", _VALUE, _WAITS, _FULL, ""),
    ("get_spectator", _VALUE, _WAITS, _FULL, ""),
    ("get_actors_by_id", _VALUE, _WAITS, _FULL, ""),
    ("get_weather_parameters", _VALUE, _WAITS, _FULL, ""),
    ("set_weather_parameters", _VALUE, _ASYNC, _FULL, ""),
    ("get_imui_gravity", _VALUE, _WAITS, _FULL, ""),
    ("set_imui_gravity", _VALUE, _ASYNC, _PARTIAL, "IMU sensors and loose objects; vehicles and people keep Earth's"),
)

_ACTORS: tuple[_Row, ...] = (
    ("spawn_actor", _VALUE, _WAITS, _FULL, ""),
    ("spawn_actor_with_parent", _VALUE, _WAITS, _PARTIAL, "a SpringArm follows without lag; sockets are ignored"),
    ("destroy_actor", _VALUE, _WAITS, _FULL, ""),
    ("set_actor_location", _VALUE, _ASYNC, _FULL, ""),
    ("set_actor_transform", _VALUE, _ASYNC, _FULL, ""),
    ("set_actor_target_velocity", _VALUE, _ASYNC, _FULL, ""),
    (
        "set_actor_target_angular_velocity",
        _VALUE,
        _ASYNC,
        _PARTIAL,
        "about level axes a vehicle on its wheels only rocks",
    ),
    ("enable_actor_constant_velocity", _VALUE, _ASYNC, _FULL, ""),
    ("disable_actor_constant_velocity", _VALUE, _ASYNC, _FULL, ""),
    ("add_actor_impulse", _VALUE, _ASYNC, _PARTIAL, "vehicles and loose objects"),
    ("add_actor_force", _VALUE, _ASYNC, _PARTIAL, "vehicles and loose objects"),
    ("add_actor_angular_impulse", _VALUE, _ASYNC, _PARTIAL, "vehicles and loose objects"),
    ("add_actor_torque", _VALUE, _ASYNC, _PARTIAL, "vehicles and loose objects"),
    ("add_actor_impulse_at_location", _VALUE, _ASYNC, _FULL, ""),
    ("add_actor_force_at_location", _VALUE, _ASYNC, _FULL, ""),
    ("set_actor_simulate_physics", _VOID, _WAITS, _FULL, ""),
    ("set_actor_collisions", _VOID, _WAITS, _FULL, ""),
    ("set_actor_dead", _VALUE, _ASYNC, _PARTIAL, "dormant from then on; a walker falls and stays lying"),
    (
        "set_actor_enable_gravity",
        _VALUE,
        _ASYNC,
        _PARTIAL,
        "vehicles and loose objects; without it they keep height or fall",
    ),
    ("get_actor_bounding_box", _VALUE, _WAITS, _FULL, ""),
    ("get_actor_component_world_transform", _VALUE, _WAITS, _PARTIAL, "the root, and the lamps of vehicles"),
    ("get_actor_component_relative_transform", _VALUE, _WAITS, _PARTIAL, "the root, and the lamps of vehicles"),
    ("get_actor_component_names", _VALUE, _WAITS, _PARTIAL, "the root, and the lamps of vehicles"),
    ("get_actor_bone_names", _VALUE, _WAITS, _FULL, ""),
    ("get_actor_socket_names", _VALUE, _WAITS, _PARTIAL, "the bones; no other sockets"),
    ("get_actor_bone_world_transforms", _VALUE, _WAITS, _FULL, ""),
    ("get_actor_bone_relative_transforms", _VALUE, _WAITS, _FULL, ""),
    ("get_actor_socket_world_transforms", _VALUE, _WAITS, _PARTIAL, "the bones; no other sockets"),
    ("get_actor_socket_relative_transforms", _VALUE, _WAITS, _PARTIAL, "the bones; no other sockets"),
    ("get_vehicle_bone_world_transforms", _VALUE, _WAITS, _FULL, ""),
)

_VEHICLES: tuple[_Row, ...] = (
    ("apply_control_to_vehicle", _VALUE, _ASYNC, _FULL, ""),
    ("apply_ackermann_control_to_vehicle", _VALUE, _ASYNC, _FULL, ""),
    ("get_ackermann_controller_settings", _VALUE, _WAITS, _FULL, ""),
    ("apply_ackermann_controller_settings", _VALUE, _ASYNC, _FULL, ""),
    ("get_physics_control", _VALUE, _WAITS, _FULL, ""),
    ("apply_physics_control", _VALUE, _ASYNC, _FULL, ""),
    ("get_vehicle_light_state", _VALUE, _WAITS, _FULL, ""),
    ("set_vehicle_light_state", _VALUE, _ASYNC, _FULL, ""),
    ("get_vehicle_light_states", _VALUE, _WAITS, _FULL, ""),
    ("open_vehicle_door", _VALUE, _ASYNC, _PARTIAL, "an attached actor that swings; open doors collide with nobody"),
    ("close_vehicle_door", _VALUE, _ASYNC, _FULL, ""),
    ("set_wheel_steer_direction", _VALUE, _ASYNC, _FULL, ""),
    ("get_wheel_steer_angle", _VALUE, _WAITS, _FULL, ""),
    ("set_wheel_pitch_angle", _VALUE, _ASYNC, _FULL, ""),
    ("get_wheel_pitch_angle", _VALUE, _WAITS, _FULL, ""),
    ("set_actor_autopilot", _VALUE, _ASYNC, _FULL, ""),
    (
        "get_telemetry_data",
        _VALUE,
        _WAITS,
        _FULL,
        "",
    ),
    ("show_vehicle_debug_telemetry", _VALUE, _ASYNC, _PARTIAL, "accepted; nothing is drawn"),
    ("enable_carsim", _VALUE, _ASYNC, _ABSENT, "CarSim is a product of its own"),
    ("use_carsim_road", _VALUE, _ASYNC, _ABSENT, "CarSim is a product of its own"),
    ("enable_chrono_physics", _VALUE, _ASYNC, _ABSENT, "there is one motion model"),
    ("restore_physx_physics", _VALUE, _ASYNC, _PARTIAL, "accepted; there is one motion model"),
)

_WALKERS: tuple[_Row, ...] = (
    ("apply_control_to_walker", _VALUE, _ASYNC, _FULL, ""),
    ("get_bones_transform", _VALUE, _WAITS, _FULL, ""),
    ("set_bones_transform", _VALUE, _ASYNC, _PARTIAL, "joints move in images; head and trunk are not twisted"),
    ("blend_pose", _VALUE, _ASYNC, _FULL, ""),
    ("get_pose_from_animation", _VALUE, _ASYNC, _FULL, ""),
)

_LIGHTS: tuple[_Row, ...] = (
    ("set_traffic_light_state", _VALUE, _ASYNC, _FULL, ""),
    ("set_traffic_light_green_time", _VALUE, _ASYNC, _FULL, ""),
    ("set_traffic_light_yellow_time", _VALUE, _ASYNC, _FULL, ""),
    ("set_traffic_light_red_time", _VALUE, _ASYNC, _FULL, ""),
    ("freeze_traffic_light", _VALUE, _ASYNC, _FULL, ""),
    ("reset_traffic_light_group", _VALUE, _ASYNC, _FULL, ""),
    ("reset_all_traffic_lights", _VOID, _WAITS, _FULL, ""),
    ("freeze_all_traffic_lights", _VALUE, _ASYNC, _FULL, ""),
    ("get_group_traffic_lights", _VALUE, _WAITS, _FULL, ""),
    ("get_light_boxes", _VALUE, _WAITS, _FULL, ""),
)

_SENSORS: tuple[_Row, ...] = (
    ("get_sensor_token", _VALUE, _WAITS, _FULL, ""),
    (
        "get_gbuffer_token",
        _VALUE,
        _WAITS,
        _PARTIAL,
        "D, E, F, SSAO and CustomDepth are black; SceneColor is linear float32",
    ),
    ("enable_gbuffers", _VOID, _WAITS, _FULL, ""),
    ("are_gbuffers_enabled", _VALUE, _WAITS, _FULL, ""),
    ("set_ignored_vehicles", _VOID, _WAITS, _FULL, ""),
    ("enable_sensor_for_ros", _VALUE, _ASYNC, _PARTIAL, "accepted; nothing is published"),
    ("disable_sensor_for_ros", _VALUE, _ASYNC, _PARTIAL, "accepted; nothing is published"),
    ("is_sensor_enabled_for_ros", _VALUE, _WAITS, _PARTIAL, "always false"),
    ("send", _VALUE, _ASYNC, _ABSENT, "V2X is not simulated"),
)

_ENVIRONMENT: tuple[_Row, ...] = (
    ("get_all_level_BBs", _VALUE, _WAITS, _FULL, ""),
    ("get_environment_objects", _VALUE, _WAITS, _FULL, ""),
    ("enable_environment_objects", _VALUE, _ASYNC, _FULL, ""),
    ("get_names_of_all_objects", _VALUE, _WAITS, _FULL, ""),
    ("apply_color_texture_to_objects", _VOID, _WAITS, _ABSENT, "the catalogue's materials hold; no textures on top"),
    (
        "apply_float_color_texture_to_objects",
        _VOID,
        _WAITS,
        _ABSENT,
        "the catalogue's materials hold; no textures on top",
    ),
    ("project_point", _VALUE, _WAITS, _PARTIAL, "ground and boxes of objects and actors, not their meshes"),
    ("cast_ray", _VALUE, _WAITS, _PARTIAL, "ground and boxes of objects and actors, not their meshes"),
    ("query_lights_state", _VALUE, _WAITS, _FULL, ""),
    ("update_lights_state", _VALUE, _ASYNC, _FULL, ""),
    ("update_day_night_cycle", _VALUE, _ASYNC, _FULL, ""),
    ("set_annotations_traverse_translucency", _VALUE, _ASYNC, _PARTIAL, "accepted; nothing is translucent"),
    (
        "draw_debug_shape",
        _VALUE,
        _ASYNC,
        _PARTIAL,
        "seen by RGB cameras; strings and HUD shapes have no window to be in",
    ),
    ("clear_debug_shape", _VALUE, _ASYNC, _FULL, ""),
    ("clear_debug_string", _VALUE, _ASYNC, _PARTIAL, "accepted; no string is ever shown"),
)

_BATCH: tuple[_Row, ...] = (("apply_batch", _BARE, _WAITS, _FULL, ""),)

_RECORDER: tuple[_Row, ...] = (
    ("start_recorder", _VALUE, _WAITS, _FULL, ""),
    ("stop_recorder", _VALUE, _ASYNC, _FULL, ""),
    ("show_recorder_file_info", _VALUE, _WAITS, _FULL, ""),
    ("show_recorder_collisions", _VALUE, _WAITS, _FULL, ""),
    ("show_recorder_actors_blocked", _VALUE, _WAITS, _FULL, ""),
    ("replay_file", _VALUE, _WAITS, _FULL, ""),
    ("stop_replayer", _VALUE, _ASYNC, _FULL, ""),
    ("set_replayer_time_factor", _VALUE, _ASYNC, _FULL, ""),
    ("set_replayer_ignore_hero", _VALUE, _ASYNC, _FULL, ""),
    ("set_replayer_ignore_spectator", _VALUE, _ASYNC, _FULL, ""),
)

_TRAFFIC_MANAGER: tuple[_Row, ...] = (
    ("is_traffic_manager_running", _VALUE, _WAITS, _FULL, ""),
    ("get_traffic_manager_running", _VALUE, _WAITS, _FULL, ""),
    ("add_traffic_manager_running", _VALUE, _WAITS, _FULL, ""),
    ("destroy_traffic_manager", _VALUE, _ASYNC, _FULL, ""),
)


def _table() -> dict[str, Call]:
    subjects = {
        "session": _SESSION,
        "actors": _ACTORS,
        "vehicles": _VEHICLES,
        "walkers": _WALKERS,
        "traffic lights": _LIGHTS,
        "sensors": _SENSORS,
        "environment": _ENVIRONMENT,
        "batch": _BATCH,
        "recorder": _RECORDER,
        "traffic manager": _TRAFFIC_MANAGER,
    }
    return {
        name: Call(name, subject, returns, waits, status, note)
        for subject, rows in subjects.items()
        for name, returns, waits, status, note in rows
    }


CALLS: Mapping[str, Call] = _table()
"""Every call by name."""


def not_served(name: str) -> str:
    """The error text for a call that the server does not serve."""
    call = CALLS.get(name)
    reason = f": {call.note}" if call is not None and call.note else ""
    return f"{name}: not served yet by this server{reason}; see the table in sim/wire/calls.py"

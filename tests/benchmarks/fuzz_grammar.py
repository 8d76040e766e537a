"""What a fuzzer says to a CARLA server: every call with arguments that are nearly right, and bytes that are no call at all.

Case i of a seed is a pure function of both (Philox, keyed on seed and case), so that any case can be repeated alone.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack
import numpy as np

from sim.wire.calls import CALLS

Random = np.random.Generator

_WEATHER_FIELDS, _PHYSICS_FIELDS = 14, 17
SPAWNABLE = ("vehicle.tesla.model3", "vehicle.bh.crossbike", "walker.pedestrian.0001", "static.prop.trafficcone01")
SENSORS = (
    "sensor.other.collision",
    "sensor.other.imu",
    "sensor.other.gnss",
    "sensor.other.obstacle",
    "sensor.other.radar",
    "sensor.lidar.ray_cast",
    "sensor.camera.depth",
    "sensor.camera.rgb",
)
_ATTRIBUTES = ("image_size_x", "fov", "sensor_tick", "range", "channels", "role_name", "color", "noise_seed", "")
_MAPS = (
    "",
    "town_quarter",
    "parking_lot",
    "OpenDriveMap",
    "nowhere",
    "../../etc/passwd",
    "/dev/zero",
    "~nobody/x",
    "\0",
)
_STRINGS = ("", "x", "root", "Nav", "\0", "\udc80", "a" * 5000, "%s%n{0}", "../" * 40, "127.0.0.1:2000", "é漢")


@dataclass
class Bodies:
    """Ids that live in the server now, by kind; the fuzzer asks for them from time to time."""

    ids: dict[str, list[int]] = field(default_factory=dict)

    def any(self, random: Random, kind: str) -> int:
        """One of them, sometimes of the wrong kind, or an id that nobody has."""
        if random.random() < 0.1:
            kind = ("vehicle", "walker", "sensor", "traffic", "other")[int(random.integers(5))]
        known = self.ids.get(kind) or [0, 1]
        return int(random.integers(1 << 32)) if random.random() < 0.05 else known[int(random.integers(len(known)))]


def _number(random: Random, scale: float = 10.0) -> float:
    return float(random.normal(0.0, scale))


def _vector(random: Random, scale: float = 10.0) -> list[float]:
    return [_number(random, scale) for _ in range(3)]


def _pose(random: Random) -> list[list[float]]:
    return [_vector(random, 60.0), _vector(random, 90.0)]


def _pick(random: Random, choices: Sequence[Any]) -> Any:
    return choices[int(random.integers(len(choices)))]


def _attributes(random: Random) -> list[list[Any]]:
    values = ("1", "-1", "0", "90", "nan", "1e9", "64", "", "x", "255,0,0", "0.1")
    return [[_pick(random, _ATTRIBUTES), 4, _pick(random, values)] for _ in range(int(random.integers(3)))]


def _description(random: Random) -> list[Any]:
    names = SENSORS if random.random() < 0.4 else SPAWNABLE
    return [0, _pick(random, names), _attributes(random)]


def _physics(random: Random) -> list[Any]:
    wheel = [3.5, 0.25, 70.0, 35.0, 1500.0, 3000.0, 2.0, 17.0, 1000.0, _vector(random, 100.0)]
    curve = [[0.0, 400.0], [1890.0, 500.0], [5730.0, 400.0]]
    gears = [[4.0, 0.5, 0.65]] * 5
    head = [curve, 5800.0, 1.0, 0.15, 2.0, 0.35, True, 0.5, 10.0, 4.0, gears, abs(_number(random, 2000.0)), 0.3]
    return [*head, _vector(random, 1.0), [[0.0, 1.0], [120.0, 0.5]], [wheel] * 4, False]


def _settings(random: Random) -> list[Any]:
    delta = [True, float(_pick(random, (0.05, 0.01, 0.1, 1e-4, 9.0)))] if random.random() < 0.8 else [False]
    return [random.random() < 0.8, False, delta, True, 0.01, 10, 0.0, True, 3000.0, 2000.0, True]


def _commands(random: Random, bodies: Bodies) -> list[Any]:
    return [_command(random, bodies, 0) for _ in range(int(random.integers(12)))]


def _command(random: Random, bodies: Bodies, depth: int) -> list[Any]:
    tag = int(random.integers(23))
    if tag == 0:
        after = [_command(random, bodies, depth + 1) for _ in range(int(random.integers(3)))] if depth < 3 else []
        return [[0, [_description(random), _pose(random), [False], 0, "", after]]]
    actor = bodies.any(random, "vehicle")
    second: Mapping[int, Callable[[], Any]] = {
        2: lambda: _control(random),
        3: lambda: [*_vector(random), 0.0, 0.0],
        4: lambda: [_vector(random, 1.0), 1.5, False],
        5: lambda: _physics(random),
        6: lambda: _pose(random),
        18: lambda: int(random.integers(1 << 11)),
        21: lambda: int(random.integers(6)),
    }
    if tag == 7:
        return [[7, [actor, _pose(random), 1.0]]]
    if tag in (1, 20):
        return [[tag, [actor]]]
    if tag in (14, 15, 16, 17):
        return [[tag, [actor, bool(random.integers(2))]]]
    return [[tag, [actor, second.get(tag, lambda: _vector(random))()]]]


def _control(random: Random) -> list[Any]:
    return [float(random.random()), _number(random, 0.5), 0.0, False, random.random() < 0.1, False, 1]


def _lamps(random: Random) -> list[Any]:
    return [[int(random.integers(50)), _vector(random), 100.0, 2, [1, 2, 3], True] for _ in range(3)]


Maker = Callable[[Random, Bodies], Any]


def _of(kind: str) -> Maker:
    return lambda random, bodies: bodies.any(random, kind)


_V, _W, _L, _S = _of("vehicle"), _of("walker"), _of("traffic"), _of("sensor")
_vec: Maker = lambda random, _: _vector(random, 1000.0)  # noqa: E731
_place: Maker = lambda random, _: _vector(random, 60.0)  # noqa: E731
_at: Maker = lambda random, _: _pose(random)  # noqa: E731
_num: Maker = lambda random, _: _number(random)  # noqa: E731
_yes: Maker = lambda random, _: bool(random.integers(2))  # noqa: E731
_small: Maker = lambda random, _: int(random.integers(-1, 20))  # noqa: E731
_text: Maker = lambda random, _: _pick(random, _STRINGS)  # noqa: E731
_label: Maker = lambda random, _: int(_pick(random, (255, 0, 3, 7, 9, 14, 29)))  # noqa: E731
_file: Maker = lambda random, _: _pick(random, ("fuzz.log", "", "../x", "/dev/full", "/", "\0", "a" * 300))  # noqa: E731
_texture: Maker = lambda random, _: [2, 1, [[1, 2, 3, 4], [5, 6, 7, 8]]]  # noqa: E731

ARGUMENTS: Mapping[str, tuple[Maker, ...]] = {
    "set_episode_settings": (lambda random, _: _settings(random),),
    "load_new_episode": (lambda random, _: _pick(random, _MAPS), _yes, _small),
    "load_map_layer": (_small,),
    "unload_map_layer": (_small,),
    "copy_opendrive_to_file": (_text, lambda random, _: [2.0, 50.0, 1.0, 0.6, True, True, True]),
    "get_required_files": (_text,),
    "request_file": (_text,),
    "get_actors_by_id": (lambda random, bodies: [bodies.any(random, "vehicle") for _ in range(5)],),
    "set_weather_parameters": (lambda random, _: [_number(random, 60.0) for _ in range(_WEATHER_FIELDS)],),
    "set_imui_gravity": (_num,),
    "spawn_actor": (lambda random, _: _description(random), _at),
    "spawn_actor_with_parent": (lambda random, _: _description(random), _at, _V, _small, _text),
    "destroy_actor": (_V,),
    "set_actor_location": (_V, _place),
    "set_actor_transform": (_V, _at),
    "get_actor_component_world_transform": (_V, _text),
    "get_actor_component_relative_transform": (_V, _text),
    "apply_control_to_vehicle": (_V, lambda random, _: _control(random)),
    "apply_ackermann_control_to_vehicle": (_V, lambda random, _: [*_vector(random), 0.0, 0.0]),
    "apply_ackermann_controller_settings": (_V, lambda random, _: _vector(random) * 2),
    "apply_physics_control": (_V, lambda random, _: _physics(random)),
    "set_vehicle_light_state": (_V, lambda random, _: [int(random.integers(1 << 11))]),
    "open_vehicle_door": (_V, _small),
    "close_vehicle_door": (_V, _small),
    "set_wheel_steer_direction": (_V, _small, _num),
    "get_wheel_steer_angle": (_V, _small),
    "set_wheel_pitch_angle": (_V, _small, _num),
    "get_wheel_pitch_angle": (_V, _small),
    "enable_carsim": (_V, _text),
    "enable_chrono_physics": (_V, _small, _num, _text, _text, _text, _text),
    "apply_control_to_walker": (_W, lambda random, _: [_vector(random, 1.0), 1.5, False]),
    "set_bones_transform": (_W, lambda random, _: [[["crl_hips__C", _pose(random)]]]),
    "blend_pose": (_W, _num),
    "set_traffic_light_state": (_L, _small),
    "set_traffic_light_green_time": (_L, _num),
    "set_traffic_light_yellow_time": (_L, _num),
    "set_traffic_light_red_time": (_L, _num),
    "freeze_traffic_light": (_L, _yes),
    "reset_all_traffic_lights": (),
    "freeze_all_traffic_lights": (_yes,),
    "get_sensor_token": (_small,),
    "get_gbuffer_token": (_S, _small),
    "enable_gbuffers": (_S, _yes),
    "set_ignored_vehicles": (_S, lambda random, bodies: [bodies.any(random, "vehicle")]),
    "send": (_S, _text),
    "get_all_level_BBs": (_label,),
    "get_environment_objects": (_label,),
    "enable_environment_objects": (lambda random, _: [int(i) for i in random.integers(0, 500, 3)], _yes),
    "apply_color_texture_to_objects": (lambda *_: ["x"], _small, _texture),
    "apply_float_color_texture_to_objects": (lambda *_: ["x"], _small, _texture),
    "project_point": (_place, _vec, _num),
    "cast_ray": (_place, _place),
    "query_lights_state": (_text,),
    "update_lights_state": (_text, lambda random, _: _lamps(random), _yes),
    "update_day_night_cycle": (_text, _yes),
    "draw_debug_shape": (lambda random, _: [[0, [_vector(random), 0.1]], [255, 0, 0], 1.0, False],),
    "apply_batch": (lambda random, bodies: _commands(random, bodies), _yes),
    "start_recorder": (_file, _yes),
    "show_recorder_file_info": (_file, _yes),
    "show_recorder_collisions": (_file, lambda *_: 97, lambda *_: 97),
    "show_recorder_actors_blocked": (_file, _num, _num),
    "replay_file": (_file, _num, _num, _V, _yes, _at),
    "stop_replayer": (_yes,),
    "set_replayer_time_factor": (_num,),
    "is_traffic_manager_running": (_small,),
    "get_traffic_manager_running": (_small,),
    "add_traffic_manager_running": (lambda random, _: ["127.0.0.1", int(random.integers(1 << 16))],),
    "destroy_traffic_manager": (_small,),
}
"""What each call takes, besides CARLA's metadata. Calls that are not named take an actor when their subject has actors."""

_ONE_ACTOR: Mapping[str, Maker] = {
    "actors": _V,
    "vehicles": _V,
    "walkers": _W,
    "traffic lights": _L,
    "sensors": _S,
}
_RARE = ("load_new_episode", "copy_opendrive_to_file")
_NAMES = tuple(CALLS)


def arguments(random: Random, bodies: Bodies, name: str) -> list[Any]:
    """Arguments that fit a call."""
    makers = ARGUMENTS.get(name)
    if makers is None:
        one = _ONE_ACTOR.get(CALLS[name].subject)
        makers = () if one is None else (one, *((_vec, _vec) if name.endswith("at_location") else ()))
        if name.startswith(("add_actor", "set_actor_target", "enable_actor_c")):
            makers = (_V, _vec, *((_place,) if name.endswith("at_location") else ()))
        elif name.startswith(("set_actor", "show_vehicle", "use_carsim", "set_replayer")):
            makers = (*makers, _yes)
    return [make(random, bodies) for make in makers]


def _odd(random: Random) -> Any:
    """A value that does not belong."""
    values: tuple[Any, ...] = (
        float("nan"),
        float("inf"),
        -float("inf"),
        1e308,
        -1e30,
        1e-320,
        -0.0,
        2**64 - 1,
        -(2**63),
        2**31,
        -1,
        None,
        True,
        b"",
        b"\xff" * 9,
        [],
        {},
        {"a": [1, 2]},
        [[[[[[]]]]]],
        [0.0] * 2000,
        [None] * 3,
        msgpack.ExtType(5, b"abc"),
        *_STRINGS,
    )
    return _pick(random, values)


def mutated(random: Random, value: Any, chance: float) -> Any:
    """The value with some of its parts replaced, left out, or repeated."""
    if random.random() < chance:
        return _odd(random)
    if isinstance(value, list):
        parts = [mutated(random, part, chance) for part in value]
        if parts and random.random() < chance:
            cut = int(random.integers(len(parts)))
            parts = parts[:cut] if random.random() < 0.7 else parts + parts[cut:]
        return parts
    return value


@dataclass(frozen=True)
class Case:
    """Bytes for one of the ports (`stream`), how the connection ends afterwards, and how many answers are owed."""

    data: bytes
    stream: bool = False
    answers: int = 0
    end: str = "keep"
    about: str = ""


def make_case(seed: int, number: int, bodies: Bodies) -> Case:
    """Case `number` of a seed. `end`: keep the connection, close, reset, or shut down the sending half."""
    random = np.random.Generator(np.random.Philox(key=np.array([seed, number], dtype=np.uint64)))
    draw = random.random()
    if draw < 0.86:
        return _calls_case(random, bodies)
    end = str(_pick(random, ("close", "reset", "half", "leave")))
    if draw < 0.89:
        return Case(random.bytes(int(random.integers(1, 3000))), end=end, about="noise")
    if draw < 0.92:
        flipped = bytearray(_calls_case(random, bodies).data)
        for place in random.integers(0, len(flipped), 1 + len(flipped) // 50):
            flipped[int(place)] ^= 1 << int(random.integers(8))
        return Case(bytes(flipped), end=end, about="flipped bits")
    if draw < 0.95:
        whole = _calls_case(random, bodies).data
        return Case(whole[: int(random.integers(1, len(whole) + 1))], end=end, about="cut off")
    if draw < 0.975:
        return Case(_bomb(random), end=end, about="promises too much")
    ids = (0, 1, 2, 17, 20, 0xFFFFFFFF, int(random.integers(1 << 32)))
    greeting = struct.pack("<I", _pick(random, ids)) + random.bytes(int(random.integers(0, 20)))
    return Case(greeting[: int(random.integers(1, 24))], stream=True, end=end, about="stream port")


def _calls_case(random: Random, bodies: Bodies) -> Case:
    """A few requests in one piece, from right to badly wrong."""
    count = 1 if random.random() < 0.8 else int(random.integers(2, 20))
    chance = float(_pick(random, (0.0, 0.02, 0.1, 0.3)))
    data, names = b"", []
    for _ in range(count):
        name = str(_pick(random, _NAMES))
        if name in _RARE and random.random() < 0.9:
            name = "tick_cue"
        made = [mutated(random, value, chance) for value in arguments(random, bodies, name)]
        if random.random() < chance:
            made = made[: int(random.integers(len(made) + 1))]
        if random.random() < chance / 4:
            name = str(_pick(random, (name + "x", "", "sim_status", "__class__", "eval", "a" * 2000)))
        request = [0, int(random.integers(1 << 32)), name, [[random.random() < 0.1], *made]]
        data += msgpack.packb(request, use_bin_type=True, unicode_errors="surrogatepass")
        names.append(name[:40])
    return Case(data, answers=count, about=" ".join(names))


def _bomb(random: Random) -> bytes:
    """Headers that promise gigabytes, deep nests, endless strings."""
    size = int(random.integers(1, 1 << 32))
    nest = int(random.integers(1, 3000))
    return bytes(
        _pick(
            random,
            (
                b"\xdd" + struct.pack(">I", size),
                (b"\xdd" + struct.pack(">I", size & 0x1FFFFF)) * nest,
                b"\xdf" + struct.pack(">I", size),
                b"\xdb" + struct.pack(">I", size) + b"x" * 100,
                b"\xc6" + struct.pack(">I", size),
                b"\x91" * nest,
                b"\x81" * nest,
                b"\x94\x00\x01\xa7version" + b"\xdd" + struct.pack(">I", size),
                b"\x94\x00\x01\xaaspawn_acto" + b"\x91" * nest,
                b"\xc9" + struct.pack(">I", size) + b"\x05",
                b"\xc1" * nest,
            ),
        )
    )

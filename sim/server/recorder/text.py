"""CARLA's texts about a recording: its frames, its collisions, and who stood still.

The layout is the one that public readers parse (scenario_runner's metrics parser, CARLA's recorder pages): lengths in
centimetres, angles in degrees as roll, pitch, yaw, numbers with six significant digits, frames numbered from 1. The date is
the file's own, since nothing inside it depends on the wall clock. Where CARLA's writer and the parser disagree about the
order of lines in a frame, the parser's order is kept, and a collision names the hero first, as CARLA's pages promise.
Tested by tests/server/test_recorder.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes, frames
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.state import ActorKind, Lamp
from sim.wire.episode_playback import Playback
from sim.wire.episode_recording import Description, News, TickRecord

_CM = 100.0
_TYPES = {ActorKind.VEHICLE: 1, ActorKind.WALKER: 2, ActorKind.TRAFFIC_LIGHT: 3}
_CATEGORY = {1: "v", 2: "w", 3: "t"}
HERO_ROLE = "hero"
_LAMP_NAMES = (
    (Lamp.POSITION, "Position"),
    (Lamp.LOW_BEAM, "LowBeam"),
    (Lamp.HIGH_BEAM, "HighBeam"),
    (Lamp.BRAKE, "Brake"),
    (Lamp.RIGHT_BLINKER, "RightBlinker"),
    (Lamp.LEFT_BLINKER, "LeftBlinker"),
    (Lamp.REVERSE, "Reverse"),
    (Lamp.INTERIOR, "Interior"),
    (Lamp.FOG, "Fog"),
    (Lamp.SPECIAL_1, "Special1"),
    (Lamp.SPECIAL_2, "Special2"),
)


class Frames:
    """A recording's ticks with what came and went, as CARLA numbers and times them."""

    def __init__(self, playback: Playback) -> None:
        self.playback = playback
        self.duration_s = playback.duration_flicks / FLICKS_PER_SECOND

    def __iter__(self) -> Iterator[tuple[int, float, TickRecord, list[int], list[int]]]:
        """Number, time (s), tick, ids that came, ids that went."""
        return self.of(range(len(self.playback.ticks)))

    def telling(self, *news: News) -> Iterator[tuple[int, float, TickRecord, list[int], list[int]]]:
        """The same of ticks that may tell of something alone; who came and went is known with News.CAST only."""
        return self.of(sorted(set().union(*(self.playback.ticks.telling(kind) for kind in news))))

    def of(self, numbers: Iterable[int]) -> Iterator[tuple[int, float, TickRecord, list[int], list[int]]]:
        """The same of some ticks."""
        alive: dict[int, None] = {}
        before: Any = None
        for index in numbers:
            tick = self.playback.ticks[index]
            came: list[int] = []
            went: list[int] = []
            ids = tick.records["id"]
            if before is None or not np.array_equal(ids, before):
                now = dict.fromkeys(int(i) for i in ids)
                came = [i for i in now if i not in alive]
                went = [i for i in alive if i not in now]
                alive, before = now, ids
            yield index + 1, self.playback.times_flicks[index] / FLICKS_PER_SECOND, tick, came, went

    def head(self) -> str:
        """The lines before the first frame."""
        date = time.strftime("%x %X", time.localtime(self.playback.path.stat().st_mtime))
        return f"Version: 1\nMap: {self.playback.map_name.rsplit('/', 1)[-1]}\nDate: {date}\n\n"

    def tail(self, seconds_text: str) -> str:
        """The lines after the last frame."""
        return f"\nFrames: {len(self.playback.ticks)}\nDuration: {seconds_text} seconds\n"

    def who(self, actor_id: int) -> Description | None:
        """The description of a recorded actor."""
        return self.playback.descriptions.get(actor_id)


def file_info(playback: Playback, show_all: bool) -> str:
    """show_recorder_file_info: frames with events, or with `show_all` all frames and everything in them."""
    found = Frames(playback)
    out = [found.head()]
    collision = 0
    times = None
    lamps: dict[int, int] = {}
    shown = iter(found) if show_all else found.telling(News.CAST, News.COLLISIONS)
    for number, time_s, tick, came, went in shown:
        lines = [*_created(found, tick, came), *(f" Destroy {actor_id}" for actor_id in went)]
        for first, second, *_ in tick.collisions:
            lines.append(f" Collision id {collision} between {_pair_text(found, first, second)}")
            collision += 1
        lines += [
            f" Parenting {actor_id} with {who.parent_id} (parent)"
            for actor_id in came
            if (who := found.who(actor_id)) is not None and who.parent_id
        ]
        lamps = tick.lamps if tick.lamps is not None else lamps
        if show_all:
            lights = _light_times(tick, playback)
            lines += _everything(playback, tick, came, lamps, lights if lights != times else [])
            times = lights
        if lines or show_all:
            out.append("\n".join([f"Frame {number} at {time_s:g} seconds", *lines, ""]))
    out.append(found.tail(f"{found.duration_s:g}"))
    return "".join(out)


def collisions(playback: Playback, first_type: str, second_type: str) -> str:
    """show_recorder_collisions: contacts between actors of two categories (h, v, w, t, o, a)."""
    found = Frames(playback)
    out = [found.head(), f"{'Time':>8} {'Types':>6} {'Id':>6} {'Actor 1':<35} {'Id':>6} {'Actor 2':<35}\n"]
    for _, time_s, tick, _, _ in found.telling(News.COLLISIONS):
        for pair in tick.collisions:
            first, second = _hero_first(found, pair[0], pair[1])
            if _fits(found, first, first_type) and _fits(found, second, second_type):
                out.append(
                    f"{time_s:8.0f}   {_category(found, first)} {_category(found, second)}  "
                    f"{first:>6} {_name(found, first):<35} {second:>6} {_name(found, second):<35}\n"
                )
    out.append(found.tail(f"{found.duration_s:.0f}"))
    return "".join(out)


def blocked(playback: Playback, min_time_s: float, min_distance_cm: float) -> str:
    """show_recorder_actors_blocked: who moved less than a distance (cm) for at least a time, the longest first."""
    found = Frames(playback)
    rests = _Rests(min_time_s, min_distance_cm)
    cast: tuple[bytes, bytes] | None = None
    rows: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    for _, time_s, tick, _, went in found:
        rests.leave(went)
        now = tick.records["id"].tobytes(), tick.column_rows.tobytes()
        if now != cast:
            cast, rows = now, _moving_rows(found, tick)
            rests.enter(tick.records["id"][rows].tolist())
        rests.see(time_s, tick.records["location"][rows] * _CM)
    rests.leave(list(rests.slot_of))
    results = [
        (length_s, f"{since_s:8.0f} {actor_id:>6} {_name(found, actor_id):<35} {length_s:>10.0f}\n")
        for actor_id, since_s, length_s in rests.over
    ]
    results.sort(key=lambda item: -item[0])
    head = f"{'Time':>8} {'Id':>6} {'Actor':<35} {'Duration':>10}\n"
    return "".join([found.head(), head, *(line for _, line in results), found.tail(f"{found.duration_s:.0f}")])


class _Rests:
    """Since when each moving actor has been near one place. `over` are those rests that lasted: actor, since (s), length (s)."""

    def __init__(self, min_time_s: float, min_distance_cm: float) -> None:
        self._min_time_s, self._min_distance_cm = min_time_s, min_distance_cm
        self.slot_of: dict[int, int] = {}
        self.over: list[tuple[int, float, float]] = []
        self._ids: list[int] = []
        self._slots: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._place_cm: NDArray[np.float32] = np.zeros((0, 3), dtype=np.float32)
        self._since_s: NDArray[np.float64] = np.zeros(0)
        self._length_s: NDArray[np.float64] = np.zeros(0)

    def enter(self, ids: list[int]) -> None:
        """Those who are there from now on, in the order in which see() has their places."""
        new = [actor_id for actor_id in ids if actor_id not in self.slot_of]
        self.slot_of.update({actor_id: len(self._since_s) + k for k, actor_id in enumerate(new)})
        nowhere = np.full((len(new), 3), np.nan, dtype=np.float32)
        self._place_cm = np.concatenate([self._place_cm, nowhere])
        self._since_s = np.concatenate([self._since_s, np.zeros(len(new))])
        self._length_s = np.concatenate([self._length_s, np.full(len(new), -np.inf)])
        self._ids, self._slots = ids, np.array([self.slot_of[actor_id] for actor_id in ids], dtype=np.int64)

    def leave(self, ids: list[int]) -> None:
        """Those who are gone."""
        for actor_id in ids:
            if actor_id in self.slot_of:
                self._end(actor_id, self.slot_of.pop(actor_id))

    def see(self, time_s: float, places_cm: NDArray[np.floating[Any]]) -> None:
        """Where everybody is now (N, 3)."""
        slots = self._slots
        stays = np.linalg.norm(places_cm - self._place_cm[slots], axis=1) < self._min_distance_cm
        self._length_s[slots[stays]] = time_s - self._since_s[slots[stays]]
        for k in np.flatnonzero(~stays & (self._length_s[slots] >= self._min_time_s)):
            self._end(self._ids[k], int(slots[k]))
        moved = slots[~stays]
        self._place_cm[moved], self._since_s[moved], self._length_s[moved] = places_cm[~stays], time_s, 0.0

    def _end(self, actor_id: int, slot: int) -> None:
        if self._length_s[slot] >= self._min_time_s:
            self.over.append((actor_id, float(self._since_s[slot]), float(self._length_s[slot])))


def _moving_rows(found: Frames, tick: TickRecord) -> NDArray[np.int64]:
    who = [(int(row), found.who(int(tick.records["id"][row]))) for row in tick.column_rows]
    moving = (ActorKind.VEHICLE, ActorKind.WALKER)
    return np.array([row for row, item in who if item is not None and item.kind in moving], dtype=np.int64)


def _created(found: Frames, tick: TickRecord, came: Sequence[int]) -> Iterator[str]:
    row_of = {int(actor_id): row for row, actor_id in enumerate(tick.records["id"])} if came else {}
    for actor_id in came:
        who = found.who(actor_id)
        if who is None:
            continue
        place = tick.records["location"][row_of[actor_id]] * _CM
        yield f" Create {actor_id}: {who.type_id} ({_type(who)}) at {_vector(place)}"
        for name, _, value in who.attributes:
            yield f"  {name} = {value}"


def _everything(
    playback: Playback, tick: TickRecord, came: Sequence[int], lamps: dict[int, int], times: Sequence[str]
) -> Iterator[str]:
    """What CARLA writes about every frame, section by section."""
    known = playback.descriptions
    rows = {int(actor_id): row for row, actor_id in enumerate(tick.records["id"])}
    kinds = {actor_id: known[actor_id].kind for actor_id in rows if actor_id in known}
    vehicles = [i for i, kind in kinds.items() if kind == ActorKind.VEHICLE]
    walkers = [i for i, kind in kinds.items() if kind == ActorKind.WALKER]
    lights = [i for i, kind in kinds.items() if kind == ActorKind.TRAFFIC_LIGHT]
    movers = [i for i, kind in kinds.items() if kind not in (ActorKind.TRAFFIC_LIGHT, ActorKind.TRAFFIC_SIGN)]
    records = tick.records
    yield f" Positions: {len(movers)}"
    for i in movers:
        pitch, yaw, roll = records["rotation"][rows[i]]
        place = _vector(records["location"][rows[i]] * _CM)
        yield f"  Id: {i} Location: {place} Rotation: {_vector((roll, pitch, yaw))}"
    yield f" State traffic lights: {len(lights)}"
    for i in lights:
        light = records[rows[i]]
        state, frozen = int(light["light_state"]), int(light["frozen"])
        yield f"  Id: {i} state: {state} frozen: {frozen} elapsedTime: {light['elapsed_time_s']:g}"
    yield f" Vehicle animations: {len(vehicles)}"
    for i in vehicles:
        car = records[rows[i]]
        gear = min(int(car["gear"]), -1) if car["reverse"] else int(car["gear"])
        yield (
            f"  Id: {i} Steering: {car['steer']:g} Throttle: {car['throttle']:g} Brake: {car['brake']:g} "
            f"Handbrake: {int(car['hand_brake'])} Gear: {gear}"
        )
    yield f" Walker animations: {len(walkers)}"
    for i in walkers:
        yield f"  Id: {i} speed: {records['walker_speed'][rows[i]]:g}"
    yield f" Vehicle light animations: {len(vehicles)}"
    for i in vehicles:
        yield f"  Id: {i} {' '.join(name for bit, name in _LAMP_NAMES if lamps.get(i, 0) & bit) or 'None'}"
    if tick.scene_lights is not None:
        yield f" Scene light changes: {len(tick.scene_lights)}"
        for number, _, intensity, _, color, on in tick.scene_lights:
            rgb = _vector([value / 255.0 for value in color])
            yield f"  Id: {number} enabled: {'True' if on else 'False'} intensity: {intensity:g} RGB_color: {rgb}"
    if any(who.physics is not None for who in known.values()):
        yield from _additional(playback, tick, came, rows, [*vehicles, *walkers])
    if times:
        yield f" Traffic Light time events: {len(times)}"
        yield from times


def _additional(
    playback: Playback, tick: TickRecord, came: Sequence[int], rows: dict[int, int], movers: Sequence[int]
) -> Iterator[str]:
    """What start_recorder's `additional_data` adds."""
    records, known = tick.records, playback.descriptions
    yield f" Dynamic actors: {len(movers)}"
    for i in movers:
        velocity, turning = records["velocity"][rows[i]], records["angular_velocity"][rows[i]]
        yield f"  Id: {i} linear_velocity: {_vector(velocity)} angular_velocity: {_vector(turning)}"
    boxes = [known[i] for i in came if i in known and known[i].trigger is None]
    if boxes:
        yield f" Actor bounding boxes: {len(boxes)}"
        for who in boxes:
            origin = carla_axes.vector_to_carla(who.box_center_m) * _CM
            yield f"  Id: {who.actor_id} origin: {_vector(origin)} extension: {_vector(np.array(who.box_extent_m) * _CM)}"
    triggers = [known[i] for i in came if i in known and known[i].trigger is not None]
    if triggers:
        yield f" Actor trigger volumes: {len(triggers)}"
        for who in triggers:
            center, extent = _trigger_in_world(who)
            yield f"  Id: {who.actor_id} origin: {_vector(center)} extension: {_vector(extent)}"
    yield f" Current platform time: {tick.time_flicks / FLICKS_PER_SECOND:g}"
    physics = {i: known[i].physics for i in came if i in known and known[i].physics is not None}
    physics.update(tick.physics)
    if physics:
        yield f" Physics Control events: {len(physics)}"
        for i, control in physics.items():
            yield from _physics(i, control or [])


def _trigger_in_world(who: Description) -> tuple[Any, Any]:
    center, extent, _ = who.trigger or [[0.0] * 3] * 3
    pose = np.array(who.pose or [0.0] * 6)
    world = pose[:3] + frames.rotation_from_rpy(pose[3:]) @ np.array(center)
    return carla_axes.vector_to_carla(world) * _CM, np.array(extent) * _CM


def _physics(actor_id: int, control: list[Any]) -> Iterator[str]:
    """The 17 fields of VehiclePhysicsControl, in CARLA's words."""
    torque, rpm, moi, full, engaged, free, auto, switch, clutch, final, gears, mass, drag, com, steering, wheels = (
        control[:16]
    )
    yield f"  Id: {actor_id}"
    for name, value in (
        ("max_rpm", rpm),
        ("MOI", moi),
        ("damping_rate_full_throttle", full),
        ("damping_rate_zero_throttle_clutch_engaged", engaged),
        ("damping_rate_zero_throttle_clutch_disengaged", free),
    ):
        yield f"   {name} = {value:g}"
    yield f"   use_gear_auto_box = {'true' if auto else 'false'}"
    for name, value in (
        ("gear_switch_time", switch),
        ("clutch_strength", clutch),
        ("final_ratio", final),
        ("mass", mass),
        ("drag_coefficient", drag),
    ):
        yield f"   {name} = {value:g}"
    yield f"   center_of_mass = {_vector(com)}"
    yield "   torque_curve =" + "".join(f" ({x:g}, {y:g})" for x, y in torque)
    yield "   steering_curve =" + "".join(f" ({x:g}, {y:g})" for x, y in steering)
    yield "   forward_gears:"
    for number, (ratio, down, up) in enumerate(gears):
        yield f"    gear {number}: ratio {ratio:g} down_ratio {down:g} up_ratio {up:g}"
    yield "   wheels:"
    for number, wheel in enumerate(wheels):
        friction, damping, steer, radius, brake, hand_brake = wheel[:6]
        yield (
            f"    wheel {number}: tire_friction {friction:g} damping_rate {damping:g} max_steer_angle {steer:g} "
            f"radius {radius:g} max_brake_torque {brake:g} max_handbrake_torque {hand_brake:g} "
            f"position {_vector(wheel[9])}"
        )


def _light_times(tick: TickRecord, playback: Playback) -> list[str]:
    """Green, yellow and red times of all lights."""
    known = playback.descriptions
    return [
        f"  Id: {int(r['id'])} green_time: {r['green_time_s']:g} yellow_time: {r['yellow_time_s']:g} "
        f"red_time: {r['red_time_s']:g}"
        for r in tick.records
        if playback.whole and int(r["id"]) in known and known[int(r["id"])].kind == ActorKind.TRAFFIC_LIGHT
    ]


def _hero_first(found: Frames, first: int, second: int) -> tuple[int, int]:
    swap = _is_hero(found, second) and not _is_hero(found, first)
    swap = swap or first == 0
    return (second, first) if swap else (first, second)


def _pair_text(found: Frames, one: int, two: int) -> str:
    first, second = _hero_first(found, one, two)
    return f"{first}{' (hero) ' if _is_hero(found, first) else ''} with {second}"


def _is_hero(found: Frames, actor_id: int) -> bool:
    who = found.who(actor_id)
    return who is not None and who.role_name == HERO_ROLE


def _type(who: Description) -> int:
    return _TYPES.get(ActorKind(who.kind), 0)


def _category(found: Frames, actor_id: int) -> str:
    who = found.who(actor_id)
    return _CATEGORY.get(_type(who), "o") if who is not None else "o"


def _fits(found: Frames, actor_id: int, wanted: str) -> bool:
    return wanted in ("a", _category(found, actor_id)) or (wanted == "h" and _is_hero(found, actor_id))


def _name(found: Frames, actor_id: int) -> str:
    who = found.who(actor_id)
    return who.type_id if who is not None else ""


def _vector(values: Any) -> str:
    return f"({', '.join(f'{float(value):g}' for value in values)})"

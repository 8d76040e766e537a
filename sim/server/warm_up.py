"""Loads the compiled kernels of a tick before anybody waits for one.

In a throw-away world, one straight road with a light, a car, a pedestrian and props, the car runs into a barrel while another tumbles:
a server whose first collision compiled kernels would stand still for ten seconds. With a filled cache of kernels that takes a
few tenths of a second; right after an installation or an update they are compiled, which takes up to a
minute, and whoever started the server is told so. Those of the renderer are loaded in the scene's own thread, when the first
camera is spawned. `python -m sim.server.warm_up` prepares both, and the shapes that scenes are built from; `make setup` does so.
Tested by tests/server/test_warm_up.py.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sim.catalogue.blueprints import BLUEPRINTS
from sim.maps.opendrive import network_from_xodr
from sim.server.dispatch import Dispatcher
from sim.server.limits import LIMITS
from sim.server.map_source import LoadedMap, MapSource
from sim.server.sensing.kinds import SENSOR_KINDS
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.request_guard import RequestGuard
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from sim.wire.response import unwrap

TELL_AFTER_S = 1.0
_POINT = [[0, [[20.0, -2.0, 1.0], 0.1]], [255, 0, 0, 255], 1.0]
_EMPTY_REQUEST = b"\x90"
_NOTICE = (
    "sim.server: preparing {what}; this happens once after an installation or update and takes about a minute ...\n"
)
_PLACES = {
    "vehicle.audi.tt": (20.0, -2.0, 0.3),
    "walker.pedestrian.0001": (26.0, -2.0, 1.2),
    "walker.pedestrian.0002": (28.0, -2.0, 1.2),
    "static.prop.trafficcone01": (30.0, 0.0, 0.3),
    "static.prop.warningconstruction": (32.0, 1.0, 0.8),
    "static.prop.barrel": (23.5, -2.0, 0.3),
}
"""CARLA coordinates. Two walkers, since columns of one row are of another kind to a compiler than those of more.
The barrel stands fixed a metre before the car, which drives at it; those of _LOOSE fall."""
_CAR, _LOOSE = "vehicle.audi.tt", ("static.prop.trafficcone01", "static.prop.warningconstruction")
_PRECIPITATION = 1
"""Index among CARLA's weather parameters."""
_VELOCITY_MPS = [15.0, 0.0, 0.0]
_TICKS = 4
"""In three of them the car covers two metres; before the last one of those that fall is put to sleep."""
_ROAD = """<?xml version="1.0"?>
<OpenDRIVE><header revMajor="1" revMinor="4" name="warm_up"/>
<road name="" length="60" id="0" junction="-1"><planView><geometry s="0" x="0" y="0" hdg="0" length="60"><line/></geometry></planView>
<lanes><laneSection s="0"><left><lane id="1" type="driving"><width sOffset="0" a="4" b="0" c="0" d="0"/></lane></left>
<center><lane id="0" type="none"/></center></laneSection></lanes>
<signals><signal s="55" t="-5" id="1" name="" dynamic="yes" orientation="+" zOffset="3" type="1000001" subtype="-1" value="-1"/>
</signals></road></OpenDRIVE>
"""


def warm_up() -> None:
    """Let happen what makes a tick call kernels; says on standard error what it is doing when that takes long."""
    with _told("kernels"):
        _world_after_a_crash()


def warm_up_sensors() -> None:
    """Let one sensor of each kind measure in the throw-away world, in rain."""
    with _told("the sensors' kernels"):
        world = _world_after_a_crash(_AllHeard(EventLoop()))
        dispatcher = Dispatcher(world)
        weather = list(world.weather)
        weather[_PRECIPITATION] = 50.0
        unwrap(dispatcher.call("set_weather_parameters", [[False], weather]))
        for type_id in SENSOR_KINDS:
            _spawn(dispatcher, type_id, (15.0, -2.0, 2.0), {"image_size_x": "64", "image_size_y": "48"})
        unwrap(dispatcher.call("draw_debug_shape", [[False], _POINT]))
        for _ in range(2):
            world.step()


def warm_up_scene(map_name: str) -> None:
    """Build what stands on a map: the shapes of trees, buildings and furniture are kept for all maps."""
    with _told("shapes of what stands beside the roads"):
        hub = StreamHub(EventLoop())
        World(hub, MapSource(), MapSource().load(map_name), stream_port=0).sensors.builder_of_now().scene()


class _AllHeard(StreamHub):
    """Streams that somebody seems to listen to."""

    def has_listeners(self, stream_id: int) -> bool:
        """Always."""
        return True


@contextmanager
def _told(what: str) -> Iterator[None]:
    notice = threading.Timer(TELL_AFTER_S, sys.stderr.write, [_NOTICE.format(what=what)])
    notice.daemon = True
    notice.start()
    try:
        yield
    finally:
        notice.cancel()


def _world_after_a_crash(hub: StreamHub | None = None) -> World:
    loaded = LoadedMap("Carla/Maps/warm_up", network_from_xodr(_ROAD, "warm_up"), [])
    world = World(hub or StreamHub(EventLoop()), MapSource(), loaded, stream_port=0)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=0.05)
    dispatcher = Dispatcher(world)
    ids = {type_id: _spawn(dispatcher, type_id, place, {}) for type_id, place in _PLACES.items()}
    _spawn(dispatcher, "sensor.other.collision", (0.0, 0.0, 1.0), {}, ids[_CAR])
    for type_id in _LOOSE:
        unwrap(dispatcher.call("set_actor_simulate_physics", [[False], ids[type_id], True]))
    unwrap(dispatcher.call("set_actor_target_velocity", [[False], ids[_CAR], _VELOCITY_MPS]))
    for tick in range(_TICKS):
        if tick == _TICKS - 1:
            world.loose.rows["asleep"][0] = 1
        world.step()
    RequestGuard(LIMITS).take(_EMPTY_REQUEST)
    return world


def _spawn(
    dispatcher: Dispatcher, type_id: str, place: Sequence[float], changed: Mapping[str, str], parent: int = 0
) -> int:
    blueprint = BLUEPRINTS[type_id]
    attributes = [[item.id, int(item.type), changed.get(item.id, item.value)] for item in blueprint.attributes]
    arguments = [[False], [blueprint.uid, type_id, attributes], [list(place), [0.0, 0.0, 0.0]]]
    call, attached = ("spawn_actor_with_parent", [parent, 0, ""]) if parent else ("spawn_actor", [])
    return int(unwrap(dispatcher.call(call, [*arguments, *attached]))[0])


if __name__ == "__main__":
    warm_up()
    warm_up_sensors()
    warm_up_scene("town_quarter")

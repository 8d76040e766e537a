"""Loads the compiled kernels of a tick before anybody waits for one.

A throw-away world, one straight road with a car, a pedestrian and two props on it, is ticked once. With a filled cache of kernels
that takes a few hundredths of a second; right after an installation or an update they are compiled, which takes up to a
minute, and whoever started the server is told so. The renderer's kernels are loaded in the scene's own thread.
Tested by tests/server/test_warm_up.py.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from sim.catalogue.blueprints import BLUEPRINTS
from sim.maps.opendrive import network_from_xodr
from sim.server.dispatch import Dispatcher
from sim.server.map_source import LoadedMap, MapSource
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from sim.wire.response import unwrap

TELL_AFTER_S = 1.0
_PLACES = {
    "vehicle.audi.tt": (20.0, -2.0, 0.3),
    "walker.pedestrian.0001": (26.0, -2.0, 1.2),
    "static.prop.trafficcone01": (30.0, -2.0, 0.3),
    "static.prop.barrel": (23.5, -2.0, 0.3),
}
"""CARLA coordinates; the car and the barrel touch."""
_ROAD = """<?xml version="1.0"?>
<OpenDRIVE><header revMajor="1" revMinor="4" name="warm_up"/>
<road name="" length="60" id="0" junction="-1"><planView><geometry s="0" x="0" y="0" hdg="0" length="60"><line/></geometry></planView>
<lanes><laneSection s="0"><left><lane id="1" type="driving"><width sOffset="0" a="4" b="0" c="0" d="0"/></lane></left>
<center><lane id="0" type="none"/></center></laneSection></lanes></road></OpenDRIVE>
"""


def warm_up() -> None:
    """Tick the throw-away world; says on standard error what it is doing when that takes long."""
    notice = threading.Timer(
        TELL_AFTER_S,
        sys.stderr.write,
        [
            "sim.server: compiling kernels; this happens once after an installation or update and takes about a minute ...\n"
        ],
    )
    notice.daemon = True
    notice.start()
    try:
        _tick_once()
    finally:
        notice.cancel()


def _tick_once() -> None:
    loaded = LoadedMap("Carla/Maps/warm_up", network_from_xodr(_ROAD, "warm_up"), [])
    world = World(StreamHub(EventLoop()), MapSource(), loaded, stream_port=0)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=0.05)
    dispatcher = Dispatcher(world)

    def call(name: str, *arguments: Any) -> Any:
        return unwrap(dispatcher.call(name, [[False], *arguments]))

    for type_id, place in _PLACES.items():
        blueprint = BLUEPRINTS[type_id]
        attributes = [[item.id, int(item.type), item.value] for item in blueprint.attributes]
        call("spawn_actor", [blueprint.uid, type_id, attributes], [list(place), [0.0, 0.0, 0.0]])
    world.step()

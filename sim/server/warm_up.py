"""Loads the compiled kernels of a tick before anybody waits for one.

A throw-away world, one straight road with a car, a pedestrian and two props on it, is ticked once. With a filled cache of kernels
that takes a few hundredths of a second; right after an installation or an update they are compiled, which takes up to a
minute, and whoever started the server is told so. The renderer's kernels are loaded in the scene's own thread, when the first
camera is spawned. `python -m sim.server.warm_up` compiles both; `make setup` does so.
Tested by tests/server/test_warm_up.py.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sim.catalogue.blueprints import BLUEPRINTS
from sim.maps.opendrive import network_from_xodr
from sim.server.dispatch import Dispatcher
from sim.server.map_source import LoadedMap, MapSource
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from sim.wire.response import unwrap

TELL_AFTER_S = 1.0
_NOTICE = (
    "sim.server: compiling {what}; this happens once after an installation or update and takes about a minute ...\n"
)
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
    with _told("kernels"):
        _world_after_a_tick()


def warm_up_renderer() -> None:
    """Render a few pixels of the throw-away world, and cast rays into it."""
    from rendering.ray_hits import RayBundle

    with _told("the renderer's kernels"):
        world = _world_after_a_tick()
        scene = world.sensors.builder_of_now().scene()
        scene.rays.cast(RayBundle(1), 1, np.eye(4), 1.0)


@contextmanager
def _told(what: str) -> Iterator[None]:
    notice = threading.Timer(TELL_AFTER_S, sys.stderr.write, [_NOTICE.format(what=what)])
    notice.daemon = True
    notice.start()
    try:
        yield
    finally:
        notice.cancel()


def _world_after_a_tick() -> World:
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
    return world


if __name__ == "__main__":
    warm_up()
    warm_up_renderer()

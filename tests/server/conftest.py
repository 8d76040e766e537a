"""Worlds without a process: calls are made on the handlers directly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sim.server.dispatch import Dispatcher
from sim.server.map_source import LoadedMap, MapSource
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from sim.wire.response import unwrap


class Calls:
    """`calls.name(*arguments)` goes through the dispatcher, as a call from the wire would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._dispatcher = Dispatcher(world)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: unwrap(self._dispatcher.call(name, [[False], *arguments]))

    def raw(self, name: str, *arguments: Any) -> Any:
        """The wrapped answer."""
        return self._dispatcher.call(name, [[False], *arguments])


@pytest.fixture(scope="session")
def town() -> LoadedMap:
    return MapSource().load("town_quarter")


@pytest.fixture
def world(town: LoadedMap) -> Iterator[World]:
    loop = EventLoop()
    world = World(StreamHub(loop), MapSource(), town, stream_port=2001)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=0.05)
    yield world


@pytest.fixture
def calls(world: World) -> Calls:
    return Calls(world)

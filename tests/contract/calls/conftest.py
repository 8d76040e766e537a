"""A server and an unmodified client for each module of calls, in synchronous mode at 20 Hz."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import carla
import pytest

from sim.wire.rpc import RpcConnection
from tests.server.running import running_server

TICK_S = 0.05
_OURS = ("vehicle.", "walker.", "sensor.", "controller.", "static.")


@dataclass(frozen=True)
class Served:
    """A server's client and port."""

    client: carla.Client
    port: int


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with running_server() as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(30.0)
        yield Served(client, port)


@pytest.fixture
def client(served: Served) -> carla.Client:
    return served.client


@pytest.fixture
def world(served: Served) -> Iterator[carla.World]:
    world = served.client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, TICK_S
    world.apply_settings(settings)
    yield world
    world = served.client.get_world()
    for actor in world.get_actors():
        if actor.type_id.startswith(_OURS):
            actor.destroy()
    world.tick()


@pytest.fixture
def rpc(served: Served) -> Iterator[RpcConnection]:
    """For the few calls that the Python client never makes."""
    with RpcConnection("127.0.0.1", served.port) as connection:
        yield connection


Spawn = Callable[..., carla.Actor]


@pytest.fixture
def spawn(world: carla.World) -> Spawn:
    """`spawn(type_id, point)`: an actor on a recommended spawn point, settled on the ground; or attached to another."""
    points = world.get_map().get_spawn_points()

    def put(type_id: str, point: int = 0, parent: carla.Actor | None = None, **attributes: str) -> carla.Actor:
        blueprint = world.get_blueprint_library().find(type_id)
        for name, value in attributes.items():
            blueprint.set_attribute(name, value)
        pose = points[point] if parent is None else carla.Transform(carla.Location(z=3.0))
        actor = world.spawn_actor(blueprint, pose, attach_to=parent)
        world.tick()
        return actor

    return put


@pytest.fixture
def car(spawn: Spawn) -> carla.Vehicle:
    return spawn("vehicle.tesla.model3")


@pytest.fixture
def walker(spawn: Spawn) -> carla.Walker:
    return spawn("walker.pedestrian.0001", 5)


@pytest.fixture
def light(world: carla.World) -> carla.TrafficLight:
    return world.get_actors().filter("traffic.traffic_light")[0]


def ticks(world: carla.World, count: int) -> None:
    """Let simulated time pass."""
    for _ in range(count):
        world.tick()

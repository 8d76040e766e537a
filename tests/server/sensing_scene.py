"""A client in a synchronous world with one car, for tests of sensors as a user meets them."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import carla

from tests.server.running import running_server

DELTA_S = 0.05


class Listened:
    """A sensor and what it has sent."""

    def __init__(self, sensor: Any) -> None:
        self.sensor = sensor
        self.received: queue.Queue[Any] = queue.Queue()
        sensor.listen(self.received.put)

    def next(self) -> Any:
        """The next measurement; waits for it."""
        return self.received.get(timeout=60.0)

    def all_after(self, seconds: float = 0.3) -> list[Any]:
        """Everything that has arrived when nothing more is to be expected."""
        time.sleep(seconds)
        return [self.received.get_nowait() for _ in range(self.received.qsize())]


class Scene:
    """One server, its world, and helpers to put things in it; `clear` destroys what they put."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.library = world.get_blueprint_library()
        self.place = world.get_map().get_spawn_points()[0]
        self._actors: list[Any] = []

    def ahead(self, forward_m: float, right_m: float = 0.0, up_m: float = 0.0) -> Any:
        """A pose relative to the first spawn point."""
        location = carla.Location(forward_m, right_m, up_m)
        return carla.Transform(self.place.transform(location), self.place.rotation)

    def spawn(self, type_id: str, pose: Any, parent: Any = None, **attributes: Any) -> Any:
        """An actor with some attributes changed."""
        blueprint = self.library.find(type_id)
        for name, value in attributes.items():
            blueprint.set_attribute(name, str(value))
        actor = self.world.spawn_actor(blueprint, pose, attach_to=parent)
        self._actors.append(actor)
        return actor

    def car(self, forward_m: float = 0.0, right_m: float = 0.0, moves: bool = False) -> Any:
        """A car on the road; unless it `moves`, it hangs where it was put."""
        car = self.spawn("vehicle.audi.tt", self.ahead(forward_m, right_m))
        car.set_simulate_physics(moves)
        return car

    def sensor(self, type_id: str, pose: Any, parent: Any = None, **attributes: Any) -> Listened:
        """A sensor that is listened to."""
        return Listened(self.spawn(type_id, pose, parent, **attributes))

    def clear(self) -> None:
        """Destroy everything, sensors first."""
        for actor in reversed(self._actors):
            if actor.type_id.startswith("sensor."):
                actor.stop()
            actor.destroy()
        self._actors.clear()
        self.world.tick()


@contextmanager
def sensing_scene(map_name: str = "parking_lot", *arguments: str) -> Iterator[Scene]:
    """A server of its own with a synchronous client."""
    with running_server(*arguments, map_name=map_name) as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(120.0)
        world = client.get_world()
        settings = world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, DELTA_S
        world.apply_settings(settings)
        yield Scene(world)

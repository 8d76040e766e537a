"""A map with traffic on it, the same at every call: vehicles under the Traffic Manager and walkers after some seconds."""

from __future__ import annotations

import random
from pathlib import Path

import carla

from sim.base.clock import FLICKS_PER_SECOND
from sim.base.state import StaticObjects, WorldState
from sim.loop.session import Session
from sim.maps.network import RoadNetwork

TICKS_PER_S = 20
NOT_IN_TOWN = ("vehicle.sim.e_scooter", "vehicle.sim.tractor", "vehicle.sim.semi_truck")
"""Too slow for the flow of cars, or too long for narrow junctions; without them the draws are those of earlier figures."""


def populated(
    map_name: str, maps: list[Path], vehicles: int = 40, walkers: int = 30, seconds: float = 6.0, seed: int = 3
) -> tuple[RoadNetwork, StaticObjects, WorldState]:
    """The map's network, what stands on it, and the state after `seconds` of traffic."""
    draw = random.Random(seed)
    with Session(map_name, FLICKS_PER_SECOND // TICKS_PER_S, maps=maps) as session:
        world = session.world
        library = world.get_blueprint_library()
        cars = sorted(blueprint.id for blueprint in library.filter("vehicle.*") if blueprint.id not in NOT_IN_TOWN)
        people = sorted(blueprint.id for blueprint in library.filter("walker.pedestrian.*"))
        places = world.get_map().get_spawn_points()
        draw.shuffle(places)
        for place in places[:vehicles]:
            blueprint = library.find(draw.choice(cars))
            if blueprint.has_attribute("color"):
                blueprint.set_attribute("color", draw.choice(blueprint.get_attribute("color").recommended_values))
            actor = world.try_spawn_actor(blueprint, place)
            if actor is not None:
                actor.set_autopilot(True, session.tm_port)
        for _ in range(walkers):
            place = world.get_random_location_from_navigation()
            if place is not None:
                lifted = carla.Transform(place + carla.Location(z=1.0))
                world.try_spawn_actor(library.find(draw.choice(people)), lifted)
        state = session.tick()
        for _ in range(int(seconds * TICKS_PER_S)):
            state = session.tick()
        return session.network, session.statics, state

"""A run with traffic and people through a real server, its camera's frames checked for labels that do not join."""

from __future__ import annotations

import carla
import numpy as np

from rendering.scene import Scene
from rendering.surroundings import ground_of
from sensors.capture import CameraSensor
from sensors.label_choice import ALL_LABELS
from sensors.rig import load_rig
from sim.base.state import ActorKind
from sim.loop.session import Session
from tests.contract.traffic import spawn_traffic
from tests.metrology.joins import faults

MAP = "town_quarter"


def check(frames: int = 40, cars: int = 30, walkers: int = 20, every: int = 5) -> tuple[list[str], int, int]:
    """(faults, frames checked, ids met) of a camera on one of the cars; every `every`-th tick is a frame."""
    config = load_rig("fast_640").cameras[0]
    found: list[str] = []
    met: set[int] = set()
    with Session(MAP, config.period_flicks) as session:
        spawn_traffic(session, cars, 5, "")
        _spawn_walkers(session, walkers)
        states = [session.tick() for _ in range(40)]
        scene = Scene(session.network, session.statics, 2)
        surfaces = max(surface.surface_index for surface in ground_of(session.network)) + 1
        ego = int(states[-1].track_id[np.flatnonzero(states[-1].kind == ActorKind.VEHICLE)[0]])
        sensor = CameraSensor(config, scene, 0, config.period_flicks, 2, ALL_LABELS)
        for _ in range(frames):
            states = [*states, *(session.tick() for _ in range(every))][-8:]
            _, notes = sensor.capture(states, ego)
            assert notes is not None
            tick = states[-1].tick
            found += [f"tick {tick}: {one}" for one in faults(notes, states[-1], session.statics, surfaces, ego)]
            met |= set(np.unique(notes.instance).tolist())
    return found, frames, len(met)


def _spawn_walkers(session: Session, count: int) -> None:
    library = session.world.get_blueprint_library()
    kinds = sorted(blueprint.id for blueprint in library.filter("walker.pedestrian.*"))
    for k in range(count):
        place = session.world.get_random_location_from_navigation()
        if place is not None:
            up = carla.Location(z=1.0)
            session.world.try_spawn_actor(library.find(kinds[k % len(kinds)]), carla.Transform(place + up))

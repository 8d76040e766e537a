"""The maps that this server can load, by name or path."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim.maps.network import RoadNetwork
from sim.server.carla_values import utf8, wire_transform
from sim.server.errors import CallError
from sim.server.generated_world import Generation, generation_from_wire

SPAWN_HEIGHT_M = 0.3
"""Recommended spawn points lie this much above the road, as CARLA's do, so that nothing spawns in the ground."""

OPENDRIVE_MAP = "OpenDriveMap"
"""The name under which the client loads the text it sent with copy_opendrive_to_file."""

_LAYERED = "_Opt"
"""CARLA's layered maps are called so; here every map has its layers."""


@dataclass(frozen=True)
class LoadedMap:
    """A map ready to serve: `full_name` is its path below Content/, `spawn_points` CARLA transforms; `generation` says how a
    world is made of roads that a client has sent. `date` decides what trees wear; None is summer."""

    full_name: str
    network: RoadNetwork
    spawn_points: list[Any]
    generation: Generation = field(default_factory=Generation)
    date: datetime.date | None = None


class MapSource:
    """Finds and loads maps; remembers the last text that a client sent."""

    def __init__(self, folders: Sequence[Path] = (), date: datetime.date | None = None) -> None:
        self._folders = tuple(folders)
        self._date = date
        self._uploaded: LoadedMap | None = None

    def names(self) -> list[str]:
        """What get_available_maps lists."""
        from sim.maps.library import available_maps

        return [f"/Game/Carla/Maps/{name}" for name in sorted(available_maps(self._folders))]

    def upload(self, xodr: Any, parameters: Any = None) -> None:
        """Keep the roads of a text for OPENDRIVE_MAP; MapError when it does not parse, and what was kept stays then."""
        from sim.maps.library import network_of

        generation = generation_from_wire(parameters)
        network = network_of(utf8(xodr), OPENDRIVE_MAP)
        self._uploaded = LoadedMap(
            f"Carla/Maps/{OPENDRIVE_MAP}", network, _spawn_points(network), generation, self._date
        )

    def load(self, name_or_path: str) -> LoadedMap:
        """Load by name ("Town01", "Carla/Maps/Town01", "/Game/Carla/Maps/Town01", with or without ".umap" or a layered map's
        "_Opt") or path; MapError when it is not found or does not parse."""
        from sim.maps.library import available_maps, load_network

        short = utf8(name_or_path)
        if "/Carla/Maps/" in f"/{short}" and not Path(short).is_file():
            short = short.rsplit("/", 1)[1].partition(".")[0]
        if short == OPENDRIVE_MAP:
            if self._uploaded is None:
                raise CallError(
                    f"map: found {OPENDRIVE_MAP}, but no roads were sent; call generate_opendrive_world first"
                )
            return self._uploaded
        if short.endswith(_LAYERED) and short not in (known := available_maps(self._folders)):
            short = short.removesuffix(_LAYERED) if short.removesuffix(_LAYERED) in known else short
        network = load_network(short, self._folders)
        return LoadedMap(f"Carla/Maps/{network.name}", network, _spawn_points(network), date=self._date)


def _spawn_points(network: RoadNetwork) -> list[Any]:
    lift = np.array([0.0, 0.0, SPAWN_HEIGHT_M])
    return [
        wire_transform(position + lift, np.array([0.0, 0.0, yaw]))
        for position, yaw in zip(network.spawn_position_world_m, network.spawn_yaw_rad, strict=True)
    ]

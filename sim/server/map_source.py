"""The maps that this server can load, by name or path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.maps.network import RoadNetwork
from sim.server.carla_values import wire_transform

SPAWN_HEIGHT_M = 0.3
"""Recommended spawn points lie this much above the road, as CARLA's do, so that nothing spawns in the ground."""

OPENDRIVE_MAP = "OpenDriveMap"
"""The name under which the client loads the text it sent with copy_opendrive_to_file."""


@dataclass(frozen=True)
class LoadedMap:
    """A map ready to serve: `full_name` is its path below Content/, `spawn_points` CARLA transforms."""

    full_name: str
    network: RoadNetwork
    spawn_points: list[Any]


class MapSource:
    """Finds and loads maps; remembers the last text that a client sent."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = tuple(folders)
        self.uploaded_xodr = ""

    def names(self) -> list[str]:
        """What get_available_maps lists."""
        from sim.maps.library import available_maps

        return [f"/Game/Carla/Maps/{name}" for name in sorted(available_maps(self._folders))]

    def upload(self, xodr: str) -> None:
        """Keep a text for OPENDRIVE_MAP; MapError when it does not parse."""
        from sim.maps.opendrive import network_from_xodr

        network_from_xodr(xodr, OPENDRIVE_MAP)
        self.uploaded_xodr = xodr

    def load(self, name_or_path: str) -> LoadedMap:
        """Load by name ("Town01", "/Game/Carla/Maps/Town01") or path; MapError when it is not found or does not parse."""
        from sim.maps.library import load_network
        from sim.maps.opendrive import network_from_xodr

        short = name_or_path
        if short.startswith(("/Game/Carla/Maps/", "Carla/Maps/")):
            short = short.rsplit("/", 1)[1]
        if short == OPENDRIVE_MAP and self.uploaded_xodr:
            network = network_from_xodr(self.uploaded_xodr, OPENDRIVE_MAP)
        else:
            network = load_network(short, self._folders)
        return LoadedMap(f"Carla/Maps/{network.name}", network, _spawn_points(network))


def _spawn_points(network: RoadNetwork) -> list[Any]:
    lift = np.array([0.0, 0.0, SPAWN_HEIGHT_M])
    return [
        wire_transform(position + lift, np.array([0.0, 0.0, yaw]))
        for position, yaw in zip(network.spawn_position_world_m, network.spawn_yaw_rad, strict=True)
    ]

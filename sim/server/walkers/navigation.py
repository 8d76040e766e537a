"""The file by which clients walk people: made when a client first asks for it.

Clients keep such files for ever under their names, so the name carries a hash of all that the content follows from: the map,
what stands around, and the sources that make the mesh. Tested by tests/server/test_walkers.py.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from sim.base.state import StaticObjects
from sim.maps import navigation, navigation_areas
from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork
from sim.server.errors import CallError
from sim.wire import detour

_KEPT = 4
_files: dict[str, bytes] = {}


class Navigation:
    """The navigation file of one episode's map."""

    def __init__(self, network: RoadNetwork, statics: StaticObjects, ground: LaneLookup) -> None:
        self._network, self._statics, self._ground = network, statics, ground
        self._name = ""

    @property
    def file_name(self) -> str:
        """The path under which clients ask for the file and keep it."""
        if not self._name:
            hasher = hashlib.sha256(f"{_sources()} {self._network.sha256} {self._statics.digest()}".encode())
            self._name = f"Carla/Maps/Nav/{self._network.name}-{hasher.hexdigest()[:16]}.bin"
        return self._name

    def data(self) -> bytes:
        """The file, empty where the map has no surface that people could walk on. Takes 0.1 to 0.6 s the first time."""
        name = self.file_name
        if name not in _files:
            while len(_files) >= _KEPT:
                del _files[next(iter(_files))]
            mesh = navigation.navigation_mesh(self._network, self._statics, self._ground)
            _files[name] = detour.encode_navigation(mesh)
        return _files[name]

    def file(self, name: str) -> bytes:
        """The file of this name; CallError for any other."""
        if name != self.file_name:
            raise CallError(f"request_file: found {str(name)[:120]!r}; the only file here is {self.file_name!r}")
        return self.data()


@lru_cache(maxsize=1)
def _sources() -> str:
    hasher = hashlib.sha256()
    for module in (navigation, navigation_areas, detour):
        hasher.update(Path(str(module.__file__)).read_bytes())
    return hasher.hexdigest()

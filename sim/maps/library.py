"""Maps by name: in the folders given, in those of SIM_MAPS, and the project's own; or by path."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sim.base.errors import MapError, did_you_mean
from sim.maps.network import RoadNetwork
from sim.maps.opendrive import network_from_xodr

OWN_MAPS = Path(__file__).resolve().parent / "own"
_KEPT_NETWORKS = 8
_networks: OrderedDict[str, RoadNetwork] = OrderedDict()


def available_maps(folders: Sequence[Path] = ()) -> dict[str, Path]:
    """Every map that find_map finds by name, sorted by name; earlier folders win over later ones."""
    out: dict[str, Path] = {}
    for folder in _search_path(folders):
        for path in sorted(folder.glob("*.xodr")):
            out.setdefault(path.stem, path)
    return dict(sorted(out.items()))


def find_map(name_or_path: str, folders: Sequence[Path] = ()) -> Path:
    """The file of a map given by name ("Town01", also "Carla/Maps/Town01") or by path; MapError if there is none."""
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path
    maps = available_maps(folders)
    name = path.name.removesuffix(".xodr")
    if path.suffix != ".xodr" or path.name == name_or_path:
        for candidate in (name, *(known for known in maps if known.lower() == name.lower())):
            if candidate in maps:
                return maps[candidate]
    raise MapError(
        f'map: found "{name_or_path}"; known maps are {", ".join(maps) or "none"}.{did_you_mean(name, maps)} '
        "Give a path to an .xodr file, or put its folder into SIM_MAPS or --maps."
    )


def load_network(name_or_path: str, folders: Sequence[Path] = ()) -> RoadNetwork:
    """The road network of a map given by name or path. The last few are kept, keyed by path, size and time of change."""
    path = find_map(name_or_path, folders).absolute()  # not resolved: a link gives a map another name
    state = path.stat()
    return _load(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=_KEPT_NETWORKS)
def _load(path: Path, size: int, changed_ns: int) -> RoadNetwork:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MapError(f"{path}: cannot be read: {error}; expected UTF-8 text. Check the file.") from error
    return network_of(text, path.stem, str(path))


def network_of(text: str, name: str, source: str = "") -> RoadNetwork:
    """The road network of an OpenDRIVE text, as network_from_xodr makes it. The last few are kept, keyed by the text: a
    recording, or a client that sends its roads again, has them at once."""
    known = _networks.pop(text, None)
    if known is None:
        known = network_from_xodr(text, name, source)
    _networks[text] = known
    if len(_networks) > _KEPT_NETWORKS:
        _networks.popitem(last=False)
    return known if known.name == name else replace(known, name=name)


def _search_path(folders: Sequence[Path]) -> list[Path]:
    extra = [Path(x) for x in os.environ.get("SIM_MAPS", "").split(os.pathsep) if x]
    return [Path(f).expanduser() for f in (*folders, *extra, OWN_MAPS) if Path(f).expanduser().is_dir()]

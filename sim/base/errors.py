"""Everything that can go wrong, as one tree.

SimError                      the root; its text is meant for the person at the terminal
├── InputError                something the user wrote is wrong (exit code 2)
│   ├── ScenarioError         a scenario file: file:line:key
│   ├── MapError              an OpenDRIVE file that does not parse, or a map that is not found
│   ├── RigError              a camera rig or a lens that cannot exist
│   ├── BlueprintError        an unknown blueprint or attribute
│   ├── AssetError            a table of assets, or a glTF file that it names
│   └── RateError             sensor rates that no tick rate fits
├── WorldError                the CARLA server failed or vanished
│   ├── ServerStartError      the embedded server did not come up (busy port, bad map)
│   ├── ServerLostError       it was there and is gone
│   └── SyncError             a bundle is incomplete: a state or an image did not arrive
├── AgentError                the driver under test raised, or returned nonsense
├── RenderError               the ray tracer is missing or refused the scene
└── EpisodeError              an episode file is damaged or of another version

A message says, in this order: where · what was found · what is allowed · what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SimError(Exception):
    """Root of all errors that this project raises on purpose."""


class InputError(SimError):
    """Something the user wrote is wrong."""


class ScenarioError(InputError):
    """A scenario file is wrong; the text begins with file:line and the key's path."""


class MapError(InputError):
    """A map is not found, or its OpenDRIVE does not parse."""


class RigError(InputError):
    """A camera rig, lens or sensor has values that no real one can have."""


class BlueprintError(InputError):
    """A blueprint id, or one of its attributes, does not exist."""


class AssetError(InputError):
    """A table of the user's own assets, or a glTF file that it names, cannot be used."""


class RateError(InputError):
    """The rates of the sensors have no common tick rate inside the allowed range."""


class WorldError(SimError):
    """The CARLA server behind a session failed."""


class ServerStartError(WorldError):
    """The embedded server did not start."""


class ServerLostError(WorldError):
    """The server stopped answering in the middle of a run."""


class SyncError(WorldError):
    """The bundle of a tick is incomplete."""


class AgentError(SimError):
    """The driver under test raised an exception or returned an impossible command."""


class RenderError(SimError):
    """The ray tracer cannot be loaded, or refused the scene."""


class EpisodeError(SimError):
    """An episode file is damaged, truncated before its first tick, or of another schema version."""


def did_you_mean(found: str, allowed: Iterable[str]) -> str:
    """Return ' Did you mean "x"?' for the closest allowed name, or an empty string."""
    matches = difflib.get_close_matches(found, list(allowed), n=1, cutoff=0.5)
    return f' Did you mean "{matches[0]}"?' if matches else ""

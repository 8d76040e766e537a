"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.base.errors import InputError

MapsOption = Annotated[
    list[Path] | None, typer.Option("--maps", metavar="DIR", help="Folder with OpenDRIVE maps; may be repeated.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the scenario; may be repeated.")
]


def pairs(settings: list[str] | None) -> dict[str, str]:
    """{key: value} of the words KEY=VALUE. Tested by tests/cli/test_cli.py."""
    found = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise InputError(f'--set: found "{setting}"; expected KEY=VALUE, such as ego.speed_kmh=40')
        found[key] = value
    return found

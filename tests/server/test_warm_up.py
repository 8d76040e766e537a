"""The throw-away world before a server's start."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.server import warm_up
from tests.server.running import PROJECT

_SERVER = Path(warm_up.__file__).parent
_OF_SENSORS = {"debug_lines.draw_lines", "brightness_events.crossings"}
"""Kernels that warm_up_sensors prepares, and that are not loaded before a sensor needs them."""
_COMPILED = """
import importlib, sys
from sim.server.warm_up import warm_up
if sys.argv[1] == "warm":
    warm_up()
for name in sys.argv[2:]:
    module, function = name.split(".")
    kernel = getattr(importlib.import_module("sim.server.kernels." + module), function)
    if hasattr(kernel, "signatures") and not kernel.signatures:
        print(name)
"""


def _called_kernels() -> set[str]:
    """The kernels that the server's Python code names, as module.function."""
    found = set()
    for path in _SERVER.rglob("*.py"):
        if path.parent.name != "kernels":
            text = path.read_text(encoding="utf-8")
            for module, names in re.findall(r"from sim\.server\.kernels\.(\w+) import ([\w, ]+)", text):
                found |= {f"{module}.{name.strip()}" for name in names.split(",")}
            for module, alias in re.findall(r"from sim\.server\.kernels import (\w+) as (\w+)", text):
                found |= {f"{module}.{name}" for name in re.findall(rf"\b{alias}\.(\w+)\(", text)}
    return found - _OF_SENSORS


def test_no_kernel_of_a_tick_is_left_to_be_compiled_later() -> None:
    """Negative control: without the warm-up nearly all of them are."""

    def left(kind: str) -> list[str]:
        command = [sys.executable, "-c", _COMPILED, kind, *sorted(_called_kernels())]
        return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.split()

    assert left("warm") == []
    assert len(left("cold")) > 15


def test_the_throw_away_world_ticks_with_all_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    worlds = []
    step = warm_up.World.step

    def note(world: warm_up.World) -> int:
        worlds.append(world)
        return step(world)

    monkeypatch.setattr(warm_up.World, "step", note)
    warm_up.warm_up()
    kinds = {entry.type_id for entry in worlds[0].actors.entries}
    assert set(warm_up._PLACES) <= kinds
    assert len(worlds[0].fleet.rows) == 1


def test_it_says_what_takes_long_and_nothing_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    warm_up.warm_up()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(warm_up, "TELL_AFTER_S", 0.0)
    monkeypatch.setattr(warm_up, "_world_after_a_crash", lambda: __import__("time").sleep(0.3))
    warm_up.warm_up()
    assert "preparing kernels" in capsys.readouterr().err

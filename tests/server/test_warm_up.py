"""The throw-away world before a server's start."""

from __future__ import annotations

import pytest

from sim.server import warm_up


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
    monkeypatch.setattr(warm_up, "_world_after_a_tick", lambda: __import__("time").sleep(0.3))
    warm_up.warm_up()
    assert "preparing kernels" in capsys.readouterr().err

"""docs/calls.md says what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.wire import calls_page
from sim.wire.calls import CALLS
from sim.wire.pages import markdown_table


def test_the_page_is_up_to_date() -> None:
    assert calls_page.main(["--check"]) == 0, "run `python -m sim.wire.calls_page`"


def test_every_call_has_one_row() -> None:
    text = calls_page.page()
    assert all(text.count(f"| `{name}` |") == 1 for name in CALLS)
    assert f"| **{len(CALLS)}** |" in text


def test_a_stale_page_is_noticed_and_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_page, "PAGE", tmp_path / "calls.md")
    assert calls_page.main(["--check"]) == 1
    assert calls_page.main([]) == 0
    assert calls_page.main(["--check"]) == 0
    calls_page.PAGE.write_text(calls_page.page() + "by hand\n")
    assert calls_page.main(["--check"]) == 1


def test_bars_in_notes_do_not_break_the_table() -> None:
    assert markdown_table(["a"], [["x | y"]]).splitlines()[2] == "| x \\| y |"

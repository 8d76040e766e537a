"""The log: one JSON object a line, and no peer can fill the disk with it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.server import journal
from sim.server.errors import LogFileError
from sim.wire.rpc import RpcConnection
from tests.server.running import running_server


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    yield
    journal.close_journal()


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_events_are_json_lines_with_their_fields(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    journal.open_journal(str(path))
    journal.record("connected", client="127.0.0.1:5")
    journal.record("internal_error", logging.ERROR, ValueError("x"), call="version")
    first, second = _lines(path)
    assert (first["event"], first["level"], first["client"]) == ("connected", "info", "127.0.0.1:5")
    assert str(first["time"]).endswith("+00:00")
    assert "ValueError: x" in str(second["traceback"])


def test_an_event_without_end_is_counted_not_written(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    journal.open_journal(str(path))
    for _ in range(10 * journal.MOST_PER_INTERVAL):
        journal.record("unknown_call", logging.WARNING)
    assert len(_lines(path)) == journal.MOST_PER_INTERVAL


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match="folder"):
        journal.open_journal(str(tmp_path / "no" / "log.jsonl"))


def test_a_server_logs_who_came_what_failed_and_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with running_server("--log", str(path)) as (port, process):
        with RpcConnection("127.0.0.1", port) as rpc:
            rpc.call_raw("get_actor_bounding_box", 999_999)
            rpc.call("load_new_episode", "", False, 65535)
        process.terminate()
        assert process.wait(10) == 0
    events = [line["event"] for line in _lines(path)]
    assert events[0] == "started"
    assert events[-1] == "stopped"
    assert {"connected", "call_refused", "map_loaded"} <= set(events)

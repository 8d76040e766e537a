"""What happens to the server, as events with fields: one JSON object a line with `--log`, plain lines otherwise.

A line has `time` (UTC), `level`, `event`, and what belongs to the event: `client`, `call`, `duration_s`, `map` ... An event
that peers can cause at will is written at most MOST_PER_INTERVAL times in INTERVAL_S, then counted: a hostile client must
not fill the disk. Tested by tests/server/test_journal.py.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sim.server.errors import LogFileError

MOST_PER_INTERVAL = 50
INTERVAL_S = 10.0
STANDARD_ERROR = "-"

_logger = logging.getLogger("sim.server")


def record(event: str, level: int = logging.INFO, error: BaseException | None = None, **fields: Any) -> None:
    """Write down an event with its fields, and the traceback of `error` when there is one."""
    if _logger.isEnabledFor(level):
        _logger.log(level, event, extra={"fields": fields}, exc_info=error)


def open_journal(target: str | None, verbose: bool = False) -> None:
    """Send events as JSON lines to a file (appended; "-": standard error), or warnings as plain lines to standard error."""
    for old in tuple(_logger.handlers):
        _logger.removeHandler(old)
        old.close()
    handler: logging.Handler
    if target in (None, STANDARD_ERROR):
        handler = logging.StreamHandler(sys.stderr)
    else:
        try:
            handler = logging.FileHandler(Path(str(target)), encoding="utf-8")
        except OSError as error:
            raise LogFileError(
                f"--log {target}: cannot be written ({error.strerror}); name a file in a folder that exists"
            ) from error
    handler.setFormatter(PlainLine() if target is None else JsonLine())
    handler.addFilter(Throttle())
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO if verbose or target is not None else logging.WARNING)
    _logger.propagate = False


def close_journal() -> None:
    """Write out and close."""
    for handler in tuple(_logger.handlers):
        _logger.removeHandler(handler)
        handler.close()


class JsonLine(logging.Formatter):
    """One JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = datetime.fromtimestamp(record.created, timezone.utc)
        line = {"time": moment.isoformat(timespec="milliseconds"), "level": record.levelname.lower()}
        line |= {"event": record.getMessage(), **_fields(record)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class PlainLine(logging.Formatter):
    """A line for people: level, event, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback below it."""
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        line = f"{record.levelname.lower()} {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Throttle(logging.Filter):
    """Lets each event through a limited number of times per interval; the next one after says how many were left out."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write this one."""
        event, now_s = record.getMessage(), time.monotonic()
        since_s, count = self._seen.get(event, (now_s, 0))
        left_out = max(count - MOST_PER_INTERVAL, 0)
        if now_s - since_s > INTERVAL_S:
            since_s, count = now_s, 0
            if left_out:
                record.fields = {**_fields(record), "left_out": left_out}
        self._seen[event] = (since_s, count + 1)
        return count < MOST_PER_INTERVAL


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found = getattr(record, "fields", {})
    return found if isinstance(found, dict) else {}

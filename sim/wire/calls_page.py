"""The page docs/calls.md, made from the tables in sim/wire: which calls of CARLA 0.9.16 are served, and how far.

`python -m sim.wire.calls_page` writes it; with `--check` it only compares, and exits 1 when the page is stale.
Tested by tests/wire/test_calls_page.py.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sim.wire.calls import CALLS, Call, Returns, Status
from sim.wire.pages import markdown_table, write_or_check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "calls.md"
_COMMAND = "python -m sim.wire.calls_page"
_INTRODUCTION = f"""# CARLA's calls, and how far they are served

Made from `sim/wire/calls.py` by `{_COMMAND}`; do not edit. `waits` tells whether CARLA's client waits for the answer: an
error in a call that nobody waits for is seen only in the server's log (`sim serve --log -`).

- **full**: as CARLA 0.9.16 does it.
- **partial**: answered in the right form; the note says where it stops.
- **absent**: answered with an error that says what is not offered, never a hang or a closed connection.
"""
_ANSWERS = {Returns.VALUE: "value", Returns.VOID: "nothing", Returns.BARE: "one for each command"}
_STATUS_ORDER = (Status.FULL, Status.PARTIAL, Status.ABSENT)


def page(calls: Mapping[str, Call] = CALLS) -> str:
    """The whole page as Markdown."""
    parts = [_INTRODUCTION, "## How many", _counts(calls.values())]
    for subject, group in itertools.groupby(calls.values(), key=lambda call: call.subject):
        parts += [f"## {subject[0].upper()}{subject[1:]}", _subject_table(list(group))]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _counts(calls: Iterable[Call]) -> str:
    by_subject: dict[str, Counter[Status]] = {}
    for call in calls:
        by_subject.setdefault(call.subject, Counter())[call.status] += 1
    rows: list[list[object]] = [
        [subject, *(counts[status] for status in _STATUS_ORDER), counts.total()]
        for subject, counts in by_subject.items()
    ]
    total = sum(by_subject.values(), Counter[Status]())
    rows.append(["**all**", *(f"**{total[status]}**" for status in _STATUS_ORDER), f"**{total.total()}**"])
    return markdown_table(["subject", *(status.value for status in _STATUS_ORDER), "calls"], rows)


def _subject_table(calls: Sequence[Call]) -> str:
    rows = [
        [f"`{call.name}`", call.status.value, "waits" if call.waits else "", _ANSWERS[call.returns], call.note]
        for call in calls
    ]
    return markdown_table(["call", "status", "", "answer", "note"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or compare it; the exit code."""
    return write_or_check(PAGE, page(), _COMMAND, arguments)


if __name__ == "__main__":
    sys.exit(main())

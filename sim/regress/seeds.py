"""Which variations of a scenario a suite runs, as the user writes them."""

from __future__ import annotations

from sim.base.errors import InputError


def seeds_in(text: str) -> list[int]:
    """Seeds from "7", "0-4" or "1,5,9", each once; InputError otherwise. Tested by tests/cli/test_cli.py."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise InputError(f'--seeds: found "{text}"; expected whole numbers such as 7, 0-4 or 1,5,9')
        found.extend(range(int(first), int(last if dash else first) + 1))
    if not found or len(set(found)) != len(found):
        raise InputError(
            f'--seeds: found "{text}"; expected each seed once and at least one, such as 0-4; mend the range'
        )
    return found

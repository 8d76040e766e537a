"""Pages of the documentation that are made from tables in the code, and checked not to be stale."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def write_or_check(page: Path, text: str, command: str, arguments: Sequence[str] | None = None) -> int:
    """Write a page, or with `--check` among the arguments (by default the process's) only compare it; the exit code."""
    if "--check" not in (sys.argv[1:] if arguments is None else arguments):
        page.write_text(text, encoding="utf-8")
        return 0
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{page}: found a page that is not what the tables in the code say; run `{command}`\n")
    return 1

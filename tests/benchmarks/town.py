"""How fast frames of the shipped town are: the figures of `sim bench render`, with the number of threads, repeats and views to choose.

python -m tests.benchmarks.town [--threads 2] [--repeats 9] [--views 4] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sim.loop.render_benchmark import bench_render


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.town", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(arguments)
    figures = bench_render(args.threads, args.repeats, args.views)
    for name, value in figures.items():
        print(f"{name:44}{value:14.1f}")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

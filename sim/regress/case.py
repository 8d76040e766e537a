"""One case of a suite, run in a process of its own by sim.jobs.runner."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.loop.run import RunOptions, run


def run_case(
    scenario: str,
    seed: int,
    out: str,
    content: str,
    agent: str = "expert",
    camera: bool = False,
    rig: str = "",
    threads: int = 2,
    map_name: str = "",
    maps: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Run one scenario with one seed into the folder `out`, replacing what is there, and return what the summary shows.

    `content`, a hash of the files read, is part of the job's identity only: a changed file is run again.
    """
    options = RunOptions(
        scenario,
        seed=seed,
        agent=agent,
        camera=camera,
        rig=rig,
        threads=threads,
        map_name=map_name,
        maps=tuple(Path(folder) for folder in maps),
    )
    result = run(options, Path(out), force=True, quiet=True)
    return {
        "title": result.title,
        "exit_code": result.outcome.exit_code,
        "avoidable": result.outcome.avoidable,
        "end_reason": result.outcome.end_reason,
        "privileged": result.provenance.privileged,
        "report": str(result.report),
        "episode_sha256": result.episode_sha256,
        "verdicts": [asdict(verdict) for verdict in result.outcome.verdicts],
    }

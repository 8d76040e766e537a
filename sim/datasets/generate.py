"""A data set from one scenario: many draws of it, driven one after another, every labelled frame written.

The folder appears under its name only when it is complete; until then the work lies in `NAME.partial`, and the same command
goes on from there: each drive is a job of its own (sim.jobs.runner) whose images and records are kept when it is done.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.base.errors import InputError, WorldError
from sim.datasets import coco
from sim.jobs.inputs import inputs_sha256
from sim.jobs.runner import Job, JobResult, run_jobs, write_atomically

DRIVE_TARGET = "sim.datasets.generate:drive_one"
FORMATS = ("coco",)


@dataclass(frozen=True)
class Recipe:
    """What to generate. Draws are seeds `first_seed` ... `first_seed + count - 1`; `every` keeps one frame in so many."""

    scenario: str
    count: int
    first_seed: int = 0
    rig: str = ""
    agent: str = "expert"
    every: int = 1
    threads: int = 2
    map_name: str = ""
    maps: tuple[str, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Generated:
    """What came out: numbers of images and annotations, and the draws whose drive could not be run."""

    folder: Path
    images: int
    annotations: int
    failed: tuple[JobResult, ...]


def generate(
    recipe: Recipe,
    out: Path,
    data_format: str = "coco",
    workers: int = 1,
    on_result: Callable[[JobResult], None] = lambda result: None,
) -> Generated:
    """Drive all draws of a recipe and write the data set `out`. Raises InputError when `out` exists already.

    Tested by tests/datasets/test_generate.py.
    """
    if data_format not in FORMATS:
        raise InputError(f'--format: found "{data_format}"; allowed is {", ".join(FORMATS)}')
    if recipe.count < 1 or recipe.every < 1:
        raise InputError(f"--count, --every: found {recipe.count} and {recipe.every}; expected whole numbers from 1")
    if out.exists():
        raise InputError(f"--out: {out} exists already; choose another folder or remove it")
    partial = out.with_name(f"{out.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    results = run_jobs(_jobs(recipe, partial), partial, workers, on_result)
    failed = tuple(result for result in results if not result.ok)
    if len(failed) == len(results):
        raise WorldError(f"{recipe.scenario}: no draw could be driven; the first: {failed[0].message}")
    records = _records(partial, results)
    _remove_strays(partial / "images", records)
    index = coco.merge(records, _info(recipe))
    coco.write_index(partial / "annotations" / "instances.json", index)
    shutil.rmtree(partial / "jobs")
    shutil.rmtree(partial / "records")
    _write_manifest(partial, recipe)
    partial.replace(out)
    return Generated(out, len(index["images"]), len(index["annotations"]), failed)


def drive_one(
    scenario: str,
    seed: int,
    folder: str,
    rig: str,
    agent: str,
    every: int,
    threads: int,
    map_name: str,
    maps: list[str],
    overrides: dict[str, str],
    content: str,
) -> dict[str, Any]:
    """Drive one draw and write its images and records below `folder`; the value says how it ended.

    `content`, a hash of the files read, is part of the job's identity only: after a change the draw is driven again.
    """
    from scenarios.load import load_scenario
    from scenarios.sample import sample
    from sensors.rig import load_rig
    from sim.base.clock import tick_period
    from sim.experts.registry import make_agent
    from sim.loop.drive import drive
    from sim.loop.session import Session

    changes = {**overrides, "map": map_name} if map_name else overrides
    concrete = sample(load_scenario(scenario, changes), seed)
    cameras = load_rig(rig or concrete.rig)
    root = Path(folder)
    records = []
    period = tick_period(cameras.rates_hz())
    with Session(concrete.map_name, period, maps=[Path(m) for m in maps], date=concrete.date) as session:
        for bundle in drive(session, concrete, make_agent(agent), rig=cameras, threads=threads):
            for name, frame in bundle.observation.cameras.items():
                if frame.metadata.frame_index % every == 0:
                    records.append(coco.write_frame(root, f"{seed:06d}", frame, bundle.annotations[name]))
    for record in records:
        record["image"].update(scenario=concrete.scenario_id, seed=seed)
    path = root / "records" / f"{seed:06d}.json"
    path.parent.mkdir(exist_ok=True)
    written = json.dumps(records).encode()
    write_atomically(path, written)
    return {"frames": len(records), "records_sha256": hashlib.sha256(written).hexdigest()}


def _jobs(recipe: Recipe, partial: Path) -> list[Job]:
    shared = {
        "scenario": recipe.scenario,
        "folder": str(partial),
        "rig": recipe.rig,
        "agent": recipe.agent,
        "every": recipe.every,
        "threads": recipe.threads,
        "map_name": recipe.map_name,
        "maps": list(recipe.maps),
        "overrides": dict(recipe.overrides),
        "content": inputs_sha256([recipe.scenario, recipe.rig, recipe.map_name], recipe.maps, recipe.agent),
    }
    seeds = range(recipe.first_seed, recipe.first_seed + recipe.count)
    return [Job(f"seed-{seed:06d}", DRIVE_TARGET, {**shared, "seed": seed}) for seed in seeds]


def _records(partial: Path, results: list[JobResult]) -> list[coco.Record]:
    records: list[coco.Record] = []
    for result in results:
        if result.ok:
            path = partial / "records" / f"{result.name.removeprefix('seed-')}.json"
            records.extend(json.loads(path.read_text(encoding="utf-8")))
    return records


def _remove_strays(images: Path, records: list[coco.Record]) -> None:
    """Images of drives that broke off, or of an interrupted attempt with another recipe: no record speaks of them."""
    wanted = {record["image"]["file_name"] for record in records}
    for path in sorted(images.glob("*")):
        if path.name not in wanted:
            path.unlink()


def _info(recipe: Recipe) -> dict[str, Any]:
    return {
        "description": f"{recipe.scenario}, seeds {recipe.first_seed} to {recipe.first_seed + recipe.count - 1}",
        "scenario": recipe.scenario,
        "rig": recipe.rig or "the scenario's own",
        "agent": recipe.agent,
        "version": "1.0",
    }


def _write_manifest(folder: Path, recipe: Recipe) -> None:
    """manifest.json: the sha256 of every file, in the order of their names."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    manifest = {"recipe": _info(recipe), "files": hashes}
    write_atomically(folder / "manifest.json", json.dumps(manifest, indent=1, sort_keys=True).encode())

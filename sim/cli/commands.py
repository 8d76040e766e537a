"""The commands of `sim` that do something; those that only show things are in look.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.failures import EXIT_INVALID, Commands
from sim.cli.lab import lab_app
from sim.cli.look import camera_app, scenario_app
from sim.cli.options import MapsOption, SetOption, pairs

if TYPE_CHECKING:
    from sim.loop.run import RunResult

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A driving simulator: CARLA's protocol, ray-cast cameras with exact labels, closed-loop tests.",
)
app.add_typer(scenario_app, name="scenario")
app.add_typer(camera_app, name="camera")
app.add_typer(lab_app, name="lab")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; with --status, to ask.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="RPC port P; streams use P + 1; 0 finds a free pair.")] = 2000,
    map_name: Annotated[str, typer.Option("--map", help="Name or path of an OpenDRIVE map.")] = "town_quarter",
    maps: MapsOption = None,
    seed: Annotated[int, typer.Option(help="Seed of what stands around the roads.")] = 0,
    recordings: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of recordings.")] = None,
    log: Annotated[str, typer.Option(metavar="FILE|-", help="Append events as JSON lines; - is standard error.")] = "",
    scene: Annotated[
        bool, typer.Option(help="Build what cameras see before being ready; else the first camera waits for it.")
    ] = True,
    max_clients: Annotated[int | None, typer.Option(min=1, help="Most connections of clients.")] = None,
    max_actors: Annotated[int | None, typer.Option(min=1, help="Most actors alive, those of the map too.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Ask a running server how it is, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --status: JSON instead of a table.")] = False,
) -> None:
    """Serve a CARLA world for any client of carla 0.9.16; or, with --status, look at one that is served."""
    if status:
        _show_status(host, port, as_json)
        return
    from sim.loop.server_process import SOURCE_ROOT, server_command

    command = server_command(map_name, maps or [], host=host, port=port, layout_seed=seed, recordings=recordings)
    if log:
        command += ["--log", log if log == "-" else str(Path(log).expanduser().resolve())]
    command += ["--scene-first"] if scene else []
    for option, most in (("--max-clients", max_clients), ("--max-actors", max_actors)):
        command += [option, str(most)] if most is not None else []
    os.chdir(SOURCE_ROOT)  # a folder called "sim" where the user stands must not be imported
    os.execv(sys.executable, command)


def _show_status(host: str, port: int, as_json: bool) -> None:
    from sim.loop.server_status import fetch_status, status_table

    found = fetch_status(host, port)
    if as_json:
        import json

        typer.echo(json.dumps(found, indent=1))
        return
    from rich.console import Console

    Console().print(status_table(host, port, found))


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="Library id such as vru/child_from_behind_parked_van, or a path.")],
    seed: Annotated[int, typer.Option(help="Which variation of the scenario.")] = 0,
    agent: Annotated[str, typer.Option(metavar="NAME|MODULE:CLASS", help="Who drives; see `sim agents`.")] = "expert",
    carla: Annotated[str, typer.Option(metavar="HOST:PORT", help="Drive in a running CARLA server.")] = "",
    camera: Annotated[bool, typer.Option("--camera/--no-camera", help="Take pictures and labels.")] = True,
    map_name: Annotated[str, typer.Option("--map", help="Drive on this map instead of the scenario's own.")] = "",
    maps: MapsOption = None,
    rig: Annotated[str, typer.Option(help="Camera preset or path; by default the scenario's own.")] = "",
    threads: Annotated[int, typer.Option(min=1, help="Threads that render; the result does not depend on it.")] = 2,
    latency: Annotated[int, typer.Option(min=0, help="Ticks by which a command takes effect later.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Output folder; by default a new one below out/.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the finished run in --out.")] = False,
    overrides: SetOption = None,
) -> None:
    """Run one scenario: report, video, episode, labels. Exit code 0 passed, 1 an expectation failed, 2 the run was invalid."""
    from sim.loop.run import RunOptions
    from sim.loop.run import run as run_once

    _add_working_folder()
    options = RunOptions(
        scenario, seed, agent, carla, camera, map_name, tuple(maps or ()), rig, threads, pairs(overrides), latency
    )

    def leave(result: RunResult) -> None:
        _show(result)
        sys.stdout.flush()
        os._exit(EXIT_INVALID)

    result = run_once(options, out, force, leave=leave)
    _show(result)
    raise typer.Exit(result.outcome.exit_code)


@app.command()
def render(
    episode: Annotated[Path, typer.Argument(help="Episode of a run, or a server's recording.")],
    rig: Annotated[str, typer.Option(help="Camera preset or path; see `sim camera show`.")],
    out: Annotated[Path | None, typer.Option(help="Output folder; by default a new one beside the episode.")] = None,
    start: Annotated[float, typer.Option(min=0.0, help="Begin this many seconds after the first tick.")] = 0.0,
    duration: Annotated[float, typer.Option(min=0.0, help="Seconds to sense; 0: to the end.")] = 0.0,
    follow: Annotated[str, typer.Option(metavar="ROLE|TRACK", help="Who carries the cameras; default the ego.")] = "",
    labels: Annotated[bool, typer.Option("--labels/--no-labels", help="Write labels too.")] = True,
    threads: Annotated[int, typer.Option(min=1, help="Threads that render; the result does not depend on it.")] = 2,
    seed: Annotated[int | None, typer.Option(help="Seed of the cameras' noise; by default the run's own.")] = None,
    more_labels: Annotated[
        str, typer.Option(metavar="NAMES", help="material, forward_flow, behind_glass, amodal_masks, soiling, or all.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace the finished folder in --out.")] = False,
    reference: Annotated[bool, typer.Option("--reference", help="Path trace one frame instead (Mitsuba).")] = False,
    frame: Annotated[int, typer.Option(min=0, help="With --reference: which tick.")] = 0,
    spp: Annotated[int, typer.Option(min=1, help="With --reference: paths a pixel.")] = 256,
) -> None:
    """Sense a recorded run again, with any cameras: images, labels, video; or path trace one frame of it."""
    from sim.loop.render import RenderOptions, render_episode

    more = tuple(name for name in more_labels.split(",") if name)
    options = RenderOptions(episode, rig, start, duration, follow, labels, threads, seed, more)
    if reference:
        from sim.loop.reference_still import StillOptions, render_still

        typer.echo(f"{render_still(StillOptions(options, frame, spp), out, force)}: one reference still a camera")
        return
    made = render_episode(options, out, force)
    typer.echo(f"{made.folder}: {made.frames} images of {made.duration_s:g} s")


@app.command()
def generate(
    scenario: Annotated[str, typer.Argument(help="Library id or path.")],
    out: Annotated[Path, typer.Option(help="Folder of the data set; appears when it is complete.")],
    count: Annotated[int, typer.Option(min=1, help="How many variations to drive.")] = 10,
    first_seed: Annotated[int, typer.Option("--seed", help="Seed of the first variation.")] = 0,
    data_format: Annotated[str, typer.Option("--format", help="Format of the labels: coco.")] = "coco",
    agent: Annotated[str, typer.Option(help="Who drives.")] = "expert",
    rig: Annotated[str, typer.Option(help="Camera preset or path; by default the scenario's own.")] = "",
    every: Annotated[int, typer.Option(min=1, help="Keep one frame in so many.")] = 1,
    map_name: Annotated[str, typer.Option("--map", help="Drive on this map instead.")] = "",
    maps: MapsOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Drives at the same time.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads that render in each.")] = 2,
    overrides: SetOption = None,
) -> None:
    """Write a labelled data set from many variations of a scenario. Interrupted, the same command goes on."""
    from sim.datasets.generate import Recipe
    from sim.datasets.generate import generate as generate_set
    from sim.jobs.progress import JobProgress

    folders = tuple(str(folder.resolve()) for folder in maps or ())
    recipe = Recipe(scenario, count, first_seed, rig, agent, every, threads, map_name, folders, pairs(overrides))
    with JobProgress(f"generate {scenario}", count, "drives") as progress:
        made = generate_set(recipe, out, data_format, workers, progress.add)
    for failure in made.failed:
        typer.echo(f"left out {failure.name}: {failure.message}", err=True)
    typer.echo(
        f"{made.folder}: {made.images} images, {made.annotations} annotations, {len(made.failed)} drives left out"
    )
    raise typer.Exit(EXIT_INVALID if made.failed else 0)


@app.command()
def regress(
    folder: Annotated[Path, typer.Argument(help="Folder of scenario files, or one file.")],
    out: Annotated[
        Path,
        typer.Option(help="Where reports go; cases finished there with the same code and files are not run again."),
    ] = Path("out/regress"),
    seeds: Annotated[str, typer.Option(help="Seeds of each scenario: 7, 0-4 or 1,5,9.")] = "0",
    agent: Annotated[str, typer.Option(help="Who drives.")] = "expert",
    camera: Annotated[bool, typer.Option("--camera/--no-camera", help="Take pictures and labels too.")] = False,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML; by default junit.xml in --out.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Runs at the same time.")] = 2,
    map_name: Annotated[str, typer.Option("--map", help="Drive on this map instead.")] = "",
    maps: MapsOption = None,
) -> None:
    """Run scenarios as tests: JUnit XML and one page. Exit code 0 passed, 1 an expectation failed, 2 a run was invalid."""
    from sim.jobs.progress import JobProgress
    from sim.regress.junit import write_junit
    from sim.regress.page import write_page
    from sim.regress.seeds import seeds_in
    from sim.regress.suite import run_suite, scenarios_in

    chosen = seeds_in(seeds)
    folders = [str(place.resolve()) for place in maps or ()]
    options = {"agent": agent, "camera": camera, "map_name": map_name, "maps": folders}
    with JobProgress(f"regress {folder}", len(scenarios_in(folder)) * len(chosen)) as progress:
        result = run_suite(folder, chosen, options, out.resolve(), workers, progress.add)
    write_junit(result, junit or out / "junit.xml")
    write_page(result, out / "index.html")
    for case in result.cases:
        typer.echo(f"{case.status:8}{case.title} [seed {case.seed}]  {case.message}")
    typer.echo(", ".join(f"{result.count(status)} {status}" for status in ("passed", "failed", "invalid")))
    typer.echo(f"page {out / 'index.html'}, JUnit XML {junit or out / 'junit.xml'}")
    raise typer.Exit(result.exit_code)


@app.command()
def gallery(
    out: Annotated[Path, typer.Option(help="Folder of the gallery; appears when it is complete.")] = Path(
        "out/gallery"
    ),
    scenes: Annotated[str, typer.Option(metavar="NAMES", help="Only these scenes, with commas between.")] = "",
    conditions: Annotated[
        str, typer.Option(metavar="NAMES", help="Only these: day, dusk, night, rain, fog, snow.")
    ] = "",
    map_name: Annotated[str, typer.Option("--map", help="Views of this map instead of the usual scenes.")] = "",
    maps: MapsOption = None,
    rig: Annotated[str, typer.Option(help="Camera preset or path; its first camera.")] = "tesla_hw3_like",
    threads: Annotated[int, typer.Option(min=1, help="Threads that render; the result does not depend on it.")] = 2,
    force: Annotated[bool, typer.Option("--force", help="Replace the finished gallery in --out.")] = False,
) -> None:
    """Render scenes by day, dusk and night, in rain, fog and snow: contact sheets, label sheets, one page."""
    from sim.jobs.progress import JobProgress
    from sim.jobs.runner import JobResult
    from sim.loop.gallery.make import GalleryOptions, make_gallery

    chosen = [tuple(name.strip() for name in names.split(",") if name.strip()) for names in (scenes, conditions)]
    options = GalleryOptions(chosen[0], chosen[1], map_name, tuple(maps or ()), rig, threads)
    with JobProgress("gallery", options.plan().pictures, "pictures") as progress:
        folder = make_gallery(options, out, force, lambda name: progress.add(JobResult(name, "done", None, "", 0.0)))
    typer.echo(f"{folder / 'index.html'}")


@app.command()
def bench(
    subject: Annotated[str, typer.Argument(help="world, render, camera or loop.")],
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
    maps: MapsOption = None,
) -> None:
    """Measure speed, and nothing else. Figures are medians; their names end in their unit."""
    import json

    from sim.jobs.benchmarks import benchmark
    from sim.jobs.runner import write_atomically

    report = benchmark(subject, maps or [])
    typer.echo(", ".join(f"{name} {value}" for name, value in report["machine"].items()) + f", code {report['code']}")
    for name, value in report["figures"].items():
        typer.echo(f"  {name:40}{value:12.2f}")
    if json_file is not None:
        write_atomically(json_file, json.dumps(report, indent=1).encode())


@app.command()
def agents() -> None:
    """List the drivers that ship with the simulator."""
    from sim.experts.registry import AGENTS

    for name, entry in sorted(AGENTS.items()):
        typer.echo(f"{name:20}{'privileged  ' if entry.privileged else '':12}{entry.description}")


@app.command("maps")
def list_maps(maps: MapsOption = None) -> None:
    """List the maps that can be named, and where they lie."""
    from sim.maps.library import available_maps

    for name, path in sorted(available_maps(maps or []).items()):
        typer.echo(f"{name:32}{path}")


@app.command()
def doctor(maps: MapsOption = None) -> None:
    """Tell what this machine lacks, and how to get it."""
    from sim.loop.doctor import examine

    findings = examine(maps or [])
    for finding in findings:
        typer.secho("  ok  " if finding.ok else " FAIL ", fg="green" if finding.ok else "red", nl=False)
        typer.echo(f"{finding.name:18}{finding.found}")
        if not finding.ok:
            typer.echo(f"{'':24}to do: {finding.fix}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else EXIT_INVALID)


def _show(result: RunResult) -> None:
    """The outcome of a run on standard output."""
    word, color = {0: ("PASSED", "green"), 1: ("FAILED", "red"), 2: ("INVALID", "yellow")}[result.outcome.exit_code]
    facts = result.provenance
    typer.secho(word, fg=color, bold=True, nl=False)
    typer.echo(f"  {result.title} (seed {facts.seed}, {facts.agent}{', privileged' if facts.privileged else ''})")
    for verdict in result.outcome.verdicts:
        mark = "invalid" if not verdict.valid else ("passed" if verdict.passed else "failed")
        typer.echo(f"  {mark:8}{verdict.name.replace('_', ' '):28}{verdict.message}")
    typer.echo(f"  report  {result.report}")
    typer.echo(f"  episode sha256 {result.episode_sha256}")


def _add_working_folder() -> None:
    """Let --agent MODULE:CLASS find modules where the user stands, after everything that is installed."""
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))


def main() -> None:
    """Entry point of the `sim` program."""
    app()

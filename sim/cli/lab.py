"""`sim lab`: cameras on the test bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

lab_app = typer.Typer(no_args_is_help=True, help="Measure cameras as a laboratory would.")


@lab_app.callback()
def lab() -> None:
    """Measure cameras as a laboratory would."""


@lab_app.command("camera")
def lab_camera(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the session.")] = Path("out/lab"),
    preset: Annotated[str, typer.Option(help="Camera preset or path; its first camera is measured.")] = "",
    report: Annotated[
        bool, typer.Option("--report", help="Write DIR/index.html, of this or an earlier session.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the hidden values; by default the system's entropy.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer pictures; figures scatter more.")] = False,
    tests: Annotated[str, typer.Option(metavar="NAMES", help="Only these tests, with commas between.")] = "",
    read: Annotated[
        str,
        typer.Option(metavar="NAME", help="Read of the chip that linear tests take; the most sensitive by default."),
    ] = "",
    python: Annotated[
        str, typer.Option(metavar="FILE", help="Interpreter of the laboratory's environment, or SIM_LAB_PYTHON.")
    ] = "",
) -> None:
    """Draw a camera around a preset, photograph targets, have other programs recover its values from the files, and judge.

    The laboratory's packages are in sensors/lab/analysis/requirements.txt; without them the tests that need them are left out,
    with the reason. Exit code 0 when every figure is within tolerance, 1 otherwise.
    """
    failed = False
    if preset:
        from sensors.lab.plan import QUICK, Effort
        from sensors.lab.session import run_session

        effort = QUICK if quick else Effort()
        rows = run_session(preset, out, effort, seed, python, tests, read, lambda text: typer.echo(text, err=True))
        for row in rows:
            mark = "ok  " if row.passed else "FAIL"
            typer.echo(
                f"{mark} {row.test:3} {row.quantity:38} {row.measured:12.5g}  off by {row.deviation:+.3g} {row.unit}"
            )
        failed = not rows or not all(row.passed for row in rows)
    if report or not preset:
        from sensors.lab.report import write_report

        typer.echo(str(write_report(out)))
    raise typer.Exit(1 if failed else 0)

"""Commands that look at scenarios and cameras, and change nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.base.errors import SimError
from sim.cli.failures import EXIT_INVALID
from sim.cli.options import SetOption, pairs

scenario_app = typer.Typer(no_args_is_help=True, help="Look at scenarios.")
camera_app = typer.Typer(no_args_is_help=True, help="Look at cameras.")


@scenario_app.command("list")
def scenario_list() -> None:
    """List the scenarios of the library."""
    from scenarios.catalogue import library_ids
    from scenarios.load import load_scenario

    for scenario_id in library_ids():
        typer.echo(f"{scenario_id:44}{load_scenario(scenario_id).title}")


@scenario_app.command("check")
def scenario_check(scenarios: list[str], overrides: SetOption = None) -> None:
    """Load scenario files and say what is wrong with them."""
    from scenarios.load import load_scenario

    def sound(name: str) -> bool:
        try:
            typer.echo(f"ok  {name}: {load_scenario(name, pairs(overrides)).title}")
        except SimError as error:
            typer.echo(str(error), err=True)
            return False
        return True

    results = [sound(name) for name in scenarios]
    raise typer.Exit(0 if all(results) else EXIT_INVALID)


@scenario_app.command("sample")
def scenario_sample(scenario: str, seed: int = 0, overrides: SetOption = None) -> None:
    """Show what a seed draws."""
    from scenarios.load import load_scenario
    from scenarios.sample import sample

    concrete = sample(load_scenario(scenario, pairs(overrides)), seed)
    typer.echo(f"{concrete.title}\nmap {concrete.map_name}, rig {concrete.rig}, at most {concrete.duration_s:g} s")
    for name, value in concrete.draws.items():
        typer.echo(f"  {name:44}{value:.4g}" if isinstance(value, float) else f"  {name:44}{value}")
    typer.echo(f"sha256 {concrete.sha256}")


@scenario_app.command("show")
def scenario_show(scenario: str) -> None:
    """Print a scenario's file."""
    from scenarios.catalogue import resolve

    typer.echo(resolve(scenario)[1].read_text(encoding="utf-8"))


@camera_app.command("show")
def camera_show(preset: Annotated[str, typer.Argument(help="Name of a preset, or a path.")] = "") -> None:
    """Print the values of a camera rig and what follows from them; without a name, list the presets."""
    from sensors.derived import derived_quantities
    from sensors.rig import load_rig, preset_names

    if not preset:
        typer.echo("\n".join(preset_names()))
        return
    import yaml

    rig = load_rig(preset)
    typer.echo(yaml.safe_dump(rig.model_dump(mode="json"), sort_keys=False, default_flow_style=None, width=110))
    for camera in rig.cameras:
        typer.echo(f"{camera.name}, derived:")
        for name, value in derived_quantities(camera).items():
            typer.echo(f"  {name:34}{value:12.5g}")
    typer.echo(f"\nsha256 {rig.digest()}")

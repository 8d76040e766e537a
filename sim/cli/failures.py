"""How commands fail: messages for people, exit codes for programs."""

from __future__ import annotations

import errno
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from sim.base.errors import SimError

EXIT_INVALID = 2
EXIT_INTERRUPTED = 130


class Commands(TyperGroup):
    """Turns errors into messages and exit codes: 2 for whatever is wrong, 130 for Ctrl-C. 1 is left to failed expectations."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo(
                "interrupted: nothing half-written was left behind; the same command goes on, or begins again", err=True
            )
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except SimError as error:
            typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
            typer.echo(str(error), err=True)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            disk_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            typer.echo(f"error: {error}" + ("; free some space and try again" if disk_full else ""), err=True)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if type(error).__module__.split(".")[0] in ("click", "typer"):
                raise  # wrong usage: shown by typer itself
            traceback.print_exc()
            typer.echo(
                "this is a defect of the simulator, not of your input; please report it with the lines above", err=True
            )
        raise typer.Exit(EXIT_INVALID)

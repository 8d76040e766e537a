"""The command line: arguments to calls, nothing else. Whatever takes long to import is imported by the command that needs it."""

from sim.cli.commands import app, main

__all__ = ["app", "main"]

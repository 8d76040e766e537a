"""What goes wrong inside a call, and is told to the client in the Response wrapper."""

from __future__ import annotations

from sim.base.errors import WorldError


class CallError(WorldError):
    """A call cannot be done; the text reaches the client as RuntimeError."""


class PortBusyError(WorldError):
    """Another process listens on the port that was asked for."""

"""What goes wrong inside a call, and is told to the client in the Response wrapper."""

from __future__ import annotations

import struct

from sim.base.errors import WorldError

DOES_NOT_FIT = (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError, struct.error)
"""What a handler raises on arguments of the wrong shape or type."""


class CallError(WorldError):
    """A call cannot be done; the text reaches the client as RuntimeError."""


class PortBusyError(WorldError):
    """Another process listens on the port that was asked for."""

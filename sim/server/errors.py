"""What goes wrong inside a call, and is told to the client in the Response wrapper."""

from __future__ import annotations

import reprlib
import struct
from typing import Any

from sim.base.errors import InputError, WorldError

DOES_NOT_FIT = (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError, struct.error)
"""What a handler raises on arguments of the wrong shape or type."""

_BRIEF = reprlib.Repr()
_BRIEF.maxlist = _BRIEF.maxtuple = _BRIEF.maxdict = 8
_BRIEF.maxlevel = 4
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 60


class CallError(WorldError):
    """A call cannot be done; the text reaches the client as RuntimeError."""


class PortBusyError(WorldError):
    """Another process listens on the port that was asked for."""


class LogFileError(InputError):
    """The log cannot be written where it was asked for."""


def brief(value: Any, most: int = 120) -> str:
    """A value as text for a message: a few characters even of a value with millions of items."""
    return _BRIEF.repr(value)[:most]

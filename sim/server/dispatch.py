"""From the name of a call to its handler, and from what the handler returns or raises to the Response on the wire.

A handler is a function of the world and the call's arguments. Handlers are grouped by subject in sim/server/calls; what
the table in sim/wire/calls.py names absent, or does not name at all, is answered with "not served yet".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sim.base.errors import SimError, did_you_mean
from sim.server.calls import HANDLERS
from sim.server.errors import DOES_NOT_FIT
from sim.server.world import World
from sim.wire.calls import CALLS, Returns, not_served
from sim.wire.response import SUCCESS_VOID, failure, failure_void

_log = logging.getLogger(__name__)

Handler = Callable[..., Any]

OWN_HANDLERS: Mapping[str, Handler] = {"sim_batches_since_tick": lambda world: world.batches_since_tick}
"""Calls that only our own session makes, besides CARLA's: what it needs to judge a stalled Traffic Manager."""


class Dispatcher:
    """Answers calls on one world."""

    def __init__(self, world: World, handlers: Mapping[str, Handler] = HANDLERS) -> None:
        self._world = world
        self._handlers = {name: (handler, CALLS[name].returns) for name, handler in handlers.items()}
        self._handlers.update({name: (handler, Returns.VALUE) for name, handler in OWN_HANDLERS.items()})

    def call(self, method: Any, params: Any) -> Any:
        """The result slot of the answer; never raises."""
        found = self._handlers.get(method) if isinstance(method, str) else None
        if found is None:
            return self._unknown(str(method))
        handler, returns = found
        if not isinstance(params, list):
            return self.failed(method, f"{method}: found {str(params)[:80]}; expected an array of parameters")
        try:
            value = handler(self._world, *params[1:])
        except SimError as error:
            return self.failed(method, str(error))
        except DOES_NOT_FIT as error:
            _log.warning("%s%s", method, str(params)[:200], exc_info=error)
            return self.failed(method, f"{method}: found arguments {str(params[1:])[:120]}, which do not fit: {error}")
        except Exception as error:  # a bug in one call must not end the world of all other clients: log it and tell
            _log.exception("%s failed", method)
            return self.failed(method, f"{method}: internal error: {error!r}")
        if returns is Returns.VALUE:
            # async calls have no value; the client ignores it
            return [[1, value]] if value is not None else SUCCESS_VOID
        return SUCCESS_VOID if returns is Returns.VOID else value

    def failed(self, method: str, message: str) -> Any:
        """An error in the form that this call's caller decodes."""
        call = CALLS.get(method)
        return failure_void(message) if call is not None and call.returns is Returns.VOID else failure(message)

    def _unknown(self, method: str) -> Any:
        if method in CALLS:
            return self.failed(method, not_served(method))
        return failure(f"{method[:80]}: no call of CARLA 0.9.16 has this name.{did_you_mean(method[:80], CALLS)}")

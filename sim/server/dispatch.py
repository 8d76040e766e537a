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
from sim.server.errors import DOES_NOT_FIT, brief
from sim.server.journal import record
from sim.server.world import World
from sim.wire.calls import CALLS, Returns, not_served
from sim.wire.response import SUCCESS_VOID, failure, failure_void

Handler = Callable[..., Any]

OWN_HANDLERS: Mapping[str, Handler] = {"sim_batches_since_tick": lambda world: world.batches_since_tick}
"""Calls that only our own session makes, besides CARLA's: what it needs to judge a stalled Traffic Manager."""


class Dispatcher:
    """Answers calls on one world."""

    def __init__(
        self, world: World, handlers: Mapping[str, Handler] = HANDLERS, own: Mapping[str, Handler] | None = None
    ) -> None:
        self._world = world
        self.client = ""
        """Who calls, for the log."""
        self._handlers = {name: (handler, CALLS[name].returns) for name, handler in handlers.items()}
        self._handlers.update(
            {name: (handler, Returns.VALUE) for name, handler in {**OWN_HANDLERS, **(own or {})}.items()}
        )

    def call(self, method: Any, params: Any) -> Any:
        """The result slot of the answer; never raises."""
        found = self._handlers.get(method) if isinstance(method, str) else None
        if found is None:
            return self._unknown(method if isinstance(method, str) else brief(method))
        handler, returns = found
        if not isinstance(params, list):
            return self._refused(method, f"{method}: found {brief(params)}; expected an array of parameters")
        try:
            value = handler(self._world, *params[1:])
        except SimError as error:
            return self._refused(method, str(error))
        except DOES_NOT_FIT as error:
            text = f"{method}: found arguments {brief(params[1:])}, which do not fit: {error}"
            return self._refused(method, text, error)
        except OSError as error:
            text = f"{method}: {error.strerror or error}: {brief(error.filename)}; check name, rights and space of the file"
            return self._refused(method, text, error)
        except Exception as error:  # a bug in one call must not end the world of all other clients: log it and tell
            record(
                "internal_error",
                logging.ERROR,
                error,
                call=method,
                client=self.client,
                arguments=brief(params[1:], 400),
            )
            return self.failed(method, f"{method}: internal error: {error!r}")
        if returns is Returns.VALUE:
            # async calls have no value; the client ignores it
            return [[1, value]] if value is not None else SUCCESS_VOID
        return SUCCESS_VOID if returns is Returns.VOID else value

    def _refused(self, method: str, message: str, error: Exception | None = None) -> Any:
        """A call that cannot be done; the log tells too, because nobody sees the error of an asynchronous call."""
        level = logging.INFO if error is None else logging.WARNING
        record("call_refused", level, error, call=method, client=self.client, reason=message)
        return self.failed(method, message)

    def failed(self, method: str, message: str) -> Any:
        """An error in the form that this call's caller decodes."""
        call = CALLS.get(method)
        return failure_void(message) if call is not None and call.returns is Returns.VOID else failure(message)

    def _unknown(self, method: str) -> Any:
        if method in CALLS:
            return self._refused(method, not_served(method))
        record("unknown_call", logging.WARNING, call=method[:80], client=self.client)
        return failure(f"{method[:80]}: no call of CARLA 0.9.16 has this name.{did_you_mean(method[:80], CALLS)}")

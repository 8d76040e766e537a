"""The handlers of all calls, by subject: each is a function of the world and the call's arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.server.calls import (
    actors,
    batch,
    bones,
    environment,
    pushing,
    recorder,
    sensors,
    session,
    traffic_lights,
    traffic_manager,
    vehicles,
    walkers,
)

Handler = Callable[..., Any]

HANDLERS: Mapping[str, Handler] = {
    **session.HANDLERS,
    **actors.HANDLERS,
    **pushing.HANDLERS,
    **vehicles.HANDLERS,
    **walkers.HANDLERS,
    **bones.HANDLERS,
    **traffic_lights.HANDLERS,
    **sensors.HANDLERS,
    **environment.HANDLERS,
    **recorder.HANDLERS,
    **traffic_manager.HANDLERS,
    **batch.HANDLERS,
}
"""Every call that is served."""

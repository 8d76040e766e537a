"""The episode's settings: CARLA's EpisodeSettings, with the tick period as a whole number of flicks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sim.base.clock import FLICKS_PER_SECOND, flicks, period_from_hz
from sim.server.carla_values import finite, whole
from sim.server.errors import CallError

DEFAULT_PERIOD_FLICKS = period_from_hz(20.0)
MIN_DELTA_S, MAX_DELTA_S = 1e-5, 10.0
"""Public examples tick 3 s at once; above ten a typing error is likelier, and others would wait for the tick."""


@dataclass(frozen=True)
class EpisodeSettings:
    """`fixed_delta_s` None means 20 Hz. Substepping and the rest are stored for the client, and do not act here."""

    synchronous: bool = False
    no_rendering: bool = False
    fixed_delta_s: float | None = None
    substepping: bool = True
    max_substep_delta_s: float = 0.01
    max_substeps: int = 10
    max_culling_distance_m: float = 0.0
    deterministic_ragdolls: bool = True
    tile_stream_distance_m: float = 3000.0
    actor_active_distance_m: float = 2000.0
    spectator_as_ego: bool = True

    @cached_property
    def period_flicks(self) -> int:
        """The simulated time of one tick."""
        return DEFAULT_PERIOD_FLICKS if self.fixed_delta_s is None else flicks(self.fixed_delta_s)

    @property
    def delta_s(self) -> float:
        """The simulated time of one tick in s: the client's own float when it gave one, as it compares for equality."""
        if self.fixed_delta_s is None:
            return DEFAULT_PERIOD_FLICKS / FLICKS_PER_SECOND
        return self.fixed_delta_s

    def to_wire(self) -> list[Any]:
        """The struct's fields in order."""
        delta: list[Any] = [False] if self.fixed_delta_s is None else [True, self.fixed_delta_s]
        return [
            self.synchronous,
            self.no_rendering,
            delta,
            self.substepping,
            self.max_substep_delta_s,
            self.max_substeps,
            self.max_culling_distance_m,
            self.deterministic_ragdolls,
            self.tile_stream_distance_m,
            self.actor_active_distance_m,
            self.spectator_as_ego,
        ]


def settings_from_wire(value: Any) -> EpisodeSettings:
    """Read the struct; CallError when a field has the wrong type or the step is not between 10 µs and 1 s."""
    if not isinstance(value, (list, tuple)) or len(value) < 6:
        raise CallError(f"settings: found {str(value)[:80]}; expected EpisodeSettings")
    optional = value[2]
    delta = float(optional[1]) if isinstance(optional, list) and len(optional) > 1 and optional[0] else None
    if delta == 0.0:
        delta = None
    if delta is not None and not MIN_DELTA_S <= delta <= MAX_DELTA_S:
        raise CallError(f"settings.fixed_delta_seconds: found {delta}; allowed is {MIN_DELTA_S:g} to {MAX_DELTA_S:g} s")
    rest = list(value[6:]) + list(EpisodeSettings().to_wire()[len(value) :])
    return EpisodeSettings(
        synchronous=bool(value[0]),
        no_rendering=bool(value[1]),
        fixed_delta_s=delta,
        substepping=bool(value[3]),
        max_substep_delta_s=finite(value[4], "settings.max_substep_delta_time"),
        max_substeps=whole(value[5], "settings.max_substeps", 0, 1_000_000),
        max_culling_distance_m=finite(rest[0], "settings.max_culling_distance"),
        deterministic_ragdolls=bool(rest[1]),
        tile_stream_distance_m=finite(rest[2], "settings.tile_stream_distance"),
        actor_active_distance_m=finite(rest[3], "settings.actor_active_distance"),
        spectator_as_ego=bool(rest[4]),
    )

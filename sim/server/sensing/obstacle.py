"""sensor.other.obstacle: what a sphere meets that is pushed ahead from the sensor, told at every tick while something is there.

The sphere of hit_radius r is swept over `distance` along the sensor's forward axis against the true meshes by _SAMPLES
parallel rays, spread evenly over its disc (the sunflower of Vogel 1979) with every fourth on the rim. A surface point at
forward distance z and offset q from the axis stops the sphere at z - sqrt(r² - q²); the least of these is the distance told, 0
when the sphere begins inside something. What is narrower than about r / 9 may slip through. The carrying vehicle is not
seen; with only_dynamics nothing but vehicles, walkers and props is. Payload: msgpack [the sensor itself, the other, distance].
debug_linetrace is accepted and draws nothing. Tested by tests/server/test_sensors_rays.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from sim.base.state import STATIC_INSTANCE_BASE, SUPPORT_INSTANCE_BASE, ActorKind
from sim.base.taxonomy import ObjectClass
from sim.server.actor_table import ActorEntry, actor_struct
from sim.server.sensing.limits import flag, number
from sim.server.sensing.static_names import static_struct, static_type_id

if TYPE_CHECKING:
    from rendering.ray_hits import RayHits
    from sim.server.sensing.station import Buffer, Moment, Tick
    from sim.server.world import World

Float64 = NDArray[np.float64]

_SAMPLES = 400
_LAYERS = 64
"""Things that are not to be seen may lie behind each other this many times before a ray is given up."""
_STEP_M = 1e-3
_GOLDEN_ANGLE_RAD = math.pi * (3.0 - math.sqrt(5.0))
_DYNAMIC = (ActorKind.VEHICLE, ActorKind.WALKER, ActorKind.PROP)


class Obstacle:
    """The nearest thing ahead."""

    needs_scene = True

    def __init__(self, entry: ActorEntry, world: World) -> None:
        from rendering.ray_hits import RayBundle

        self._entry = entry
        self._distance_m = number(entry, "distance")
        self._only_dynamics = flag(entry, "only_dynamics", False)
        radius = number(entry, "hit_radius")
        self._bundle = RayBundle(_SAMPLES, with_starts=True)
        offset = disc_samples(_SAMPLES) * radius
        self._bulge_m: Float64 = np.sqrt(np.maximum(radius**2 - (offset**2).sum(axis=0), 0.0))
        self._bundle.directions[0, :_SAMPLES] = 1.0
        self._starts: NDArray[np.float32] = np.zeros((4, _SAMPLES), np.float32)
        self._starts[0], self._starts[1:3] = -self._bulge_m, offset
        self._reach_m = self._distance_m + 2.0 * radius

    def sense(self, moment: Moment) -> Sequence[Buffer] | None:
        """The event of this tick, if anything is there."""
        found = self._nearest(moment)
        if found is None:
            return None
        distance, other = found
        return (msgpack.packb([actor_struct(self._entry), other, distance]),)

    def _nearest(self, moment: Moment) -> tuple[float, list[Any]] | None:
        starts = self._bundle.starts
        if starts is None:
            return None
        starts[:, :_SAMPLES] = self._starts
        for _ in range(_LAYERS):
            hits = moment.scene.rays.cast(self._bundle, _SAMPLES, moment.world_from_sensor, self._reach_m)
            met = np.isfinite(hits.distance_m)
            unseen = met & ~self._visible(moment, hits)
            if not unseen.any():
                break
            starts[3, :_SAMPLES][unseen] = hits.distance_m[unseen] + np.float32(_STEP_M)
        seen = np.flatnonzero(met & ~unseen)
        # rays begin on the back of the sphere: a bulge behind the sensor, and the sphere touches a bulge before the point
        stops = np.maximum(hits.distance_m[seen] - 2.0 * self._bulge_m[seen], 0.0)
        if not len(seen) or stops.min() > self._distance_m:
            return None
        first = seen[int(np.argmin(stops))]
        return float(stops.min()), _other(moment.tick, int(hits.instance[first]), int(hits.semantic[first]))

    def _visible(self, moment: Moment, hits: RayHits) -> NDArray[np.bool_]:
        """Which hits count: not the vehicle that carries the sensor, and perhaps only what can move."""
        actor = np.where(hits.instance < STATIC_INSTANCE_BASE, hits.instance & (SUPPORT_INSTANCE_BASE - 1), 0)
        visible = (actor != self._entry.parent_id) | (actor == 0)
        if self._only_dynamics:
            state = moment.state
            visible &= np.isin(actor, state.track_id[np.isin(state.kind, _DYNAMIC)])
        return np.asarray(visible)


def disc_samples(count: int) -> Float64:
    """(2, count) points spread evenly over the unit disc, every fourth of them around its rim."""
    index = np.arange(count)
    rim = index % 4 == 3
    radius = np.where(rim, 1.0, np.sqrt((index + 0.5) / count))
    angle = np.where(rim, index * (2.0 * math.pi / count), index * _GOLDEN_ANGLE_RAD)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)])


def _other(tick: Tick, instance: int, semantic: int) -> list[Any]:
    if instance < STATIC_INSTANCE_BASE:
        return actor_struct(tick.entries[instance & (SUPPORT_INSTANCE_BASE - 1)])
    return static_struct(static_type_id(ObjectClass(semantic)))

"""sensor.other.radar: sensors.radar on the wire.

Payload: for each detection f32 radial speed in m/s (negative when they close in), azimuth (right positive) and altitude in
rad, depth in m. As in CARLA the rays of a measurement are those of one tick. Tested by tests/server/test_sensors_rays.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.base.state import SUPPORT_INSTANCE_BASE
from sim.server.sensing.lidar import as_bytes, seed_of, to_right
from sim.server.sensing.limits import number, whole

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Buffer, Moment
    from sim.server.world import World


class RaysRadar:
    """Detections with radial speed."""

    needs_scene = True

    def __init__(self, entry: ActorEntry, world: World) -> None:
        from sensors.radar import Radar, RadarConfig

        config = RadarConfig(
            points_per_second=whole(entry, "points_per_second"),
            range_m=number(entry, "range"),
            horizontal_fov_rad=math.radians(number(entry, "horizontal_fov")),
            vertical_fov_rad=math.radians(number(entry, "vertical_fov")),
        )
        self._radar = Radar(config, seed_of(entry, world))

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One measurement."""
        radar, pose, state = self._radar, moment.world_from_sensor, moment.state
        bundle = radar.aim(moment.tick.period_s)
        hits = moment.scene.rays.cast(bundle, radar.rays, pose, radar.reach_m)
        moving = np.flatnonzero(np.any(state.velocity_world_mps != 0.0, axis=1))
        velocity = {int(state.track_id[row]): state.velocity_world_mps[row] for row in moving}
        velocity |= {number + SUPPORT_INSTANCE_BASE: value for number, value in velocity.items()}
        found = radar.detections(hits, pose, moment.delta_s, velocity)
        to_right(found)
        return (as_bytes(found),)

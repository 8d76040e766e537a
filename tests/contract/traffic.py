"""Cars of CARLA's own Traffic Manager on any map, and what can be said about how they drove."""

from __future__ import annotations

from dataclasses import dataclass, field

import carla
import numpy as np

from sim.base.boxes import corners_m, overlapping_pairs
from sim.base.state import ActorKind, LightState, WorldState
from sim.loop.populated import NOT_IN_TOWN
from sim.loop.session import Session
from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork

QUEUE_GAP_M = 12.0
STANDING_MPS = 0.3
TOUCH_M = 0.02
"""Boxes that overlap less than this touch: a car that creeps up to another is no accident."""


def spawn_traffic(session: Session, count: int, seed: int, base_type: str = "car") -> list[int]:
    """Put vehicles on spawn points chosen by the seed and hand them to the Traffic Manager; returns CARLA's ids.

    An empty `base_type` takes every vehicle of the catalogue, as CARLA's generate_traffic.py does.
    """
    rng = np.random.default_rng(seed)
    blueprints = _blueprints(session, base_type)
    spawns = session.world.get_map().get_spawn_points()
    session.client.get_trafficmanager(session.tm_port).set_random_device_seed(seed)
    batch = [_command(session, rng, blueprints, spawns[int(i)]) for i in rng.permutation(len(spawns))[:count]]
    return [r.actor_id for r in session.client.apply_batch_sync(batch, False) if not r.error]


def top_up(
    session: Session,
    state: WorldState,
    count: int,
    seed: tuple[int, ...],
    base_type: str = "car",
    clear_m: float = 40.0,
) -> None:
    """Spawn vehicles for those that are gone, where no other is near."""
    rows = np.flatnonzero(state.kind == ActorKind.VEHICLE)
    if len(rows) >= count:
        return
    rng = np.random.default_rng(seed)
    blueprints = _blueprints(session, base_type)
    spawns = session.world.get_map().get_spawn_points()
    taken = [np.array([x, -y]) for x, y in ((p.location.x, p.location.y) for p in spawns)]
    busy = [np.asarray(state.position_world_m[row, :2]) for row in rows]
    batch: list[carla.command.SpawnActor] = []
    for index in rng.permutation(len(spawns)):
        if len(rows) + len(batch) >= count:
            break
        if min((float(np.hypot(*(taken[index] - at))) for at in busy), default=np.inf) > clear_m:
            batch.append(_command(session, rng, blueprints, spawns[int(index)]))
            busy.append(taken[index])
    session.client.apply_batch_sync(batch, False)


def _blueprints(session: Session, base_type: str) -> list[carla.ActorBlueprint]:
    found = sorted(session.world.get_blueprint_library().filter("vehicle.*"), key=lambda b: b.id)
    found = [blueprint for blueprint in found if blueprint.id not in NOT_IN_TOWN]
    return [b for b in found if not base_type or b.get_attribute("base_type") == base_type]


def _command(
    session: Session, rng: np.random.Generator, blueprints: list[carla.ActorBlueprint], spawn: carla.Transform
) -> carla.command.SpawnActor:
    blueprint = blueprints[int(rng.integers(len(blueprints)))]
    blueprint.set_attribute("role_name", "autopilot")
    auto = carla.command.SetAutopilot(carla.command.FutureActor, True, session.tm_port)
    return carla.command.SpawnActor(blueprint, spawn).then(auto)


@dataclass
class TrafficRecord:
    """What was seen over a drive: worst and mean figures over cars and ticks."""

    network: RoadNetwork
    lateral_m: list[float] = field(default_factory=list)
    off_road_m: float = 0.0
    overlaps: list[tuple[int, int, int]] = field(default_factory=list)
    standing_s: dict[int, float] = field(default_factory=dict)
    longest_unexplained_s: float = 0.0
    travelled_m: float = 0.0

    def __post_init__(self) -> None:
        self._lanes = LaneLookup(self.network)
        self._surface = LaneLookup(
            self.network, ("driving", "parking", "shoulder", "border", "stop", "biking", "median")
        )
        self._in_junction = np.array([j not in ("", "-1") for j in self.network.lanes.junction_id])

    def add(self, state: WorldState, tick_s: float) -> None:
        """Judge one tick."""
        rows = np.flatnonzero(state.kind == ActorKind.VEHICLE)
        position, yaw = state.position_world_m[rows], state.rpy_rad[rows, 2]
        extent = np.array([state.actors[r].box_extent_m for r in rows])
        center = position + np.array([[0, 0, state.actors[r].box_center_m[2]] for r in rows])
        hits = self._lanes.nearest(position)
        outside = ~self._in_junction[hits.lane]
        self.lateral_m += np.abs(hits.lateral_m[outside]).tolist()
        corners = corners_m(center, yaw, extent).reshape(-1, 2)
        reach = self._surface.nearest(np.column_stack([corners, np.repeat(position[:, 2], 4)]))
        self.off_road_m = max(self.off_road_m, float(reach.distance_m.max()))
        for a, b in overlapping_pairs(center, yaw, extent - TOUCH_M / 2.0):
            self.overlaps.append((state.tick, int(state.track_id[rows[a]]), int(state.track_id[rows[b]])))
        self._stands(state, rows, hits.lane, tick_s)

    def _stands(self, state: WorldState, rows: np.ndarray, lane: np.ndarray, tick_s: float) -> None:
        """Time that a car stands with neither a red light ahead nor another car in front."""
        speed = np.hypot(*state.velocity_world_mps[rows, :2].T)
        self.travelled_m += float(speed.sum() * tick_s)
        stopped_by_light = self._lanes_with_a_stopping_light(state)
        heading = np.stack([np.cos(state.rpy_rad[rows, 2]), np.sin(state.rpy_rad[rows, 2])], axis=1)
        for i, row in enumerate(rows):
            offset = state.position_world_m[rows, :2] - state.position_world_m[row, :2]
            ahead = offset @ heading[i]
            aside = np.abs(offset @ np.array([-heading[i][1], heading[i][0]]))
            queue = bool(np.any((ahead > 0.5) & (ahead < QUEUE_GAP_M) & (aside < 6.0)))
            explained = speed[i] > STANDING_MPS or queue or int(lane[i]) in stopped_by_light
            key = int(state.track_id[row])
            self.standing_s[key] = 0.0 if explained else self.standing_s.get(key, 0.0) + tick_s
            self.longest_unexplained_s = max(self.longest_unexplained_s, self.standing_s[key])

    def _lanes_with_a_stopping_light(self, state: WorldState) -> set[int]:
        signals = self.network.signals
        row_of = {signal: i for i, signal in enumerate(signals.signal_id)}
        lanes: set[int] = set()
        for row in np.flatnonzero(state.kind == ActorKind.TRAFFIC_LIGHT):
            if state.light_state[row] in (LightState.RED, LightState.YELLOW):
                signal = row_of.get(state.actors[row].signal_id)
                for lane in signals.lanes[signal] if signal is not None else ():
                    lanes.add(lane)
                    lanes.update(self.network.lanes.predecessors[lane])
        return lanes

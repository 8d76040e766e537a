"""The script of a placed scenario: which event fires when, and what every actor does, as a function of the states alone.

The director plays it into a world; the judge runs a second one beside the run, so that a recorded episode can be judged again
without the world. Tested by tests/scenarios/test_script.py.
"""

from __future__ import annotations

from scenarios.behaviours.lane_motion import HoldStill, LaneChange, LaneMotion
from scenarios.behaviours.motion import Action, Motion
from scenarios.behaviours.walking import RunAcross, StandStill
from scenarios.conditions import holds
from scenarios.place import PlacedActor, PlacedScenario
from scenarios.schema_events import Behaviour, CutIn
from scenarios.situation import Situation
from sim.base.clock import seconds
from sim.base.errors import ScenarioError
from sim.base.state import WorldState
from sim.base.units import mps_from_kmh
from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork


class Script:
    """Plays the events of one placed scenario. `begun` maps each event to the tick at which its behaviour really began.

    `latest` is the situation of the last step.
    """

    def __init__(self, placed: PlacedScenario, network: RoadNetwork) -> None:
        self.placed = placed
        self.begun: dict[str, int] = {}
        self._network = network
        self._lookup = LaneLookup(network)
        self.latest: Situation | None = None
        self._fired: dict[str, int] = {}
        self._first_flicks: int | None = None
        self._last_flicks = 0
        self._motions: dict[str, Motion] = {
            actor.name: self._at_first(actor) for actor in placed.actors if _moves(actor)
        }
        self._motion_of_event: dict[str, Motion] = {}

    def step(self, state: WorldState) -> dict[str, Action]:
        """What every living, moving actor does after this state, by its scenario name. Call once a tick."""
        situation = self.latest = self._situation(state)
        for name, event in self.placed.concrete.spec.events.items():
            if name not in self._fired and holds(event.when, situation, self._fired):
                self._fired[name] = state.tick
                actor = self.placed.actor(event.do.body.actor)
                motion = self._motion(event.do, actor, situation)
                self._motions[actor.name] = motion
                self._motion_of_event[name] = motion
        actions: dict[str, Action] = {}
        for name, motion in self._motions.items():
            row = situation.row(name)
            if row is not None:
                actions[name] = motion.step(situation, row)
        for name, motion in self._motion_of_event.items():
            if motion.began:
                self.begun.setdefault(name, state.tick)
        return actions

    def _situation(self, state: WorldState) -> Situation:
        """The state with time counted from the first one that this script saw."""
        if self._first_flicks is None:
            self._first_flicks = self._last_flicks = state.time_flicks
        tick_s = seconds(state.time_flicks - self._last_flicks)
        self._last_flicks = state.time_flicks
        return Situation(self.placed, state, seconds(state.time_flicks - self._first_flicks), tick_s)

    def _at_first(self, actor: PlacedActor) -> Motion:
        if actor.dimensions.is_walker:
            return StandStill()
        if actor.speed_mps == 0.0:
            return HoldStill()
        return LaneMotion(self._network, actor, actor.lane, actor.speed_mps, preferred=self.placed.route_lanes)

    def _motion(self, what: Behaviour, actor: PlacedActor, situation: Situation) -> Motion:
        if what.dart_out is not None:
            return RunAcross(what.dart_out, self.placed)
        if what.stand is not None:
            return StandStill() if actor.dimensions.is_walker else HoldStill()
        lane = self._lane_now(actor, situation)
        if what.cut_in is not None:
            return self._lane_change(what.cut_in, actor, lane)
        route = self.placed.route_lanes
        if what.brake is not None:
            speed = mps_from_kmh(what.brake.to_kmh.value)
            return LaneMotion(self._network, actor, lane, speed, what.brake.decel_mps2.value, route)
        if what.follow_lane is not None:
            return LaneMotion(
                self._network, actor, lane, mps_from_kmh(what.follow_lane.speed_kmh.value), preferred=route
            )
        return LaneMotion(self._network, actor, lane, None, preferred=route)

    def _lane_now(self, actor: PlacedActor, situation: Situation) -> int:
        row = situation.row(actor.name)
        if row is None:
            return actor.lane
        hits = self._lookup.nearest(situation.state.position_world_m[row : row + 1])
        return int(hits.lane[0])

    def _lane_change(self, spec: CutIn, actor: PlacedActor, lane: int) -> Motion:
        table = self._network.lanes
        target = int((table.left if spec.towards == "left" else table.right)[lane])
        if target < 0:
            raise ScenarioError(
                f"{self.placed.concrete.scenario_id}: found no lane to the {spec.towards} of {actor.name} where it is to "
                "cut in; expected a neighbouring lane of the same direction. Choose another map or seed."
            )
        change = mps_from_kmh(spec.speed_change_kmh.value)
        return LaneChange(
            self._network, actor, target, change, spec.duration_s.value, preferred=self.placed.route_lanes
        )


def _moves(actor: PlacedActor) -> bool:
    return actor.dimensions.is_walker or actor.dimensions.is_vehicle

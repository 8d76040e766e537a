"""One drive: world, scenario, sensors, driver and judge, one tick after another.

The order of tick k, written here and nowhere else:

| step | what                                                                              | sees               |
|------|-----------------------------------------------------------------------------------|--------------------|
| 1    | the command due now (decided at k-1-latency) goes to the ego                        | -                  |
| 2    | physics: the server, and the Traffic Manager's cars, move from k-1 to k             | commands up to k-1 |
| 3    | state k is read from the world stream                                               | -                  |
| 4    | the scenario's conditions read state k; its behaviours act, effective in k+1        | state k            |
| 5    | sensors whose frame ends at k expose and read out, from states k and before         | states ..k         |
| 6    | the bundle of k is complete, or SyncError                                           | -                  |
| 7    | the driver acts; its command takes effect in k+1+latency                            | observation k      |
| 8    | expectations judge truth k and the command; the tick is recorded                    | truth k            |

Steps 1 to 6 are Drive.step(), 7 and 8 Drive.decide(). Tested by tests/loop/test_run.py and tests/scenarios/test_closed_loop.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import carla

from scenarios.avoidable import Avoidability, assess
from scenarios.director import Director
from scenarios.expect import Judge
from scenarios.place import place
from scenarios.sample import ConcreteScenario
from sensors.rig import Rig
from sim.base.agent import Agent, Command, DrivingTask, PrivilegedAgent
from sim.base.annotations import FrameAnnotations
from sim.base.bundle import Control, FrameBundle, Provenance, Route, Truth
from sim.base.carla_axes import steer_to_carla
from sim.base.clock import seconds
from sim.base.errors import AgentError, SyncError
from sim.base.observation import CameraFrame, Observation
from sim.base.state import WorldState
from sim.base.verdict import RunOutcome
from sim.loop.observe import Navigator, ego_motion
from sim.loop.provenance import code_version, lock_sha256
from sim.loop.session import Session
from sim.maps.routing import controls_on_route

if TYPE_CHECKING:
    from sensors.capture import CameraSensor

EGO_ROLE = "hero"
MIN_HISTORY_TICKS = 3
"""Past states kept at least; cameras whose exposure and read-out reach further back get more."""


class Drive:
    """One scenario in one session, tick by tick. `rig` None drives without cameras.

    `ended` says why the drive is over, None while it goes on. `privileged` drivers get the truth and are marked so.
    """

    def __init__(
        self,
        session: Session,
        concrete: ConcreteScenario,
        *,
        rig: Rig | None = None,
        threads: int = 2,
        labels: bool = True,
        command_latency_ticks: int = 0,
    ) -> None:
        self.session = session
        self.concrete = concrete
        self.rig = rig
        self._labels = labels
        self._latency_ticks = command_latency_ticks
        self.placed = place(concrete, session.network)
        self.avoidability: Avoidability = assess(self.placed, session.network)
        self._sensors = _sensors(session, concrete, rig, threads)
        self._director: Director | None = None
        self.ended: str | None = None

    def reset(self, agent_name: str = "python", privileged: bool = False) -> FrameBundle:
        """Clear the session, set the scene, and return the bundle of tick 0."""
        session = self.session
        session.reset(self.concrete.seed)
        self.provenance = self._provenance(agent_name, privileged)
        with session.watched("setting the scene"):
            tm_port = session.tm_port if self.concrete.spec.traffic.count > 0 else None
            self._director = Director(self.placed, session.network, session.client, session.world, tm_port)
            self._director.setup()
        self.judge = Judge(self.placed, session.network)
        self.ended = None
        history_ticks = max([MIN_HISTORY_TICKS, *(sensor.history_ticks for sensor in self._sensors)])
        self._states: deque[WorldState] = deque(maxlen=history_ticks + 1)
        self._commands: deque[Command] = deque([Command()] * self._latency_ticks)
        for sensor in self._sensors:
            sensor.reset()
        self.route: Route = self.placed.route
        self._navigator = Navigator(self.route)
        state = session.tick()
        row = state.row_of_role(EGO_ROLE)
        if row is None:
            raise SyncError(
                f'{self.concrete.scenario_id}: no actor with role_name "{EGO_ROLE}" after the scene was set'
            )
        self.ego_track_id = int(state.track_id[row])
        self._ego = session.actor(self.ego_track_id)
        self._controls = self._route_controls(state)
        return self._bundle(state)

    def step(self, command: Command) -> FrameBundle:
        """Send the command decided on the last bundle on its way, advance one tick and return the next bundle."""
        self._commands.append(command)
        due = self._commands.popleft()
        with self.session.watched("applying the command"):
            self._ego.apply_control(_vehicle_control(due))
        return self._bundle(self.session.tick())

    def decide(self, agent: Agent | PrivilegedAgent, bundle: FrameBundle) -> Command:
        """Let the driver act on a bundle and the judge see both."""
        command = act(agent, bundle)
        self.judge.observe(bundle.truth, command)
        return command

    def task(self) -> DrivingTask:
        """What the driver is told before the first tick."""
        concrete = self.concrete
        tick_s = seconds(self.session.tick_period_flicks)
        return DrivingTask(concrete.scenario_id, concrete.seed, tick_s, concrete.cruise_speed_mps)

    def outcome(self) -> RunOutcome:
        """The verdicts so far."""
        return self.judge.outcome(self.ended or "stopped by the caller")

    def events_begun(self) -> Mapping[str, int]:
        """The scenario's events that have begun, with their ticks."""
        return {} if self._director is None else self._director.begun

    def begin(self, agent: Agent | PrivilegedAgent) -> None:
        """Tell the driver that a new run begins. Raises AgentError when it raises."""
        try:
            agent.reset(self.task())
        except Exception as error:
            raise AgentError(f"driver {type(agent).__name__}, reset: raised {error!r}") from error

    def close(self) -> None:
        """Take the scene down, unless the server is gone."""
        director, self._director = self._director, None
        if director is not None and not self.session.lost:
            with self.session.watched("taking the scene down"):
                director.teardown()

    def _bundle(self, state: WorldState) -> FrameBundle:
        if self._director is None:
            raise SyncError("drive: the scene is not set; call reset() before step()")
        self._states.append(state)
        row = state.row_of(self.ego_track_id)
        if row is None:
            raise SyncError(f"tick {state.tick}: the ego (track {self.ego_track_id}) is gone")
        with self.session.watched(f"the scenario's behaviours at tick {state.tick}"):
            self._director.act(state)
        self.ended = self._director.ended(state)
        cameras, annotations = self._expose()
        observation = Observation(
            tick=state.tick,
            time_flicks=state.time_flicks,
            cameras=cameras,
            ego=ego_motion(state, row),
            navigation=self._navigator.navigation(state.position_world_m[row], float(state.rpy_rad[row, 2])),
        )
        truth = Truth(tuple(self._states), self.ego_track_id, self.route, self._controls)
        return FrameBundle(observation, truth, annotations, self.provenance)

    def _expose(self) -> tuple[Mapping[str, CameraFrame], Mapping[str, FrameAnnotations]]:
        cameras: dict[str, CameraFrame] = {}
        annotations: dict[str, FrameAnnotations] = {}
        tick = self._states[-1].tick
        for sensor in self._sensors:
            if sensor.due(tick):
                frame, labels = sensor.capture(tuple(self._states), self.ego_track_id, labels=self._labels)
                cameras[frame.name] = frame
                if labels is not None:
                    annotations[frame.name] = labels
        return cameras, annotations

    def _route_controls(self, state: WorldState) -> tuple[Control, ...]:
        """The stops and lights on the route, joined to their actors by OpenDRIVE id."""
        signals = self.session.network.signals
        track_of = {info.signal_id: info.track_id for info in state.actors if info.signal_id}
        found = controls_on_route(self.session.network, self.placed.route_lanes, self.placed.start_arc_m)
        return tuple(Control(kind, stop_m, track_of.get(signals.signal_id[row], 0)) for kind, stop_m, row in found)

    def _provenance(self, agent_name: str, privileged: bool) -> Provenance:
        concrete, session = self.concrete, self.session
        return Provenance(
            scenario=concrete.scenario_id,
            scenario_sha256=concrete.sha256,
            seed=concrete.seed,
            rig=f"{self.rig.name} {self.rig.digest()[:12]}" if self.rig else "none",
            agent=agent_name,
            privileged=privileged,
            map_name=session.network.name,
            map_sha256=session.network.sha256,
            code_version=code_version(),
            lock_sha256=lock_sha256(),
            server=session.server,
        )


def is_privileged(agent: Agent | PrivilegedAgent) -> bool:
    """Whether a driver gets the truth; every report says so."""
    return bool(getattr(agent, "privileged", False))


def act(agent: Agent | PrivilegedAgent, bundle: FrameBundle) -> Command:
    """One decision of a driver, checked. Raises AgentError when it raises or returns what no pedal can do."""
    tick = bundle.observation.tick
    try:
        if is_privileged(agent):
            command = cast(PrivilegedAgent, agent).act(bundle.observation, bundle.truth)
        else:
            command = cast(Agent, agent).act(bundle.observation)
    except Exception as error:
        raise AgentError(f"driver {type(agent).__name__}, tick {tick}: raised {error!r}") from error
    check_command(command, f"driver {type(agent).__name__}, tick {tick}")
    return command


def check_command(command: Any, where: str) -> None:
    """Raise AgentError unless `command` is a Command with pedals in 0..1 and steer in -1..1."""
    if not isinstance(command, Command):
        raise AgentError(f"{where}: returned {command!r}; expected a sim.base.agent.Command")
    limits = {"throttle_ratio": (0.0, 1.0), "brake_ratio": (0.0, 1.0), "steer_ratio": (-1.0, 1.0)}
    for name, (low, high) in limits.items():
        value = getattr(command, name)
        if not low <= value <= high:
            raise AgentError(f"{where}: returned {name} {value}; allowed is {low:g} to {high:g}")


def drive(
    session: Session,
    concrete: ConcreteScenario,
    agent: Agent | PrivilegedAgent,
    rig: Rig | None = None,
    threads: int = 2,
) -> Iterator[FrameBundle]:
    """Drive a scenario and yield each tick's bundle, for scripts. The scene is taken down when the loop is left."""
    run = Drive(session, concrete, rig=rig, threads=threads)
    try:
        bundle = run.reset(type(agent).__name__, is_privileged(agent))
        run.begin(agent)
        while True:
            command = run.decide(agent, bundle)
            yield bundle
            if run.ended:
                return
            bundle = run.step(command)
    finally:
        run.close()


def _vehicle_control(command: Command) -> Any:
    return carla.VehicleControl(
        throttle=float(command.throttle_ratio),
        steer=steer_to_carla(float(command.steer_ratio)),
        brake=float(command.brake_ratio),
        hand_brake=bool(command.hand_brake),
        reverse=bool(command.reverse),
    )


def _sensors(session: Session, concrete: ConcreteScenario, rig: Rig | None, threads: int) -> tuple[CameraSensor, ...]:
    if rig is None:
        return ()
    from rendering.scene import Scene  # the ray tracer is loaded only by those who look
    from sensors.capture import CameraSensor

    scene = session.scenes.get(threads)  # built once a session: a reset changes actors only
    if scene is None:
        scene = session.scenes[threads] = Scene(session.network, session.statics, threads)
    return tuple(
        CameraSensor(config, scene, concrete.seed, session.tick_period_flicks, threads) for config in rig.cameras
    )

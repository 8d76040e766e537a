"""What users ask of CARLA's Traffic Manager works against this server: through the unmodified client, in a small town."""

from __future__ import annotations

from collections.abc import Iterator

import carla
import numpy as np
import pytest

from sim.base import clock
from sim.base.state import ActorKind, WorldState
from sim.loop.session import Session
from tests.contract.traffic import spawn_traffic

HZ = 20


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session("town_quarter", clock.period_from_hz(HZ)) as session:
        yield session


@pytest.fixture
def manager(session: Session) -> Iterator[carla.TrafficManager]:
    session.reset()
    manager = session.client.get_trafficmanager(session.tm_port)
    yield manager
    manager.global_percentage_speed_difference(0.0)
    manager.set_global_distance_to_leading_vehicle(2.0)
    manager.set_hybrid_physics_mode(False)
    session.world.set_weather(carla.WeatherParameters.ClearNoon)


def _drive(session: Session, seconds: float) -> list[WorldState]:
    return [session.tick(appearance=False) for _ in range(round(seconds * HZ))]


def _speeds(state: WorldState) -> np.ndarray:
    return np.hypot(*state.velocity_world_mps[state.kind == ActorKind.VEHICLE, :2].T)


def test_speed_difference(session: Session, manager: carla.TrafficManager) -> None:
    """Cars told to drive at 40 % of what they may are slower than the same cars at 100 %."""
    top = {}
    for percentage in (0.0, 60.0):
        session.reset()
        spawn_traffic(session, 8, 3)
        manager.global_percentage_speed_difference(percentage)
        top[percentage] = max(float(_speeds(state).max()) for state in _drive(session, 10.0))
    assert top[60.0] < 0.55 * top[0.0]


@pytest.mark.parametrize("ignored", [0.0, 100.0])
def test_ignored_lights(session: Session, manager: carla.TrafficManager, ignored: float) -> None:
    """With all lights red nobody gets into the junction, unless told to ignore lights."""
    cars = [session.world.get_actor(i) for i in spawn_traffic(session, 12, 2)]
    session.tick()
    for light in session.world.get_actors().filter("traffic.traffic_light*"):
        light.set_state(carla.TrafficLightState.Red)
        light.freeze(True)
    for car in cars:
        manager.ignore_lights_percentage(car, ignored)
    states = _drive(session, 20.0)
    told = sum(car.is_at_traffic_light() for car in cars)
    standing = int((_speeds(states[-1]) < 0.1).sum())
    session.world.freeze_all_traffic_lights(False)
    assert (told > 0 and standing >= told) if ignored == 0.0 else standing < len(cars) // 2


def test_distance_to_the_leading_vehicle(session: Session, manager: carla.TrafficManager) -> None:
    """A car behind one that stands stops as far behind it as it was told."""
    gaps = {}
    for distance_m in (2.0, 8.0):
        session.reset()
        spawn = _straight_spawn(session)
        blueprint = session.world.get_blueprint_library().find("vehicle.tesla.model3")
        ahead = carla.Transform(spawn.location + 30.0 * spawn.get_forward_vector(), spawn.rotation)
        lead = session.world.spawn_actor(blueprint, ahead)
        lead.apply_control(carla.VehicleControl(hand_brake=True))
        car = session.world.spawn_actor(blueprint, spawn)
        car.set_autopilot(True, session.tm_port)
        manager.auto_lane_change(car, False)
        manager.distance_to_leading_vehicle(car, distance_m)
        assert _speeds(_drive(session, 12.0)[-1]).max() < 0.1
        apart_m = car.get_location().distance(lead.get_location())
        gaps[distance_m] = apart_m - 2.0 * lead.bounding_box.extent.x
    assert gaps[2.0] > 0.5
    assert gaps[8.0] - gaps[2.0] == pytest.approx(6.0, abs=2.0)


def _straight_spawn(session: Session) -> carla.Transform:
    """A spawn point with 40 m of road without a junction or a bend ahead."""
    world_map = session.world.get_map()
    for spawn in world_map.get_spawn_points():
        begin = world_map.get_waypoint(spawn.location)
        if not begin.next(150.0):
            continue  # the Traffic Manager removes cars that come to a dead end
        ways = [begin.next(float(d)) for d in (10, 20, 30, 40)]
        if all(len(w) == 1 and not w[0].is_junction for w in ways):
            turns = [abs((w[0].transform.rotation.yaw - spawn.rotation.yaw + 180.0) % 360.0 - 180.0) for w in ways]
            if max(turns) < 3.0:
                return spawn
    raise LookupError("town_quarter: no straight road with a spawn point")


def test_lights_are_switched_on_at_night(session: Session, manager: carla.TrafficManager) -> None:
    """With update_vehicle_lights the Traffic Manager lights its cars at night, and brake lamps follow the pedal."""
    cars = [session.world.get_actor(i) for i in spawn_traffic(session, 6, 1)]
    for car in cars:
        manager.update_vehicle_lights(car, True)
    _drive(session, 2.0)
    assert not any(car.get_light_state() & carla.VehicleLightState.LowBeam for car in cars)
    session.world.set_weather(carla.WeatherParameters(sun_altitude_angle=-20.0))
    _drive(session, 2.0)
    lit = [car for car in cars if car.get_light_state() & carla.VehicleLightState.LowBeam]
    assert len(lit) == len(cars)


def test_hybrid_physics_with_many_cars(session: Session, manager: carla.TrafficManager) -> None:
    """Far from a hero cars are moved without physics; they go on."""
    blueprint = session.world.get_blueprint_library().find("vehicle.tesla.model3")
    blueprint.set_attribute("role_name", "hero")
    hero = session.world.spawn_actor(blueprint, session.world.get_map().get_spawn_points()[0])
    manager.set_hybrid_physics_mode(True)
    manager.set_hybrid_physics_radius(20.0)
    cars = [session.world.get_actor(i) for i in spawn_traffic(session, 50, 4)]
    session.tick()
    first = {car.id: car.get_location() for car in cars}
    _drive(session, 15.0)
    moved = [car.get_location().distance(first[car.id]) for car in cars if car.is_alive]
    assert hero.is_alive
    assert len(moved) > len(cars) // 2
    assert np.median(moved) > 5.0


@pytest.mark.slow
def test_lane_changes() -> None:
    """A forced lane change takes a car to the lane beside."""
    with Session("motorway", clock.period_from_hz(HZ)) as session:
        world_map = session.world.get_map()
        blueprint = session.world.get_blueprint_library().find("vehicle.tesla.model3")
        spawn, target = _lane_beside(world_map)
        car = session.world.spawn_actor(blueprint, spawn)
        car.set_autopilot(True, session.tm_port)
        manager = session.client.get_trafficmanager(session.tm_port)
        manager.auto_lane_change(car, False)
        session.tick()
        manager.force_lane_change(car, False)
        _drive(session, 8.0)
        assert world_map.get_waypoint(car.get_location()).lane_id == target


def _lane_beside(world_map: carla.Map) -> tuple[carla.Transform, int]:
    """A spawn point with road ahead and a lane to its left that goes the same way, and that lane's id."""
    for spawn in world_map.get_spawn_points():
        here = world_map.get_waypoint(spawn.location)
        left = here.get_left_lane()
        if left and left.lane_type == carla.LaneType.Driving and left.lane_id * here.lane_id > 0 and here.next(350.0):
            return spawn, left.lane_id
    raise LookupError("motorway: no lane with another on its left")

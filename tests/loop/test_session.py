"""A session on a real embedded server: in step with the client, repeatable after a reset, and gone when it ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import carla
import numpy as np
import psutil
import pytest

from sim.base.carla_axes import rpy_from_carla, vector_from_carla
from sim.base.clock import period_from_hz
from sim.base.errors import InputError, MapError, ServerLostError
from sim.base.state import ActorKind, WorldState
from sim.loop.session import Session

MAP = "parking_lot"
CARS = 6


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session(MAP, period_from_hz(20)) as session:
        yield session


def spawn_cars(session: Session, count: int = CARS) -> list[int]:
    blueprint = session.world.get_blueprint_library().find("vehicle.tesla.model3")
    places = session.world.get_map().get_spawn_points()[:count]
    spawn = carla.command.SpawnActor
    go = carla.VehicleControl(throttle=0.6, steer=0.1)
    batch = [
        spawn(blueprint, place).then(carla.command.ApplyVehicleControl(carla.command.FutureActor, go))
        for place in places
    ]
    answers = session.client.apply_batch_sync(batch, False)
    assert not any(answer.error for answer in answers)
    return [answer.actor_id for answer in answers]


def drive_some(session: Session, ticks: int = 40) -> list[WorldState]:
    spawn_cars(session)
    return [session.tick() for _ in range(ticks)]


def test_state_is_what_the_client_sees(session: Session) -> None:
    session.reset()
    ids = spawn_cars(session)
    for _ in range(20):
        state = session.tick()
    snapshot = session.world.get_snapshot()
    assert state.tick == 19 and state.time_flicks == 19 * session.tick_period_flicks
    vehicles = np.flatnonzero(state.kind == ActorKind.VEHICLE)
    assert len(vehicles) == CARS
    for row, carla_id in zip(vehicles, ids, strict=True):
        seen = snapshot.find(carla_id)
        place, turn, velocity = seen.get_transform().location, seen.get_transform().rotation, seen.get_velocity()
        assert np.allclose(state.position_world_m[row], vector_from_carla([place.x, place.y, place.z]), atol=1e-6)
        assert np.allclose(state.rpy_rad[row], rpy_from_carla([turn.pitch, turn.yaw, turn.roll]), atol=1e-6)
        assert np.allclose(
            state.velocity_world_mps[row], vector_from_carla([velocity.x, velocity.y, velocity.z]), atol=1e-6
        )
        control = session.world.get_actor(carla_id).get_control()
        assert state.throttle_ratio[row] == pytest.approx(control.throttle)
        assert state.steer_ratio[row] == pytest.approx(-control.steer)
        box = session.world.get_actor(carla_id).bounding_box
        assert state.actors[row].box_extent_m == pytest.approx((box.extent.x, box.extent.y, box.extent.z))
        assert session.actor(int(state.track_id[row])).id == carla_id
    moved = state.distance_travelled_m[vehicles]
    assert (moved > 0.5).all()
    assert (state.wheel_roll_rad[vehicles] > 1.0).all()
    assert (state.wheel_steer_rad[vehicles] < 0.0).all()


def test_a_reset_repeats_the_run_bit_by_bit(session: Session) -> None:
    session.reset(5)
    first = [state.digest() for state in drive_some(session)]
    session.reset(5)
    assert session.tick_count == -1
    assert [state.digest() for state in drive_some(session)] == first
    assert len(set(first)) == len(first)


def test_track_ids_count_from_one_and_actors_that_go_are_gone(session: Session) -> None:
    session.reset()
    before = session.tick()
    ids = spawn_cars(session, 3)
    state = session.tick()
    assert list(state.track_id) == list(range(1, state.count + 1))
    assert state.count == before.count + 3
    session.client.apply_batch_sync([carla.command.DestroyActor(ids[1])], False)
    state = session.tick()
    assert state.count == before.count + 2
    assert before.count + 2 not in state.track_id and before.count + 3 in state.track_id


def test_lamps_and_weather_arrive(session: Session) -> None:
    session.reset()
    ids = spawn_cars(session, 1)
    session.world.get_actor(ids[0]).set_light_state(carla.VehicleLightState(carla.VehicleLightState.Brake))
    session.world.set_weather(carla.WeatherParameters(cloudiness=33.0))
    state = session.tick()
    assert state.lamp_flags[state.row_of(session.track_id(ids[0])) or 0] == 8
    assert state.weather.cloudiness == 33.0


def test_server_ends_with_its_session_and_its_settings_are_ours() -> None:
    with Session(MAP, period_from_hz(36)) as session:
        pid = session.server_pid
        settings = session.world.get_settings()
        assert settings.synchronous_mode
        assert settings.fixed_delta_seconds == pytest.approx(1 / 36, rel=1e-6)
    assert pid is not None and not psutil.pid_exists(pid)


def test_settings_of_a_foreign_server_are_put_back(session: Session) -> None:
    address = f"{session._host}:{session._port}"
    world = session.client.get_world()
    before = world.get_settings()
    with Session(MAP, period_from_hz(50), address=address) as guest:
        assert not guest.embedded
        assert guest.world.get_settings().fixed_delta_seconds == pytest.approx(0.02)
    assert world.get_settings().fixed_delta_seconds == pytest.approx(before.fixed_delta_seconds)


def test_a_dead_server_is_named_and_nothing_hangs() -> None:
    with Session(MAP, period_from_hz(20)) as session:
        session.client.set_timeout(2.0)
        session.tick()
        pid = session.server_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        begun = time.monotonic()
        with pytest.raises(ServerLostError, match="ended with code -9 during tick 1"):
            session.tick()
        assert time.monotonic() - begun < 10.0
        assert session.lost


def test_wrong_input_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="HOST:PORT"):
        Session(MAP, period_from_hz(20), address="somewhere")
    with pytest.raises(MapError, match="parking_lot"), Session("parking_lott", period_from_hz(20)):
        pass
    broken = tmp_path / "broken.xodr"
    broken.write_text("<OpenDRIVE><road></OpenDRIVE>")
    children = set(psutil.Process().children(recursive=True))
    with pytest.raises(Exception, match=r"broken\.xodr"), Session(str(broken), period_from_hz(20)):
        pass
    assert set(psutil.Process().children(recursive=True)) <= children

"""Calls of the recorder and the replayer, through the client: what was recorded happens again."""

from __future__ import annotations

import math

import carla
import pytest

from tests.contract.calls.conftest import ticks
from tests.contract.calls.registry import covers


@covers(
    "start_recorder",
    "stop_recorder",
    "show_recorder_file_info",
    "show_recorder_collisions",
    "show_recorder_actors_blocked",
    "replay_file",
    "stop_replayer",
    "set_replayer_time_factor",
    "set_replayer_ignore_hero",
    "set_replayer_ignore_spectator",
)
def test_a_recorded_drive_happens_again(
    client: carla.Client, world: carla.World, car: carla.Vehicle, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = f"contract_{tmp_path_factory.mktemp('x').parent.name}.log"
    path = client.start_recorder(name, True)
    assert name in path
    car.apply_control(carla.VehicleControl(throttle=0.7))
    ticks(world, 40)
    end = car.get_location()
    client.stop_recorder()
    assert "Map" in client.show_recorder_file_info(name, False)
    assert "Frames: 40" in client.show_recorder_collisions(name, "a", "a")
    assert str(car.id) not in client.show_recorder_actors_blocked(name, 1.0, 100.0).splitlines()[-3]
    car.destroy()
    world.tick()
    client.set_replayer_time_factor(1.0)
    client.set_replayer_ignore_hero(False)
    client.set_replayer_ignore_spectator(True)
    client.replay_file(name, 0.0, 0.0, 0, False)
    nearest = math.inf
    for _ in range(45):
        world.tick()
        for other in world.get_actors().filter("vehicle.*"):
            nearest = min(nearest, other.get_location().distance(end))
    assert nearest < 0.5
    client.stop_replayer(False)
    world.tick()
    with pytest.raises(RuntimeError):
        client.start_recorder("../../outside.log")

"""Session, episode and map calls, each through the client's method that makes it, each judged by its effect."""

from __future__ import annotations

import time
from pathlib import Path

import carla
import pytest

from sim.wire.rpc import RpcConnection
from tests.contract.calls.conftest import TICK_S, Served, ticks
from tests.contract.calls.registry import covers


@covers("version", "get_available_maps", "get_actor_definitions")
def test_what_a_client_asks_first(client: carla.Client, world: carla.World) -> None:
    assert client.get_server_version() == client.get_client_version() == "0.9.16"
    names = {path.rsplit("/", 1)[1] for path in client.get_available_maps()}
    assert names >= {"town_quarter", "motorway", "parking_lot"}
    library = world.get_blueprint_library()
    assert library.find("vehicle.tesla.model3").get_attribute("number_of_wheels").as_int() == 4
    assert len(library.filter("vehicle.*")) > 20


@covers("tick_cue", "set_episode_settings", "get_episode_settings")
@pytest.mark.parametrize("delta_s", [0.02, 3.0])
def test_a_tick_is_as_long_as_the_settings_say(client: carla.Client, world: carla.World, delta_s: float) -> None:
    """CARLA's own lidar_to_camera example ticks 3 s."""
    settings = world.get_settings()
    settings.fixed_delta_seconds = delta_s
    world.apply_settings(settings)
    assert client.get_world().get_settings().fixed_delta_seconds == pytest.approx(delta_s)
    before = world.get_snapshot()
    frame = world.tick()
    after = world.get_snapshot()
    assert after.frame == frame == before.frame + 1
    assert after.elapsed_seconds - before.elapsed_seconds == pytest.approx(delta_s)
    assert after.delta_seconds == pytest.approx(delta_s)


@covers("load_new_episode", "get_episode_info", "get_map_info", "get_map_data")
def test_another_map_is_another_episode(client: carla.Client, world: carla.World) -> None:
    old, points = world.id, world.get_map().get_spawn_points()
    other = client.load_world("motorway")
    try:
        assert other.id != old
        assert other.get_map().name.endswith("motorway")
        assert "<OpenDRIVE" in other.get_map().to_opendrive()[:400]
        assert other.get_map().get_spawn_points()[0] != points[0]
        with pytest.raises(RuntimeError, match="known maps are"):
            client.load_world("no_such_town")
    finally:
        client.load_world("town_quarter")


@covers("copy_opendrive_to_file")
def test_a_client_may_send_its_own_road(client: carla.Client, world: carla.World) -> None:
    text = world.get_map().to_opendrive()
    made = client.generate_opendrive_world(text, carla.OpendriveGenerationParameters())
    try:
        assert made.get_map().name.endswith("OpenDriveMap")
        assert len(made.get_map().get_topology()) == len(carla.Map("x", text).get_topology())
        with pytest.raises(RuntimeError):
            client.generate_opendrive_world("<OpenDRIVE", carla.OpendriveGenerationParameters())
    finally:
        client.load_world("town_quarter")


@covers("load_map_layer", "unload_map_layer")
def test_rays_pass_where_a_layer_was_unloaded(world: carla.World) -> None:
    house = max(
        world.get_environment_objects(carla.CityObjectLabel.Buildings), key=lambda item: item.bounding_box.extent.z
    )
    above = house.bounding_box.location + carla.Location(z=house.bounding_box.extent.z + 5.0)
    below = house.bounding_box.location

    def labels() -> set[carla.CityObjectLabel]:
        return {point.label for point in world.cast_ray(above, below)}

    assert carla.CityObjectLabel.Buildings in labels()
    world.unload_map_layer(carla.MapLayer.Buildings)
    assert carla.CityObjectLabel.Buildings not in labels()
    world.load_map_layer(carla.MapLayer.Buildings)
    assert carla.CityObjectLabel.Buildings in labels()


@covers("get_required_files", "request_file", "get_navigation_mesh")
def test_the_navigation_file_reaches_the_client(
    client: carla.Client, world: carla.World, rpc: RpcConnection, tmp_path: Path
) -> None:
    client.set_files_base_folder(str(tmp_path))
    names = client.get_required_files("Nav", False)
    assert len(names) == 1
    client.request_file(names[0])
    (stored,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert stored.read_bytes() == rpc.call("get_navigation_mesh")
    assert stored.read_bytes()[:4] == b"TESM"


@covers("get_spectator", "get_actors_by_id")
def test_the_spectator_stands_where_it_is_put(world: carla.World) -> None:
    spectator = world.get_spectator()
    pose = carla.Transform(carla.Location(3.0, -4.0, 30.0), carla.Rotation(-90.0, 20.0, 0.0))
    spectator.set_transform(pose)
    world.tick()
    assert spectator.get_location().distance(pose.location) < 1e-4
    everybody = {actor.id: actor for actor in world.get_actors()}
    assert everybody[spectator.id].type_id == "spectator"
    assert len(world.get_actors([spectator.id, 999_999])) == 1


@covers("get_weather_parameters", "set_weather_parameters")
def test_weather_is_kept_and_wet_roads_are_slippery(world: carla.World) -> None:
    weather = world.get_weather()
    weather.sun_altitude_angle, weather.wetness, weather.precipitation_deposits = 12.5, 80.0, 60.0
    world.set_weather(weather)
    world.tick()
    found = world.get_weather()
    assert (found.sun_altitude_angle, found.wetness) == (12.5, 80.0)
    world.set_weather(carla.WeatherParameters())


@covers("get_imui_gravity", "set_imui_gravity")
def test_gravity_of_the_inertial_sensors(world: carla.World) -> None:
    assert world.get_imui_sensor_gravity() == pytest.approx(9.81)
    world.set_imui_sensor_gravity(3.7)
    assert world.get_imui_sensor_gravity() == pytest.approx(3.7)
    world.set_imui_sensor_gravity(9.81)


def test_two_clients_see_one_world(served: Served, world: carla.World) -> None:
    other = carla.Client("127.0.0.1", served.port)
    other.set_timeout(10.0)
    frame = world.tick()
    theirs = other.get_world()
    deadline_s = time.monotonic() + 5.0
    while theirs.get_snapshot().frame == 0 and time.monotonic() < deadline_s:
        time.sleep(0.01)  # a client's first snapshot comes over its stream, some time after get_world has returned
    assert theirs.get_snapshot().frame == frame
    ticks(world, 3)
    assert world.get_snapshot().elapsed_seconds > 3 * TICK_S

"""Maps and sessions through the unmodified client: names, episodes, layers, generated worlds, broken OpenDRIVE, lamps."""

from __future__ import annotations

from collections.abc import Iterator

import carla
import pytest

from tests.contract.calls.conftest import ticks
from tests.server.running import running_server

_TICK_S = 0.05


@pytest.fixture(scope="module")
def client() -> Iterator[carla.Client]:
    with running_server() as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(30.0)
        yield client


@pytest.fixture
def world(client: carla.Client) -> carla.World:
    world = client.load_world("town_quarter")
    return _synchronous(world)


def _synchronous(world: carla.World) -> carla.World:
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, _TICK_S
    world.apply_settings(settings)
    return world


def test_maps_are_loaded_by_every_name_that_carla_takes(client: carla.Client) -> None:
    names = client.get_available_maps()
    assert "/Game/Carla/Maps/parking_lot" in names
    assert all(name.startswith("/Game/Carla/Maps/") for name in names)
    for name in ("parking_lot", "Carla/Maps/parking_lot", "/Game/Carla/Maps/parking_lot", "parking_lot_Opt"):
        before = client.get_world().id
        world = client.load_world(name)
        assert world.get_map().name == "Carla/Maps/parking_lot"
        assert world.id != before
    same = client.get_world().id
    client.load_world_if_different("parking_lot")
    assert client.get_world().id == same
    client.load_world_if_different("town_quarter")
    assert client.get_world().get_map().name == "Carla/Maps/town_quarter"
    with pytest.raises(RuntimeError, match="known maps are"):
        client.load_world("Town99")


def test_settings_are_kept_or_reset_and_time_begins_again_while_frames_count_on(
    client: carla.Client, world: carla.World
) -> None:
    ticks(world, 20)
    before = world.get_snapshot().timestamp
    assert before.elapsed_seconds > 15 * _TICK_S
    kept = client.reload_world(False)
    assert kept.get_settings().synchronous_mode
    kept.tick()
    after = kept.get_snapshot().timestamp
    assert after.frame > before.frame
    assert after.elapsed_seconds < before.elapsed_seconds
    assert not client.reload_world(True).get_settings().synchronous_mode


def test_layers_hide_and_show_what_they_name(client: carla.Client) -> None:
    layers = carla.MapLayer
    world = _synchronous(client.load_world("town_quarter", False, layers.NONE))
    house = max(
        world.get_environment_objects(carla.CityObjectLabel.Buildings), key=lambda one: one.bounding_box.extent.z
    )
    top = house.bounding_box.location + carla.Location(z=house.bounding_box.extent.z + 5.0)

    def seen() -> bool:
        labels = {point.label for point in world.cast_ray(top, house.bounding_box.location)}
        return carla.CityObjectLabel.Buildings in labels

    assert not seen()
    world.load_map_layer(layers.Buildings)
    assert seen()
    for layer in (layers.Decals, layers.Foliage, layers.Ground, layers.ParkedVehicles, layers.Particles, layers.Props,
                  layers.StreetLights, layers.Walls, layers.All):  # fmt: skip
        world.unload_map_layer(layer)
        world.load_map_layer(layer)
    world.tick()
    assert seen()


def _walls(world: carla.World) -> list[carla.EnvironmentObject]:
    """Walls taller than a garden's."""
    walls = world.get_environment_objects(carla.CityObjectLabel.Walls)
    return [wall for wall in walls if wall.bounding_box.extent.z > 1.0]


def test_a_generated_world_has_walls_where_asked_and_they_stop_a_car(client: carla.Client, world: carla.World) -> None:
    text = world.get_map().to_opendrive()
    assert not _walls(world)
    bare = carla.OpendriveGenerationParameters(2.0, 50.0, 0.0, 0.6, True, True, True)
    assert not _walls(client.generate_opendrive_world(text, bare))
    high = carla.OpendriveGenerationParameters(2.0, 50.0, 2.5, 0.0, True, True, True)
    made = _synchronous(client.generate_opendrive_world(text, high))
    walls = _walls(made)
    assert len(walls) > 20
    assert all(wall.bounding_box.extent.z == pytest.approx(1.25) for wall in walls)
    wall = max(walls, key=lambda one: one.bounding_box.extent.x)
    across = wall.transform.get_right_vector()
    start = wall.transform.location - across * 12.0
    if made.get_map().get_waypoint(start, project_to_road=False) is None:
        across, start = across * -1.0, wall.transform.location + across * 12.0
    yaw = carla.Rotation(yaw=wall.transform.rotation.yaw + 90.0)
    if carla.Transform(start, yaw).get_forward_vector().dot(across) < 0.0:
        yaw.yaw += 180.0
    car = made.spawn_actor(
        made.get_blueprint_library().find("vehicle.tesla.model3"), carla.Transform(start + carla.Location(z=0.5), yaw)
    )
    for _ in range(60):
        car.set_target_velocity(across * 8.0)
        made.tick()
    beyond = (car.get_location() - wall.transform.location).dot(across)
    assert beyond < 0.0, "the car has gone through the wall"


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "no xml",
        "<OpenDRIVE",
        "<OpenDRIVE></OpenDRIVE>",
        '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
        + "".join(f'<!ENTITY c{i} "{"&c;" * 10 if i == 0 else f"&c{i - 1};" * 10}">' for i in range(9))
        + "]><OpenDRIVE>&c8;</OpenDRIVE>",
        "truncated",
        "nan",
        "huge",
    ],
    ids=["empty", "text", "open", "no_roads", "entities", "truncated", "nan", "huge"],
)
def test_broken_roads_are_refused_in_words_and_the_old_world_goes_on(
    client: carla.Client, world: carla.World, broken: str
) -> None:
    text = world.get_map().to_opendrive()
    made = {
        "truncated": text[: len(text) // 2],
        "nan": text.replace('length="', 'length="nan', 1).replace(' x="', ' x="nan'),
        "huge": text.replace('length="', 'length="9e12'),
    }.get(broken, broken)
    episode = world.id
    with pytest.raises(RuntimeError) as told:
        client.generate_opendrive_world(made, carla.OpendriveGenerationParameters())
    assert "time-out" not in str(told.value)
    assert "internal" not in str(told.value)
    assert client.get_world().id == episode
    frame = world.get_snapshot().frame
    assert world.tick() > frame


def test_settings_of_meshes_that_make_no_sense_are_refused(client: carla.Client, world: carla.World) -> None:
    text = world.get_map().to_opendrive()
    for values in (
        (0.0, 50.0, 1.0, 0.6),
        (2.0, -1.0, 1.0, 0.6),
        (2.0, 50.0, -1.0, 0.6),
        (2.0, 50.0, 1.0, float("nan")),
    ):
        with pytest.raises(RuntimeError, match="found"):
            client.generate_opendrive_world(text, carla.OpendriveGenerationParameters(*values, True, True, True))


def test_every_label_of_objects_is_answered_and_all_are_some_label(world: carla.World) -> None:
    everything = {one.id for one in world.get_environment_objects(carla.CityObjectLabel.Any)}
    by_label: set[int] = set()
    for label in carla.CityObjectLabel.values.values():
        if label == carla.CityObjectLabel.Any:
            continue
        found = world.get_environment_objects(label)
        assert all(one.type == label for one in found)
        assert len(world.get_level_bbs(label)) >= len(found)
        by_label |= {one.id for one in found}
    assert by_label == everything


def test_lamps_follow_the_sun_and_what_a_client_says(client: carla.Client, world: carla.World) -> None:
    manager = world.get_lightmanager()
    lamps = manager.get_all_lights(carla.LightGroup.Street)
    assert lamps
    assert not manager.get_all_lights(carla.LightGroup.Vehicle)
    weather = world.get_weather()
    for altitude_deg, on in ((-20.0, True), (40.0, False)):
        weather.sun_altitude_angle = altitude_deg
        world.set_weather(weather)
        ticks(world, 3)
        assert {lamp.is_on for lamp in manager.get_all_lights(carla.LightGroup.Street)} == {on}
    manager.set_day_night_cycle(False)
    manager.turn_on(lamps[:2])
    manager.set_intensity(lamps[:2], 77.0)
    manager.set_color(lamps[:2], carla.Color(1, 2, 3))
    ticks(world, 3)
    weather.sun_altitude_angle = 50.0
    world.set_weather(weather)
    ticks(world, 3)
    state = {lamp.id: lamp for lamp in world.get_lightmanager().get_all_lights(carla.LightGroup.Street)}
    changed = state[lamps[0].id]
    assert changed.is_on
    assert changed.intensity == pytest.approx(77.0)
    assert (changed.color.r, changed.color.g, changed.color.b) == (1, 2, 3)
    assert not state[lamps[-1].id].is_on
    manager.set_day_night_cycle(True)

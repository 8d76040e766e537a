"""Calls about what stands around the roads, street lamps, rays, and drawing, each judged by its effect."""

from __future__ import annotations

import carla
import pytest

from sim.wire.calls import CALLS, Status
from sim.wire.rpc import RpcConnection
from tests.contract.calls.registry import covers

_BUILDINGS = carla.CityObjectLabel.Buildings


@covers("get_environment_objects", "get_all_level_BBs", "get_names_of_all_objects")
def test_objects_boxes_and_names_agree(world: carla.World) -> None:
    houses = world.get_environment_objects(_BUILDINGS)
    boxes = world.get_level_bbs(_BUILDINGS)
    assert houses
    assert len(boxes) == len(houses)
    assert boxes[0].location.distance(houses[0].bounding_box.location) < 1e-3
    assert {house.name for house in houses} <= set(world.get_names_of_all_objects())
    assert len({item.id for item in world.get_environment_objects(carla.CityObjectLabel.Any)}) > len(houses)


@covers("enable_environment_objects", "cast_ray", "project_point")
def test_rays_meet_what_is_enabled(world: carla.World) -> None:
    house = max(world.get_environment_objects(_BUILDINGS), key=lambda item: item.bounding_box.extent.z)
    top = house.bounding_box.location + carla.Location(z=house.bounding_box.extent.z)
    above = top + carla.Location(z=10.0)
    first = world.cast_ray(above, house.bounding_box.location)[0]
    assert first.label == _BUILDINGS
    assert first.location.distance(top) < 0.2
    found = world.project_point(above, carla.Vector3D(0.0, 0.0, -1.0), 100.0)
    assert found.location.distance(top) < 0.2
    world.enable_environment_objects({house.id}, False)
    assert world.cast_ray(above, house.bounding_box.location) == []
    world.enable_environment_objects({house.id}, True)
    assert world.cast_ray(above, house.bounding_box.location)


@covers("query_lights_state", "update_lights_state", "update_day_night_cycle")
def test_street_lamps(world: carla.World) -> None:
    manager = world.get_lightmanager()
    lamps = manager.get_all_lights(carla.LightGroup.Street)
    assert lamps
    manager.set_day_night_cycle(False)
    lamps[0].turn_on()
    lamps[0].set_intensity(1234.0)
    lamps[0].set_color(carla.Color(10, 20, 30))
    world.tick()
    world.tick()
    again = next(
        lamp for lamp in world.get_lightmanager().get_all_lights(carla.LightGroup.Street) if lamp.id == lamps[0].id
    )
    assert again.is_on
    assert again.intensity == pytest.approx(1234.0)
    assert (again.color.r, again.color.g, again.color.b) == (10, 20, 30)
    manager.set_day_night_cycle(True)


@covers("draw_debug_shape", "clear_debug_shape", "clear_debug_string", "set_annotations_traverse_translucency")
def test_drawing_is_taken_and_the_world_goes_on(world: carla.World) -> None:
    here = carla.Location(0.0, 0.0, 2.0)
    world.debug.draw_point(here)
    world.debug.draw_line(here, here + carla.Location(x=1.0))
    world.debug.draw_arrow(here, here + carla.Location(x=1.0))
    world.debug.draw_box(carla.BoundingBox(here, carla.Vector3D(1.0, 1.0, 1.0)), carla.Rotation())
    world.debug.draw_string(here, "text")
    world.debug.clear_debug_shape()
    world.debug.clear_debug_string()
    world.set_annotations_traverse_translucency(True)
    frame = world.get_snapshot().frame
    assert world.tick() == frame + 1


@covers("apply_color_texture_to_objects", "apply_float_color_texture_to_objects")
def test_textures_are_refused_in_words(world: carla.World, rpc: RpcConnection) -> None:
    assert CALLS["apply_color_texture_to_objects"].status is Status.ABSENT
    name = world.get_names_of_all_objects()[0]
    for call in ("apply_color_texture_to_objects", "apply_float_color_texture_to_objects"):
        with pytest.raises(Exception, match=f"{call}: not served.*textures"):
            rpc.call(call, [name], 0, [1, 1, [[0, 0, 0, 255]]])
    with pytest.raises(RuntimeError, match="not served"):
        world.apply_color_texture_to_object(name, carla.MaterialParameter.Diffuse, carla.TextureColor(256, 256))

"""The blueprint library as scripts written for CARLA use it."""

from __future__ import annotations

import pytest

from sim.base.errors import BlueprintError
from sim.catalogue.blueprints import BLUEPRINTS, AttributeType, find_blueprint
from sim.catalogue.props import PROPS
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import WALKERS

CARLAS_VEHICLES = [type_id for type_id in VEHICLES if not type_id.startswith("vehicle.sim.")]


def test_uids_are_unique_and_never_change() -> None:
    uids = [blueprint.uid for blueprint in BLUEPRINTS.values()]
    assert len(set(uids)) == len(uids)
    assert all(0 < uid < 2**32 for uid in uids)
    assert BLUEPRINTS["vehicle.tesla.model3"].uid == 2763158046


def test_ids_have_three_parts_and_tags_repeat_them() -> None:
    assert {*VEHICLES, *WALKERS, *PROPS} <= set(BLUEPRINTS)
    for blueprint in BLUEPRINTS.values():
        if blueprint.spawnable:
            assert len(blueprint.id.split(".")) >= 3
        assert blueprint.tags == blueprint.id.replace(".", ",")


@pytest.mark.parametrize("type_id", [*VEHICLES])
def test_vehicles_have_what_scripts_ask_for(type_id: str) -> None:
    blueprint = BLUEPRINTS[type_id]
    names = [a.id for a in blueprint.attributes if a.id not in ("color", "driver_id")]
    assert names == [
        *("role_name", "ros_name", "sticky_control", "terramechanics", "object_type", "base_type"),
        *("special_type", "generation", "number_of_wheels", "has_dynamic_doors", "has_lights"),
    ]
    if type_id != "vehicle.tesla.cybertruck":  # CARLA's has no colour to choose
        assert blueprint.attribute("color").value == blueprint.attribute("color").recommended[0]
    assert blueprint.attribute("number_of_wheels").value in ("2", "4")
    assert not blueprint.attribute("base_type").modifiable


def test_doors_lights_and_riders_are_carlas() -> None:
    """The catalogue of vehicles in CARLA's documentation of 0.9.16: eleven with doors, twelve with lights, all of generation 2."""

    def having(name: str) -> set[str]:
        return {i for i in CARLAS_VEHICLES if BLUEPRINTS[i].attribute(name).value == "true"}

    doors, lights = having("has_dynamic_doors"), having("has_lights")
    assert len(doors) == 11 and lights - doors == {"vehicle.mitsubishi.fusorosa"} and doors < lights
    assert all(BLUEPRINTS[i].attribute("generation").value == "2" for i in lights)
    assert "vehicle.tesla.model3" not in lights and "vehicle.lincoln.mkz_2020" in doors
    riders = {i for i in VEHICLES if any(a.id == "driver_id" for a in BLUEPRINTS[i].attributes)}
    assert riders == {i for i, spec in VEHICLES.items() if spec.number_of_wheels == 2}
    electric = {i for i in CARLAS_VEHICLES if BLUEPRINTS[i].attribute("special_type").value == "electric"}
    names = ("audi.etron", "micro.microlino", "tesla.model3", "tesla.cybertruck", "toyota.prius")
    assert electric == {f"vehicle.{name}" for name in names}


def test_what_may_be_changed_recommends_its_default() -> None:
    for blueprint in BLUEPRINTS.values():
        for attribute in blueprint.attributes:
            assert bool(attribute.recommended) == attribute.modifiable, f"{blueprint.id} {attribute.id}"
            assert not attribute.modifiable or attribute.value == attribute.recommended[0]


def test_meshes_and_empty_actors_can_be_asked_for() -> None:
    assert {a.id for a in BLUEPRINTS["static.prop.mesh"].attributes} >= {"mesh_path", "mass", "scale"}
    assert BLUEPRINTS["util.actor.empty"].spawnable and BLUEPRINTS["static.prop.bike helmet"].spawnable


def test_walkers_have_three_speeds() -> None:
    for type_id in WALKERS:
        speed = BLUEPRINTS[type_id].attribute("speed")
        assert speed.recommended[0] == "0.0"
        assert 0.9 < float(speed.recommended[1]) < float(speed.recommended[2])


def test_rgb_camera_has_carlas_defaults() -> None:
    values = {a.id: a.value for a in BLUEPRINTS["sensor.camera.rgb"].attributes}
    assert len(values) == 43 + 1  # scene_color is ours
    for name, value in (("image_size_x", "800"), ("fov", "90.0"), ("gamma", "2.2"), ("iso", "100.0"), ("toe", "0.55")):
        assert values[name] == value
    assert BLUEPRINTS["sensor.camera.rgb"].attribute("exposure_mode").restrict


def test_every_sensor_of_the_wire_is_there() -> None:
    sensors = {type_id for type_id in BLUEPRINTS if type_id.startswith("sensor.")}
    cameras = "rgb depth normals semantic_segmentation instance_segmentation optical_flow dvs cosmos_visualization"
    assert {f"sensor.camera.{name}" for name in cameras.split()} <= sensors
    others = "collision lane_invasion obstacle gnss imu radar rss v2x v2x_custom"
    assert {f"sensor.other.{name}" for name in others.split()} <= sensors
    assert {"sensor.lidar.ray_cast", "sensor.lidar.ray_cast_semantic"} <= sensors


def test_values_parse_as_their_type() -> None:
    for blueprint in BLUEPRINTS.values():
        for attribute in blueprint.attributes:
            for value in (attribute.value, *attribute.recommended):
                if attribute.type is AttributeType.BOOL:
                    assert value in ("true", "false")
                elif attribute.type is AttributeType.INT:
                    int(value)
                elif attribute.type is AttributeType.FLOAT:
                    float(value)
                elif attribute.type is AttributeType.COLOR:
                    assert all(0 <= int(part) <= 255 for part in value.split(","))
            if attribute.restrict:
                assert attribute.value in attribute.recommended


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(BlueprintError, match=r'found "vehicle\.tesla\.modle3".*Did you mean "vehicle.tesla.model3"'):
        find_blueprint("vehicle.tesla.modle3")
    with pytest.raises(BlueprintError, match='Did you mean "sticky_control"'):
        BLUEPRINTS["vehicle.tesla.model3"].attribute("sticky_controls")

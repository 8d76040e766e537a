"""This project's own blueprints for rare cases: marked as such, of real size, with a mesh that fills the box."""

from __future__ import annotations

import pytest

from rendering.assets.actors import parts_of
from sim.base.state import ActorInfo, ActorKind
from sim.base.taxonomy import CLASS_NAMES, ObjectClass
from sim.catalogue.blueprints import BLUEPRINTS, OWN_BLUEPRINTS
from sim.catalogue.props import PROPS
from sim.catalogue.vehicles import VEHICLES

_WANTED = (
    "ladder tyre tyre_carcass mattress wheelie_bin tree_branch rock gravel_heap plank ball dog deer stroller wheelchair "
    "stop_paddle school_bus_stop_arm boom_arm gate_leaf portable_traffic_light vms_trailer roadworks_barrier trailer cargo_crate"
)


def test_what_the_rare_cases_need_is_there_and_marked() -> None:
    assert {f"static.prop.{name}" for name in _WANTED.split()} <= OWN_BLUEPRINTS
    assert {"vehicle.sim.flatbed", "vehicle.sim.school_bus"} <= OWN_BLUEPRINTS <= set(BLUEPRINTS)
    assert {type_id for type_id, spec in PROPS.items() if spec.own} < OWN_BLUEPRINTS
    assert not OWN_BLUEPRINTS & {"vehicle.tesla.model3", "static.prop.barrel", "walker.pedestrian.0001"}
    assert VEHICLES["vehicle.sim.flatbed"].deck is not None


@pytest.mark.parametrize("type_id", sorted(OWN_BLUEPRINTS & set(PROPS)))
def test_the_mesh_fills_the_box(type_id: str) -> None:
    spec = PROPS[type_id]
    half = (spec.length_m / 2.0, spec.width_m / 2.0, spec.height_m / 2.0)
    (part,) = parts_of(ActorInfo(1, ActorKind.PROP, type_id, {}, (0.0, 0.0, half[2]), half))
    low, high = part.meshes[0].bounds()
    assert (high - low) == pytest.approx((spec.length_m, spec.width_m, spec.height_m), abs=0.005)
    assert low[2] == pytest.approx(0.0, abs=0.005)
    assert 30 < part.meshes[0].triangle_count < (30_000 if spec.object_class is ObjectClass.ANIMAL else 7000)


def test_tags_are_carlas() -> None:
    tags = {type_id: CLASS_NAMES[PROPS[type_id].object_class].carla_tag for type_id in OWN_BLUEPRINTS & set(PROPS)}
    assert tags["static.prop.stop_paddle"] == tags["static.prop.school_bus_stop_arm"] == 8
    assert tags["static.prop.dog"] == tags["static.prop.ladder"] == 21
    assert tags["static.prop.trailer"] == 15
    assert PROPS["static.prop.deer"].object_class is ObjectClass.ANIMAL

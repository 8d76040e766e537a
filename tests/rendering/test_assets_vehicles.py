"""Every vehicle fills its blueprint's box and is wound outwards; lamps and wheels are where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.actors import color_attribute, parts_of
from rendering.assets.parts import PoseKind
from rendering.assets.vehicles import vehicle_parts
from rendering.materials import MATERIALS, material_index
from rendering.mesh import PART_GLASS, PART_LAMP
from sim.base.state import ActorInfo, ActorKind
from sim.base.taxonomy import ObjectClass
from sim.catalogue.vehicles import VEHICLES
from tests.rendering.mesh_checks import facing_share, faults


@pytest.mark.parametrize("type_id", VEHICLES)
def test_fills_its_box_and_is_sound(type_id):
    spec = VEHICLES[type_id]
    parts = vehicle_parts(spec)
    low = np.min([part.meshes[0].bounds()[0] + part.position_m for part in parts], axis=0)
    high = np.max([part.meshes[0].bounds()[1] + part.position_m for part in parts], axis=0)
    half = np.array([spec.length_m / 2.0, spec.width_m / 2.0])
    np.testing.assert_allclose(low, [-half[0], -half[1], 0.0], atol=0.01)
    np.testing.assert_allclose(high, [half[0], half[1], spec.height_m], atol=0.01)
    for part in parts:
        assert not faults(part.meshes[0])
        assert facing_share(part.meshes[0]) > 0.98
        assert part.meshes[0].material[part.meshes[0].material < 0xFF00].max() < len(MATERIALS)
    wheels = [part for part in parts if part.kind == PoseKind.WHEEL]
    assert len(wheels) == min(spec.number_of_wheels, 4) and sum(w.steered for w in wheels) == len(wheels) // 2
    assert all(w.position_m[2] == spec.wheel_radius_m for w in wheels)


def test_brake_lamps_look_back_and_head_lamps_forward():
    body = vehicle_parts(VEHICLES["vehicle.tesla.model3"])[0].meshes[0]
    x = body.vertices[body.triangles].mean(axis=1)[:, 0]
    assert (x[body.material == material_index("lens_tail")] < -0.8).all()
    assert (x[body.material == material_index("lens_head")] > 1.2).all()
    y = body.vertices[body.triangles].mean(axis=1)[:, 1]
    assert (y[body.material == material_index("lens_indicator_left")] > 0.0).all()
    assert (y[body.material == material_index("lens_indicator_right")] < 0.0).all()
    assert (body.part == PART_GLASS).any() and (body.part == PART_LAMP).any()


def test_two_wheelers_carry_a_rider():
    classes = {part.object_class for part in vehicle_parts(VEHICLES["vehicle.bh.crossbike"])}
    assert classes == {ObjectClass.BICYCLE, ObjectClass.RIDER}


def test_colour_attribute_reaches_the_paint_slot():
    info = ActorInfo(1, ActorKind.VEHICLE, "vehicle.audi.a2", {"color": "255,0,0"}, (0, 0, 0.7), (1.9, 0.8, 0.7))
    np.testing.assert_allclose(parts_of(info)[0].slot_colors[0], [1.0, 0.0, 0.0], atol=1e-6)
    assert color_attribute("12,x,3") is None and color_attribute(None) is None


def test_unknown_types_become_their_box():
    info = ActorInfo(1, ActorKind.VEHICLE, "vehicle.unknown.thing", {}, (0.1, 0.0, 0.8), (2.0, 0.9, 0.8))
    low, high = parts_of(info)[0].meshes[0].bounds()
    np.testing.assert_allclose(low, [-1.9, -0.9, 0.0], atol=1e-6)
    np.testing.assert_allclose(high, [2.1, 0.9, 1.6], atol=1e-6)

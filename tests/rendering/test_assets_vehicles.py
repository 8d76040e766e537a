"""Every vehicle fills its blueprint's box and is wound outwards; lamps and wheels are where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.actors import color_attribute, parts_of
from rendering.assets.car_body import form_of
from rendering.assets.decals import cast
from rendering.assets.implicit import isosurface
from rendering.assets.parts import PoseKind
from rendering.assets.vehicles import shell_of, vehicle_parts
from rendering.materials import MATERIALS, material_index
from rendering.mesh import PART_GLASS, PART_LAMP, Mesh
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
    count = 10 if spec.body == "articulated" else spec.number_of_wheels
    assert len(wheels) == count and sum(w.steered for w in wheels) == min(count // 2, 2)
    assert all(w.position_m[2] == w.radius_m for w in wheels)
    rolled_m = [w.radius_m * w.roll_ratio for w in wheels]
    np.testing.assert_allclose(rolled_m, spec.wheel_radius_m, err_msg="all wheels roll as far along the road")


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


_ONE_OF_EACH_FORM = (
    "tesla.model3", "mini.cooper_s", "nissan.patrol", "jeep.wrangler_rubicon", "bmw.grandtourer", "mercedes.sprinter",
    "volkswagen.t2", "tesla.cybertruck", "carlamotors.firetruck", "ford.ambulance",
)  # fmt: skip


@pytest.mark.parametrize("name", _ONE_OF_EACH_FORM)
def test_forms_are_closed_before_wheels_and_panes_are_cut_out(name):
    shell = shell_of(VEHICLES[f"vehicle.{name}"])
    form = form_of(shell)
    points, normals, triangles = isosurface(form, form.axes())
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] % 2 == 0).all()
    corner = points[triangles]
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    assert np.mean(np.einsum("ij,ij->i", cross, normals[triangles].mean(axis=1)) > 0.0) > 0.999
    filled = np.einsum("ij,ij->i", corner[:, 0], cross).sum() / 6.0
    assert 0.45 < filled / (2.0 * shell.half_width_m * shell.length_m * shell.height_m) < 0.95


def test_a_car_has_panes_with_something_behind_them():
    """Rays that fall through the front side windows meet a pane, and behind it seats, lining or the floor: no look goes through."""
    spec = VEHICLES["vehicle.tesla.model3"]
    body = vehicle_parts(spec)[0].meshes[0]
    shell = shell_of(spec)
    front, rear = (shell.x_at(f) for f in shell.style.side_windows[0])
    rng = np.random.default_rng(3)
    z = (
        shell.height_at(shell.style.belt, 0.45)
        + rng.uniform(0.06, 0.24, 60)
        + (2.0 - 0.8 * shell.half_width_m) * np.tan(0.5)
    )
    start = np.column_stack([rng.uniform(rear + 0.08, front - 0.15, 60), np.full(60, 2.0), z])
    glass = np.isin(body.material, [material_index(n) for n, m in MATERIALS.items() if m.glass])
    pane = Mesh(body.vertices, body.normals, body.triangles[glass], body.material[glass], body.part[glass])
    rest = Mesh(body.vertices, body.normals, body.triangles[~glass], body.material[~glass], body.part[~glass])
    towards = np.array([0.0, -np.cos(0.5), -np.sin(0.5)])
    first, behind = cast(pane, start, towards)[0], cast(rest, start, towards)[0]
    through = np.isfinite(first) & (first < behind)
    assert through.mean() > 0.8
    at = start[through] + behind[through, None] * towards
    inside = (np.abs(at[:, 1]) < shell.half_width_m) & (at[:, 2] > shell.style.clearance_m)
    assert inside.mean() > 0.95


def test_models_wear_different_default_paints_mostly_white_black_and_grey():
    cars = [spec for spec in VEHICLES.values() if spec.object_class == ObjectClass.CAR and not spec.special_type]
    defaults = np.array([spec.colors_rgb[0] for spec in cars])
    neutral = np.ptp(defaults, axis=1) < 12
    assert len(np.unique(defaults, axis=0)) >= 6 and 0.5 < neutral.mean() < 0.95

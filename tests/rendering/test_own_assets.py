"""The user's own glTF files are drawn in place of ours: pixels, colour, wheels, glass, lamps, static objects, and complaints."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rendering.assets.actors import parts_of
from rendering.assets.asset_folder import own_assets_digest
from rendering.assets.own_assets import own_assets
from rendering.assets.parts import PoseKind
from rendering.assets.vehicles import vehicle_parts
from rendering.materials import MATERIAL_LIMIT, Material, every_material, material_count, registered_index
from rendering.part_labels import fine_parts
from rendering.points import emitters_of
from rendering.scene import Scene
from rendering.surfaces import surfaces_of
from rendering.surroundings import meshes_of_statics
from rendering.tables import material_table
from sim.base.errors import AssetError, RenderError
from sim.base.parts import PartKind
from sim.base.state import ActorInfo, ActorKind, StaticObjects
from sim.catalogue.doors import DOOR_TYPE
from sim.catalogue.vehicles import VEHICLES
from sim.loop.provenance import code_version
from tests.rendering import gltf_files as files
from tests.rendering.mesh_checks import facing_share, faults, volume_m3
from tests.rendering.solids import pinhole, plane, state

MODEL3 = "vehicle.tesla.model3"
SPEC = VEHICLES[MODEL3]
SIZE = (SPEC.width_m, SPEC.height_m, SPEC.length_m)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SIM_ASSETS", str(tmp_path))
    return tmp_path


def _info(type_id=MODEL3, **attributes):
    return ActorInfo(1, ActorKind.VEHICLE, type_id, attributes, (0, 0, 0.7), (2.3, 1.0, 0.7))


def _use(folder, scene=None, rows=files.CAR_ROW):
    files.write(folder, files.car(SIZE) if scene is None else scene)
    return files.table(folder, rows)


def _bounds(parts):
    low = np.min([part.meshes[0].bounds()[0] + part.position_m for part in parts], axis=0)
    return low, np.max([part.meshes[0].bounds()[1] + part.position_m for part in parts], axis=0)


def test_parts_stand_in_the_actor_frame_and_are_sound(folder):
    _use(folder)
    parts = parts_of(_info())
    low, high = _bounds(parts)
    np.testing.assert_allclose(low, [-SPEC.length_m / 2, -SPEC.width_m / 2, 0.0], atol=1e-3)
    np.testing.assert_allclose(high, [SPEC.length_m / 2, SPEC.width_m / 2, SPEC.height_m], atol=1e-3)
    for part in parts:
        assert not faults(part.meshes[0]) and facing_share(part.meshes[0]) > 0.98 and volume_m3(part.meshes[0]) > 0.0
    wheels = [part for part in parts if part.kind == PoseKind.WHEEL]
    assert len(wheels) == 4
    assert {(part.position_m[0] > 0, part.position_m[1] > 0) for part in wheels if part.steered} == {
        (True, True),
        (True, False),
    }
    for part in wheels:
        assert abs(part.position_m[0]) == pytest.approx(1.44) and part.position_m[2] == pytest.approx(files.WHEEL_M)
        assert part.radius_m * part.roll_ratio == pytest.approx(SPEC.wheel_radius_m)  # its rim keeps the road's speed


def test_nodes_become_windows_and_lamps(folder):
    _use(folder)
    body = parts_of(_info())[0].meshes[0]
    known = set(np.unique(fine_parts(body)).tolist())
    assert {PartKind.WINDOW, PartKind.TAIL_LAMP, PartKind.BODY} == known
    lamps = emitters_of(body).rows
    assert len(lamps) == 1 and lamps[0, 4] == pytest.approx(-SPEC.length_m / 2, abs=0.01)
    pane = every_material()[int(body.material[fine_parts(body) == PartKind.WINDOW][0])][1]
    assert pane.glass


def _picture(info, roll_rad=0.0):
    scene = Scene(None, None, 1, ground=[plane()])
    here = state((info, (0.0, 0.0, 0.0), 0.0))
    here = dataclasses.replace(here, wheel_roll_rad=np.array([roll_rad]))
    scene.set_states(here, here)
    view = pinhole(160, 96, 60.0, (0.0, -6.0, 0.9), yaw=np.pi / 2)
    out = scene.render(view)
    return out, surfaces_of(scene._tracer.surface_codes(*view.shape), scene._instances)


def test_the_file_is_seen_in_its_colours(folder):
    _use(folder)
    out, surfaces = _picture(_info())
    seen = out.instance == 1
    assert seen.sum() > 1500
    shell = seen & (out.part == PartKind.BODY)
    assert shell.sum() > 800
    np.testing.assert_allclose(surfaces.albedo[shell].mean(axis=0), [0.05, 0.20, 0.60], atol=1e-3)
    color = out.radiance[shell].mean(axis=0)
    assert color[2] > 1.5 * color[1] > 1.5 * color[0] > 0.0


def test_without_the_folder_ours_is_drawn(folder, monkeypatch):
    _use(folder)
    theirs, _ = _picture(_info())
    monkeypatch.delenv("SIM_ASSETS")
    assert parts_of(_info())[0].meshes[0] is vehicle_parts(SPEC)[0].meshes[0]
    ours, surfaces = _picture(_info())
    shell = (ours.instance == 1) & (ours.part == PartKind.BODY)
    assert not np.allclose(surfaces.albedo[shell].mean(axis=0), [0.05, 0.20, 0.60], atol=0.02)
    assert (theirs.instance != ours.instance).sum() > 50


def test_wheels_turn(folder):
    _use(folder)

    def bars(roll_rad):
        out, surfaces = _picture(_info(), roll_rad)
        red = (out.part == PartKind.WHEEL) & (surfaces.albedo[..., 0] > 0.5)
        rows, columns = np.nonzero(red)
        front = columns > 80  # seen from the right, the car drives to the right
        return rows[front].mean(), columns[front].mean()

    up, quarter, half = bars(0.0), bars(np.pi / 2), bars(np.pi)
    assert quarter[1] > up[1] + 1.0  # the top of a rolling wheel goes forward, and then down
    assert half[0] > up[0] + 2.0 and half[1] == pytest.approx(up[1], abs=0.6)


def test_paint_takes_the_actors_colour(folder):
    _use(folder, rows=files.CAR_ROW + "    materials: {Body: {paint: true}}\n")
    out, surfaces = _picture(_info(color="255,0,0"))
    shell = (out.instance == 1) & (out.part == PartKind.BODY)
    np.testing.assert_allclose(surfaces.albedo[shell].mean(axis=0), [1.0, 0.0, 0.0], atol=1e-3)


def test_axes_and_scale(folder):
    turn = files.trimesh.transformations.rotation_matrix(np.pi / 2, (1, 0, 0))  # y up to z up, z forward to -y
    scene = files.car(SIZE)
    scene.apply_transform(turn @ np.diag([100.0, 100.0, 100.0, 1.0]))
    _use(folder, scene, files.CAR_ROW + "    scale: 0.01\n    forward: -y\n    up: +z\n")
    parts = parts_of(_info())
    assert _bounds(parts)[1][0] == pytest.approx(SPEC.length_m / 2, abs=1e-3)
    lamp = emitters_of(parts[0].meshes[0]).rows[0]
    assert lamp[4] < -2.0 and lamp[6] == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("off, passes", [(1.08, True), (1.13, False), (0.85, False)])
def test_size_is_held_against_the_box(folder, off, passes):
    _use(folder, files.car((SIZE[0], SIZE[1], SIZE[2] * off)))
    if passes:
        assert parts_of(_info())
        return
    with pytest.raises(
        AssetError, match=rf"assets.yaml:2.*found {SIZE[2] * off:.2f} x .*{SPEC.length_m:.2f} x .*fit: true"
    ):
        parts_of(_info())


def test_fit_stretches_onto_the_box(folder):
    _use(
        folder,
        files.car((SIZE[0], SIZE[1], SIZE[2] * 0.5)),
        files.CAR_ROW.replace("nodes", "fit: true\n    nodes", 1).replace('"wheel_*": wheel', '"wheel_*": body'),
    )
    low, high = _bounds(parts_of(_info()))
    np.testing.assert_allclose(high - low, [SPEC.length_m, SPEC.width_m, SPEC.height_m], atol=1e-3)


def test_wheels_off_the_ground_or_not_round_are_refused(folder):
    scene = files.car(SIZE, lift=0.08)
    scene.add_geometry(files.block((0, 0.05, 0), (0.1, 0.1, 0.1), files.material("Body")), node_name="keel")
    _use(folder, scene)
    with pytest.raises(AssetError, match=r"found a wheel that ends 0\.08 m above"):
        parts_of(_info())
    other = folder / "other"
    other.mkdir()
    _use(other, files.car(SIZE), files.CAR_ROW.replace("wheel_*", "*"))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(AssetError, match="allowed is a round one"):
        patch.setenv("SIM_ASSETS", str(other))
        parts_of(_info())


def test_ignored_nodes_are_left_out(folder):
    scene = files.car(SIZE)
    scene.add_geometry(files.block((0, 0, 0), (9.0, 0.01, 9.0), files.material("Shadow")), node_name="shadow_plane")
    _use(folder, scene)
    with pytest.raises(AssetError, match=r"9\.00"):
        parts_of(_info())
    again = folder / "again"
    again.mkdir()
    _use(again, scene, files.CAR_ROW + '      "shadow*": ignore\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIM_ASSETS", str(again))
        np.testing.assert_allclose(_bounds(parts_of(_info()))[1][0], SPEC.length_m / 2, atol=1e-3)


def test_doors_of_replaced_vehicles_are_not_drawn(folder):
    charger = VEHICLES["vehicle.dodge.charger_2020"]
    attributes = {"vehicle": charger.type_id, "door": "FL"}
    door = ActorInfo(2, ActorKind.PROP, DOOR_TYPE, attributes, (0, 0, 0), (0.5, 0.1, 0.5))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SIM_ASSETS")
        assert parts_of(door)
    size = (charger.width_m, charger.height_m, charger.length_m)
    _use(folder, files.car(size), files.CAR_ROW.replace(MODEL3, charger.type_id))
    assert parts_of(_info(charger.type_id)) and parts_of(door) == ()


def _statics(*names):
    count = len(names)
    return StaticObjects(
        name=names, carla_id=np.arange(count, dtype=np.uint64),
        object_class=np.full(count, 1, np.uint8), position_world_m=np.zeros((count, 3)),
        rpy_rad=np.zeros((count, 3)), box_center_m=np.tile([0, 0, 2.0], (count, 1)),
        box_extent_m=np.array([[2.0, 1.0, 2.0 + 0.5 * k] for k in range(count)]),
    )  # fmt: skip


def test_static_objects_take_the_file_in_their_own_box(folder):
    files.write(
        folder, files.trimesh.Scene(files.block((3, 5, 0), (1, 2, 1), files.material("Bark", (0.3, 0.1, 0.05, 1))))
    )
    files.table(folder, "\n  - for: tree.lime:1\n    file: car.glb\n")
    statics = _statics("tree.lime:1#1", "tree.lime:0#2", "tree.lime:1#3")
    first, ours, last = meshes_of_statics(statics)
    np.testing.assert_allclose(first.bounds(), [[-2, -1, 0], [2, 1, 4]], atol=1e-5)
    np.testing.assert_allclose(last.bounds(), [[-2, -1, 0], [2, 1, 6]], atol=1e-5)
    assert first.triangle_count == 12 and ours.triangle_count > 100
    again = meshes_of_statics(statics)
    assert again[0] is first
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SIM_ASSETS")
        plain = meshes_of_statics(statics)
    np.testing.assert_array_equal(plain[1].vertices, ours.vertices)
    assert plain[0].triangle_count > 100


def test_registered_materials_keep_their_rows_and_have_a_limit(monkeypatch):
    from rendering import materials

    monkeypatch.setattr(materials, "_REGISTERED", {})
    table, before = material_table(), material_table().copy()
    count = material_count()
    new = Material((0.123, 0.2, 0.3), 0.41)
    assert registered_index(new) == count == registered_index(dataclasses.replace(new))
    assert material_table() is table  # tracers hold its address
    np.testing.assert_array_equal(table[:count], before[:count])
    np.testing.assert_allclose(table[count, :3], new.albedo, rtol=1e-6)
    for k in range(MATERIAL_LIMIT - material_count()):
        registered_index(Material((0.1, 0.1, 0.1), 0.1 + k * 1e-4))
    with pytest.raises(RenderError, match="texture_colors"):
        registered_index(Material((0.9, 0.1, 0.1), 0.2))


def test_a_folder_is_read_once_and_provenance_follows_its_contents(folder):
    _use(folder)
    assert own_assets() is own_assets()
    first = code_version()
    assert first.partition(".assets-")[2] == own_assets_digest()[:12] != ""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SIM_ASSETS")
        assert code_version() == first.partition(".assets-")[0] and own_assets_digest() == ""
    other = folder.with_name("other")
    other.mkdir()
    _use(other, files.car(SIZE, color=(0.5, 0.2, 0.6, 1.0)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIM_ASSETS", str(other))
        assert code_version() != first

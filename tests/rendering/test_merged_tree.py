"""The ground's surfaces in one tree, or one of them in a tree of its own: rays must not be able to tell."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.ground import GroundMesh
from rendering.assets.solids import box
from rendering.buffers import Buffers
from rendering.mesh import Mesh
from rendering.scene import Scene
from sim.base.errors import RenderError
from sim.base.state import GROUND_INSTANCE_BASE, STATIC_INSTANCE_BASE, StaticObjects
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import actor, pinhole, state

_ROAD = box((0.0, 0.0, -0.5), (400.0, 400.0, 1.0), "asphalt")
_KERB = box((0.0, 4.0, 0.0), (400.0, 2.0, 0.4), "kerb_stone")
_PLACE = np.array([0.0, 0.0, 0.0])


def _kerb_as_static() -> StaticObjects:
    return StaticObjects(
        name=("kerb:0#0",),
        position_world_m=_PLACE[None],
        rpy_rad=np.zeros((1, 3)),
        box_center_m=np.zeros((1, 3)),
        box_extent_m=np.zeros((1, 3)),
        object_class=np.array([ObjectClass.KERB], np.uint8),
        carla_id=np.zeros(1, dtype=np.uint64),
    )


def _picture(together: bool) -> tuple[Buffers, Scene]:
    def kerb(_: str, __: np.ndarray) -> Mesh:
        return _KERB

    ground = [GroundMesh(_ROAD, ObjectClass.ROAD, 0), GroundMesh(_KERB, ObjectClass.KERB, 5)]
    if together:
        scene = Scene(None, None, threads=1, ground=ground)
    else:
        scene = Scene(None, _kerb_as_static(), threads=1, ground=ground[:1], static_mesh=kerb)
    now = state((actor(7, "car"), (14.0, -3.0, 0.0), 0.3))
    scene.set_states(now, now, now)
    return scene.render(pinhole(160, 120, 90.0, (0.0, -1.837, 1.613), pitch=0.011)), scene


def test_labels_and_light_are_those_of_a_tree_each() -> None:
    """Identity, normal, texture and light of the second surface are found by its geometry's number in the merged tree."""
    one, _ = _picture(True)
    many, _ = _picture(False)
    assert (one.instance == GROUND_INSTANCE_BASE + 5).sum() > 300
    renamed = np.where(many.instance == STATIC_INSTANCE_BASE, GROUND_INSTANCE_BASE + 5, many.instance)
    np.testing.assert_array_equal(one.instance, renamed)
    for name in ("semantic", "part", "range_m", "normal_world"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name), err_msg=name)
    lit = many.radiance.sum(axis=-1) > 0.0
    ratio = one.radiance[lit].sum(axis=-1) / many.radiance[lit].sum(axis=-1)
    # probes of indirect light stand around static objects too, so light from around differs a little near the kerb
    assert np.quantile(np.abs(ratio - 1.0), 0.95) < 0.01


def test_each_surface_is_an_instance_of_its_own() -> None:
    _, scene = _picture(True)
    surfaces = [item for item in scene.posed(0.0) if item.instance_id & ~0xFF == GROUND_INSTANCE_BASE]
    assert [item.instance_id - GROUND_INSTANCE_BASE for item in surfaces] == [0, 5]
    assert [item.mesh.triangle_count for item in surfaces] == [len(_ROAD.triangles), len(_KERB.triangles)]


def test_a_mesh_that_is_only_merged_cannot_be_placed_by_itself() -> None:
    _, scene = _picture(True)
    with pytest.raises(RenderError, match="no tree of its own"):
        scene._instances.add(scene._meshes.record(_ROAD), 1, 1)

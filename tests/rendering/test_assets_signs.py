"""Signals fill their boxes, faces look along +x and are not mirrored."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.actors import parts_of
from rendering.assets.sign_faces import CELL_PX, FACES, atlas, face_of_limit, uv_rect
from rendering.assets.signals import face_of_type
from rendering.materials import material_index
from rendering.mesh import PART_SIGN_FACE
from sim.base.state import ActorInfo, ActorKind
from sim.base.taxonomy import ObjectClass
from tests.rendering.mesh_checks import facing_share, faults


def _sign(type_id, center=(0.0, 0.0, 2.2)):
    return parts_of(ActorInfo(1, ActorKind.TRAFFIC_SIGN, type_id, {}, center, (0.02, 0.38, 0.38)))


@pytest.mark.parametrize("type_id", ["traffic.stop", "traffic.yield", "traffic.speed_limit.50"])
def test_plate_fills_its_box_and_pole_stands_on_the_ground(type_id):
    plate, pole = _sign(type_id)
    low, high = plate.meshes[0].bounds()
    np.testing.assert_allclose((low, high), ((-0.02, -0.38, 1.82), (0.02, 0.38, 2.58)), atol=0.01)
    assert plate.object_class == ObjectClass.TRAFFIC_SIGN and pole.object_class == ObjectClass.POLE
    assert pole.meshes[0].bounds()[0][2] <= 0.0
    for part in (plate, pole):
        assert not faults(part.meshes[0]) and facing_share(part.meshes[0]) == 1.0


def test_stop_face_is_red_with_white_letters_the_right_way_round():
    mesh = _sign("traffic.stop")[0].meshes[0]
    face = mesh.triangles[mesh.part == PART_SIGN_FACE]
    assert mesh.uv is not None and (mesh.normals[face].reshape(-1, 3)[:, 0] > 0.99).all()
    right = face.ravel()[np.argmax(mesh.vertices[face.ravel(), 1])]
    left = face.ravel()[np.argmin(mesh.vertices[face.ravel(), 1])]
    assert mesh.uv[right, 0] > mesh.uv[left, 0], "u grows to the right of who reads the sign"
    u0, v0, u1, v1 = uv_rect("stop")
    picture = atlas()
    cell = picture[
        int(v0 * picture.shape[0]) : int(v1 * picture.shape[0]), int(u0 * picture.shape[1]) : int(u1 * picture.shape[1])
    ]
    red = (cell[..., 0] > 0.25) & (cell[..., 1] < 0.05)
    assert 0.4 < red.mean() < 0.8
    middle = cell[len(cell) // 2 - 40 : len(cell) // 2 + 40]
    letters = (middle[..., 1] > 0.3).any(axis=0)
    assert np.count_nonzero(np.diff(letters.astype(int)) == 1) >= 4, "four letters"


def test_faces_by_type():
    assert face_of_type("traffic.speed_limit.30") == "speed_limit.30"
    assert face_of_limit(48.0) == "speed_limit.50" and face_of_type("traffic.unknown") == "blank"
    height, width = atlas().shape[:2]
    assert len(FACES) <= (height // CELL_PX) * (width // CELL_PX)


def test_light_has_three_lenses_and_an_arm_when_it_hangs_over_the_road():
    for center in ((0.0, 0.0, 3.0), (0.2, 4.0, 5.5)):
        head, pole = parts_of(
            ActorInfo(1, ActorKind.TRAFFIC_LIGHT, "traffic.traffic_light", {}, center, (0.12, 0.2, 0.5))
        )
        low, high = head.meshes[0].bounds()
        np.testing.assert_allclose(0.5 * (low + high), center, atol=0.01)
        np.testing.assert_allclose(high - low, (0.24, 0.4, 1.0), atol=0.01)
        mesh = head.meshes[0]
        corner = mesh.vertices[mesh.triangles]
        z = [corner[mesh.material == material_index(f"signal_{c}")][..., 2].mean() for c in ("green", "yellow", "red")]
        assert z[0] < z[1] < z[2]
        assert pole.meshes[0].bounds()[1][1] > center[1] - 0.2

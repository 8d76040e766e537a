"""Solids against closed forms of their volume, and windings against normals."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets import solids
from rendering.mesh import merge, mirror_y, transform, yaw_matrix
from tests.rendering.mesh_checks import facing_share, faults, volume_m3

CASES = {
    "box": (solids.box((1, 2, 3), (1, 2, 3), "paint"), 6.0, 1e-5),
    "cylinder": (solids.cylinder((0, 0, 0), (1, 1, 0), 0.5, "paint", segments=128), np.pi * 0.25 * np.sqrt(2), 1e-3),
    "sphere": (solids.sphere((0, 0, 5), 1.0, "paint", rings=64, segments=128), 4.0 / 3.0 * np.pi, 3e-3),
    "lathe": (solids.lathe([(0, 0), (1, 0), (1, 1), (0, 1)], "paint", segments=128), np.pi, 1e-3),
    "prism": (solids.extrude([(0, 0), (0, 1), (1, 0)], 0.0, 2.0, "paint"), 1.0, 1e-5),
    "rounded": (solids.rounded_box((0, 0, 0), (2, 1, 1), 1e-4, "paint"), 2.0, 1e-3),
}


@pytest.mark.parametrize("name", CASES)
def test_volume_and_windings(name):
    mesh, expected, tolerance = CASES[name]
    assert volume_m3(mesh) == pytest.approx(expected, rel=tolerance)
    assert facing_share(mesh) == 1.0 and not faults(mesh)


def test_mirroring_keeps_the_outside_outside():
    mesh = mirror_y(CASES["prism"][0])
    assert volume_m3(mesh) == pytest.approx(1.0, rel=1e-5) and facing_share(mesh) == 1.0


def test_a_reversed_mesh_is_noticed():
    mesh = CASES["box"][0]
    flipped = type(mesh)(mesh.vertices, mesh.normals, mesh.triangles[:, ::-1].copy(), mesh.material, mesh.part)
    assert facing_share(flipped) == 0.0 and volume_m3(flipped) < 0.0


def test_merge_and_turn_keep_volume():
    both = merge([CASES["box"][0], transform(CASES["prism"][0], yaw_matrix(1.0), (9.0, 0.0, 0.0))])
    assert volume_m3(both) == pytest.approx(7.0, rel=1e-5)
    assert not faults(both)

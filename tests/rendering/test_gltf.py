"""glTF files as triangles: nodes, mirrored transforms, factors to the last digit, damaged files, winding."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from rendering.assets.gltf import read_pieces
from rendering.assets.winding import winding_fault
from sim.base.errors import AssetError
from tests.rendering import gltf_files as files


def _edited(path, change):
    """The .glb file with its JSON chunk changed."""
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    header = json.loads(data[20 : 20 + length])
    change(header)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + data[20 + length :]
    path.write_bytes(struct.pack("<III", 0x46546C67, 2, 12 + len(body)) + body)
    return path


def test_nodes_and_places(tmp_path):
    pieces = {piece.nodes[0]: piece for piece in read_pieces(files.write(tmp_path, files.car()))}
    assert set(pieces) >= {"shell", "glass_front", "brake_light", "wheel_fl", "bar_rr"}
    assert pieces["bar_fl"].nodes == ("bar_fl", "wheel_fl")
    np.testing.assert_allclose(
        pieces["wheel_fl"].vertices.mean(axis=0), [files.WIDTH_M / 2 - 0.13, files.WHEEL_M, 1.44], atol=1e-6
    )


def test_factors_are_not_rounded_to_eight_bits(tmp_path):
    path = files.write(tmp_path, files.car())

    def change(header):
        row = next(row for row in header["materials"] if row["name"] == "Body")
        row["pbrMetallicRoughness"].update(baseColorFactor=[0.0123, 0.2, 0.3, 0.25], metallicFactor=0.7)
        row["alphaMode"] = "BLEND"
        row["extensions"] = {"KHR_materials_clearcoat": {"clearcoatFactor": 1.0}}

    look = next(p.material for p in read_pieces(_edited(path, change)) if p.nodes[0] == "shell")
    assert look.base_color == (0.0123, 0.2, 0.3) and look.metallic == 0.7 and look.alpha == 0.25 and look.clear_coat


def test_meshes_of_several_primitives_keep_their_nodes_name(tmp_path):
    path = files.write(tmp_path, files.car())

    def change(header):
        first, second = header["meshes"][:2]
        first["primitives"] += second["primitives"]

    names = [piece.nodes for piece in read_pieces(_edited(path, change))]
    assert names.count(("shell",)) == 2
    assert [p.nodes for p in read_pieces(path)] == names  # random names inside the reader do not reach the order


def test_mirrored_nodes_stay_wound_outwards(tmp_path):
    scene = files.trimesh.Scene()
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    scene.add_geometry(files.block((2, 0, 0), (1, 2, 3), files.material("A")), node_name="left", transform=mirror)
    (piece,) = read_pieces(files.write(tmp_path, scene))
    assert piece.vertices[:, 0].max() < 0.0
    assert winding_fault(piece.vertices, piece.triangles) == ""
    assert "inside out" in winding_fault(piece.vertices, piece.triangles[:, ::-1])


def test_winding_faults_are_told_from_open_sheets():
    ball = files.trimesh.creation.icosphere(subdivisions=2)
    points, triangles = np.asarray(ball.vertices), np.asarray(ball.faces, np.int64)
    assert winding_fault(points, triangles) == ""
    mixed = triangles.copy()
    mixed[::7] = mixed[::7, ::-1]
    assert "wound against each other" in winding_fault(points, mixed)
    upper = triangles[points[triangles].mean(axis=1)[:, 2] > 0.0]
    assert winding_fault(points, upper) == winding_fault(points, upper[:, ::-1]) == ""
    card = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0.0]])
    assert winding_fault(card, np.array([[0, 1, 2], [2, 1, 0]])) == ""


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda path: path.write_bytes(b"not a file of that kind, at all"), "no glTF 2.0 binary header"),
        (lambda path: path.write_bytes(b"glTF"), "cannot be read as glTF 2.0"),
        (lambda path: path.write_bytes(path.read_bytes()[:-400]), "cannot be read as glTF 2.0"),
        (
            lambda path: _edited(path, lambda h: h.update(extensionsRequired=["KHR_draco_mesh_compression"])),
            "required extension KHR_draco_mesh_compression",
        ),
        (lambda path: _edited(path, lambda h: h["scenes"][0].update(nodes=[])), "found no triangles"),
    ],
)
def test_damaged_files(tmp_path, spoil, message):
    path = files.write(tmp_path, files.car())
    spoil(path)
    with pytest.raises(AssetError, match=message):
        read_pieces(path)

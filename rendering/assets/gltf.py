"""glTF 2.0 files (.glb, .gltf) as plain triangles: what stands where under which node's name, and its base materials.

The container, accessors and the scene's graph are read by trimesh (MIT); material factors come from the file's JSON, since
trimesh rounds colours to 8 bits. Read are positions, indices, texture coordinates, base colour (factor and texture), metallic
and roughness factors, alpha of blended materials, KHR_materials_transmission and KHR_materials_clearcoat. Not read: animation,
skins, morph targets, vertex colours, normal, occlusion, emissive and metallic-roughness textures, texture transforms, lights,
cameras. Tested by tests/rendering/test_gltf.py.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import AssetError

Float64 = NDArray[np.float64]

_MAGIC, _JSON_CHUNK = 0x46546C67, 0x4E4F534A
_OPTIONAL_PREFIX = "KHR_materials_"
"""Extensions that a file may require although we read few of them: they refine the look, the geometry stays the same."""


@dataclass(frozen=True, eq=False)
class GltfMaterial:
    """A material's factors: `base_color` linear, as glTF defines it; `texture` (H, W, 3) sRGB bytes, or None.

    `alpha` is 1 unless the material is blended; `transmission` the share of light that passes (KHR_materials_transmission).
    """

    name: str
    base_color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    alpha: float = 1.0
    metallic: float = 1.0
    roughness: float = 1.0
    clear_coat: bool = False
    transmission: float = 0.0
    texture: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class Piece:
    """Triangles of one material under one node. `nodes` are names: its own first, then its parents'.

    `vertices` (V, 3) are in the file's frame and units; `uv` (V, 2) has its origin at the picture's lower left, or None.
    """

    nodes: tuple[str, ...]
    material: GltfMaterial
    vertices: Float64
    triangles: NDArray[np.int64]
    uv: Float64 | None


def read_pieces(path: Path) -> tuple[Piece, ...]:
    """All triangles of a file's default scene, in an order that depends on the file alone. Raises AssetError."""
    try:
        import trimesh
    except ImportError as error:
        raise AssetError(
            f"{path}: reading glTF files needs trimesh, which is not installed; pip install 'sim-drive[assets]'"
        ) from error
    header = _header(path)
    needed = [name for name in header.get("extensionsRequired", []) if not name.startswith(_OPTIONAL_PREFIX)]
    if needed:
        raise AssetError(
            f"{path}: found the required extension {', '.join(needed)}; allowed are plain buffers and {_OPTIONAL_PREFIX}*; "
            "export the file anew without compression or quantisation"
        )
    try:
        scene = trimesh.load_scene(path, process=False)
        found = list(scene.graph.nodes_geometry)
        parents = scene.graph.transforms.parents
        pieces = [_piece(scene, parents, header, node) for node in found]
    except AssetError:
        raise
    except Exception as error:  # whatever a reader may raise on a damaged file
        raise AssetError(
            f"{path}: found a file that cannot be read as glTF 2.0 ({type(error).__name__}: {error}); export it anew"
        ) from error
    whole = sorted((item for item in pieces if item is not None), key=lambda item: item[0])
    if not whole:
        raise AssetError(f"{path}: found no triangles in its default scene; export meshes, not only empties or curves")
    return tuple(piece for _, piece in whole)


def _piece(scene: Any, parents: dict[str, str], header: dict[str, Any], node: str) -> tuple[Any, Piece] | None:
    matrix, geometry_name = scene.graph[node]
    geometry = scene.geometry[geometry_name]
    triangles = getattr(geometry, "faces", None)
    if triangles is None or not len(triangles):
        return None
    # a mesh of several primitives hangs under its node by children of random names, which are left out
    chain = [] if geometry.metadata.get("from_gltf_primitive") and node not in _names(header) else [node]
    above = node
    while (above := parents.get(above, "")) and above != scene.graph.base_frame:
        chain.append(above)
    turn = np.asarray(matrix, np.float64)
    vertices = np.asarray(geometry.vertices, np.float64) @ turn[:3, :3].T + turn[:3, 3]
    faces = np.asarray(triangles, np.int64)
    if np.linalg.det(turn[:3, :3]) < 0.0:  # glTF: a mirroring node reverses the winding
        faces = faces[:, ::-1].copy()
    uv = getattr(geometry.visual, "uv", None)
    piece = Piece(
        tuple(chain), _material(header, geometry), vertices, faces, None if uv is None else np.asarray(uv, np.float64)
    )
    return (tuple(reversed(chain)), geometry_name), piece


def _names(header: dict[str, Any]) -> set[str]:
    return {str(node.get("name", index)) for index, node in enumerate(header.get("nodes", []))}


def _material(header: dict[str, Any], geometry: Any) -> GltfMaterial:
    """The factors in the file's JSON; of materials whose name is not unique, the reader's, which are rounded to 8 bits."""
    read: Any = getattr(geometry.visual, "material", None)
    name = str(getattr(read, "name", None) or "")
    image = getattr(read, "baseColorTexture", None)
    texture = None if image is None else np.asarray(image.convert("RGB"), np.uint8)
    rows = [row for row in header.get("materials", []) if row.get("name") == name]
    if len(rows) == 1:
        return _of_json(name, rows[0], texture)
    if not hasattr(read, "baseColorFactor"):
        return GltfMaterial(name, metallic=0.0, texture=texture)
    given = read.baseColorFactor
    color = np.ones(4) if given is None else np.asarray(given, np.float64) / 255.0
    return GltfMaterial(
        name,
        (float(color[0]), float(color[1]), float(color[2])),
        float(color[3]) if read.alphaMode == "BLEND" else 1.0,
        1.0 if read.metallicFactor is None else float(read.metallicFactor),
        1.0 if read.roughnessFactor is None else float(read.roughnessFactor),
        texture=texture,
    )


def _of_json(name: str, row: dict[str, Any], texture: NDArray[np.uint8] | None) -> GltfMaterial:
    pbr, extensions = row.get("pbrMetallicRoughness", {}), row.get("extensions", {})
    red, green, blue, alpha = (float(value) for value in pbr.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0)))
    transmission = extensions.get("KHR_materials_transmission", {})
    coat = extensions.get("KHR_materials_clearcoat", {})
    return GltfMaterial(
        name,
        (red, green, blue),
        alpha if row.get("alphaMode") == "BLEND" else 1.0,
        float(pbr.get("metallicFactor", 1.0)),
        float(pbr.get("roughnessFactor", 1.0)),
        float(coat.get("clearcoatFactor", 0.0)) >= 0.5,
        float(transmission.get("transmissionFactor", 0.0)),
        texture,
    )


def _header(path: Path) -> dict[str, Any]:
    """The JSON of a .gltf file, or the first chunk of a .glb."""
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".glb":
            magic, version, _, length, kind = struct.unpack_from("<5I", data)
            if magic != _MAGIC or version != 2 or kind != _JSON_CHUNK:
                raise AssetError(f"{path}: found no glTF 2.0 binary header; allowed is glTF 2.0; export the file anew")
            data = data[20 : 20 + length]
        header = json.loads(data.decode("utf-8"))
    except (OSError, struct.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise AssetError(f"{path}: found a file that cannot be read as glTF 2.0 ({error}); export it anew") from error
    if not isinstance(header, dict):
        raise AssetError(f"{path}: found JSON that is no object; allowed is glTF 2.0; export the file anew")
    return header

"""Every triangle of a posed scene in one frame, gathered by how it looks: the path tracer's meshes.

Frame: the scene's axes about `Scene.origin`, where float32 is fine enough. Tested by tests/rendering/test_reference.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rendering.kernels import layout as at
from rendering.materials import material_row
from rendering.mesh import Mesh
from rendering.reference.surfaces import SurfaceKey
from rendering.tables import PosedInstance, material_table

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class LookKey:
    """Looks and light of triangles: the surface, and the emission kind that is on with its level (0 off, 1 dim, 2 bright)."""

    surface: SurfaceKey
    kind: int = 0
    level: int = 0
    textured: bool = False


@dataclass(frozen=True)
class Bundle:
    """Triangles that look the same, about the scene's origin: vertices, unit normals (V, 3), uv (V, 2), triangles (T, 3)."""

    look: LookKey
    vertices: Float32
    normals: Float32
    uv: Float32
    triangles: NDArray[np.uint32]


def bundles_of(instances: Iterable[PosedInstance]) -> list[Bundle]:
    """All triangles of the instances by look, in an order that follows from the instances alone."""
    pieces: dict[LookKey, list[tuple[Any, ...]]] = {}
    for instance in instances:
        mesh, matrix = instance.mesh, instance.matrix.astype(np.float64)
        vertices = (mesh.vertices @ matrix[:, :3].T + matrix[:, 3]).astype(np.float32)
        normals = (mesh.normals @ matrix[:, :3].T).astype(np.float32)
        uv = mesh.uv if mesh.uv is not None else np.zeros((len(vertices), 2), np.float32)
        for index in np.unique(mesh.material).tolist():
            chosen = mesh.triangles[mesh.material == index]
            used, compact = np.unique(chosen, return_inverse=True)
            piece = (vertices[used], normals[used], uv[used], compact.reshape(-1, 3))
            pieces.setdefault(_look(instance, mesh, index), []).append(piece)
    return [_joined(look, parts) for look, parts in pieces.items()]


def _look(instance: PosedInstance, mesh: Mesh, index: int) -> LookKey:
    row = material_row(index)
    values = material_table()[row]
    slot, kind = int(values[at.COLOR_SLOT]), int(values[at.EMISSION])
    color = None
    if slot >= 0:
        r, g, b = np.round(instance.colors.reshape(-1, 3)[slot], 4).tolist()
        color = (r, g, b)
    level = 0
    if kind and (instance.lamp_bits >> kind) & 1:
        level = 1 + ((instance.lamp_bits >> (16 + kind)) & 1)
    textured = mesh.uv is not None and int(values[at.TEXTURE]) == 7
    return LookKey(SurfaceKey(row, color), kind if level else 0, level, textured)


def _joined(look: LookKey, parts: list[tuple[Any, ...]]) -> Bundle:
    starts = np.cumsum([0] + [len(part[0]) for part in parts[:-1]])
    vertices, normals, uv = (np.concatenate([part[k] for part in parts]) for k in range(3))
    triangles = np.concatenate([part[3] + start for part, start in zip(parts, starts, strict=True)])
    return Bundle(look, vertices, normals, uv, triangles.astype(np.uint32))


def mesh_of(mi: Any, name: str, bundle: Bundle, bsdf: Any, radiance_rgb: Any = None) -> Any:
    """A Mitsuba mesh; with `radiance_rgb` in cd/m² it shines."""
    properties = mi.Properties()
    properties["bsdf"] = bsdf
    if radiance_rgb is not None:
        light = {"type": "area", "radiance": {"type": "rgb", "value": [float(v) for v in radiance_rgb]}}
        properties["emitter"] = mi.load_dict(light)
    counts = (len(bundle.vertices), len(bundle.triangles))
    mesh = mi.Mesh(name, *counts, props=properties, has_vertex_normals=True, has_vertex_texcoords=bundle.look.textured)
    values = mi.traverse(mesh)
    values["vertex_positions"] = np.ravel(bundle.vertices)
    values["vertex_normals"] = np.ravel(bundle.normals)
    if bundle.look.textured:
        values["vertex_texcoords"] = np.ravel(bundle.uv)
    values["faces"] = np.ravel(bundle.triangles)
    values.update()
    return mesh

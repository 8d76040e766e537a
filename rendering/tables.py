"""Flat tables of everything that can be hit: triangles, materials, instances. The kernels read nothing else."""

from __future__ import annotations

import functools
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rendering import embree
from rendering.kernels import layout as at
from rendering.kernels.pack import pack_triangles
from rendering.kernels.skin import repack
from rendering.materials import (
    MATERIAL_LIMIT,
    MATERIALS,
    SLOT_BASE,
    SLOT_MATERIALS,
    Material,
    every_material,
    material_count,
)
from rendering.mesh import Mesh
from rendering.part_labels import fine_parts
from rendering.points import emitters_of, sizes_of
from sim.base.errors import RenderError

Float32 = NDArray[np.float32]
_REACH_M = 0.5
"""How far limbs of a mesh that moves may leave the sphere around it as it was stored."""
Int32 = NDArray[np.int32]


def material_table() -> Float32:
    """Every material (MATERIAL_LIMIT, MATERIAL_STRIDE): MATERIALS, those behind colour slots, registered ones, spare rows.

    It is one array for good, to which rows are added: the addresses that tracers hold stay true.
    """
    return _filled_table(material_count())


@functools.lru_cache(maxsize=1)
def _table() -> Float32:
    return np.zeros((MATERIAL_LIMIT, at.MATERIAL_STRIDE), np.float32)


@functools.lru_cache(maxsize=1)
def _filled_table(count: int) -> Float32:
    """The table with its first `count` rows written; rows that were there before get the values that they had."""
    table, first_slot = _table(), len(MATERIALS)
    for row, (_, material) in enumerate(every_material()[:count]):
        slot = row - first_slot
        table[row] = _material_row(material, slot if 0 <= slot < len(SLOT_MATERIALS) else -1)
    return table


def _material_row(material: Material, slot: int) -> list[float]:
    row = [0.0] * at.MATERIAL_STRIDE
    row[0:3] = material.albedo
    row[at.ROUGHNESS], row[at.METALLIC], row[at.SPECULAR] = material.roughness, material.metallic, material.specular
    row[at.COAT], row[at.GLASS] = float(material.clear_coat), material.transmittance if material.glass else 0.0
    row[at.TRANSLUCENCY] = material.translucency
    row[at.TEXTURE], row[at.EMISSION] = float(material.texture), float(material.emission)
    row[at.RETRO], row[at.COLOR_SLOT] = material.retroreflection_cd_lx_m2, float(slot)
    return row


class _Growing:
    """Rows of a table that keeps its own spare room, so that adding rows does not copy all of them each time."""

    def __init__(self, stride: int, dtype: Any) -> None:
        self.rows: NDArray[Any] = np.zeros((1024, stride), dtype)
        self.count = 0

    def append(self, rows: NDArray[Any]) -> int:
        """Add rows and return the index of the first."""
        first, needed = self.count, self.count + len(rows)
        if needed > len(self.rows):
            grown = np.zeros((max(needed, 2 * len(self.rows)), self.rows.shape[1]), self.rows.dtype)
            grown[:first] = self.rows[:first]
            self.rows = grown
        self.rows[first:needed] = rows
        self.count = needed
        return first


@dataclass(frozen=True)
class StoredMesh:
    """A mesh with its tree (None where it is only merged with others), its first rows in the tables of triangles and uv (-1: none),
    and a sphere (centre, radius) around it."""

    mesh: Mesh
    tree: embree.TriangleTree | None
    first_triangle: int
    first_uv: int
    emitters: Float32
    emitter_row: int
    sphere: tuple[NDArray[np.float64], float]


@dataclass(frozen=True)
class PosedInstance:
    """One thing as rays meet it at an instant: its mesh, the rotation and place (3, 4) about the scene's origin, colours by slot."""

    mesh: Mesh
    matrix: Float32
    colors: Float32
    lamp_bits: int
    flags: int
    instance_id: int


class MeshTable:
    """All unique meshes of a scene, by identity: a mesh object is stored once however many instances show it."""

    def __init__(self) -> None:
        self._uvs = _Growing(at.UV_STRIDE, np.float32)
        self._triangles = _Growing(at.TRIANGLE_STRIDE, np.int32)
        self._sizes = _Growing(at.EMISSION_KINDS, np.float32)
        self._sizes.append(sizes_of(np.zeros((0, at.EMITTER_STRIDE), np.float32))[None])
        self._corners = _Growing(at.CORNER_STRIDE, np.float32)
        self._stored: dict[int, StoredMesh] = {}
        self._spare: dict[int, list[int]] = {}
        """First rows of triangles that no mesh owns any more, by their number."""
        self._uv_rows: dict[int, tuple[int, Float32]] = {}
        """First rows of uv by the identity of their array: meshes of people in equal clothes share it."""

    @property
    def uvs(self) -> Float32:
        """Texture coordinates: u and v of three corners a row."""
        return self._uvs.rows

    @property
    def triangles(self) -> Int32:
        """Triangle rows: packed normals of three corners, material | part << 16."""
        return self._triangles.rows

    @property
    def emitter_sizes(self) -> Float32:
        """Diameters of emitters by kind, in m; row 0 is for meshes without lamps."""
        return self._sizes.rows

    @property
    def emitter_corners(self) -> Float32:
        """Triangles of emitters: three corners a row, in the object frame."""
        return self._corners.rows

    def store(self, mesh: Mesh, moves: bool = False) -> StoredMesh:
        """The mesh in the tables and as a tree; building happens on first sight. One that `moves` may be refitted."""
        known = self.record(mesh, moves)
        if known.tree is None:
            tree = embree.TriangleTree(np.ascontiguousarray(mesh.vertices, np.float32), mesh.triangles, moves)
            known = replace(known, tree=tree)
            self._stored[id(mesh)] = known
        return known

    def record(self, mesh: Mesh, moves: bool = False) -> StoredMesh:
        """The mesh in the tables alone: its tree is a merged one."""
        known = self._stored.get(id(mesh))
        if known is None:
            known = self._add(mesh, moves)
            self._stored[id(mesh)] = known
        return known

    def mesh_at(self, first_triangle: int) -> Mesh:
        """The mesh whose rows begin at this triangle."""
        return next(stored.mesh for stored in self._stored.values() if stored.first_triangle == first_triangle)

    def refit(self, mesh: Mesh) -> None:
        """Follow a stored mesh whose vertices and normals have been rewritten in place."""
        stored = self._stored[id(mesh)]
        first, count = stored.first_triangle, len(mesh.triangles)
        packed = np.empty(len(mesh.vertices), np.int32)
        repack(mesh.normals, mesh.triangles, packed, self._triangles.rows[first : first + count])
        if stored.tree is not None:
            stored.tree.refit(mesh.vertices)

    def discard(self, mesh: Mesh) -> None:
        """Forget a mesh that no instance shows any more; its rows serve the next mesh of as many triangles.

        Rows of uv stay, for the next mesh with the same array.
        """
        stored = self._stored.pop(id(mesh), None)
        if stored is not None:
            self._spare.setdefault(len(mesh.triangles), []).append(stored.first_triangle)

    def _add(self, mesh: Mesh, moves: bool) -> StoredMesh:
        if not len(mesh.triangles):
            raise RenderError("mesh: found no triangles; a part to be drawn needs at least one; leave the part out")
        if int(mesh.triangles.max()) >= len(mesh.vertices):
            raise RenderError(
                f"mesh: a triangle names vertex {int(mesh.triangles.max())}, the mesh has {len(mesh.vertices)}; rebuild the mesh"
            )
        for values in (mesh.vertices, mesh.normals, mesh.uv):
            if values is not None and not np.isfinite(values).all():
                raise RenderError("mesh: found a vertex, normal or uv that is not finite; rebuild the mesh")
        material = mesh.material.astype(np.int32)
        material = np.where(material >= SLOT_BASE, len(MATERIALS) + material - SLOT_BASE, material)
        if int(material.max()) >= material_count():
            raise RenderError(
                f"mesh: found material index {int(mesh.material.max())}; allowed are {len(MATERIALS)} and five slots"
            )
        rows = np.empty((len(mesh.triangles), at.TRIANGLE_STRIDE), np.int32)
        pack_triangles(mesh.normals, mesh.triangles, material | fine_parts(mesh).astype(np.int32) << 16, rows)
        spare = self._spare.get(len(rows))
        if spare:
            first_triangle = spare.pop()
            self._triangles.rows[first_triangle : first_triangle + len(rows)] = rows
        else:
            first_triangle = self._triangles.append(rows)
        first_uv = -1 if mesh.uv is None else self._uv_row(mesh.uv, mesh.triangles)
        low, high = mesh.bounds()
        center = (low + high) * 0.5
        radius = float(np.linalg.norm(mesh.vertices - center, axis=1).max()) + moves * _REACH_M
        emitters, corners = emitters_of(mesh)
        emitters[:, 7] += self._corners.append(corners)
        emitter_row = self._sizes.append(sizes_of(emitters)[None]) if len(emitters) else 0
        return StoredMesh(mesh, None, first_triangle, first_uv, emitters, emitter_row, (center, radius))

    def _uv_row(self, uv: Float32, triangles: NDArray[np.uint32]) -> int:
        known = self._uv_rows.get(id(uv))
        if known is None:
            known = (self._uvs.append(uv[triangles].reshape(-1, at.UV_STRIDE)), uv)
            self._uv_rows[id(uv)] = known
        return known[0]


class InstanceTable:
    """Posed meshes: one slot each, with its transforms, identity and colours; slots of removed instances are used again."""

    def __init__(self) -> None:
        self.tree = embree.InstanceTree()
        self.transforms = np.zeros((64, at.TRANSFORM_STRIDE), np.float32)
        self.values = np.zeros((64, at.INSTANCE_STRIDE), np.int32)
        self.colors = np.zeros((64, at.SLOT_STRIDE), np.float32)
        self.handles = np.zeros(64, np.int64)
        self.serials = np.zeros(64, np.int64)
        self._added = 0
        self._triangles: dict[int, int] = {}
        self._emitters: dict[int, Float32] = {}
        self._all_emitters: Float32 | None = None
        self._merged: embree.MergedTree | None = None
        self._free: list[int] = []
        self._count = at.MERGED_SLOT + 1

    def add(self, stored: StoredMesh, instance_id: int, semantic: int, colors: Float32 | None = None) -> int:
        """A new instance, not yet posed; returns its slot."""
        if stored.tree is None:
            raise RenderError("instance: its mesh has no tree of its own; store the mesh, or merge it")
        slot = heapq.heappop(self._free) if self._free else self._count
        if slot == self._count:
            self._count += 1
            self._grow()
        self.handles[slot] = self.tree.add(slot, stored.tree)
        self._enter(slot, stored, instance_id, semantic, colors)
        return slot

    def merge(self, pieces: Sequence[tuple[StoredMesh, int, int]]) -> range:
        """Add meshes that never move, in one frame, as one tree: (mesh, instance id, class) each. Once, before all else.

        Returns their slots, not yet posed: all of them are where the first is.
        """
        slots = range(at.MERGED_SLOT, at.MERGED_SLOT + len(pieces))
        if not pieces:
            return slots
        self._count = slots.stop
        self._grow()
        self._merged = embree.MergedTree(
            [(np.ascontiguousarray(stored.mesh.vertices, np.float32), stored.mesh.triangles) for stored, _, _ in pieces]
        )
        self.handles[slots.start : slots.stop] = self.tree.add(at.MERGED_SLOT, self._merged)
        for slot, (stored, instance_id, semantic) in zip(slots, pieces, strict=True):
            self._enter(slot, stored, instance_id, semantic, None)
        return slots

    def _enter(self, slot: int, stored: StoredMesh, instance_id: int, semantic: int, colors: Float32 | None) -> None:
        self._added += 1
        self.serials[slot] = self._added
        self._triangles[slot] = len(stored.mesh.triangles)
        self.transforms[slot] = 0.0
        self.values[slot] = (0, np.uint32(instance_id).astype(np.int32), semantic, 0, 0, 0, 0, 0)
        self._point_at(slot, stored)
        self.colors[slot] = 0.3 if colors is None else np.asarray(colors, np.float32).reshape(-1)[: at.SLOT_STRIDE]

    def show(self, slot: int, stored: StoredMesh) -> None:
        """Show another mesh in a slot."""
        if stored.tree is None:
            raise RenderError("instance: its new mesh has no tree of its own; store the mesh")
        self.tree.replace_mesh(slot, stored.tree)
        self._point_at(slot, stored)

    def remove(self, slot: int) -> None:
        """Take an instance out."""
        self.tree.remove(slot)
        self._triangles.pop(slot)
        if self._emitters.pop(slot, None) is not None:
            self._all_emitters = None
        self.handles[slot] = self.serials[slot] = 0
        heapq.heappush(self._free, slot)  # lowest first: a scene that was emptied fills as a new one does

    def emitters(self) -> Float32:
        """Lamps of all instances (E, EMITTER_STRIDE), on or off, by slot."""
        if self._all_emitters is None:
            rows = [self._emitters[slot] for slot in sorted(self._emitters)]
            self._all_emitters = np.concatenate([np.zeros((0, at.EMITTER_STRIDE), np.float32), *rows])
        return self._all_emitters

    def posed(self, meshes: MeshTable, fraction: float) -> list[PosedInstance]:
        """Everything that is drawn, by slot, at a fraction of the window."""
        known: dict[int, Mesh] = {}
        drawn = []
        for slot in sorted(self._triangles):
            values, row = self.values[slot], self.transforms[slot]
            first = int(values[at.TRIANGLE_START])
            known.setdefault(first, meshes.mesh_at(first))
            drawn.append(
                PosedInstance(
                    known[first],
                    (row[:12] + row[12:24] * np.float32(fraction)).reshape(3, 4),
                    self.colors[slot].copy(),
                    int(values[at.LAMP_BITS]),
                    int(values[at.INSTANCE_FLAGS]),
                    int(np.uint32(values[at.INSTANCE_ID])),
                )
            )
        return drawn

    def _point_at(self, slot: int, stored: StoredMesh) -> None:
        columns = [at.TRIANGLE_START, at.UV_START, at.EMITTER_ROW]
        self.values[slot, columns] = (stored.first_triangle, stored.first_uv, stored.emitter_row)
        if len(stored.emitters) or slot in self._emitters:
            self._emitters[slot] = stored.emitters.copy()
            self._emitters[slot][:, 0] = slot
            self._all_emitters = None

    def triangle_total(self) -> int:
        """Triangles of all instances together."""
        return sum(self._triangles.values())

    def _grow(self) -> None:
        while self._count > len(self.values):
            self._double()

    def _double(self) -> None:
        for name in ("transforms", "values", "colors", "handles", "serials"):
            old = getattr(self, name)
            grown = np.zeros((2 * len(old), *old.shape[1:]), old.dtype)
            grown[: len(old)] = old
            setattr(self, name, grown)

"""The world as rays meet it: the ground, what stands around it, and every actor, moving through one exposure window.

`Scene.set_states` poses all actors at the begin and the end of a window; during it each part's world_from_object matrix
is linear in time (Embree's motion blur), so a rolling shutter sees every image row's own instant. `posed_vertices` uses
the same interpolation, which makes 3D labels exact for the picture. Wheel roll is held at the middle of the window, since a
matrix interpolated over half a turn would shrink the wheel. Tested by tests/rendering/test_scene.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rendering.actor_pose import ActorPoses, PartRows
from rendering.airlight import SprayList
from rendering.assets.actors import parts_of
from rendering.assets.ground import GroundMesh
from rendering.assets.parts import Part, PoseKind
from rendering.buffers import Behind, Buffers, Silhouette, View, check_buffers
from rendering.embree import InstanceTree
from rendering.emitters import STATIC_LAMP_BITS, lamp_bits_of, warning_lamp_bits
from rendering.kernel_threads import KernelThreads
from rendering.kernels import layout as at
from rendering.lighting import Lighting, lighting_of
from rendering.materials import material_index
from rendering.mesh import Mesh
from rendering.motion import Motion
from rendering.moving_skins import MovingSkins
from rendering.nearby import LampList, OccluderList
from rendering.precipitation import snow_of
from rendering.probes import grid_over
from rendering.ray_hits import RayCaster
from rendering.sign_atlas import atlas_pyramid
from rendering.surfaces import Surfaces, surfaces_of
from rendering.surroundings import ground_of, meshes_of_statics
from rendering.tables import InstanceTable, MeshTable, PosedInstance
from rendering.tracer import Tracer
from sim.base import frames
from sim.base.clock import seconds
from sim.base.errors import RenderError
from sim.base.state import (
    GROUND_INSTANCE_BASE,
    STATIC_INSTANCE_BASE,
    SUPPORT_INSTANCE_BASE,
    ActorInfo,
    StaticObjects,
    Weather,
    WorldState,
)  # fmt: skip
from sim.base.taxonomy import ObjectClass
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]


@dataclass
class _Actor:
    info: ActorInfo
    parts: tuple[Part, ...]
    slots: tuple[int, ...]
    shown: list[int] = field(default_factory=list)
    alone: InstanceTree | None = None

    def labelled(self) -> list[tuple[int, Part, int]]:
        """(slot, part, mesh shown) of what the actor's labels are about: a sign's face, not the pole that carries it."""
        pieces = zip(self.slots, self.parts, self.shown, strict=True)
        return [
            (slot, part, shown) for slot, part, shown in pieces if not (_is_support(part) or part.posed_with_parent)
        ]


class Scene:
    """Everything that can be seen on one map. Owns the ray-tracing trees; one render runs at a time.

    `network` gives the ground, `statics` what stands around it (either may be None); `threads` share a frame's rows.
    `ground`, `actor_parts` and `static_mesh` replace the assets' own geometry in tests and benchmarks.
    """

    def __init__(
        self, network: RoadNetwork | None, statics: StaticObjects | None, threads: int = 2,
        ground: Sequence[GroundMesh] | None = None, actor_parts: Callable[[ActorInfo], tuple[Part, ...]] = parts_of,
        static_mesh: Callable[[str, Float64], Mesh] | None = None,
    ) -> None:  # fmt: skip
        self._meshes, self._instances = MeshTable(), InstanceTable()
        self._actor_parts = actor_parts
        self._actors: dict[int, _Actor] = {}
        self._rows = PartRows.of([])
        self._poses = ActorPoses(self._instances)
        self._lighting: Lighting = lighting_of(Weather())
        surfaces = list(ground) if ground is not None else (ground_of(network) if network is not None else [])
        self._origin = _center_of(surfaces, statics)
        self._lit_slots: list[int] = []
        self._add_ground(surfaces)
        street_lamps = self._add_statics(statics, static_mesh)
        self._occluders = OccluderList(self._origin)
        self._lamps = LampList(street_lamps, self._origin, network is None or network.right_hand_traffic)
        self._spray = SprayList(self._origin)
        self._instances.tree.commit()
        self._tracer = Tracer(self._meshes, self._instances, atlas_pyramid(), KernelThreads(threads))
        grid = grid_over(surfaces, statics.position_world_m if statics is not None else np.zeros((0, 3)), self._origin)
        if grid is not None:
            self._tracer.add_probes(grid, street_lamps - self._origin)
        self._threads = max(1, threads)
        self._skins = MovingSkins(self._meshes, self._threads)
        self._rays: RayCaster | None = None
        self._window_ready = False
        self._window_s = (0.0, 0.0)

    def set_states(
        self, begin: WorldState, end: WorldState, previous: WorldState | None = None,
        hidden_track_ids: frozenset[int] = frozenset(),
    ) -> None:  # fmt: skip
        """Pose every actor of `end` for the window from `begin` to `end`; `previous` is the last frame's mid-exposure.

        `hidden_track_ids` are not seen by cameras but still cast shadows. Lighting follows `end.weather`.
        """
        self._follow_actors(end)
        self._skins.follow(end, [self._actors[info.track_id].parts for info in end.actors])
        self._poses.apply(self._rows, begin, end, previous, self._origin, hidden_track_ids)
        self._lighting = lighting_of(end.weather, snow_of(end.actors))
        self._window_s = (seconds(begin.time_flicks), seconds(end.time_flicks))
        self._set_lamp_bits(end)
        self._occluders.follow(end)
        self._lamps.follow(end, self._lighting.lamps_on)
        self._spray.follow(end, float(self._lighting.light[at.WETNESS]))
        self._instances.tree.commit()
        self._window_ready = True

    def render(self, view: View, out: Buffers | None = None, refine: bool = True, lit: bool = True) -> Buffers:
        """Radiance and labels of one view of the current window; `out` is filled and returned when given.

        `refine` sends extra rays through pixels on edges, for radiance alone; labels do not depend on it, nor on `lit`,
        without which there is no radiance to rely on, and the render costs less than half.
        """
        if not self._window_ready:
            raise RenderError("Scene.render: no states set; call set_states first")
        height, width = view.shape
        buffers = out if out is not None else Buffers.empty(height, width)
        check_buffers(buffers, view)
        camera = view.world_from_camera_rows[height // 2, :, 3]
        lamps, boxes = self._lamps.near(camera), self._occluders.near(camera)
        spray = self._spray.near(camera, self._lighting)
        self._tracer.render(
            view, self._origin, self._lighting, lamps, boxes, buffers, refine, lit, self._window_s, spray
        )
        return buffers

    def surfaces(self, view: View) -> Surfaces:
        """What the surfaces of the view that was rendered last are made of."""
        return surfaces_of(self._tracer.surface_codes(*view.shape), self._instances)

    def silhouettes(
        self, view: View, track_ids: Sequence[int], masked: frozenset[int] = frozenset()
    ) -> list[Silhouette]:
        """Each object traced alone, as if nothing stood in front of it: pixels of the image and the box around them.

        Those of `masked` get a mask of these pixels too.
        """
        drawn = [track for track in dict.fromkeys(track_ids) if track in self._actors and self._actors[track].slots]
        drawn.sort(key=lambda track: track not in masked)
        masks = np.zeros((sum(track in masked for track in drawn), *view.shape), np.uint8)
        trees = np.array([self._alone(self._actors[track]).handle for track in drawn], np.int64)
        spheres = np.array([self._bounding_sphere(self._actors[track]) for track in drawn]).reshape(-1, 4)
        counts = self._tracer.silhouettes(view, self._origin, trees, spheres, masks)
        known = {}
        for k, (track, (count, x0, y0, x1, y1)) in enumerate(zip(drawn, counts.tolist(), strict=True)):
            box = (x0 - 0.5, y0 - 0.5, x1 + 0.5, y1 + 0.5) if count else None
            known[track] = Silhouette(track, count, box, masks[k] if k < len(masks) else None)
        return [known.get(track, Silhouette(track, 0, None)) for track in track_ids]

    def behind_glass(self, view: View, front: Buffers, out: Behind | None = None) -> Behind:
        """The second label layer: what is seen through the panes of `front`, a render of this view of this window."""
        behind = out if out is not None else Behind.empty(*view.shape)
        self._tracer.behind_glass(view, self._origin, self._lighting, front, behind)
        return behind

    def motion(self, view: View) -> Motion:
        """Where everything is throughout this window, and what each pixel of the view rendered last shows, for flow."""
        return Motion(
            view=view,
            codes=self._tracer.surface_codes(*view.shape),
            transforms=self._instances.transforms[:, :24].copy(),
            serials=self._instances.serials.copy(),
            origin_world_m=self._origin,
        )

    def _bounding_sphere(self, actor: _Actor) -> Float64:
        """Centre about the origin and radius (4,) of a sphere that holds the actor throughout the window."""
        centers, radii = [], []
        for slot, part, shown in actor.labelled():
            center, radius = self._meshes.store(part.meshes[shown]).sphere
            row = self._instances.transforms[slot].astype(np.float64)
            for matrix in (row[:12].reshape(3, 4), (row[:12] + row[12:24]).reshape(3, 4)):
                centers.append(matrix[:, :3] @ center + matrix[:, 3])
                radii.append(radius)
        middle = np.mean(centers, axis=0)
        return np.append(middle, np.max(np.linalg.norm(np.asarray(centers) - middle, axis=1) + radii) + 0.01)

    def posed_vertices(self, track_id: int, fraction: float) -> Float64:
        """Vertices (V, 3) in world of an actor (of a sign: the face) as rays at this fraction of the window meet them."""
        actor = self._actor(track_id)
        points = []
        for slot, part, shown in actor.labelled():
            row = self._instances.transforms[slot].astype(np.float64)
            matrix = (row[:12] + row[12:24] * fraction).reshape(3, 4)
            vertices = part.meshes[shown].vertices.astype(np.float64)
            points.append(vertices @ matrix[:, :3].T + matrix[:, 3] + self._origin)
        return np.concatenate(points) if points else np.zeros((0, 3))

    def posed_box(self, track_id: int, fraction: float) -> tuple[Float64, Float64, Float64]:
        """(centre (3,), size (3,) length width height, roll pitch yaw (3,)): tight around the posed mesh, in world.

        The box is aligned with the actor's own axes at that fraction; each face is touched by a vertex.
        """
        rpy = self._poses.rpy_at(track_id, fraction)
        rotation = frames.rotation_from_rpy(rpy)
        local = self.posed_vertices(track_id, fraction) @ rotation
        if not len(local):
            raise RenderError(f"posed_box: actor {track_id} has no mesh (a sensor); ask only for actors that are drawn")
        low, high = local.min(axis=0), local.max(axis=0)
        return rotation @ ((low + high) * 0.5), high - low, rpy

    @property
    def track_ids(self) -> tuple[int, ...]:
        """Actors that are drawn, ascending."""
        return tuple(sorted(track for track, actor in self._actors.items() if actor.slots))

    @property
    def triangle_count(self) -> int:
        """Triangles of all instances together."""
        return self._instances.triangle_total()

    @property
    def rays(self) -> RayCaster:
        """Casts rays of range sensors into the current window's end."""
        if self._rays is None:
            self._rays = RayCaster(self._meshes, self._instances, self._origin, self._threads)
        return self._rays

    @property
    def origin(self) -> Float64:
        """World coordinates (3,) of the point about which instances and lamps are posed."""
        return self._origin

    def posed(self, fraction: float) -> list[PosedInstance]:
        """Everything that is drawn at a fraction of the window, hidden actors too; matrices are about `origin`."""
        return self._instances.posed(self._meshes, fraction)

    def lamps_near(self, world_m: Float64) -> NDArray[np.float32]:
        """Rows of the lamps that light the surroundings of a place, as kernels.layout lays them out, about `origin`."""
        return self._lamps.near(world_m)

    @property
    def lighting(self) -> Lighting:
        """The light of the current window."""
        return self._lighting

    def _actor(self, track_id: int) -> _Actor:
        actor = self._actors.get(track_id)
        if actor is None:
            raise RenderError(
                f"scene: found no actor {track_id}; actors are {sorted(self._actors)[:20]}; call set_states first"
            )
        return actor

    def _add_ground(self, surfaces: Sequence[GroundMesh]) -> None:
        """All surfaces of the ground in one tree: each covers the map, so in a tree each every ray would enter all of them."""
        pieces = [
            (self._meshes.record(item.mesh), GROUND_INSTANCE_BASE + item.surface_index, int(item.semantic))
            for item in surfaces
        ]
        for slot in self._instances.merge(pieces):
            self._poses.place(slot, frames.pose(-self._origin, np.zeros(3)))

    def _add_statics(
        self, statics: StaticObjects | None, static_mesh: Callable[[str, Float64], Mesh] | None
    ) -> Float64:
        """Place what stands around the roads; returns the heads (K, 3) of street lamps in world coordinates."""
        heads: list[Float64] = []
        if statics is None:
            return np.zeros((0, 3))
        if static_mesh is None:
            meshes = meshes_of_statics(statics)
        else:
            meshes = [static_mesh(name, statics.box_extent_m[index]) for index, name in enumerate(statics.name)]
        for index, (name, mesh) in enumerate(zip(statics.name, meshes, strict=True)):
            if not len(mesh.triangles):
                continue
            world_from_object = frames.pose(statics.position_world_m[index], statics.rpy_rad[index])
            # meshes stand on their origin, which is the middle of the placed box's underside
            foot = statics.box_center_m[index] - np.array([0.0, 0.0, statics.box_extent_m[index, 2]])
            world_from_object[:3, 3] = frames.apply(world_from_object, foot)
            shifted = world_from_object.copy()
            shifted[:3, 3] -= self._origin
            slot = self._place(mesh, shifted, STATIC_INSTANCE_BASE + index, int(statics.object_class[index]))
            self._lit_slots.append(slot)
            if "street_lamp" in name:
                heads.append(frames.apply(world_from_object, _lamp_head(mesh)))
        return np.asarray(heads).reshape(-1, 3)

    def _place(self, mesh: Mesh, pose: Float64, instance_id: int, semantic: int) -> int:
        slot = self._instances.add(self._meshes.store(mesh), instance_id, semantic)
        self._poses.place(slot, pose)
        return slot

    def _follow_actors(self, state: WorldState) -> None:
        """Add actors that are new in `state` and remove those that are gone."""
        alive = {info.track_id: info for info in state.actors}
        gone = [t for t, actor in self._actors.items() if alive.get(t) is not actor.info and alive.get(t) != actor.info]
        fresh = [info for t, info in alive.items() if t not in self._actors or t in gone]
        for track_id in gone:
            actor = self._actors.pop(track_id)
            for slot, part in zip(actor.slots, actor.parts, strict=True):
                self._instances.remove(slot)
                if part.transient:
                    self._skins.forget(part)
                    self._meshes.discard(part.meshes[0])
        for info in fresh:
            parts = self._actor_parts(info)
            slots = tuple(
                self._instances.add(
                    self._meshes.store(part.meshes[0], part.kind == PoseKind.GAIT),
                    _instance_id(info, part),
                    int(part.object_class),
                    part.slot_colors,
                )
                for part in parts
            )
            self._actors[info.track_id] = _Actor(info, parts, slots, [0] * len(parts))
        if gone or fresh:
            ordered = [(i, self._actors[info.track_id]) for i, info in enumerate(state.actors)]
            row_of = {info.track_id: i for i, info in enumerate(state.actors)}
            self._rows = PartRows.of(
                [
                    (row_of.get(a.info.parent_track_id, i) if part.posed_with_parent else i, slot, part)
                    for i, a in ordered
                    for slot, part in zip(a.slots, a.parts, strict=True)
                ]
            )

    def _set_lamp_bits(self, state: WorldState) -> None:
        self._instances.values[self._lit_slots, at.LAMP_BITS] = STATIC_LAMP_BITS * self._lighting.lamps_on
        for row, info in enumerate(state.actors):
            bits = lamp_bits_of(state, row)
            if bits is None:
                continue
            actor = self._actors[info.track_id]
            for slot, part in zip(actor.slots, actor.parts, strict=True):
                own = warning_lamp_bits(state, row, part.warning_half) if part.warning_half else bits
                self._instances.values[slot, at.LAMP_BITS] = own

    def _alone(self, actor: _Actor) -> InstanceTree:
        if actor.alone is None:
            actor.alone = InstanceTree()
            for slot, _, _ in actor.labelled():
                actor.alone.share(slot, int(self._instances.handles[slot]))
        actor.alone.commit()
        return actor.alone


def _instance_id(info: ActorInfo, part: Part) -> int:
    if part.owned_by_parent and info.parent_track_id:
        return info.parent_track_id
    return info.track_id + (SUPPORT_INSTANCE_BASE if _is_support(part) else 0)


def _is_support(part: Part) -> bool:
    return part.object_class == ObjectClass.POLE


def _lamp_head(mesh: Mesh) -> Float64:
    """Where a street lamp's light comes from: just under the middle of its lamp triangles, else under its top."""
    lit = mesh.triangles[mesh.material == material_index("street_lamp")]
    top = mesh.vertices[mesh.vertices[:, 2] > mesh.vertices[:, 2].max() - 0.2]
    points = mesh.vertices[np.unique(lit)] if len(lit) else top
    return np.asarray(points.mean(axis=0), np.float64) - (0.0, 0.0, 0.1)


def _center_of(surfaces: Sequence[GroundMesh], statics: StaticObjects | None) -> Float64:
    """A point amid everything, whole metres: float32 coordinates about it are fine to 0.1 mm within a kilometre."""
    corners = [corner for surface in surfaces for corner in surface.mesh.bounds()]
    if not corners and statics is not None and len(statics.name):
        corners = [statics.position_world_m.min(axis=0), statics.position_world_m.max(axis=0)]
    if not corners:
        return np.zeros(3)
    points = np.asarray(corners)
    center = np.round((points.min(axis=0) + points.max(axis=0)) * 0.5)
    center[2] = 0.0
    return np.asarray(center)

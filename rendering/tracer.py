"""Running the frame kernel: addresses of all tables, threads, scratch memory, and the packed rays of each lens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rendering import embree
from rendering.airlight import glowing
from rendering.buffers import Behind, Buffers, View
from rendering.facets import albedo_table
from rendering.flicker import flicker_table
from rendering.ground_texture import ground_table
from rendering.kernel_threads import KernelThreads
from rendering.kernels import layout as at
from rendering.kernels.airlight import veil_rows
from rendering.kernels.behind import look_behind
from rendering.kernels.frame import render_rows
from rendering.kernels.lanes import LANES, TILE_HEIGHT, TILE_WIDTH
from rendering.kernels.points import add_points
from rendering.kernels.refine import refine_rows
from rendering.kernels.silhouette import block_cones, trace_alone
from rendering.kernels.soften import soften_rows, take_rows
from rendering.kernels.stars import add_stars
from rendering.lighting import Lighting
from rendering.precipitation import draw_precipitation
from rendering.probes import ProbeField, ProbeGrid
from rendering.sign_atlas import AtlasPyramid
from rendering.tables import InstanceTable, MeshTable, material_table
from sim.base.parts import PartKind

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
_LENSES_KEPT = 16
_NO_ROWS = np.zeros((0, 1), np.float32)


def pack_directions(directions: Float32) -> Float32:
    """Directions (H, W, 3) as packets: (tiles, 3, LANES) flat and 64-byte aligned; zero where tiles hang over the edge."""
    height, width = directions.shape[:2]
    rows, columns = -(-height // TILE_HEIGHT), -(-width // TILE_WIDTH)
    padded = np.zeros((rows * TILE_HEIGHT, columns * TILE_WIDTH, 3), np.float32)
    padded[:height, :width] = directions
    tiles = padded.reshape(rows, TILE_HEIGHT, columns, TILE_WIDTH, 3).transpose(0, 2, 4, 1, 3)
    packed = embree.aligned(rows * columns * 3 * LANES, np.float32)
    packed[:] = tiles.ravel()
    return packed


class Tracer:
    """Renders views of one set of tables with a fixed number of threads. Any number gives the same bytes."""

    def __init__(
        self, meshes: MeshTable, instances: InstanceTable, atlas: AtlasPyramid, threads: KernelThreads
    ) -> None:
        self._meshes, self._instances, self._atlas = meshes, instances, atlas
        self._threads = threads
        self._tables = np.zeros(at.TABLE_ENTRIES, np.int64)
        self._probes: ProbeField | None = None
        self._coherent, self._plain = embree.query_arguments(True), embree.query_arguments(False)
        self._lenses: dict[int, tuple[Float32, Float32]] = {}
        self._blocks: dict[int, Float64] = {}
        self._pixels = -1
        self._surface = self._look = np.zeros(0, np.int32)
        self._centers = np.zeros(0, np.float32)
        self._coverage, self._coverage_row = np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
        self._lamps = np.zeros((1, at.LAMP_STRIDE), np.float32)
        self._intersect = embree.function_address(f"rtcIntersect{LANES}")
        self._occluded = embree.function_address(f"rtcOccluded{LANES}")

    def add_probes(self, grid: ProbeGrid, street_heads_m: Float64) -> None:
        """Have indirect light come from probes on this grid; street lamps' heads (K, 3) about the origin shine on what they see."""
        self._probes = ProbeField(grid, street_heads_m, self._tables, self._threads)

    def render(
        self,
        view: View,
        origin: Float64,
        lighting: Lighting,
        lamps: Float32,
        boxes: Float32,
        out: Buffers,
        refine: bool,
        lit: bool,
        window_s: tuple[float, float],
        spray: Float32 | None = None,
    ) -> None:
        """One frame into `out`: every pixel's centre ray; with `refine` extra rays along edges, and means among small leaves and
        in penumbras; then small lamps, what the air adds (`spray` rows of rendering.airlight, lamps in fog), and what falls.

        `window_s` is the time of the window's begin and end.

        Without `lit` labels alone are filled in, and the radiance in `out` is nothing to rely on.
        """
        keep = self._fill(view, origin, lighting, lamps, boxes, out)
        self._tables[at.LIT] = int(lit)
        if refine:
            self._tables[at.OUT_CENTERS] = self._centers.ctypes.data
        keep.append(self._use_probes(lighting, lit))
        keep.append(self._use_flicker(view, window_s))
        self._run(render_rows)
        if not lit:
            return
        if refine:
            self._run(refine_rows)
            self._run(soften_rows)
            self._run(take_rows)
        if len(lighting.stars):
            add_stars(self._tables, lighting.stars)
        add_points(
            self._tables, self._threads.scratch[0], self._instances.emitters(), self._coverage, self._coverage_row
        )
        self._veil(view, origin, lighting, lamps, spray)
        middle_s = window_s[0] + (window_s[1] - window_s[0]) * float(view.row_time[view.shape[0] // 2])
        draw_precipitation(self._tables, view, lighting.weather, lighting.snow, middle_s)
        del keep

    def _veil(self, view: View, origin: Float64, lighting: Lighting, lamps: Float32, spray: Float32 | None) -> None:
        camera = view.world_from_camera_rows[view.shape[0] // 2, :, 3] - origin
        glow = glowing(lamps, camera, lighting)
        blobs = _NO_ROWS if spray is None else spray
        if not len(glow) and not len(blobs):
            return
        first, second = blobs.ctypes.data, glow.ctypes.data
        self._run(lambda tables, scratch: veil_rows(tables, scratch, first, len(blobs), second, len(glow)))

    def surface_codes(self, height: int, width: int) -> NDArray[np.int32]:
        """(H, W) int32 instance and material of the centre rays of the last frame, as shade.py packs them; a copy."""
        codes: NDArray[np.int32] = self._surface[LANES : LANES + height * width].reshape(height, width).copy()
        return codes

    def silhouettes(
        self, view: View, origin: Float64, scenes: NDArray[np.int64], spheres: Float64, masks: NDArray[np.uint8]
    ) -> NDArray[np.int64]:
        """(N, 5) count, x_min, y_min, x_max, y_max of pixels whose centre ray hits each tree alone.

        `spheres` (N, 4) bound the objects: centre about the origin, radius. `masks` (N, H, W) of zeros get ones there;
        (0, H, W) when nobody asks.
        """
        keep = self._fill(view, origin, None, self._lamps, self._lamps, None)
        found = np.tile(np.array([0, view.shape[1], view.shape[0], -1, -1], np.int64), (len(scenes), 1))
        cones = self._cones(view)
        self._run(lambda tables, scratch: trace_alone(tables, scratch, cones, scenes, spheres, found, masks))
        del keep
        return found

    def behind_glass(self, view: View, origin: Float64, lighting: Lighting, front: Buffers, out: Behind) -> None:
        """Labels of what the rays of `front` that ended on a pane meet behind it."""
        keep = self._fill(view, origin, lighting, self._lamps, self._lamps, None)
        self._tables[at.LIT] = self._tables[at.OUT_ALBEDO] = 0
        pane = int(PartKind.WINDOW)
        instance = out.instance.view(np.int32)
        self._run(
            lambda tables, scratch: look_behind(
                tables, scratch, front.part, pane, front.range_m, instance, out.semantic, out.part, out.range_m
            )
        )
        del keep

    def _cones(self, view: View) -> Float64:
        key = id(view.directions_camera)
        packed = self._packets(view.directions_camera)
        if key not in self._blocks:
            height, width = view.shape
            self._blocks[key] = block_cones(packed.ctypes.data, -(-height // TILE_HEIGHT), -(-width // TILE_WIDTH))
        return self._blocks[key]

    def _run(self, kernel: Callable[[NDArray[np.int64], int], None]) -> None:
        self._threads.run(kernel, self._tables)

    def _use_probes(self, lighting: Lighting, lit: bool) -> Float32:
        """Point the tables at the probes' light under this lighting; returns what has to outlive the kernel's run."""
        field = self._probes
        if field is None or not lit:
            self._tables[at.PROBE_COUNT] = 0
            return self._lamps
        table = field.light(lighting.weather, lighting.snow, lighting.level_lx)
        self._tables[at.PROBES], self._tables[at.PROBE_COUNT] = table.ctypes.data, field.count
        self._tables[at.PROBE_GRID], self._tables[at.PROBE_BASES] = field.header.ctypes.data, field.bases.ctypes.data
        return table

    def _use_flicker(self, view: View, window_s: tuple[float, float]) -> Float32:
        """Point the tables at how lamps flicker in this view's exposures; returns what has to outlive the kernel's run."""
        if not view.mains_hz:
            return self._lamps
        values = self._instances.values
        slots = np.flatnonzero(values[:, at.LAMP_BITS])
        ids = values[slots, at.INSTANCE_ID].view(np.uint32)
        table = flicker_table(ids, slots, len(values), window_s, view.exposure_s, view.mains_hz)
        self._tables[at.FLICKER] = table.ctypes.data
        return table

    def _packets(self, directions: Float32) -> Float32:
        known = self._lenses.get(id(directions))
        if known is None:
            if len(self._lenses) >= _LENSES_KEPT:
                oldest = next(iter(self._lenses))
                self._lenses.pop(oldest)
                self._blocks.pop(oldest, None)
            known = (directions, pack_directions(directions))
            self._lenses[id(directions)] = known
        return known[1]

    def _fill(
        self,
        view: View,
        origin: Float64,
        lighting: Lighting | None,
        lamps: Float32,
        boxes: Float32,
        out: Buffers | None,
    ) -> list[NDArray[np.float32]]:
        """Write every address and size into the table; returns arrays that have to outlive the kernel's run."""
        height, width = view.shape
        if self._pixels != height * width:
            self._pixels = height * width
            # room before and after, since edges are looked for in whole packets of neighbours
            self._surface, self._look = (np.zeros(height * width + 4 * LANES, np.int32) for _ in range(2))
            self._centers = np.zeros(height * width * 3, np.float32)
        if self._coverage.shape != (height, width + 2):
            self._coverage, self._coverage_row = np.zeros((height, width + 2), np.float32), np.zeros(width, np.float32)
        directions = np.ascontiguousarray(view.directions_camera, np.float32)
        packets = self._packets(view.directions_camera)
        poses = _row_poses(view.world_from_camera_rows, origin)
        before = view.previous_world_from_camera_rows
        previous = poses if before is None else _row_poses(before, origin)
        times = np.ascontiguousarray(view.row_time, np.float32)
        entries: dict[int, NDArray[np.generic] | int] = {
            at.COUNTER: self._threads.counter, at.SCENE: self._instances.tree.handle, at.INTERSECT: self._intersect,
            at.OCCLUDED: self._occluded, at.COHERENT_ARGUMENTS: self._coherent, at.PLAIN_ARGUMENTS: self._plain,
            at.WIDTH: width, at.HEIGHT: height, at.DIRECTION_TILES: packets, at.DIRECTIONS: directions,
            at.ROW_POSES: poses, at.ROW_TIMES: times, at.PREVIOUS_POSES: previous, at.UVS: self._meshes.uvs,
            at.TRIANGLES: self._meshes.triangles, at.EMITTER_SIZES: self._meshes.emitter_sizes,
            at.EMITTER_CORNERS: self._meshes.emitter_corners,
            at.TRANSFORMS: self._instances.transforms,
            at.INSTANCES: self._instances.values, at.SLOT_COLORS: self._instances.colors, at.MATERIALS: material_table(),
            at.LAMPS: lamps, at.LAMP_COUNT: len(lamps), at.ATLAS: self._atlas.texels, at.ATLAS_WIDTH: self._atlas.width_px,
            at.ATLAS_HEIGHT: self._atlas.height_px, at.ATLAS_LEVELS: self._atlas.levels,
            at.OCCLUDERS: boxes, at.OCCLUDER_COUNT: len(boxes), at.OUT_MATERIAL: self._surface[LANES:],
            at.OUT_KEY: self._look[LANES:], at.FLICKER: 0, at.FACETS: albedo_table(), at.GROUND_PAGES: ground_table(),
        }  # fmt: skip
        kept = [directions, packets, poses, previous, times, lamps, boxes]
        if lighting is not None:
            light = lighting.light.copy()
            light[at.PIXEL_ANGLE] = view.pixel_angle_rad
            kept.append(light)
            entries |= {
                at.LIGHT: light,
                at.SKY: lighting.sky,
                at.SKY_SIZE: lighting.sky.shape[0],
                at.CLOUD_SHADOWS: lighting.clouds,
            }
        if out is not None:
            entries |= {
                at.OUT_RADIANCE: out.radiance, at.OUT_CENTERS: out.radiance, at.OUT_RANGE: out.range_m,
                at.OUT_NORMAL: out.normal_world,
                at.OUT_INSTANCE: out.instance, at.OUT_SEMANTIC: out.semantic, at.OUT_PART: out.part,
                at.OUT_PREVIOUS: _or_none(out.previous_point_camera), at.OUT_ALBEDO: _or_none(out.albedo),
                at.OUT_ROUGHNESS: _or_none(out.roughness),
            }  # fmt: skip
        for index, value in entries.items():
            self._tables[index] = value if isinstance(value, int) else value.ctypes.data
        return kept


def _or_none(array: Float32 | None) -> Float32 | int:
    """A buffer, or the address that tells the kernels that nobody asks for it."""
    return 0 if array is None else array


def _row_poses(world_from_camera: Float64, origin: Float64) -> Float32:
    """Poses (H, 3, 4) as float32 rows of 12 about the scene's origin, where float32 is fine enough."""
    poses = np.array(world_from_camera, np.float64)
    poses[:, :, 3] -= origin
    return np.ascontiguousarray(poses.reshape(len(poses), 12), np.float32)

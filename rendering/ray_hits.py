"""What straight rays meet: the lidar's, the radar's and the obstacle detector's view of the scene's true meshes.

The same trees as the pictures', so a lidar point lies on the surface that a camera shows. Buffers are made once, for the
largest bundle asked for; a cast allocates nothing. Tested by tests/rendering/test_ray_hits.py.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import rendering.kernels  # noqa: F401  (sets the kernel cache folder before numba is loaded)
from rendering import embree
from rendering.kernels import rays
from rendering.kernels.lanes import LANES
from rendering.tables import InstanceTable, MeshTable, material_table
from sim.base.errors import RenderError

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class RayHits:
    """What N rays met; views (N,) of buffers that the next cast of the same bundle overwrites.

    `distance_m` is inf for a miss; `cosine` is that of the angle between ray and normal, 0 to 1; `reflectivity` the mean
    albedo of the material; `instance` in the state's id spaces, `semantic` ObjectClass; both 0 for a miss.
    """

    distance_m: Float32
    cosine: Float32
    reflectivity: Float32
    instance: NDArray[np.int32]
    semantic: NDArray[np.int32]


class RayBundle:
    """Room for up to `capacity` rays and what they meet.

    `directions` (3, stride) float32 are unit vectors in the sensor's frame, x forward, y left, z up: whoever casts fills
    columns 0 to N - 1. `starts` (4, stride), when asked for: where each ray begins in that frame and the distance from
    which on hits count; without it rays begin at the sensor.
    """

    def __init__(self, capacity: int, with_starts: bool = False) -> None:
        self.capacity = capacity
        self.stride = -(-max(capacity, 1) // LANES) * LANES
        self.directions: Float32 = embree.aligned(3 * self.stride, np.float32).reshape(3, self.stride)
        self.starts: Float32 | None = None
        if with_starts:
            self.starts = embree.aligned(4 * self.stride, np.float32).reshape(4, self.stride)
        self._answers: Float32 = embree.aligned(rays.OUT_ROWS * self.stride, np.float32).reshape(-1, self.stride)

    @property
    def answers(self) -> Float32:
        """Rows of kernels.rays.OUT_*."""
        return self._answers

    def hits(self, count: int) -> RayHits:
        """The answers of the first `count` rays."""
        values, numbers = self._answers, self._answers.view(np.int32)
        return RayHits(
            distance_m=values[rays.OUT_DISTANCE, :count],
            cosine=values[rays.OUT_COSINE, :count],
            reflectivity=values[rays.OUT_REFLECTIVITY, :count],
            instance=numbers[rays.OUT_INSTANCE, :count],
            semantic=numbers[rays.OUT_CLASS, :count],
        )


class RayCaster:
    """Casts bundles of rays into one scene, with a fixed number of threads. Any number gives the same bytes."""

    def __init__(self, meshes: MeshTable, instances: InstanceTable, origin_world_m: Float64, threads: int) -> None:
        self._meshes, self._instances, self._origin = meshes, instances, origin_world_m
        self._threads = max(1, threads)
        self._pool = ThreadPoolExecutor(max(1, self._threads - 1), thread_name_prefix="rays")
        self._scratch = [embree.aligned(rays.SCRATCH_ROWS * LANES, np.float32) for _ in range(self._threads)]
        self._counter = np.zeros(8, np.int64)
        self._tables = np.zeros(rays.ENTRIES, np.int64)
        self._pose = np.zeros(12, np.float32)
        self._arguments = embree.query_arguments(True)
        self._intersect = embree.function_address(f"rtcIntersect{LANES}")

    def cast(self, bundle: RayBundle, count: int, world_from_sensor: Float64, reach_m: float) -> RayHits:
        """The first thing that each of the first `count` rays meets within `reach_m`. `world_from_sensor` is (4, 4)."""
        if not 0 <= count <= bundle.capacity:
            raise RenderError(f"RayCaster.cast: found {count} rays; the bundle has room for 0 to {bundle.capacity}")
        pose = np.array(world_from_sensor[:3], np.float64)
        pose[:, 3] -= self._origin
        self._pose[:] = pose.reshape(12)
        starts = bundle.starts
        table, instances = self._tables, self._instances
        table[rays.COUNTER] = self._counter.ctypes.data
        table[rays.SCENE] = instances.tree.handle
        table[rays.INTERSECT] = self._intersect
        table[rays.ARGUMENTS] = self._arguments.ctypes.data
        table[rays.COUNT], table[rays.STRIDE] = count, bundle.stride
        table[rays.DIRECTIONS] = bundle.directions.ctypes.data
        table[rays.STARTS] = 0 if starts is None else starts.ctypes.data
        table[rays.TRANSFORMS] = instances.transforms.ctypes.data
        table[rays.INSTANCES] = instances.values.ctypes.data
        table[rays.TRIANGLES] = self._meshes.triangles.ctypes.data
        table[rays.MATERIALS] = material_table().ctypes.data
        table[rays.SLOT_COLORS] = instances.colors.ctypes.data
        table[rays.OUT] = bundle.answers.ctypes.data
        self._run(float(reach_m), count)
        return bundle.hits(count)

    def _run(self, reach_m: float, count: int) -> None:
        self._counter[0] = 0
        helpers = self._scratch[1:] if count > rays.BLOCK * LANES else []
        jobs = [
            self._pool.submit(rays.cast_rays, self._tables, self._pose, reach_m, scratch.ctypes.data)
            for scratch in helpers
        ]
        rays.cast_rays(self._tables, self._pose, reach_m, self._scratch[0].ctypes.data)
        for job in jobs:
            job.result()

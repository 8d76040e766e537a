"""The ray tracer: the only module that makes raw calls into Embree 4, the library inside the `embreex` wheel.

Embree finds what a ray hits among meshes and moving instances of meshes (Wald et al., "Embree: a kernel framework for
efficient CPU ray tracing", SIGGRAPH 2014). A wrong pointer type here ends the process without a message, so every
function has its types set, and the version and the layout of the ray packets are checked once, when the library is loaded.
Tested by tests/rendering/test_embree.py.
"""

from __future__ import annotations

import ctypes as ct
import functools
import importlib.util
import os
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import RenderError

OVERRIDE_VARIABLE = "SIM_EMBREE"
LANES_VARIABLE = "SIM_LANES"
_PATTERNS = ("embreex.libs/libembree4*", "embreex.libs/embree4*.dll", "embreex/.dylibs/libembree4*.dylib")
_MIN_VERSION, _END_VERSION = 40200, 50000

_TRIANGLES, _INSTANCE = 0, 121
_BUFFER_INDEX, _BUFFER_VERTEX = 0, 1
_FORMAT_FLOAT3, _FORMAT_UINT3, MATRIX_3X4_ROW_MAJOR = 0x9003, 0x5003, 0x9134
_SCENE_DYNAMIC = 1
_QUALITY_LOW, _QUALITY_MEDIUM, _QUALITY_REFIT = 0, 1, 3
_PROPERTY_VERSION = 0
_PROPERTY_RAY_MASK = 64
_NATIVE_WIDTH_PROPERTIES = {4: 32, 8: 33, 16: 34}
_RAY_QUERY_COHERENT = 1 << 16
_ALL_FEATURES = 0xFFFFFFFF

RAY_HIT_ROWS, RAY_ROWS = 21, 12
(ORIGIN_X, ORIGIN_Y, ORIGIN_Z, T_NEAR, DIRECTION_X, DIRECTION_Y, DIRECTION_Z, TIME, T_FAR, MASK, RAY_ID, FLAGS) = range(
    12
)
(NORMAL_X, NORMAL_Y, NORMAL_Z, HIT_U, HIT_V, PRIMITIVE, GEOMETRY, INSTANCE, INSTANCE_PRIMITIVE) = range(12, 21)
"""Rows of RTCRayHitN: each holds one value of every ray of the packet, 32 bits wide."""

_V, _I, _U, _Z = ct.c_void_p, ct.c_int, ct.c_uint, ct.c_size_t
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "rtcNewDevice": (_V, (ct.c_char_p,)),
    "rtcReleaseDevice": (None, (_V,)),
    "rtcGetDeviceProperty": (ct.c_ssize_t, (_V, _I)),
    "rtcGetDeviceError": (_I, (_V,)),
    "rtcGetDeviceLastErrorMessage": (ct.c_char_p, (_V,)),
    "rtcNewScene": (_V, (_V,)),
    "rtcReleaseScene": (None, (_V,)),
    "rtcSetSceneFlags": (None, (_V, _I)),
    "rtcSetSceneBuildQuality": (None, (_V, _I)),
    "rtcCommitScene": (None, (_V,)),
    "rtcNewGeometry": (_V, (_V, _I)),
    "rtcReleaseGeometry": (None, (_V,)),
    "rtcCommitGeometry": (None, (_V,)),
    "rtcUpdateGeometryBuffer": (None, (_V, _I, _U)),
    "rtcAttachGeometry": (_U, (_V, _V)),
    "rtcAttachGeometryByID": (None, (_V, _V, _U)),
    "rtcDetachGeometry": (None, (_V, _U)),
    "rtcSetSharedGeometryBuffer": (None, (_V, _I, _U, _I, _V, _Z, _Z, _Z)),
    "rtcSetGeometryInstancedScene": (None, (_V, _V)),
    "rtcSetGeometryTransform": (None, (_V, _U, _I, _V)),
    "rtcSetGeometryTimeStepCount": (None, (_V, _U)),
    "rtcSetGeometryMask": (None, (_V, _U)),
    "rtcSetGeometryBuildQuality": (None, (_V, _I)),
}


def library_path() -> Path:
    """Where libembree4 lies: SIM_EMBREE if set, else inside the installed embreex wheel."""
    override = os.environ.get(OVERRIDE_VARIABLE)
    if override:
        path = Path(override)
        if not path.is_file():
            raise RenderError(
                f"{OVERRIDE_VARIABLE}: found {override!r}, which is not a file; expected the path of libembree4 (4.2 or newer); "
                f"correct or unset {OVERRIDE_VARIABLE}"
            )
        return path
    spec = importlib.util.find_spec("embreex")
    if spec is None or spec.origin is None:
        raise RenderError(
            "ray tracer: the package embreex is not installed; rendering needs libembree4 from its wheel; "
            f"run: pip install 'embreex>=4.4', or set {OVERRIDE_VARIABLE} to a libembree4 of your own"
        )
    root = Path(spec.origin).parents[1]
    found = sorted(path for pattern in _PATTERNS for path in root.glob(pattern))
    if not found:
        raise RenderError(
            f"ray tracer: no libembree4 beside {spec.origin}; expected one of {', '.join(_PATTERNS)}; "
            f"reinstall the embreex wheel (there is none for musl or Linux aarch64), or set {OVERRIDE_VARIABLE}"
        )
    return found[0]


@functools.lru_cache(maxsize=1)
def _library() -> ct.CDLL:
    path = library_path()
    if sys.platform == "win32":
        os.add_dll_directory(str(path.parent))
    try:
        library = ct.CDLL(str(path))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise RenderError(f"{path}: cannot be used as libembree4 ({error}); reinstall embreex>=4.4") from error
    return library


def function_address(name: str) -> int:
    """The address of one of Embree's functions, for kernels to call."""
    address = ct.cast(getattr(_library(), name), ct.c_void_p).value
    if not address:
        raise RenderError(
            f"{library_path()}: has no function {name}; expected Embree 4.2 or newer; reinstall embreex>=4.4"
        )
    return address


@functools.lru_cache(maxsize=1)
def device() -> int:
    """The process's one Embree device. Builds run in the calling thread, so that nothing depends on a thread pool."""
    library = _library()
    handle = library.rtcNewDevice(b"threads=1,set_affinity=0")
    if not handle:
        raise RenderError(f"{library_path()}: Embree refused to start (error {library.rtcGetDeviceError(None)})")
    version = library.rtcGetDeviceProperty(handle, _PROPERTY_VERSION)
    if not _MIN_VERSION <= version < _END_VERSION:
        raise RenderError(
            f"{library_path()}: found Embree {version}; the layout of ray packets here is that of 4.2 to 4.x; "
            "run: pip install 'embreex>=4.4,<5'"
        )
    if not library.rtcGetDeviceProperty(handle, _PROPERTY_RAY_MASK):
        raise RenderError(
            f"{library_path()}: built without ray masks, which hidden objects need; reinstall embreex>=4.4"
        )
    return int(handle)


@functools.lru_cache(maxsize=1)
def native_lanes() -> int:
    """Rays per packet that this CPU traces natively: 16, 8 or 4 (AVX-512, AVX2, SSE). SIM_LANES asks for fewer.

    A packet wider than native would fall back to single rays, three times slower, so it is refused.
    """
    library = _library()
    native = [n for n, key in _NATIVE_WIDTH_PROPERTIES.items() if library.rtcGetDeviceProperty(device(), key)]
    asked = os.environ.get(LANES_VARIABLE)
    if asked is None:
        return max(native, default=4)
    if asked not in {str(n) for n in native}:
        raise RenderError(f"{LANES_VARIABLE}: found {asked!r}; this CPU's packet widths are {native}; unset it")
    return int(asked)


def aligned(count: int, dtype: type, alignment: int = 64) -> NDArray[Any]:
    """A zeroed array whose first byte is aligned, as Embree wants its packets."""
    size = count * np.dtype(dtype).itemsize
    raw = np.zeros(size + alignment, np.uint8)
    offset = -raw.ctypes.data % alignment
    return raw[offset : offset + size].view(dtype)


def query_arguments(coherent: bool) -> NDArray[np.int64]:
    """RTCIntersectArguments or RTCOccludedArguments: flags, all features, no context, no filters."""
    arguments = aligned(6, np.int64)
    arguments[:1].view(np.uint32)[:] = (_RAY_QUERY_COHERENT if coherent else 0, _ALL_FEATURES)
    return arguments


def raise_errors(where: str) -> None:
    """Turn Embree's pending error, if there is one, into a RenderError."""
    code = _library().rtcGetDeviceError(device())
    if code:
        text = _library().rtcGetDeviceLastErrorMessage(device()) or b""
        raise RenderError(f"{where}: Embree reports error {code} ({text.decode(errors='replace')})")


class TriangleTree:
    """The bounding volume tree of one mesh in its own frame, shared by all instances of the mesh.

    One that `moves` may be refitted to other places of the same vertices: its boxes follow, its branches stay.
    """

    def __init__(self, vertices: NDArray[np.float32], triangles: NDArray[np.uint32], moves: bool = False) -> None:
        library = _library()
        geometry, self._vertices, self._triangles = _triangle_geometry(vertices, triangles)
        self.handle: int = library.rtcNewScene(device())
        if moves:
            library.rtcSetGeometryBuildQuality(geometry, _QUALITY_REFIT)
            library.rtcSetSceneFlags(self.handle, _SCENE_DYNAMIC)
        library.rtcCommitGeometry(geometry)
        # high quality (spatial splits) takes five times as long to build and traces these meshes no faster
        # (a scene of low quality keeps a tree for each geometry, the only kind that is refitted rather than built anew)
        library.rtcSetSceneBuildQuality(self.handle, _QUALITY_LOW if moves else _QUALITY_MEDIUM)
        library.rtcAttachGeometry(self.handle, geometry)
        # the scene keeps the geometry alive
        self._geometry: int = geometry
        library.rtcReleaseGeometry(geometry)
        library.rtcCommitScene(self.handle)
        raise_errors(f"mesh of {len(triangles)} triangles")
        weakref.finalize(self, library.rtcReleaseScene, self.handle)

    def refit(self, vertices: NDArray[np.float32]) -> None:
        """Move the vertices of a tree that `moves`; instances that show it are to be committed after this."""
        library = _library()
        self._vertices[: vertices.size] = vertices.ravel()
        library.rtcUpdateGeometryBuffer(self._geometry, _BUFFER_VERTEX, 0)
        library.rtcCommitGeometry(self._geometry)
        library.rtcCommitScene(self.handle)


class MergedTree:
    """One tree over many meshes in one frame, which never move; rays report which by its number as the geometry they hit."""

    def __init__(self, meshes: Sequence[tuple[NDArray[np.float32], NDArray[np.uint32]]]) -> None:
        library = _library()
        self.handle: int = library.rtcNewScene(device())
        library.rtcSetSceneBuildQuality(self.handle, _QUALITY_MEDIUM)
        self._kept = []
        for number, (vertices, triangles) in enumerate(meshes):
            geometry, *buffers = _triangle_geometry(vertices, triangles)
            self._kept.append(buffers)
            library.rtcCommitGeometry(geometry)
            library.rtcAttachGeometryByID(self.handle, geometry, number)
            library.rtcReleaseGeometry(geometry)
        library.rtcCommitScene(self.handle)
        raise_errors(f"{len(meshes)} merged meshes")
        weakref.finalize(self, library.rtcReleaseScene, self.handle)


def _triangle_geometry(
    vertices: NDArray[np.float32], triangles: NDArray[np.uint32]
) -> tuple[int, NDArray[np.float32], NDArray[np.uint32]]:
    """A geometry that is not yet committed, and the arrays that have to outlive it."""
    library = _library()
    # Embree reads 16 bytes per vertex, so the last one needs four bytes of slack.
    padded = aligned(vertices.size + 4, np.float32)
    padded[: vertices.size] = vertices.ravel()
    indices = np.ascontiguousarray(triangles, np.uint32)
    geometry = library.rtcNewGeometry(device(), _TRIANGLES)
    for kind, layout, data, count in (
        (_BUFFER_VERTEX, _FORMAT_FLOAT3, padded, len(vertices)),
        (_BUFFER_INDEX, _FORMAT_UINT3, indices, len(triangles)),
    ):
        library.rtcSetSharedGeometryBuffer(geometry, kind, 0, layout, data.ctypes.data, 0, 12, count)
    library.rtcSetGeometryMask(geometry, 0xFFFFFFFF)
    return int(geometry), padded, indices


class InstanceTree:
    """The tree over posed meshes. Slots are small integers that rays report as the instance they hit."""

    def __init__(self) -> None:
        self.handle: int = _library().rtcNewScene(device())
        _library().rtcSetSceneFlags(self.handle, _SCENE_DYNAMIC)
        self._geometry: dict[int, int] = {}
        weakref.finalize(self, _release_tree, self.handle, self._geometry)

    def add(self, slot: int, mesh: TriangleTree | MergedTree) -> int:
        """Put a mesh into a slot and return the handle through which kernels pose it."""
        library = _library()
        geometry = library.rtcNewGeometry(device(), _INSTANCE)
        library.rtcSetGeometryInstancedScene(geometry, mesh.handle)
        library.rtcAttachGeometryByID(self.handle, geometry, slot)
        self._geometry[slot] = geometry
        return int(geometry)

    def share(self, slot: int, geometry: int) -> None:
        """Put an instance that lives in another tree into this one too, with its pose."""
        _library().rtcAttachGeometryByID(self.handle, geometry, slot)

    def replace_mesh(self, slot: int, mesh: TriangleTree) -> None:
        """Show another mesh in a slot (a walker's next pose); takes effect at the next commit."""
        _library().rtcSetGeometryInstancedScene(self._geometry[slot], mesh.handle)

    def remove(self, slot: int) -> None:
        """Empty a slot."""
        _library().rtcDetachGeometry(self.handle, slot)
        _library().rtcReleaseGeometry(self._geometry.pop(slot))

    def commit(self) -> None:
        """Make all changes visible to rays."""
        _library().rtcCommitScene(self.handle)
        raise_errors(f"tree of {len(self._geometry)} instances")


def _release_tree(handle: int, geometries: dict[int, int]) -> None:
    for geometry in geometries.values():
        _library().rtcReleaseGeometry(geometry)
    _library().rtcReleaseScene(handle)

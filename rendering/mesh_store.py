"""Finished meshes on disk, so that a second start does not build a town's houses and roads again.

One file holds one list of arrays: an 8-byte length, a JSON list of dtypes and shapes, the raw arrays, and a SHA-256 of all
that. A file's name is a hash of everything it follows from (`recipe`), so nothing stale is ever read; a file that is cut
short, damaged or deleted is built again. Files are written under a temporary name and renamed; the oldest go when the folder
exceeds its limit. Tested by tests/rendering/test_mesh_store.py.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rendering.mesh import Mesh

Arrays = list[NDArray[Any]]

LIMIT_BYTES = 1_500_000_000
_PROJECT = Path(__file__).resolve().parents[1]
_BUILDERS = ("mesh", "materials", "mesh_store", "surroundings", "sign_atlas", "ground_texture")
_SOURCES = (
    *(f"rendering/{name}.py" for name in _BUILDERS),
    "rendering/assets/*.py",
    "rendering/kernels/ground_layout.py",
    "sim/base/*.py",
    "sim/catalogue/*.py",
    "sim/maps/network.py",
)
_LIBRARIES = ("numpy", "scipy", "shapely", "mapbox_earcut", "opencv-python-headless")
_DIGEST_BYTES = 32
_log = logging.getLogger(__name__)


def folder() -> Path:
    """`$XDG_CACHE_HOME/sim/meshes`, by default `~/.cache/sim/meshes`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sim" / "meshes"


def recipe(kind: str, *inputs: object) -> str:
    """The name of what follows from the sources of the assets and from `inputs`: text, numbers, arrays, dataclasses of these."""
    hasher = hashlib.sha256(f"{kind} {_sources_digest()}".encode())
    for item in inputs:
        _absorb(hasher, item)
    return f"{kind}-{hasher.hexdigest()[:32]}"


def cached(name: str, build: Callable[[], Arrays]) -> Arrays:
    """The arrays called `name` (see `recipe`) from disk, else built now and kept for the next start."""
    path = folder() / name
    found = _read(path)
    if found is not None:
        with contextlib.suppress(OSError):  # only so that the oldest files are those unused for longest
            os.utime(path)
        return found
    arrays = build()
    try:
        _write(path, arrays)
        _prune(path.parent)
    except OSError as error:
        _log.warning("%s: cannot be written (%s); meshes are built again at the next start", path, error)
    return arrays


def flat(meshes: Sequence[Mesh]) -> Arrays:
    """Meshes as seven arrays: counts (M, 3) of vertices, triangles and whether uv is there, then all rows end to end."""
    counts = np.array([(len(m.vertices), len(m.triangles), m.uv is not None) for m in meshes], np.int64).reshape(-1, 3)
    uv = [m.uv for m in meshes if m.uv is not None]
    return [
        counts,
        _joined([m.vertices for m in meshes], np.float32, 3),
        _joined([m.normals for m in meshes], np.float32, 3),
        _joined([m.triangles for m in meshes], np.uint32, 3),
        _joined([m.material for m in meshes], np.uint16, 0),
        _joined([m.part for m in meshes], np.uint8, 0),
        _joined(uv, np.float32, 2),
    ]


def meshes_of(arrays: Arrays) -> list[Mesh]:
    """The meshes that `flat` took apart, as views of its arrays."""
    counts, vertices, normals, triangles, material, part, uv = arrays
    out, v, t, w = [], 0, 0, 0
    for vertex_count, triangle_count, has_uv in counts.tolist():
        at_v, at_t, at_w = slice(v, v + vertex_count), slice(t, t + triangle_count), slice(w, w + vertex_count)
        own_uv = uv[at_w] if has_uv else None
        out.append(Mesh(vertices[at_v], normals[at_v], triangles[at_t], material[at_t], part[at_t], own_uv))
        v, t, w = v + vertex_count, t + triangle_count, w + vertex_count * has_uv
    return out


def _joined(pieces: Sequence[NDArray[Any]], dtype: type, width: int) -> NDArray[Any]:
    empty: NDArray[Any] = np.zeros((0, width) if width else 0, dtype)
    return np.ascontiguousarray(np.concatenate([empty, *pieces]), dtype)


def _absorb(hasher: Any, item: object) -> None:
    if isinstance(item, np.ndarray) and item.dtype != object:
        hasher.update(f"{item.dtype}{item.shape}".encode())
        hasher.update(np.ascontiguousarray(item).tobytes())
    elif dataclasses.is_dataclass(item) and not isinstance(item, type):
        for field in dataclasses.fields(item):
            hasher.update(field.name.encode())
            _absorb(hasher, getattr(item, field.name))
    elif isinstance(item, dict):
        _absorb(hasher, tuple(item.items()))
    elif isinstance(item, tuple | list):
        hasher.update(f"({len(item)}".encode())
        for value in item:
            _absorb(hasher, value)
    else:
        hasher.update(f"{type(item).__name__}:{item!r}".encode())


@functools.lru_cache(maxsize=1)
def _sources_digest() -> str:
    hasher = hashlib.sha256()
    for pattern in _SOURCES:
        for source in sorted(_PROJECT.glob(pattern)):
            hasher.update(source.name.encode())
            hasher.update(source.read_bytes())
    for library in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            hasher.update(f"{library}={metadata.version(library)}".encode())
    return hasher.hexdigest()


def _read(path: Path) -> Arrays | None:
    """The arrays of a file, or None when it is absent or not whole."""
    try:
        data = np.fromfile(path, np.uint8)
    except OSError:
        return None
    end = len(data) - _DIGEST_BYTES
    if end < 8 or hashlib.sha256(data[:end].data).digest() != data[end:].tobytes():
        _log.warning("%s: not whole; built again", path)
        return None
    header_bytes = int(data[:8].view(np.int64)[0])
    arrays, offset = [], 8 + header_bytes
    for dtype, shape in json.loads(data[8:offset].tobytes()):
        offset = -(-offset // 64) * 64
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        arrays.append(data[offset : offset + size].view(dtype).reshape(shape))
        offset += size
    return arrays


def _write(path: Path, arrays: Arrays) -> None:
    header = json.dumps([(array.dtype.str, array.shape) for array in arrays]).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            hasher, offset = hashlib.sha256(), 0
            for piece in (np.int64(len(header)).tobytes(), header, *arrays):
                raw = piece if isinstance(piece, bytes) else np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data
                padding = b"" if isinstance(piece, bytes) else bytes(-offset % 64)
                for part in (padding, raw):
                    file.write(part)
                    hasher.update(part)
                offset += len(padding) + len(raw)
            file.write(hasher.digest())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _prune(where: Path) -> None:
    """Delete the files unused for longest until the rest keep within LIMIT_BYTES."""
    files = [(entry.stat().st_mtime, entry.stat().st_size, entry) for entry in where.iterdir() if entry.is_file()]
    total = sum(size for _, size, _ in files)
    for _, size, entry in sorted(files, key=lambda item: (item[0], item[2].name))[:-1]:
        if total <= LIMIT_BYTES:
            break
        entry.unlink(missing_ok=True)
        total -= size

"""Packed normals against the vectors they came from; water on roads and grass."""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering.embree import aligned
from rendering.kernels.lanes import LANES, ldf, ldi, stf, vf, vi
from rendering.kernels.pack import pack_normal, unpack_normal
from rendering.kernels.texture import snow_cover, water
from rendering.materials import TextureKind


@njit
def _unpack(source, target):
    x, y, z = unpack_normal(ldi(source, 0))
    stf(target, 0, x)
    stf(target, 1, y)
    stf(target, 2, z)


@njit
def _water_at(source, target, wet, texture, footprint):
    film, pool = water(ldf(source, 0), ldf(source, 1), vf(wet), 0.8, vi(texture), vf(0.0), vf(footprint))
    stf(target, 0, film)
    stf(target, 1, pool)


def _round_trip(vectors: np.ndarray) -> np.ndarray:
    out = np.zeros_like(vectors)
    source, target = aligned(LANES, np.int32), aligned(3 * LANES, np.float32)
    for first in range(0, len(vectors), LANES):
        part = vectors[first : first + LANES]
        source[: len(part)] = [pack_normal(*vector) for vector in part]
        _unpack(source.ctypes.data, target.ctypes.data)
        out[first : first + LANES] = target.reshape(3, LANES).T[: len(part)]
    return out


def test_packed_normals_keep_their_direction():
    vectors = np.random.default_rng(1).normal(size=(800, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    back = _round_trip(vectors)
    assert np.degrees(np.linalg.norm(back - vectors, axis=1)).max() < 0.004
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), 1.0, atol=1e-6)


def test_axes_are_exact():
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    np.testing.assert_allclose(_round_trip(axes), axes, atol=1e-7)


def test_water_lies_in_puddles_on_roads_and_hardly_on_grass():
    source, target = aligned(2 * LANES, np.float32), aligned(2 * LANES, np.float32)
    shares = {}
    for texture in (TextureKind.ASPHALT, TextureKind.GRASS):
        values = []
        for k in range(200):
            source[:] = np.random.default_rng(k).uniform(-50, 50, 2 * LANES)
            _water_at(source.ctypes.data, target.ctypes.data, 1.0, int(texture), 0.01)
            values.append(target.reshape(2, LANES).copy())
        shares[texture] = np.concatenate(values, axis=1)
    film, pool = shares[TextureKind.ASPHALT]
    assert pool.max() > 0.8 and 0.02 < (pool > 0.5).mean() < 0.4
    assert (film + pool <= 1.0 + 1e-6).all() and film[pool == 0.0].min() > 0.5
    film, pool = shares[TextureKind.GRASS]
    assert pool.max() == 0.0 and film.max() < 0.1
    _water_at(source.ctypes.data, target.ctypes.data, 1.0, int(TextureKind.ASPHALT), 50.0)
    assert np.ptp(target[LANES:]) < 1e-6


@njit
def _on_road(source, target, path, texture):
    x, y = ldf(source, 0), ldf(source, 1)
    _film, pool = water(x, y, vf(1.0), 0.6, vi(texture), vf(path), vf(0.01))
    stf(target, 0, pool)
    stf(target, 1, snow_cover(x, y, vf(1.0), vf(0.9), vi(texture), vf(path), vf(0.01)))


def test_ruts_hold_water_and_tyre_tracks_are_clear_of_snow():
    source, target = aligned(2 * LANES, np.float32), aligned(2 * LANES, np.float32)
    shares = {}
    for path in (0.0, 1.0):
        values = []
        for k in range(200):
            source[:] = np.random.default_rng(k).uniform(-50, 50, 2 * LANES)
            _on_road(source.ctypes.data, target.ctypes.data, path, int(TextureKind.ASPHALT))
            values.append(target.reshape(2, LANES).copy())
        shares[path] = np.concatenate(values, axis=1).mean(axis=1)
    assert shares[1.0][0] > 2.0 * shares[0.0][0] > 0.0
    assert shares[1.0][1] < 0.25 * shares[0.0][1] and shares[0.0][1] > 0.4

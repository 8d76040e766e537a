"""The navigation file: what is written is read back, and Detour's own rules hold."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from sim.base.errors import MapError
from sim.wire.detour import AREA_CROSSWALK, AREA_SIDEWALK, NavigationMesh, decode_navigation, encode_navigation

_HEADER_AT = 48
_HEADER_BYTES = 100


def _strip(count: int) -> NavigationMesh:
    """A strip of square polygons along x, two metres wide."""
    x = np.arange(count + 1.0)
    vertices = np.concatenate([np.column_stack([x, np.full_like(x, y), 0.1 * x]) for y in (0.0, 2.0)])
    left = np.arange(count)
    corner = np.full((count, 6), -1, dtype=np.int32)
    corner[:, :4] = np.stack([left, left + 1, left + count + 2, left + count + 1], axis=1)
    neighbour = np.full((count, 6), -1, dtype=np.int32)
    neighbour[:-1, 1] = left[1:]
    neighbour[1:, 3] = left[:-1]
    area = np.where(left == 1, AREA_CROSSWALK, AREA_SIDEWALK).astype(np.uint8)
    return NavigationMesh(vertices, corner, np.full(count, 4, dtype=np.int32), neighbour, area)


@pytest.mark.parametrize("count", [1, 2, 7, 1500])
def test_reads_back_what_it_wrote(count: int) -> None:
    mesh = _strip(count)
    back = decode_navigation(encode_navigation(mesh))
    np.testing.assert_allclose(back.vertices_world_m, mesh.vertices_world_m, atol=1e-4)
    for name in ("corner", "corner_count", "neighbour", "area"):
        np.testing.assert_array_equal(getattr(back, name), getattr(mesh, name))


def test_the_size_is_what_the_header_says() -> None:
    data = encode_navigation(_strip(9))
    (tile_bytes,) = struct.unpack_from("<i", data, _HEADER_AT - 4)
    assert len(data) == _HEADER_AT + tile_bytes
    polygons, vertices, links, details, _, triangles, nodes = struct.unpack_from("<7i", data, _HEADER_AT + 24)
    body = 12 * vertices + 32 * polygons + 12 * links + 12 * details + 4 * triangles + 16 * nodes
    assert tile_bytes == _HEADER_BYTES + body
    assert links >= 16, "one link for each side of each inner edge"


def test_the_bounding_tree_holds_every_polygon_and_skips_whole_branches() -> None:
    count = 37
    data = encode_navigation(_strip(count))
    node = np.dtype([("low", "<u2", (3,)), ("high", "<u2", (3,)), ("item", "<i4")])
    nodes = np.frombuffer(data[-16 * (2 * count - 1) :], node)
    assert sorted(nodes["item"][nodes["item"] >= 0].tolist()) == list(range(count))
    for row, entry in enumerate(nodes):
        span = -int(entry["item"]) if entry["item"] < 0 else 1
        inside = nodes[row : row + span]
        assert (inside["low"] >= entry["low"]).all()
        assert (inside["high"] <= entry["high"]).all()
    outer = nodes[0]
    assert -int(outer["item"]) == len(nodes)


def test_detail_triangles_mark_exactly_the_edges_on_the_border() -> None:
    mesh = _strip(3)
    data = encode_navigation(mesh)
    triangles = np.frombuffer(data[-16 * 5 - 4 * 6 : -16 * 5], np.uint8).reshape(-1, 4)
    for a, b, c, flags in triangles.tolist():
        for edge, (one, two) in enumerate(((a, b), (b, c), (c, a))):
            on_border = (two - one) % 4 == 1
            assert bool(flags >> (2 * edge) & 1) == on_border


def test_an_empty_mesh_is_no_file_and_garbage_is_refused() -> None:
    nothing = _strip(1)
    empty = NavigationMesh(
        nothing.vertices_world_m[:0],
        nothing.corner[:0],
        nothing.corner_count[:0],
        nothing.neighbour[:0],
        nothing.area[:0],
    )
    assert encode_navigation(empty) == b""
    with pytest.raises(MapError, match="expected a header"):
        decode_navigation(b"x")
    with pytest.raises(MapError, match="magic"):
        decode_navigation(bytes(200))


def test_too_many_polygons_are_refused_with_the_limit() -> None:
    with pytest.raises(MapError, match="at most 32767"):
        encode_navigation(_strip(33000))

"""Raw bytes and files come back exactly (D6)."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from sensors.capture import CameraSensor
from sensors.raw import camera_from_xyz, pack12, pack_wide, read_npz, unpack12, unpack_wide, write_dng, write_npz
from tests.sensors.analytic_scene import AnalyticScene
from tests.sensors.worlds import EGO, drive


def test_all_codes_round_trip():
    codes = np.arange(4096, dtype=np.uint16)
    raw = np.stack([codes, codes[::-1], np.roll(codes, 7)])
    packed = pack12(raw)
    assert packed.shape == (3, 4096 * 3 // 2)
    assert np.array_equal(unpack12(packed), raw)


def test_packing_order_is_mipi():
    assert pack12(np.array([[0xABC, 0x123]], np.uint16)).tolist() == [[0xAB, 0x12, 0x3C]]


@pytest.mark.parametrize("bits", [16, 20, 24])
def test_wide_codes_round_trip(bits: int):
    """D6: every code of 16 and 20 bits, and a grid of those of 24."""
    step = 1 if bits < 24 else 17
    codes = np.arange(0, 1 << bits, step, dtype=np.uint32)
    raw = codes[: len(codes) // 64 * 64].reshape(-1, 64)
    packed = pack_wide(raw, bits)
    assert packed.shape == (len(raw), 64 * bits // 8)
    assert np.array_equal(unpack_wide(packed, bits), raw)


def test_wide_packing_order_is_mipi():
    pair = np.array([[0xABCDE, 0x12345]], np.uint32)
    assert pack_wide(pair, 20).tolist() == [[0xAB, 0xCD, 0x12, 0x34, 0x5E]]
    assert pack_wide(pair, 24).tolist() == [[0x0A, 0xBC, 0xDE, 0x01, 0x23, 0x45]]
    assert pack_wide(pair & 0xFFFF, 16).tolist() == [[0xBC, 0xDE, 0x23, 0x45]]


def test_values_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="found 20 bits, width 2, largest value 1048576"):
        pack_wide(np.full((2, 2), 1 << 20, np.uint32), 20)
    with pytest.raises(ValueError, match="expected 16, 20 or 24 bits"):
        pack_wide(np.zeros((2, 2), np.uint32), 14)


def test_thirteen_bits_are_refused():
    with pytest.raises(ValueError, match="largest value 4096"):
        pack12(np.full((2, 2), 4096, np.uint16))


def test_files_round_trip(small_camera, tmp_path: Path):
    frame, _ = CameraSensor(small_camera, AnalyticScene(), 3, small_camera.period_flicks).capture(
        drive(1, small_camera.period_flicks, 0.0), EGO, labels=False
    )
    write_npz(tmp_path / "frame.npz", frame)
    assert np.array_equal(read_npz(tmp_path / "frame.npz"), frame.raw)
    write_dng(tmp_path / "frame.dng", frame, small_camera)
    tags = tiff_tags((tmp_path / "frame.dng").read_bytes())
    data = (tmp_path / "frame.dng").read_bytes()
    offset, size = tags[273][0], tags[279][0]
    assert tags[256] == (160,) and tags[257] == (120,) and tags[262] == (32803,) and tags[33422] == (0, 1, 1, 2)
    assert np.array_equal(np.frombuffer(data[offset : offset + size], "<u2").reshape(120, 160), frame.raw)
    assert offset + size == len(data)
    assert tags[50714][0] / tags[50714][1] == 168.0


def test_dng_matrix_turns_white_into_the_cameras_white(small_camera):
    d65_xyz = np.array([0.95047, 1.0, 1.08883])
    camera = camera_from_xyz(small_camera) @ d65_xyz
    assert camera == pytest.approx([1521 / 2327, 1.0, 1775 / 2327], rel=1e-4)


def tiff_tags(data: bytes) -> dict[int, tuple[int, ...]]:
    """An independent reader of one TIFF directory."""
    assert data[:4] == b"II*\0"
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 10: 8}
    code = {1: "B", 2: "B", 3: "H", 4: "I", 5: "II", 10: "ii"}
    out = {}
    for i in range(count):
        tag, kind, number = struct.unpack_from("<HHI", data, start + 2 + 12 * i)
        where = start + 2 + 12 * i + 8
        if size[kind] * number > 4:
            (where,) = struct.unpack_from("<I", data, where)
        out[tag] = struct.unpack_from("<" + code[kind] * number, data, where)
    assert list(out) == sorted(out)
    return out

"""Raw images as bytes and files: packing of 12, 16, 20 and 24 bits, DNG for other tools, NPZ for ours.

Packing is MIPI CSI-2 RAW12: two pixels in three bytes, high eight bits of each, then both low nibbles (second pixel's above).
The DNG (Adobe specification 1.4) is uncompressed 16-bit with its CFA pattern, black and white level, colour matrix and
white balance; companded values carry their curve, as a table of 16 bits. Tested by tests/sensors/test_raw.py.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.mosaic import MOSAICS, RGB, channel_response, channel_yields
from sim.base.observation import CameraFrame

XYZ_FROM_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""CIE XYZ from linear Rec.709 with D65 white (IEC 61966-2-1)."""

DNG_COLORS = {"red": 0, "green": 1, "blue": 2, "cyan": 3, "yellow": 5, "clear": 6}
"""Numbers of filters in a DNG (TIFF/EP); 6 is white."""

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_FORMATS = {_BYTE: "B", _SHORT: "H", _LONG: "I"}


def pack12(raw: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Bytes (H, W * 3 / 2) of a 12-bit image (H, W), W even. Raises ValueError for larger values."""
    if raw.shape[1] % 2 or int(raw.max(initial=0)) > 4095:
        raise ValueError(
            f"pack12: found width {raw.shape[1]} and largest value {int(raw.max(initial=0))}; expected even and at most 4095"
        )
    first, second = raw[:, 0::2], raw[:, 1::2]
    out = np.empty((raw.shape[0], raw.shape[1] // 2, 3), np.uint8)
    out[..., 0] = first >> 4
    out[..., 1] = second >> 4
    out[..., 2] = ((second & 15) << 4) | (first & 15)
    return out.reshape(raw.shape[0], -1)


def unpack12(packed: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The image (H, W) of pack12's bytes (H, W * 3 / 2)."""
    triples = packed.reshape(packed.shape[0], -1, 3).astype(np.uint16)
    out = np.empty((packed.shape[0], triples.shape[1] * 2), np.uint16)
    out[:, 0::2] = (triples[..., 0] << 4) | (triples[..., 2] & 15)
    out[:, 1::2] = (triples[..., 1] << 4) | (triples[..., 2] >> 4)
    return out


def pack_wide(raw: NDArray[np.unsignedinteger[Any]], bits: int) -> NDArray[np.uint8]:
    """Bytes (H, W * bits / 8) of an image (H, W) of 16, 20 or 24 bits: MIPI CSI-2 RAW16, RAW20, RAW24.

    RAW16 and RAW24 are each pixel's bytes, the highest first. RAW20 holds two pixels in five bytes: their high sixteen bits, byte by
    byte, then both low nibbles, the second pixel's above. Raises ValueError for other widths and larger values.
    """
    largest = int(raw.max(initial=0))
    if bits not in (16, 20, 24) or raw.shape[1] % 2 or largest >= 1 << bits:
        raise ValueError(
            f"pack_wide: found {bits} bits, width {raw.shape[1]}, largest value {largest}; expected 16, 20 or 24 bits, an even width "
            "and values that fit"
        )
    wide = raw.astype(np.uint32)
    if bits == 20:
        first, second = wide[:, 0::2], wide[:, 1::2]
        low = ((second & 15) << 4) | (first & 15)
        parts = [first >> 12, first >> 4, second >> 12, second >> 4, low]
    else:
        parts = [wide >> shift for shift in range(bits - 8, -1, -8)]
    return np.stack(parts, axis=-1).astype(np.uint8).reshape(raw.shape[0], -1)


def unpack_wide(packed: NDArray[np.uint8], bits: int) -> NDArray[np.uint32]:
    """The image (H, W) of pack_wide's bytes."""
    if bits == 20:
        five = packed.reshape(packed.shape[0], -1, 5).astype(np.uint32)
        out = np.empty((packed.shape[0], five.shape[1] * 2), np.uint32)
        out[:, 0::2] = (five[..., 0] << 12) | (five[..., 1] << 4) | (five[..., 4] & 15)
        out[:, 1::2] = (five[..., 2] << 12) | (five[..., 3] << 4) | (five[..., 4] >> 4)
        return out
    parts = packed.reshape(packed.shape[0], -1, bits // 8).astype(np.uint32)
    value = np.zeros(parts.shape[:2], np.uint32)
    for i in range(bits // 8):
        value = (value << np.uint32(8)) | parts[..., i]
    return value


def _raw_of(frame: CameraFrame) -> NDArray[np.uint16]:
    if frame.raw is None:
        raise ValueError(f"camera {frame.name}: found a frame without raw; set keep_raw: true in the rig")
    return frame.raw


def write_npz(path: Path, frame: CameraFrame) -> None:
    """Packed raw, in 12 bits or else in 16, with what is needed to develop it; read back by read_npz."""
    meta = frame.metadata
    raw = _raw_of(frame)
    np.savez(
        path,
        packed=pack12(raw) if meta.raw_bits == 12 else pack_wide(raw, 16),
        packed_bits=12 if meta.raw_bits == 12 else 16,
        cfa=meta.cfa,
        black_level_dn=meta.black_level_dn,
        linear_black_level_dn=meta.linear_black_level_dn,
        linear_white_level_dn=meta.linear_white_level_dn,
        companding_knees=np.array(meta.companding_knees, np.int64).reshape(-1, 2),
        exposure_s=meta.exposure_s,
        analog_gain=meta.analog_gain,
        digital_gain=meta.digital_gain,
        white_balance_rgb=meta.white_balance_rgb,
        exposure_start_flicks=meta.exposure_start_flicks,
    )


def read_npz(path: Path) -> NDArray[np.uint16]:
    """The raw image of write_npz, exactly."""
    with np.load(path, allow_pickle=False) as data:
        if "packed_bits" in data and int(data["packed_bits"]) == 16:
            return unpack_wide(data["packed"], 16).astype(np.uint16)
        return unpack12(data["packed"])


def write_dng(path: Path, frame: CameraFrame, config: CameraConfig) -> None:
    """One raw frame as a DNG that raw converters open."""
    raw = np.ascontiguousarray(_raw_of(frame), dtype="<u2")
    path.write_bytes(_tiff(_dng_tags(raw, frame, config), raw.tobytes()))


def camera_from_xyz(config: CameraConfig) -> NDArray[np.float64]:
    """(C, 3) DNG ColorMatrix1: raw values of the mosaic's channels, the second's white at 1, from CIE XYZ under D65."""
    camera_from_rgb = channel_response(config.sensor) / channel_yields(config.sensor)[1]
    return np.asarray(camera_from_rgb @ np.linalg.inv(XYZ_FROM_RGB))


def _levels(frame: CameraFrame, config: CameraConfig) -> tuple[float, float, list[tuple[int, int, bytes]]]:
    """Black and white level after the table of companded values, and that table; values beyond 16 bits are scaled down to them."""
    meta, sensor = frame.metadata, config.sensor
    if not sensor.reads:
        gain = meta.analog_gain * meta.digital_gain
        well = sensor.black_level_dn + sensor.full_well_e * sensor.conversion_dn_per_e * gain
        return sensor.black_level_dn, min(well, sensor.max_dn), []
    black, white = meta.linear_black_level_dn, meta.linear_white_level_dn
    if sensor.companding is None:
        return black, white, []
    scale = 2.0 ** max(sensor.companding.in_bits - 16, 0)
    table = np.minimum(np.rint(sensor.companding.curve().expanded / scale), 65535.0).astype("<u2")
    return black / scale, white / scale, [(50712, _SHORT, table.tobytes())]


def _dng_tags(raw: NDArray[np.uint16], frame: CameraFrame, config: CameraConfig) -> list[tuple[int, int, bytes]]:
    """(tag, type, payload) in ascending tag order; strip offset 0 is filled in by _tiff."""
    height, width = raw.shape
    meta = frame.metadata
    mosaic = MOSAICS[config.sensor.cfa]
    neutral = [1.0 / gain for gain in meta.white_balance_rgb[: len(mosaic.filters)]]
    colors = [DNG_COLORS[name] for name in mosaic.filters]
    planes = [] if mosaic.filters == RGB else [(50710, _BYTE, bytes(colors))]
    black, white, table = _levels(frame, config)
    model = f"sim {config.name}"
    return [
        (254, _LONG, _pack(_LONG, 0)),
        (256, _LONG, _pack(_LONG, width)),
        (257, _LONG, _pack(_LONG, height)),
        (258, _SHORT, _pack(_SHORT, 16)),
        (259, _SHORT, _pack(_SHORT, 1)),
        (262, _SHORT, _pack(_SHORT, 32803)),
        (271, _ASCII, b"sim\0"),
        (272, _ASCII, model.encode() + b"\0"),
        (273, _LONG, _pack(_LONG, 0)),
        (274, _SHORT, _pack(_SHORT, 1)),
        (277, _SHORT, _pack(_SHORT, 1)),
        (278, _LONG, _pack(_LONG, height)),
        (279, _LONG, _pack(_LONG, raw.nbytes)),
        (33421, _SHORT, _pack(_SHORT, 2, 2)),
        (33422, _BYTE, bytes(colors[channel] for channel in mosaic.cell)),
        (33434, _RATIONAL, _rationals([meta.exposure_s], _RATIONAL)),
        (33437, _RATIONAL, _rationals([meta.f_number], _RATIONAL)),
        (50706, _BYTE, bytes([1, 4, 0, 0])),
        (50708, _ASCII, model.encode() + b"\0"),
        *planes,
        *table,
        (50714, _RATIONAL, _rationals([black], _RATIONAL)),
        (50717, _LONG, _pack(_LONG, int(white))),
        (50721, _SRATIONAL, _rationals(camera_from_xyz(config).ravel().tolist(), _SRATIONAL)),
        (50728, _RATIONAL, _rationals(neutral, _RATIONAL)),
        (50778, _SHORT, _pack(_SHORT, 21)),
    ]


def _pack(kind: int, *values: int) -> bytes:
    return struct.pack(f"<{len(values)}{_FORMATS[kind]}", *values)


def _rationals(values: list[float], kind: int) -> bytes:
    code = "I" if kind == _RATIONAL else "i"
    return b"".join(struct.pack(f"<{code}{code}", round(value * 1_000_000), 1_000_000) for value in values)


def _tiff(tags: list[tuple[int, int, bytes]], strip: bytes) -> bytes:
    """A little-endian TIFF of one directory and one strip."""
    sizes = {_BYTE: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _SRATIONAL: 8}
    directory_end = 8 + 2 + 12 * len(tags) + 4
    extra, rows = b"", []
    for tag, kind, payload in tags:
        count = len(payload) // sizes[kind]
        if len(payload) <= 4:
            rows.append((tag, kind, count, payload.ljust(4, b"\0")))
            continue
        rows.append((tag, kind, count, struct.pack("<I", directory_end + len(extra))))
        extra += payload + b"\0" * (len(payload) % 2)
    start = struct.pack("<I", directory_end + len(extra))
    body = b"".join(
        struct.pack("<HHI", tag, kind, count) + (start if tag == 273 else value) for tag, kind, count, value in rows
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + body + struct.pack("<I", 0) + extra + strip

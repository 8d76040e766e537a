"""D6: the DNG and RAW12 files hold exactly the values of the PNG, by LibRaw and by a reader written here from the MIPI format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pictures import load

Figures = tuple[dict[str, float], dict[str, Any]]


def d6(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Number of values that differ; LibRaw's black level and colour order."""
    import rawpy

    frame = frames[0]
    expected = load(folder, frame)
    with rawpy.imread(str(folder / f"{frame['file']}.dng")) as dng:
        seen = dng.raw_image.astype(np.float64)
        black = float(dng.black_level_per_channel[0])
        names = dng.color_desc.decode()
        order = "".join(names[i] for i in dng.raw_pattern.ravel())
    # LibRaw gives clear, yellow and cyan filters the letters of the Bayer mosaic that they resemble
    expected_order = facts["cfa"] if set(facts["cfa"]) <= set("RGB") else "RGGB"
    figures = {
        "dng_differences": float(np.count_nonzero(seen != expected)),
        "dng_black_error_dn": black - facts["black_level_dn"],
        "dng_order_wrong": float(order != expected_order),
        "codes_seen": float(len(np.unique(seen))),
    }
    packed = folder / f"{frame['file']}.raw12"
    if packed.exists():
        triples = np.frombuffer(packed.read_bytes(), np.uint8).reshape(-1, 3).astype(np.int64)
        first, second = triples[:, 0] * 16 + triples[:, 2] % 16, triples[:, 1] * 16 + triples[:, 2] // 16
        unpacked = np.stack([first, second], axis=1).reshape(expected.shape)
        figures["raw12_differences"] = float(np.count_nonzero(unpacked != expected))
    return figures, {}

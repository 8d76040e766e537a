"""D1: row time of a rolling shutter from a moving edge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pictures import load

Figures = tuple[dict[str, float], dict[str, Any]]


def _edge_px(raw: np.ndarray, black: float) -> np.ndarray:
    """(H / 2,) position of the edge in each pair of rows, from the area of the bright part of both greens, normalised per row."""
    signal = raw - black
    pairs = np.stack([signal[0::2, 1::2], signal[1::2, 0::2]])
    width = raw.shape[1]
    # the edge is in the middle half: what is far right is the full level; the dark side is dark
    bright = np.median(pairs[:, :, -width // 16 :], axis=2, keepdims=True)
    share = pairs / bright
    place = []
    for plane, offset in zip(share, (1, 0), strict=True):
        near = np.argmax(plane > 0.5, axis=1)
        columns = np.arange(plane.shape[1])
        window = np.abs(columns[None, :] - near[:, None]) <= 12
        right = np.where(window, plane, 0.0)
        # the level just right of the edge: the lens is darker towards the corner
        beyond = (columns[None, :] > near[:, None] + 3) & window
        level = np.sum(np.where(beyond, plane, 0.0), axis=1) / np.sum(beyond, axis=1)
        area = np.sum(right, axis=1) / level
        # samples stand two pixels apart, and the last lies at near + 12
        place.append(2.0 * (near + 12 + 0.5 - area) + offset)
    return np.mean(place, axis=0)


def d1(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Seconds from row to row: the moving edge's slant less the standing one's, over the speed."""
    still = next(frame for frame in frames if frame["speed_px_s"] == 0.0)
    moving = next(frame for frame in frames if frame["speed_px_s"] != 0.0)
    at_rest = _edge_px(load(folder, still), facts["black_level_dn"])
    in_motion = _edge_px(load(folder, moving), facts["black_level_dn"])
    rows = 2.0 * np.arange(len(at_rest))
    slant = np.polyfit(rows, in_motion - at_rest, 1)
    jump = np.abs(np.diff(in_motion - at_rest - np.polyval(slant, rows))).max()
    return (
        {"row_time_s": float(slant[0] / moving["speed_px_s"]), "largest_jump_px": float(jump)},
        {"row": rows[::8].tolist(), "shift_px": (in_motion - at_rest)[::8].tolist()},
    )

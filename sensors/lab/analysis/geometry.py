"""B2: calibration from pictures of a chessboard, by OpenCV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pictures import PLANES, load

Figures = tuple[dict[str, Any], dict[str, Any]]


def _grey(raw: np.ndarray, black: float) -> np.ndarray:
    """Eight bits from a mosaic that saw grey things: each colour scaled to its own white, no interpolation."""
    out = np.empty_like(raw)
    for row, column in PLANES:
        plane = raw[row::2, column::2] - black
        out[row::2, column::2] = plane * (235.0 / np.percentile(plane, 99.0))
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def b2(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Brown-Conrady with five coefficients, from sub-pixel corners."""
    cv2.setNumThreads(1)
    columns, rows = facts["board_corners"]
    board = np.zeros((columns * rows, 3), np.float32)
    board[:, :2] = np.mgrid[0:columns, 0:rows].T.reshape(-1, 2) * facts["square_m"]
    flags = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY
    seen = []
    for frame in frames:
        grey = _grey(load(folder, frame), facts["black_level_dn"])
        found, corners = cv2.findChessboardCornersSB(grey, (columns, rows), flags=flags)
        if found:
            seen.append(corners.reshape(-1, 1, 2).astype(np.float32))
    if len(seen) < 8:
        raise ValueError(f"found the board in {len(seen)} of {len(frames)} pictures; expected at least 8")
    size = (facts["width_px"], facts["height_px"])
    rms, k, d, turns, shifts = cv2.calibrateCameraExtended([board] * len(seen), seen, size, None, None)[:5]
    errors = []
    for corners, turn, shift in zip(seen, turns, shifts, strict=True):
        again = cv2.projectPoints(board, turn, shift, k, d)[0]
        errors.append(np.concatenate([corners[:, 0], again[:, 0] - corners[:, 0]], axis=1))
    figures = {
        "views": len(seen),
        "rms_px": float(rms),
        "fx_px": float(k[0, 0]),
        "fy_px": float(k[1, 1]),
        "cx_px": float(k[0, 2]),
        "cy_px": float(k[1, 2]),
        "distortion": d.ravel().tolist(),
    }
    return figures, {"residuals": np.concatenate(errors)[::3].tolist()}

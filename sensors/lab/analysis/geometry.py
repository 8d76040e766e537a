"""B2, B3: calibration from pictures of a chessboard, by OpenCV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pictures import PLANES, load

Figures = tuple[dict[str, Any], dict[str, Any]]


def _grey(raw: np.ndarray, white: np.ndarray, black: float) -> np.ndarray:
    """Eight bits from a mosaic that saw grey things: divided by the white picture, which takes out colours and the lens's fall-off."""
    share = (raw - black) / np.maximum(white - black, 1.0)
    return np.clip(np.rint(share * (235.0 / np.percentile(share, 99.0))), 0, 255).astype(np.uint8)


def _white(folder: Path, frames: list[dict[str, Any]]) -> np.ndarray:
    """The mean white picture, each colour smoothed to take out noise and the pixels' own gains."""
    mean = np.mean([load(folder, frame) for frame in frames], axis=0)
    for row, column in PLANES:
        mean[row::2, column::2] = cv2.GaussianBlur(mean[row::2, column::2], (0, 0), 6.0)
    return mean


def _corners(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The board's corners in m (N, 1, 3), and where they were seen (N, 1, 2), one array a picture."""
    cv2.setNumThreads(1)
    columns, rows = facts["board_corners"]
    board = np.zeros((columns * rows, 1, 3), np.float32)
    board[:, 0, :2] = np.mgrid[0:columns, 0:rows].T.reshape(-1, 2) * facts["square_m"]
    flags = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY
    white = _white(folder, [frame for frame in frames if frame["kind"] == "uniform"])
    seen = []
    for frame in (frame for frame in frames if frame["kind"] == "board"):
        grey = _grey(load(folder, frame), white, facts["black_level_dn"])
        found, corners = cv2.findChessboardCornersSB(grey, (columns, rows), flags=flags)
        if found:
            seen.append(corners.reshape(-1, 1, 2).astype(np.float32))
    if len(seen) < 8:
        raise ValueError(f"found the board in {len(seen)} of {len(frames)} pictures; expected at least 8")
    return board, seen


def _figures(views: int, rms: float, k: np.ndarray, d: np.ndarray) -> dict[str, Any]:
    return {
        "views": views,
        "rms_px": float(rms),
        "fx_px": float(k[0, 0]),
        "fy_px": float(k[1, 1]),
        "cx_px": float(k[0, 2]),
        "cy_px": float(k[1, 2]),
        "distortion": d.ravel().tolist(),
    }


def b2(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Brown-Conrady with five coefficients, from sub-pixel corners."""
    board, seen = _corners(folder, facts, frames)
    size = (facts["width_px"], facts["height_px"])
    rms, k, d, turns, shifts = cv2.calibrateCameraExtended([board] * len(seen), seen, size, None, None)[:5]
    errors = []
    for corners, turn, shift in zip(seen, turns, shifts, strict=True):
        again = cv2.projectPoints(board, turn, shift, k, d)[0]
        errors.append(np.concatenate([corners[:, 0], again[:, 0] - corners[:, 0]], axis=1))
    return _figures(len(seen), rms, k, d), {"residuals": np.concatenate(errors)[::3].tolist()}


def b3(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Kannala-Brandt, from corners up to 84 degrees off the axis."""
    board, seen = _corners(folder, facts, frames)
    size = (facts["width_px"], facts["height_px"])
    focal = facts["focal_guess_px"]
    k = np.array([[focal, 0.0, (size[0] - 1) / 2.0], [0.0, focal, (size[1] - 1) / 2.0], [0.0, 0.0, 1.0]])
    # OpenCV 5 moved the names out of cv2.fisheye
    names = ("CALIB_RECOMPUTE_EXTRINSIC", "CALIB_FIX_SKEW", "CALIB_USE_INTRINSIC_GUESS")
    flags = sum(getattr(cv2.fisheye, name, None) or getattr(cv2, name) for name in names)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-10)
    points = [board.astype(np.float64)] * len(seen)
    found = [corners.astype(np.float64) for corners in seen]
    rms, k, d, turns, shifts = cv2.fisheye.calibrate(
        points, found, size, k, np.zeros((4, 1)), flags=flags, criteria=criteria
    )
    errors = []
    for corners, turn, shift in zip(found, turns, shifts, strict=True):
        again = cv2.fisheye.projectPoints(points[0], turn, shift, k, d)[0]
        errors.append(np.concatenate([corners[:, 0], again[:, 0] - corners[:, 0]], axis=1))
    return _figures(len(seen), rms, k, d), {"residuals": np.concatenate(errors)[::3].tolist()}

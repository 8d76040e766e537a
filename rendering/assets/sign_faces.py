"""Faces of traffic signs, drawn once into an atlas of linear reflectance, after the Vienna Convention's forms.

Octagon with STOP (B,2a), inverted triangle (B,1), speed limits (C,14), and a few plain ones. Colours are the centres of the
colour boxes of EN 12899-1 as linear Rec.709 reflectances. Cells are square; the picture of a face touches its cell's edges,
so a mesh maps its own bounding rectangle onto the cell. v runs down: (0, 0) is the top left corner of the atlas.
Tested by tests/rendering/test_assets_signs.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
UvRect = tuple[float, float, float, float]

CELL_PX = 256
_COLUMNS, _ROWS = 8, 5
_OVERSAMPLING = 4

WHITE, BLACK = (0.60, 0.60, 0.58), (0.020, 0.020, 0.020)
RED, BLUE, YELLOW = (0.34, 0.016, 0.018), (0.020, 0.085, 0.30), (0.62, 0.40, 0.020)

SPEED_LIMITS = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100, 110, 120, 130)
PLATE_CELLS = 8
FACES: tuple[str, ...] = (
    "stop",
    "yield",
    *(f"speed_limit.{limit}" for limit in SPEED_LIMITS),
    "no_entry",
    "crosswalk",
    "roadworks",
    "arrow_board",
    "bus_stop",
    "street_name",
    "blank",
    *(f"plates_{cell}" for cell in range(PLATE_CELLS)),
)
PLATES: tuple[str, ...] = (
    "KA RO 482", "B MX 7310", "M TL 2194", "HH EV 605", "F GA 9927", "S KW 318", "LE DU 4471", "K PZ 8056",
    "FR NA 163", "D HS 5820", "N LB 704", "HB IC 2936", "DD UF 91", "KS JY 6402", "MZ OE 357", "BN WA 1178",
    "H PT 2065", "UL GX 840", "AC RI 5513", "EF MK 729", "KI ZD 3384", "RO BL 46", "TR SV 9201", "GE CH 615",
    "B NO 4087", "M EY 1532", "HH KF 278", "K AD 7746", "S UL 3019", "F JW 560", "DO VR 8893", "P TG 124",
)  # fmt: skip
"""Registrations of vehicles, invented; four share a cell, one above the other."""


@lru_cache(maxsize=1)
def atlas() -> Float32:
    """The picture of all faces (rows * CELL_PX, columns * CELL_PX, 3), linear reflectance."""
    out = np.zeros((_ROWS * CELL_PX, _COLUMNS * CELL_PX, 3), np.float32)
    for index, name in enumerate(FACES):
        row, column = divmod(index, _COLUMNS)
        out[row * CELL_PX : (row + 1) * CELL_PX, column * CELL_PX : (column + 1) * CELL_PX] = face_picture(name)
    out.setflags(write=False)
    return out


def uv_rect(name: str) -> UvRect:
    """(u of the left edge, v of the top, u of the right, v of the bottom) of a face, half a texel inside its cell."""
    row, column = divmod(FACES.index(name), _COLUMNS)
    margin = 0.5
    width, height = _COLUMNS * CELL_PX, _ROWS * CELL_PX
    return (
        (column * CELL_PX + margin) / width,
        (row * CELL_PX + margin) / height,
        ((column + 1) * CELL_PX - margin) / width,
        ((row + 1) * CELL_PX - margin) / height,
    )


def plate_uv(key: int) -> UvRect:
    """Where the number plate stands that a key picks, as `uv_rect`."""
    cell, line = divmod(key % len(PLATES), 4)
    left, top, right, bottom = uv_rect(f"plates_{cell}")
    tall = (bottom - top) / 4.0
    return left, top + line * tall, right, top + (line + 1) * tall


def face_of_limit(limit: float) -> str:
    """The face whose number is nearest to a limit as it stands in the type id ("traffic.speed_limit.50" -> 50)."""
    return f"speed_limit.{min(SPEED_LIMITS, key=lambda known: (abs(known - limit), known))}"


def face_picture(name: str) -> Float32:
    """One face (CELL_PX, CELL_PX, 3), drawn larger and averaged down so that edges are smooth in linear light."""
    size = CELL_PX * _OVERSAMPLING
    canvas = np.empty((size, size, 3), np.float32)
    canvas[:] = WHITE
    drawer = _DRAWERS.get(name)
    if drawer is not None:
        drawer(canvas)
    elif name.startswith("plates_"):
        _plates(canvas, int(name.rsplit("_", 1)[1]))
    elif name.startswith("speed_limit."):
        _limit(canvas, name.rsplit(".", 1)[1])
    return np.asarray(cv2.resize(canvas, (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA), dtype=np.float32)


def _fill(canvas: Float32, points: NDArray[np.float64], color: tuple[float, float, float]) -> None:
    """A filled polygon; points in cell units, x right and y down from 0 to 1."""
    cv2.fillPoly(canvas, [np.round(np.asarray(points) * canvas.shape[0]).astype(np.int32)], color)


def _text(
    canvas: Float32,
    text: str,
    center: tuple[float, float],
    height: float,
    color: tuple[float, float, float],
    width: float = 0.9,
    weight: float = 0.16,
) -> None:
    """Upright capitals or digits, `height` high in cell units, squeezed to at most `width`; strokes `weight` of the height."""
    stroke = max(int(height * weight * canvas.shape[0]), 1)
    scale = height * canvas.shape[0] / 21.0
    (wide, tall), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, stroke)
    pad = stroke
    mask = np.zeros((tall + 2 * pad, wide + 2 * pad), np.uint8)
    cv2.putText(mask, text, (pad, tall + pad), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, stroke, cv2.LINE_AA)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    target_h = int(height * canvas.shape[0])
    target_w = min(int(mask.shape[1] * target_h / mask.shape[0]), int(width * canvas.shape[0]))
    mask = cv2.resize(mask, (target_w, target_h), interpolation=cv2.INTER_AREA)
    y, x = int(center[1] * canvas.shape[0] - target_h / 2), int(center[0] * canvas.shape[0] - target_w / 2)
    cover = (mask.astype(np.float32) / 255.0)[..., None]
    window = canvas[y : y + target_h, x : x + target_w]
    window[:] = window * (1.0 - cover) + np.asarray(color, np.float32) * cover


def _polygon(count: int, radius: float, turn_rad: float) -> NDArray[np.float64]:
    angle = turn_rad + np.arange(count) * 2.0 * np.pi / count
    return 0.5 + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _stop(canvas: Float32) -> None:
    outer = 0.5 / np.cos(np.pi / 8.0)
    _fill(canvas, _polygon(8, outer, np.pi / 8.0), WHITE)
    _fill(canvas, _polygon(8, outer * 0.945, np.pi / 8.0), RED)
    _text(canvas, "STOP", (0.5, 0.5), 0.34, WHITE, width=0.80, weight=0.17)


def _yield(canvas: Float32) -> None:
    canvas[:] = RED
    center = np.array([0.5, 1.0 / 3.0])
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 1.0]])
    _fill(canvas, center + (corners - center) * 0.58, WHITE)


def _disc(canvas: Float32, radius: float, color: tuple[float, float, float]) -> None:
    size = canvas.shape[0]
    cv2.circle(canvas, (size // 2, size // 2), int(radius * size), color, -1)


def _limit(canvas: Float32, digits: str) -> None:
    _disc(canvas, 0.5, RED)
    _disc(canvas, 0.385, WHITE)
    # the letter, because some of OpenCV's fonts slash the digit zero
    _text(
        canvas, digits.replace("0", "O"), (0.5, 0.5), 0.40 if len(digits) < 3 else 0.34, BLACK, width=0.62, weight=0.19
    )


def _no_entry(canvas: Float32) -> None:
    _disc(canvas, 0.5, RED)
    _fill(canvas, np.array([[0.12, 0.41], [0.88, 0.41], [0.88, 0.59], [0.12, 0.59]]), WHITE)


def _crosswalk(canvas: Float32) -> None:
    canvas[:] = BLUE
    _fill(canvas, np.array([[0.5, 0.10], [0.90, 0.86], [0.10, 0.86]]), WHITE)
    size = canvas.shape[0]
    cv2.circle(canvas, (int(0.50 * size), int(0.34 * size)), int(0.045 * size), BLACK, -1)
    for line in (
        [(0.50, 0.40), (0.50, 0.60)],
        [(0.50, 0.60), (0.40, 0.76)],
        [(0.50, 0.60), (0.60, 0.76)],
        [(0.40, 0.50), (0.60, 0.50)],
    ):
        start, end = ((int(x * size), int(y * size)) for x, y in line)
        cv2.line(canvas, start, end, BLACK, int(0.045 * size))
    for k in range(5):
        _fill(
            canvas,
            np.array(
                [[0.20 + 0.13 * k, 0.79], [0.27 + 0.13 * k, 0.79], [0.27 + 0.13 * k, 0.84], [0.20 + 0.13 * k, 0.84]]
            ),
            BLACK,
        )


def _roadworks(canvas: Float32) -> None:
    canvas[:] = RED
    _fill(canvas, np.array([[0.5, 0.16], [0.90, 0.92], [0.10, 0.92]]), YELLOW)
    size = canvas.shape[0]
    cv2.circle(canvas, (int(0.44 * size), int(0.46 * size)), int(0.04 * size), BLACK, -1)
    for line in (
        [(0.44, 0.50), (0.50, 0.66)],
        [(0.50, 0.66), (0.44, 0.84)],
        [(0.50, 0.66), (0.58, 0.84)],
        [(0.46, 0.56), (0.68, 0.74)],
    ):
        start, end = ((int(x * size), int(y * size)) for x, y in line)
        cv2.line(canvas, start, end, BLACK, int(0.045 * size))
    _fill(canvas, np.array([[0.62, 0.84], [0.72, 0.72], [0.80, 0.84]]), BLACK)


def _arrow_board(canvas: Float32) -> None:
    canvas[:] = BLUE
    _disc(canvas, 0.46, WHITE)
    _disc(canvas, 0.42, BLUE)
    _fill(
        canvas,
        np.array([[0.22, 0.42], [0.55, 0.42], [0.55, 0.28], [0.80, 0.50], [0.55, 0.72], [0.55, 0.58], [0.22, 0.58]]),
        WHITE,
    )


def _bus_stop(canvas: Float32) -> None:
    canvas[:] = (0.02, 0.14, 0.05)
    _disc(canvas, 0.44, YELLOW)
    _text(canvas, "H", (0.5, 0.5), 0.48, (0.02, 0.14, 0.05), weight=0.2)


def _street_name(canvas: Float32) -> None:
    canvas[:] = BLUE
    _fill(canvas, np.array([[0.02, 0.08], [0.98, 0.08], [0.98, 0.92], [0.02, 0.92]]), WHITE)
    _fill(canvas, np.array([[0.04, 0.16], [0.96, 0.16], [0.96, 0.84], [0.04, 0.84]]), BLUE)
    _text(canvas, "MAIN ST", (0.5, 0.5), 0.40, WHITE, width=0.80, weight=0.14)


def _plates(canvas: Float32, cell: int) -> None:
    """Four European plates, stretched to the cell: black on white, a blue band on the left, a thin frame."""
    canvas[:] = WHITE
    for line in range(4):
        low, high = 0.25 * line, 0.25 * (line + 1)
        for a, b in ((low, low + 0.012), (high - 0.012, high)):
            _fill(canvas, np.array([[0.0, a], [1.0, a], [1.0, b], [0.0, b]]), BLACK)
        _fill(
            canvas,
            np.array([[0.0, low + 0.008], [0.085, low + 0.008], [0.085, high - 0.008], [0.0, high - 0.008]]),
            BLUE,
        )
        _text(canvas, PLATES[4 * cell + line], (0.545, 0.5 * (low + high)), 0.16, BLACK, width=0.84, weight=0.20)


def _blank(canvas: Float32) -> None:
    canvas[:] = WHITE


_DRAWERS: dict[str, Callable[[Float32], None]] = {
    "stop": _stop,
    "yield": _yield,
    "no_entry": _no_entry,
    "crosswalk": _crosswalk,
    "roadworks": _roadworks,
    "arrow_board": _arrow_board,
    "bus_stop": _bus_stop,
    "street_name": _street_name,
    "blank": _blank,
}

"""B4, C1, C3, C4: label alignment, contrast transfer from slanted edges (ISO 12233), flare (ISO 18844), lateral colour."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pictures import load

Figures = tuple[dict[str, Any], dict[str, Any]]

BIN_PX = 0.25
HALF_WIDTH_PX = 20.0
HALF_LENGTH_PX = 100.0
FREQUENCIES = np.linspace(0.0, 0.5, 101)
GREENS = ((0, 1), (1, 0))
RED, BLUE = ((0, 0),), ((1, 1),)


def _mean(folder: Path, frames: list[dict[str, Any]], black: float) -> np.ndarray:
    return np.mean([load(folder, frame) for frame in frames], axis=0) - black


def _named(frames: list[dict[str, Any]], start: str) -> list[dict[str, Any]]:
    return [frame for frame in frames if frame["file"].startswith(start)]


def _profile(picture: np.ndarray, frame: dict[str, Any], planes: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Edge spread in bins of BIN_PX across the edge, 0 to 1, from the pixels of some planes about the edge's place.

    The place and slant of the edge are the projector's settings: they are known.
    """
    angle = math.radians(frame["angle_deg"])
    reach = int(HALF_LENGTH_PX + HALF_WIDTH_PX)
    count = round(2.0 * HALF_WIDTH_PX / BIN_PX)
    total, number = np.zeros(count), np.zeros(count)
    for row0, column0 in planes:
        rows = np.arange(row0, picture.shape[0], 2)
        columns = np.arange(column0, picture.shape[1], 2)
        rows = rows[np.abs(rows - frame["y_px"]) <= reach]
        columns = columns[np.abs(columns - frame["x_px"]) <= reach]
        x, y = columns[None, :] - frame["x_px"], rows[:, None] - frame["y_px"]
        across = x * math.cos(angle) + y * math.sin(angle)
        along = -x * math.sin(angle) + y * math.cos(angle)
        inside = (np.abs(across) < HALF_WIDTH_PX) & (np.abs(along) <= HALF_LENGTH_PX)
        place = np.floor((across[inside] + HALF_WIDTH_PX) / BIN_PX).astype(int)
        total += np.bincount(place, picture[np.ix_(rows, columns)][inside], count)
        number += np.bincount(place, minlength=count)
    known = number > 0
    spread = np.interp(np.arange(count), np.flatnonzero(known), total[known] / number[known])
    edge = round(8.0 / BIN_PX)
    dark, bright = spread[:edge].mean(), spread[-edge:].mean()
    return np.asarray((spread - dark) / (bright - dark))


def _transfer(spread: np.ndarray) -> np.ndarray:
    """Modulus of the line spread's Fourier transform at FREQUENCIES, 1 at 0, without the bins' own blur."""
    line = np.diff(spread)
    at = (np.arange(len(line)) - (len(line) - 1) / 2.0) * BIN_PX
    line = line * np.hamming(len(line))
    wave = np.exp(-2j * np.pi * FREQUENCIES[:, None] * at[None, :])
    value = np.abs(wave @ line)
    # bins average over their width, and differences do so once more
    return np.asarray(value / value[0] / np.sinc(FREQUENCIES * BIN_PX) ** 2)


def c1(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """MTF50 and contrast at 0.1 to 0.4 cycles per px of the green planes, for each edge."""
    flat = _mean(folder, _named(frames, "C1_flat"), facts["black_level_dn"])
    figures: dict[str, Any] = {}
    curves: dict[str, Any] = {"frequency": FREQUENCIES.tolist()}
    names = sorted({frame["file"][:-1] for frame in frames if frame["kind"] == "half_plane"})
    for name in names:
        shots = _named(frames, name)
        picture = _mean(folder, shots, facts["black_level_dn"]) / flat
        curve = _transfer(_profile(picture, shots[0], GREENS))
        below = int(np.argmax(curve < 0.5)) or len(curve) - 1
        low, high = curve[below], curve[below - 1]
        step = FREQUENCIES[1]
        figures[name] = {
            "mtf50": float(FREQUENCIES[below - 1] + step * (high - 0.5) / (high - low)),
            "contrast": np.interp([0.1, 0.2, 0.3, 0.4], FREQUENCIES, curve).tolist(),
            "edge": [shots[0]["x_px"], shots[0]["y_px"], shots[0]["angle_deg"]],
        }
        curves[name] = curve.tolist()
    return figures, curves


def c4(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Distance in px across the edge from the green planes' edge to the red and to the blue plane's, for each edge."""
    flat = _mean(folder, _named(frames, "C4_flat"), facts["black_level_dn"])
    figures: dict[str, Any] = {}
    for name in sorted({frame["file"].split("_")[1] for frame in frames if frame["kind"] == "half_plane"}):
        shots = _named(frames, f"C4_{name}_")
        picture = _mean(folder, shots, facts["black_level_dn"]) / flat
        places = [_place(_profile(picture, shots[0], planes)) for planes in (RED, GREENS, BLUE)]
        figures[name] = {
            "red_px": places[0] - places[1],
            "blue_px": places[2] - places[1],
            "edge": [shots[0]["x_px"], shots[0]["y_px"], shots[0]["angle_deg"]],
        }
    return figures, {}


def _place(spread: np.ndarray) -> float:
    """Where an edge stands, by the area under its profile within 10 px: what is symmetrically blurred does not move it."""
    middle, reach = len(spread) // 2, round(10.0 / BIN_PX)
    return 10.0 - float(spread[middle - reach : middle + reach].sum()) * BIN_PX


def c3(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Veiling glare in a black spot; all light of a lamp, and its share outside a square about it."""
    black = facts["black_level_dn"]
    flat = _mean(folder, _named(frames, "C3_flat"), black)
    spot = _mean(folder, _named(frames, "C3_spot"), black)
    height, width = flat.shape
    y, x = np.mgrid[0:height, 0:width]
    middle = np.hypot(x - (width - 1) / 2.0, y - (height - 1) / 2.0) < 12.0
    dark = _mean(folder, _named(frames, "C3_short_dark"), 0.0) - black
    index = float((spot - dark)[middle].mean() / (flat - dark)[middle].mean())
    level = cv2.GaussianBlur(_filled(flat), (0, 0), 8.0)
    # a fisheye's corners are dark: nothing can be told from them
    green = ((x + y) % 2 == 1) & (level > 0.1 * level.max())
    box = np.zeros(flat.shape, bool)
    half = 24
    box[height // 2 - half : height // 2 + half, width // 2 - half : width // 2 + half] = True
    light = {}
    for name in ("short", "long"):
        shots = [frame for frame in _named(frames, f"C3_{name}") if frame["kind"] == "lamp"]
        darks = _named(frames, f"C3_{name}_dark")
        light[name] = (
            (_mean(folder, shots, 0.0) - _mean(folder, darks, 0.0)) / np.maximum(level, 1.0) / shots[0]["exposure_s"]
        )
    # how much a lamp of so many pixels would give without any glare, in units of the flat picture
    shot, white = _named(frames, "C3_short0")[0], _named(frames, "C3_flat")[0]
    lamp_px = facts["lamp_px"]
    full = shot["luminance_cd_m2"] / white["luminance_cd_m2"] / white["exposure_s"] * lamp_px**2 / 2.0
    near, far = light["short"][box & green].sum() / full, light["long"][~box & green].sum() / full
    figures = {"veiling_glare_index": index, "lamp_light": float(near + far), "light_far_from_lamp": float(far)}
    rings = np.geomspace(32.0, 0.45 * height, 12)
    distance = np.hypot(x - (width - 1) / 2.0, y - (height - 1) / 2.0)
    glow = []
    for low, high in itertools.pairwise(rings):
        ring = (distance >= low) & (distance < high) & green & ~box
        glow.append(float(light["long"][ring].mean() / (2.0 * full)))
    return figures, {"distance_px": np.sqrt(rings[:-1] * rings[1:]).tolist(), "glow_per_px": glow}


def _filled(flat: np.ndarray) -> np.ndarray:
    """The green planes' level at every pixel."""
    rows, columns = np.mgrid[0 : flat.shape[0], 0 : flat.shape[1]]
    green = np.where((rows + columns) % 2 == 1, flat, 0.0)
    weight = ((rows + columns) % 2 == 1).astype(float)
    return np.asarray(cv2.blur(green, (3, 3)) / cv2.blur(weight, (3, 3)))


def b4(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Per row, where the mask's ids change less where the light passes half its step, by area: px."""
    figures: dict[str, Any] = {}
    every: list[float] = []
    flat = _mean(folder, _named(frames, "B4_flat"), facts["black_level_dn"])
    for frame in (frame for frame in frames if frame["kind"] == "wall"):
        raw = (load(folder, frame) - facts["black_level_dn"]) / flat
        mask = cv2.imread(str(folder / f"{frame['file']}.mask.png"), cv2.IMREAD_UNCHANGED)
        if mask is None:
            raise ValueError(f"{frame['file']}.mask.png: found no mask")
        found = _row_differences(raw, mask)
        figures[f"{frame['file']}_mean_px"] = float(np.mean(found)) if len(found) else math.nan
        every += found
    if len(every) < 100:
        raise ValueError(f"found the edge in {len(every)} rows; expected at least 100")
    figures |= {"rows": len(every), "mean_px": float(np.mean(every)), "spread_px": float(np.std(every))}
    return figures, {"difference_px": every[::7]}


def _row_differences(raw: np.ndarray, mask: np.ndarray) -> list[float]:
    reach = 16
    out = []
    for row in range(raw.shape[0]):
        changes = np.flatnonzero((mask[row, :-1] == 1) & (mask[row, 1:] == 2))
        if len(changes) != 1:
            continue
        label = changes[0] + 0.5
        first, last = changes[0] - reach + 1, changes[0] + reach + 1
        if first < 2 or last > raw.shape[1] - 2 or (mask[row, first:last] == 0).any():
            continue
        light = raw[row, first:last]
        share = np.empty(light.shape)
        # the row's two colours each have a step of their own
        for color in range(2):
            one = light[color::2]
            dark, bright = one[:3].mean(), one[-3:].mean()
            share[color::2] = np.clip((one - dark) / (bright - dark), -0.5, 1.5)
        out.append(float(label - (last - 0.5 - share.sum())))
    return out

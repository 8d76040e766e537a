"""F1: a colour chart's patches in the picture beside what they are, in CIE 2000 colour differences (colour-science)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import colour
import cv2
import numpy as np

Figures = tuple[dict[str, float], dict[str, Any]]
_EDGE_PX = 10
_OUT_OF_GAMUT = (2, 5)
"""Row and column of cyan, which sRGB cannot show."""


def _lab(linear: np.ndarray) -> np.ndarray:
    space = colour.RGB_COLOURSPACES["sRGB"]
    xyz = linear @ space.matrix_RGB_to_XYZ.T
    return np.asarray(colour.XYZ_to_Lab(xyz, colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]))


def f1(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Mean and largest difference over the 23 patches in gamut, means of at least 400 px, after equal luminance of white."""
    frame = frames[0]
    picture = cv2.imread(str(folder / f"{frame['file']}.png"), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{frame['file']}.png: found no picture")
    shown = colour.models.eotf_sRGB(picture[..., ::-1].astype(np.float64) / 255.0)
    truth, side = np.array(frame["linear_rgb"]), frame["patch_px"]
    found = np.empty_like(truth)
    for row in range(truth.shape[0]):
        for column in range(truth.shape[1]):
            patch = shown[row * side + _EDGE_PX : (row + 1) * side - _EDGE_PX, column * side + _EDGE_PX :]
            found[row, column] = patch[:, : side - 2 * _EDGE_PX].mean(axis=(0, 1))
    # the exposure is not what is judged here
    found *= truth[3, 0].sum() / found[3, 0].sum()
    difference = colour.delta_E(_lab(truth), _lab(found), method="CIE 2000")
    difference[_OUT_OF_GAMUT] = np.nan
    figures = {
        "mean_delta_e_2000": float(np.nanmean(difference)),
        "largest_delta_e_2000": float(np.nanmax(difference)),
    }
    return figures, {"delta_e_2000": np.nan_to_num(difference).ravel().tolist()}

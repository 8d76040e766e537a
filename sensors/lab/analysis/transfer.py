"""A1, A2: photon transfer, linearity, spatial non-uniformity and dark current by the emva1288 package (EMVA 1288 R4 linear)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from pictures import load

Figures = tuple[dict[str, float], dict[str, Any]]


def _results(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Any:
    from emva1288.process.data import Data1288
    from emva1288.process.loader import LoadImageData
    from emva1288.process.results import Results1288

    logging.disable(logging.CRITICAL)
    images: dict[str, dict[float, dict[float, list[str]]]] = {"temporal": {}, "spatial": {}}
    by_name = {}
    for frame in frames:
        part = images["temporal" if frame["part"] == "t" else "spatial"]
        exposure_ns = round(frame["exposure_s"] * 1e9, 3)
        photons = frame["lux"] * frame["exposure_s"] * facts["pixel_area_um2"] * facts["photons_per_lux_s_um2"]
        part.setdefault(exposure_ns, {}).setdefault(photons, []).append(f"{frame['file']}.png")
        by_name[frame["file"]] = frame

    def read(path: str) -> np.ndarray:
        return load(folder, by_name[Path(path).stem]).astype(np.uint16)

    loaded = LoadImageData(images, path=str(folder), fload=read)
    return Results1288(Data1288(loaded.data).data, pixel_area=facts["pixel_area_um2"])


def _value(results: Any, name: str) -> float:
    found = getattr(results, name)
    return float(found() if callable(found) else found)


def _curves(results: Any) -> dict[str, Any]:
    temporal = results.temporal
    return {name: np.asarray(temporal[name]).tolist() for name in ("u_p", "u_y", "u_ydark", "s2_y", "s2_ydark")}


def a1(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Gain at which the read noise is more than one DN: K, efficiency, noise, dark current, DSNU, PRNU, linearity."""
    results = _results(folder, facts, frames)
    gain = frames[0]["analog_gain"]
    figures = {
        "conversion_dn_per_e": _value(results, "K") / gain,
        "quantum_efficiency_green": _value(results, "QE") / 100.0,
        "read_noise_e": _value(results, "sigma_d"),
        "dark_current_e_per_s": _value(results, "u_I_mean"),
        "dark_current_by_variance_e_per_s": _value(results, "u_I_var"),
        "dsnu_e": _value(results, "DSNU1288"),
        "column_e": _value(results, "DSNU1288_col"),
        "prnu_ratio": _value(results, "PRNU1288") / 100.0,
        "linearity_error_percent": max(abs(_value(results, "LE_min")), abs(_value(results, "LE_max"))),
        "dynamic_range_db": _value(results, "DR_dB"),
    }
    return figures, _curves(results)


def a2(folder: Path, facts: dict[str, Any], frames: list[dict[str, Any]]) -> Figures:
    """Base gain: saturation capacity and dynamic range."""
    results = _results(folder, facts, frames)
    figures = {"saturation_e": _value(results, "u_e_sat"), "dynamic_range_db": _value(results, "DR_dB")}
    return figures, _curves(results)

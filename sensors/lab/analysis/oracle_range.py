"""The whole camera by textbook formulas: every read drawn with numpy's Poisson and normal generators, and a plain picture."""

from __future__ import annotations

from typing import Any

import numpy as np


class TextbookMerge:
    """All reads of a pixel, merged and companded, in float64."""

    def __init__(self, facts: dict[str, Any], values: dict[str, Any]) -> None:
        """`values` are plan_range's truth."""
        self.facts, self.values = facts, values
        self.rng = np.random.default_rng(21)

    def wedge(self, frame: dict[str, Any]) -> np.ndarray:
        """Raw values of a uniform luminance, of one channel everywhere."""
        v, rng = self.values, self.rng
        width, height = self.facts["wedge_size_px"]
        black, top = self.facts["black_level_dn"], 2 ** self.facts["adc_bits"] - 1
        electrons = frame["luminance_cd_m2"] / v["luminance_per_e"]
        value = np.full((height, width), np.nan)
        charge, drawn = None, None
        for number, read in enumerate(v["reads"]):
            share = read["rel_sensitivity"] * read["t_ratio"]
            of_charge = (read["photodiode"], read["t_ratio"], read["delay_s"])
            if of_charge != charge:
                charge = of_charge
                mean = electrons * share + v["dark_e"] * read["t_ratio"] * read["dark_ratio"]
                drawn = rng.poisson(mean, (height, width)).astype(np.float64)
            noise = rng.normal(0.0, read["read_noise_e"], drawn.shape)
            e = drawn + noise + rng.normal(0.0, v["row_temporal_e"], (height, 1))
            dn = np.floor(np.minimum(e, read["full_well_e"]) * read["conversion_dn_per_e"] + black + 0.5)
            dn = np.clip(dn, 0, top)
            scale = v["linear_dn_per_e"] / share / read["conversion_dn_per_e"]
            taken = np.isnan(value)
            value[taken] = ((dn - black) * scale)[taken] + v["linear_black_dn"]
            full = min(read["full_well_e"] * read["conversion_dn_per_e"], top - black)
            if number + 1 < len(v["reads"]):
                value[taken & (dn >= black + v["threshold"] * full)] = np.nan
        linear = np.clip(np.rint(value), 0, 2 ** v["linear_bits"] - 1)
        knees = np.array(self.facts["companding_knees"], dtype=np.float64)
        return linear if not len(knees) else np.rint(np.interp(linear, knees[:, 0], knees[:, 1]))

    def chart(self, frame: dict[str, Any]) -> np.ndarray:
        """An 8-bit picture whose pixels each have three filters, so that nothing is interpolated."""
        v, rng = self.values, self.rng
        linear = np.repeat(np.repeat(np.array(frame["linear_rgb"]), frame["patch_px"], 0), frame["patch_px"], 1)
        matrix = np.array(v["color_matrix"])
        full = v["full_scale_e"]
        white = frame["luminance_cd_m2"] / v["luminance_per_e"]
        mean = linear @ matrix.T * white
        electrons = np.rint(rng.poisson(mean) * v["conversion_dn_per_e"]) / v["conversion_dn_per_e"]
        shown = np.clip(electrons @ np.linalg.inv(matrix).T / full, 0.0, 1.0)
        low = shown <= 0.0031308
        encoded = np.where(low, 12.92 * shown, 1.055 * np.power(shown, 1.0 / 2.4) - 0.055)
        return np.floor(encoded * 255.0 + 0.5)

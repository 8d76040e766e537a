"""Takes the plan's pictures with textbook formulas instead of the camera: the estimators must pass on these first.

Run as `python -I oracle.py FOLDER`: reads FOLDER/stimulus.json and FOLDER/oracle.json (the values to be found), writes pictures
into FOLDER. numpy's Poisson and normal generators, OpenCV's undistortion, nothing of the simulator.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

# isolated mode keeps the script's own folder out of the search path
sys.path.insert(0, str(Path(__file__).resolve().parent))
from oracle_optics import KINDS, TextbookLens
from oracle_range import TextbookMerge

_SUB = 3


class Textbook:
    """A camera as the standards define it, in float64."""

    def __init__(self, facts: dict[str, Any], values: dict[str, Any]) -> None:
        """The fixed pattern is drawn here."""
        self.facts, self.values = facts, values
        self.lens = TextbookLens(facts, values)
        self.rng = np.random.default_rng(20)
        self.shape = (facts["height_px"], facts["width_px"])
        self.gain = 1.0 + values["prnu_ratio"] * self.rng.standard_normal(self.shape)
        pixel_e = math.sqrt(max(values["dsnu_e"] ** 2 - values["column_e"] ** 2, 0.0))
        self.offset = pixel_e * self.rng.standard_normal(self.shape)
        self.offset += values["column_e"] * self.rng.standard_normal(self.shape[1])
        self.yields = np.empty(self.shape)
        names = (("red", "green"), ("green", "blue"))
        for row in range(2):
            for column in range(2):
                self.yields[row::2, column::2] = values[f"yield_{names[row][column]}"]
        self._rays: np.ndarray | None = None

    def _lux(self, luminance: np.ndarray | float) -> np.ndarray:
        v = self.values
        return np.asarray(math.pi / 4.0 * v["transmission"] * luminance / v["f_number"] ** 2)

    def _falloff(self) -> np.ndarray:
        v, (height, width) = self.values, self.shape
        y, x = np.mgrid[0:height, 0:width]
        corner2 = ((width - 1) / 2.0) ** 2 + ((height - 1) / 2.0) ** 2
        rho2 = ((x - v["cx_px"]) ** 2 + (y - v["cy_px"]) ** 2) / corner2
        return 1.0 + rho2 * (v["illumination_k1"] + rho2 * (v["illumination_k2"] + rho2 * v["illumination_k3"]))

    def light(self, frame: dict[str, Any]) -> np.ndarray | float:
        """lux on the chip."""
        if frame["kind"] == "flat":
            return float(frame["lux"])
        if frame["kind"] in KINDS:
            return self._lux(frame["luminance_cd_m2"] * self.lens.share(frame)) * self._falloff()
        if frame["kind"] == "uniform":
            return self._lux(frame["luminance_cd_m2"]) * self._falloff()
        if frame["kind"] == "board":
            return self._lux(frame["luminance_cd_m2"] * self._board(frame)) * self._falloff()
        rows = np.arange(self.shape[0])[:, None] * self.values["row_time_s"]
        edge = frame["start_px"] + frame["speed_px_s"] * rows
        share = np.clip(np.arange(self.shape[1])[None, :] + 0.5 - edge, 0.0, 1.0)
        return self._lux(frame["luminance_cd_m2"] * share) * self._falloff()

    def _sub_pixel_rays(self) -> np.ndarray:
        """(H * S, W * S, 3) float32 rays of points spread over the pixels."""
        v = self.values
        height, width = self.shape
        u = (np.arange(width * _SUB) + 0.5) / _SUB - 0.5
        w = (np.arange(height * _SUB) + 0.5) / _SUB - 0.5
        if self.facts["model"] == "brown_conrady":
            k = np.array([[v["fx_px"], 0.0, v["cx_px"]], [0.0, v["fy_px"], v["cy_px"]], [0.0, 0.0, 1.0]])
            pixels = np.stack(np.meshgrid(u, w), axis=-1).reshape(-1, 1, 2)
            # OpenCV's five steps by default leave a third of a pixel in the corners
            criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-12)
            d = np.array(v["distortion"])
            if hasattr(cv2, "undistortPointsIter"):
                flat = cv2.undistortPointsIter(pixels, k, d, None, None, criteria)
            else:
                flat = cv2.undistortPoints(pixels, k, d, criteria=criteria)
            x, y = flat.reshape(height * _SUB, width * _SUB, 2).transpose(2, 0, 1)
            return np.stack([x, y, np.ones_like(x)], axis=-1).astype(np.float32)
        x, y = np.meshgrid((u - v["cx_px"]) / v["fx_px"], (w - v["cy_px"]) / v["fy_px"])
        radius = np.hypot(x, y)
        k1, k2, k3, k4 = (*v["distortion"], 0.0, 0.0, 0.0, 0.0)[:4]
        theta = radius.copy()
        for _ in range(20):
            t = theta * theta
            value = theta * (1 + t * (k1 + t * (k2 + t * (k3 + t * k4))))
            theta -= (value - radius) / (1 + t * (3 * k1 + t * (5 * k2 + t * (7 * k3 + t * 9 * k4))))
        across = np.sin(theta) / np.maximum(radius, 1e-12)
        return np.stack([x * across, y * across, np.cos(theta)], axis=-1).astype(np.float32)

    def _board(self, frame: dict[str, Any]) -> np.ndarray:
        if self._rays is None:
            self._rays = self._sub_pixel_rays()
        height, width = self.shape
        out = np.empty(self.shape)
        for top in range(0, height, 64):
            rays = self._rays[top * _SUB : (top + 64) * _SUB].astype(np.float64)
            value = self._reflectance(rays, np.array(frame["rotation"]), np.array(frame["shift_m"]))
            out[top : top + 64] = value.reshape(-1, _SUB, width, _SUB).mean(axis=(1, 3))
        return cv2.GaussianBlur(out, (0, 0), self.values["psf_sigma_px"])

    def _reflectance(self, rays: np.ndarray, rotation: np.ndarray, shift: np.ndarray) -> np.ndarray:
        """What each ray meets of the board with this pose, camera_from_board."""
        normal = rotation[:, 2]
        s = float(normal @ shift) / (rays @ normal)
        on_board = (s[..., None] * rays - shift) @ rotation / self.facts["square_m"]
        bx, by = np.floor(on_board[..., 0]), np.floor(on_board[..., 1])
        columns, rows = self.facts["board_corners"]
        inside = (bx >= -1) & (bx < columns) & (by >= -1) & (by < rows) & (s > 0)
        return np.where(s > 0, np.where(inside & ((bx + by) % 2 == 0), 0.05, 0.9), 0.4)

    def shoot(self, frame: dict[str, Any]) -> np.ndarray:
        """The raw picture of one planned frame."""
        v, facts = self.values, self.facts
        top = 2 ** facts["adc_bits"] - 1
        if frame["kind"] == "codes":
            return np.asarray((np.arange(self.shape[0] * self.shape[1]) % (top + 1)).reshape(self.shape))
        cut = (slice(0, None, 2), slice(1, None, 2)) if frame["save"] == "green" else (slice(None), slice(None))
        mean = np.broadcast_to(self.light(frame), self.shape)[cut]
        mean = mean * frame["exposure_s"] * facts["pixel_area_um2"] * self.yields[cut]
        temperature = frame.get("temperature_c", v["temperature_c"])
        rate = v["dark_current_e_per_s"] * 2.0 ** ((temperature - v["dark_reference_c"]) / v["dark_doubling_c"])
        patterned = frame.get("pattern", True)
        e = self.rng.poisson(mean * (self.gain[cut] if patterned else 1.0) + rate * frame["exposure_s"])
        e = e + self.rng.normal(0.0, v["pixel_noise_e"], e.shape) + (self.offset[cut] if patterned else 0.0)
        if patterned:
            e = e + self.rng.normal(0.0, v["row_noise_e"], (e.shape[0], 1))
        e = np.minimum(e, v["full_well_e"])
        dn = np.floor(e * v["conversion_dn_per_e"] * frame["analog_gain"] + 0.5) + facts["black_level_dn"]
        return np.asarray(np.clip(np.rint(dn), 0, top))


def main(folder: Path) -> None:
    """Write every picture that needs no special file."""
    session = json.loads((folder / "stimulus.json").read_text())
    values = json.loads((folder / "oracle.json").read_text())
    camera = Textbook(session["facts"], values)
    merge = TextbookMerge(session["facts"], values.get("whole", {}))
    for frame in session["frames"]:
        if frame["test"] == "D6":
            continue
        if frame["kind"] in ("wedge", "chart"):
            picture = merge.chart(frame).astype(np.uint8)[..., ::-1] if frame["kind"] == "chart" else merge.wedge(frame)
            picture = picture.astype(np.uint16) if frame["kind"] == "wedge" else picture
            cv2.imwrite(str(folder / f"{frame['file']}.png"), picture)
            continue
        cv2.imwrite(
            str(folder / f"{frame['file']}.png"),
            camera.shoot(frame).astype(np.uint16),
            [cv2.IMWRITE_PNG_COMPRESSION, 1],
        )
        if frame["kind"] == "wall":
            cv2.imwrite(str(folder / f"{frame['file']}.mask.png"), camera.lens.mask(frame))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

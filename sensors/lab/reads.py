"""Chips with several reads on the bench: one read as a linear camera of its own, and the whole merge with values of its own.

A sensor's test mode delivers one read as it is. Photon transfer and everything else that takes a linear camera for granted (A1 to A6,
B, C, D1, E1) is measured on that; the merge (D4, D5) and the picture's colours (F1) on the whole.
"""

from __future__ import annotations

import numpy as np

from sensors.camera_config import CameraConfig
from sensors.config.chip import OF_A_READ

CROSSTALK_SPREAD = 0.03


def one_read(config: CameraConfig, name: str = "") -> CameraConfig:
    """The camera in the test mode of one read, the most sensitive by default; a camera of one read as it is."""
    sensor = config.sensor
    if not sensor.reads:
        return config
    read = next((read for read in sensor.reads if read.name == name), sensor.reads[0])
    data = config.model_dump()
    chip = data["sensor"]
    for key in OF_A_READ:
        del chip[key]
    alone = {"rel_sensitivity": 1.0, "t_ratio": 1.0, "delay_s": 0.0, "dark_ratio": 1.0, "fixed_gain": False}
    chip["reads"] = [read.model_dump() | alone]
    chip["hdr"] = {"linear_bits": sensor.adc_bits, "threshold": 1.0}
    chip["companding"] = None
    chip["dark_current"]["reference_e_per_s"] *= read.dark_ratio
    for color in ("red", "green", "blue"):
        chip["electrons_per_lux_s_um2"][color] *= read.rel_sensitivity
    return CameraConfig.model_validate(data)


def drawn_whole(config: CameraConfig, rng: np.random.Generator) -> CameraConfig:
    """The camera with all its reads, each with values drawn around its own, and other filters.

    Wells are drawn smaller and the gain larger, so that the merge keeps within its bits; ratios stay as the merge assumes them.
    """
    data = config.model_dump()
    chip = data["sensor"]
    reads = chip["reads"] or [chip]
    gain = float(rng.uniform(1.0, 1.1))
    for read in reads:
        read["full_well_e"] *= float(rng.uniform(0.85, 1.0))
        read["conversion_dn_per_e"] *= gain
        read["read_noise_e"] *= float(rng.uniform(0.85, 1.15))
    if chip["reads"]:
        for key in OF_A_READ:
            del chip[key]
    matrix = np.array(chip["color_matrix"]) + rng.uniform(-CROSSTALK_SPREAD, CROSSTALK_SPREAD, (3, 3))
    chip["color_matrix"] = tuple(map(tuple, (matrix / matrix.sum(axis=1, keepdims=True)).tolist()))
    return CameraConfig.model_validate(data)

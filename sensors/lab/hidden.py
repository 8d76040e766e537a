"""A camera of a preset's kind whose exact values nobody knows beforehand, and the same a little wrong.

The spreads are wider than those of production, so that an estimator that returned the data sheet's value would be caught.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sensors.camera_config import CameraConfig
from sensors.config.chip import OF_A_READ
from sensors.mosaic import channel_yields

Values = dict[str, float]
"""What a laboratory measures, by name, in the units that the names give."""

PHOTONS_PER_LUX_S_UM2 = 10_851.0
"""Photons from 400 to 700 nm of D65 light per lux, second and square micrometre (camera-facts: colour-science spectra)."""
HOT_C = 85.0
"""The chip's temperature in measurements of dark current, where there is enough of it within a short exposure."""


def drawn(config: CameraConfig, rng: np.random.Generator) -> CameraConfig:
    """The preset with values drawn around its own: chip within 15 %, lens within 2 % and 10 px, row time within 5 %."""
    data = config.model_dump()
    sensor, optics = data["sensor"], data["optics"]

    def spread(share: float) -> float:
        return float(rng.uniform(1.0 - share, 1.0 + share))

    for name in OF_A_READ:
        sensor[name] *= spread(0.15)
    _to_the_read(sensor)
    yield_scale = spread(0.15)
    for name in ("red", "green", "blue"):
        sensor["electrons_per_lux_s_um2"][name] *= yield_scale
    sensor["dark_current"]["reference_e_per_s"] *= spread(0.3)
    sensor["dark_current"]["doubling_c"] *= spread(0.08)
    for name in ("prnu_ratio", "dsnu_e", "column_e"):
        sensor["fixed_pattern"][name] *= spread(0.2)
    # a longer row might not fit the frame
    sensor["row_time_s"] *= float(rng.uniform(0.95, 1.0))
    intrinsics = optics["intrinsics"]
    for name in ("fx_px", "fy_px"):
        intrinsics[name] *= spread(0.02)
    for name in ("cx_px", "cy_px"):
        intrinsics[name] += float(rng.uniform(-10.0, 10.0)) * sensor["width_px"] / 1280.0
    optics["distortion"] = tuple(value * spread(0.1) for value in optics["distortion"])
    optics["theta_max_deg"] *= 1.03
    optics["transmission"] *= float(rng.uniform(0.9, 1.0))
    optics["f_number"] *= spread(0.05)
    falloff = optics["relative_illumination"]
    falloff["k"] = tuple(value * spread(0.1) for value in falloff["k"])
    return CameraConfig.model_validate(data)


def _to_the_read(sensor: dict[str, Any]) -> None:
    """Say of a chip in the test mode of one read what its read says."""
    for read in sensor["reads"]:
        read.update({name: sensor[name] for name in OF_A_READ})


def displaced(config: CameraConfig, share: dict[str, float]) -> CameraConfig:
    """The camera with each of its values off by the given share: a bench that lets it pass measures nothing."""
    data = config.model_dump()
    sensor, optics = data["sensor"], data["optics"]
    for path, amount in share.items():
        place: Any = data
        *parents, leaf = path.split(".")
        for name in parents:
            place = place[name]
        place[leaf] = place[leaf] * (1.0 + amount)
    _to_the_read(sensor)
    yields = sensor["electrons_per_lux_s_um2"]
    for name in ("red", "blue"):
        yields[name] *= yields["green"] / config.sensor.electrons_per_lux_s_um2.green
    falloff = optics["relative_illumination"]
    falloff["k"] = tuple(value * 1.15 for value in falloff["k"])
    return CameraConfig.model_validate(data)


WRONG = {
    "sensor.conversion_dn_per_e": 0.015,
    "sensor.electrons_per_lux_s_um2.green": 0.03,
    "sensor.read_noise_e": 0.06,
    "sensor.full_well_e": 0.1,
    "sensor.dark_current.reference_e_per_s": 0.08,
    "sensor.dark_current.doubling_c": -0.1,
    "sensor.fixed_pattern.prnu_ratio": 0.03,
    "sensor.fixed_pattern.dsnu_e": 0.15,
    "sensor.fixed_pattern.column_e": 0.4,
    "sensor.row_time_s": -0.03,
    "optics.intrinsics.fx_px": 0.0016,
    "optics.intrinsics.fy_px": 0.0016,
}
"""The negative control: three tolerances of the acceptance table, or a little more, on every value at once."""


def truth_of(config: CameraConfig) -> Values:
    """What the bench should find of this camera, from its definition alone."""
    sensor, optics = config.sensor, config.optics
    hot = sensor.model_copy(update={"temperature_c": HOT_C})
    pattern = sensor.fixed_pattern
    converter_e = (sensor.max_dn - sensor.black_level_dn) / sensor.conversion_dn_per_e
    k1, k2, k3 = optics.relative_illumination.k
    # of other mosaics, what stands in place of red, green and blue
    first, second, third = (*channel_yields(sensor).tolist(), float(channel_yields(sensor)[1]))[:3]
    return {
        "conversion_dn_per_e": sensor.conversion_dn_per_e,
        "quantum_efficiency_green": second / PHOTONS_PER_LUX_S_UM2,
        # the photon transfer method cannot tell a row's noise from a pixel's: both are temporal noise in the dark
        "read_noise_e": float(np.hypot(sensor.read_noise_e, pattern.row_temporal_e)),
        "dark_current_e_per_s": hot.dark_current_e_per_s,
        "dark_doubling_c": sensor.dark_current.doubling_c,
        "dsnu_e": float(np.hypot(pattern.dsnu_e, pattern.column_e)),
        "column_e": pattern.column_e,
        "prnu_ratio": pattern.prnu_ratio,
        "saturation_e": min(sensor.full_well_e, converter_e),
        "row_time_s": sensor.row_time_s,
        "fx_px": optics.intrinsics.fx_px,
        "fy_px": optics.intrinsics.fy_px,
        "cx_px": optics.intrinsics.cx_px,
        "cy_px": optics.intrinsics.cy_px,
        "illumination_k1": k1,
        "illumination_k2": k2,
        "illumination_k3": k3,
        "f_number": optics.f_number,
        "transmission": optics.transmission * optics.windshield_transmittance,
        "yield_red": first,
        "yield_green": second,
        "yield_blue": third,
    }

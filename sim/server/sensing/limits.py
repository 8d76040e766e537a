"""Attributes of sensors: their values as numbers, and what a sensor cannot be spawned with.

Tested by tests/server/test_sensor_station.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sim.catalogue.blueprints import BLUEPRINTS, AttributeType
from sim.server.errors import CallError

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry

MAX_IMAGE_PX = 8192

LIMITS: Mapping[str, tuple[float, float]] = {
    "sensor_tick": (0.0, 3600.0),
    "image_size_x": (1.0, float(MAX_IMAGE_PX)),
    "image_size_y": (1.0, float(MAX_IMAGE_PX)),
    "fov": (0.1, 179.0),
    "fstop": (0.1, 256.0),
    "shutter_speed": (1e-3, 1e6),
    "iso": (1e-2, 1e7),
    "gamma": (0.1, 10.0),
    "exposure_compensation": (-32.0, 32.0),
    "exposure_speed_up": (0.0, 1e3),
    "exposure_speed_down": (0.0, 1e3),
    "exposure_min_bright": (-32.0, 32.0),
    "exposure_max_bright": (-32.0, 32.0),
    "temp": (1000.0, 40_000.0),
    "tint": (-1.0, 1.0),
    "lens_circle_falloff": (0.0, 10.0),
    "lens_circle_multiplier": (0.0, 10.0),
    "lens_x_size": (0.0, 1.0),
    "lens_y_size": (0.0, 1.0),
    "positive_threshold": (0.01, 255.0),
    "negative_threshold": (0.01, 255.0),
    "sigma_positive_threshold": (0.0, 255.0),
    "sigma_negative_threshold": (0.0, 255.0),
    "refractory_period_ns": (0.0, 1e18),
    "log_eps": (1e-6, 1.0),
}
"""Least and greatest value of an attribute of any sensor; every number must be finite besides."""

_SCAN = {
    "channels": (1.0, 1024.0),
    "range": (0.0, 10_000.0),
    "points_per_second": (0.0, 1e7),
    "rotation_frequency": (0.0, 1000.0),
    "upper_fov": (-90.0, 90.0),
    "lower_fov": (-90.0, 90.0),
    "horizontal_fov": (0.1, 360.0),
    "atmosphere_attenuation_rate": (0.0, 1000.0),
    "dropoff_general_rate": (0.0, 1.0),
    "dropoff_intensity_limit": (0.0, 1.0),
    "dropoff_zero_intensity": (0.0, 1.0),
    "noise_stddev": (0.0, 1000.0),
}
LIMITS_OF: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "sensor.lidar.ray_cast": _SCAN,
    "sensor.lidar.ray_cast_semantic": _SCAN,
    "sensor.other.radar": {
        "horizontal_fov": (0.0, 179.0),
        "vertical_fov": (0.0, 179.0),
        "range": (0.0, 10_000.0),
        "points_per_second": (0.0, 1e7),
    },
    "sensor.other.obstacle": {"distance": (0.0, 10_000.0), "hit_radius": (0.0, 100.0)},
}
"""The same for single blueprints, before LIMITS: type id to attribute to (least, greatest)."""


def check_attributes(type_id: str, attributes: Mapping[str, str]) -> None:
    """CallError when a sensor cannot have these attributes: it names attribute, found and allowed."""
    blueprint = BLUEPRINTS.get(type_id)
    if blueprint is None or not type_id.startswith("sensor."):
        return
    of_type = LIMITS_OF.get(type_id, {})
    for attribute in blueprint.attributes:
        text = attributes.get(attribute.id)
        if text is None or attribute.type not in (AttributeType.INT, AttributeType.FLOAT):
            continue
        low, high = of_type.get(attribute.id) or LIMITS.get(attribute.id) or (-math.inf, math.inf)
        expected = "a finite number" if math.isinf(high) else f"a number {low:g} to {high:g}"
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and low <= value <= high):
            raise CallError(f'{type_id}: {attribute.id}: found "{text}"; expected {expected}')


def number(entry: ActorEntry, name: str, default: float | None = None) -> float:
    """A sensor's attribute, its blueprint's own value when it was not set; `default` when the blueprint has none."""
    text = entry.attributes.get(name)
    if text is None:
        blueprint = BLUEPRINTS[entry.type_id]
        text = next((item.value for item in blueprint.attributes if item.id == name), None)
    if text is None:
        if default is None:
            raise CallError(f"{entry.type_id}: found no attribute {name}")
        return default
    return float(text)


def whole(entry: ActorEntry, name: str, default: int | None = None) -> int:
    """A whole number, as `number` finds it."""
    return int(number(entry, name, default))


def flag(entry: ActorEntry, name: str, default: bool) -> bool:
    """A truth value: "true" or "True" is true."""
    return entry.attributes.get(name, str(default)).lower() == "true"

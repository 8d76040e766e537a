"""Reading and writing the small structs of the wire: vectors, transforms, boxes. CARLA's axes outside, ours inside.

A value of the wrong shape, or one that is not finite, raises CallError: nothing that is not a number may enter the world.
Tested by tests/server/test_garbage.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes
from sim.server.errors import CallError, brief

Float64 = NDArray[np.float64]

WORLD_LIMIT_M = 1e6
"""Coordinates beyond this are refused: float32 on the wire would resolve less than 6 cm there."""


def finite(value: Any, name: str, limit: float = 1e9) -> float:
    """A number that is finite and at most `limit` in size."""
    if isinstance(value, (int, float)) and abs(value) <= limit and math.isfinite(value):
        return float(value)
    raise CallError(f"{name}: found {brief(value, 40)}; expected a number between {-limit:g} and {limit:g}")


def whole(value: Any, name: str, least: int = 0, most: int = 0xFFFF_FFFF) -> int:
    """A whole number in a range; others' clients decode it as an integer of that width, and end when it is none."""
    if isinstance(value, int) and least <= value <= most:
        return int(value)
    raise CallError(f"{name}: found {brief(value)}; expected a whole number between {least} and {most}")


def utf8(value: Any) -> str:
    """Text that every client can decode: bytes that are no UTF-8 become question marks."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def triple(value: Any, name: str, limit: float = 1e9) -> tuple[float, float, float]:
    """Three finite numbers."""
    if not isinstance(value, (list, tuple)) or len(value) < 3:
        raise CallError(f"{name}: found {brief(value)}; expected [x, y, z]")
    return finite(value[0], name, limit), finite(value[1], name, limit), finite(value[2], name, limit)


def vector(value: Any, name: str, limit: float = 1e9) -> Float64:
    """A polar vector (velocity, force, offset) in our axes."""
    return carla_axes.vector_from_carla(triple(value, name, limit))


def location(value: Any) -> Float64:
    """A position in the world, our axes, m."""
    return carla_axes.vector_from_carla(triple(value, "location", WORLD_LIMIT_M))


def rotation(value: Any) -> Float64:
    """Roll, pitch, yaw in rad from CARLA's [pitch, yaw, roll] in degrees."""
    return carla_axes.rpy_from_carla(triple(value, "rotation"))


def transform(value: Any) -> tuple[Float64, Float64]:
    """Position (m) and roll, pitch, yaw (rad) from [location, rotation]."""
    if not isinstance(value, (list, tuple)) or len(value) < 2:
        raise CallError(f"transform: found {brief(value)}; expected [location, rotation]")
    return location(value[0]), rotation(value[1])


def wire_vector(value: Sequence[float] | Float64) -> list[float]:
    """[x, y, z] for the wire from a polar vector in our axes."""
    return [float(x) for x in carla_axes.vector_to_carla(value)]


def wire_transform(position_m: Float64, rpy_rad: Float64) -> list[list[float]]:
    """[location, rotation] for the wire."""
    return [wire_vector(position_m), [float(x) for x in carla_axes.rpy_to_carla(rpy_rad)]]


def wire_box(center_m: Float64, extent_m: Float64, actor_id: int, rpy_rad: Float64 | None = None) -> list[Any]:
    """[location, extent, rotation, actor id] for the wire; half sizes have no handedness."""
    angles = [0.0, 0.0, 0.0] if rpy_rad is None else [float(x) for x in carla_axes.rpy_to_carla(rpy_rad)]
    return [wire_vector(center_m), [float(x) for x in extent_m], angles, int(actor_id)]

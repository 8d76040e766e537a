"""Conversions between the units people write and the SI units used inside."""

from __future__ import annotations

import math

GRAVITY_MPS2 = 9.81


def mps_from_kmh(speed_kmh: float) -> float:
    """Metres per second from kilometres per hour."""
    return speed_kmh / 3.6


def kmh_from_mps(speed_mps: float) -> float:
    """Kilometres per hour from metres per second."""
    return speed_mps * 3.6


def mps_from_mph(speed_mph: float) -> float:
    """Metres per second from statute miles per hour (1 mile = 1609.344 m)."""
    return speed_mph * 0.44704


def wrap_angle(angle_rad: float) -> float:
    """The same direction in [-pi, pi)."""
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi

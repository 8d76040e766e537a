"""Lamps that are not steady: LEDs dimmed by pulses, and lamps that follow the mains.

Eyes and photometry see the mean, which is what rendering.emitters holds; an exposure sees the pulses that fall into it. A lamp is
missed altogether by a share max(0, 1 - D - T f) of exposures of length T (camera-facts 2.4), and never varies where T f is whole.
Frequencies and duties: pulse widths of vehicle lamps run at 90 Hz to 1 kHz, above what eyes see (Deegan, Electronic Imaging
2018); LED signals at 90 to 120 Hz, twice the mains; the values below are typical assumptions within these ranges. A tail lamp is its
brake lamp dimmed to the ratio of their luminances (rendering.emitters). Filament and discharge lamps of vehicles, and LEDs at full
level, are steady. Light that lamps cast on other things stays at its mean.
Phases and frequencies differ from lamp to lamp, by instance id alone. Tested by tests/rendering/test_flicker.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.emitters import emission_table
from rendering.kernels import layout as at
from rendering.kernels.flicker import DRIVES, DUTY, EXPOSURE_CYCLES, START_CYCLES, WINDOW_CYCLES
from rendering.materials import EmissionKind

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
_KIND = EmissionKind

SPREAD = 0.03
"""Frequencies of lamps with their own clock differ by up to this share; those on the mains do not."""
LED_VEHICLES = 0.7
"""[A] Share of vehicles whose lamps are LEDs."""


@dataclass(frozen=True)
class Drive:
    """How a lamp is fed: pulses of `duty` at `frequency_hz`, or twice the mains' frequency where that is None; or a ripple of depth
    `ripple` (0 to 1) about its mean. `vehicle`: of these only LEDs are pulsed."""

    frequency_hz: float | None
    duty: float = 1.0
    ripple: float = 0.0
    vehicle: bool = False


def _dimming(kind: EmissionKind) -> float:
    """Normal over bright level of a lamp that is dimmed by pulses."""
    table = emission_table()
    return float(table[0, kind, 0] / table[1, kind, 0])


DRIVES_OF: dict[tuple[EmissionKind, bool], Drive] = {
    (_KIND.SIGNAL_RED, False): Drive(None, 0.5),
    (_KIND.SIGNAL_YELLOW, False): Drive(None, 0.5),
    (_KIND.SIGNAL_GREEN, False): Drive(None, 0.5),
    (_KIND.TAIL_BRAKE, False): Drive(200.0, _dimming(_KIND.TAIL_BRAKE), vehicle=True),
    (_KIND.HEAD_LAMP, False): Drive(250.0, 0.4, vehicle=True),
    (_KIND.INDICATOR_LEFT, False): Drive(200.0, 0.6, vehicle=True),
    (_KIND.INDICATOR_RIGHT, False): Drive(200.0, 0.6, vehicle=True),
    (_KIND.BEACON_LEFT, False): Drive(90.0, 0.25),
    (_KIND.BEACON_RIGHT, False): Drive(90.0, 0.25),
    (_KIND.STREET_LAMP, False): Drive(None, ripple=0.2),
}
"""By emission kind and whether it is at its bright level; all others are steady. [A] within the ranges above: signals full-wave
rectified, beacons at the lower end, street lamps with the ripple that a driver's capacitor leaves."""


def captured_share(start_cycles: Float64, exposure_cycles: float, duty: float) -> Float64:
    """Share of its mean light that a train of pulses gives exposures which begin `start_cycles` after a pulse's begin."""
    start, end = np.asarray(start_cycles, np.float64), np.asarray(start_cycles, np.float64) + exposure_cycles
    lit = (np.floor(end) - np.floor(start)) * duty
    lit += np.minimum(end - np.floor(end), duty) - np.minimum(start - np.floor(start), duty)
    return np.asarray(lit / (exposure_cycles * duty))


def miss_share(frequency_hz: float, duty: float, exposure_s: float) -> float:
    """Share of exposures that hold no pulse."""
    return max(0.0, 1.0 - duty - exposure_s * frequency_hz)


def flicker_table(
    instance_ids: NDArray[np.uint32], slots: NDArray[np.int64], count: int, window_s: tuple[float, float],
    exposure_s: float, mains_hz: float,
) -> Float32:  # fmt: skip
    """Table (count, DRIVES, 4) for the kernels: the lamps of instances in `slots` with these ids; `window_s` are the mid-exposure
    times of the first row and the last. Rows of other slots are steady (0)."""
    table = np.zeros((count, DRIVES, 4), np.float32)
    ids = instance_ids.astype(np.float64)
    chance = (ids * 0.7548776662466927) % 1.0
    is_led = (ids * 0.5698402909980532) % 1.0 < LED_VEHICLES
    begin_s, span_s = window_s[0] - 0.5 * exposure_s, window_s[1] - window_s[0]
    for (kind, bright), drive in DRIVES_OF.items():
        mains = drive.frequency_hz is None
        own = 1.0 + (0.0 if mains else SPREAD) * (2.0 * chance - 1.0)
        frequency = (2.0 * mains_hz if drive.frequency_hz is None else drive.frequency_hz) * own
        # lamps on the mains hang on one of its three phases
        phase = np.floor(3.0 * chance) / 3.0 if mains else (ids * 0.6180339887498949 + 0.4142135 * int(kind)) % 1.0
        cycles = frequency * exposure_s
        duty = np.where(is_led | (not drive.vehicle), drive.duty, 1.0)
        if drive.ripple:
            duty = -drive.ripple * np.sinc(cycles)
        rows = table[:, int(kind) + at.EMISSION_KINDS * bright]
        rows[slots, WINDOW_CYCLES] = frequency * span_s
        rows[slots, START_CYCLES] = (frequency * begin_s + phase) % 1.0
        rows[slots, EXPOSURE_CYCLES] = cycles
        rows[slots, DUTY] = duty
    return table

"""What shines by itself: luminances of lamps, which lamps of an actor are on, and the lamps that light the road.

Luminances follow from luminous intensity over apparent area, L = I / A. Sources: EN 12368 (signals 200 cd and more on
200 mm: 6.4 kcd/m²), UN R148 (stop 60-260 cd, tail 4-17 cd, direction 175-1000 cd), UN R112 class B (low beam),
UN R19 and R38 (front fog, rear fog 150-300 cd on 100 cm²). The bright levels of SIGNAL_RED and SIGNAL_YELLOW are
those of a school bus's warning lamps: 600 and 1500 cd (FMVSS 108, SAE J887) on the 227 cm² drawn.
WINDOW is the luminance of a white surface in a lit room or shop window (250 cd/m², about 800 lx on display and ceiling);
the surface's own reflectance scales and tints it, so rooms show
20-60 cd/m², drawn curtains 60-90, displays and lit signs up to 150 (photometry of night streets: CIE 136, CIE 150).
Tested by tests/rendering/test_lamps.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rendering.kernels import layout as at
from rendering.materials import EmissionKind
from sim.base.phase import flash_on
from sim.base.state import ActorInfo, ActorKind, Lamp, LightState, WorldState

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

BEACON_RATE_HZ = 2.0
BRIGHT = 16
"""Lamp bit 16 + kind makes kind shine at its bright level: a tail lamp that brakes, a headlamp on high beam."""

_RED, _AMBER, _GREEN = (1.0, 0.035, 0.012), (1.0, 0.36, 0.0), (0.04, 1.0, 0.55)
_WARM, _COOL, _BLUE = (1.0, 0.93, 0.80), (0.97, 1.0, 1.06), (0.03, 0.12, 1.0)
_KIND = EmissionKind
_EMISSIONS: dict[EmissionKind, tuple[tuple[float, float, float], float, float]] = {
    _KIND.SIGNAL_RED: (_RED, 6_400.0, 26_000.0),
    _KIND.SIGNAL_YELLOW: (_AMBER, 8_000.0, 66_000.0),
    _KIND.SIGNAL_GREEN: (_GREEN, 7_500.0, 7_500.0),
    _KIND.HEAD_LAMP: (_COOL, 50_000.0, 150_000.0),
    _KIND.TAIL_BRAKE: (_RED, 1_500.0, 20_000.0),
    _KIND.INDICATOR_LEFT: (_AMBER, 45_000.0, 45_000.0),
    _KIND.INDICATOR_RIGHT: (_AMBER, 45_000.0, 45_000.0),
    _KIND.REVERSE: (_COOL, 25_000.0, 25_000.0),
    _KIND.STREET_LAMP: (_WARM, 40_000.0, 40_000.0),
    _KIND.BEACON_LEFT: (_BLUE, 60_000.0, 60_000.0),
    _KIND.BEACON_RIGHT: (_BLUE, 60_000.0, 60_000.0),
    _KIND.FOG_FRONT: (_COOL, 40_000.0, 40_000.0),
    _KIND.FOG_REAR: (_RED, 30_000.0, 30_000.0),
    _KIND.INTERIOR: (_WARM, 1_500.0, 1_500.0),
    _KIND.WINDOW: ((1.0, 1.0, 1.0), 250.0, 250.0),
}
_STOP_ARM = "static.prop.school_bus_stop_arm"
_LUMINANCE_RGB = np.array([0.2126, 0.7152, 0.0722])

STREET_LAMP_CD = 900.0
"""Intensity straight down of a 5 klm street luminaire; its batwing reaches 2.3 times that at the side."""
LOW_BEAM_CD, HIGH_BEAM_CD = 18_000.0, 45_000.0
STREET_REACH_M, BEAM_REACH_M = 45.0, 120.0


def emission_table() -> Float32:
    """Radiance RGB cd/m² (2, EMISSION_KINDS, 3): normal level, bright level."""
    table = np.zeros((2, at.EMISSION_KINDS, 3), np.float32)
    for kind, (color, normal, bright) in _EMISSIONS.items():
        unit = np.asarray(color) / float(np.dot(color, _LUMINANCE_RGB))
        table[0, kind], table[1, kind] = unit * normal, unit * bright
    return table


def _bit(kind: EmissionKind, bright: bool = False) -> int:
    return (1 << int(kind)) | ((1 << (int(kind) + BRIGHT)) if bright else 0)


def vehicle_lamp_bits(lamp_flags: int, time_flicks: int, track_id: int) -> int:
    """Lamp bits of a vehicle with these CARLA lamp flags; each vehicle flashes in its own phase."""
    bits = 0
    if lamp_flags & Lamp.HIGH_BEAM:
        bits |= _bit(_KIND.HEAD_LAMP, bright=True)
    elif lamp_flags & (Lamp.LOW_BEAM | Lamp.POSITION):
        bits |= _bit(_KIND.HEAD_LAMP)
    if lamp_flags & Lamp.BRAKE:
        bits |= _bit(_KIND.TAIL_BRAKE, bright=True)
    elif lamp_flags & (Lamp.POSITION | Lamp.LOW_BEAM | Lamp.HIGH_BEAM):
        bits |= _bit(_KIND.TAIL_BRAKE)
    if lamp_flags & Lamp.FOG:
        bits |= _bit(_KIND.FOG_FRONT) | _bit(_KIND.FOG_REAR)
    if lamp_flags & Lamp.INTERIOR:
        bits |= _bit(_KIND.INTERIOR)
    if lamp_flags & Lamp.REVERSE:
        bits |= _bit(_KIND.REVERSE)
    if flash_on(time_flicks, track_id):
        bits |= _bit(_KIND.INDICATOR_LEFT) if lamp_flags & Lamp.LEFT_BLINKER else 0
        bits |= _bit(_KIND.INDICATOR_RIGHT) if lamp_flags & Lamp.RIGHT_BLINKER else 0
    if lamp_flags & (Lamp.SPECIAL_1 | Lamp.SPECIAL_2):
        first = flash_on(time_flicks, track_id, BEACON_RATE_HZ)
        bits |= _bit(_KIND.BEACON_LEFT if first else _KIND.BEACON_RIGHT)
    return bits


def lamp_bits_of(state: WorldState, row: int) -> int | None:
    """Lamp bits of the actor in a row of a state; None of what has no lamps of its own."""
    info = state.actors[row]
    if info.kind == ActorKind.VEHICLE:
        return vehicle_lamp_bits(int(state.lamp_flags[row]), state.time_flicks, info.track_id)
    if info.kind == ActorKind.TRAFFIC_LIGHT:
        return signal_lamp_bits(int(state.light_state[row]))
    return _stop_arm_bits(state, info) if info.type_id == _STOP_ARM else None


def warning_lamp_bits(state: WorldState, row: int, half: int) -> int:
    """Lamp bits of a school bus's warning lamps on one side (`half` 1 left, 2 right): amber with SPECIAL_1, red with SPECIAL_2.

    Both sides flash in turn, as fast as indicators do (SAE J887: 60 to 120 flashes a minute).
    """
    flags = int(state.lamp_flags[row])
    if flash_on(state.time_flicks, int(state.track_id[row])) != (half == 1):
        return 0
    amber = _bit(_KIND.SIGNAL_YELLOW, bright=True) if flags & Lamp.SPECIAL_1 else 0
    return amber | (_bit(_KIND.SIGNAL_RED, bright=True) if flags & Lamp.SPECIAL_2 else 0)


def _stop_arm_bits(state: WorldState, info: ActorInfo) -> int:
    """Of a stop arm that is swung out: its lamps flash in turn, with the red ones of its bus where it has one (FMVSS 131)."""
    bus = state.row_of(info.parent_track_id)
    if bus is not None and not int(state.lamp_flags[bus]) & Lamp.SPECIAL_2:
        return 0
    upper = flash_on(state.time_flicks, info.parent_track_id if bus is not None else info.track_id)
    return _bit(_KIND.SIGNAL_RED, bright=True) if upper else _bit(_KIND.FOG_REAR)


def signal_lamp_bits(light_state: int) -> int:
    """Lamp bits of a signal head."""
    kinds = {
        LightState.RED: _KIND.SIGNAL_RED,
        LightState.YELLOW: _KIND.SIGNAL_YELLOW,
        LightState.GREEN: _KIND.SIGNAL_GREEN,
    }
    kind = kinds.get(LightState(light_state)) if light_state <= LightState.UNKNOWN else None
    return _bit(kind) if kind is not None else 0


STATIC_LAMP_BITS = _bit(_KIND.STREET_LAMP) | _bit(_KIND.WINDOW)
"""Everything of static objects that shines at night: lamps, and the share of rooms and shop windows that have light."""


def street_lamp_rows(heads_m: Float64) -> Float64:
    """Rows (K, LAMP_STRIDE) of street lamps at the given heads (K, 3)."""
    rows = np.zeros((len(heads_m), at.LAMP_STRIDE))
    rows[:, :3] = heads_m
    rows[:, at.LAMP_R : at.LAMP_B + 1] = _scaled(_WARM, STREET_LAMP_CD)
    rows[:, at.LAMP_KIND], rows[:, at.LAMP_REACH] = at.LAMP_STREET, STREET_REACH_M
    return rows


def head_lamp_rows(
    world_from_actor: Float64, half_length_m: float, half_width_m: float, center_x_m: float, high: bool,
    right_hand_traffic: bool = True,
) -> Float64:  # fmt: skip
    """Rows (2, LAMP_STRIDE) of a vehicle's two headlamps, 0.65 m above ground at the corners of its front."""
    rows = np.zeros((2, at.LAMP_STRIDE))
    for k, side in enumerate((1.0, -1.0)):
        local = np.array([center_x_m + half_length_m + 0.05, side * 0.75 * half_width_m, 0.65])
        rows[k, :3] = world_from_actor[:3, :3] @ local + world_from_actor[:3, 3]
    forward = world_from_actor[:3, 0]
    rows[:, at.LAMP_DX : at.LAMP_DZ + 1] = forward
    rows[:, at.LAMP_R : at.LAMP_B + 1] = _scaled(_COOL, HIGH_BEAM_CD if high else LOW_BEAM_CD)
    rows[:, at.LAMP_KIND] = at.LAMP_HIGH_BEAM if high else at.LAMP_LOW_BEAM
    rows[:, at.LAMP_REACH] = BEAM_REACH_M
    rows[:, at.LAMP_SIDE] = 1.0 if right_hand_traffic else -1.0
    return rows


def _scaled(color: Sequence[float], candela: float) -> Float64:
    unit = np.asarray(color) / float(np.dot(color, _LUMINANCE_RGB))
    return np.asarray(unit * candela)

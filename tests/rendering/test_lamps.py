"""Which lamps shine, how brightly, and what street lamps do to a road."""

from __future__ import annotations

import numpy as np

from rendering.assets.vehicles import vehicle_parts
from rendering.emitters import emission_table, signal_lamp_bits, street_lamp_rows, vehicle_lamp_bits
from rendering.kernels import layout as at
from rendering.materials import MATERIALS, EmissionKind
from rendering.nearby import LAMPS_KEPT, LampList
from rendering.sky import LUMINANCE_RGB
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.state import Lamp, LightState
from sim.catalogue.vehicles import VEHICLES
from tests.rendering.solids import state


def _on(bits: int, kind: EmissionKind) -> bool:
    return bool(bits >> int(kind) & 1)


def test_signals_show_exactly_their_lamp():
    kinds = {
        LightState.RED: EmissionKind.SIGNAL_RED,
        LightState.YELLOW: EmissionKind.SIGNAL_YELLOW,
        LightState.GREEN: EmissionKind.SIGNAL_GREEN,
    }
    for light, kind in kinds.items():
        bits = signal_lamp_bits(light)
        assert [k for k in kinds.values() if _on(bits, k)] == [kind]
    assert signal_lamp_bits(LightState.OFF) == 0


def test_luminances_lie_in_the_standards_ranges():
    """A 200 cd signal of 200 mm: 6.4 kcd/m² (EN 12368); a stop lamp of 100 cd on 50 cm²: 20 kcd/m² (UN R148)."""
    luminance = emission_table() @ LUMINANCE_RGB
    for kind in (EmissionKind.SIGNAL_RED, EmissionKind.SIGNAL_YELLOW, EmissionKind.SIGNAL_GREEN):
        assert 3_000 < luminance[0, kind] < 80_000
    assert luminance[1, EmissionKind.TAIL_BRAKE] > 5 * luminance[0, EmissionKind.TAIL_BRAKE]
    assert luminance[0, EmissionKind.NONE] == 0.0


def test_brake_is_bright_and_indicators_flash_half_the_time():
    assert vehicle_lamp_bits(int(Lamp.BRAKE), 0, 1) >> (16 + int(EmissionKind.TAIL_BRAKE)) & 1
    assert not vehicle_lamp_bits(int(Lamp.LOW_BEAM), 0, 1) >> (16 + int(EmissionKind.TAIL_BRAKE)) & 1
    times = np.arange(0, 10 * FLICKS_PER_SECOND, FLICKS_PER_SECOND // 60)
    share = np.mean(
        [_on(vehicle_lamp_bits(int(Lamp.LEFT_BLINKER), int(t), 1), EmissionKind.INDICATOR_LEFT) for t in times]
    )
    assert abs(share - 0.5) < 0.02
    beacons = [vehicle_lamp_bits(int(Lamp.SPECIAL_1), int(t), 1) for t in times]
    left = np.array([_on(bits, EmissionKind.BEACON_LEFT) for bits in beacons], bool)
    right = np.array([_on(bits, EmissionKind.BEACON_RIGHT) for bits in beacons], bool)
    assert (left != right).all() and abs(left.mean() - 0.5) < 0.02 and np.count_nonzero(np.diff(left)) == 40


def test_list_keeps_the_nearest_lamps_and_none_by_day():
    heads = np.array([(10.0 * i, 5.0, 8.0) for i in range(100)])
    lamps = LampList(heads, np.zeros(3))
    lamps.follow(state(), True)
    near = lamps.near(np.array([500.0, 0.0, 1.5]))
    assert near.shape == (LAMPS_KEPT, at.LAMP_STRIDE) and np.abs(near[:, 0] - 500.0).max() <= 10.0 * LAMPS_KEPT / 2
    lamps.follow(state(), False)
    assert len(lamps.near(np.zeros(3))) == 0
    assert street_lamp_rows(heads).shape == (100, at.LAMP_STRIDE)


def test_every_lamp_flag_lights_something_of_its_own_on_every_car():
    """Each of CARLA's flags switches a kind that the body carries; without flags nothing shines."""
    assert vehicle_lamp_bits(0, 0, 1) == 0
    kinds = {
        Lamp.LOW_BEAM: EmissionKind.HEAD_LAMP,
        Lamp.BRAKE: EmissionKind.TAIL_BRAKE,
        Lamp.REVERSE: EmissionKind.REVERSE,
        Lamp.FOG: EmissionKind.FOG_FRONT,
        Lamp.INTERIOR: EmissionKind.INTERIOR,
    }
    emission = np.array([int(material.emission) for material in MATERIALS.values()])
    for type_id, spec in VEHICLES.items():
        if spec.number_of_wheels == 2:
            continue
        material = vehicle_parts(spec)[0].meshes[0].material
        carried = set(emission[material[material < len(emission)]].tolist())
        for flag, kind in kinds.items():
            assert vehicle_lamp_bits(int(flag), 0, 1) >> int(kind) & 1
            assert int(kind) in carried, f"{type_id} {flag.name}"
        assert {
            int(EmissionKind.INDICATOR_LEFT),
            int(EmissionKind.INDICATOR_RIGHT),
            int(EmissionKind.FOG_REAR),
        } <= carried
        if spec.special_type == "emergency":
            assert int(EmissionKind.BEACON_LEFT) in carried

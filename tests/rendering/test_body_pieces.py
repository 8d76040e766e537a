"""Plates with a registration for each actor, and warning lamps that flash in turn."""

from __future__ import annotations

import numpy as np

from rendering.assets.actors import parts_of
from rendering.assets.sign_faces import PLATES, plate_uv
from rendering.assets.vehicles import body_of, vehicle_parts
from rendering.emitters import emission_table, lamp_bits_of, warning_lamp_bits
from rendering.materials import EmissionKind, material_index
from rendering.part_labels import fine_parts
from rendering.scene import Scene
from rendering.sky import LUMINANCE_RGB
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.parts import PartKind
from sim.base.state import ActorInfo, ActorKind, Lamp, Weather, WorldState
from sim.catalogue.vehicles import VEHICLES
from tests.rendering.solids import luminance, pinhole, plane, state

BUS, ARM = "vehicle.sim.school_bus", "static.prop.school_bus_stop_arm"


def _info(track_id: int, type_id: str = "vehicle.tesla.model3", parent: int = 0) -> ActorInfo:
    kind = ActorKind.VEHICLE if type_id in VEHICLES else ActorKind.PROP
    return ActorInfo(track_id, kind, type_id, {}, (0.0, 0.0, 0.7), (2.3, 0.9, 0.7), parent_track_id=parent)


def _lines(track_id: int) -> set[int]:
    """Which registrations an actor's plates show, by the middles of their uv."""
    plates = [
        (part.meshes[0], fine_parts(part.meshes[0]) == PartKind.NUMBER_PLATE)
        for part in parts_of(_info(track_id))
        if (fine_parts(part.meshes[0]) == PartKind.NUMBER_PLATE).any()
    ]
    ((mesh, shown),) = plates
    middles = mesh.uv[mesh.triangles[shown]].mean(axis=1)
    rects = [plate_uv(line) for line in range(len(PLATES))]
    inside = [[r[0] < u < r[2] and r[1] < v < r[3] for r in rects] for u, v in middles]
    assert all(sum(row) == 1 for row in inside)
    return {row.index(True) for row in inside}


def test_each_actor_has_its_own_registration_on_both_plates():
    lines = [_lines(track_id) for track_id in range(40, 40 + len(PLATES))]
    assert all(len(line) == 1 for line in lines)
    assert set().union(*lines) == set(range(len(PLATES))) and len(set(PLATES)) == len(PLATES) == 32


def test_nothing_is_lost_and_meshes_are_shared():
    spec = VEHICLES["vehicle.tesla.model3"]
    first, second = vehicle_parts(spec, None, 1), vehicle_parts(spec, None, 2)
    assert (
        first[0].meshes[0] is second[0].meshes[0] and vehicle_parts(spec, None, 33)[-1].meshes[0] is first[-1].meshes[0]
    )
    whole = body_of(spec).triangle_count
    assert first[0].meshes[0].triangle_count + first[-1].meshes[0].triangle_count == whole
    assert not (first[0].meshes[0].material == material_index("number_plate")).any()


def _bus_state(flags: int, time_flicks: int, arm: bool = True) -> WorldState:
    actors = [(_info(1, BUS), (0.0, 0.0, 0.0), 0.0)]
    if arm:
        actors.append((_info(2, ARM, parent=1), (2.5, 1.3, 1.2), 0.0))
    here = state(*actors, weather=Weather(sun_altitude_angle=-20.0))
    here.lamp_flags[0] = flags
    object.__setattr__(here, "time_flicks", time_flicks)
    return here


def test_warning_lamps_flash_in_turn_amber_then_red():
    bright = {kind: 1 << (16 + int(kind)) for kind in (EmissionKind.SIGNAL_RED, EmissionKind.SIGNAL_YELLOW)}
    times = range(0, 4 * FLICKS_PER_SECOND, FLICKS_PER_SECOND // 40)
    for flag, kind, other in (
        (Lamp.SPECIAL_1, EmissionKind.SIGNAL_YELLOW, EmissionKind.SIGNAL_RED),
        (Lamp.SPECIAL_2, EmissionKind.SIGNAL_RED, EmissionKind.SIGNAL_YELLOW),
    ):
        bits = np.array([[warning_lamp_bits(_bus_state(int(flag), t), 0, half) for half in (1, 2)] for t in times])
        on = (bits & bright[kind]) != 0
        assert (on[:, 0] != on[:, 1]).all() and 0.4 < on.mean() < 0.6
        assert not (bits & bright[other]).any()
        assert 4 * 1.0 <= np.count_nonzero(np.diff(on[:, 0].astype(int)) == 1) <= 4 * 2.0
    assert not any(warning_lamp_bits(_bus_state(int(Lamp.LOW_BEAM), t), 0, half) for t in times for half in (1, 2))
    level = emission_table()[1] @ LUMINANCE_RGB
    area_m2 = np.pi * 0.085**2
    np.testing.assert_allclose(level[EmissionKind.SIGNAL_RED] * area_m2, 600.0, rtol=0.03)
    np.testing.assert_allclose(level[EmissionKind.SIGNAL_YELLOW] * area_m2, 1500.0, rtol=0.03)


def test_the_stop_arm_flashes_with_its_bus_and_only_then():
    red, fog = 1 << int(EmissionKind.SIGNAL_RED), 1 << int(EmissionKind.FOG_REAR)
    times = range(0, 2 * FLICKS_PER_SECOND, FLICKS_PER_SECOND // 20)
    on = [lamp_bits_of(_bus_state(int(Lamp.SPECIAL_2), t), 1) for t in times]
    assert all(bool(bits & red) != bool(bits & fog) for bits in on) and 0.3 < np.mean([bool(b & red) for b in on]) < 0.7
    assert not any(lamp_bits_of(_bus_state(int(Lamp.SPECIAL_1), t), 1) for t in times)


def test_lamps_shine_at_night():
    """The front of the bus at night: red light where the lamps are, none with the lamps off."""
    world = Scene(None, None, 1, ground=[plane()])
    view = pinhole(120, 60, 16.0, (17.0, 0.0, 2.4), yaw=np.pi)
    brightest = {}
    for name, flags in (("off", 0), ("red", int(Lamp.SPECIAL_2))):
        here = _bus_state(flags, 0, arm=False)
        world.set_states(here, here, here)
        brightest[name] = luminance(world.render(view, refine=False).radiance).max()
    assert brightest["red"] > 10_000.0 > 50.0 > brightest["off"]

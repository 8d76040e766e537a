"""Every part that can be told gets its name, in the real assets and for what builders mark themselves."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.actors import parts_of
from rendering.assets.solids import box
from rendering.mesh import PART_LAMP, PART_WHEEL, merge
from rendering.part_labels import fine_parts, marked
from sim.base.parts import PartKind, part_names
from sim.base.state import ActorInfo, ActorKind
from sim.catalogue.doors import DOOR_TYPE

P = PartKind


def parts_shown(info: ActorInfo) -> set[PartKind]:
    return {P(int(k)) for part in parts_of(info) for mesh in part.meshes for k in np.unique(fine_parts(mesh))}


def vehicle(type_id: str, kind: ActorKind = ActorKind.VEHICLE, **attributes: str) -> ActorInfo:
    return ActorInfo(1, kind, type_id, attributes, (0.0, 0.0, 0.75), (2.2, 0.9, 0.75))


def test_a_car_has_its_parts():
    found = parts_shown(vehicle("vehicle.tesla.model3"))
    lamps = {P.HEAD_LAMP, P.TAIL_LAMP, P.INDICATOR_LEFT, P.INDICATOR_RIGHT, P.REVERSE_LAMP}
    assert found >= {P.BODY, P.WHEEL, P.WINDOW, P.NUMBER_PLATE, P.MIRROR} | lamps


def test_signals_and_signs_have_theirs():
    assert parts_shown(vehicle("traffic.traffic_light", ActorKind.TRAFFIC_LIGHT)) >= {
        P.SIGNAL_RED,
        P.SIGNAL_YELLOW,
        P.SIGNAL_GREEN,
        P.POLE,
    }
    assert parts_shown(vehicle("traffic.stop", ActorKind.TRAFFIC_SIGN)) >= {P.SIGN_PLATE, P.POLE}


def test_people_have_heads_and_legs():
    """Torso and arms wear one cloth: they are named where their builder marks them."""
    assert parts_shown(vehicle("walker.pedestrian.0001", ActorKind.WALKER)) >= {P.HEAD, P.LEGS}


@pytest.mark.parametrize("type_id", ["static.prop.boom_arm", "static.prop.school_bus_stop_arm"])
def test_arms_are_arms(type_id):
    assert P.ARM in parts_shown(vehicle(type_id, ActorKind.PROP))


def test_an_open_door_is_a_door_with_a_window():
    door = vehicle(DOOR_TYPE, ActorKind.PROP, vehicle="vehicle.tesla.model3", door="0")
    if parts_of(door):
        assert parts_shown(door) >= {P.DOOR, P.WINDOW}


def test_marking_names_what_has_no_name_and_nothing_else():
    mesh = merge([
        box((0, 0, 0), (1, 1, 1), "paint"),
        box((0, 0, 2), (1, 1, 1), "glass_car"),
        box((0, 0, 4), (1, 1, 1), "rubber", PART_WHEEL),
        box((0, 0, 6), (1, 1, 1), "lens_head", PART_LAMP),
        box((0, 0, 8), (1, 1, 1), "paint", PART_LAMP),
        box((0, 0, 9), (1, 1, 1), "glass_car", int(P.DOOR)),
    ])  # fmt: skip
    twelve = fine_parts(marked(mesh, P.DOOR)).reshape(-1, 12)
    assert (twelve == twelve[:, :1]).all()
    assert twelve[:, 0].tolist() == [P.DOOR, P.WINDOW, P.WHEEL, P.HEAD_LAMP, P.LAMP, P.DOOR]


def test_the_table_names_each_number_once_and_old_numbers_stay():
    names = part_names()
    assert len(set(names.values())) == len(names) == len(P)
    assert [names[k] for k in range(6)] == ["body", "wheel", "window", "lamp", "sign_plate", "pole"]
    assert max(names) < 256

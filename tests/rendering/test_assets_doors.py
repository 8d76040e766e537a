"""Open doors: cut where the shut lines are, as large as the catalogue says, and part of their car in every label."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rendering.assets.actors import parts_of
from rendering.assets.vehicles import shell_of, vehicle_parts
from sim.base.state import ActorInfo, ActorKind
from sim.catalogue.doors import DOOR_TYPE, Door, DoorNumber, doors_of
from sim.catalogue.vehicles import VEHICLES

_DOORS = [(type_id, door) for type_id in VEHICLES for door in doors_of(type_id)]
_IDS = [f"{type_id.removeprefix('vehicle.')}-{door.number.name}" for type_id, door in _DOORS]


def _info(type_id: str, door: Door) -> ActorInfo:
    attributes = {"vehicle": type_id, "door": door.number.name, "color": "200,10,10"}
    return ActorInfo(7, ActorKind.PROP, DOOR_TYPE, attributes, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), parent_track_id=3)


@pytest.mark.parametrize(("type_id", "door"), _DOORS, ids=_IDS)
def test_leaf_fills_its_box_and_shut_it_lies_on_the_body(type_id: str, door: Door) -> None:
    leaf, opening = parts_of(_info(type_id, door))
    low, high = leaf.meshes[0].bounds()
    assert low == pytest.approx(door.low_m, abs=0.01) and high == pytest.approx(door.high_m, abs=0.01)
    assert leaf.owned_by_parent and opening.posed_with_parent and not leaf.posed_with_parent
    assert leaf.object_class == VEHICLES[type_id].object_class
    body_low, body_high = vehicle_parts(VEHICLES[type_id])[0].meshes[0].bounds()
    shut_low, shut_high = low + door.hinge_m, high + np.array(door.hinge_m)
    assert (shut_low > body_low - 0.02).all() and (shut_high < body_high + 0.02).all()
    # before it is stretched into its box the leaf is the body's own surface: the stretch is small
    opening_low, opening_high = opening.meshes[0].bounds()
    assert np.abs((opening_high - opening_low)[[0, 2]] - (high - low)[[0, 2]]).max() < 0.10
    assert np.abs((opening_low + opening_high - shut_low - shut_high)[0]) < 0.05


@pytest.mark.parametrize("type_id", [t for t in VEHICLES if doors_of(t)])
def test_shut_lines_are_those_that_the_body_shows(type_id: str) -> None:
    style = shell_of(VEHICLES[type_id]).style
    doors = {door.number: door for door in doors_of(type_id)}
    windows = style.side_windows
    assert doors[DoorNumber.FL].edges[0] == pytest.approx(windows[0][0] - 0.015, abs=1e-6)
    if len(windows) > 1:
        gaps = [0.5 * (a[1] + b[0]) for a, b in itertools.pairwise(windows)]
        assert doors[DoorNumber.FL].edges[1] == pytest.approx(gaps[0], abs=1e-6)
        if DoorNumber.RL in doors:
            assert doors[DoorNumber.RL].edges == pytest.approx(tuple(gaps[:2]), abs=1e-6)
    else:
        assert doors[DoorNumber.FL].edges[1] == pytest.approx(windows[0][1] + 0.012, abs=1e-6)


def test_a_car_that_has_no_such_door_draws_none() -> None:
    info = ActorInfo(
        7, ActorKind.PROP, DOOR_TYPE, {"vehicle": "vehicle.tesla.model3", "door": "FL"}, (0, 0, 0), (1, 1, 1)
    )
    assert parts_of(info) == ()

"""Drivers sit in the cabins of driven vehicles: inside the body, on the driver's side, one shared mesh for a few variants."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.actors import parts_of
from rendering.assets.drivers import driver_parts, is_parked
from rendering.assets.parts import PoseKind
from rendering.assets.vehicles import vehicle_parts
from rendering.buffers import Buffers
from rendering.part_labels import fine_parts
from rendering.scene import Scene
from sim.base.parts import PartKind
from sim.base.state import ActorInfo, ActorKind
from sim.catalogue.vehicles import VEHICLES
from tests.rendering.solids import pinhole, plane, state

CABINS = [spec for spec in VEHICLES.values() if spec.number_of_wheels == 4]


def _info(type_id: str, track_id: int = 1, role: str = "") -> ActorInfo:
    spec = VEHICLES[type_id]
    half = (spec.length_m / 2.0, spec.width_m / 2.0, spec.height_m / 2.0)
    return ActorInfo(track_id, ActorKind.VEHICLE, type_id, {"role_name": role}, (0.0, 0.0, half[2]), half)


@pytest.mark.parametrize("spec", CABINS, ids=lambda spec: spec.type_id)
def test_everybody_fits_into_the_box_on_the_left_seat(spec):
    for key in range(4):
        (part,) = driver_parts(spec, key)
        low, high = (corner + part.position_m for corner in part.meshes[0].bounds())
        assert part.kind is PoseKind.PLACED and part.object_class is spec.object_class
        assert high[2] < spec.height_m - 0.02 and low[2] > 0.1
        assert np.abs([low[1], high[1]]).max() < spec.width_m / 2.0 - 0.02
        assert -spec.length_m / 2.0 < low[0] < high[0] < spec.length_m / 2.0
        assert part.position_m[1] > (0.1 if spec.body != "tractor" else -0.01)
        assert set(fine_parts(part.meshes[0])) == {PartKind.INTERIOR}
        assert 1000 < part.meshes[0].triangle_count < 9000


def test_meshes_are_shared_and_people_differ():
    parts = [driver_parts(spec, key)[0] for spec in CABINS for key in range(1, 9)]
    assert len({id(part.meshes[0]) for part in parts}) <= 8
    assert len({part.slot_colors.tobytes() for part in parts[:8]}) >= 6


def test_two_wheelers_and_parked_vehicles_have_none():
    assert not driver_parts(VEHICLES["vehicle.bh.crossbike"], 1) and not driver_parts(
        VEHICLES["vehicle.sim.e_scooter"], 1
    )
    model3 = "vehicle.tesla.model3"
    driven, parked = parts_of(_info(model3)), parts_of(_info(model3, role="parked_van"))
    assert len(driven) == len(parked) + 1 == len(vehicle_parts(VEHICLES[model3])) + 1
    assert is_parked({"role_name": "van_parked_2"}) and not is_parked({"role_name": "sparked"}) and not is_parked({})


def test_the_driver_is_seen_through_the_pane_as_the_vehicles_interior():
    """Rays that fall onto a driver's face: first the pane, behind it the part INTERIOR of the same instance; empty without."""
    seen = {}
    view = pinhole(96, 64, 12.0, (0.35, 6.0, 1.5), yaw=-np.pi / 2.0, pitch=0.05)
    for role in ("", "parked"):
        world = Scene(None, None, 1, ground=[plane()])
        here = state((_info("vehicle.tesla.model3", 7, role), (0.0, 0.0, 0.0), 0.0))
        world.set_states(here, here, here)
        front = world.render(view, Buffers.empty(64, 96), refine=False)
        behind = world.behind_glass(view, front)
        pane = front.part == PartKind.WINDOW
        assert pane.sum() > 500 and (front.instance[pane] == 7).all()
        seen[role] = np.where(pane, behind.range_m, np.inf)
        assert (behind.instance[pane & (behind.part == PartKind.INTERIOR)] == 7).all()
    assert (seen[""] < seen["parked"] - 0.05).sum() > 200

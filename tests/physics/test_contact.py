"""Nothing passes through anything, momentum is kept, and what does not touch does not change."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.base.boxes import gap_m, overlap, overlapping_pairs
from sim.catalogue.vehicles import VEHICLES
from sim.server.bodies.contact import CONTACT_DTYPE, EVENT_DTYPE, BodyKind, ContactWorld
from sim.server.kernels.narrow_phase import collide
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.state import VehicleArrays, VehicleRows, set_velocity
from tests.physics.driving import MODEL3

DT_S = 0.05
WALL = ([[30.0, 0.0, 1.0]], [0.0], [[0.1, 20.0, 1.0]])


def tick(rows: VehicleRows, contacts: ContactWorld) -> np.ndarray:
    step_vehicles(rows, DT_S)
    contacts.bodies_from_vehicles(rows, DT_S)
    events = contacts.resolve(DT_S)
    contacts.vehicles_from_bodies(rows, DT_S)
    return events


def cars(*poses: tuple[float, float, float], type_id: str = MODEL3) -> VehicleArrays:
    vehicles = VehicleArrays()
    for index, (x, y, yaw) in enumerate(poses):
        vehicles.add(index + 1, VEHICLES[type_id], (x, y, 0.0), (0.0, 0.0, yaw))
    return vehicles


def deepest_overlap_m(rows: VehicleRows) -> float:
    """How far boxes must shrink (m, in half sizes) until no two of them overlap."""
    center = np.stack([rows["x_m"], rows["y_m"], rows["half_height_m"]], axis=1)
    extent = np.stack([rows["half_length_m"], rows["half_width_m"], rows["half_height_m"]], axis=1)
    for shrink in np.arange(0.0, 1.0, 0.001):
        if not len(overlapping_pairs(center, rows["yaw_rad"], extent - [shrink, shrink, 0.0])):
            return float(2.0 * shrink)
    return math.inf


def momentum(rows: VehicleRows) -> tuple[float, float, float]:
    """Linear momentum and angular momentum about the origin, of the centres of mass."""
    c, s = np.cos(rows["yaw_rad"]), np.sin(rows["yaw_rad"])
    vx, vy = c * rows["vx_mps"] - s * rows["vy_mps"], s * rows["vx_mps"] + c * rows["vy_mps"]
    x, y = rows["x_m"] + c * rows["com_x_m"], rows["y_m"] + s * rows["com_x_m"]
    spin = rows["mass_kg"] * (x * vy - y * vx) + rows["yaw_inertia_kgm2"] * rows["yaw_rate_radps"]
    return float((rows["mass_kg"] * vx).sum()), float((rows["mass_kg"] * vy).sum()), float(spin.sum())


@pytest.mark.parametrize("offset_m", [0.0, 0.7, -1.5])
def test_head_on_keeps_momentum_and_leaves_no_overlap(offset_m: float) -> None:
    vehicles = cars((0.0, 0.0, 0.0), (12.0, offset_m, math.pi))
    rows, contacts = vehicles.rows, ContactWorld()
    set_velocity(rows, 0, (25.0, 0.0, 0.0))
    set_velocity(rows, 1, (-15.0, 0.0, 0.0))
    met = 0
    for _ in range(30):
        step_vehicles(rows, DT_S)
        before = momentum(rows)
        contacts.bodies_from_vehicles(rows, DT_S)
        events = contacts.resolve(DT_S)
        contacts.vehicles_from_bodies(rows, DT_S)
        after = momentum(rows)
        assert after[:2] == pytest.approx(before[:2], rel=1e-9, abs=1e-6)
        # moving boxes apart along the normal shifts a moment arm by at most the overlap of one slice
        assert abs(after[2] - before[2]) < 2e-3 * 1847.0 * 25.0 * 12.0
        assert deepest_overlap_m(rows) <= 0.004
        if len(events):
            assert rows["mass_kg"][0] * 10.0 < -events["impulse_x_ns"][0] or met
            met += 1
    assert met


def test_impulse_is_that_of_the_textbook() -> None:
    """J = (1 + e) m1 m2 / (m1 + m2) dv, e = 0.1; and both see the opposite."""
    vehicles = cars((0.0, 0.0, 0.0), (4.8, 0.0, 0.0))
    rows = vehicles.rows
    rows["manual"], rows["drag_kgpm"], rows["rolling_resistance"] = 1, 0.0, 0.0
    set_velocity(rows, 0, (10.0, 0.0, 0.0))
    events = tick(rows, ContactWorld())
    assert events.dtype == EVENT_DTYPE
    assert events["impulse_x_ns"][0] == pytest.approx(-1.1 * 1745.0 / 2.0 * 10.0, rel=1e-6)
    assert events["closing_speed_mps"][0] == pytest.approx(10.0)
    assert bool(events["began"][0])
    assert rows["vx_mps"] == pytest.approx([4.5, 5.5])


def test_without_contact_nothing_changes_bit_for_bit() -> None:
    rng = np.random.default_rng(1)
    poses = [(float(x), float(y), float(rng.uniform(-3, 3))) for x in range(0, 80, 10) for y in range(0, 80, 10)]
    vehicles = cars(*poses)
    rows = vehicles.rows
    rows["throttle"], rows["steer"] = 0.5, rng.uniform(-1, 1, len(rows))
    contacts = ContactWorld([[35.0, 35.0, 40.0]], [0.3], [[60.0, 60.0, 1.0]])  # a bridge above all of them
    for _ in range(10):
        step_vehicles(rows, DT_S)
        before = rows.tobytes()
        contacts.bodies_from_vehicles(rows, DT_S)
        assert not len(contacts.resolve(DT_S))
        contacts.vehicles_from_bodies(rows, DT_S)
        assert rows.tobytes() == before


def test_others_do_not_change_when_two_meet() -> None:
    vehicles = cars((0.0, 0.0, 0.0), (6.0, 0.0, 0.0), (0.0, 3.0, 0.0))
    rows, contacts = vehicles.rows, ContactWorld()
    for row in (0, 2):
        set_velocity(rows, row, (40.0, 0.0, 0.0))
    step_vehicles(rows, DT_S)
    before = rows[2].tobytes()
    contacts.bodies_from_vehicles(rows, DT_S)
    assert len(contacts.resolve(DT_S)) == 1
    contacts.vehicles_from_bodies(rows, DT_S)
    assert rows[2].tobytes() == before


@pytest.mark.parametrize("type_id", [MODEL3, "vehicle.kawasaki.ninja", "vehicle.bh.crossbike"])
@pytest.mark.parametrize("yaw_rad", [0.0, 0.3])
def test_250_kmh_does_not_tunnel_through_a_thin_wall(type_id: str, yaw_rad: float) -> None:
    vehicles = cars((0.3, 0.0, yaw_rad), type_id=type_id)
    rows, contacts = vehicles.rows, ContactWorld(*WALL)
    speed = 250.0 / 3.6
    set_velocity(rows, 0, (speed * math.cos(yaw_rad), speed * math.sin(yaw_rad), 0.0))
    events = [event for _ in range(20) for event in tick(rows, contacts)]
    assert events and events[0]["b_kind"] == BodyKind.STATIC
    assert rows["x_m"][0] < 30.0 - rows["half_width_m"][0]
    extent = [[float(rows[name][0]) for name in ("half_length_m", "half_width_m", "half_height_m")]]
    pose = [[float(rows["x_m"][0]), float(rows["y_m"][0]), 1.0]]
    shrunk = np.array(extent) - [[0.01, 0.01, 0.0]]
    assert not overlap(pose, rows["yaw_rad"], shrunk, *WALL).any()
    assert rows["vx_mps"][0] ** 2 + rows["vy_mps"][0] ** 2 < speed**2


def test_tunnel_bar_sees_a_car_without_contacts() -> None:
    vehicles = cars((0.3, 0.0, 0.0))
    rows = vehicles.rows
    rows["collides"] = 0
    set_velocity(rows, 0, (250.0 / 3.6, 0.0, 0.0))
    contacts = ContactWorld(*WALL)
    for _ in range(20):
        tick(rows, contacts)
    assert rows["x_m"][0] > 31.0


@pytest.mark.parametrize("mass_kg", [75.0, 0.0])
def test_walker_before_a_fast_car(mass_kg: float) -> None:
    """He is thrown ahead of the car; one of no mass stands like a post. Neither lets the car through."""
    vehicles = cars((0.0, 0.0, 0.0))
    rows, contacts = vehicles.rows, ContactWorld()
    set_velocity(rows, 0, (250.0 / 3.6, 0.0, 0.0))
    position, velocity, hit = np.array([[30.0, 0.3, 0.9]]), np.zeros((1, 2)), 0
    for _ in range(15):
        step_vehicles(rows, DT_S)
        contacts.bodies_from_vehicles(rows, DT_S)
        start = position[:, :2].copy()
        position[:, :2] += velocity * DT_S
        contacts.bodies_from_walkers([9], start, position, [0.0], velocity, [0.25], [1.8], [mass_kg])
        events = contacts.resolve(DT_S)
        contacts.vehicles_from_bodies(rows, DT_S)
        walker = contacts.walkers[0]
        position[0, :2] = walker["x_m"], walker["y_m"]
        velocity[0] = walker["vx_mps"], walker["vy_mps"]
        hit += len(events)
        box = [[rows["x_m"][0], rows["y_m"][0], 0.9]], [rows["yaw_rad"][0]], [[2.347, 0.9245, 0.7]]
        assert gap_m(*box, position, [0.0], [[1e-6, 1e-6, 0.9]])[0] > 0.24
    assert hit
    if mass_kg:
        assert velocity[0, 0] > 60.0
    else:
        assert position[0, 0] == 30.0


def test_a_parked_car_does_not_yield_to_a_pushing_walker_but_to_a_truck() -> None:
    vehicles = cars((0.0, 0.0, 0.0))
    rows, contacts = vehicles.rows, ContactWorld()
    for _ in range(40):
        step_vehicles(rows, DT_S)
        contacts.bodies_from_vehicles(rows, DT_S)
        contacts.bodies_from_walkers(
            [9], [[-2.55, 0.0]], [[-2.55 + 1.5 * DT_S, 0.0, 0.9]], [0.0], [[1.5, 0.0]], [0.25], [1.8], [75.0]
        )
        contacts.resolve(DT_S)
        contacts.vehicles_from_bodies(rows, DT_S)
    assert rows["x_m"][0] == 0.0
    assert contacts.walkers["x_m"][0] == pytest.approx(-2.347 - 0.25, abs=0.01)
    row = vehicles.add(2, VEHICLES["vehicle.carlamotors.firetruck"], (-9.0, 0.0, 0.0))
    set_velocity(vehicles.rows, row, (6.0, 0.0, 0.0))
    for _ in range(20):
        tick(vehicles.rows, contacts)
    assert vehicles.rows["x_m"][0] > 0.3


def test_a_chain_of_cars_pushed_into_a_wall_does_not_interpenetrate() -> None:
    vehicles = cars(*((4.9 * index, 0.02 * index, 0.0) for index in range(5)))
    rows, contacts = vehicles.rows, ContactWorld(*WALL)
    rows["throttle"] = 1.0
    for row in range(5):
        set_velocity(rows, row, (20.0, 0.0, 0.0))
    touched = 0
    for _ in range(120):
        events = tick(rows, contacts)
        touched += bool(len(events))
        assert deepest_overlap_m(rows) <= 0.01
        front = rows["x_m"] + rows["half_length_m"] * np.cos(rows["yaw_rad"])
        assert (front < 29.93).all()
    assert touched > 60


def test_touching_begins_once() -> None:
    vehicles = cars((27.5, 0.0, 0.0))
    rows, contacts = vehicles.rows, ContactWorld(*WALL)
    rows["throttle"] = 0.3
    began = [bool(event["began"]) for _ in range(60) for event in tick(rows, contacts)]
    assert sum(began) <= 3, "bounces of a slow push"
    assert len(began) > 30


def test_light_props_fly_and_plates_are_driven_over() -> None:
    vehicles = cars((0.0, 0.0, 0.0))
    rows, contacts = vehicles.rows, ContactWorld()
    set_velocity(rows, 0, (15.0, 0.0, 0.0))
    step_vehicles(rows, DT_S)
    contacts.bodies_from_vehicles(rows, DT_S)
    props = [[2.9, 0.2, 0.0], [2.9, -0.6, 0.0]]
    contacts.bodies_from_props(
        [5, 6], props, [0.0, 0.0], np.zeros((2, 2)), [0, 0], [[0.2] * 3, [0.5, 0.3, 0.02]], [6, 50]
    )
    events = contacts.resolve(DT_S)
    assert events["b_id"].tolist() == [5]
    assert contacts.props["vx_mps"][0] > 14.0
    assert contacts.props["touched"].tolist() == [1, 0]


def test_kernel_agrees_with_the_reference_on_random_boxes() -> None:
    rng = np.random.default_rng(4)
    bodies = np.zeros(400, dtype=CONTACT_DTYPE)
    center, yaw = rng.uniform([-4, -4, 0], [4, 4, 2], (400, 3)), rng.uniform(-4, 4, 400)
    extent = rng.uniform(0.05, 3.0, (400, 3))
    bodies["now_x_m"], bodies["now_y_m"], bodies["z_m"] = center.T
    bodies["half_length_m"], bodies["half_width_m"], bodies["half_height_m"] = extent.T
    bodies["now_cos"], bodies["now_sin"] = np.cos(yaw), np.sin(yaw)
    bodies["radius_m"] = np.hypot(extent[:, 0], extent[:, 1])
    scratch, out = np.zeros((2, 16, 2)), np.zeros(5)
    expected = overlap(center[::2], yaw[::2], extent[::2], center[1::2], yaw[1::2], extent[1::2])
    found = np.zeros(200, dtype=bool)
    for pair in range(200):
        a, b = 2 * pair, 2 * pair + 1
        found[pair] = collide(bodies[a], bodies[b], scratch, out)
        if found[pair]:
            apart = center[b] + [*(out[1:3] * (out[0] + 1e-6)), 0.0]
            assert not overlap(center[a], yaw[a], extent[a], apart, yaw[b], extent[b]), "moved by the depth, free"
            nearer = center[b] + [*(out[1:3] * (out[0] - 1e-6)), 0.0]
            assert overlap(center[a], yaw[a], extent[a], nearer, yaw[b], extent[b])
            point = [*out[3:5], 0.5 * (center[a, 2] + center[b, 2])]
            tiny = [1e-9, 1e-9, 9.0]
            assert overlap(point, 0.0, tiny, center[a], yaw[a], extent[a])
            assert overlap(point, 0.0, tiny, center[b], yaw[b], extent[b])
    assert (found == expected).all()
    assert 40 < found.sum() < 160


def test_many_bodies_and_statics_find_what_brute_force_finds() -> None:
    rng = np.random.default_rng(8)
    center, yaw = rng.uniform([-60, -60, 1], [60, 60, 1], (300, 3)), rng.uniform(-3, 3, 300)
    extent = rng.uniform(0.2, 2.0, (300, 3))
    vehicles = VehicleArrays()
    for index in range(60):
        vehicles.add(index + 1, VEHICLES[MODEL3], (*rng.uniform(-60, 60, 2), 0.0), (0.0, 0.0, rng.uniform(-3, 3)))
    rows, contacts = vehicles.rows, ContactWorld(center, yaw, extent)
    contacts.bodies_from_vehicles(rows, DT_S)
    boxes = np.stack([rows["x_m"], rows["y_m"], rows["half_height_m"] + 0.075], axis=1)
    sizes = np.stack([rows["half_length_m"], rows["half_width_m"], rows["half_height_m"] - 0.075], axis=1)
    hits = overlap(boxes[:, None], rows["yaw_rad"][:, None], sizes[:, None], center, yaw, extent)
    pairs = overlapping_pairs(boxes, rows["yaw_rad"], sizes)
    expected = {(a, -b - 1) for a, b in np.argwhere(hits)} | {(a, b) for a, b in pairs}
    events = contacts.resolve(DT_S)
    found = {(int(e["a_id"]) - 1, -int(e["b_id"]) - 1 if e["b_kind"] == 3 else int(e["b_id"]) - 1) for e in events}
    assert expected <= found, "everything that overlaps at first; separating may push into more"
    assert len(expected) > 20


def test_every_contact_after_a_separation_is_a_new_event() -> None:
    vehicles = cars((0.0, 0.0, 0.0), (6.0, 0.0, 0.0))
    rows, contacts = vehicles.rows, ContactWorld()
    began = 0
    for _ in range(3):
        set_velocity(rows, 0, (5.0, 0.0, 0.0))
        for _ in range(10):
            began += int(tick(rows, contacts)["began"].sum())
        set_velocity(rows, 0, (-5.0, 0.0, 0.0))
        set_velocity(rows, 1, (0.0, 0.0, 0.0))
        for _ in range(6):
            tick(rows, contacts)
        set_velocity(rows, 0, (0.0, 0.0, 0.0))
    assert began == 3

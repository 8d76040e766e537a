"""Loose bodies: they fall, slide, tumble, rest and sleep; vehicles feel them; cargo stays on a deck, or does not."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from sim.catalogue.props import PROPS
from sim.server.bodies.engine import Free, Stage
from sim.server.bodies.shapes import shape_of_prop
from sim.server.bodies.turning import quaternion_from_rpy, rotate, rotate_back
from sim.server.map_source import LoadedMap, MapSource
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point
from tests.server.running import PROJECT

KINDS = ("box01", "barrel", "constructioncone", "omri-0", "haybale", "bin", "ironplank", "colacan")


def place(world: World, ahead_m: float, left_m: float = 0.0, up_m: float = 0.0, tilt_deg: float = 0.0) -> Any:
    """A wire transform relative to the first spawn point."""
    (x, y, z), (pitch, yaw, roll) = spawn_point(world, 0)
    heading = np.radians(yaw)
    along, aside = (np.cos(heading), np.sin(heading)), (np.sin(heading), -np.cos(heading))
    where = [x + ahead_m * along[0] + left_m * aside[0], y + ahead_m * along[1] + left_m * aside[1], z + up_m]
    return [where, [pitch, yaw, roll + tilt_deg]]


def loose(calls: Calls, world: World, kind: str, *where: float) -> int:
    actor = calls.spawn_actor(description(f"static.prop.{kind}"), place(world, *where))[0]
    calls.set_actor_simulate_physics(actor, True)
    return int(actor)


def ticks(calls: Calls, count: int) -> None:
    for _ in range(count):
        calls.tick_cue()


def forward(world: World, speed_mps: float) -> list[float]:
    heading = np.radians(spawn_point(world, 0)[1][1])
    return [speed_mps * np.cos(heading), speed_mps * np.sin(heading), 0.0]


@pytest.mark.parametrize("kind", KINDS)
def test_it_falls_as_galilei_says_then_rests_on_the_ground_and_sleeps(calls: Calls, world: World, kind: str) -> None:
    actor = loose(calls, world, kind, 12.0, 0.0, 2.0, 25.0)
    row = world.row(actor)
    top = float(world.actors.position[row, 2])
    ticks(calls, 4)
    # the middle falls g t (t + h) / 2 in semi-implicit steps of h = 5 ms; nothing turns yet
    assert top - world.actors.position[row, 2] == pytest.approx(0.5 * 9.81 * 0.2 * 0.205, abs=1e-6)
    ticks(calls, 400)
    body = world.loose.rows[0]
    ground = float(world.ground.height_at(body["position"][None, :2])[0])
    height = body["position"][2] - ground
    lowest = 0.5 if kind == "constructioncone" else 0.98  # a cone that lies is low where it is thin
    assert lowest * min(body["half"]) - 0.005 < height < max(body["half"]) + 0.01
    assert body["asleep"] or kind in ("omri-0", "haybale", "colacan", "barrel"), "round things may still roll"
    if body["asleep"]:
        assert not world.actors.velocity[row].any()


def test_without_physics_it_hangs_in_the_air_and_can_be_frozen_again(calls: Calls, world: World) -> None:
    actor = calls.spawn_actor(description("static.prop.box01"), place(world, 12.0, 0.0, 2.0))[0]
    row = world.row(actor)
    start = world.actors.position[row].copy()
    ticks(calls, 10)
    assert (world.actors.position[row] == start).all()
    calls.set_actor_simulate_physics(actor, True)
    ticks(calls, 5)
    calls.set_actor_simulate_physics(actor, False)
    held = world.actors.position[row].copy()
    ticks(calls, 10)
    assert held[2] < start[2] - 0.2
    assert (world.actors.position[row] == held).all()


def test_gravity_can_be_changed_and_switched_off(calls: Calls, world: World) -> None:
    floating, falling = loose(calls, world, "box01", 12.0, 0.0, 2.0), loose(calls, world, "box01", 15.0, 0.0, 2.0)
    calls.set_actor_enable_gravity(floating, False)
    calls.set_imui_gravity(1.62)
    start = world.actors.position[[world.row(floating), world.row(falling)], 2].copy()
    ticks(calls, 10)
    fallen = start - world.actors.position[[world.row(floating), world.row(falling)], 2]
    assert fallen == pytest.approx([0.0, 0.5 * 1.62 * 0.5 * 0.505], abs=1e-6)


def test_pushes_act_in_all_axes(calls: Calls, world: World) -> None:
    actor = loose(calls, world, "box01", 12.0, 0.0, 3.0)
    calls.set_actor_enable_gravity(actor, False)
    mass = PROPS["static.prop.box01"].mass_kg
    calls.add_actor_impulse(actor, [2.0 * mass, 3.0 * mass, 1.0 * mass])
    calls.tick_cue()
    row = world.row(actor)
    assert world.actors.velocity[row] == pytest.approx([2.0, -3.0, 1.0], abs=1e-9), "CARLA's y points the other way"
    calls.add_actor_force(actor, [0.0, 0.0, -mass / 0.05])
    calls.tick_cue()
    assert world.actors.velocity[row] == pytest.approx([2.0, -3.0, 0.0], abs=1e-9)
    calls.add_actor_angular_impulse(actor, [0.1, 0.2, 0.3])
    calls.tick_cue()
    turning = world.actors.angular[row].copy()
    assert (np.sign(turning) == [-1.0, 1.0, -1.0]).all(), "axial vectors keep y and turn x and z round"
    calls.set_actor_target_angular_velocity(actor, [0.0, 0.0, 90.0])
    calls.set_actor_target_velocity(actor, [0.0, 0.0, 0.0])
    calls.tick_cue()
    assert world.actors.angular[row] == pytest.approx([0.0, 0.0, -np.pi / 2.0], abs=2e-3), "it wobbles a little"
    middle = world.loose.rows["position"][0]
    calls.add_actor_impulse_at_location(actor, [mass, 0.0, 0.0], [middle[0], -middle[1], middle[2] + 0.2])
    calls.tick_cue()
    assert world.loose.rows["velocity"][0] == pytest.approx([1.0, 0.0, 0.0], abs=1e-6)
    assert world.actors.angular[row, 1] > 0.5, "pushed above its middle, it tips forward"


def test_a_box_slides_as_far_as_friction_lets_it(calls: Calls, world: World) -> None:
    """v² / (2 µ g), with the catalogue's µ."""
    actor = loose(calls, world, "box02", 12.0, 0.0, 0.0)
    ticks(calls, 20)
    start = world.loose.rows["position"][0].copy()
    calls.set_actor_target_velocity(actor, forward(world, 3.0))
    ticks(calls, 60)
    way = float(np.hypot(*(world.loose.rows["position"][0] - start)[:2]))
    assert way == pytest.approx(9.0 / (2.0 * PROPS["static.prop.box02"].friction * 9.81), rel=0.05)


def test_a_car_throws_a_box_and_loses_what_the_box_wins(calls: Calls, world: World) -> None:
    """Momentum over the tick of the hit; the bale floats, so that no ground takes part."""
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    box = loose(calls, world, "haybalelb", 9.0, 0.2, 0.3)
    calls.set_actor_enable_gravity(box, False)
    ticks(calls, 5)
    calls.apply_control_to_vehicle(car, [0.0, 0.0, 0.0, False, False, True, 0])
    calls.set_actor_target_velocity(car, forward(world, 15.0))
    heading = np.array(forward(world, 1.0)[:2]) * [1.0, -1.0]
    mass, load = float(world.fleet.rows["mass_kg"][0]), PROPS["static.prop.haybalelb"].mass_kg
    hit = False
    for _ in range(15):
        before = world.actors.velocity[[world.row(car), world.row(box)], :2] @ heading
        calls.tick_cue()
        after = world.actors.velocity[[world.row(car), world.row(box)], :2] @ heading
        if not hit and after[1] > 1.0:
            hit = True
            lost, won = mass * (before[0] - after[0]), load * (after[1] - before[1])
            assert won > 1000.0
            assert lost == pytest.approx(won, abs=0.05 * 400.0), "rolling resistance and drag of one tick are all else"
    assert hit


@pytest.mark.parametrize("kind", ["box02", "omri-0", "barrel"])
def test_250_kmh_does_not_tunnel_through_small_things(calls: Calls, world: World, kind: str) -> None:
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    loose(calls, world, kind, 20.0, 0.1, 0.0)
    ticks(calls, 30)
    calls.set_actor_target_velocity(car, forward(world, 250.0 / 3.6))
    ticks(calls, 8)
    heading = np.array(forward(world, 1.0)) * [1.0, -1.0, 1.0]
    assert world.loose.rows["velocity"][0] @ heading > 30.0
    ahead = (world.loose.rows["position"][0] - world.actors.position[world.row(car)]) @ heading
    assert ahead > 0.0 or world.loose.rows["position"][0][2] > 1.0, "before the car or above it, never through it"


def test_a_wall_stops_a_thrown_box(calls: Calls, world: World) -> None:
    """A 60 m/s box against a steel plate that stands; without collisions it flies through."""
    wall = calls.spawn_actor(description("static.prop.advertisement"), place(world, 25.0, 0.0, 0.0))[0]
    for collides, far in ((True, False), (False, True)):
        box = loose(calls, world, "box02", 15.0, 0.0, 1.0)
        calls.set_actor_collisions(box, collides)
        calls.set_actor_target_velocity(box, forward(world, 60.0))
        ticks(calls, 8)
        away = world.actors.position[world.row(box)] - world.actors.position[world.row(wall)]
        heading = np.array(forward(world, 1.0)) * [1.0, -1.0, 1.0]
        assert (away @ heading > 0.0) == far
        calls.destroy_actor(box)


def test_a_stack_stands_sleeps_and_falls_when_its_foot_goes(calls: Calls, world: World) -> None:
    boxes = [loose(calls, world, "box03", 12.0, 0.0, 0.605 * level) for level in range(4)]
    ticks(calls, 60)
    assert world.loose.rows["asleep"].all()
    top = world.row(boxes[3])
    assert world.actors.position[top, 2] - world.actors.position[world.row(boxes[0]), 2] == pytest.approx(1.8, abs=0.02)
    calls.destroy_actor(boxes[0])
    ticks(calls, 60)
    assert world.actors.position[world.row(boxes[3]), 2] - world.actors.position[world.row(boxes[1]), 2] < 1.25
    assert world.actors.position[world.row(boxes[1]), 2] < 0.3


def _relative(world: World, load: int, carrier: int) -> np.ndarray:
    a, b = world.row(load), world.row(carrier)
    yaw, gap = world.actors.rpy[b, 2], world.actors.position[a] - world.actors.position[b]
    return np.array([np.cos(yaw) * gap[0] + np.sin(yaw) * gap[1], np.cos(yaw) * gap[1] - np.sin(yaw) * gap[0], gap[2]])


@pytest.mark.parametrize(("throttle", "brake", "slides"), [(0.25, 0.2, False), (1.0, 1.0, True)])
def test_cargo_stays_on_the_deck_in_gentle_driving_only(
    calls: Calls, world: World, throttle: float, brake: float, slides: bool
) -> None:
    truck = calls.spawn_actor(description("vehicle.tesla.cybertruck"), spawn_point(world, 0))[0]
    ticks(calls, 5)
    deck_z = float(world.actors.position[world.row(truck), 2]) + 0.86
    box = loose(calls, world, "box01", -1.8, 0.0, deck_z - spawn_point(world, 0)[0][2])
    ticks(calls, 10)
    start, way = _relative(world, box, truck), 0.0
    assert start[2] == pytest.approx(0.85, abs=0.03)
    for tick in range(90):
        pedals = [throttle, 0.0, 0.0] if tick < 40 else [0.0, 0.0, brake]
        calls.apply_control_to_vehicle(truck, [*pedals, False, False, False, 0])
        calls.tick_cue()
        way = max(way, float(np.abs(_relative(world, box, truck) - start)[:2].max()))
    assert (way > 0.3) == slides, way
    if not slides:
        assert way < 0.05


def test_an_attached_load_is_let_go_by_physics_with_the_speed_it_had(calls: Calls, world: World) -> None:
    truck = calls.spawn_actor(description("vehicle.tesla.cybertruck"), spawn_point(world, 0))[0]
    pose = [[-2.0, 0.0, 2.2], [0.0, 0.0, 0.0]]
    box = calls.spawn_actor_with_parent(description("static.prop.box01"), pose, truck, 0, "")[0]
    calls.set_actor_target_velocity(truck, forward(world, 15.0))
    ticks(calls, 3)
    assert _relative(world, box, truck) == pytest.approx([-2.0, 0.0, 2.2], abs=1e-6)
    calls.set_actor_simulate_physics(box, True)
    calls.tick_cue()
    assert np.hypot(*world.actors.velocity[world.row(box), :2]) == pytest.approx(15.0, abs=0.5)
    calls.apply_control_to_vehicle(truck, [0.0, 0.0, 1.0, False, False, False, 0])
    ticks(calls, 60)
    assert _relative(world, box, truck)[2] < 2.0, "it fell"


def test_turning_is_that_of_the_frames_module() -> None:
    from sim.base.frames import rotation_from_rpy

    rng = np.random.default_rng(5)
    rpy, vectors = rng.uniform(-1.5, 1.5, (50, 3)), rng.normal(size=(50, 3))
    turned = rotate(quaternion_from_rpy(rpy), vectors)
    assert turned == pytest.approx((rotation_from_rpy(rpy) @ vectors[:, :, None])[:, :, 0])
    assert rotate_back(quaternion_from_rpy(rpy), turned) == pytest.approx(vectors)


@pytest.mark.parametrize(("restitution", "low", "high"), [(0.1, 0.03, 0.2), (0.5, 0.3, 0.8)])
def test_bounces_are_about_what_was_asked_for(restitution: float, low: float, high: float) -> None:
    from dataclasses import replace

    shape = replace(shape_of_prop(PROPS["static.prop.box01"]), restitution=restitution)
    kept = []
    for height in np.linspace(0.5, 3.0, 10):
        stage = Stage([Free(shape)], [], np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)), 1.0, 9.81)
        stage.pose[0] = [0.0, 0.0, 0.2 + height, 1.0, 0.0, 0.0, 0.0]
        stage.place_ground(0, np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))
        fastest = 0.0
        for _ in range(200):
            stage.run(0.005, 1)
            fastest = max(fastest, float(stage.motion[0, 2]))
        kept.append(fastest / np.sqrt(2.0 * 9.81 * height))
    assert low < np.mean(kept) < high


def scene_hash(town: LoadedMap) -> str:
    """A car drives into a heap of all kinds of things; a hash of all poses and velocities of 80 ticks."""
    world = World(StreamHub(EventLoop()), MapSource(), town, stream_port=2001)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=0.05)
    calls = Calls(world)
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    for index, kind in enumerate(KINDS):
        loose(calls, world, kind, 10.0 + 1.5 * index, 0.3 * (index % 3), 0.5, 10.0 * index)
    calls.set_actor_target_velocity(car, forward(world, 18.0))
    state = hashlib.sha256()
    for _ in range(80):
        calls.tick_cue()
        state.update(world.actors.position.tobytes() + world.actors.rpy.tobytes() + world.actors.velocity.tobytes())
    return state.hexdigest()


def test_the_same_bytes_in_another_process_and_again_in_this_one(town: LoadedMap) -> None:
    code = "from sim.server.map_source import MapSource; from tests.server.test_loose_bodies import scene_hash;"
    code += "print(scene_hash(MapSource().load('town_quarter')))"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, timeout=120)
    assert other.stdout.decode().split()[-1] == scene_hash(town) == scene_hash(town)

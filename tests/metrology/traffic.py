"""A random crowd of every kind of actor before the ego, moving and turning, on a plain."""

from __future__ import annotations

import dataclasses

import numpy as np

from rendering.assets.ground import GroundMesh
from rendering.materials import material_index
from rendering.mesh import Mesh
from rendering.scene import Scene
from sim.base.state import ActorInfo, ActorKind, WorldState
from sim.base.taxonomy import ObjectClass
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import WALKERS
from tests.sensors.worlds import world

EGO = 1


def plain(threads: int = 2) -> Scene:
    """A scene with flat ground a little below the wheels, so that no outline is cut by it."""
    reach, z = 300.0, -0.05
    mesh = Mesh(
        np.array([[-reach, -reach, z], [reach, -reach, z], [reach, reach, z], [-reach, reach, z]], np.float32),
        np.tile(np.float32([0, 0, 1]), (4, 1)),
        np.array([[0, 1, 2], [0, 2, 3]], np.uint32),
        np.full(2, material_index("grass"), np.uint16),
        np.zeros(2, np.uint8),
    )
    return Scene(None, None, threads, ground=[GroundMesh(mesh, ObjectClass.TERRAIN, 0)])


def crowd() -> list[ActorInfo]:
    """The ego, then vehicles of different bodies, then walkers."""
    by_body = {spec.body: name for name, spec in sorted(VEHICLES.items(), reverse=True)}
    kinds = ["vehicle.tesla.model3", *sorted(by_body.values())]
    out = []
    for name in kinds:
        s = VEHICLES[name]
        half = (s.length_m / 2, s.width_m / 2, s.height_m / 2)
        out.append(ActorInfo(len(out) + 1, ActorKind.VEHICLE, name, {}, (0.0, 0.0, half[2]), half))
    for name in sorted(WALKERS)[:4]:
        w = WALKERS[name]
        half = (w.depth_m / 2, w.shoulder_width_m / 2, w.height_m / 2)
        out.append(ActorInfo(len(out) + 1, ActorKind.WALKER, name, {}, (0.0, 0.0, 0.0), half))
    return out


def moments(
    seed: int, period_flicks: int, ticks: int, first_tick: int = 40, actors: list[ActorInfo] | None = None
) -> list[WorldState]:
    """Consecutive states of one random situation: eight actors of the crowd ahead, others far behind."""
    rng = np.random.default_rng(seed)
    actors = actors or crowd()
    n = len(actors)
    chosen = rng.permutation(np.arange(1, n))[:8]
    start, speed, yaw, rate = np.zeros((n, 3)), np.zeros(n), np.zeros(n), np.zeros(n)
    start[1:, 0] = -200.0 - 20.0 * np.arange(1, n)
    for slot, row in enumerate(chosen):
        ahead = 9.0 + 5.0 * slot + rng.uniform(0.0, 2.0)
        start[row, :2] = ahead, rng.uniform(-0.35, 0.35) * ahead
        walker = actors[row].kind == ActorKind.WALKER
        speed[row] = rng.uniform(0.0, 2.5) if walker else rng.uniform(0.0, 15.0)
        yaw[row], rate[row] = rng.uniform(-np.pi, np.pi), rng.uniform(-0.4, 0.4)
    speed[0], rate[0] = rng.uniform(0.0, 15.0), rng.uniform(-0.2, 0.2)
    start[:, 2] = [a.box_extent_m[2] if a.kind == ActorKind.WALKER else 0.0 for a in actors]
    walkers = np.array([a.kind == ActorKind.WALKER for a in actors])
    states = []
    for tick in range(ticks):
        # the actors meet the ego at the last tick
        t = (tick - ticks + 1) * period_flicks / 705_600_000
        heading = yaw + rate * t
        ahead = np.stack([np.cos(yaw), np.sin(yaw), np.zeros(n)], axis=-1)
        position = start + ahead * (speed * t)[:, None]
        rpy = np.stack([np.zeros(n), np.zeros(n), heading], axis=-1)
        state = world(
            first_tick + tick, (first_tick + tick) * period_flicks, actors, position, rpy, ahead * speed[:, None]
        )
        state = dataclasses.replace(
            state,
            walker_speed_mps=np.where(walkers, speed, 0.0).astype(np.float32),
            gait_phase_rad=np.where(walkers, (np.arange(n) + 5.0 * t) % (2.0 * np.pi), 0.0),
            wheel_roll_rad=speed * t / 0.33,
            wheel_steer_rad=np.where(walkers, 0.0, rate).astype(np.float32),
        )
        states.append(state)
    return states

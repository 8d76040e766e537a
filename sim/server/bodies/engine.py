"""The rigid-body engine: MuJoCo (Todorov, Erez, Tassa 2012) behind the few things that loose bodies need of it.

A `Stage` is one compiled model: bodies that move freely, carriers (vehicles and people, which follow a given motion and feel
what touches them only in the directions they can yield), fixed boxes, and a plane of ground under each free body. It keeps no
state of its own between ticks: poses and velocities go in, are stepped, and come out, so building it anew changes nothing.
Contacts are soft constraints, a_ref = -b v - k d with b = 2 / T and k = 1 / (T zeta)^2. T is three substeps; drops from 0.5 to 3 m
then bounce with e = 0.07 + 0.03 / zeta^2 (measured, standard deviation a third of it, since the depth at which a contact is
first seen is anything up to v h), and zeta is chosen by that. The engine is imported when the first body is loose, not before.
Tested by tests/server/test_loose_bodies.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.server.bodies.shapes import LooseShape, Solid, SolidKind

Float64 = NDArray[np.float64]

KINEMATIC_INERTIA = 1e9
"""Added to the inertia of directions in which a carrier does not yield (kg, kg m²)."""
GROUND = -1
CARRIER_BASE = 1_000_000
FIXED_BASE = 2_000_000
TORSION_M = 0.01
ROLLING_SHARE = 0.03
"""Rolling resistance of drums, cans and balls on asphalt, as a share of their weight (assumed: dented, not wheels)."""
IMPEDANCE_RATIO = 10.0
STIFF_STEPS = 3.0
"""The contact's time constant in substeps; below two the engine would correct it itself."""
BOUNCE_SPEED_MPS = 0.7
_SPEED_WEIGHTS = np.array([1.0, 1.0, 1.0, 0.04, 0.04, 0.04])
"""Of the squares of speed (m/s) and rate (rad/s, at an arm of 0.2 m)."""


@dataclass(frozen=True)
class Carrier:
    """A vehicle or person in the engine: solids about its centre of mass; `yields` false makes it follow its motion exactly."""

    solids: tuple[Solid, ...]
    mass_kg: float
    yaw_inertia_kgm2: float
    yields: bool
    turns: bool


@dataclass(frozen=True)
class Free:
    """A loose body: `collides` false leaves it only the ground."""

    shape: LooseShape
    gravity: bool = True
    collides: bool = True


@dataclass
class Touches:
    """Contacts of a tick other than with the ground: owners (K, 2), impulse on the first (K, 3) N s, point (K, 3)."""

    owners: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    impulse_ns: Float64 = field(default_factory=lambda: np.zeros((0, 3)))
    point_m: Float64 = field(default_factory=lambda: np.zeros((0, 3)))


class Stage:
    """One compiled model. Owners: i for free body i, CARRIER_BASE + j, FIXED_BASE + k, GROUND."""

    def __init__(
        self,
        free: Sequence[Free],
        carriers: Sequence[Carrier],
        fixed_center_m: Float64,
        fixed_yaw_rad: Float64,
        fixed_half_m: Float64,
        ground_friction_scale: float,
        gravity_mps2: float,
    ) -> None:
        import mujoco

        self._engine = mujoco
        self._spec = mujoco.MjSpec()
        self._ratios: list[float] = []
        option = self._spec.option
        option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        option.impratio = IMPEDANCE_RATIO
        option.gravity = [0.0, 0.0, -gravity_mps2]
        for index, body in enumerate(free):
            self._add_free(index, body, ground_friction_scale)
        for index, carrier in enumerate(carriers):
            self._add_carrier(index, carrier)
        for index in range(len(fixed_center_m)):
            half_yaw = 0.5 * float(fixed_yaw_rad[index])
            self._spec.worldbody.add_geom(
                name=f"x{index}",
                type=mujoco.mjtGeom.mjGEOM_BOX,
                size=fixed_half_m[index],
                pos=fixed_center_m[index],
                quat=[math.cos(half_yaw), 0.0, 0.0, math.sin(half_yaw)],
                **self._passive(),
            )
        self._model = self._spec.compile()
        self._data = mujoco.MjData(self._model)
        self.frees, self.carriers = len(free), len(carriers)
        self._index_geoms(len(free), len(carriers), len(fixed_center_m))
        self._stiffen_carriers(carriers)
        total = self.frees + self.carriers
        self.pose: Float64 = self._data.qpos.reshape(total, 7)
        """Position of the box's (carriers: mass) centre and quaternion (w, x, y, z); frees first, then carriers."""
        self.motion: Float64 = self._data.qvel.reshape(total, 6)
        """Velocity of that point in the world, angular velocity in the body's own axes."""
        self.carrier_force: Float64 = self._data.qfrc_applied.reshape(total, 6)[self.frees :]
        """Force (world) and torque (body axes) on carriers through the next run."""
        self.free_force: Float64 = self._data.xfrc_applied[1 : 1 + 2 * self.frees : 2]
        """Force and torque (both world) at the centre of mass of free bodies through the next run."""
        self.inertia: Float64 = self._inertia(carriers)

    def place_ground(self, index: int, point_m: Float64, quaternion: Float64) -> None:
        """The ground under free body `index`: a plane through a point, its normal the z axis of a quaternion."""
        self._data.mocap_pos[index] = point_m
        self._data.mocap_quat[index] = quaternion

    def run(self, duration_s: float, substeps: int) -> Touches:
        """Step all bodies; what touched what other than the ground."""
        model, data, step = self._model, self._data, self._engine.mj_step
        h = model.opt.timestep = duration_s / substeps
        self._set_stiffness(h)
        data.qacc_warmstart[:] = 0.0
        owners, impulses, points = [], [], []
        for _ in range(substeps):
            step(model, data)
            if not data.ncon:
                continue
            contact = data.contact
            pair = self._owner_of[contact.geom]
            rows = contact.efc_address
            real = (pair[:, 0] >= 0) & (pair[:, 1] >= 0) & (rows >= 0)
            if not real.any():
                continue
            frame = contact.frame[real]
            if frame.ndim == 3:
                frame = frame.reshape(-1, 9)
            # the normal points from the first geom to the second, so that what pushes the first acts against it
            owners.append(pair[real])
            impulses.append(-frame[:, :3] * (data.efc_force[rows[real]] * h)[:, None])
            points.append(contact.pos[real].copy())
        if not owners:
            return Touches()
        return Touches(np.concatenate(owners), np.concatenate(impulses), np.concatenate(points))

    def _add_free(self, index: int, body: Free, ground_friction_scale: float) -> None:
        shape, engine = body.shape, self._engine
        item = self._spec.worldbody.add_body(name=f"f{index}", gravcomp=0.0 if body.gravity else 1.0)
        item.add_freejoint()
        condim = 6 if shape.rolls else 4
        rolling = ROLLING_SHARE * min(shape.half_m)
        surface = [shape.friction, TORSION_M * shape.friction, rolling]
        ground = self._spec.worldbody.add_body(name=f"m{index}", mocap=True)
        ground.add_geom(
            name=f"p{index}", type=engine.mjtGeom.mjGEOM_PLANE, size=[1.0, 1.0, 1.0], contype=0, conaffinity=0
        )
        grip = shape.friction * ground_friction_scale
        for part, solid in enumerate(shape.solids):
            name = f"f{index}s{part}"
            self._add_solid(
                item,
                solid,
                name,
                mass=shape.mass_kg * _volume(solid) / sum(_volume(other) for other in shape.solids),
                friction=surface,
                condim=condim,
                contype=int(body.collides),
                conaffinity=int(body.collides),
                solmix=1.0,
            )
            friction = [grip, grip, TORSION_M * grip, rolling, rolling]
            self._spec.add_pair(geomname1=name, geomname2=f"p{index}", condim=condim, friction=friction)
        self._ratios.append(_damping_ratio(shape.restitution))

    def _add_carrier(self, index: int, carrier: Carrier) -> None:
        mass, yaw = carrier.mass_kg, carrier.yaw_inertia_kgm2
        item = self._spec.worldbody.add_body(name=f"c{index}", gravcomp=1.0)
        item.explicitinertial = True
        item.mass, item.inertia = mass, [0.5 * yaw, yaw, yaw]
        item.add_freejoint()
        for part, solid in enumerate(carrier.solids):
            self._add_solid(item, solid, f"c{index}s{part}", **self._passive())

    def _passive(self) -> dict[str, Any]:
        """Touches loose bodies only; friction and bounce are theirs."""
        return {"contype": 0, "conaffinity": 1, "friction": [0.0, 0.0, 0.0], "solmix": 0.0, "condim": 4}

    def _add_solid(self, item: Any, solid: Solid, name: str, **settings: Any) -> None:
        kinds = self._engine.mjtGeom
        settings.update(name=name, pos=list(solid.center_m))
        if solid.kind is SolidKind.HULL:
            mesh = self._spec.add_mesh(name=f"h{name}")
            mesh.uservert = np.asarray(solid.points_m).ravel()
            settings.update(type=kinds.mjGEOM_MESH, meshname=f"h{name}")
        elif solid.kind is SolidKind.CYLINDER:
            turn = {0: [0.5**0.5, 0.0, 0.5**0.5, 0.0], 1: [0.5**0.5, 0.5**0.5, 0.0, 0.0], 2: [1.0, 0.0, 0.0, 0.0]}
            size = [solid.half_m[0], solid.half_m[2], 0.0]
            settings.update(type=kinds.mjGEOM_CYLINDER, size=size, quat=turn[solid.axis])
        else:
            box = solid.kind is SolidKind.BOX
            settings.update(type=kinds.mjGEOM_BOX if box else kinds.mjGEOM_ELLIPSOID, size=list(solid.half_m))
        item.add_geom(**settings)

    def _index_geoms(self, frees: int, carriers: int, fixed: int) -> None:
        model = self._model
        self._owner_of = np.full(model.ngeom, GROUND, dtype=np.int64)
        self._free_of_geom = np.full(model.ngeom, -1, dtype=np.int64)
        self._free_of_pair = np.zeros(model.npair, dtype=np.int64)
        for geom in range(model.ngeom):
            name = model.geom(geom).name
            number = int(name[1:].split("s")[0])
            if name[0] == "f":
                self._owner_of[geom] = self._free_of_geom[geom] = number
            elif name[0] != "p":
                self._owner_of[geom] = number + (CARRIER_BASE if name[0] == "c" else FIXED_BASE)
        for pair in range(model.npair):
            one, two = int(model.pair_geom1[pair]), int(model.pair_geom2[pair])
            self._free_of_pair[pair] = max(self._free_of_geom[one], self._free_of_geom[two])

    def _set_stiffness(self, h: float) -> None:
        """solref (time constant, damping ratio) of all contacts for this substep; what is slow does not bounce."""
        lively = (np.square(self.motion[: self.frees]) @ _SPEED_WEIGHTS) > BOUNCE_SPEED_MPS**2
        ratio = np.append(np.where(lively, self._ratios, 1.0), 1.0)
        table = np.column_stack([np.full(len(ratio), STIFF_STEPS * h), ratio])
        self._model.geom_solref[:] = table[self._free_of_geom]
        if self._model.npair:
            self._model.pair_solref[:] = table[self._free_of_pair]

    def _stiffen_carriers(self, carriers: Sequence[Carrier]) -> None:
        """Carriers yield to pushes along x and y and, vehicles, about the vertical; in all else they follow their motion."""
        if not carriers:
            return
        for index, carrier in enumerate(carriers):
            first = 6 * (self.frees + index)
            yields = (carrier.yields, carrier.yields, False, False, False, carrier.yields and carrier.turns)
            self._model.dof_armature[first : first + 6] = [0.0 if free else KINEMATIC_INERTIA for free in yields]
        self._engine.mj_setConst(self._model, self._data)

    def _inertia(self, carriers: Sequence[Carrier]) -> Float64:
        """What acceleration times this is force, (C, 6)."""
        rows = np.zeros((len(carriers), 6))
        for index, carrier in enumerate(carriers):
            first = 6 * (self.frees + index)
            own = [carrier.mass_kg] * 3 + [0.5 * carrier.yaw_inertia_kgm2] + [carrier.yaw_inertia_kgm2] * 2
            rows[index] = own + self._model.dof_armature[first : first + 6]
        return rows


def _damping_ratio(restitution: float) -> float:
    return math.sqrt(0.03 / max(restitution - 0.07, 0.03))


def _volume(solid: Solid) -> float:
    share = {SolidKind.BOX: 8.0, SolidKind.CYLINDER: 2.0 * math.pi, SolidKind.ELLIPSOID: 4.0 / 3.0 * math.pi}
    x, y, z = solid.half_m
    return share.get(solid.kind, 3.0) * x * y * z

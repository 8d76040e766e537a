"""The vehicles of an episode: commands from the wire into the motion model, and its results into the actor table.

The model itself is state.py, motion.py and kernels/dynamics.py. Tested by tests/server/test_kernels.py.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.state import LightState
from sim.catalogue.vehicles import VEHICLES
from sim.maps.lookup import LaneLookup
from sim.server.actor_table import ActorTable
from sim.server.carla_values import finite
from sim.server.errors import CallError
from sim.server.kernels.columns import publish_vehicles
from sim.server.kernels.ground_planes import all_known, set_ground_planes
from sim.server.vehicles import state as vehicle_state
from sim.server.vehicles.ackermann import AckermannController
from sim.server.vehicles.friction_volumes import FrictionVolumes
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.parameters import set_grip
from sim.server.vehicles.state import VEHICLE_DTYPE, VehicleArrays, VehicleRows

Float64 = NDArray[np.float64]

_ECHO = struct.Struct("<3f3Bi")
_CONTROLS = struct.Struct("<7d")
_NOTHING_PRESSED = (0.0,) * 7
_CONTROL_OFFSET = VEHICLE_DTYPE.fields["throttle"][1] if VEHICLE_DTYPE.fields else 0


FAILURE_ROLLOVER = 1
"""carla.VehicleFailureState.Rollover."""


class Fleet:
    """All vehicles, a row each in `arrays`, in the order of their spawning."""

    def __init__(self, table: ActorTable, ground: LaneLookup) -> None:
        self._table = table
        self._ground_tables = ground.height_tables()
        self.arrays = VehicleArrays()
        self.rows: VehicleRows = self.arrays.rows
        self.light_flags: dict[int, int] = {}
        self.ackermann: dict[int, AckermannController] = {}
        self.volumes = FrictionVolumes()
        self.friction_scale = 1.0
        self._rolled_over = False
        self.shown_wheels: dict[tuple[int, str, int], float] = {}
        """Angles (degrees) at which wheels are to be seen, by actor, "steer" or "pitch", and wheel."""
        self._momentary: set[int] = set()
        """Vehicles with sticky_control "False": a control acts in one tick and is let go of then."""
        self._commanded: set[int] = set()
        self.version = 0
        """Grows whenever a vehicle comes or goes."""
        self._bytes = memoryview(bytearray())
        self._indexed_version = -1
        self.table_rows: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def add(
        self, actor_id: int, type_id: str, position_m: Float64, rpy_rad: Float64, sticky_control: bool = True
    ) -> None:
        """A vehicle was spawned."""
        if not sticky_control:
            self._momentary.add(actor_id)
        self.arrays.add(actor_id, VEHICLES[type_id], position_m.tolist(), rpy_rad.tolist())
        self.light_flags[actor_id] = 0
        self._renew()
        self.rows["friction_scale"][-1] = self.friction_scale
        set_grip(self.rows[-1:])
        record = self._table.records[self._table.row_of[actor_id] :][:1]
        record["at_light_state"] = LightState.GREEN

    def remove(self, actor_id: int) -> None:
        """A vehicle was destroyed."""
        self.arrays.remove(actor_id)
        del self.light_flags[actor_id]
        self._momentary.discard(actor_id)
        self._commanded.discard(actor_id)
        self.ackermann.pop(actor_id, None)
        self.show_physical_wheels(actor_id)
        self._renew()

    def show_physical_wheels(self, actor_id: int) -> None:
        """The wheels of a vehicle are seen as they are again, not as they were set."""
        for key in [key for key in self.shown_wheels if key[0] == actor_id]:
            del self.shown_wheels[key]

    def _renew(self) -> None:
        self.rows = self.arrays.rows
        self._bytes = self.rows.view(np.uint8).data if len(self.rows) else memoryview(bytearray())
        self._indexed_version = -1
        self.version += 1

    def row(self, actor_id: Any) -> int:
        """The row of a vehicle; CallError when the actor is none."""
        try:
            return self.arrays.row_of(actor_id)
        except (KeyError, TypeError):
            raise CallError(f"actor {actor_id}: not a vehicle that is alive") from None

    def control(self, actor_id: int, table_row: int, control: list[Any]) -> None:
        """Hold these pedals and this wheel until the next command; echoed in the vehicle's record."""
        self._write_control(actor_id, table_row, control)
        if actor_id in self._momentary:
            self._commanded.add(actor_id)
        if actor_id in self.ackermann:
            self.ackermann[actor_id].reset()

    def _write_control(self, actor_id: int, table_row: int, control: list[Any]) -> None:
        throttle, steer, brake, hand_brake, reverse, manual, gear = control
        if not (0.0 <= throttle <= 1.0 and -1.0 <= steer <= 1.0 and 0.0 <= brake <= 1.0):
            throttle = min(max(finite(throttle, "throttle"), 0.0), 1.0)
            steer = min(max(finite(steer, "steer"), -1.0), 1.0)
            brake = min(max(finite(brake, "brake"), 0.0), 1.0)
        _CONTROLS.pack_into(
            self._bytes,
            self.arrays.row_of(actor_id) * VEHICLE_DTYPE.itemsize + _CONTROL_OFFSET,
            *(throttle, -steer, brake, hand_brake, reverse, manual, gear),
        )
        _ECHO.pack_into(
            self._table.buffer,
            self._table.control_offset(table_row),
            *(throttle, steer, brake, hand_brake, reverse, manual, gear),
        )

    def set_friction_scale(self, scale: float) -> None:
        """How slippery the roads are, 1 dry."""
        self.friction_scale = scale
        self.rows["friction_scale"] = scale
        set_grip(self.rows)

    def teleported(self, actor_id: int, position_m: Float64, rpy_rad: Float64) -> None:
        """A vehicle was put somewhere else."""
        vehicle_state.set_pose(self.rows, self.row(actor_id), position_m.tolist(), rpy_rad.tolist())

    def step(self, delta_s: float) -> None:
        """Move all vehicles by one tick, and publish them into the actor table."""
        if not len(self.rows):
            return
        if self._indexed_version != self._table.version:
            self.table_rows = np.array([self._table.row_of[int(i)] for i in self.rows["actor_id"]], dtype=np.int64)
            self._indexed_version = self._table.version
        if self.ackermann:
            self._run_ackermann(delta_s)
        if not all_known(self.rows):
            self.find_ground()
        self.volumes.apply(self.rows, self._table)
        if step_vehicles(self.rows, delta_s) or self._rolled_over:
            self._tell_rolled_over()
        for actor_id in sorted(self._momentary):
            self._let_go(actor_id)

    def find_ground(self) -> None:
        """Look up the ground under the vehicles, as far as it is not known where they stand now."""
        if len(self.rows):
            set_ground_planes(self.rows, *self._ground_tables)

    def _tell_rolled_over(self) -> None:
        """The failure state of vehicles that lie on their side, and of those that were put back on their wheels."""
        lying = self.rows["overturned"] != 0
        self._table.records["failure_state"][self.table_rows] = np.where(lying, FAILURE_ROLLOVER, 0)
        self._rolled_over = bool(lying.any())

    def _let_go(self, actor_id: int) -> None:
        """Pedals and wheel of a vehicle without sticky control return; the record tells what acted in this tick."""
        row = self.arrays.row_of(actor_id)
        _CONTROLS.pack_into(self._bytes, row * VEHICLE_DTYPE.itemsize + _CONTROL_OFFSET, *_NOTHING_PRESSED)
        if actor_id not in self._commanded:
            table_row = self._table.row_of[actor_id]
            _ECHO.pack_into(self._table.buffer, self._table.control_offset(table_row), 0.0, 0.0, 0.0, 0, 0, 0, 0)
        self._commanded.discard(actor_id)

    def publish(self) -> None:
        """Copy the state of all vehicles into the actor table."""
        if len(self.rows):
            table = self._table
            publish_vehicles(
                self.rows,
                self.table_rows,
                *(table.position, table.rpy, table.velocity, table.angular, table.acceleration),
            )

    def _run_ackermann(self, delta_s: float) -> None:
        for actor_id, controller in self.ackermann.items():
            if not controller.active:
                continue
            vehicle = self.rows[self.arrays.row_of(actor_id)]
            yaw = float(vehicle["yaw_rad"])
            along = float(np.cos(yaw) * vehicle["acceleration_x_mps2"] + np.sin(yaw) * vehicle["acceleration_y_mps2"])
            throttle, brake, steer, reverse = controller.run(
                float(vehicle["vx_mps"]), along, float(vehicle["max_steer_rad"]), delta_s
            )
            control = [throttle, steer, brake, False, reverse, False, 0]
            self._write_control(actor_id, self._table.row_of[actor_id], control)

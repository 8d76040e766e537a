"""Motion of all walkers over one tick, and their rows in the actor table. See sim/server/walkers/crowd.py for the meaning.

Tested by tests/server/test_walkers.py.
"""

from __future__ import annotations

import math

from numba import njit

from sim.maps.kernels.grid import height

TURN_RATE_RADPS = math.radians(540.0)
SLIDE_DECEL_MPS2 = 6.0
FALL_S = 0.5
RISE_S = 1.0
LEAD_JUMP_M = 1.5
"""A leader that moves somebody farther than this in a tick has put him somewhere else."""
_GRAVITY_MPS2 = 9.80665


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _wrapped(angle):
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def step_walkers(rows, dt_s):
    """Move every walker as if alone in the world."""
    for index in range(rows.shape[0]):
        row = rows[index]
        row.start_xy[0], row.start_xy[1] = row.position[0], row.position[1]
        slide = math.hypot(row.slide[0], row.slide[1])
        falls = row.dead or slide > 0.0
        row.fall = min(max(row.fall + (dt_s / FALL_S if falls else -dt_s / RISE_S), 0.0), 1.0)
        row.velocity[0], row.velocity[1] = 0.0, 0.0
        if slide > 0.0:
            row.velocity[0], row.velocity[1] = row.slide[0], row.slide[1]
            kept = max(slide - SLIDE_DECEL_MPS2 * dt_s, 0.0) / slide
            row.slide[0] *= kept
            row.slide[1] *= kept
        elif row.led:
            _follow(row, dt_s)
        elif row.physics and row.fall == 0.0:
            row.velocity[0], row.velocity[1] = row.direction[0] * row.speed, row.direction[1] * row.speed
            if row.speed > 0.0:
                error = _wrapped(math.atan2(row.direction[1], row.direction[0]) - row.yaw)
                most = TURN_RATE_RADPS * dt_s
                row.yaw = _wrapped(row.yaw + min(max(error, -most), most))
        if row.physics or row.led or slide > 0.0:
            # from start_xy, not from x and y: a leader may just have put him somewhere else
            row.position[0] = row.start_xy[0] + row.velocity[0] * dt_s
            row.position[1] = row.start_xy[1] + row.velocity[1] * dt_s
        if row.lift > 0.0 or row.lift_speed > 0.0:
            row.lift += row.lift_speed * dt_s - 0.5 * _GRAVITY_MPS2 * dt_s * dt_s
            row.lift_speed -= _GRAVITY_MPS2 * dt_s
            if row.lift <= 0.0:
                row.lift, row.lift_speed = 0.0, 0.0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _follow(row, dt_s):
    """The velocity that brings a led walker to where its leader wants it at the end of this tick."""
    dx, dy = row.lead_xy[0] - row.position[0], row.lead_xy[1] - row.position[1]
    if math.hypot(dx, dy) > LEAD_JUMP_M:
        row.position[0], row.position[1] = row.lead_xy[0], row.lead_xy[1]
        row.start_xy[0], row.start_xy[1] = row.lead_xy[0], row.lead_xy[1]
        dx, dy = 0.0, 0.0
    row.velocity[0], row.velocity[1] = dx / dt_s, dy / dt_s


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _advance_gait(row, dt_s):
    """The mirror of sim.base.phase.gait_advance_rad."""
    speed = math.hypot(row.velocity[0], row.velocity[1])
    if row.fall > 0.0:
        return
    relative = max(speed / row.height / 0.8, 1e-3)
    stride = row.height * 0.83 * relative**0.42
    row.gait = (row.gait + 2.0 * math.pi * speed * dt_s / stride) % (2.0 * math.pi)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def publish_walkers(
    rows,
    dt_s,
    position,
    rpy,
    velocity,
    angular,
    acceleration,
    origin,
    cell_m,
    shape,
    cell_first,
    cell_items,
    segments,
    rank,
    center_z,
    edge_lift,
    terrain,
    terrain_origin,
    terrain_cell_m,
    blend_m,
    level_z,
):
    """Stand walker k on the ground under it, lying as far as it has fallen, and copy it to its row of the actor table."""
    for k in range(rows.shape[0]):
        row = rows[k]
        i = row.table_row
        _advance_gait(row, dt_s)
        tilt = row.fall * math.pi / 2.0
        if row.physics or row.led or row.fall > 0.0:
            middle = 0.5 * row.height * math.cos(tilt) + 0.5 * row.depth * math.sin(tilt)
            ground_z = height(
                row.position[0],
                row.position[1],
                origin,
                cell_m,
                shape,
                cell_first,
                cell_items,
                segments,
                rank,
                center_z,
                edge_lift,
                terrain,
                terrain_origin,
                terrain_cell_m,
                blend_m,
                level_z,
            )
            row.position[2] = ground_z + middle + row.lift
        turned = _wrapped(row.yaw - rpy[i, 2])
        for axis in range(3):
            wanted = row.velocity[axis] if axis < 2 else row.lift_speed
            acceleration[i, axis] = (wanted - velocity[i, axis]) / dt_s
            velocity[i, axis] = wanted
            position[i, axis] = row.position[axis]
        angular[i, 2] = turned / dt_s
        rpy[i, 1] = tilt * row.fall_sign
        rpy[i, 2] = row.yaw

"""When each row of a frame is exposed, and where everything was then.

Read-out ends with the tick: row y of H is read at t_k - (H-1-y) t_row and exposed for T before that, so its mid-exposure time
is t_k - (H-1-y) t_row - T/2; where further exposures of the row follow its first, that is earlier by the time they take. A
global shutter has t_row = 0. Poses between ticks are interpolated, never extrapolated; before the first state the world stands
still. Tested by tests/sensors/test_timing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.frames import pose
from sim.base.state import WorldState, interpolate

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class ReadWindow:
    """When one read of every pixel collects light: its middle, counted from the row's mid-exposure time, and its length."""

    middle_s: float
    duration_s: float


def reach_of(windows: Sequence[ReadWindow]) -> tuple[float, float]:
    """When the first of these windows begins and the last ends, in s after the row's mid-exposure time."""
    begins = [window.middle_s - 0.5 * window.duration_s for window in windows]
    ends = [window.middle_s + 0.5 * window.duration_s for window in windows]
    return min(begins), max(ends)


def row_times(
    config: CameraConfig, tick_flicks: int, exposure_s: float, ends_s: float | None = None
) -> NDArray[np.int64]:
    """(H,) mid-exposure time of each row in flicks, of its first read where it has several; its last read ends `ends_s` later,
    unless said half the exposure and what the sensor's later reads take."""
    sensor = config.sensor
    rows_left = np.arange(sensor.height_px - 1, -1, -1)
    ends_s = 0.5 * exposure_s + sensor.later_reads_s(exposure_s) if ends_s is None else ends_s
    before_s = rows_left * sensor.row_time_s + ends_s
    out: NDArray[np.int64] = tick_flicks - np.rint(before_s * FLICKS_PER_SECOND).astype(np.int64)
    return out


def state_at(states: Sequence[WorldState], time_flicks: int) -> WorldState:
    """The world at a time up to states[-1]; before states[0] it is states[0]'s. Actors not yet there have their first pose."""
    if time_flicks > states[-1].time_flicks:
        raise ValueError(f"state_at: found time {time_flicks}; the latest state is of {states[-1].time_flicks}")
    if len(states) == 1 or time_flicks <= states[0].time_flicks:
        return interpolate(states[0], states[-1], 0.0) if len(states) > 1 else states[0]
    later = next(i for i in range(len(states)) if states[i].time_flicks >= time_flicks)
    before, after = states[later - 1], states[later]
    fraction = (time_flicks - before.time_flicks) / (after.time_flicks - before.time_flicks)
    return interpolate(before, after, min(max(fraction, 0.0), 1.0))


def ego_poses(states: Sequence[WorldState], ego_track_id: int, times_flicks: NDArray[np.int64]) -> Float64:
    """world_from_ego (N, 4, 4) at these times; positions linear, angles the shorter way, as in state.interpolate."""
    known = [(state.time_flicks, row, state) for state in states if (row := state.row_of(ego_track_id)) is not None]
    if not known:
        raise ValueError(f"ego_poses: found no actor with track id {ego_track_id} in the states")
    times = np.array([time for time, _, _ in known], dtype=np.float64)
    positions = np.array([state.position_world_m[row] for _, row, state in known])
    angles = np.unwrap(np.array([state.rpy_rad[row] for _, row, state in known]), axis=0)
    at = np.clip(times_flicks.astype(np.float64), times[0], times[-1])
    position = np.stack([np.interp(at, times, positions[:, axis]) for axis in range(3)], axis=-1)
    rpy = np.stack([np.interp(at, times, angles[:, axis]) for axis in range(3)], axis=-1)
    return pose(position, rpy)

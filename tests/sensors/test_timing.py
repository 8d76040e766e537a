"""When rows are exposed, and that poses are interpolated and never extrapolated."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.rig import load_rig
from sensors.timing import ego_poses, row_times, state_at
from sim.base.clock import FLICKS_PER_SECOND
from tests.sensors.worlds import EGO, actor, drive, world

TICK = FLICKS_PER_SECOND // 36


def test_last_row_ends_at_the_tick_and_rows_are_22_us_apart():
    config = load_rig("tesla_hw3_like").cameras[0]
    times = row_times(config, 10 * TICK, 0.004)
    assert times[-1] == 10 * TICK - round(0.002 * FLICKS_PER_SECOND)
    assert np.abs(np.diff(times) - 22.2e-6 * FLICKS_PER_SECOND).max() <= 1.0
    assert times[0] == pytest.approx(10 * TICK - (959 * 22.2e-6 + 0.002) * FLICKS_PER_SECOND, abs=1.0)
    assert (times < 10 * TICK).all()


def test_later_exposures_of_a_row_end_at_the_tick_too():
    """Three exposures of ratio 16, one after the other: the first is earlier by the time of the others."""
    config = load_rig("tesla_hw3_hdr").cameras[0]
    times = row_times(config, 10 * TICK, 0.016)
    later_s = 0.016 / 16.0 + 0.016 / 256.0
    assert times[-1] == pytest.approx(10 * TICK - (0.008 + later_s) * FLICKS_PER_SECOND, abs=1.0)
    simultaneous = row_times(load_rig("imx490_class").cameras[0], 10 * TICK, 0.016)
    assert simultaneous[-1] == 10 * TICK - round(0.008 * FLICKS_PER_SECOND)


def test_global_shutter_rows_are_simultaneous():
    times = row_times(load_rig("fast_640").cameras[0], 5 * TICK, 0.01)
    assert np.ptp(times) == 0


def test_ego_pose_follows_the_history_and_stops_at_its_start():
    states = drive(4, TICK, 20.0, yaw_rate_radps=0.5)
    times = np.array([-5 * TICK, 0, TICK // 2, 5 * TICK // 2, 3 * TICK])
    poses = ego_poses(states, EGO, times)
    expected_x = 20.0 * np.array([0.0, 0.0, 0.5, 2.5, 3.0]) / 36.0
    assert poses[:, 0, 3] == pytest.approx(expected_x)
    yaw = np.arctan2(poses[:, 1, 0], poses[:, 0, 0])
    assert yaw == pytest.approx(0.5 * np.array([0.0, 0.0, 0.5, 2.5, 3.0]) / 36.0)


def test_ego_turns_the_short_way_round():
    ego = [actor(EGO)]
    before = world(0, 0, ego, [[0, 0, 0]], [[0.0, 0.0, np.pi - 0.01]])
    after = world(1, TICK, ego, [[0, 0, 0]], [[0.0, 0.0, -np.pi + 0.01]])
    middle = ego_poses([before, after], EGO, np.array([TICK // 2]))[0]
    assert middle[0, 0] == pytest.approx(-1.0, abs=1e-6)


def test_states_are_never_extrapolated():
    states = drive(3, TICK, 20.0)
    with pytest.raises(ValueError, match="latest state"):
        state_at(states, 2 * TICK + 1)
    assert state_at(states, -TICK).position_world_m[0, 0] == 0.0
    assert state_at(states, 2 * TICK) is states[-1]
    assert state_at(states, 3 * TICK // 2).position_world_m[0, 0] == pytest.approx(20.0 * 1.5 / 36.0)
    assert state_at(states[:1], -TICK) is states[0]


def test_an_actor_spawned_last_tick_is_there_throughout():
    states = drive(2, TICK, 0.0)
    late = drive(3, TICK, 0.0, [(actor(9), (5, 0, 0), (0, 0, 0))])[2]
    begin = state_at([*states, late], TICK + TICK // 3)
    assert begin.row_of(9) is not None

"""Wheels roll without slip, strides have human lengths, flashers keep the regulation's rate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.base.clock import FLICKS_PER_SECOND
from sim.base.phase import flash_on, gait_advance_rad, gait_start_rad, stride_length_m, wheel_roll_rad, wheel_steer_rad


def test_one_circumference_is_one_turn_and_reversing_turns_back() -> None:
    assert wheel_roll_rad(2.0 * math.pi * 0.35, 0.35) == pytest.approx(2.0 * math.pi)
    assert wheel_roll_rad(-0.35, 0.35) == pytest.approx(-1.0)
    assert wheel_steer_rad(-0.5, 0.6) == pytest.approx(-0.3)


@pytest.mark.parametrize(("speed_mps", "height_m", "low_m", "high_m"), [(1.4, 1.75, 1.35, 1.55), (3.0, 1.2, 1.4, 1.8)])
def test_strides_have_human_lengths(speed_mps: float, height_m: float, low_m: float, high_m: float) -> None:
    assert low_m < stride_length_m(speed_mps, height_m) < high_m


def test_gait_advances_one_cycle_a_stride_and_stands_still_with_the_body() -> None:
    stride_m = stride_length_m(1.2, 1.7)
    assert gait_advance_rad(stride_m, 1.2, 1.7) == pytest.approx(2.0 * math.pi)
    assert gait_advance_rad(0.0, 0.0, 1.7) == 0.0
    assert len({round(gait_start_rad(track), 3) for track in range(1, 50)}) == 49


def test_flasher_keeps_ninety_a_minute() -> None:
    times = np.arange(0, 60 * FLICKS_PER_SECOND, FLICKS_PER_SECOND // 100)
    lit = np.array([flash_on(int(time), 7) for time in times])
    assert np.count_nonzero(lit[1:] & ~lit[:-1]) == pytest.approx(90, abs=1)
    assert flash_on(0, 1) != flash_on(FLICKS_PER_SECOND // 3, 1)

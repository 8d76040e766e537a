"""States are interpolated inside a tick, never beyond it."""

import dataclasses

import numpy as np
import pytest

from sim.base.state import interpolate
from tests.base.worlds import car, make_state


def test_positions_are_linear_and_angles_take_the_short_way() -> None:
    earlier = make_state([(car(1), (0, 0, 0), 3.1)], tick=1, time_flicks=0)
    later = make_state([(car(1), (2, 0, 0), -3.1)], tick=2, time_flicks=100)
    middle = interpolate(earlier, later, 0.25)
    assert middle.position_world_m[0, 0] == pytest.approx(0.5)
    assert middle.rpy_rad[0, 2] == pytest.approx(3.1 + 0.25 * (2 * np.pi - 6.2))
    assert middle.time_flicks == 25


def test_an_actor_that_just_appeared_keeps_its_pose() -> None:
    earlier = make_state([(car(1), (0, 0, 0), 0)])
    later = make_state([(car(1), (2, 0, 0), 0), (car(5), (9, 9, 0), 1)], tick=1)
    np.testing.assert_array_equal(interpolate(earlier, later, 0.5).position_world_m, [[1, 0, 0], [9, 9, 0]])


def test_ends_are_exact_and_beyond_is_refused() -> None:
    earlier, later = make_state([(car(1), (0, 0, 0), 0)]), make_state([(car(1), (2, 0, 0), 0)], tick=1)
    assert interpolate(earlier, later, 1.0) is later
    np.testing.assert_array_equal(interpolate(earlier, later, 0.0).position_world_m, earlier.position_world_m)
    for fraction in (-0.01, 1.01):
        with pytest.raises(ValueError, match="never extrapolated"):
            interpolate(earlier, later, fraction)


def test_the_digest_sees_every_field() -> None:
    state = make_state([(car(1), (0, 0, 0), 0)])
    assert state.digest() == make_state([(car(1), (0, 0, 0), 0)]).digest()
    for field in dataclasses.fields(state):
        value = getattr(state, field.name)
        if isinstance(value, np.ndarray):
            changed = np.array(value)
            changed.flat[0] += 1
            assert dataclasses.replace(state, **{field.name: changed}).digest() != state.digest(), field.name


def test_rows_are_found_by_track_id_and_role() -> None:
    state = make_state([(car(2), (0, 0, 0), 0), (car(7, "hero"), (1, 0, 0), 0)])
    assert (state.row_of(7), state.row_of(3), state.row_of_role("hero"), state.row_of_role("x")) == (1, None, 1, None)

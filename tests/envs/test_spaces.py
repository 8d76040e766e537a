"""Actions become pedals, observations become arrays of the space."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.base.observation import EgoMotion, Navigation, Observation
from sim.envs import spaces

ratios = st.floats(min_value=-1.0, max_value=1.0, width=32)


@given(ratios, ratios)
def test_one_pedal_at_a_time(pedal: float, steer: float) -> None:
    command = spaces.command_of(np.array([pedal, steer], np.float32))
    assert command.throttle_ratio * command.brake_ratio == 0.0
    assert command.throttle_ratio - command.brake_ratio == np.float32(pedal)
    assert command.steer_ratio == np.float32(steer)


def observation(route: np.ndarray) -> Observation:
    ego = EgoMotion(7.0, (0.5, -900.0, 9.8), 0.1, -0.2, 4.7, 1.9, 2.9)
    return Observation(0, 0, {}, ego, Navigation(route, 13.9, 80.0))


def test_a_sample_lies_in_the_space_whatever_the_sensors_say() -> None:
    space = spaces.observation_space({})
    for route in (np.zeros((0, 2)), np.zeros((1, 2)), np.stack([np.arange(90.0), np.zeros(90)], axis=1)):
        assert space.contains(spaces.sample_of(observation(route)))


def test_the_route_is_resampled_to_equal_spacing() -> None:
    route = np.stack([np.linspace(0.0, 100.0, 37), np.zeros(37)], axis=1)
    points = spaces.sample_of(observation(route))["route"]
    np.testing.assert_allclose(points[:, 0], np.arange(20) * 2.5, atol=1e-5)

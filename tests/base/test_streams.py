"""Named random streams."""

import numpy as np

from sim.base.streams import stream


def test_a_name_always_gives_the_same_numbers() -> None:
    np.testing.assert_array_equal(stream(7, "ego", "speed").random(5), stream(7, "ego", "speed").random(5))


def test_names_and_seeds_are_independent() -> None:
    draws = np.array([stream(s, n).random(2000) for s in (0, 1) for n in ("a", "b", "ab")])
    correlation = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlation).max() < 0.1


def test_joining_names_is_not_ambiguous() -> None:
    assert stream(0, "ab", "c").random() != stream(0, "a", "bc").random()

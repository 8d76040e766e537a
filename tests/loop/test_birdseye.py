"""The view from above: the ego in its place, its left on the left, whatever way it looks."""

import numpy as np
import pytest

from sim.base.bundle import Route
from sim.base.state import ActorInfo
from sim.loop.birdseye import AHEAD_SHARE, EGO_COLOR, BirdsEye
from sim.maps.library import load_network
from tests.base.worlds import car, make_state

SIZE_PX, SPAN_M = 240, 60.0


def sees(image: np.ndarray, row: float, column: float, color: tuple[int, int, int]) -> bool:
    """Whether this colour is within two pixels of a place."""
    part = image[round(row) - 2 : round(row) + 3, round(column) - 2 : round(column) + 3].astype(int)
    return bool((np.abs(part - color).sum(axis=-1) < 60).any())


@pytest.mark.parametrize("yaw_rad", [0.0, 0.7, -2.4])
def test_the_ego_looks_up_and_a_car_on_its_left_is_on_the_left(yaw_rad: float) -> None:
    network = load_network("parking_lot")
    place = network.spawn_position_world_m[0]
    forward, left = np.array([np.cos(yaw_rad), np.sin(yaw_rad)]), np.array([-np.sin(yaw_rad), np.cos(yaw_rad)])
    ahead = np.stack([place, [*(place[:2] + 20.0 * forward), place[2]]])
    route = Route(ahead, np.array([0.0, 20.0]), np.full(2, 8.0))
    view = BirdsEye(network, route, SIZE_PX, SPAN_M)

    def picture(*others: tuple[ActorInfo, tuple[float, float, float], float]) -> np.ndarray:
        return view.draw(make_state([(car(1), tuple(place), yaw_rad), *others]), 1)

    alone = picture()
    k, row, column = SIZE_PX / SPAN_M, SIZE_PX * AHEAD_SHARE, SIZE_PX / 2.0
    assert alone.shape == (SIZE_PX, SIZE_PX, 3)
    assert sees(alone, row, column - 0.5 * k, EGO_COLOR)
    x, y = place[:2] + 8.0 * forward + 5.0 * left
    changed = np.argwhere((alone != picture((car(2), (float(x), float(y), 0.0), yaw_rad))).any(axis=-1))
    np.testing.assert_allclose(changed.mean(axis=0), [row - 8.0 * k, column - 5.0 * k], atol=2.0)


def test_without_the_ego_the_picture_is_empty() -> None:
    network = load_network("parking_lot")
    place = network.spawn_position_world_m[0]
    view = BirdsEye(network, Route(np.stack([place, place + 1.0]), np.array([0.0, 1.0]), np.ones(2)), SIZE_PX, SPAN_M)
    image = view.draw(make_state([(car(2), tuple(place), 0.0)]), 1)
    assert (image == image[0, 0]).all()

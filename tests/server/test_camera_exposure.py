"""Exposure and development of the RGB camera: stops, adaptation, gamma, white."""

from __future__ import annotations

import numpy as np
import pytest

from sim.catalogue.blueprints import BLUEPRINTS
from sim.server.sensing.exposure import KEY, Development, log_average_cd_m2, tone_table, white_balance
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.describe import description

_IDENTITY = [[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]
_BLUEPRINT = BLUEPRINTS["sensor.camera.rgb"]


@pytest.fixture
def development(calls: Calls, world: World) -> object:
    def make(**attributes: str) -> Development:
        return Development(world.entry(calls.spawn_actor(description("sensor.camera.rgb", **attributes), _IDENTITY)[0]))

    return make


def _grey(cd_m2: float) -> np.ndarray:
    return np.full((16, 16, 3), cd_m2, np.float32)


def test_manual_exposure_counts_in_stops(development) -> None:
    base = development(exposure_mode="manual").gain(_grey(100.0), 0.05)
    assert development(exposure_mode="manual", iso="200").gain(_grey(1.0), 0.05) == pytest.approx(2.0 * base)
    assert development(exposure_mode="manual", shutter_speed="400").gain(_grey(1.0), 0.05) == pytest.approx(base / 2.0)
    assert development(exposure_mode="manual", fstop="2.8").gain(_grey(1.0), 0.05) == pytest.approx(base / 4.0)
    assert development(exposure_mode="manual", exposure_compensation="1").gain(_grey(1.0), 0.05) == pytest.approx(
        2 * base
    )
    sunny_16 = development(exposure_mode="manual", fstop="16", shutter_speed="100").gain(_grey(1.0), 0.05)
    assert 1.0 / sunny_16 == pytest.approx(1.2 * 2.0**14.64, rel=0.01), "EV 14.6: a sunny day"


def test_one_stop_more_iso_doubles_the_linear_signal_in_the_picture(development) -> None:
    tone = tone_table(2.2, False)
    levels = []
    for iso in ("100", "200"):
        camera = development(exposure_mode="manual", enable_postprocess_effects="false", iso=iso)
        out = np.zeros((16, 16, 4), np.uint8)
        camera.develop(_grey(100.0), 0.05, out)
        levels.append(float(np.searchsorted(tone, out[0, 0, 0]) / (len(tone) - 1)))
    assert levels[1] / levels[0] == pytest.approx(2.0, rel=0.03)


def test_the_eye_follows_the_light_in_stops_at_its_two_speeds(development) -> None:
    camera = development(exposure_speed_up="3", exposure_speed_down="1")
    assert camera.gain(_grey(100.0), 0.05) == pytest.approx(KEY / 100.0), "the first frame is adapted"
    camera.gain(_grey(1600.0), 0.5)
    assert np.log2(camera.adapted_cd_m2 / 100.0) == pytest.approx(4.0 * (1.0 - 2.0**-1.5))
    camera.adapted_cd_m2 = 1600.0
    camera.gain(_grey(100.0), 0.5)
    assert np.log2(camera.adapted_cd_m2 / 1600.0) == pytest.approx(-4.0 * (1.0 - 2.0**-0.5))
    split = development(exposure_speed_up="3")
    split.gain(_grey(100.0), 0.05)
    for _ in range(10):
        split.gain(_grey(1600.0), 0.05)
    assert np.log2(split.adapted_cd_m2 / 100.0) == pytest.approx(4.0 * (1.0 - 2.0**-1.5)), "at any frame rate"


def test_brightness_bounds_hold_the_eye(development) -> None:
    free, held = development(), development(exposure_min_bright="12", exposure_max_bright="13")
    free.gain(_grey(0.5), 0.05)
    held.gain(_grey(0.5), 0.05)
    assert free.adapted_cd_m2 == pytest.approx(0.5), "the blueprint's own bounds do not hold"
    assert held.adapted_cd_m2 == pytest.approx(0.125 * 2.0**12)


def test_gamma_and_white(development) -> None:
    assert (tone_table(1.0, True).astype(int) <= tone_table(2.2, True)).all(), "a lower gamma is darker"
    assert tone_table(2.2, True)[-1] == 255
    assert white_balance(6500.0, 0.0) is None
    for kelvin in (3000.0, 5000.0, 9000.0):
        matrix = white_balance(kelvin, 0.0)
        assert (np.ones(3, np.float32) @ matrix)[1] == pytest.approx(1.0, abs=0.2)
    warm, cold = (
        np.ones(3, np.float32) @ white_balance(9000.0, 0.0),
        np.ones(3, np.float32) @ white_balance(4000.0, 0.0),
    )
    assert warm[0] > warm[2], "a bluish light made white turns a D65 white warm"
    assert cold[0] < cold[2]
    tinted = np.ones(3, np.float32) @ white_balance(6500.0, 0.5)
    assert tinted[1] < min(tinted[0], tinted[2]), "positive tint is magenta"


def test_log_average_is_the_geometric_mean() -> None:
    image = np.concatenate([_grey(1.0), _grey(100.0)])
    assert log_average_cd_m2(image) == pytest.approx(10.0, rel=1e-5)


def test_every_attribute_is_told_about() -> None:
    """The table in the server's page of cameras names every attribute that the blueprint has."""
    from sim.server.sensing.camera_attributes import ATTRIBUTES

    own = {"role_name", "ros_name"}
    for type_id, blueprint in BLUEPRINTS.items():
        if type_id.startswith("sensor.camera."):
            assert {item.id for item in blueprint.attributes} - own <= set(ATTRIBUTES), type_id

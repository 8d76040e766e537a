"""Exposure control against theory (E2): convergence, stability, limits, order of gains, flicker."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.config.exposure import ExposureControl, critical_alpha
from sensors.exposure import (
    GUARD_EV,
    GUARD_SHARE,
    NIGHT_FROM_EV,
    NIGHT_SHARE,
    Exposure,
    ExposureController,
    split,
    zone_weights,
)
from sensors.isp import tone_table
from tests.sensors.conftest import flat_light


def config_of(camera: CameraConfig, **exposure: object) -> CameraConfig:
    data = camera.model_dump()
    data["exposure"].update(
        {"t_min_s": 1e-6, "t_max_s": 0.04, "hysteresis_ev": 0.0, "highlight_reserve_ev": 0.0} | exposure
    )
    return CameraConfig.model_validate(data)


def errors_after_step(config: CameraConfig, step_ev: float, frames: int) -> np.ndarray:
    """Error in EV of each frame after a settled scene changes its light by `step_ev`."""
    flat = np.ones((config.sensor.height_px, config.sensor.width_px), np.float32)
    chip, controller = Chip(config, flat, 0, 1), ExposureController(config)
    light = flat_light(config, 300.0)
    controller.begin(chip.collect(light, controller.current.exposure_s))
    for _ in range(6):
        controller.observe(chip.collect(light, controller.current.exposure_s))
    out = []
    for _ in range(frames):
        electrons = chip.collect(light * np.float32(2.0**step_ev), controller.current.exposure_s)
        level = controller.mean_level(electrons, controller.current)
        out.append(math.log2(level / config.exposure.target))
        controller.observe(electrons)
    return np.array(out)


def theory(alpha: float, delay: int, step_ev: float, frames: int) -> np.ndarray:
    """x[n+1] = x[n] - alpha x[n-d], x = 0 before the step."""
    x = [0.0] * (delay + 1) + [step_ev]
    for _ in range(frames - 1):
        x.append(x[-1] - alpha * x[-1 - delay])
    return np.array(x[delay + 1 :])


@pytest.mark.parametrize("delay", [0, 1, 2, 3])
@pytest.mark.parametrize("step_ev", [-5.0, 5.0])
def test_a_step_of_light_decays_as_theory_says(small_camera: CameraConfig, delay: int, step_ev: float):
    """Every frame within 0.02 EV of the recursion at critical damping; no overshoot beyond 0.1 EV; settled within 0.1 EV."""
    alpha = critical_alpha(delay)
    errors = errors_after_step(config_of(small_camera, alpha=alpha, delay_frames=delay), step_ev, 40)
    assert np.abs(errors - theory(alpha, delay, step_ev, 40)).max() < 0.02
    assert (errors * np.sign(step_ev)).min() >= -0.1
    assert abs(errors[-1]) <= 0.1


def test_theory_check_notices_another_delay(small_camera: CameraConfig):
    errors = errors_after_step(config_of(small_camera, alpha=0.148, delay_frames=1), 5.0, 40)
    assert np.abs(errors - theory(0.148, 2, 5.0, 40)).max() > 0.2


def test_hysteresis_holds_still_for_small_changes(small_camera: CameraConfig):
    config = config_of(small_camera, hysteresis_ev=0.1)
    assert np.ptp(errors_after_step(config, 0.09, 20)) == 0.0
    errors = errors_after_step(config, 0.5, 40)
    assert abs(errors[-1]) <= 0.1
    assert np.ptp(errors[-5:]) == 0.0


def test_first_frame_is_well_exposed_in_any_light(small_camera: CameraConfig):
    flat = np.ones((120, 160), np.float32)
    reserve_ev = small_camera.exposure.highlight_reserve_ev
    for luminance_cd_m2 in (0.5, 10.0, 300.0, 8000.0):
        chip, controller = Chip(small_camera, flat, 0, 1), ExposureController(small_camera)
        light = flat_light(small_camera, luminance_cd_m2)
        exposure = controller.begin(chip.collect(light, controller.current.exposure_s))
        level = controller.mean_level(chip.collect(light, exposure.exposure_s), exposure)
        level *= 2.0**controller.lift_ev
        dark_ev = NIGHT_SHARE * max(math.log2(0.18 / level * exposure.amount_s / 0.0167) - NIGHT_FROM_EV, 0.0)
        expected_ev = 0.0 if luminance_cd_m2 < 100.0 else reserve_ev
        assert controller.lift_ev == pytest.approx(expected_ev) or exposure.exposure_s == pytest.approx(3.0e-5)
        assert level == pytest.approx(0.18 * 2.0**-dark_ev, rel=0.01) or exposure.digital_gain == 16.0
        assert (dark_ev > 1.0) == (luminance_cd_m2 < 1.0), "only the night stays dark"


def test_limits_are_never_exceeded():
    control = ExposureControl(t_max_s=0.01)
    rng = np.random.default_rng(3)
    for amount in 2.0 ** rng.uniform(-30.0, 12.0, 300):
        exposure = split(float(amount), control)
        assert control.t_min_s <= exposure.exposure_s <= control.t_max_s
        assert control.analog_gain[0] <= exposure.analog_gain <= control.analog_gain[1]
        assert control.digital_gain[0] <= exposure.digital_gain <= control.digital_gain[1]
        if 3e-5 < amount < 0.01 * 8 * 16:
            assert exposure.amount_s == pytest.approx(amount, rel=1e-9)
        # gain only once time is at its limit, digital only once analog is
        assert exposure.analog_gain == 1.0 or exposure.exposure_s == 0.01
        assert exposure.digital_gain == 1.0 or exposure.analog_gain == 8.0 or amount < 3e-5


def test_antiflicker_times_are_whole_half_periods():
    control = ExposureControl(t_max_s=0.035, antiflicker_hz=50)
    for amount in (0.0101, 0.025, 0.034, 0.1):
        exposure = split(amount, control)
        assert (exposure.exposure_s / 0.01) % 1.0 == pytest.approx(0.0, abs=1e-9)
        assert exposure.amount_s == pytest.approx(amount)
    assert split(0.004, control).exposure_s == pytest.approx(0.004)


def test_exposure_recovers_from_its_limits_without_delay(small_camera: CameraConfig):
    """No wind-up: after a long night at the limit the first brighter frames are answered at once."""
    config = config_of(small_camera, alpha=1.0, delay_frames=0)
    errors = errors_after_step(config, 2.0, 4)
    assert abs(errors[1]) < 0.02
    dark = errors_after_step(config, -20.0, 10)
    assert dark[-1] < -1.0


def test_metering_counts_the_road_more_than_the_sky(small_camera: CameraConfig):
    weights = zone_weights(small_camera)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[: len(weights) // 3].sum() < 0.5 * weights[len(weights) // 2 :].sum() / 2


def test_manual_exposure_never_moves(small_camera: CameraConfig):
    config = config_of(small_camera, mode="manual", exposure_s=0.002)
    controller = ExposureController(config)
    controller.observe(np.full((120, 160), 1e6, np.float32))
    assert controller.current == Exposure(0.002, 1.0, 1.0)


def test_ev100_is_the_photographers():
    """f/16 at 1/125 s and ISO 100 is EV 15 (sunny sixteen)."""
    assert Exposure(1.0 / 125.0, 1.0, 1.0).ev100(16.0) == pytest.approx(15.0, abs=0.05)


def test_highlights_are_guarded_and_the_middle_is_given_back(small_camera: CameraConfig):
    """A third of bright sky lowers the exposure until it fits, at most GUARD_EV; even light is not touched."""
    flat = np.ones((120, 160), np.float32)
    light = flat_light(small_camera, 300.0)
    reserve_ev = small_camera.exposure.highlight_reserve_ev
    for sky_ratio, expected_ev in ((1.0, reserve_ev), (3.0, reserve_ev), (40.0, None), (1000.0, GUARD_EV)):
        chip, controller = Chip(small_camera, flat, 0, 1), ExposureController(small_camera)
        scene = light.copy()
        scene[:40] *= np.float32(sky_ratio)
        exposure = controller.begin(chip.collect(scene, controller.current.exposure_s))
        if expected_ev is not None:
            assert controller.lift_ev == pytest.approx(expected_ev, abs=0.05)
            continue
        assert reserve_ev + 0.1 < controller.lift_ev < GUARD_EV
        chip.collect(scene, exposure.exposure_s)
        clipped = chip.electrons > small_camera.sensor.full_well_e
        assert clipped.mean() < 1.0 - GUARD_SHARE
        assert controller.error_ev(chip.electrons, exposure) == pytest.approx(0.0, abs=0.01)


def test_lift_brightens_the_middle_and_keeps_black_and_white(small_camera: CameraConfig):
    plain, lifted = tone_table(small_camera), tone_table(small_camera, 2.0)
    assert (lifted >= plain).all()
    assert (lifted[0], lifted[-1]) == (0, 255)
    middle = round(0.18 * 65535)
    assert abs(int(lifted[middle // 4]) - int(plain[middle])) <= 1

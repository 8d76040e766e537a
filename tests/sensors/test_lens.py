"""Lens models against OpenCV (bar B1: 1e-6 px), round trips (1e-3 px), and refusal of lenses that fold."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sensors.camera_config import CameraConfig
from sensors.lens import Lens
from sensors.rig import load_rig
from sim.base.errors import RigError

BROWN = {
    4: (-0.28, 0.07, 1e-3, -5e-4),
    5: (-0.28, 0.07, 1e-3, -5e-4, 0.01),
    8: (-0.1, 0.02, 1e-3, -5e-4, 0.01, 0.05, 0.02, 0.003),
    12: (-0.1, 0.02, 1e-3, -5e-4, 0.01, 0.05, 0.02, 0.003, 2e-3, -1e-3, 1e-3, 5e-4),
    14: (-0.1, 0.02, 1e-3, -5e-4, 0.01, 0.05, 0.02, 0.003, 2e-3, -1e-3, 1e-3, 5e-4, 0.02, -0.03),
}
FISHEYE = (0.02, -0.004, 0.001, -0.0002)


def camera(model: str, distortion: tuple[float, ...], theta_max_deg: float, focal_px: float = 150.0) -> CameraConfig:
    data = load_rig("fast_640").cameras[0].model_dump()
    data["sensor"].update(width_px=320, height_px=240)
    data["optics"].update(
        model=model,
        distortion=distortion,
        theta_max_deg=theta_max_deg,
        intrinsics={"fx_px": focal_px, "fy_px": focal_px * 1.01, "cx_px": 161.3, "cy_px": 117.8},
    )
    return CameraConfig.model_validate(data)


def directions(theta_max_deg: float, count: int = 100_000) -> np.ndarray:
    rng = np.random.default_rng(1)
    theta = np.radians(theta_max_deg) * np.sqrt(rng.random(count))
    phi = rng.random(count) * 2.0 * np.pi
    unit = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    return unit * rng.uniform(0.5, 80.0, (count, 1))


@pytest.mark.parametrize("count", sorted(BROWN))
def test_brown_conrady_equals_opencv(count: int):
    lens = Lens(camera("brown_conrady", BROWN[count], 40.0, 250.0))
    points = directions(39.0)
    pixels, valid = lens.project(points)
    k = lens.calibration().matrix
    expected = cv2.projectPoints(points[:, None], np.zeros(3), np.zeros(3), k, np.array(BROWN[count]))[0][:, 0]
    assert valid.all()
    assert np.abs(pixels - expected).max() <= 1e-6


def test_kannala_brandt_equals_opencv_within_its_reach():
    lens = Lens(camera("kannala_brandt", FISHEYE, 95.0, 90.0))
    points = directions(85.0)
    k = lens.calibration().matrix
    expected = cv2.fisheye.projectPoints(points[:, None], np.zeros(3), np.zeros(3), k, np.array(FISHEYE))[0][:, 0]
    assert np.abs(lens.project(points)[0] - expected).max() <= 1e-6


def test_oracle_notices_a_wrong_coefficient():
    wrong = (*BROWN[5][:2], BROWN[5][3], BROWN[5][2], BROWN[5][4])
    lens = Lens(camera("brown_conrady", wrong, 40.0, 250.0))
    points = directions(39.0, 1000)
    expected = cv2.projectPoints(
        points[:, None], np.zeros(3), np.zeros(3), lens.calibration().matrix, np.array(BROWN[5])
    )[0]
    assert np.abs(lens.project(points)[0] - expected[:, 0]).max() > 1e-2


@pytest.mark.parametrize(
    ("model", "distortion", "theta", "focal"),
    [
        ("brown_conrady", BROWN[5], 40.0, 250.0),
        ("brown_conrady", BROWN[14], 42.0, 250.0),
        ("brown_conrady", (), 60.0, 150.0),
        ("kannala_brandt", FISHEYE, 97.0, 90.0),
    ],
)
def test_table_round_trip(model: str, distortion: tuple[float, ...], theta: float, focal: float):
    lens = Lens(camera(model, distortion, theta, focal))
    inside = np.any(lens.directions != 0.0, axis=-1)
    assert inside.mean() > 0.7
    pixels, valid = lens.project(lens.directions)
    rows, columns = np.nonzero(inside)
    # float32 directions right at the rim may fall a hair outside
    assert valid[inside].mean() > 0.999
    error = np.hypot(pixels[rows, columns, 0] - columns, pixels[rows, columns, 1] - rows)
    assert error.max() <= 1e-3
    assert np.abs(np.linalg.norm(lens.directions[inside], axis=-1) - 1.0).max() < 1e-6


def test_fisheye_sees_behind_itself():
    lens = Lens(camera("kannala_brandt", FISHEYE, 97.0, 80.0))
    assert (lens.directions[..., 2] < 0.0).any()
    _, valid = lens.project(np.array([[1.0, 0.0, -0.05], [0.0, 0.0, -1.0]]))
    assert valid.tolist() == [True, False]


def test_behind_a_narrow_lens_is_far_outside_and_never_inside():
    lens = Lens(camera("brown_conrady", BROWN[5], 40.0, 250.0))
    points = np.array([[5.0, 0.0, -1.0], [0.1, 0.0, -10.0], [-3.0, 0.0, 0.0]])
    pixels, valid = lens.project(points)
    assert not valid.any()
    assert np.isfinite(pixels).all()
    assert pixels[0, 0] > 320 and pixels[1, 0] > pixels[0, 0] and pixels[2, 0] < 0


def test_presets_fill_the_whole_image():
    for name in ("fast_640", "tesla_hw3_like"):
        lens = Lens(load_rig(name).cameras[0])
        assert np.any(lens.directions != 0.0, axis=-1).all()
        assert lens.illumination[0, 0] == pytest.approx(0.65 if name == "tesla_hw3_like" else 0.70, abs=0.01)


def test_folding_lens_is_refused():
    with pytest.raises(RigError, match="folds back at"):
        Lens(camera("brown_conrady", (-0.5, 0.0, 0.0, 0.0, 0.0), 50.0))
    with pytest.raises(RigError, match="folds back at"):
        Lens(camera("kannala_brandt", (-0.3, 0.0, 0.0, 0.0), 90.0))

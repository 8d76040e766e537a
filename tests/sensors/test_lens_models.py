"""Every lens model against its authors' definition, written here a second time from the geometry, or against other code (B1: 1e-6 px).

The references know nothing of our kernels: spheres are intersected, polynomials are evaluated by numpy, roots are found by
scipy. Round trips, the table of rays, and refusal of what cannot be a lens follow.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from sensors.camera_config import CameraConfig
from sensors.lens import Lens, project_by
from sensors.rig import load_rig
from sim.base.errors import RigError

F = 90.0
CENTER = np.array([161.3, 117.8])
FTHETA = (0.0, 92.0, 1.5, -3.0, 0.4, -0.05)
OCAM = (90.0, -2.5e-3, 6.0e-6, -3.0e-8)
LUT = (0.0, 0.0, 20.0, 31.0, 45.0, 69.0, 70.0, 104.0, 100.0, 140.0)

CASES: dict[str, tuple[tuple[float, ...], float]] = {
    "pinhole": ((), 60.0),
    "stereographic": ((), 110.0),
    "equidistant": ((), 120.0),
    "equisolid": ((), 110.0),
    "orthographic": ((), 85.0),
    "ftheta": (FTHETA, 95.0),
    "ftheta+affine": ((*FTHETA, 1.02, 0.003, -0.002), 95.0),
    "ftheta_inverse": ((0.0, 0.0108, 1.0e-6, 2.0e-8, 0.0, 0.0), 95.0),
    "woodscape": ((95.0, -2.0, 3.5, -1.0, 1.02), 95.0),
    "mei": ((0.9, -0.05, 0.01, 1e-3, -5e-4, 0.7), 75.0),
    "eucm": ((0.6, 1.1), 95.0),
    "double_sphere": ((-0.2, 0.6), 95.0),
    "ocam": ((*OCAM, 1.01, 0.002, -0.003), 95.0),
    "lut1d": (LUT, 99.0),
    "carla_lens": ((-0.15, 0.05), 50.0),
    "kannala_brandt+skew": ((0.02, -0.004, 0.001, -0.0002, 0.01), 97.0),
}


def camera(case: str, theta_max_deg: float | None = None, distortion: tuple[float, ...] | None = None) -> CameraConfig:
    model = case.split("+")[0]
    data = load_rig("fast_640").cameras[0].model_dump()
    data["sensor"].update(width_px=320, height_px=240)
    intrinsics = {"cx_px": CENTER[0], "cy_px": CENTER[1]}
    if model not in ("ftheta", "ftheta_inverse", "woodscape", "ocam", "lut1d"):
        intrinsics |= {"fx_px": F, "fy_px": F * (1.0 if model == "carla_lens" else 1.01)}
    data["optics"].update(
        model=model,
        distortion=CASES[case][0] if distortion is None else distortion,
        theta_max_deg=theta_max_deg or CASES[case][1],
        intrinsics=intrinsics,
    )
    return CameraConfig.model_validate(data)


def rays(theta_max_deg: float, count: int = 100_000) -> np.ndarray:
    """Directions over the whole field, with the axis and the rim, at distances from 0.5 to 80."""
    rng = np.random.default_rng(1)
    theta = np.radians(theta_max_deg) * np.sqrt(np.linspace(0.0, 1.0, count)) * (1.0 - 1e-12)
    phi = rng.random(count) * 2.0 * np.pi
    unit = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    return unit * rng.uniform(0.5, 80.0, (count, 1))


def _angles(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    across = np.hypot(points[:, 0], points[:, 1])
    return np.arctan2(across, points[:, 2]), points[:, :2] / np.maximum(across, 1e-300)[:, None]


def _on_sphere(points: np.ndarray) -> np.ndarray:
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def _root_of_angle(theta: np.ndarray, angle_of, high: float) -> np.ndarray:
    """The radius at which a growing function gives the angle: plain bisection to the last bit."""
    low, high = np.zeros_like(theta), np.full_like(theta, high)
    for _ in range(200):
        middle = 0.5 * (low + high)
        below = angle_of(middle) < theta
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)


def expected_pixels(case: str, points: np.ndarray) -> np.ndarray:
    """Pixels by the definition of the model."""
    model, d = case.split("+")[0], np.array(CASES[case][0])
    theta, way = _angles(points)
    scale = np.array([F, F * 1.01])
    if model == "pinhole":
        return points[:, :2] / points[:, 2:] * scale + CENTER
    if model == "stereographic":
        # the unit sphere seen from its far pole, on the plane that touches it ahead
        s = _on_sphere(points)
        return 2.0 * s[:, :2] / (1.0 + s[:, 2:]) * scale + CENTER
    if model == "orthographic":
        return _on_sphere(points)[:, :2] * scale + CENTER
    if model == "equidistant":
        return theta[:, None] * way * scale + CENTER
    if model == "equisolid":
        # the chord from the pole: equal areas (Lambert)
        chord = np.linalg.norm(_on_sphere(points) - np.array([0.0, 0.0, 1.0]), axis=1)
        return chord[:, None] * way * scale + CENTER
    if model == "kannala_brandt":
        bent = np.polynomial.Polynomial([0, 1, 0, d[0], 0, d[1], 0, d[2], 0, d[3]])(theta)
        x, y = bent * way[:, 0], bent * way[:, 1]
        return np.stack([F * (x + d[4] * y), scale[1] * y], axis=-1) + CENTER
    if model in ("ftheta", "woodscape"):
        poly = [0.0, *d[:4]] if model == "woodscape" else d[:6]
        plane = np.polynomial.Polynomial(poly)(theta)[:, None] * way
        if model == "woodscape":
            return plane * np.array([1.0, d[4]]) + CENTER
        return (plane @ np.array([[d[6], d[8]], [d[7], 1.0]]) if len(d) == 9 else plane) + CENTER
    if model == "ftheta_inverse":
        poly = np.polynomial.Polynomial(d)
        return _root_of_angle(theta, poly, 400.0)[:, None] * way + CENTER
    if model == "ocam":
        radius = _root_of_angle(
            theta, lambda r: np.arctan2(r, np.polynomial.Polynomial([d[0], 0.0, *d[1:4]])(r)), 400.0
        )
        return radius[:, None] * way @ np.array([[d[4], d[6]], [d[5], 1.0]]) + CENTER
    if model == "lut1d":
        return PchipInterpolator(np.radians(d[0::2]), d[1::2])(theta)[:, None] * way + CENTER
    if model == "carla_lens":
        tangent = F * np.tan(theta)
        radius = _root_of_angle(tangent, lambda r: r * (1 + (r / 240) ** 2 * (d[0] + d[1] * r / 240)), 300.0)
        return radius[:, None] * way + CENTER
    if model == "mei":
        s = _on_sphere(points)
        m = np.concatenate([s[:, :2] / (s[:, 2:] + d[0]), np.ones((len(s), 1))], axis=1)
        k = np.array([[F, d[5], CENTER[0]], [0.0, F * 1.01, CENTER[1]], [0.0, 0.0, 1.0]])
        plain = cv2.projectPoints(m[:, None], np.zeros(3), np.zeros(3), np.eye(3), d[1:5])[0][:, 0]
        return plain @ k[:2, :2].T + CENTER
    if model == "double_sphere":
        xi, alpha = d
        first = _on_sphere(points)
        second = _on_sphere(first + np.array([0.0, 0.0, xi]))
        # the pinhole lies alpha / (1 - alpha) behind the second sphere's centre, at unit focal length there
        shift = alpha / (1.0 - alpha)
        return second[:, :2] / (second[:, 2:] + shift) / (1.0 - alpha) * scale + CENTER
    # eucm: the ray meets the ellipsoid beta (x² + y²) + z² = 1, seen from alpha / (1 - alpha) behind
    alpha, beta = d
    norm = np.sqrt(beta * (points[:, 0] ** 2 + points[:, 1] ** 2) + points[:, 2] ** 2)
    on = points / norm[:, None]
    return on[:, :2] / (on[:, 2:] + alpha / (1.0 - alpha)) / (1.0 - alpha) * scale + CENTER


@pytest.mark.parametrize("case", CASES)
def test_projection_is_the_authors_definition(case: str):
    lens = Lens(camera(case))
    points = rays(CASES[case][1])
    pixels, valid = lens.project(points)
    assert valid.all()
    assert np.abs(pixels - expected_pixels(case, points)).max() <= 1e-6


@pytest.mark.parametrize("case", CASES)
def test_rays_come_back(case: str):
    lens = Lens(camera(case))
    points = rays(CASES[case][1] * 0.999)
    back, valid = lens.unproject(lens.project(points)[0])
    assert valid.all()
    assert np.abs(back - _on_sphere(points)).max() <= 1e-9


@pytest.mark.parametrize("case", CASES)
def test_the_table_of_rays_is_the_projection(case: str):
    lens = Lens(camera(case))
    inside = np.any(lens.directions != 0.0, axis=-1)
    assert inside.mean() > 0.2
    rows, columns = np.nonzero(inside)
    pixels, _ = lens.project(lens.directions[inside])
    assert np.hypot(pixels[:, 0] - columns, pixels[:, 1] - rows).max() <= 1e-3
    assert np.abs(project_by(lens.calibration(), lens.directions[inside]) - pixels).max() == 0.0


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][0]])
def test_the_check_notices_a_coefficient_off_by_one_percent(case: str):
    changed = list(CASES[case][0])
    index = 3 if case == "lut1d" else int(np.argmax(np.abs(changed)))
    changed[index] *= 1.01
    lens = Lens(camera(case, distortion=tuple(changed)))
    points = rays(CASES[case][1] * 0.9, 1000)
    assert np.abs(lens.project(points)[0] - expected_pixels(case, points)).max() > 1e-3


def test_carla_lens_is_the_servers_own():
    from sim.server.sensing.lens import _rays

    for circle in ((), (8.0, 1.5)):
        data = camera("carla_lens", 55.0, (-0.2, 0.05, *circle)).model_dump()
        data["optics"]["intrinsics"].update(fx_px=160.0, fy_px=160.0, cx_px=159.5, cy_px=119.5)
        lens = Lens(CameraConfig.model_validate(data))
        multiplier, falloff = circle or (10.0, 0.0)
        server = _rays(320, 240, 90.0, multiplier, falloff, -0.2, 0.05, 0.08, 0.08)
        assert np.abs(lens.directions - server.directions).max() <= 2e-6


@pytest.mark.parametrize(
    ("case", "theta", "distortion", "words"),
    [
        ("orthographic", 100.0, (), "folds back at"),
        ("equisolid", 179.0, (0.1,), "takes 0"),
        ("ftheta", 120.0, (0.0, 92.0, 0.0, -12.0, 0.0, 0.0), "folds back at 9"),
        ("ftheta_inverse", 95.0, (0.0, 0.0108, 0.0, -3.0e-7, 0.0, 0.0), "stops growing with the image radius"),
        ("ftheta", 80.0, (4.0, 92.0, 0.0, 0.0, 0.0, 0.0), "constant term of 4"),
        ("ftheta", 80.0, (0.0, 0.0, 1.0, 0.0, 0.0, 0.0), "linear coefficient of 0|folds"),
        ("woodscape", 100.0, (95.0, 0.0, -20.0, 0.0), "folds back"),
        ("double_sphere", 170.0, (0.2, 0.6), "folds back"),
        ("double_sphere", 90.0, (0.2, 1.6), "alpha 1.6"),
        ("eucm", 90.0, (0.5, -1.0), "beta -1"),
        ("mei", 100.0, (0.0, 0.0, 0.0, 0.0, 0.0), "folds back"),
        ("ocam", 90.0, (-90.0, 0.0, 0.0, 0.0), "a0 -90"),
        ("lut1d", 99.0, (0.0, 0.0, 50.0, 80.0, 100.0, 79.0), "must both grow"),
        ("lut1d", 120.0, LUT, "beyond its last sample"),
        ("carla_lens", 50.0, (-1.0, 0.0), "folds back|stops growing"),
        ("carla_lens", 90.0, (), "less than 89.5"),
        ("pinhole", 60.0, (0.1, 0.0, 0.0, 0.0), "found 4 coefficients; pinhole takes 0"),
    ],
)
def test_what_cannot_be_a_lens_is_refused_with_the_reason(case, theta, distortion, words):
    with pytest.raises((RigError, ValueError), match=words):
        Lens(camera(case, theta, distortion))


def test_a_focal_length_that_contradicts_the_polynomial_is_refused():
    data = camera("ftheta").model_dump()
    data["optics"]["intrinsics"]["fx_px"] = 120.0
    with pytest.raises(ValueError, match=r"fx_px: found 120; .* make it 92 on the axis"):
        CameraConfig.model_validate(data)

"""Reference line curves against closed forms and numerical integration of their own curvature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sim.maps import curves


def integrate(curvature, length_m, heading=0.0):
    """(x, y, heading) at the end of a curve whose curvature is a function of arc length."""
    result = solve_ivp(
        lambda s, y: [np.cos(y[2]), np.sin(y[2]), curvature(s)],
        (0.0, length_m),
        [0.0, 0.0, heading],
        rtol=1e-11,
        atol=1e-11,
    )
    return result.y[:, -1]


@pytest.mark.parametrize(
    ("start", "end", "length"),
    [
        (0.0, 0.05, 40.0),
        (0.05, 0.0, 40.0),
        (-0.1, 0.1, 30.0),
        (0.02, 0.021, 100.0),
        (0.01, -0.08, 25.0),
        (0.03, 0.03, 50.0),
    ],
)
def test_spiral_is_the_integral_of_its_curvature(start, end, length):
    x, y, heading, curvature = curves.Spiral(start, end, length).local(np.array([length]))
    expected = integrate(lambda s: start + (end - start) * s / length, length)
    assert np.allclose([x[0], y[0], heading[0]], expected, atol=1e-7)
    assert curvature[0] == pytest.approx(end)
    # negative control: a circle of the mean curvature ends elsewhere
    if abs(end - start) > 0.01:
        arc = curves.Arc((start + end) / 2).local(np.array([length]))
        assert np.hypot(arc[0][0] - x[0], arc[1][0] - y[0]) > 1e-2


@pytest.mark.parametrize("curvature", [0.1, -0.02, 1e-9, 0.0])
def test_arc_lies_on_its_circle(curvature):
    s = np.linspace(0.0, 30.0, 7)
    x, y, heading, _ = curves.Arc(curvature).local(s)
    expected = np.array([integrate(lambda _: curvature, v)[:2] if v else [0.0, 0.0] for v in s])
    assert np.allclose(np.stack([x, y], 1), expected, atol=1e-8)
    assert np.allclose(heading, curvature * s)


def test_normalized_param_poly_runs_by_arc_length():
    u, v = np.array([0.0, 60.0, -20.0, 5.0]), np.array([0.0, 0.0, 30.0, -10.0])
    p = np.linspace(0.0, 1.0, 20001)
    speed = np.hypot(u[1] + 2 * u[2] * p + 3 * u[3] * p**2, v[1] + 2 * v[2] * p + 3 * v[3] * p**2)
    length = float(np.sum((speed[1:] + speed[:-1]) / 2 * np.diff(p)))
    x, y, _, _ = curves.normalized_param_poly(u, v, length).local(np.linspace(0.0, length, 500))
    steps = np.hypot(np.diff(x), np.diff(y))
    assert steps.std() / steps.mean() < 2e-3
    assert (x[-1], y[-1]) == (pytest.approx(45.0, abs=1e-6), pytest.approx(20.0, abs=1e-6))


def test_poly3_keeps_its_arc_length():
    x, y, heading, _ = curves.poly3(0.0, 0.0, 0.01, -0.0001, 50.0).local(np.linspace(0.0, 50.0, 501))
    assert np.hypot(np.diff(x), np.diff(y)).sum() == pytest.approx(50.0, abs=1e-3)
    assert np.allclose(y, 0.01 * x**2 - 0.0001 * x**3)
    assert heading[0] == 0.0


def test_cubics_take_the_record_that_holds_s():
    cubics = curves.Cubics(np.array([5.0, 10.0]), np.array([[1.0, 0.5, 0.0, 0.0], [3.0, 0.0, 0.1, 0.01]]))
    s = np.array([0.0, 5.0, 7.0, 10.0, 12.0])
    assert np.allclose(cubics.at(s), [0.0, 1.0, 2.0, 3.0, 3.48])
    assert np.allclose(cubics.slope(s), [0.0, 0.5, 0.5, 0.0, 0.52])
    assert np.allclose(cubics.bend(s), [0.0, 0.0, 0.0, 0.2, 0.32])

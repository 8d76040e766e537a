"""Lenses that are round about their axis: image radius of a field angle and back, one at a time in float64, compiled.

Each model is known in one direction in closed form; the other is closed too, or a bracketed Newton search: the radius grows with
the angle throughout the field (sensors.optics.parameters has checked it), so there is one solution and it is always found.
The vector p is laid out by sensors.optics.parameters. Equations and sources: sensors.optics.models.
Tested by tests/sensors/test_lens_models.py.
"""

from __future__ import annotations

import math

from numba import njit

STEREOGRAPHIC, EQUIDISTANT, EQUISOLID, ORTHOGRAPHIC = 3.0, 4.0, 5.0, 6.0
FTHETA, FTHETA_INVERSE = 7.0, 8.0
MEI, EUCM, DOUBLE_SPHERE, OCAM, LUT1D, CARLA = 10.0, 11.0, 12.0, 13.0, 14.0, 15.0
FIRST_RADIAL = 3.0

FIRST, EDGE, RIM, TABLE = 6, 5, 38, 40
"""Where coefficients begin; the largest field angle; the largest radius of models that map radius to angle; the table."""
KNOT = 5
"""Numbers of one interval of the table: where it begins, then its cubic's four coefficients."""
_SEARCH_STEPS = 100
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def _polynomial(p, x):
    """Value and slope of the polynomial of degree 5 at FIRST."""
    value, slope = p[FIRST + 5], 0.0
    for i in range(4, -1, -1):
        slope = slope * x + value
        value = value * x + p[FIRST + i]
    return value, slope


@njit(**_OPTIONS)
def _table(p, x):
    """Value and slope of the piecewise cubic at TABLE."""
    low, high = 0, int(p[TABLE]) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if p[TABLE + 1 + KNOT * middle] <= x:
            low = middle
        else:
            high = middle - 1
    at = TABLE + 1 + KNOT * low
    d = x - p[at]
    value = p[at + 1] + d * (p[at + 2] + d * (p[at + 3] + d * p[at + 4]))
    return value, p[at + 2] + d * (2.0 * p[at + 3] + d * 3.0 * p[at + 4])


@njit(**_OPTIONS)
def _carla_angle(p, radius):
    """Field angle and slope at a radius in px: the pinhole's at the radius that CARLA's lens fetches.

    p from FIRST: k, kcube, multiplier / 10 (below 0: no mask), falloff, 1 / image height, 1 / half diagonal, 1 / focal length.
    """
    h = radius * p[FIRST + 4]
    change = h * h * (p[FIRST] + p[FIRST + 1] * h)
    growth = h * (2.0 * p[FIRST] + 3.0 * p[FIRST + 1] * h) * p[FIRST + 4]
    if p[FIRST + 2] >= 0.0:
        distance = radius * p[FIRST + 5]
        mask = p[FIRST + 2] * math.pow(distance, p[FIRST + 3])
        slope = p[FIRST + 3] * mask / radius if radius > 0.0 else 0.0
        if mask >= 1.0:
            mask, slope = 1.0, 0.0
        growth = growth * mask + change * slope
        change *= mask
    tangent = radius * (1.0 + change) * p[FIRST + 6]
    return math.atan(tangent), (1.0 + change + radius * growth) * p[FIRST + 6] / (1.0 + tangent * tangent)


@njit(**_OPTIONS)
def maps_radius_to_angle(p):
    """Whether the model's own formula gives the angle of a radius."""
    return p[0] == FTHETA_INVERSE or p[0] == OCAM or p[0] == CARLA


@njit(**_OPTIONS)
def own_formula(p, x):
    """The model's own formula and its slope: the angle of radius x where maps_radius_to_angle, else the radius of angle x."""
    if p[0] == FTHETA or p[0] == FTHETA_INVERSE:
        return _polynomial(p, x)
    if p[0] == LUT1D:
        return _table(p, x)
    if p[0] == OCAM:
        height, tilt = _polynomial(p, x)
        return math.atan2(x, height), (height - x * tilt) / (x * x + height * height)
    return _carla_angle(p, x)


@njit(**_OPTIONS)
def _search(p, target, high):
    """Where own_formula reaches the target between 0 and `high`: Newton's step where it stays inside the bracket."""
    low = 0.0
    x = 0.5 * high
    for _ in range(_SEARCH_STEPS):
        value, slope = own_formula(p, x)
        error = value - target
        if error > 0.0:
            high = x
        else:
            low = x
        step = x - error / slope if slope > 0.0 else low
        if not (low < step < high):
            step = 0.5 * (low + high)
        if abs(step - x) <= 1e-15 * (1.0 + abs(x)):
            return step
        x = step
    return x


@njit(**_OPTIONS)
def radius_of(p, theta):
    """Image radius of a field angle (rad), before focal lengths; theta within the field."""
    model = p[0]
    if model == STEREOGRAPHIC:
        return 2.0 * math.tan(0.5 * theta)
    if model == EQUIDISTANT:
        return theta
    if model == EQUISOLID:
        return 2.0 * math.sin(0.5 * theta)
    if model == ORTHOGRAPHIC:
        return math.sin(theta)
    across, along = math.sin(theta), math.cos(theta)
    if model == EUCM:
        d = math.sqrt(p[FIRST + 1] * across * across + along * along)
        return across / (p[FIRST] * d + (1.0 - p[FIRST]) * along)
    if model == DOUBLE_SPHERE:
        moved = p[FIRST] + along
        d = math.sqrt(across * across + moved * moved)
        return across / (p[FIRST + 1] * d + (1.0 - p[FIRST + 1]) * moved)
    if maps_radius_to_angle(p):
        return _search(p, theta, p[RIM])
    value, _ = own_formula(p, theta)
    return value


@njit(**_OPTIONS)
def angle_of(p, radius):
    """Field angle (rad) of an image radius, and whether the lens has an image there."""
    model = p[0]
    if model == STEREOGRAPHIC:
        return 2.0 * math.atan(0.5 * radius), True
    if model == EQUIDISTANT:
        return radius, True
    if model == EQUISOLID:
        return (2.0 * math.asin(0.5 * radius), True) if radius <= 2.0 else (0.0, False)
    if model == ORTHOGRAPHIC:
        return (math.asin(radius), True) if radius <= 1.0 else (0.0, False)
    r2 = radius * radius
    if model == EUCM:
        alpha, beta = p[FIRST], p[FIRST + 1]
        under = 1.0 - (2.0 * alpha - 1.0) * beta * r2
        if under < 0.0:
            return 0.0, False
        z = (1.0 - beta * alpha * alpha * r2) / (alpha * math.sqrt(under) + 1.0 - alpha)
        return math.atan2(radius, z), True
    if model == DOUBLE_SPHERE:
        xi, alpha = p[FIRST], p[FIRST + 1]
        under = 1.0 - (2.0 * alpha - 1.0) * r2
        if under < 0.0:
            return 0.0, False
        z = (1.0 - alpha * alpha * r2) / (alpha * math.sqrt(under) + 1.0 - alpha)
        under = z * z + (1.0 - xi * xi) * r2
        if under < 0.0:
            return 0.0, False
        scale = (z * xi + math.sqrt(under)) / (z * z + r2)
        return math.atan2(scale * radius, scale * z - xi), True
    if maps_radius_to_angle(p):
        if radius > p[RIM]:
            return 0.0, False
        value, _ = own_formula(p, radius)
        return value, True
    edge, _ = own_formula(p, p[EDGE])
    if radius > edge:
        return 0.0, False
    return _search(p, radius, p[EDGE]), True

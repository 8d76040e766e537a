"""Forces of one tyre and the spin of its wheel over one substep.

Combined slip, made isotropic by the two stiffnesses, with a cubic like that of the brush model (Fiala), which is SLIDE_AT = 3:

    kappa = (omega R - u) / ref,  tan(alpha) = w / ref         u, w: velocity of the wheel's centre along and across it
    s = (Cx kappa, Cy tan(alpha)),  z = |s| / (p mu Fz)        ref = max(|u|, LOW_SPEED_MPS), p = SLIDE_AT
    |F| = |s| (1 + (3 / p - 2) z + (1 - 2 / p) z^2) for z < 1, else mu Fz (1 - SLIDE_LOSS min((z - 1) / SLIDE_SPAN, 1)), along s

so the force never leaves the friction circle. p = 1.75 follows the magic formula with C = 1.35 (CommonRoad's BMW) within 7 % of
mu Fz; brushes (p = 3) soften too early. Stiffness and grip depend on the load n = Fz / rest load:

    Cy = lat_stiff rest_load f(3 n / lat_max_load),  f(x) = x - x^2 / 3 + x^3 / 27, x <= 3       (PhysX vehicle tyres)
    Cx = long_stiff n,   mu = mu_rest (1 - LOAD_LOSS (n - 1))

The wheel turns by I omega' = T_drive - R Fx - T_brake sign(omega), solved implicitly with the secant stiffness of the tyre
and the slope of the clutch's torque, with brake and rolling torque as Coulomb friction; so it is stable at any substep and
locks exactly. ABS and traction control are ideal: they keep omega within the slip of the greatest force, and leave part of
the grip to side force.

Sources: Pacejka, Tyre and Vehicle Dynamics (2012), ch. 3.2; Wong, Theory of Ground Vehicles (2008), ch. 1 (sliding value and
load sensitivity). Tested by tests/physics/test_wheels.py.
"""

from __future__ import annotations

import math

import numba as nb

LOW_SPEED_MPS = 2.0
SLIDE_AT = 1.75
_LINEAR, _SQUARE = 3.0 / SLIDE_AT - 2.0, 1.0 - 2.0 / SLIDE_AT
SLIDE_LOSS = 0.15
SLIDE_SPAN = 4.0
LOAD_LOSS = 0.04
ASSIST_SPEED_MPS = 1.0
_LEAST_GRIP_N = 1e-6


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def grip_and_stiffness(load, rest, mu_rest, lat_stiff, lat_max_load, long_stiff):
    """Greatest force (N), side stiffness (N/rad) and longitudinal stiffness (N) of a tyre under a load (N)."""
    share = load / rest
    mu = mu_rest * min(max(1.0 - LOAD_LOSS * (share - 1.0), 0.5), 1.2)
    x = min(3.0 * share / lat_max_load, 3.0)
    side = lat_stiff * rest * x * (1.0 + x * (x / 27.0 - 1.0 / 3.0))
    return mu * load, side, long_stiff * share


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def secant(slip_x, slip_y, grip):
    """|F| / |s| and d|F| / d|s| at slips already multiplied by their stiffness (N)."""
    size = math.sqrt(slip_x * slip_x + slip_y * slip_y)
    limit = SLIDE_AT * grip
    if size < limit:
        z = size / limit
        return 1.0 + z * (_LINEAR + _SQUARE * z), 1.0 + z * (2.0 * _LINEAR + 3.0 * _SQUARE * z)
    if grip < _LEAST_GRIP_N:
        return 0.0, 0.0
    over = (size / limit - 1.0) * (1.0 / SLIDE_SPAN)
    return grip * (1.0 - SLIDE_LOSS * min(over, 1.0)) / size, 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def spin(omega, gain, torque, slope, brake, speed, radius, per_inertia):
    """Wheel speed (rad/s) after a substep.

    `gain` force per sliding speed (N s/m); `torque` of the drive at the old speed and its falling `slope` (N m s); `brake`
    Coulomb torque (N m); `per_inertia` is h / I.
    """
    stiffness = gain * radius
    inverse = 1.0 / (1.0 + per_inertia * (stiffness * radius + slope))
    free = (omega + per_inertia * (torque + slope * omega + stiffness * speed)) * inverse
    loss = per_inertia * brake * inverse
    if free > loss:
        return free - loss
    if free < -loss:
        return free + loss
    return 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def assisted(omega, speed, ref, radius, peak, used, drive, abs_on, tc_on):
    """Wheel speed that ABS and traction control allow.

    `peak` is the slip of the greatest force, `used` the share of it that side slip takes, `drive` the sign of the driving
    torque (0 for none).
    """
    if abs_on and abs(speed) > ASSIST_SPEED_MPS:
        least = speed * (1.0 - min(peak * (1.0 - 0.5 * used), 0.95)) / radius
        if (speed > 0.0 and omega < least) or (speed < 0.0 and omega > least):
            omega = least
    if tc_on:
        slide = peak * (1.0 - 0.9 * used) * ref
        if drive > 0.0:
            omega = min(omega, (max(speed, 0.0) + slide) / radius)
        elif drive < 0.0:
            omega = max(omega, (min(speed, 0.0) - slide) / radius)
    return omega

"""Forces of the tyres and the spin of their wheels over one substep, for all four wheels at once (wheel_lanes.py).

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

import numba as nb

from sim.server.kernels.wheel_lanes import least, most, pick, root, size

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
    mu = mu_rest * least(most(1.0 - LOAD_LOSS * (share - 1.0), 0.5), 1.2)
    x = least(3.0 * share / lat_max_load, 3.0)
    side = lat_stiff * rest * x * (1.0 + x * (x / 27.0 - 1.0 / 3.0))
    return mu * load, side, long_stiff * share


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def secant(slip_x, slip_y, grip):
    """|F| / |s| and d|F| / d|s| at slips already multiplied by their stiffness (N)."""
    slip = root(slip_x * slip_x + slip_y * slip_y)
    limit = SLIDE_AT * grip
    z = slip / limit
    sticks = slip < limit
    over = (z - 1.0) * (1.0 / SLIDE_SPAN)
    sliding = pick(grip < _LEAST_GRIP_N, 0.0, grip * (1.0 - SLIDE_LOSS * least(over, 1.0)) / slip)
    return (
        pick(sticks, 1.0 + z * (_LINEAR + _SQUARE * z), sliding),
        pick(sticks, 1.0 + z * (2.0 * _LINEAR + 3.0 * _SQUARE * z), 0.0),
    )


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
    return pick(free > loss, free - loss, pick(free < -loss, free + loss, 0.0))


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def assisted(omega, speed, ref, radius, peak, used, drive, abs_on):
    """Wheel speed that ABS and traction control allow.

    `peak` is the slip of the greatest force, `used` the share of it that side slip takes, `drive` the driving torque where
    traction control watches it (else 0), `abs_on` where ABS acts.
    """
    slowest = speed * (1.0 - least(peak * (1.0 - 0.5 * used), 0.95)) / radius
    lags = ((speed > 0.0) & (omega < slowest)) | ((speed < 0.0) & (omega > slowest))
    omega = pick(abs_on & (size(speed) > ASSIST_SPEED_MPS) & lags, slowest, omega)
    slide = peak * (1.0 - 0.9 * used) * ref
    forward = least(omega, (most(speed, 0.0) + slide) / radius)
    backward = most(omega, (least(speed, 0.0) - slide) / radius)
    return pick(drive > 0.0, forward, pick(drive < 0.0, backward, omega))


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def within(force_x, force_y, limit):
    """A force (N), shortened to a limit where it is greater."""
    squared = force_x * force_x + force_y * force_y
    keep = limit / root(squared)
    slides = squared > limit * limit
    return pick(slides, force_x * keep, force_x), pick(slides, force_y * keep, force_y)

"""Four wheels at once give, bit for bit, what four single wheels give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from sim.server.kernels import dynamics_tyres as tyres
from sim.server.kernels.wheel_lanes import four, least, most, pick, read, root, size, total, write

Float64 = NDArray[np.float64]
_compiled = njit(error_model="numpy")
_LOADS_N = np.array([0.0, 1e-9, 3100.0, 26000.0])
_SLIPS_N = np.array([0.0, -1e-12, -2400.0, 9e4])


def _bits(values: Float64) -> NDArray[np.int64]:
    return np.ascontiguousarray(values, dtype=np.float64).view(np.int64)


def _four_and_single(formula: Callable[..., Any], *arguments: Float64) -> tuple[Float64, Float64]:
    """What a formula of three arguments gives for four wheels side by side, and wheel after wheel."""
    side_by_side, alone = np.zeros(4), np.zeros(4)

    @_compiled
    def together(a, b, c, out):  # type: ignore[no-untyped-def]
        write(out, formula(read(a), read(b), read(c)))

    @_compiled
    def single(a, b, c, out):  # type: ignore[no-untyped-def]
        for wheel in range(4):
            out[wheel] = formula(a[wheel], b[wheel], c[wheel])

    together(*arguments, side_by_side)
    single(*arguments, alone)
    return side_by_side, alone


@_compiled
def _arithmetic(a, b, c):  # type: ignore[no-untyped-def]
    return (a * b + c) / (2.0 + size(a)) - root(b * b + 1.0) * -c


@_compiled
def _choices(a, b, c):  # type: ignore[no-untyped-def]
    inside = (a < b) & (b != 0.0) | (c >= 2.5)
    return pick(inside, least(a, b), most(c, 0.5)) + pick(c == 0.0, 7.0, a)


@_compiled
def _slip(slip_x, slip_y, grip):  # type: ignore[no-untyped-def]
    gain, tangent = tyres.secant(slip_x, slip_y, grip)
    return gain + 3.0 * tangent


@pytest.mark.parametrize("formula", [_arithmetic, _choices, _slip])
def test_four_wheels_are_four_single_ones(formula: Callable[..., Any]) -> None:
    generator = np.random.default_rng(4)
    cases = [(_SLIPS_N, _SLIPS_N[::-1].copy(), _LOADS_N), (np.zeros(4), np.full(4, -0.0), np.zeros(4))]
    cases += [tuple(generator.normal(size=(3, 4)) * 10.0 ** generator.integers(-3, 5, (3, 4))) for _ in range(40)]  # type: ignore[misc]
    for case in cases:
        together, alone = _four_and_single(formula, *(np.ascontiguousarray(values) for values in case))
        assert (_bits(together) == _bits(alone)).all(), case


def test_least_and_most_are_those_of_floats() -> None:
    """Also in which zero they give: min() and max() of floats keep the first of equals."""

    @_compiled
    def extremes(a, b):  # type: ignore[no-untyped-def]
        return least(a, b), most(a, b), min(a, b), max(a, b)

    for a, b in ((0.0, -0.0), (-0.0, 0.0), (1.0, 2.0), (2.0, 1.0)):
        found = _bits(np.array(extremes(a, b)))
        assert (found[:2] == found[2:]).all()


def test_sums_begin_with_the_front_left_wheel() -> None:
    """Three large numbers hide a small one or not, depending on the order."""

    @_compiled
    def summed(a, b, c, d):  # type: ignore[no-untyped-def]
        return total(four(a, b, c, d))

    assert summed(1.0, 1e16, -1e16, 3.0) == 0.0 + 1.0 + 1e16 - 1e16 + 3.0 == 3.0
    assert summed(1e16, -1e16, 1.0, 3.0) == 4.0

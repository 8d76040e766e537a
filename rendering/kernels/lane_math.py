"""Elementary functions and value noise, lane by lane. Tested by tests/rendering/test_lanes.py."""

from __future__ import annotations

from numba import njit

from rendering.kernels.lanes import bits_of, f2i, from_bits, i2f, sel, vabs, vfloor, vmax, vmin, vsqrt

OPTIONS = {"nogil": True, "error_model": "numpy", "cache": True}


@njit(**OPTIONS)
def vexp2(x):
    """2^x with a relative error below 3e-7, for x clamped to [-126, 126] (Taylor series of degree 6 about the nearest integer)."""
    x = vmax(vmin(x, 126.0), -126.0)
    whole = vfloor(x + 0.5)
    f = x - whole
    p = (
        (((1.54035304e-4 * f + 1.33335581e-3) * f + 9.61812911e-3) * f + 0.0555041087) * f + 0.240226507
    ) * f + 0.693147181
    return from_bits((f2i(whole) + 127) << 23) * (p * f + 1.0)


@njit(**OPTIONS)
def vlog2(x):
    """log2 of a positive normal number, absolute error below 2e-6 (series of atanh)."""
    bits = bits_of(x)
    exponent = i2f((bits >> 23) - 127)
    mantissa = from_bits((bits & 0x7FFFFF) | 0x3F800000)
    high = mantissa > 1.41421356
    mantissa = sel(high, mantissa * 0.5, mantissa)
    exponent = sel(high, exponent + 1.0, exponent)
    z = (mantissa - 1.0) / (mantissa + 1.0)
    z2 = z * z
    return exponent + z * (2.88539008 + z2 * (0.961796694 + z2 * (0.577078016 + z2 * (0.412198583 + z2 * 0.32059886))))


@njit(**OPTIONS)
def vexp(x):
    """e^x."""
    return vexp2(x * 1.44269504)


@njit(**OPTIONS)
def clamp01(x):
    """x held between 0 and 1."""
    return vmin(vmax(x, 0.0), 1.0)


@njit(**OPTIONS)
def smoothstep(x, low, high):
    """0 below `low`, 1 above `high`, smooth between."""
    t = clamp01((x - low) / (high - low))
    return t * t * (3.0 - 2.0 * t)


@njit(**OPTIONS)
def unit_scale(x, y, z):
    """1 / length of a vector (not of the zero vector)."""
    return 1.0 / vsqrt(vmax(x * x + y * y + z * z, 1e-30))


@njit(**OPTIONS)
def hash01(ix, iy):
    """A number in [0, 1) for each integer lattice point: the lowbias32 mixing of C. Wellons, on 32-bit integers."""
    h = ix * 0x27D4EB2F + iy * 0x165667B1
    h = h ^ (h >> 16)
    h = h * 0x45D9F3B
    h = h ^ (h >> 16)
    h = h + iy * 0x3C6EF372
    h = (h ^ (h >> 16)) * 0x21F0AAAD
    h = (h ^ (h >> 15)) * 0x735A2D97
    h = h ^ (h >> 15)
    return i2f((h >> 8) & 0xFFFFFF) * (1.0 / 16777216.0)


@njit(**OPTIONS)
def value_noise(x, y):
    """Smooth noise with mean 0.5 and unit lattice (Perlin 1985, value form)."""
    fx = vfloor(x)
    fy = vfloor(y)
    ix = f2i(fx)
    iy = f2i(fy)
    u = x - fx
    v = y - fy
    u = u * u * (3.0 - 2.0 * u)
    v = v * v * (3.0 - 2.0 * v)
    a = hash01(ix, iy)
    b = hash01(ix + 1, iy)
    c = hash01(ix, iy + 1)
    d = hash01(ix + 1, iy + 1)
    low = a + (b - a) * u
    high = c + (d - c) * u
    return low + (high - low) * v


@njit(**OPTIONS)
def visible_detail(period_m, footprint_m):
    """How much of a pattern of this period a pixel of this footprint can still show: 1 fine, 0 at two footprints."""
    return 1.0 - smoothstep(footprint_m, 0.25 * period_m, 0.7 * period_m)


@njit(**OPTIONS)
def stripe_coverage(x, period, width, footprint):
    """Share of the footprint around x that lies in stripes [0, width) repeated with `period`: an exact box filter."""
    half = vmax(footprint, 1e-4) * 0.5
    return (_stripe_integral(x + half, period, width) - _stripe_integral(x - half, period, width)) / (2.0 * half)


@njit(**OPTIONS)
def _stripe_integral(x, period, width):
    cell = vfloor(x / period)
    return cell * width + vmin(vabs(x - cell * period), width)

"""Road dirt on vehicles: a film of dust that thickens towards the road, with splashes along the sills.

It depends on the position in the vehicle's frame, in metres, whose origin is at ground level. How dirty a vehicle is follows from
its paint's exact value, so every colour of a model has its own amount and nothing more has to be stored.
Dust: dry soil and brake dust on white panels reflects about 0.15 (own estimate from photographs).
Tested by tests/rendering/test_texture_vehicle.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels.lane_math import OPTIONS, clamp01, hash01, smoothstep, value_noise, visible_detail
from rendering.kernels.lanes import f2i

DUST_R, DUST_G, DUST_B = 0.150, 0.135, 0.112
LEAST, MOST = 0.06, 0.60
"""Share of the surface that dust covers at the sill, on the cleanest and on the dirtiest vehicle."""


@njit(**OPTIONS)
def dirt_share(x, y, z, footprint, r, g, b):
    """Share of dust (0-1) at a point of the body with paint (r, g, b)."""
    draw = hash01(f2i(r * 4096.0 + g * 977.0), f2i(b * 4096.0 + g * 131.0))
    amount = LEAST + (MOST - LEAST) * draw * draw
    low = 1.0 - smoothstep(z, 0.18, 0.95)
    streaks = (value_noise(x * 7.0 + y * 3.0, z * 2.2) - 0.5) * visible_detail(0.14, footprint)
    spots = (value_noise(x * 34.0, z * 34.0 + y * 19.0) - 0.5) * visible_detail(0.03, footprint)
    return clamp01(amount * (0.12 + 0.88 * low * low) * (1.0 + 0.7 * streaks + 0.8 * spots * low))


@njit(**OPTIONS)
def dusty(x, y, z, footprint, r, g, b):
    """Albedo of dirty paint."""
    share = dirt_share(x, y, z, footprint, r, g, b)
    return r + (DUST_R - r) * share, g + (DUST_G - g) * share, b + (DUST_B - b) * share

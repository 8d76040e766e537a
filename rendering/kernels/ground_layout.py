"""Where the pages of ground detail lie in their table, and how lane coordinates are written into uv.

A page is a square picture of 2^bits texels a side that repeats; level l of its pyramid halves it l times and begins at
first + (area >> 2 l), where area = 4^bits, so no table of starts is needed. Every texel is one 32-bit word with four 8-bit
values: its own, its right neighbour's, the one below and the one right below, so that a bilinear look-up is one gather.
"""

from __future__ import annotations

GRAIN_BITS = 9
DAMAGE_BITS = 11
_SMALL, _LARGE = 2 << (2 * GRAIN_BITS), 2 << (2 * DAMAGE_BITS)
GRAIN, WEAR, GRASS, GRAVEL, MACRO, PAVERS, SLABS, DAMAGE = (k * _SMALL for k in range(8))
WORDS = DAMAGE + _LARGE

FINE_PER_M = 256.0
"""Texels of GRAIN, WEAR, PAVERS and SLABS to the metre: they repeat every 2 m."""
COARSE_PER_M = 128.0
"""GRASS and GRAVEL repeat every 4 m."""
MACRO_PER_M = 8.0
"""MACRO repeats every 64 m."""
DAMAGE_PER_M = 64.0
"""DAMAGE holds STRIPS strips, each 32 m along a lane and 4 m across."""
STRIPS = 8
STRIP_LENGTH_M = 32.0
STRIP_TEXELS = 256

FACTOR_UNIT = 0.01
"""Brightness factors are stored in hundredths, so that 255 is 2.55; shares as 255ths."""

LEVELS_OF_AGE = 32
LANE_WIDTH_STEP_M = 0.25
STRIPE_WIDTH_STEP_M = 0.03
WIDTH_STEPS = 16
"""v of a lane or stripe is (position across, -1 right edge to 1 left edge) + 4 (1 + 16 age + width step): age 0-31 of 31, and
the half width in steps from 1 to 16. One triangle has one code, so v is linear over it; 0 means no lane coordinates."""

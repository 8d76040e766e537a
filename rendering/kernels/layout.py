"""Where things lie in the flat tables that the host fills and the kernels read. One list, so that both sides agree.

`Tables` are int64 addresses and sizes of one frame; `Light` and `Instance` rows are float32 or int32. Scratch rows follow
the 21 rows of Embree's ray packet. The host fills them in rendering.tables, rendering.lighting and rendering.tracer.
"""

from __future__ import annotations

# int64 entries of the table of addresses
(
    COUNTER, SCENE, INTERSECT, OCCLUDED, COHERENT_ARGUMENTS, PLAIN_ARGUMENTS, WIDTH, HEIGHT, DIRECTION_TILES, DIRECTIONS,
    ROW_POSES, ROW_TIMES, PREVIOUS_POSES, UVS, TRIANGLES, TRANSFORMS, INSTANCES, SLOT_COLORS, MATERIALS, LIGHT, SKY,
    SKY_SIZE, LAMPS, LAMP_COUNT, ATLAS, ATLAS_WIDTH, ATLAS_HEIGHT, OUT_RADIANCE, OUT_RANGE, OUT_NORMAL, OUT_INSTANCE,
    OUT_SEMANTIC, OUT_PART, OUT_PREVIOUS, OUT_MATERIAL, OUT_KEY, OCCLUDERS, OCCLUDER_COUNT,
    ATLAS_LEVELS, EMITTER_SIZES, LIT, PROBES, PROBE_BASES, PROBE_GRID, PROBE_COUNT, OUT_CENTERS,
    FACETS, EMITTER_CORNERS, OUT_ALBEDO, OUT_ROUGHNESS, GROUND_PAGES, CLOUD_SHADOWS, FLICKER, TABLE_ENTRIES,
) = range(54)  # fmt: skip

# float32 entries of the light table
(
    SUN_X, SUN_Y, SUN_Z, SUN_R, SUN_G, SUN_B, DISC_R, DISC_G, DISC_B, DISC_COS, FOG_PER_M, FOG_START_M, FOG_R, FOG_G, FOG_B,
    FOG_LAYER, GROUND_R, GROUND_G, GROUND_B, WETNESS, PIXEL_ANGLE, SUN_ON, PUDDLES, SNOW, LIT_X, LIT_Y, LIT_Z,
    CLOUDS_PER_M, CLOUDS_X, CLOUDS_Y, AMBIENT,
) = range(31)  # fmt: skip
HARMONICS = 9
EMISSIONS = AMBIENT + 3 * HARMONICS
EMISSION_KINDS = 16
EMISSION_WINDOW = 15
LIGHT_ENTRIES = EMISSIONS + 2 * EMISSION_KINDS * 3
CLOUD_TEXELS = 256
"""CLOUDS: texels per m of the CLOUD_SHADOWS table (0: the sun shines evenly), metres sideways to the sun per metre up.
SUN: the sun, or the moon once the sun is down; LIT: unit vector from the disc towards what lights it.
AMBIENT: nine spherical-harmonic coefficients per colour of irradiance / pi, coefficient by coefficient.
EMISSIONS: luminance RGB of each emission kind, first dim, then bright (a brake lamp against a tail lamp)."""

UV_STRIDE = 6
"""uv of three corners (float32); rows only for the triangles of meshes that have uv"""
TRIANGLE_STRIDE = 4
"""normals of three corners (kernels.pack), material | part << 16 (int32)"""
TRANSFORM_STRIDE = 36
"""world_from_object (3, 4) at the window's begin, its change over the window, and at the previous frame (float32)"""
INSTANCE_STRIDE = 8
TRIANGLE_START, INSTANCE_ID, SEMANTIC, MOVING, LAMP_BITS, INSTANCE_FLAGS, UV_START, EMITTER_ROW = range(8)
FLAG_MOVES, FLAG_HIDDEN = 1, 2
"""int32 entries of an instance; UV_START is -1 for a mesh without uv. INSTANCE_FLAGS: moves in the window, hidden from cameras."""
MERGED_SLOT = 0
"""Instance of the tree in which the ground's surfaces are merged: geometry k of it has slot k of the instance table, so that the slot
of any hit is its instance plus its geometry (0 in every other tree)."""
EMITTER_STRIDE = 27
"""slot, emission kind, diameter in m that decides who carries its light, largest reach from its middle in m, middle 3, first
row in the emitters' triangles, six facets' area vectors 3 (object frame, float32), how many triangles"""
CORNER_STRIDE = 9
"""three corners of an emitter's triangle in the object frame (float32)"""
POINT_BELOW_PX, RAYS_ABOVE_PX = 16.0, 32.0
"""Emitters below the first are added analytically (kernels.points), above the second rays carry their light, by shares between."""
SLOT_STRIDE = 15
MATERIAL_STRIDE = 16
(
    ALBEDO, _, _, ROUGHNESS, METALLIC, SPECULAR, COAT, GLASS, TEXTURE, EMISSION, RETRO, COLOR_SLOT, TRANSLUCENCY, _, _, _,
) = range(16)  # fmt: skip
"""GLASS: share of light that a pane lets through at normal incidence, 0 for opaque; TRANSLUCENCY: of the light that falls on a
leaf's far side, the share (of its albedo) that comes out on this one"""
LAMP_STRIDE = 12
(LAMP_X, LAMP_Y, LAMP_Z, LAMP_DX, LAMP_DY, LAMP_DZ, LAMP_R, LAMP_G, LAMP_B, LAMP_KIND, LAMP_REACH, LAMP_SIDE) = range(
    12
)
"""LAMP_SIDE: 1 where traffic keeps to the right, -1 to the left; a low beam lights its own side farther."""
OCCLUDER_STRIDE = 8
(BOX_X, BOX_Y, BOX_Z, BOX_COS, BOX_SIN, BOX_HALF_LENGTH, BOX_HALF_WIDTH, BOX_HEIGHT) = range(8)
LAMP_STREET, LAMP_LOW_BEAM, LAMP_HIGH_BEAM = 0, 1, 2

# irradiance probes (kernels.probes)
PROBE_LEVELS = 7
PROBE_STRIDE = 20
PROBE_WEIGHT = 18
"""A probe: irradiance / pi RGB of surfaces that face +x, -x, +y, -y, +z, -z, then its weight (small inside of solids)."""
(GRID_X, GRID_Y, GRID_INVERSE_M, GRID_COLUMNS, GRID_ROWS) = range(5)

# scratch rows of one thread; rows 0-20 are Embree's ray packet
SHADOW = 24
CELL = 36
VALID = 40
(
    OUT_R, OUT_G, OUT_B, OUT_T, OUT_NX, OUT_NY, OUT_NZ, OUT_PX, OUT_PY, OUT_PZ, OUT_ID, OUT_CLASS, OUT_KIND, OUT_SURFACE,
    OUT_LOOK, KNOWN_SUN,
) = range(44, 60)  # fmt: skip
WHEEL_PATH = 60
FACES = 68
OUT_ALBEDO_R, OUT_ALBEDO_G, OUT_ALBEDO_B, OUT_ROUGH = range(80, 84)
BLOCK_ROWS = 84
SECOND = BLOCK_ROWS
QUEUE = 2 * BLOCK_ROWS
SCRATCH_ROWS = QUEUE + 8
"""FACES: twelve rows of kernels.probes. Rays that go on from a surface (kernels.secondary) have a second block of the same rows;
QUEUE: rays that kernels.refine collects. WHEEL_PATH: 1 where tyres run, 0 beside, from kernels.surface."""
SUN_TRACED, SUN_SEEN, SUN_HIDDEN = 0, 1, 2
"""KNOWN_SUN of a ray: found by a shadow ray, or taken as known. The same numbers stand in bits 1-2 of OUT_SURFACE (0 where
the sun does not matter); bit 0 is set on surfaces, instance and material follow from bit 3 on."""

CAMERA_MASK, SHADOW_MASK, STATIC_MASK = 1, 2, 4
"""Ray mask bits: what the camera sees, what casts shadows (a hidden ego still does), and what never moves."""

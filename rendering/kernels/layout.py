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
    ATLAS_LEVELS, EMITTER_SIZES, LIT, TABLE_ENTRIES,
) = range(42)  # fmt: skip

# float32 entries of the light table
(
    SUN_X, SUN_Y, SUN_Z, SUN_R, SUN_G, SUN_B, DISC_R, DISC_G, DISC_B, DISC_COS, FOG_PER_M, FOG_START_M, FOG_R, FOG_G, FOG_B,
    FOG_LAYER, GROUND_R, GROUND_G, GROUND_B, WETNESS, PIXEL_ANGLE, SUN_ON, NIGHT, AMBIENT,
) = range(24)  # fmt: skip
HARMONICS = 9
EMISSIONS = AMBIENT + 3 * HARMONICS
EMISSION_KINDS = 16
LIGHT_ENTRIES = EMISSIONS + 2 * EMISSION_KINDS * 3
"""AMBIENT: nine spherical-harmonic coefficients per colour of irradiance / pi, coefficient by coefficient.
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
EMITTER_STRIDE = 26
"""slot, emission kind, diameter in m that decides between rays and points, own diameter, middle 3, unused, six facets' area
vectors 3 (object frame, float32)"""
POINT_BELOW_PX, RAYS_ABOVE_PX = 1.5, 3.0
SLOT_STRIDE = 15
MATERIAL_STRIDE = 12
(ALBEDO, _, _, ROUGHNESS, METALLIC, SPECULAR, COAT, GLASS, TEXTURE, EMISSION, RETRO, COLOR_SLOT) = range(12)
LAMP_STRIDE = 12
(LAMP_X, LAMP_Y, LAMP_Z, LAMP_DX, LAMP_DY, LAMP_DZ, LAMP_R, LAMP_G, LAMP_B, LAMP_KIND, LAMP_REACH, _) = range(12)
OCCLUDER_STRIDE = 8
(BOX_X, BOX_Y, BOX_Z, BOX_COS, BOX_SIN, BOX_HALF_LENGTH, BOX_HALF_WIDTH, BOX_HEIGHT) = range(8)
LAMP_STREET, LAMP_LOW_BEAM, LAMP_HIGH_BEAM = 0, 1, 2

# scratch rows of one thread; rows 0-20 are Embree's ray packet
SHADOW = 24
VALID = 40
(
    OUT_R, OUT_G, OUT_B, OUT_T, OUT_NX, OUT_NY, OUT_NZ, OUT_PX, OUT_PY, OUT_PZ, OUT_ID, OUT_CLASS, OUT_KIND, OUT_SURFACE,
    OUT_LOOK, KNOWN_SUN,
) = range(44, 60)  # fmt: skip
SCRATCH_ROWS = 68
SUN_TRACED, SUN_SEEN, SUN_HIDDEN = 0, 1, 2
"""KNOWN_SUN of a ray: found by a shadow ray, or taken as known. The same numbers stand in bits 1-2 of OUT_SURFACE (0 where
the sun does not matter); bit 0 is set on surfaces, instance and material follow from bit 3 on."""

CAMERA_MASK, SHADOW_MASK = 1, 2
"""Ray mask bits: what the camera sees, and what casts shadows (a hidden ego still does)."""

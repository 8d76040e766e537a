"""What surfaces are made of: reflectance, gloss, texture, light of their own, retroreflection. Linear Rec.709 throughout.

Sources of reflectances: [A] Akbari et al. 2008, albedo of pavements (asphalt new 0.05, aged 0.10-0.15; concrete 0.25-0.40);
[B] Oke, Boundary Layer Climates, table 1.1 (grass 0.16-0.26 with NIR, visible 0.05-0.10; brick 0.20-0.40; soil 0.05-0.40);
[C] EN 1436 luminance factor beta of road markings (white >= 0.40-0.60, yellow >= 0.20-0.40);
[D] EN 12899-1 table 1 colour boxes and luminance factors, R_A of class RA2 at 0.33°/5°;
[G] light reflectance values of façade paints, stones and roofing in makers' data sheets (white 65-75 %, cream 55-60 %, sand
40-50 %, grey 30-35 %, anthracite 6-17 %, clay tile 10-20 %, slate 7 %), as grey value, hue by eye;
[E] RAL and tyre/plastic samples in the MERL and CUReT data sets, rounded; [F] guess by eye, to be measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import RenderError


class TextureKind(IntEnum):
    """How albedo varies over a surface: functions of the object-space position in metres, 7 of uv.

    9-18 (rendering.kernels.texture_ground) are functions of both; 20-29 belong to buildings (texture_facade), of which 20 and 21 also
    read uv: metres below a sill; 30 is road dust, 35 and 36 are cloth and hair, by uv.
    """

    NONE = 0
    BRICK = 4
    FACADE = 5
    LEAF = 6
    SIGN_FACE = 7
    ASPHALT = 9
    PAVING_SLABS = 10
    GRASS = 11
    GRAVEL = 12
    PAINT = 13
    KERB = 14
    PAVERS = 15
    CONCRETE = 16
    FIELDS = 17
    WOODS = 18
    PLASTER_WALL = 20
    BRICK_WALL = 21
    SIDING = 22
    ASHLAR = 23
    ROOF_TILE = 24
    ROOF_SLATE = 25
    ROOM = 26
    RIBBED = 27
    LETTERING = 28
    GOODS = 29
    VEHICLE_DUST = 30
    CLOTH = 35
    STRANDS = 36


class EmissionKind(IntEnum):
    """What makes a surface shine by itself; the state of the actor decides whether it does."""

    NONE = 0
    SIGNAL_RED = 1
    SIGNAL_YELLOW = 2
    SIGNAL_GREEN = 3
    HEAD_LAMP = 4
    TAIL_BRAKE = 5
    INDICATOR_LEFT = 6
    INDICATOR_RIGHT = 7
    REVERSE = 8
    STREET_LAMP = 9
    BEACON_LEFT = 10
    BEACON_RIGHT = 11
    FOG_FRONT = 12
    FOG_REAR = 13
    INTERIOR = 14
    WINDOW = 15


@dataclass(frozen=True)
class Material:
    """One surface. `specular` is the reflectance at normal incidence of a non-metal; `clear_coat` adds a smooth 4 % layer.

    `retroreflection_cd_lx_m2` is R_A at 0.33° observation and 5° entrance angle. `transmittance` is what a pane (`glass`) lets
    through beside its reflection; `translucency` the share of its albedo with which a thin leaf passes light to its far side.
    """

    albedo: tuple[float, float, float]
    roughness: float = 0.8
    metallic: float = 0.0
    specular: float = 0.04
    clear_coat: bool = False
    glass: bool = False
    texture: TextureKind = TextureKind.NONE
    emission: EmissionKind = EmissionKind.NONE
    retroreflection_cd_lx_m2: float = 0.0
    transmittance: float = 0.72
    translucency: float = 0.0


_T, _E = TextureKind, EmissionKind


def _leaves() -> dict[str, Material]:
    """Foliage in three shades a species: light where the sun shines through a young leaf, dark on the old and inner ones.

    Visible reflectance of broad leaves is 0.05-0.12 in green and a third of that in red and blue (Gates 1965; PROSPECT).
    """
    species = {
        "lime": (0.062, 0.108, 0.024), "plane": (0.058, 0.096, 0.026), "birch": (0.078, 0.118, 0.032),
        "maple": (0.048, 0.086, 0.022), "oak": (0.050, 0.080, 0.024), "fir": (0.022, 0.044, 0.022),
        "pine": (0.036, 0.058, 0.030), "cypress": (0.026, 0.044, 0.020), "palm": (0.062, 0.090, 0.030),
        "hedge": (0.034, 0.066, 0.018), "shrub": (0.056, 0.078, 0.030), "tall_grass": (0.110, 0.115, 0.045),
        "autumn_yellow": (0.320, 0.205, 0.030), "autumn_orange": (0.270, 0.110, 0.022), "autumn_red": (0.190, 0.040, 0.022),
        "blossom_rose": (0.420, 0.170, 0.210), "blossom_white": (0.560, 0.550, 0.500),
    }  # fmt: skip
    shades = {"": 1.0, "_light": 1.55, "_dark": 0.62}
    return {
        f"leaf_{name}{suffix}": Material(
            (color[0] * k * (1.0 + 0.2 * (k > 1.0)), color[1] * k, color[2] * k), 0.70, texture=_T.LEAF, translucency=0.6
        )
        for name, color in species.items()
        for suffix, k in shades.items()
    }  # fmt: skip


MATERIALS: dict[str, Material] = {
    "default": Material((0.30, 0.30, 0.30)),
    # ground [A] [B] [C]
    "asphalt": Material((0.090, 0.090, 0.093), 0.90, texture=_T.ASPHALT),
    "asphalt_new": Material((0.070, 0.070, 0.073), 0.88, texture=_T.ASPHALT),
    "asphalt_aged": Material((0.112, 0.110, 0.109), 0.90, texture=_T.ASPHALT),
    "asphalt_worn": Material((0.125, 0.122, 0.118), 0.90, texture=_T.ASPHALT),
    "asphalt_parking": Material((0.105, 0.103, 0.102), 0.90, texture=_T.ASPHALT),
    "asphalt_bike": Material((0.150, 0.055, 0.042), 0.90, texture=_T.ASPHALT),
    "shoulder": Material((0.150, 0.136, 0.115), 0.95, texture=_T.GRAVEL),
    "gravel": Material((0.190, 0.178, 0.160), 0.95, texture=_T.GRAVEL),
    "concrete": Material((0.30, 0.29, 0.27), 0.85),
    "kerb_stone": Material((0.26, 0.255, 0.245), 0.80, texture=_T.KERB),
    "gutter": Material((0.19, 0.185, 0.175), 0.85, texture=_T.KERB),
    "cast_iron": Material((0.085, 0.080, 0.074), 0.50, metallic=0.5),
    "paving": Material((0.29, 0.28, 0.265), 0.85, texture=_T.PAVING_SLABS),
    "paving_blocks": Material((0.235, 0.21, 0.19), 0.88, texture=_T.PAVERS),
    "paving_concrete": Material((0.32, 0.31, 0.285), 0.85, texture=_T.CONCRETE),
    "grass": Material((0.056, 0.082, 0.026), 0.95, texture=_T.GRASS),
    "farmland": Material((0.072, 0.088, 0.032), 0.95, texture=_T.FIELDS),
    "woods": Material((0.026, 0.044, 0.015), 0.95, texture=_T.WOODS),
    "grass_blade": Material((0.060, 0.092, 0.026), 0.85),
    "soil": Material((0.110, 0.080, 0.052), 0.95, texture=_T.GRAVEL),
    "marking_white": Material((0.58, 0.58, 0.56), 0.60, texture=_T.PAINT, retroreflection_cd_lx_m2=0.10),
    "marking_yellow": Material((0.50, 0.30, 0.030), 0.60, texture=_T.PAINT, retroreflection_cd_lx_m2=0.08),
    "marking_red": Material((0.30, 0.040, 0.030), 0.60, texture=_T.PAINT),
    "marking_blue": Material((0.030, 0.080, 0.30), 0.60, texture=_T.PAINT),
    "marking_green": Material((0.030, 0.20, 0.070), 0.60, texture=_T.PAINT),
    "marking_orange": Material((0.48, 0.16, 0.020), 0.60, texture=_T.PAINT, retroreflection_cd_lx_m2=0.08),
    "marking_violet": Material((0.16, 0.040, 0.24), 0.60, texture=_T.PAINT),
    "marking_black": Material((0.035, 0.035, 0.036), 0.70, texture=_T.PAINT),
    "tyre_mark": Material((0.040, 0.040, 0.041), 0.80, texture=_T.PAINT),
    "stud_ceramic": Material((0.60, 0.60, 0.58), 0.25, clear_coat=True, retroreflection_cd_lx_m2=2.0),
    # vehicles [E]
    "paint": Material((0.50, 0.50, 0.50), 0.35, clear_coat=True, texture=_T.VEHICLE_DUST),
    "glass_car": Material((0.012, 0.014, 0.014), 0.03, glass=True),
    "glass_privacy": Material((0.006, 0.006, 0.007), 0.03, glass=True, transmittance=0.18),
    "tyre": Material((0.022, 0.022, 0.023), 0.85),
    "rim_alloy": Material((0.56, 0.56, 0.57), 0.30, metallic=1.0),
    "rim_steel": Material((0.12, 0.12, 0.125), 0.50, metallic=0.6),
    "plastic_black": Material((0.025, 0.025, 0.026), 0.65),
    "underbody": Material((0.012, 0.012, 0.012), 0.95),
    "chrome": Material((0.60, 0.60, 0.61), 0.12, metallic=1.0),
    "mirror_glass": Material((0.80, 0.80, 0.80), 0.02, metallic=1.0),
    "number_plate": Material((0.60, 0.60, 0.58), 0.50, texture=_T.SIGN_FACE, retroreflection_cd_lx_m2=45.0),
    "interior": Material((0.030, 0.029, 0.028), 0.90),
    "lens_head": Material((0.42, 0.43, 0.45), 0.08, clear_coat=True, emission=_E.HEAD_LAMP),
    "lens_tail": Material((0.26, 0.008, 0.008), 0.10, clear_coat=True, emission=_E.TAIL_BRAKE),
    "lens_indicator_left": Material((0.55, 0.16, 0.010), 0.10, clear_coat=True, emission=_E.INDICATOR_LEFT),
    "lens_indicator_right": Material((0.55, 0.16, 0.010), 0.10, clear_coat=True, emission=_E.INDICATOR_RIGHT),
    "lens_reverse": Material((0.50, 0.50, 0.50), 0.10, clear_coat=True, emission=_E.REVERSE),
    "lens_fog": Material((0.45, 0.46, 0.47), 0.08, clear_coat=True, emission=_E.FOG_FRONT),
    "lens_fog_rear": Material((0.30, 0.008, 0.008), 0.10, clear_coat=True, emission=_E.FOG_REAR),
    "lens_warning_red": Material((0.28, 0.008, 0.008), 0.10, clear_coat=True, emission=_E.SIGNAL_RED),
    "lens_warning_amber": Material((0.52, 0.15, 0.010), 0.10, clear_coat=True, emission=_E.SIGNAL_YELLOW),
    "lens_interior": Material((0.20, 0.20, 0.19), 0.20, emission=_E.INTERIOR),
    "reflector_red": Material((0.25, 0.010, 0.010), 0.20, retroreflection_cd_lx_m2=20.0),
    "reflector_amber": Material((0.50, 0.15, 0.010), 0.20, retroreflection_cd_lx_m2=30.0),
    "beacon_left": Material((0.030, 0.070, 0.45), 0.10, clear_coat=True, emission=_E.BEACON_LEFT),
    "beacon_right": Material((0.030, 0.070, 0.45), 0.10, clear_coat=True, emission=_E.BEACON_RIGHT),
    "body_white": Material((0.72, 0.72, 0.70), 0.40, clear_coat=True, texture=_T.VEHICLE_DUST),
    "stripe_red": Material((0.45, 0.020, 0.018), 0.40, clear_coat=True, retroreflection_cd_lx_m2=20.0),
    "stripe_yellow": Material((0.62, 0.52, 0.020), 0.40, retroreflection_cd_lx_m2=60.0),
    "stripe_blue": Material((0.015, 0.050, 0.26), 0.40, clear_coat=True),
    "canvas": Material((0.48, 0.48, 0.46), 0.75),
    "gloss_black": Material((0.010, 0.010, 0.011), 0.15, clear_coat=True),
    "shut_line": Material((0.004, 0.004, 0.004), 0.95),
    "grille": Material((0.014, 0.014, 0.014), 0.45),
    "lamp_housing": Material((0.045, 0.046, 0.050), 0.20, metallic=0.4, clear_coat=True),
    "lamp_reflector": Material((0.78, 0.79, 0.80), 0.18, metallic=1.0),
    "lens_clear": Material((0.50, 0.51, 0.52), 0.08, clear_coat=True),
    "seat_dark": Material((0.035, 0.034, 0.034), 0.90),
    "seat_grey": Material((0.12, 0.12, 0.118), 0.90),
    "headliner": Material((0.34, 0.33, 0.31), 0.95),
    "dashboard": Material((0.022, 0.022, 0.023), 0.70),
    "brake_disc": Material((0.30, 0.30, 0.30), 0.35, metallic=1.0),
    "rim_dark": Material((0.055, 0.056, 0.060), 0.35, metallic=0.6, clear_coat=True),
    "hub_cap": Material((0.42, 0.43, 0.44), 0.40, metallic=0.5),
    "frame_metal": Material((0.09, 0.09, 0.095), 0.40, metallic=0.5),
    # people; the first four also stand behind the instance colour slots [F]
    "cloth_top": Material((0.30, 0.30, 0.30), 0.95, texture=_T.CLOTH),
    "cloth_trousers": Material((0.06, 0.07, 0.12), 0.95, texture=_T.CLOTH),
    "skin": Material((0.45, 0.27, 0.19), 0.55),
    "hair": Material((0.05, 0.033, 0.022), 0.60, texture=_T.STRANDS),
    # dyed cloth: reflectances of woven cotton and wool, 0.02 (black) to 0.6 (bleached); fluorescent cloth of EN ISO 20471, luminance
    # factor at least 0.70 (yellow) and 0.40 (orange red); its bands R_A 330 at 0.2 and 5 degrees, less at the 0.33 used here
    "cloth_black": Material((0.022, 0.022, 0.024), 0.95, texture=_T.CLOTH),
    "cloth_charcoal": Material((0.052, 0.053, 0.058), 0.95, texture=_T.CLOTH),
    "cloth_navy": Material((0.022, 0.030, 0.062), 0.95, texture=_T.CLOTH),
    "cloth_brown": Material((0.095, 0.060, 0.040), 0.95, texture=_T.CLOTH),
    "cloth_olive": Material((0.075, 0.080, 0.045), 0.95, texture=_T.CLOTH),
    "cloth_grey": Material((0.21, 0.21, 0.215), 0.95, texture=_T.CLOTH),
    "cloth_light_grey": Material((0.40, 0.40, 0.39), 0.95, texture=_T.CLOTH),
    "cloth_blue": Material((0.055, 0.105, 0.20), 0.95, texture=_T.CLOTH),
    "cloth_light_blue": Material((0.33, 0.42, 0.53), 0.95, texture=_T.CLOTH),
    "cloth_burgundy": Material((0.115, 0.022, 0.030), 0.95, texture=_T.CLOTH),
    "cloth_red": Material((0.33, 0.035, 0.030), 0.95, texture=_T.CLOTH),
    "cloth_teal": Material((0.030, 0.110, 0.115), 0.95, texture=_T.CLOTH),
    "cloth_beige": Material((0.36, 0.28, 0.19), 0.95, texture=_T.CLOTH),
    "cloth_mustard": Material((0.42, 0.26, 0.055), 0.95, texture=_T.CLOTH),
    "cloth_rose": Material((0.42, 0.20, 0.23), 0.95, texture=_T.CLOTH),
    "cloth_white": Material((0.60, 0.60, 0.58), 0.95, texture=_T.CLOTH),
    "uniform_blue": Material((0.020, 0.026, 0.045), 0.90, texture=_T.CLOTH),
    "hi_vis_yellow": Material((0.68, 0.80, 0.06), 0.90, texture=_T.CLOTH),
    "hi_vis_orange": Material((0.85, 0.20, 0.03), 0.90, texture=_T.CLOTH),
    "retro_band": Material((0.42, 0.42, 0.41), 0.50, retroreflection_cd_lx_m2=250.0),
    "hat_white": Material((0.68, 0.68, 0.66), 0.35),
    "leather_black": Material((0.025, 0.023, 0.022), 0.45),
    "leather_brown": Material((0.115, 0.055, 0.028), 0.50),
    "shoe_brown": Material((0.095, 0.052, 0.030), 0.50),
    "shoe_white": Material((0.52, 0.52, 0.50), 0.60),
    "shoe_red": Material((0.25, 0.035, 0.040), 0.55),
    "sole_dark": Material((0.030, 0.028, 0.027), 0.85),
    "sole_white": Material((0.50, 0.49, 0.46), 0.75),
    "eye_white": Material((0.52, 0.49, 0.46), 0.25),
    "eye": Material((0.030, 0.020, 0.014), 0.12),
    "lips": Material((0.34, 0.135, 0.115), 0.45),
    "lips_dark": Material((0.105, 0.045, 0.040), 0.45),
    # coats of animals
    "fur_black": Material((0.020, 0.018, 0.017), 0.75, texture=_T.STRANDS),
    "fur_brown": Material((0.100, 0.058, 0.032), 0.80, texture=_T.STRANDS),
    "fur_chestnut": Material((0.170, 0.075, 0.032), 0.75, texture=_T.STRANDS),
    "fur_roe": Material((0.215, 0.120, 0.060), 0.85, texture=_T.STRANDS),
    "fur_golden": Material((0.40, 0.27, 0.14), 0.80, texture=_T.STRANDS),
    "fur_grey": Material((0.18, 0.175, 0.165), 0.85, texture=_T.STRANDS),
    "fur_white": Material((0.62, 0.60, 0.56), 0.85, texture=_T.STRANDS),
    "fur_boar": Material((0.060, 0.048, 0.040), 0.90, texture=_T.STRANDS),
    "hoof": Material((0.040, 0.033, 0.028), 0.55),
    "nose": Material((0.018, 0.015, 0.015), 0.30),
    "shoe": Material((0.035, 0.030, 0.028), 0.60),
    "sole": Material((0.35, 0.35, 0.34), 0.80),
    "helmet": Material((0.55, 0.55, 0.56), 0.25, clear_coat=True),
    # signals and signs [D]
    "signal_housing": Material((0.020, 0.021, 0.020), 0.55),
    "signal_red": Material((0.16, 0.012, 0.010), 0.25, clear_coat=True, emission=_E.SIGNAL_RED),
    "signal_yellow": Material((0.20, 0.11, 0.008), 0.25, clear_coat=True, emission=_E.SIGNAL_YELLOW),
    "signal_green": Material((0.010, 0.12, 0.075), 0.25, clear_coat=True, emission=_E.SIGNAL_GREEN),
    "sign_face": Material((0.50, 0.50, 0.50), 0.45, texture=_T.SIGN_FACE, retroreflection_cd_lx_m2=180.0),
    "sign_back": Material((0.34, 0.34, 0.35), 0.55, metallic=0.4),
    "galvanised": Material((0.36, 0.37, 0.38), 0.50, metallic=0.7),
    "pole_dark": Material((0.030, 0.035, 0.034), 0.45),
    # buildings and furniture [B] [G] [F]
    "brick": Material((0.235, 0.105, 0.072), 0.90, texture=_T.BRICK_WALL),
    "brick_brown": Material((0.160, 0.092, 0.066), 0.90, texture=_T.BRICK_WALL),
    "brick_yellow": Material((0.400, 0.315, 0.200), 0.90, texture=_T.BRICK_WALL),
    "brick_grey": Material((0.210, 0.200, 0.190), 0.90, texture=_T.BRICK_WALL),
    "plaster_white": Material((0.66, 0.64, 0.59), 0.92, texture=_T.PLASTER_WALL),
    "plaster_cream": Material((0.60, 0.53, 0.40), 0.92, texture=_T.PLASTER_WALL),
    "plaster_sand": Material((0.48, 0.41, 0.30), 0.92, texture=_T.PLASTER_WALL),
    "plaster_ochre": Material((0.50, 0.38, 0.22), 0.92, texture=_T.PLASTER_WALL),
    "plaster_yellow": Material((0.60, 0.50, 0.30), 0.92, texture=_T.PLASTER_WALL),
    "plaster_rose": Material((0.48, 0.34, 0.28), 0.92, texture=_T.PLASTER_WALL),
    "plaster_terracotta": Material((0.38, 0.215, 0.145), 0.92, texture=_T.PLASTER_WALL),
    "plaster_sage": Material((0.37, 0.39, 0.30), 0.92, texture=_T.PLASTER_WALL),
    "plaster_blue": Material((0.37, 0.41, 0.44), 0.92, texture=_T.PLASTER_WALL),
    "plaster_grey": Material((0.36, 0.36, 0.35), 0.92, texture=_T.PLASTER_WALL),
    "plaster_dark": Material((0.17, 0.168, 0.165), 0.92, texture=_T.PLASTER_WALL),
    "concrete_wall": Material((0.30, 0.29, 0.27), 0.90, texture=_T.PLASTER_WALL),
    "sandstone": Material((0.42, 0.35, 0.25), 0.90, texture=_T.ASHLAR),
    "limestone": Material((0.50, 0.47, 0.41), 0.90, texture=_T.ASHLAR),
    "granite": Material((0.19, 0.185, 0.18), 0.80, texture=_T.ASHLAR),
    "siding_white": Material((0.66, 0.66, 0.64), 0.70, texture=_T.SIDING),
    "siding_blue": Material((0.23, 0.285, 0.33), 0.70, texture=_T.SIDING),
    "siding_beige": Material((0.47, 0.42, 0.33), 0.70, texture=_T.SIDING),
    "siding_green": Material((0.23, 0.27, 0.22), 0.70, texture=_T.SIDING),
    "trim_stone": Material((0.44, 0.41, 0.36), 0.85),
    "trim_white": Material((0.64, 0.63, 0.60), 0.70),
    "sheet_metal": Material((0.40, 0.42, 0.43), 0.50, metallic=0.3),
    "cladding_grey": Material((0.42, 0.43, 0.44), 0.55, texture=_T.RIBBED),
    "cladding_blue": Material((0.14, 0.20, 0.28), 0.55, texture=_T.RIBBED),
    "cladding_green": Material((0.19, 0.24, 0.19), 0.55, texture=_T.RIBBED),
    "gutter_zinc": Material((0.28, 0.29, 0.30), 0.55, metallic=0.5),
    "roof_tile": Material((0.205, 0.088, 0.056), 0.90, specular=0.02, texture=_T.ROOF_TILE),
    "roof_tile_brown": Material((0.115, 0.072, 0.054), 0.90, specular=0.02, texture=_T.ROOF_TILE),
    "roof_tile_dark": Material((0.058, 0.057, 0.060), 0.90, specular=0.02, texture=_T.ROOF_TILE),
    "roof_slate": Material((0.070, 0.073, 0.080), 0.90, specular=0.02, texture=_T.ROOF_SLATE),
    "roof_shingle": Material((0.120, 0.112, 0.105), 0.90, specular=0.02, texture=_T.ROOF_SLATE),
    "roof_zinc": Material((0.30, 0.32, 0.33), 0.50, metallic=0.4, texture=_T.RIBBED),
    "roof_flat": Material((0.14, 0.14, 0.14), 0.95, texture=_T.ASPHALT),
    "glass_window": Material((0.030, 0.036, 0.040), 0.03, glass=True),
    "glass_curtain": Material((0.022, 0.036, 0.042), 0.03, glass=True, transmittance=0.35),
    "window_frame": Material((0.66, 0.66, 0.64), 0.50),
    "frame_brown": Material((0.095, 0.055, 0.034), 0.55),
    "frame_dark": Material((0.055, 0.058, 0.062), 0.50),
    "room_dim": Material((0.055, 0.050, 0.045), 0.95, texture=_T.ROOM),
    "room_warm": Material((0.170, 0.125, 0.080), 0.95, texture=_T.ROOM, emission=_E.WINDOW),
    "room_cool": Material((0.150, 0.158, 0.165), 0.95, texture=_T.ROOM, emission=_E.WINDOW),
    "curtain": Material((0.42, 0.41, 0.39), 0.95, texture=_T.RIBBED),
    "curtain_dark": Material((0.15, 0.105, 0.085), 0.95, texture=_T.RIBBED),
    "curtain_warm": Material((0.34, 0.245, 0.150), 0.95, texture=_T.RIBBED, emission=_E.WINDOW),
    "curtain_cool": Material((0.32, 0.325, 0.325), 0.95, texture=_T.RIBBED, emission=_E.WINDOW),
    "blind": Material((0.40, 0.39, 0.36), 0.85),
    "display": Material((0.19, 0.175, 0.155), 0.80, texture=_T.GOODS, emission=_E.WINDOW),
    "door_wood": Material((0.115, 0.060, 0.034), 0.55),
    "door_green": Material((0.028, 0.055, 0.036), 0.45),
    "door_grey": Material((0.130, 0.135, 0.140), 0.50),
    "door_blue": Material((0.030, 0.045, 0.075), 0.45),
    "door_oxblood": Material((0.105, 0.026, 0.020), 0.45),
    "garage_door": Material((0.46, 0.45, 0.43), 0.55, texture=_T.SIDING),
    "shop_sign": Material((0.045, 0.085, 0.150), 0.50, texture=_T.LETTERING),
    "sign_cream": Material((0.520, 0.470, 0.360), 0.50, texture=_T.LETTERING),
    "sign_green": Material((0.030, 0.075, 0.045), 0.50, texture=_T.LETTERING),
    "sign_red": Material((0.250, 0.035, 0.028), 0.50, texture=_T.LETTERING),
    "sign_lit": Material((0.480, 0.440, 0.360), 0.50, texture=_T.LETTERING, emission=_E.WINDOW),
    "awning": Material((0.270, 0.060, 0.045), 0.85),
    "awning_green": Material((0.050, 0.110, 0.070), 0.85),
    "awning_cream": Material((0.480, 0.430, 0.330), 0.85),
    "poster": Material((0.400, 0.380, 0.350), 0.60, texture=_T.GOODS),
    "bark": Material((0.085, 0.066, 0.050), 0.95, texture=_T.LEAF),
    "bark_birch": Material((0.46, 0.44, 0.40), 0.85, texture=_T.LEAF),
    "bark_plane": Material((0.190, 0.175, 0.125), 0.90, texture=_T.LEAF),
    "bark_pine": Material((0.150, 0.085, 0.052), 0.95, texture=_T.LEAF),
    **_leaves(),
    "wood": Material((0.22, 0.125, 0.062), 0.75),
    "wood_light": Material((0.38, 0.26, 0.15), 0.80),
    "cardboard": Material((0.32, 0.215, 0.125), 0.90),
    "plastic_orange": Material((0.62, 0.105, 0.012), 0.50),
    "plastic_green": Material((0.020, 0.090, 0.040), 0.55),
    "plastic_blue": Material((0.020, 0.070, 0.26), 0.50),
    "plastic_red": Material((0.42, 0.020, 0.016), 0.50),
    "plastic_yellow": Material((0.62, 0.40, 0.015), 0.50),
    "plastic_white": Material((0.70, 0.70, 0.69), 0.50),
    "reflective_white": Material((0.60, 0.60, 0.58), 0.50, retroreflection_cd_lx_m2=180.0),
    "street_lamp": Material((0.75, 0.74, 0.68), 0.20, emission=_E.STREET_LAMP),
    "rubber": Material((0.020, 0.020, 0.020), 0.85),
    "water": Material((0.015, 0.025, 0.025), 0.05),
}
"""Every material by name; the order is the index that meshes store. New ones go at the end of their group freely:
meshes are rebuilt at load time and indices are never stored."""

SLOT_BASE = 0xFF00
SLOT_PAINT, SLOT_TOP, SLOT_TROUSERS, SLOT_SKIN, SLOT_HAIR = range(SLOT_BASE, SLOT_BASE + 5)
SLOT_MATERIALS: tuple[str, ...] = ("paint", "cloth_top", "cloth_trousers", "skin", "hair")
"""Material behind each instance colour slot: all its values but the albedo, which is the instance's."""

_INDEX = {name: index for index, name in enumerate(MATERIALS)}

MATERIAL_LIMIT = 512
"""Materials there can be, as a surface code of the kernels keeps nine bits for them."""
_REGISTERED: dict[Material, int] = {}
"""Materials that came with the user's own assets, to their index."""


def material_index(name: str) -> int:
    """The index of a material in MATERIALS, as stored in Mesh.material; KeyError for unknown names."""
    return _INDEX[name]


def registered_index(material: Material) -> int:
    """The index, as stored in Mesh.material, of a material that is in no table of ours; equal ones share one.

    They follow MATERIALS and the materials behind the colour slots, in the order of registration, so that no index that is
    in use ever changes. Raises RenderError when all are taken. Tested by tests/rendering/test_own_assets.py.
    """
    known = _REGISTERED.get(material)
    if known is not None:
        return known
    index = material_count()
    if index >= MATERIAL_LIMIT:
        raise RenderError(
            f"materials: found more than {MATERIAL_LIMIT}; allowed are {MATERIAL_LIMIT - _first_registered()} of your own "
            "assets; let them share materials, or lower texture_colors in assets.yaml"
        )
    _REGISTERED[material] = index
    return index


def every_material() -> tuple[tuple[str, Material], ...]:
    """(name, material) of every row of the table: MATERIALS, those behind the colour slots, registered ones (without a name)."""
    slots = (("", MATERIALS[name]) for name in SLOT_MATERIALS)
    return (*MATERIALS.items(), *slots, *(("", material) for material in _REGISTERED))


def material_count() -> int:
    """Rows of the table of materials that are in use."""
    return _first_registered() + len(_REGISTERED)


def material_row(index: int) -> int:
    """Row of the table for an index of Mesh.material: its own, or that of the material behind a colour slot."""
    return index if index < SLOT_BASE else len(MATERIALS) + index - SLOT_BASE


def _first_registered() -> int:
    return len(MATERIALS) + len(SLOT_MATERIALS)


def linear_from_srgb(color_rgb: tuple[int, int, int]) -> NDArray[np.float32]:
    """Linear Rec.709 reflectance (3,) of an 8-bit sRGB colour (IEC 61966-2-1)."""
    value = np.asarray(color_rgb, np.float64) / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)

"""Palettes of buildings, by kind and variant: which walls, roofs, frames and doors go together on a street.

Combinations after European and North American streets: render or brick with tiles or slate, boards with shingles, stone with
zinc; doors in dark colours. Reflectances are in rendering.materials.
"""

from __future__ import annotations

from rendering.assets.facade import Look

ROW_HOUSE = (
    Look("brick", trim="trim_white", roof="roof_slate", door="door_green", lintel=True, transom=True),
    Look("plaster_cream", roof="roof_tile", door="door_wood", shutters="door_green"),
    Look("brick_brown", trim="trim_stone", roof="roof_tile_dark", door="door_blue", lintel=True),
    Look("plaster_white", roof="roof_tile", door="door_grey", frame="frame_dark", bars=1),
    Look("brick_yellow", trim="trim_white", roof="roof_slate", door="door_oxblood", lintel=True, transom=True),
    Look("plaster_sand", roof="roof_tile_brown", door="door_wood", frame="frame_brown"),
    Look("plaster_grey", roof="roof_tile_dark", door="door_blue", bars=2),
    Look("plaster_rose", roof="roof_tile", door="door_wood", shutters="door_grey"),
)
HOUSE = (
    Look(
        "siding_white",
        plinth="concrete_wall",
        trim="trim_white",
        roof="roof_shingle",
        door="door_oxblood",
        shutters="door_grey",
    ),
    Look("plaster_white", roof="roof_tile", door="door_wood", frame="frame_brown"),
    Look("siding_blue", plinth="concrete_wall", trim="trim_white", roof="roof_shingle", door="door_grey", transom=True),
    Look("brick", trim="trim_white", roof="roof_tile_brown", door="door_green", lintel=True),
    Look("plaster_yellow", roof="roof_tile", door="door_green", shutters="door_green"),
    Look("siding_beige", plinth="brick_brown", trim="trim_white", roof="roof_shingle", door="door_blue"),
    Look("plaster_sage", roof="roof_tile_dark", door="door_grey", frame="frame_dark", bars=1),
    Look("siding_green", plinth="concrete_wall", trim="trim_white", roof="roof_shingle", door="door_wood"),
)
TOWN_HOUSE = (
    Look("limestone", plinth="granite", roof="roof_slate", door="door_green", lintel=True, transom=True, reveal_m=0.20),
    Look("brick", trim="trim_stone", roof="roof_tile_dark", door="door_blue", lintel=True, transom=True),
    Look(
        "plaster_cream",
        trim="trim_white",
        roof="roof_slate",
        door="door_wood",
        lintel=True,
        transom=True,
        reveal_m=0.18,
    ),
    Look("sandstone", roof="roof_tile", door="door_grey", lintel=True, transom=True),
    Look("plaster_ochre", trim="trim_white", roof="roof_zinc", door="door_oxblood", lintel=True, transom=True),
    Look("plaster_blue", trim="trim_white", roof="roof_tile_brown", door="door_wood", lintel=True),
    Look("brick_yellow", trim="trim_stone", roof="roof_slate", door="door_green", lintel=True, transom=True),
    Look("plaster_terracotta", trim="trim_stone", roof="roof_tile", door="door_wood", shutters="door_grey"),
)
APARTMENT = (
    Look("plaster_white", plinth="concrete_wall", trim="gutter_zinc", door="frame_dark"),
    Look("brick_brown", plinth="concrete_wall", trim="concrete_wall", frame="frame_dark", door="frame_dark"),
    Look("plaster_sand", plinth="plaster_dark", trim="gutter_zinc", door="door_wood", bars=3),
    Look("plaster_grey", plinth="concrete_wall", trim="gutter_zinc", roof="roof_tile_brown", door="door_grey"),
    Look("concrete_wall", plinth="granite", trim="gutter_zinc", frame="frame_dark", door="frame_dark", bars=1),
    Look("plaster_yellow", plinth="plaster_grey", trim="trim_white", door="door_green"),
    Look("brick_yellow", plinth="brick_brown", trim="concrete_wall", door="door_blue"),
    Look("plaster_terracotta", plinth="concrete_wall", trim="gutter_zinc", roof="roof_tile_dark", door="door_grey"),
)
OFFICE = (
    Look("concrete_wall", trim="gutter_zinc", frame="frame_dark", office=True, lit_share=0.3),
    Look("brick", trim="trim_stone", frame="frame_dark", office=True, lit_share=0.25, lintel=True),
    Look("plaster_dark", trim="gutter_zinc", frame="frame_dark", office=True, lit_share=0.4),
    Look("plaster_white", trim="gutter_zinc", frame="frame_dark", office=True, lit_share=0.3),
    Look("limestone", trim="trim_stone", frame="frame_dark", office=True, lit_share=0.25),
    Look("cladding_grey", trim="gutter_zinc", frame="frame_dark", office=True, lit_share=0.35),
)
SHOP = (
    Look("brick", trim="trim_white", door="door_green"),
    Look("plaster_cream", trim="trim_stone", door="door_wood"),
    Look("plaster_grey", trim="gutter_zinc", door="frame_dark", frame="frame_dark"),
    Look("brick_yellow", trim="trim_white", door="door_blue"),
    Look("plaster_white", trim="gutter_zinc", door="door_grey"),
    Look("siding_beige", plinth="brick_brown", trim="trim_white", door="door_oxblood"),
)
SHED = (
    Look("cladding_grey", trim="gutter_zinc", frame="frame_dark", door="door_blue", roof="roof_zinc", office=True),
    Look("brick_brown", trim="concrete_wall", frame="frame_dark", door="door_grey", roof="roof_zinc", office=True),
    Look("cladding_blue", trim="gutter_zinc", frame="frame_dark", door="door_grey", roof="roof_zinc", office=True),
    Look("cladding_green", trim="gutter_zinc", frame="frame_dark", door="door_grey", roof="roof_zinc", office=True),
)

"""What a pedestrian wears: drawn once for each blueprint id, within its age and gender, or asked for by the attribute `outfit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rendering.assets.people_bind import chance
from rendering.assets.solids import MaterialName
from rendering.materials import SLOT_TOP, SLOT_TROUSERS
from sim.catalogue.spec import WalkerSpec

DARKS = ("cloth_black", "cloth_charcoal", "cloth_navy", "cloth_brown", "cloth_olive")
MIDS = ("cloth_grey", "cloth_blue", "cloth_burgundy", "cloth_teal", "cloth_beige", "cloth_mustard", "cloth_rose")
LIGHTS = ("cloth_white", "cloth_beige", "cloth_light_blue", "cloth_light_grey")


@dataclass(frozen=True)
class Look:
    """Garments by kind, each with its material; "" is none. Patterns: plain, stripes, plaid (of the top layer)."""

    upper: str = "tshirt"
    upper_material: MaterialName = SLOT_TOP
    over: str = ""
    over_material: MaterialName = "cloth_charcoal"
    lower: str = "straight"
    lower_material: MaterialName = SLOT_TROUSERS
    pattern: str = "plain"
    shoes: str = "shoe"
    boots: bool = False
    sole: str = "sole_dark"
    hair: str = "short"
    beard: bool = False
    hat: str = ""
    hat_material: MaterialName = "cloth_charcoal"
    glasses: bool = False
    bag: str = ""
    bag_material: MaterialName = "cloth_black"
    vest: str = ""


def look_of(spec: WalkerSpec, outfit: str = "") -> Look:
    """The look of a blueprint; `outfit` is one of OUTFITS or "" for its own."""
    own = _own_look(spec)
    return OUTFITS[outfit](own) if outfit in OUTFITS else own


def _pick(spec: WalkerSpec, name: str, options: Sequence[str]) -> str:
    return options[int(chance(spec.type_id, name) * len(options))]


def _own_look(spec: WalkerSpec) -> Look:
    roll = {
        name: chance(spec.type_id, name)
        for name in ("over", "bag", "hat", "glasses", "beard", "light shoes", "pattern")
    }
    if spec.age == "child":
        look = _child(spec)
    elif spec.gender == "female":
        look = _woman(spec)
    else:
        look = _man(spec)
    light = roll["light shoes"] > (0.35 if spec.age == "child" else 0.62)
    pattern = (
        "stripes"
        if roll["pattern"] > 0.86
        else "plaid"
        if roll["pattern"] > 0.76 and look.upper == "shirt"
        else "plain"
    )
    look = replace(
        look, shoes="shoe_white" if light else look.shoes, sole="sole_white" if light else "sole_dark", pattern=pattern
    )
    if spec.age != "child":
        look = replace(look, glasses=roll["glasses"] > (0.45 if spec.age == "elderly" else 0.75))
        if spec.gender == "male":
            look = replace(look, beard=roll["beard"] > 0.68)
    return look


def _man(spec: WalkerSpec) -> Look:
    old = spec.age == "elderly"
    uppers = (
        ("jumper", "shirt", "shirt", "jumper") if old else ("tshirt", "shirt", "hoodie", "jumper", "tshirt", "polo")
    )
    overs = (
        ("coat", "jacket", "", "jacket_open")
        if old
        else ("", "jacket_open", "", "jacket", "", "blazer", "coat", "jacket_open")
    )
    hair = ("bald", "crop", "short", "crop") if old else ("short", "crop", "short", "curly", "short", "bald", "crop")
    over = _pick(spec, "over", overs)
    lower = _pick(
        spec,
        "lower",
        ("straight", "straight", "wide") if old else ("straight", "slim", "straight", "slim", "shorts", "straight"),
    )
    return Look(
        upper=_pick(spec, "upper", uppers),
        over=over,
        over_material=_pick(spec, "over material", (*DARKS, "cloth_beige", "cloth_grey")),
        upper_material=_pick(spec, "under", LIGHTS) if over else SLOT_TOP,
        lower="straight" if over == "coat" else lower,
        shoes=_pick(spec, "shoes", ("shoe", "shoe_brown", "shoe")),
        hair=_pick(spec, "hair", hair),
        hat=_pick(spec, "hat", ("", "brim", "cap", "") if old else ("", "", "", "cap", "", "beanie", "", "")),
        hat_material=_pick(spec, "hat material", DARKS),
        bag=_pick(spec, "bag", ("", "", "backpack", "", "shoulder", "", "backpack")),
        bag_material=_pick(spec, "bag material", (*DARKS, "cloth_grey")),
    )


def _woman(spec: WalkerSpec) -> Look:
    old = spec.age == "elderly"
    uppers = ("jumper", "blouse", "jumper") if old else ("tshirt", "blouse", "jumper", "hoodie", "tanktop", "tshirt")
    overs = ("coat", "jacket", "", "jacket_open") if old else ("", "coat", "jacket_open", "", "blazer", "", "jacket")
    lowers = (
        ("straight", "skirt_long", "straight", "skirt")
        if old
        else ("slim", "tights", "slim", "skirt", "dress", "wide", "straight", "shorts", "slim")
    )
    hair = (
        ("bob", "short", "curly", "bun")
        if old
        else ("long", "ponytail", "bob", "long", "bun", "curly", "ponytail", "long")
    )
    over, lower = _pick(spec, "over", overs), _pick(spec, "lower", lowers)
    if over == "coat" and lower in ("skirt", "skirt_long", "dress"):
        over = "jacket"
    return Look(
        upper=_pick(spec, "upper", uppers),
        over=over,
        over_material=_pick(spec, "over material", (*DARKS, *MIDS)),
        upper_material=_pick(spec, "under", LIGHTS) if over and lower != "dress" else SLOT_TOP,
        lower=lower,
        lower_material="cloth_black" if lower == "tights" else SLOT_TROUSERS,
        shoes=_pick(spec, "shoes", ("shoe", "shoe_brown", "shoe", "shoe_red")),
        boots=chance(spec.type_id, "boots") > 0.7,
        hair=_pick(spec, "hair", hair),
        hat=_pick(spec, "hat", ("", "", "", "", "scarf", "", "beanie", "", "")),
        hat_material=_pick(spec, "hat material", (*MIDS, *DARKS)),
        bag=_pick(spec, "bag", ("shoulder", "", "shoulder", "backpack", "")),
        bag_material=_pick(spec, "bag material", ("leather_brown", "leather_black", *MIDS)),
    )


def _child(spec: WalkerSpec) -> Look:
    girl = spec.gender == "female"
    hair = ("ponytail", "long", "bob", "ponytail") if girl else ("short", "crop", "curly", "short")
    return Look(
        upper=_pick(spec, "upper", ("tshirt", "hoodie", "jumper")),
        over=_pick(spec, "over", ("", "", "jacket", "jacket_open")),
        over_material=_pick(
            spec, "over material", ("cloth_blue", "cloth_rose", "cloth_teal", "cloth_mustard", "cloth_navy")
        ),
        lower=_pick(
            spec,
            "lower",
            ("slim", "shorts", "straight", "skirt" if girl else "shorts", "tights" if girl else "straight"),
        ),
        shoes=_pick(spec, "shoes", ("shoe_red", "shoe", "shoe_white")),
        hair=_pick(spec, "hair", hair),
        hat=_pick(spec, "hat", ("", "", "cap", "", "beanie")),
        hat_material=_pick(spec, "hat material", MIDS),
        bag=_pick(spec, "bag", ("backpack", "", "backpack", "")),
        bag_material=_pick(spec, "bag material", ("cloth_blue", "cloth_red", "cloth_teal", "cloth_rose")),
    )


def _hi_vis(own: Look) -> Look:
    """A flagger or road worker: trousers with bands, vest over what is worn, hard hat."""
    return replace(
        own,
        upper="jumper",
        upper_material="cloth_navy",
        over="",
        vest="hi_vis_orange",
        lower="work",
        lower_material="cloth_charcoal",
        boots=True,
        shoes="shoe_brown",
        sole="sole_dark",
        hat="hard_hat",
        hat_material="hat_white",
        bag="",
        hair="short" if own.hair == "curly" else own.hair,
        pattern="plain",
    )


def _vest(own: Look) -> Look:
    return replace(own, vest="hi_vis_yellow", bag="", over="" if own.over == "coat" else own.over)


def _police(own: Look) -> Look:
    return replace(
        own,
        upper="jumper",
        upper_material="uniform_blue",
        over="",
        vest="",
        lower="police",
        lower_material="uniform_blue",
        shoes="shoe",
        boots=True,
        sole="sole_dark",
        hat="peaked",
        hat_material="uniform_blue",
        bag="",
        pattern="plain",
        hair="crop" if own.hair == "curly" else own.hair,
    )


def _traffic_police(own: Look) -> Look:
    return replace(_police(own), vest="hi_vis_yellow", hat_material="hat_white")


def _rain(own: Look) -> Look:
    return replace(own, over="parka", over_material="cloth_mustard", hat="", boots=True, bag="")


OUTFITS = {"hi_vis": _hi_vis, "vest": _vest, "police": _police, "traffic_police": _traffic_police, "rain": _rain}
"""What the attribute `outfit` may ask for besides a blueprint's own clothes."""

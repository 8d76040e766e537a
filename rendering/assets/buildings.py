"""Houses, blocks, offices, shops and sheds, composed of façades and roofs; each fills the box it stands in.

Origin at the centre of the base; the front, with doors and shops, looks to +y, towards the street. A kind has as many looks as
the catalogue has variants: materials, roof, rhythm, balconies and shops follow from (kind, variant, size) alone.
Tested by tests/rendering/test_assets_buildings.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rendering.assets import roofs
from rendering.assets.building_looks import APARTMENT, HOUSE, OFFICE, ROW_HOUSE, SHED, SHOP, TOWN_HOUSE
from rendering.assets.facade import Facade, Look, Opening, side
from rendering.assets.facade_parts import balcony, band, canopy, cornice, drainpipe, sign_board
from rendering.assets.shop_fronts import axes_of, door_at, shop_front
from rendering.assets.solids import box
from rendering.mesh import Mesh, fit_to_box, merge, transform

Float64 = NDArray[np.float64]
Random = np.random.Generator

_SIDES = ("front", "back", "right", "left")


def building(kind: str, variant: int, extent_m: Float64) -> Mesh:
    """A building of one of BUILDING_KINDS that fills its box exactly."""
    size = 2.0 * np.asarray(extent_m, np.float64)
    random = np.random.default_rng([len(kind), ord(kind[0]), variant, *(size * 10.0).astype(int).tolist()])
    mesh = _BUILDERS[kind](variant, size, random)
    half = size[:2] / 2.0
    return fit_to_box([mesh], (-half[0], -half[1], 0.0), (half[0], half[1], size[2]))[0]


def _width(which: str, plan: Float64) -> float:
    return float(plan[0] if which in ("front", "back") else plan[1])


def _storeys(
    facade: Facade, first_m: float, count: int, storey_m: float, axes: int, width_m: float, skip: tuple[int, ...] = ()
) -> None:
    """Rows of windows over `count` storeys; upper ones a little lower, as in most old houses."""
    for level in range(count):
        low = first_m + level * storey_m
        high = 0.84 if level < count - 1 or count < 3 else 0.80
        facade.row(axes, low + 0.30 * storey_m, low + high * storey_m, width_m, skip=skip if level == 0 else ())


def _row_house(variant: int, size: Float64, random: Random) -> Mesh:
    """Two or three storeys between party walls, two to four axes wide, gabled, with a door at one side."""
    look = ROW_HOUSE[variant % len(ROW_HOUSE)]
    plan = size[:2] - np.array([0.10, 1.15])
    eaves = 0.64 * size[2]
    ridge = size[2] - 0.75
    count = max(round(eaves / 2.8), 1)
    storey, axes = eaves / count, max(axes_of(plan[0], 2.7), 2)
    pieces: list[Mesh] = []
    door = (0, axes - 1, axes // 2)[variant % 3]
    for which in _SIDES:
        facade = Facade(_width(which, plan), 0.0, eaves, look)
        if which == "front":
            _storeys(facade, 0.0, count, storey, axes, 1.25, skip=(door,))
            bay = plan[0] / axes
            door_at(facade, (door + 0.5) * bay, 1.05, min(2.45, 0.86 * storey))
            if variant % 2:
                facade.extras.append(transform(canopy(1.6, 2.85, 0.85), None, ((door + 0.5) * bay, 0, 0)))
            facade.extras.append(drainpipe(0.12, 0.0, eaves - 0.1))
        elif which == "back":
            _storeys(facade, 0.0, count, storey, axes, 1.5)
        else:
            _storeys(facade, 0.0, count, storey, 2, 0.8)
        facade.extras.append(band(facade.width_m, 0.0, 0.42, 0.03, look.plinth))
        if which in ("front", "back") and variant % 3 == 0 and count > 1:
            facade.extras.append(band(facade.width_m, storey - 0.09, 0.16, 0.05, look.trim))
        pieces.append(side(facade.mesh(random), which, plan))
    pieces += roofs.gable(plan, eaves, ridge, look, (0.03, 0.42))
    pieces.append(roofs.chimney(0.32 * plan[0] * (1 if variant % 2 else -1), 0.7, ridge - 1.6, size[2], "brick_brown"))
    slope_y = plan[1] / 2.0
    if variant % 4 in (1, 2):
        for x in (0.0,) if plan[0] < 8.0 else (-0.24 * plan[0], 0.24 * plan[0]):
            pieces.append(
                roofs.dormer(
                    x, 1.0, 0.74 * slope_y, eaves + 0.35 * (ridge - eaves), 1.5, 1.25, 0.5 * slope_y, look, variant
                )
            )
    else:
        pieces += [
            roofs.skylight(x * plan[0], out, 0.45, plan, eaves, ridge) for x in (-0.2, 0.22) for out in (1.0, -1.0)
        ]
    return merge(pieces)


def _house(variant: int, size: Float64, random: Random) -> Mesh:
    """A detached house: one and a half or two storeys, hipped or gabled, a porch, some with a garage in the front."""
    look = HOUSE[variant % len(HOUSE)]
    plan = size[:2] - np.array([1.0, 1.9])
    hipped = variant % 3 == 1
    eaves = (0.66 if hipped else 0.58) * size[2]
    ridge = size[2] - 0.55
    count = max(round(eaves / 2.75), 1)
    storey = eaves / count
    pieces: list[Mesh] = []
    garage = variant % 2 == 0 and plan[0] > 8.5
    for which in _SIDES:
        width = _width(which, plan)
        facade = Facade(width, 0.0, eaves, look)
        axes = max(axes_of(width, 3.3), 2)
        if which == "front":
            bay, door = width / axes, axes // 2
            skip = (door,) + ((axes - 1,) if garage else ())
            _storeys(facade, 0.0, count, storey, axes, 1.5, skip=skip)
            door_at(facade, (door + 0.5) * bay, 1.1, 2.2)
            if garage:
                facade.openings.append(Opening("garage", width - bay + 0.25, width - 0.35, 0.02, 2.25))
            porch = transform(_porch(bay, look), None, ((door + 0.5) * bay, 0.0, 0.0))
            facade.extras += [porch, drainpipe(0.14, 0.0, eaves - 0.15)]
        else:
            _storeys(facade, 0.0, count, storey, axes, 1.7 if which == "back" else 1.1)
        facade.extras.append(band(width, 0.0, 0.35, 0.04, look.plinth))
        pieces.append(side(facade.mesh(random), which, plan))
    if hipped:
        pieces += roofs.hip(plan, eaves + 0.16, ridge, look, 0.45)
    else:
        pieces += roofs.gable(plan, eaves, ridge, look, (0.45, 0.5))
        pieces += [
            roofs.skylight(x * plan[0], out, 0.4, plan, eaves, ridge) for x in (-0.22, 0.2) for out in (1.0, -1.0)
        ]
    pieces.append(roofs.chimney(-0.22 * plan[0], 0.4, ridge - 1.5, size[2], "brick"))
    return merge(pieces)


def _porch(bay_m: float, look: Look) -> Mesh:
    """A little roof on two posts before a door."""
    half = min(0.42 * bay_m, 1.2)
    posts = [box((s * (half - 0.1), -0.88, 1.25), (0.12, 0.12, 2.5), "trim_white", bottom=False) for s in (-1, 1)]
    return merge(
        [
            *posts,
            box((0, -0.48, 2.60), (2 * half + 0.2, 0.96, 0.16), "trim_white"),
            box((0, -0.46, 2.72), (2 * half, 0.9, 0.10), look.roof),
        ]
    )


def _town_house(variant: int, size: Float64, random: Random) -> Mesh:
    """A house of the old centre: shops below, three or four storeys of tall windows, mansard or gabled roof, cornice."""
    look = TOWN_HOUSE[variant % len(TOWN_HOUSE)]
    plan = size[:2] - np.array([0.04, 2.2])
    ground = 3.9
    roof_share = 0.20
    eaves = (1.0 - roof_share) * size[2]
    count = max(round((eaves - ground) / 3.3), 1)
    storey = (eaves - ground) / count
    axes = max(axes_of(plan[0], 2.7), 2)
    pieces: list[Mesh] = []
    for which in _SIDES:
        width = _width(which, plan)
        facade = Facade(width, 0.0, eaves, look)
        if which == "front":
            shop_front(facade, ground, variant, house_door=True)
            _storeys(facade, ground, count, storey, axes, 1.15)
            facade.extras += [band(width, ground - 0.16, 0.22, 0.12, look.trim), cornice(width, eaves, look.trim)]
            if variant % 3 == 0:
                facade.extras += [
                    band(width, ground + k * storey - 0.08, 0.14, 0.06, look.trim) for k in range(1, count)
                ]
            if variant % 2:
                bay = width / axes
                rail = balcony(0.8 * bay, 0.75, 0)
                facade.extras += [
                    transform(rail, None, ((axes // 2 + 0.5) * bay, 0, ground + k * storey + 0.28 * storey))
                    for k in range(count - 1)
                ]
            facade.extras.append(drainpipe(0.15, 0.0, eaves - 0.3))
        elif which == "back":
            _storeys(facade, 0.0, 1, ground, axes, 1.2)
            _storeys(facade, ground, count, storey, axes, 1.2)
        else:
            _storeys(facade, ground, count, storey, 2 + variant % 2, 1.0)
        if which != "front":
            facade.extras.append(band(width, 0.0, 0.5, 0.03, look.plinth))
        pieces.append(side(facade.mesh(random), which, plan))
    top = size[2] - 0.7
    if variant % 2 == 0:
        break_m = eaves + 0.72 * (top - eaves)
        pieces += roofs.mansard(plan, eaves, break_m, top, look)
        bay = plan[0] / axes
        for k in range(axes):
            x = -plan[0] / 2 + (k + 0.5) * bay
            pieces.append(
                roofs.dormer(x, 1.0, plan[1] / 2 - 0.30, eaves + 0.15, 1.3, 1.45, 1.0, look, variant * 31 + k)
            )
    else:
        pieces += roofs.gable(plan, eaves, top, look, (0.01, 0.3))
        pieces += [
            roofs.skylight(x * plan[0], out, 0.42, plan, eaves, top) for x in (-0.3, 0.0, 0.3) for out in (1.0, -1.0)
        ]
    pieces += [roofs.chimney(s * 0.38 * plan[0], 0.5, top - 1.7, size[2], "brick_brown") for s in (-1, 1)]
    return merge(pieces)


def _apartment(variant: int, size: Float64, random: Random) -> Mesh:
    """A block of flats: three to seven storeys, balconies in some axes, flat or low hipped roof."""
    look = APARTMENT[variant % len(APARTMENT)]
    plan = size[:2] - np.array([0.10, 2.7])
    pitched = variant % 4 == 3
    roof_m = 0.82 * size[2] if pitched else size[2] - 1.3
    count = max(round(roof_m / 2.95), 2)
    storey, axes = roof_m / count, max(axes_of(plan[0]), 3)
    pieces: list[Mesh] = []
    for which in _SIDES:
        width = _width(which, plan)
        facade = Facade(width, 0.0, roof_m, look)
        n = axes if which in ("front", "back") else max(axes_of(width, 4.2), 2)
        wide = 1.55 if which in ("front", "back") else 1.05
        entrance = (n // 2,) if which == "front" else ()
        _storeys(facade, 0.0, count, storey, n, wide, skip=entrance)
        bay = width / n
        if which == "front":
            door_at(facade, (n // 2 + 0.5) * bay, 1.7, 2.4)
            facade.extras.append(
                transform(canopy(2.6, 2.85, 1.25, "concrete_wall"), None, ((n // 2 + 0.5) * bay, 0, 0))
            )
        if which == ("front" if variant % 2 else "back") or (which == "front" and variant % 4 == 0):
            hung = balcony(0.86 * bay, 1.3, variant)
            chosen = [k for k in range(n) if k != n // 2 and (k + variant) % 2 == 0]
            for level in range(1, count):
                facade.extras += [transform(hung, None, ((k + 0.5) * bay, 0, level * storey + 0.16)) for k in chosen]
        if variant % 3 == 0:
            facade.extras += [band(width, k * storey - 0.1, 0.2, 0.03, "concrete_wall") for k in range(1, count)]
        facade.extras += [band(width, 0.0, 0.55, 0.03, look.plinth), drainpipe(0.2, 0.0, roof_m)]
        pieces.append(side(facade.mesh(random), which, plan))
    if pitched:
        pieces += roofs.hip(plan, roof_m + 0.18, size[2], look, 0.4)
    else:
        pieces += roofs.flat(plan, roof_m, roof_m + 0.5, look.wall, random, 0.0)
        pieces.append(box((0.2 * plan[0], 0, roof_m + 0.65), (3.2, 3.0, 1.3), "plaster_grey", bottom=False))
        pieces.append(roofs.vent(-0.2 * plan[0], 1.0, roof_m))
    return merge(pieces)


def _office(variant: int, size: Float64, random: Random) -> Mesh:
    """An office block: ribbons of windows, a grid of piers, or a curtain wall; machinery on the flat roof."""
    look = OFFICE[variant % len(OFFICE)]
    plan = size[:2] - np.array([0.3, 2.6])
    roof_m = size[2] - 2.2
    ground = 4.2
    count = max(round((roof_m - ground) / 3.5), 1)
    storey = (roof_m - ground) / count
    style = variant % 3
    pieces: list[Mesh] = []
    for which in _SIDES:
        width = _width(which, plan)
        facade = Facade(width, 0.0, roof_m, look)
        axes = max(axes_of(width, (3.0, 2.7, 1.8)[style]), 2)
        bay = width / axes
        for level in range(count):
            low = ground + level * storey
            z0, z1 = (0.28, 0.86) if style == 0 else (0.20, 0.86) if style == 1 else (0.06, 0.96)
            wide = (bay - 0.12, 0.62 * bay, bay - 0.10)[style]
            facade.openings += [
                Opening(
                    "window" if style == 1 else "glazing",
                    (k + 0.5) * bay - wide / 2,
                    (k + 0.5) * bay + wide / 2,
                    low + z0 * storey,
                    low + z1 * storey,
                )
                for k in range(axes)
            ]
        n = max(axes_of(width, 3.6), 2)
        for k in range(n):
            x = (k + 0.5) * width / n
            if which == "front" and k == n // 2:
                facade.openings.append(Opening("glazing", x - 1.5, x + 1.5, 0.06, 3.0))
                facade.extras.append(transform(canopy(5.0, 3.35, 2.0), None, (x, 0, 0)))
            else:
                facade.openings.append(Opening("glazing", x - 0.42 * width / n, x + 0.42 * width / n, 0.6, 3.3))
        if which == "front":
            facade.extras.append(
                transform(
                    sign_board(
                        min(0.3 * width, 5.0), roof_m - 0.2, 0.8, ("sign_lit", "shop_sign")[variant % 2], variant
                    ),
                    None,
                    (0.24 * width, 0, 0),
                )
            )
        facade.extras += [band(width, 0.0, 0.4, 0.04, look.plinth), band(width, ground - 0.25, 0.25, 0.06, look.trim)]
        pieces.append(side(facade.mesh(random), which, plan))
    pieces += roofs.flat(plan, roof_m, roof_m + 0.9, look.wall, random, 2.2)
    return merge(pieces)


def _shop(variant: int, size: Float64, random: Random) -> Mesh:
    """A low shop or restaurant: displays and signs along the front, a flat above it if it is high enough."""
    look = SHOP[variant % len(SHOP)]
    plan = size[:2] - np.array([0.06, 2.2])
    roof_m, ground = size[2] - 0.75, min(3.7, 0.62 * size[2])
    count = int((roof_m - ground) / 2.5)
    storey = (roof_m - ground) / max(count, 1)
    pieces: list[Mesh] = []
    for which in _SIDES:
        width = _width(which, plan)
        facade = Facade(width, 0.0, roof_m, look)
        if which == "front":
            shop_front(facade, ground, variant, house_door=False)
            facade.extras.append(band(width, ground - 0.14, 0.16, 0.10, look.trim))
        else:
            facade.row(max(axes_of(width, 4.5), 1), 1.2, 2.3, 1.2)
            facade.extras.append(band(width, 0.0, 0.4, 0.03, look.plinth))
        if count:
            _storeys(facade, ground, count, storey, max(axes_of(width), 2), 1.35 if which in ("front", "back") else 0.9)
        facade.extras.append(drainpipe(width - 0.2, 0.0, roof_m))
        pieces.append(side(facade.mesh(random), which, plan))
    pieces += roofs.flat(plan, roof_m, size[2] - 0.02, look.wall, random, 0.0)
    pieces.append(roofs.vent(0.2 * plan[0], -1.0, roof_m))
    pieces.append(box((-0.2 * plan[0], -0.8, roof_m + 0.35), (1.6, 1.0, 0.7), "cladding_grey", bottom=False))
    return merge(pieces)


def _warehouse(variant: int, size: Float64, random: Random) -> Mesh:
    """A hall clad with sheet: roller gates and a strip of glazing at the front, an office corner, a low gabled or flat roof."""
    look = SHED[variant % len(SHED)]
    plan = size[:2] - np.array([0.3, 0.9])
    gabled = variant % 2 == 0
    roof_m = 0.80 * size[2] if gabled else size[2] - 0.6
    pieces: list[Mesh] = []
    for which in _SIDES:
        width = _width(which, plan)
        facade = Facade(width, 0.0, roof_m, look)
        n = max(int(width / 7.5), 1)
        if which == "front":
            for k in range(n - 1):
                x = (k + 0.5) * width / n
                facade.openings.append(Opening("garage", x - 1.9, x + 1.9, 0.03, 4.0))
                facade.extras += [
                    box((x + s * 2.2, -0.12, 0.5), (0.16, 0.16, 1.0), "plastic_yellow", bottom=False) for s in (-1, 1)
                ]
            x = (n - 0.5) * width / n
            facade.openings += [
                Opening("window", x - 2.6, x - 0.3, 1.0, 2.3),
                Opening("window", x - 2.6, x - 0.3, 3.6, 4.9),
            ]
            door_at(facade, x + 1.0, 1.1, 2.2)
            facade.extras.append(
                transform(sign_board(5.0, roof_m - 1.6, 1.0, "shop_sign", variant), None, (width / 2, 0, 0))
            )
        facade.row(max(int(width / 5.0), 1), 0.76 * roof_m, 0.88 * roof_m, 4.2, "glazing", margin=0.3)
        facade.extras += [band(width, 0.0, 0.6, 0.05, "concrete_wall"), drainpipe(0.25, 0.0, roof_m)]
        pieces.append(side(facade.mesh(random), which, plan))
    if gabled:
        pieces += roofs.gable(plan, roof_m, size[2] - 0.05, look, (0.1, 0.35))
    else:
        pieces += roofs.flat(plan, roof_m, size[2] - 0.02, look.wall, random, 0.0)
        pieces += [roofs.vent(x * plan[0], 0.0, roof_m) for x in (-0.3, 0.0, 0.3)]
    return merge(pieces)


def _garage(variant: int, size: Float64, random: Random) -> Mesh:
    """A garage or garden shed of one or two gates."""
    look = HOUSE[variant % len(HOUSE)]
    plan = size[:2] - np.array([0.2, 0.5])
    flat = variant % 2 == 0
    eaves = size[2] - 0.35 if flat else 0.70 * size[2]
    pieces: list[Mesh] = []
    for which in _SIDES:
        width = _width(which, plan)
        facade = Facade(width, 0.0, eaves, look)
        if which == "front":
            facade.row(max(int(width / 2.8), 1), 0.02, min(2.15, eaves - 0.15), 2.4, "garage")
        elif which != "back":
            facade.row(1, 1.1, min(1.8, eaves - 0.2), 0.8)
        pieces.append(side(facade.mesh(random), which, plan))
    pieces += (
        roofs.flat(plan, eaves, size[2] - 0.02, look.wall, random)
        if flat
        else roofs.gable(plan, eaves, size[2] - 0.04, look, (0.1, 0.2))
    )
    return merge(pieces)


_BUILDERS: dict[str, Callable[[int, Float64, Random], Mesh]] = {
    "row_house": _row_house,
    "house": _house,
    "town_house": _town_house,
    "apartment": _apartment,
    "office": _office,
    "shop": _shop,
    "warehouse": _warehouse,
    "garage": _garage,
}

BUILDING_KINDS = frozenset(_BUILDERS)

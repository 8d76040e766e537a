"""Ground floors: doors, and rows of shops with displays, sign boards and awnings; and how many window axes a width takes."""

from __future__ import annotations

from rendering.assets.facade import Facade, Opening
from rendering.assets.facade_parts import awning, hanging_sign, sign_board
from rendering.mesh import transform

AXIS_M = 3.0
"""Windows stand about this far apart; storeys are about as high."""


def axes_of(width_m: float, axis_m: float = AXIS_M) -> int:
    return max(round(width_m / axis_m), 1)


def door_at(facade: Facade, x: float, width_m: float, height_m: float, step_m: float = 0.18) -> None:
    facade.openings.append(Opening("door", x - width_m / 2, x + width_m / 2, step_m, step_m + height_m))


def shop_front(facade: Facade, high_m: float, variant: int, house_door: bool) -> None:
    """The ground floor as shops of two or three bays each: displays, doors, sign boards, awnings."""
    width = facade.width_m
    axes = max(axes_of(width, 3.4), 2)
    bay, top = width / axes, high_m - 0.85
    doors = {(variant + 1) % axes, axes - 1 if axes > 3 else -1}
    entrance = axes // 2 if house_door else -1
    for k in range(axes):
        middle = (k + 0.5) * bay
        if k == entrance:
            door_at(facade, middle, 1.25, min(2.7, top - 0.2))
        elif k in doors:
            facade.openings.append(Opening("display", middle - 0.46 * bay, middle - 0.02 * bay, 0.45, top))
            door_at(facade, middle + 0.24 * bay, min(1.0, 0.40 * bay), min(2.4, top - 0.2), 0.05)
        else:
            facade.openings.append(Opening("display", middle - 0.45 * bay, middle + 0.45 * bay, 0.45, top))
    signs = ("shop_sign", "sign_cream", "sign_green", "sign_red", "sign_lit")
    cloths = ("awning", "awning_green", "awning_cream")
    shops = [(0, entrance), (entrance + 1, axes)] if 0 < entrance < axes - 1 else [(0, axes)]
    for n, (a, b) in enumerate(shops):
        middle, wide = (a + b) / 2 * bay, (b - a) * bay - 0.35
        sign = signs[(variant * 2 + n * 3) % len(signs)]
        facade.extras.append(
            transform(sign_board(min(wide, 7.0), high_m - 0.72, 0.52, sign, variant * 13 + n), None, (middle, 0, 0))
        )
        if (variant + n) % 3 != 1:
            facade.extras.append(
                transform(awning(wide * 0.92, top + 0.08, cloths[(variant + n) % 3]), None, (middle, 0, 0))
            )
        if (variant + n) % 2:
            facade.extras.append(
                transform(hanging_sign(high_m + 0.1, sign, variant * 13 + n), None, (a * bay + 0.3, 0, 0))
            )

"""Sizes and abilities of blueprints, as far as placing and judging need them, from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from sim.base.errors import BlueprintError, did_you_mean
from sim.catalogue.props import PROPS
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import WALKERS


@dataclass(frozen=True)
class Dimensions:
    """Full sizes in m, the highest speed it is capable of, and the tyres' friction (vehicles; 0 for others)."""

    length_m: float
    width_m: float
    height_m: float
    top_speed_mps: float
    is_walker: bool = False
    is_vehicle: bool = False
    friction: float = 0.0


def known_blueprints() -> tuple[str, ...]:
    """Ids of everything that a scenario can place."""
    return (*VEHICLES, *WALKERS, *PROPS)


def dimensions_of(type_id: str) -> Dimensions:
    """The dimensions of a blueprint; BlueprintError for an unknown id."""
    if type_id in VEHICLES:
        car = VEHICLES[type_id]
        return Dimensions(
            car.length_m, car.width_m, car.height_m, car.top_speed_mps, is_vehicle=True, friction=car.friction
        )
    if type_id in WALKERS:
        person = WALKERS[type_id]
        return Dimensions(
            person.depth_m, person.shoulder_width_m, person.height_m, person.run_speed_mps, is_walker=True
        )
    if type_id in PROPS:
        prop = PROPS[type_id]
        return Dimensions(prop.length_m, prop.width_m, prop.height_m, 0.0)
    raise BlueprintError(
        f'blueprint: found "{type_id}"; expected one of the catalogue.{did_you_mean(type_id, known_blueprints())}'
    )

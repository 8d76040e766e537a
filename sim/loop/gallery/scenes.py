"""The gallery's scenes and conditions: the data file, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.base.errors import InputError, did_you_mean
from sim.base.state import Lamp, Weather

SCENES_FILE = Path(__file__).with_name("scenes.yaml")
VIEWS_OF_A_MAP = 12
"""How many scenes a map gets that the data file does not know."""
_VIEW_AT_S = 5.0


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Strict):
    """A light and a weather: CARLA's weather parameters, whether headlamps burn, and snow (cm lying, mm of water an hour)."""

    weather: Mapping[str, float]
    lamps: bool = False
    lying_cm: float = Field(0.0, ge=0.0)
    rate_mm_h: float = Field(0.0, ge=0.0)

    @model_validator(mode="after")
    def _known(self) -> Condition:
        Weather(**self.weather)
        return self

    @property
    def snow(self) -> dict[str, str]:
        """Attributes of the snow's actor, empty without snow."""
        if self.lying_cm <= 0.0 and self.rate_mm_h <= 0.0:
            return {}
        return {"lying_cm": f"{self.lying_cm:g}", "rate_mm_h": f"{self.rate_mm_h:g}"}


class Population(_Strict):
    """How many cars of the Traffic Manager, walkers with a goal, and parked cars in bays a map gets."""

    cars: int = Field(20, ge=0)
    walkers: int = Field(20, ge=0)
    parked: int = Field(0, ge=0)


class CameraCar(_Strict):
    """Where the car with the camera stands, or sets off when it `drives`: x and y in m, world frame.

    Without `at` it is one of the map's spawn points; scenes without a place are spread far apart.
    """

    at: tuple[float, float] | None = None
    yaw_deg: float = 0.0
    drives: bool = False


class StagedActor(_Strict):
    """An actor relative to the camera's car: m ahead, left and up of its place, degrees counter-clockwise from its heading."""

    blueprint: str
    ahead_m: float
    left_m: float
    up_m: float = 0.0
    yaw_deg: float = 0.0
    walks_mps: float = 0.0
    drives: bool = False
    lamps: tuple[str, ...] = ()

    @property
    def lamp_flags(self) -> int:
        """Bits of sim.base.state.Lamp."""
        return sum(int(Lamp[name]) for name in self.lamps)


class Scene(_Strict):
    """One row of the contact sheet. `at_s` counts from the start, or from `after_event` of a scenario."""

    title: str
    map: str
    at_s: float = Field(ge=0.5)
    camera: CameraCar | None = None
    actors: tuple[StagedActor, ...] = ()
    scenario: str = ""
    seed: int = 0
    after_event: str = ""
    labels: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Scene:
        if (self.camera is None) == (not self.scenario):
            raise ValueError("a scene has either a camera, in a populated map, or a scenario")
        return self


class GalleryPlan(_Strict):
    """What is rendered: names to scenes, names to conditions, maps to populations."""

    scenes: Mapping[str, Scene]
    conditions: Mapping[str, Condition]
    populations: Mapping[str, Population] = {}

    def population(self, map_name: str) -> Population:
        """The map's own, or the usual one."""
        return self.populations.get(map_name, Population(cars=40, walkers=40, parked=0))

    def only(self, scenes: Sequence[str], conditions: Sequence[str]) -> GalleryPlan:
        """The part named; empty lists keep all. InputError for a name that is not there."""
        return self.model_copy(
            update={
                "scenes": _chosen("--scenes", self.scenes, scenes),
                "conditions": _chosen("--conditions", self.conditions, conditions),
            }
        )

    @property
    def pictures(self) -> int:
        """How many pictures it makes."""
        return len(self.scenes) * len(self.conditions)


def load_plan(path: Path = SCENES_FILE) -> GalleryPlan:
    """The data file; ValueError when it is wrong."""
    return GalleryPlan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def plan_of_map(plan: GalleryPlan, map_name: str) -> GalleryPlan:
    """The scenes of one map: those of the data file, or, where it has none, views from cars that drive in it."""
    own = {name: scene for name, scene in plan.scenes.items() if scene.map == map_name}
    if not own:
        own = {
            f"view_{index + 1:02d}": Scene(
                title=f"{map_name}, view {index + 1}",
                map=map_name,
                at_s=_VIEW_AT_S,
                camera=CameraCar(drives=True),
                labels=index == 0,
            )
            for index in range(VIEWS_OF_A_MAP)
        }
    return plan.model_copy(update={"scenes": own})


def _chosen(option: str, known: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    wrong = [name for name in names if name not in known]
    if wrong:
        raise InputError(f'{option}: found "{wrong[0]}"; allowed is {", ".join(known)}.{did_you_mean(wrong[0], known)}')
    return {name: value for name, value in known.items() if not names or name in names}

"""What lies on the glass in front of a lens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sensors.config.base import Config, Ratio

Coverage = Annotated[float, Field(ge=0.0, le=0.9)]


class Drops(Config):
    """Water drops: each shows a small image of the scene, upside down and out of focus. `coverage` is their share of the picture.

    "from_weather" lets as many be there as the weather's precipitation says: all of `coverage` at 100.
    """

    coverage: Coverage
    size_px: Annotated[float, Field(ge=4.0, le=1000.0)] = 40.0
    amount: Literal["fixed", "from_weather"] = "fixed"


class Dirt(Config):
    """Dried mud and dust: spots that take up light and scatter a little. `opacity` is what a spot's middle takes away."""

    coverage: Coverage
    size_px: Annotated[float, Field(ge=4.0, le=1000.0)] = 30.0
    opacity: Ratio = 0.9


class Ice(Config):
    """Frost: scatters most of what it does not let through. `density` is the share of light scattered where it is thickest."""

    coverage: Coverage
    size_px: Annotated[float, Field(ge=4.0, le=1000.0)] = 120.0
    density: Ratio = 0.8


class Soiling(Config):
    """Drops, dirt and ice in patterns drawn from the camera's seed. All are out of focus, by `edge_px` (the standard deviation of
    their outlines' blur): they lie close before the lens."""

    drops: Drops | None = None
    dirt: Dirt | None = None
    ice: Ice | None = None
    edge_px: Annotated[float, Field(ge=1.0, le=200.0)] = 8.0

    @model_validator(mode="after")
    def _something_is_there(self) -> Soiling:
        if self.drops is None and self.dirt is None and self.ice is None:
            raise ValueError("soiling: found neither drops nor dirt nor ice; name one, or leave soiling out")
        return self

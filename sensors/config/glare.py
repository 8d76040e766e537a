"""Light that a lens scatters and reflects to where it does not belong."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sensors.config.base import Config, Positive, Ratio


class GlareLobe(Config):
    """One part of the scattered light: proportional to 1 / (r² + radius²)^power at r px from its source."""

    weight: Positive
    radius_px: Annotated[float, Field(ge=0.5, le=500.0)]
    power: Annotated[float, Field(gt=1.0, le=4.0)]


class Ghost(Config):
    """A reflection between two glass surfaces: the picture again, turned by 180 degrees about the principal point.

    `magnification` is its size, `strength` the luminance of an extended thing in it relative to the thing's own, `tint` the
    coating's colour (red, green, blue), by which the strength is multiplied.
    """

    magnification: Annotated[float, Field(ge=0.1, le=3.0)]
    strength: Annotated[float, Field(gt=0.0, le=0.05)]
    tint: tuple[Ratio, Ratio, Ratio] = (1.0, 1.0, 1.0)


class Starburst(Config):
    """Spikes around lamps: light diffracted at the edges of the iris' blades, and by `scratches` on the glass in random directions.

    An even number of blades gives as many spikes, an odd one twice as many. `share` of the light goes into them.
    """

    blades: Annotated[int, Field(ge=3, le=16)] = 6
    rotation_deg: float = 0.0
    scratches: Annotated[int, Field(ge=0, le=64)] = 0
    share: Annotated[float, Field(gt=0.0, le=0.05)] = 0.002


class Glare(Config):
    """Scattered light (ISO 18844, ISO 9358): `share` of all light goes into the lobes, `veil` evenly over the whole picture.

    What surrounds the picture is taken to be evenly bright (sensors.optics.glare), except for sun or moon, which act by the lobes' law
    from outside the picture too, up to `source_reach_deg` off the axis: beyond that the lens hood keeps them out.
    """

    share: Annotated[float, Field(ge=0.0, le=0.3)] = 0.0
    lobes: tuple[GlareLobe, ...] = ()
    veil: Annotated[float, Field(ge=0.0, le=0.3)] = 0.0
    ghosts: tuple[Ghost, ...] = ()
    starburst: Starburst | None = None
    source_reach_deg: Annotated[float, Field(ge=0.0, le=180.0)] = 60.0

    @property
    def lost_share(self) -> float:
        """Of all light, what does not go straight on, at most over the colours."""
        ghosts = max(sum(ghost.strength * ghost.tint[color] for ghost in self.ghosts) for color in range(3))
        return self.share + self.veil + ghosts + (self.starburst.share if self.starburst else 0.0)

    @model_validator(mode="after")
    def _shares_agree(self) -> Glare:
        if self.share > 0.0 and not self.lobes:
            raise ValueError(
                f"share: found {self.share:g} without lobes; say how the light is spread, or set share to 0"
            )
        if self.lost_share > 0.5:
            raise ValueError(
                f"share: found {self.lost_share:g} of the light in lobes, veil, ghosts and starburst together; at least half must go "
                "straight on"
            )
        return self

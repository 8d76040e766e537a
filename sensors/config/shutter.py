"""How a camera's exposure spreads over time what it sees: motion, and lamps that are not steady."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sensors.config.base import Config

FEWEST_SAMPLES = 2


class Shutter(Config):
    """Motion blur and the flicker of lamps; see sensors.shutter and rendering.flicker.

    `motion_blur`: "gathered" integrates one render along the motion of its pixels; "sampled" renders `samples` instants of
    each exposure and gathers what lies between them: exact at silhouettes, and that many times as dear; "off" takes the light
    of mid-exposure. `lamp_flicker`: whether lamps driven by pulses or by the mains
    (`mains_hz`) show it.
    """

    motion_blur: Literal["off", "gathered", "sampled"] = "off"
    samples: Annotated[int, Field(ge=1, le=64)] = 1
    lamp_flicker: bool = False
    mains_hz: Literal[50, 60] = 50

    @model_validator(mode="after")
    def _samples_fit(self) -> Shutter:
        if self.motion_blur == "sampled" and self.samples < FEWEST_SAMPLES:
            raise ValueError(
                f"samples: found {self.samples} with motion_blur sampled; expected {FEWEST_SAMPLES} to 64; "
                "for one render choose gathered"
            )
        if self.motion_blur != "sampled" and self.samples != 1:
            raise ValueError(
                f"samples: found {self.samples} with motion_blur {self.motion_blur}, which renders once; leave it out, or choose "
                "sampled"
            )
        return self

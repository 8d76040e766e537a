"""How a camera chooses its exposure."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sensors.config.base import Config, Positive


class ExposureControl(Config):
    """Automatic exposure, or fixed values when `mode` is "manual" (then exposure_s and the lower gain limits hold).

    Control law: see sensors.exposure. `delay_frames` is the age in frames of the statistics that the next frame's exposure
    rests on. `antiflicker_hz` is the mains frequency (50 or 60; 0: off). `highlight_reserve_ev` is how far below the target a
    daylight exposure stays so that highlights keep their colour; the tone curve gives it back.
    """

    mode: Literal["auto", "manual"] = "auto"
    exposure_s: Positive = 0.001
    target: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.18
    t_min_s: Positive = 3.0e-5
    t_max_s: Positive = 0.0167
    analog_gain: tuple[Positive, Positive] = (1.0, 8.0)
    digital_gain: tuple[Positive, Positive] = (1.0, 16.0)
    highlight_reserve_ev: Annotated[float, Field(ge=0.0, le=3.0)] = 1.5
    alpha: Annotated[float, Field(gt=0.0, le=1.0)] = 0.148
    delay_frames: Annotated[int, Field(ge=0, le=8)] = 2
    hysteresis_ev: Annotated[float, Field(ge=0.0, le=2.0)] = 0.1
    antiflicker_hz: Literal[0, 50, 60] = 0
    zones: Literal["uniform", "road_weighted"] = "road_weighted"

    @model_validator(mode="after")
    def _limits_agree(self) -> ExposureControl:
        for name, (low, high) in (("analog_gain", self.analog_gain), ("digital_gain", self.digital_gain)):
            if low > high or low < 1.0:
                raise ValueError(f"{name}: found [{low:g}, {high:g}]; expected [lowest, highest], both at least 1")
        if self.t_min_s > self.t_max_s:
            raise ValueError(f"t_min_s: found {self.t_min_s:g}; expected at most t_max_s, {self.t_max_s:g}")
        limit = 2.0 * math.sin(math.pi / (2 * (2 * self.delay_frames + 1)))
        if self.alpha >= limit:
            raise ValueError(
                f"alpha: found {self.alpha:g}; with delay_frames {self.delay_frames} the loop is stable below {limit:.3f}; "
                f"without overshoot at {critical_alpha(self.delay_frames):.3f}"
            )
        return self


def critical_alpha(delay_frames: int) -> float:
    """Largest control gain without overshoot: d^d / (d+1)^(d+1), from the double root of z^(d+1) - z^d + alpha."""
    return math.pow(delay_frames, delay_frames) / math.pow(delay_frames + 1, delay_frames + 1)

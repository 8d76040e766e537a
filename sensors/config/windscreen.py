"""What a vehicle's windscreen does to the light on its way to the lens, besides dimming it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sensors.config.base import Config, Positive, Ratio


class Windscreen(Config):
    """A tilted plane pane; how much it lets through is `windshield_transmittance` of the lens.

    `tilt_deg` is the angle between the optical axis and the pane's normal, which points ahead and up. The pane shifts all
    rays by a parallel step. `ghost_share` is the brightness of the second image that both faces make together, `ghost_arcmin` how
    far above the first it lies (the pane's wedge). `dashboard_reflectance` is the albedo of the dashboard that the pane
    mirrors into the picture, 0 for a camera with a hood against the pane.
    """

    tilt_deg: Annotated[float, Field(ge=0.0, le=80.0)] = 60.0
    thickness_m: Annotated[float, Field(ge=0.0, le=0.02)] = 0.005
    refractive_index: Annotated[float, Field(ge=1.0, le=2.0)] = 1.52
    ghost_share: Annotated[float, Field(ge=0.0, le=0.1)] = 0.0
    ghost_arcmin: Positive = 4.0
    dashboard_reflectance: Ratio = 0.0

"""How a lens blurs: the core of its point spread as a product of contrast transfers, and the scale of each colour's image."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sensors.config.base import Config, NotNegative, Positive

Micrometres = Annotated[float, Field(ge=-200.0, le=200.0)]


class Blur(Config):
    """Diffraction, aberrations and defocus of one lens; sensors.optics.blur has the formulas.

    Aberrations are Gaussian, `psf_sigma_px` of the lens and `color_sigma_px` (red, green, blue) added in quadrature. Defocus is
    the distance from the chip to where light from far away comes to a focus, in micrometres, positive with the chip behind it:
    `defocus_um` (as built), what focusing at `focus_distance_m` adds (None: far away), `thermal_um_per_c` times the chip's
    temperature above `thermal_reference_c`, and `color_focus_um` (red, green, blue: longitudinal chromatic aberration). The
    disc is that of things far away, whatever the distance: depth of field is not modelled.
    """

    diffraction: bool = True
    color_sigma_px: tuple[NotNegative, NotNegative, NotNegative] = (0.0, 0.0, 0.0)
    focus_distance_m: Positive | None = None
    defocus_um: Micrometres = 0.0
    thermal_um_per_c: Annotated[float, Field(ge=-2.0, le=2.0)] = 0.0
    thermal_reference_c: float = 25.0
    color_focus_um: tuple[Micrometres, Micrometres, Micrometres] = (0.0, 0.0, 0.0)

    @model_validator(mode="after")
    def _focus_is_beyond_the_lens(self) -> Blur:
        if self.focus_distance_m is not None and self.focus_distance_m < 0.1:
            raise ValueError(
                f"focus_distance_m: found {self.focus_distance_m:g}; a driving camera focuses at 0.1 m or beyond; leave it out "
                "for a focus far away"
            )
        return self


class LateralColor(Config):
    """Size of the red and of the blue image relative to the green one, about the principal point: lateral chromatic aberration."""

    red: Annotated[float, Field(ge=0.99, le=1.01)] = 1.0
    blue: Annotated[float, Field(ge=0.99, le=1.01)] = 1.0

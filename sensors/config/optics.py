"""The lens of a camera: projection, aperture, transmission, blur, and what lies before it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sensors.config.base import Config, Positive
from sensors.config.blur import Blur, LateralColor
from sensors.config.glare import Glare
from sensors.config.soiling import Soiling
from sensors.config.windscreen import Windscreen
from sensors.optics.models import FOCAL_IN_COEFFICIENTS, ModelName, axis_focal_px, check_coefficients


class Illumination(Config):
    """Fall-off of the irradiance towards the image corner, 1 at the centre.

    `poly_corner`: 1 + k1 rho² + k2 rho⁴ + k3 rho⁶, rho = 1 at the image corner (Lensfun's "pa"); `cos4`: cos⁴ of the field
    angle; `none`: flat.
    """

    type: Literal["poly_corner", "cos4", "none"] = "none"
    k: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Intrinsics(Config):
    """Focal lengths and principal point in px; the centre of the first pixel is (0, 0), so a centred axis is (W-1)/2."""

    fx_px: Positive
    fy_px: Positive
    cx_px: float
    cy_px: float


class Optics(Config):
    """Lens: projection, aperture, transmission, blur, scattered light and what lies before it.

    `distortion` holds the model's coefficients in its authors' order (table in sensors.optics.models). `theta_max_deg` is the
    half angle of the image circle; beyond it the lens delivers no image. `psf_sigma_px` is a Gaussian core blur, 0 for none; with
    `blur`, it is the aberrations' share of that. What is None has no effect at all.
    """

    model: ModelName = "brown_conrady"
    intrinsics: Intrinsics
    distortion: tuple[float, ...] = ()
    theta_max_deg: Annotated[float, Field(gt=0.0, le=179.0)]
    f_number: Annotated[float, Field(ge=0.5, le=64.0)]
    transmission: Annotated[float, Field(gt=0.0, le=1.0)] = 0.9
    windshield_transmittance: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    relative_illumination: Illumination = Illumination()
    psf_sigma_px: Annotated[float, Field(ge=0.0, le=5.0)] = 0.0
    blur: Blur | None = None
    lateral_color: LateralColor | None = None
    glare: Glare | None = None
    windscreen: Windscreen | None = None
    soiling: Soiling | None = None

    @model_validator(mode="before")
    @classmethod
    def _focal_from_coefficients(cls, data: Any) -> Any:
        """Fill in fx_px and fy_px of models whose coefficients hold them."""
        if not isinstance(data, dict) or data.get("model") not in FOCAL_IN_COEFFICIENTS:
            return data
        intrinsics = data.get("intrinsics")
        if not isinstance(intrinsics, dict) or {"fx_px", "fy_px"} & set(intrinsics):
            return data
        try:
            fx_px, fy_px = axis_focal_px(data["model"], data.get("distortion", ()))
        except (TypeError, ValueError, IndexError, ZeroDivisionError):
            fx_px = fy_px = 0.0
        if not (fx_px > 0.0 and fy_px > 0.0):
            fx_px = fy_px = 1.0  # these coefficients are refused below, with the reason
        return {**data, "intrinsics": {**intrinsics, "fx_px": fx_px, "fy_px": fy_px}}

    @model_validator(mode="after")
    def _coefficients_fit_model(self) -> Optics:
        check_coefficients(self.model, self.distortion, self.theta_max_deg)
        if self.lateral_color is not None and self.blur is None:
            raise ValueError(
                "lateral_color: found without blur; resampling red and blue blurs them like a lens of 0.5 px, for which only `blur` "
                "can allow; add blur: {}"
            )
        intrinsics = self.intrinsics
        if self.model in FOCAL_IN_COEFFICIENTS:
            for name, expected in zip(("fx_px", "fy_px"), axis_focal_px(self.model, self.distortion), strict=True):
                if abs(getattr(intrinsics, name) - expected) > 0.05 * abs(expected):
                    raise ValueError(
                        f"intrinsics.{name}: found {getattr(intrinsics, name):g}; the coefficients of this {self.model} lens make it "
                        f"{expected:g} on the axis; leave it out, or correct one of the two"
                    )
        if self.model == "carla_lens" and intrinsics.fx_px != intrinsics.fy_px:
            raise ValueError(
                f"intrinsics: found fx_px {intrinsics.fx_px:g}, fy_px {intrinsics.fy_px:g}; CARLA's pixels are square"
            )
        return self

"""A camera as its data sheet would describe it, checked across fields so that a real one could exist.

All values are SI unless the name says otherwise. Sources of the values stand beside them in sensors/presets/*.yaml.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sensors.optics.models import FOCAL_IN_COEFFICIENTS, ModelName, axis_focal_px, check_coefficients
from sim.base.clock import period_from_hz, seconds
from sim.base.frames import SENSOR_FROM_CAMERA, pose

Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]


class Config(BaseModel):
    """Frozen, and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Mounting(Config):
    """Where the entrance pupil sits in the ego frame (origin on the ground under the box centre, x forward, y left).

    Angles as in sim.base.frames: positive pitch looks down, positive yaw looks left.
    """

    x_m: float
    y_m: float = 0.0
    z_m: float
    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0

    def ego_from_camera(self) -> NDArray[np.float64]:
        """(4, 4): optical axes (x right, y down, z forward) to the ego frame."""
        rpy_rad = np.radians([self.roll_deg, self.pitch_deg, self.yaw_deg])
        return pose(np.array([self.x_m, self.y_m, self.z_m]), rpy_rad) @ SENSOR_FROM_CAMERA


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
    """Lens: projection, aperture, transmission and blur.

    `distortion` holds the model's coefficients in its authors' order (table in sensors.optics.models). `theta_max_deg` is the
    half angle of the image circle; beyond it the lens delivers no image. `psf_sigma_px` is a Gaussian core blur, 0 for none.
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


class DarkCurrent(Config):
    """Thermal electrons: I(T) = reference * 2^((T - reference temperature) / doubling). EMVA 1288 R4, section 2.5."""

    reference_e_per_s: NotNegative = 0.0
    reference_c: float = 60.0
    doubling_c: Positive = 8.0


class FixedPattern(Config):
    """Pixel-to-pixel differences: gain (prnu, ratio), offset (dsnu, e-), per column (e-), and temporal row noise (e-)."""

    prnu_ratio: Annotated[float, Field(ge=0.0, le=0.2)] = 0.0
    dsnu_e: NotNegative = 0.0
    column_e: NotNegative = 0.0
    row_temporal_e: NotNegative = 0.0


class Defects(Config):
    """Pixels that are unlike the others, in parts per million of all pixels, drawn with the chip.

    Hot pixels have a dark current of their own, lognormal about `hot_e_per_s` at the dark current's reference temperature (the tail
    seen in irradiated and in production chips), which doubles as the dark current does. Dead pixels see no light. Telegraph
    pixels jump between two levels `telegraph_e` apart from frame to frame: one trapped electron's effect.
    """

    hot_ppm: Annotated[float, Field(ge=0.0, le=1e5)] = 0.0
    hot_e_per_s: Positive = 5e3
    hot_spread: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    dead_ppm: Annotated[float, Field(ge=0.0, le=1e5)] = 0.0
    telegraph_ppm: Annotated[float, Field(ge=0.0, le=1e5)] = 0.0
    telegraph_e: NotNegative = 0.0


class ElectronYield(Config):
    """Electrons per lux, second and square micrometre of D65 light, behind each filter of the mosaic."""

    red: Positive
    green: Positive
    blue: Positive


class Sensor(Config):
    """The chip: pixels, colour filters, wells, noise and conversion to numbers.

    Raw value = black_level_dn + digital_gain * round(conversion_dn_per_e * analog_gain * electrons), 0 .. 2^adc_bits - 1.
    `color_matrix` (3x3, rows sum to 1) is what each filter sees of linear Rec.709 light: filter overlap. `row_time_s` is the
    time between the starts of two rows, 0 for a global shutter. `noise`: "three_moment" is exact in mean, variance and, down
    to a few electrons, skewness; "off" is for measuring the rest of the chain.
    """

    width_px: Annotated[int, Field(ge=16, le=8192, multiple_of=2)]
    height_px: Annotated[int, Field(ge=16, le=8192, multiple_of=2)]
    pixel_pitch_m: Annotated[float, Field(ge=0.5e-6, le=50e-6)]
    cfa: Literal["RGGB"] = "RGGB"
    adc_bits: Annotated[int, Field(ge=8, le=16)] = 12
    electrons_per_lux_s_um2: ElectronYield
    color_matrix: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    row_time_s: NotNegative = 0.0
    full_well_e: Positive
    read_noise_e: Positive
    conversion_dn_per_e: Positive
    black_level_dn: NotNegative = 0.0
    dark_current: DarkCurrent = DarkCurrent()
    temperature_c: Annotated[float, Field(ge=-60.0, le=150.0)] = 45.0
    fixed_pattern: FixedPattern = FixedPattern()
    defects: Defects = Defects()
    noise: Literal["three_moment", "off"] = "three_moment"

    @property
    def max_dn(self) -> int:
        """Largest raw value."""
        return (1 << self.adc_bits) - 1

    @property
    def readout_s(self) -> float:
        """From the first row's read to the last row's."""
        return (self.height_px - 1) * self.row_time_s

    @property
    def dark_current_e_per_s(self) -> float:
        """Dark current at the chip's temperature."""
        dark = self.dark_current
        return dark.reference_e_per_s * math.pow(2.0, (self.temperature_c - dark.reference_c) / dark.doubling_c)

    @model_validator(mode="after")
    def _values_agree(self) -> Sensor:
        for row, sums in enumerate(np.sum(self.color_matrix, axis=1)):
            if abs(float(sums) - 1.0) > 1e-6:
                raise ValueError(
                    f"color_matrix[{row}]: found a row sum of {float(sums):g}; white light must stay white, so each row must "
                    "sum to 1; the colour-independent yield belongs in electrons_per_lux_s_um2"
                )
        if abs(float(np.linalg.det(np.array(self.color_matrix)))) < 1e-3:
            raise ValueError(
                "color_matrix: found a singular matrix; the filters must differ so that colour can be recovered"
            )
        if self.black_level_dn >= self.max_dn / 2:
            raise ValueError(
                f"black_level_dn: found {self.black_level_dn:g}; expected less than half of {self.max_dn}, the largest raw value"
            )
        return self


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


class Isp(Config):
    """From raw to the 8-bit picture; see sensors.isp. `exposure_gain` brightens before the tone curve, `saturation` is 1 for
    faithful colour, `noise_reduction` grows with the gain, `sharpen` is the strength of an unsharp mask."""

    white_balance: Literal["auto", "daylight"] = "auto"
    white_balance_time_s: Positive = 1.5
    demosaic: Literal["bilinear", "edge_aware"] = "bilinear"
    tone: Literal["filmic", "linear"] = "filmic"
    exposure_gain: Positive = 1.0
    saturation: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0
    noise_reduction: Ratio = 0.5
    sharpen: Annotated[float, Field(ge=0.0, le=2.0)] = 0.0


class CameraConfig(Config):
    """One camera: where it sits, its lens, chip, exposure control and picture processing."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    rate_hz: Positive
    mounting: Mounting
    optics: Optics
    sensor: Sensor
    exposure: ExposureControl = ExposureControl()
    isp: Isp = Isp()
    keep_raw: bool = True

    @property
    def period_flicks(self) -> int:
        """Exact time between two frames."""
        return period_from_hz(self.rate_hz)

    @property
    def aperture_m(self) -> float:
        """Diameter of the entrance pupil: focal length over f-number."""
        return self.optics.intrinsics.fx_px * self.sensor.pixel_pitch_m / self.optics.f_number

    @model_validator(mode="after")
    def _times_fit_period(self) -> CameraConfig:
        period_s = seconds(self.period_flicks)
        if self.sensor.readout_s > period_s:
            raise ValueError(
                f"sensor.row_time_s: found {self.sensor.row_time_s:g} s, so {self.sensor.height_px} rows take "
                f"{self.sensor.readout_s * 1e3:.2f} ms; expected at most the frame period of {period_s * 1e3:.2f} ms; lower rate_hz "
                "or row_time_s"
            )
        longest = self.exposure.t_max_s if self.exposure.mode == "auto" else self.exposure.exposure_s
        if longest > period_s:
            raise ValueError(
                f"exposure: found a longest exposure of {longest * 1e3:.2f} ms; expected at most the frame period of "
                f"{period_s * 1e3:.2f} ms; lower t_max_s (or exposure_s)"
            )
        return self

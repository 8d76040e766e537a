"""A camera as its data sheet would describe it, checked across fields so that a real one could exist.

All values are SI unless the name says otherwise. The parts are in sensors.config; sources of the values stand beside them in
sensors/presets/*.yaml.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sensors.config.base import Config, Positive
from sensors.config.chip import Sensor
from sensors.config.exposure import ExposureControl
from sensors.config.isp import Isp
from sensors.config.mounting import Mounting
from sensors.config.optics import Optics
from sensors.config.shutter import Shutter
from sim.base.clock import period_from_hz, seconds


class CameraConfig(Config):
    """One camera: where it sits, its lens, chip, exposure control, shutter and picture processing."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    rate_hz: Positive
    mounting: Mounting
    optics: Optics
    sensor: Sensor
    exposure: ExposureControl = ExposureControl()
    shutter: Shutter = Shutter()
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

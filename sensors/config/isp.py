"""How a camera makes a picture of raw numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sensors.config.base import Config, Positive, Ratio


class Isp(Config):
    """From raw to the 8-bit picture; see sensors.isp. `exposure_gain` brightens before the tone curve, `saturation` is 1 for
    faithful colour, `noise_reduction` grows with the gain, `sharpen` is the strength of an unsharp mask. `tone_mapping` fits merged
    reads into the picture: by the light around each place, or by each pixel's own; chips of one read need none. With
    `jpeg_quality` the picture is compressed and opened again, so that it shows what a recorder leaves of it.
    """

    white_balance: Literal["auto", "daylight"] = "auto"
    white_balance_time_s: Positive = 1.5
    demosaic: Literal["bilinear", "edge_aware"] = "bilinear"
    tone: Literal["filmic", "linear"] = "filmic"
    tone_mapping: Literal["local", "global"] = "local"
    exposure_gain: Positive = 1.0
    saturation: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0
    noise_reduction: Ratio = 0.5
    sharpen: Annotated[float, Field(ge=0.0, le=2.0)] = 0.0
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] | None = None

"""Exposure in f-number, time and gain, and the automatic control that closes the loop over frames.

The statistic is the zone-weighted logarithmic mean of the green pixels, as a share of full scale and before any clipping: it
stands for the wide-range statistics engine of automotive sensors, which meters the merged exposures. In EV,

    x[n+1] = x[n] + alpha * log2(target / mean[n-d]),   x = log2(time * analog gain * digital gain)

so with a constant scene the error decays by the polynomial z^(d+1) - z^d + alpha: stable for alpha < 2 sin(pi / (2(2d+1))), free
of overshoot up to d^d / (d+1)^(d+1). Highlights come first, as long as there is light enough: the target is lowered by
`highlight_reserve_ev`,
so that a lit red lamp or a sunlit sign is not bleached, and by up to GUARD_EV while more than 3 % of the picture would be clipped;
the picture's tone curve gives `lift_ev` back to the middle tones. Night stays night: each EV
of gain beyond NIGHT_FROM_EV that the light would ask for is granted only in part, which keeps the noise down too; it depends on
the scene's light alone, so the loop stays as it is. The first frame's exposure is metered on its own light, as if the camera had
been running; later frames rest on earlier ones only.
Tested by tests/sensors/test_exposure.py.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.config.exposure import ExposureControl
from sensors.mosaic import MOSAICS

STRIDE_PX = 4
SETTLED_SHARE = 0.2
"""The control rests once the error falls below this share of the hysteresis, and wakes when it exceeds the hysteresis."""
DARKEST_MEAN = 1e-6
GUARD_SHARE = 0.97
"""This share of the metered pixels shall stay below GUARD_LEVEL of full scale."""
GUARD_LEVEL = 0.9
GUARD_EV = 3.0
NIGHT_FROM_EV = 2.0
NIGHT_SHARE = 0.4
"""Of each EV of gain beyond NIGHT_FROM_EV, this share is left dark."""
LIFT_SHARE = 0.1
"""The lift follows the guard by this share a frame, so that the picture does not pump."""


@dataclass(frozen=True)
class Exposure:
    """What one frame is taken with."""

    exposure_s: float
    analog_gain: float
    digital_gain: float

    @property
    def amount_s(self) -> float:
        """Time multiplied by all gains."""
        return self.exposure_s * self.analog_gain * self.digital_gain

    def ev100(self, f_number: float) -> float:
        """Exposure value at ISO 100, log2(N² / t * 100 / S), taking gain 1 as ISO 100."""
        return math.log2(f_number**2 / self.amount_s)


def split(amount_s: float, control: ExposureControl) -> Exposure:
    """Divide time * gain in the order of least noise: time up to its limit, then analog, then digital gain, all clipped.

    With `antiflicker_hz`, times longer than half a mains period become whole multiples of it and gain makes up the rest.
    """
    analog_low, analog_high = control.analog_gain
    digital_low, digital_high = control.digital_gain
    base = analog_low * digital_low
    exposure_s = min(max(amount_s / base, control.t_min_s), control.t_max_s)
    if control.antiflicker_hz:
        half_period_s = 0.5 / control.antiflicker_hz
        if exposure_s >= half_period_s:
            exposure_s = math.floor(exposure_s / half_period_s + 1e-9) * half_period_s
    analog = min(max(amount_s / (exposure_s * digital_low), analog_low), analog_high)
    digital = digital_low
    if analog == analog_high:
        digital = min(max(amount_s / (exposure_s * analog), digital_low), digital_high)
    return Exposure(exposure_s, analog, digital)


def zone_weights(config: CameraConfig) -> NDArray[np.float64]:
    """Weights (rows, columns) of the metering samples, summing to 1; road_weighted counts the sky little, the road most."""
    rows = np.arange(0, config.sensor.height_px, STRIDE_PX)
    columns = np.arange(MOSAICS[config.sensor.cfa].luminance_column, config.sensor.width_px, STRIDE_PX)
    weights = np.ones((len(rows), len(columns)))
    if config.exposure.zones == "road_weighted":
        down = rows / config.sensor.height_px
        across = np.abs(columns / config.sensor.width_px - 0.5) * 2.0
        vertical = np.interp(down, [0.0, 0.35, 0.5, 0.9, 1.0], [0.1, 0.25, 1.0, 1.0, 0.6])
        weights = vertical[:, None] * np.interp(across, [0.0, 0.5, 1.0], [1.0, 0.9, 0.5])[None, :]
    return np.asarray(weights / weights.sum())


class ExposureController:
    """The exposure of each coming frame, from the light of earlier ones. All state is in here; equal inputs, equal outputs."""

    def __init__(self, config: CameraConfig) -> None:
        """Start without any history; `current` is then a guess that `begin` replaces, `lift_ev` what the tone curve makes good."""
        self._config = config
        self._weights = zone_weights(config)
        self._full_scale_e = config.sensor.metering_full_scale_e
        # highlights are lost where the least sensitive read is full
        self._white_share = config.sensor.saturation_e / self._full_scale_e
        self._column = MOSAICS[config.sensor.cfa].luminance_column
        self.reset()

    def reset(self) -> None:
        """Forget all frames."""
        control = self._config.exposure
        low_gain = control.analog_gain[0] * control.digital_gain[0]
        if control.mode == "manual":
            self.current = Exposure(control.exposure_s, control.analog_gain[0], control.digital_gain[0])
        else:
            self.current = split(math.sqrt(control.t_min_s * control.t_max_s) * low_gain, control)
        self._log_amount = math.log2(self.current.amount_s)
        self._errors_ev: deque[float] = deque(maxlen=control.delay_frames + 1)
        self._moving = False
        self._metered = False
        self.lift_ev = 0.0

    def mean_level(self, electrons: NDArray[np.float32], exposure: Exposure) -> float:
        """Zone-weighted log mean of the green pixels of mean electrons (H, W), as a share of full scale at this gain."""
        green = electrons[::STRIDE_PX, self._column :: STRIDE_PX].astype(np.float64)
        green *= exposure.analog_gain * exposure.digital_gain / self._full_scale_e
        return math.exp(float(np.sum(self._weights * np.log(np.maximum(green, DARKEST_MEAN)))))

    def error_ev(self, electrons: NDArray[np.float32], exposure: Exposure) -> float:
        """How many EV more light the next frame should get, by the mean and by the highlights; notes the guard's share."""
        wanted_ev = math.log2(self._config.exposure.target / self.mean_level(electrons, exposure))
        control = self._config.exposure
        gain_ev = self._gain_ev(math.log2(exposure.amount_s) + wanted_ev)
        wanted_ev -= NIGHT_SHARE * max(gain_ev - NIGHT_FROM_EV, 0.0)
        reserve_ev = min(max(-gain_ev, 0.0), control.highlight_reserve_ev)
        shortest_ev = max(gain_ev + math.log2(control.t_max_s / control.t_min_s), 0.0)
        green = electrons[::STRIDE_PX, self._column :: STRIDE_PX].ravel()
        rank = int(GUARD_SHARE * len(green))
        bright = (
            float(np.partition(green, rank)[rank]) * exposure.analog_gain * exposure.digital_gain / self._full_scale_e
        )
        room_ev = math.log2(GUARD_LEVEL * self._white_share / max(bright, DARKEST_MEAN))
        guard_ev = min(max(wanted_ev - room_ev, reserve_ev), GUARD_EV, shortest_ev)
        share = LIFT_SHARE if self._metered else 1.0
        self._metered = True
        self.lift_ev += share * (guard_ev - self.lift_ev)
        return wanted_ev - guard_ev

    def _gain_ev(self, log_amount: float) -> float:
        """The gain in EV that 2^log_amount s of exposure would need at the longest time, at most what there is; negative in
        daylight, when the longest time is too long."""
        control = self._config.exposure
        most_ev = math.log2(control.analog_gain[1] / control.analog_gain[0])
        most_ev += math.log2(control.digital_gain[1] / control.digital_gain[0])
        base_s = control.t_max_s * control.analog_gain[0] * control.digital_gain[0]
        return min(log_amount - math.log2(base_s), most_ev)

    def begin(self, electrons: NDArray[np.float32]) -> Exposure:
        """Choose the first frame's exposure from `electrons` collected with `current`."""
        if self._config.exposure.mode == "auto":
            self._set(math.log2(self.current.amount_s) + self.error_ev(electrons, self.current))
        return self.current

    def observe(self, electrons: NDArray[np.float32]) -> None:
        """Take in the frame just exposed with `current`, and choose the next exposure."""
        control = self._config.exposure
        if control.mode == "manual":
            return
        self._errors_ev.append(self.error_ev(electrons, self.current))
        if len(self._errors_ev) <= control.delay_frames:
            return
        error_ev = self._errors_ev[0]
        if abs(error_ev) > control.hysteresis_ev:
            self._moving = True
        elif abs(error_ev) <= SETTLED_SHARE * control.hysteresis_ev:
            self._moving = False
        if self._moving:
            self._set(self._log_amount + control.alpha * error_ev)

    def _set(self, log_amount: float) -> None:
        """Keep the amount within what the limits can give, so that the control never winds up behind them."""
        control = self._config.exposure
        low = math.log2(control.t_min_s * control.analog_gain[0] * control.digital_gain[0])
        high = math.log2(control.t_max_s * control.analog_gain[1] * control.digital_gain[1])
        self._log_amount = min(max(log_amount, low), high)
        self.current = split(2.0**self._log_amount, control)

"""CARLA's event camera (sensor.camera.dvs): an event wherever a pixel's brightness has changed by a threshold.

Brightness is the log of the grey picture, log(log_eps + grey / 255), or the grey value 0 to 255 itself with use_log false; it
runs linearly from one image to the next, and each crossing of the last level plus positive_threshold (minus
negative_threshold) is an event at the instant of the crossing, in ns. sigma_* spread a pixel's threshold anew in each image,
never below 0.01; within refractory_period_ns of a pixel's last event none is sent. As with CARLA, events come sorted by time,
the first image gives none, and nothing is sent for images without events. Model: E. Mueggler et al., IJRR 36(2), 2017,
section 4, which CARLA's follows. Tested by tests/server/test_camera_events.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base.clock import FLICKS_PER_SECOND
from sim.base.streams import stream
from sim.server.sensing.camera import PictureCamera
from sim.server.sensing.limits import flag, number, whole

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Buffer, Moment
    from sim.server.world import World

Float32 = NDArray[np.float32]

EVENT = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("pol", "u1")])
"""One event on the wire: 13 bytes, time in ns since the server's start."""
LEAST_THRESHOLD = 0.01
_GREY = np.array([0.114, 0.587, 0.2989], dtype=np.float32)
_FIRST_ROOM = 1 << 16
_NS_PER_SECOND = 1_000_000_000


class EventCamera(PictureCamera):
    """sensor.camera.dvs."""

    def __init__(self, entry: ActorEntry, world: World) -> None:
        super().__init__(entry, world)
        self._thresholds = (number(entry, "positive_threshold"), number(entry, "negative_threshold"))
        self._sigmas = (number(entry, "sigma_positive_threshold"), number(entry, "sigma_negative_threshold"))
        self._refractory_ns = whole(entry, "refractory_period_ns")
        self._log_eps = number(entry, "log_eps") if flag(entry, "use_log", True) else None
        self._last: Float32 | None = None
        self._reference: Float32 = np.zeros(0, dtype=np.float32)
        self._last_event_ns: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._last_ns = 0
        self._room = _FIRST_ROOM

    def sense(self, moment: Moment) -> Sequence[Buffer] | None:
        """The events since the last image."""
        self.picture(moment)
        brightness = self._brightness()
        now_ns = moment.state.time_flicks * _NS_PER_SECOND // FLICKS_PER_SECOND
        before, begin_ns = self._last, self._last_ns
        self._last, self._last_ns = brightness, now_ns
        if before is None:
            self._reference = brightness.copy()
            self._last_event_ns = np.full(len(brightness), -1, dtype=np.int64)
            return None
        events = self._events(before, brightness, begin_ns, now_ns, moment)
        if not len(events):
            return None
        return self.image_header, events.view(np.uint8).data

    def _brightness(self) -> Float32:
        grey = (self.image[:, :, :3] @ _GREY).reshape(-1)
        if self._log_eps is None:
            return np.asarray(grey, dtype=np.float32)
        return np.asarray(np.log(np.float32(self._log_eps) + grey / np.float32(255.0)), dtype=np.float32)

    def _events(
        self, before: Float32, now: Float32, begin_ns: int, now_ns: int, moment: Moment
    ) -> NDArray[np.void]:  # fmt: skip
        from sim.server.kernels.brightness_events import crossings

        rise, fall = self._contrasts(len(now), moment)
        while True:
            pixels, times = np.empty(self._room, dtype=np.int64), np.empty(self._room, dtype=np.int64)
            polarity = np.empty(self._room, dtype=np.uint8)
            count = crossings(
                before, now, self._reference, self._last_event_ns, rise, fall, begin_ns, now_ns - begin_ns,
                self._refractory_ns, pixels, times, polarity,
            )  # fmt: skip
            if count <= self._room:
                break
            self._room = 2 * count
        order = np.argsort(times[:count], kind="stable")
        events = np.empty(count, dtype=EVENT)
        events["y"], events["x"] = np.divmod(pixels[order], self.lens.width)
        events["t"], events["pol"] = times[order], polarity[order]
        return events

    def _contrasts(self, count: int, moment: Moment) -> tuple[Float32, Float32]:
        """Thresholds (P,) of this image for rising and falling brightness."""
        out = []
        noise = stream(moment.world.seed, "dvs", self.actor_id, moment.state.tick) if any(self._sigmas) else None
        for threshold, sigma in zip(self._thresholds, self._sigmas, strict=True):
            values = np.full(count, threshold, dtype=np.float32)
            if noise is not None and sigma > 0.0:
                values += noise.standard_normal(count, dtype=np.float32) * np.float32(sigma)
                values = np.maximum(values, np.float32(LEAST_THRESHOLD))
            out.append(values)
        return out[0], out[1]

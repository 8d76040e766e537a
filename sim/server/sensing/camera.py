"""CARLA's own RGB camera: images for clients that subscribe, drawn with this project's renderer.

A pinhole (or CARLA's distortion of one) without noise at the instant of the tick, as CARLA's default camera is; exposure and
colour as in exposure.py. Physically modelled cameras with noise, read-out and a real lens are in the package `sensors`, on
the client's side. Tested by tests/server/test_camera.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.server.sensing.exposure import Development
from sim.server.sensing.look import Camera

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Buffer, Moment
    from sim.server.world import World


class PictureCamera(Camera):
    """A camera that develops a picture."""

    wants_picture = True

    def __init__(self, entry: ActorEntry, world: World) -> None:
        super().__init__(entry, world)
        self.development = Development(entry)
        self.image: NDArray[np.uint8] = np.full((self.lens.height, self.lens.width, 4), 255, dtype=np.uint8)

    def picture(self, moment: Moment) -> NDArray[np.uint8]:
        """The picture (H, W, 4) of this moment, B G R A; valid until the next."""
        seen = self.look(moment, lit=True)
        self.development.develop(seen.radiance, moment.delta_s, self.image)
        return self.image


class RgbCamera(PictureCamera):
    """sensor.camera.rgb."""

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One image: its header and BGRA pixels."""
        picture = self.picture(moment)
        shapes = moment.tick.shapes
        if shapes:
            shapes.draw(picture, self.look(moment, lit=True), self.lens, moment.world_from_sensor)
        return self.image_header, picture.reshape(-1).data

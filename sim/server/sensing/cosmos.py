"""CARLA's camera for NVIDIA's Cosmos Transfer: a drawing of the street's plan and of who is in it, on black.

Colours are those of CARLA 0.9.16's cosmos_visualization. There it draws lines from the map and boxes of actors; here the same
things are seen through the camera: lane lines, edges of the road, poles, signs and lights in their colours, vehicles and
people filled, darker where two of them meet. Tested by tests/server/test_sensors_cameras.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base.taxonomy import ObjectClass
from sim.server.sensing.label_cameras import LabelImage

if TYPE_CHECKING:
    from rendering.buffers import Buffers
    from sim.server.sensing.station import Moment

_ROAD_EDGE_RGB = (200, 36, 35)
_COLOR_RGB = {
    ObjectClass.ROAD_MARKING: (98, 183, 249),
    ObjectClass.POLE: (66, 40, 144),
    ObjectClass.TRAFFIC_SIGN: (131, 175, 155),
    ObjectClass.TRAFFIC_LIGHT: (252, 157, 155),
    ObjectClass.PEDESTRIAN: (0, 255, 0),
    ObjectClass.RIDER: (0, 255, 0),
}
_VEHICLES = range(ObjectClass.CAR, ObjectClass.TRAIN + 1)
_ROAD = np.zeros(256, dtype=bool)
_ROAD[[ObjectClass.ROAD, ObjectClass.ROAD_MARKING]] = True
_BORDER = np.zeros(256, dtype=bool)
_BORDER[[ObjectClass.KERB, ObjectClass.SIDEWALK, ObjectClass.TERRAIN, ObjectClass.GUARD_RAIL]] = True
_MOVER = np.zeros(256, dtype=bool)
_MOVER[[*_VEHICLES, ObjectClass.PEDESTRIAN, ObjectClass.RIDER]] = True


def _palette() -> NDArray[np.uint8]:
    palette = np.zeros((256, 3), dtype=np.uint8)
    for object_class, rgb in _COLOR_RGB.items():
        palette[object_class] = rgb[::-1]
    palette[list(_VEHICLES)] = (0, 0, 255)
    return palette


_PALETTE_BGR = _palette()


class CosmosCamera(LabelImage):
    """sensor.camera.cosmos_visualization: lanes, road edges, furniture, vehicles and people, each in its colour."""

    def paint(self, moment: Moment, seen: Buffers) -> None:
        """Fill by class, then draw the edges."""
        draw(seen.semantic, seen.instance, self.image)


def draw(semantic: NDArray[np.uint8], instance: NDArray[np.uint32], out: NDArray[np.uint8]) -> None:
    """The drawing of classes and instances (H, W) into `out` (H, W, 4), B G R A."""
    np.take(_PALETTE_BGR, semantic, axis=0, out=out[:, :, :3])
    for axis in (0, 1):
        here = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        there = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        first, second = semantic[here], semantic[there]
        edge = (_ROAD[first] & _BORDER[second]) | (_BORDER[first] & _ROAD[second])
        out[here][edge, :3] = _ROAD_EDGE_RGB[::-1]
        meet = (instance[here] != instance[there]) & _MOVER[first]
        out[here][meet, :3] >>= 1

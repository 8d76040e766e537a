"""What stands around the roads: the static objects of the map, their boxes for contacts, and the street lamps.

Tested by tests/server/test_surroundings.py.
"""

from __future__ import annotations

import datetime
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.base.state import StaticObjects
from sim.base.taxonomy import CLASS_NAMES, ObjectClass
from sim.maps.layout import place_static_objects
from sim.maps.network import RoadNetwork
from sim.maps.seasons import Season, in_season, latitude_of, season_of
from sim.server.bodies.contact import ContactWorld
from sim.server.carla_values import finite, whole, wire_box, wire_transform, wire_vector
from sim.server.errors import CallError, brief
from sim.server.generated_world import Generation, with_walls
from sim.server.sensing.static_names import static_type_id
from sim.server.traffic.signal_board import SignalBoard

Float64 = NDArray[np.float64]

ANY_LABEL = 255
POLE_HALF_WIDTH_M = 0.1
TRUNK_HALF_WIDTH_M = 0.2
_LAMP_GROUP_STREET = 2
_LAMP_INTENSITY = 5000.0
_LAMP_RGB = (255, 214, 170)
NIGHT_BELOW_DEG = 0.0

_LAYER_CLASSES: dict[int, tuple[ObjectClass, ...]] = {
    1: (ObjectClass.BUILDING,),
    4: (ObjectClass.VEGETATION,),
    16: (ObjectClass.CAR,),
    64: (ObjectClass.STATIC_OBJECT, ObjectClass.FENCE),
    128: (ObjectClass.POLE,),
    256: (ObjectClass.WALL,),
}
"""MapLayer bits and the classes that they switch."""


class Boxes(NamedTuple):
    """World-aligned lists of oriented boxes: centres (N, 3), roll, pitch, yaw (N, 3), half sizes (N, 3), CARLA labels (N,)."""

    center_m: Float64
    rpy_rad: Float64
    extent_m: Float64
    label: NDArray[np.uint8]


_KEPT_LAYOUTS = 8
_layouts: OrderedDict[tuple[str, int, Generation, Season], StaticObjects] = OrderedDict()


def _placed(network: RoadNetwork, seed: int, generation: Generation, season: Season) -> StaticObjects:
    """The layout of a map. The last few are kept, as the networks are: it takes half a second even for a small map.

    It depends on the roads' text alone, so that those that come again with a recording, or from a client, find theirs here.
    """
    key = (network.sha256, seed, generation, season)
    if key not in _layouts:
        _layouts[key] = with_walls(network, in_season(place_static_objects(network, seed), season), generation)
        if len(_layouts) > _KEPT_LAYOUTS:
            _layouts.popitem(last=False)
    _layouts.move_to_end(key)
    return _layouts[key]


class Surroundings:
    """Static objects of one episode; `enabled` says which the client has not hidden."""

    def __init__(
        self, network: RoadNetwork, board: SignalBoard, seed: int, generation: Generation | None = None,
        date: datetime.date | None = None,
    ) -> None:  # fmt: skip
        season = season_of(date, latitude_of(network))
        self.statics: StaticObjects = _placed(network, seed, generation or Generation(), season)
        statics = self.statics
        self.enabled = np.ones(len(statics.name), dtype=np.bool_)
        labels = [CLASS_NAMES[ObjectClass(int(c))].carla_tag for c in statics.object_class]
        self.labels: NDArray[np.uint8] = np.array(labels, dtype=np.uint8)
        rotation = frames.rotation_from_rpy(statics.rpy_rad).reshape(-1, 3, 3)
        self.center_world_m: Float64 = statics.position_world_m + (rotation @ statics.box_center_m[:, :, None])[:, :, 0]
        self._board = board
        self._signal_boxes = _signal_boxes(network, board)
        self.lamps = StreetLamps(statics)

    def contacts(self) -> ContactWorld:
        """A contact solver that knows everything solid: trees by their trunks, lamps and masts by their poles."""
        statics = self.statics
        extent = statics.box_extent_m.copy()
        center = self.center_world_m.copy()
        for row, name in enumerate(statics.name):
            half = TRUNK_HALF_WIDTH_M if name.startswith("tree.") else POLE_HALF_WIDTH_M if _is_pole(name) else 0.0
            if half:
                extent[row, :2] = half
                center[row, :2] = statics.position_world_m[row, :2]
        poles = self._signal_boxes.label == CLASS_NAMES[ObjectClass.POLE].carla_tag
        return ContactWorld(
            np.concatenate([center, self._signal_boxes.center_m[poles]]),
            np.concatenate([statics.rpy_rad[:, 2], self._signal_boxes.rpy_rad[poles, 2]]),
            np.concatenate([extent, self._signal_boxes.extent_m[poles]]),
        )

    def name_of_contact(self, row: int) -> str:
        """CARLA's type id of the static actor behind a row of the contact solver's statics."""
        if row < len(self.labels):
            return static_type_id(ObjectClass(int(self.statics.object_class[row])))
        return "static.pole"

    def environment_objects(self, label: int) -> list[Any]:
        """EnvironmentObject structs of a label (255: all). Boxes are in the world, as CARLA's are."""
        statics = self.statics
        return [
            [
                wire_transform(statics.position_world_m[row], statics.rpy_rad[row]),
                self._wire_box(row),
                int(statics.carla_id[row]),
                statics.name[row],
                int(self.labels[row]),
            ]
            for row in self._rows(label)
        ]

    def level_boxes(self, label: int) -> list[Any]:
        """Bounding boxes of a label in the world; those of traffic lights, signs and their masts too."""
        boxes = self._signal_boxes
        signals = [
            wire_box(boxes.center_m[i], boxes.extent_m[i], 0, boxes.rpy_rad[i])
            for i in range(len(boxes.label))
            if label in (ANY_LABEL, int(boxes.label[i]))
        ]
        return [self._wire_box(row) for row in self._rows(label)] + signals

    def solid_boxes(self) -> Boxes:
        """All boxes of what stands around, for rays."""
        signal = self._signal_boxes
        return Boxes(
            np.concatenate([self.center_world_m[self.enabled], signal.center_m]),
            np.concatenate([self.statics.rpy_rad[self.enabled], signal.rpy_rad]),
            np.concatenate([self.statics.box_extent_m[self.enabled], signal.extent_m]),
            np.concatenate([self.labels[self.enabled], signal.label]),
        )

    def enable(self, carla_ids: list[int], enabled: bool) -> None:
        """Show or hide objects by id."""
        self.enabled[np.isin(self.statics.carla_id, np.array(carla_ids, dtype=np.uint64))] = enabled

    def enable_layers(self, layers: int, enabled: bool) -> None:
        """Show or hide the objects of map layers."""
        for bit, classes in _LAYER_CLASSES.items():
            if layers & bit:
                self.enabled[np.isin(self.statics.object_class, [int(c) for c in classes])] = enabled

    def _rows(self, label: int) -> NDArray[np.int64]:
        wanted = self.labels == label if label != ANY_LABEL else np.ones(len(self.labels), dtype=np.bool_)
        return np.flatnonzero(wanted)

    def _wire_box(self, row: int) -> list[Any]:
        return wire_box(self.center_world_m[row], self.statics.box_extent_m[row], 0, self.statics.rpy_rad[row])


class StreetLamps:
    """The lights of street lamps, as the client's LightManager sees them."""

    def __init__(self, statics: StaticObjects) -> None:
        rows = [row for row, name in enumerate(statics.name) if name.startswith("pole.street_lamp")]
        # the arm reaches along the lamp's own x, and carries the head at its end
        head = statics.box_center_m[rows] + statics.box_extent_m[rows] * np.array([0.8, 0.0, 0.95])
        turn = frames.rotation_from_rpy(statics.rpy_rad[rows]).reshape(-1, 3, 3)
        self.position_world_m: Float64 = statics.position_world_m[rows] + (turn @ head[:, :, None])[:, :, 0]
        self._states: list[list[Any]] = [
            [index + 1, wire_vector(place), _LAMP_INTENSITY, _LAMP_GROUP_STREET, list(_LAMP_RGB), False]
            for index, place in enumerate(self.position_world_m)
        ]
        self.follow_sun = True
        self.version = 0
        """Grows whenever a lamp changes."""

    def states(self) -> list[Any]:
        """LightState structs."""
        return self._states

    def update(self, states: list[Any]) -> None:
        """Take over intensity, group, colour and switch of the lamps named."""
        self.version += 1
        for state in states:
            index = int(state[0]) - 1
            if 0 <= index < len(self._states):
                group, color = (
                    whole(state[3], "lamp group", 0, 255),
                    [whole(c, "lamp colour", 0, 255) for c in state[4][:3]],
                )
                if len(color) < 3:
                    raise CallError(f"lamp colour: found {brief(state[4])}; expected [r, g, b]")
                self._states[index][2:] = [finite(state[2], "lamp intensity"), group, color, bool(state[5])]

    def sun_moved(self, altitude_deg: float) -> bool:
        """Switch all lamps by daylight; True when something changed."""
        on = altitude_deg < NIGHT_BELOW_DEG
        if not self.follow_sun or all(state[5] == on for state in self._states):
            return False
        self.version += 1
        for state in self._states:
            state[5] = on
        return True


def _is_pole(name: str) -> bool:
    return name.startswith("pole.")


def _signal_boxes(network: RoadNetwork, board: SignalBoard) -> Boxes:
    """Heads and faces of all signals with their own labels, and the masts they stand on as poles."""
    table = board.table
    rows = [table.row_of[actor] for actor in board.actor_ids]
    if not rows:
        return Boxes(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, dtype=np.uint8))
    base, rpy = table.position[rows], table.rpy[rows]
    heads = base + (frames.rotation_from_rpy(rpy) @ table.box_center[rows, :, None])[:, :, 0]
    half_height = np.maximum((heads[:, 2] - base[:, 2]) / 2.0, 0.1)
    masts = base + np.stack([np.zeros(len(rows)), np.zeros(len(rows)), half_height], axis=1)
    mast_extent = np.stack([np.full(len(rows), POLE_HALF_WIDTH_M)] * 2 + [half_height], axis=1)
    labels = [7 if kind == "light" else 8 for kind in board.kinds]
    pole = CLASS_NAMES[ObjectClass.POLE].carla_tag
    return Boxes(
        np.concatenate([heads, masts]),
        np.concatenate([rpy, rpy]),
        np.concatenate([table.box_extent[rows], mast_extent]),
        np.array(labels + [pole] * len(rows), dtype=np.uint8),
    )

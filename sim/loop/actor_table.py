"""Which actors are alive, who they are, and in which order: rebuilt only when the set of actors changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.carla_axes import signal_box_from_carla, vector_from_carla
from sim.base.phase import gait_start_rad
from sim.base.state import ActorInfo, ActorKind
from sim.catalogue.vehicles import VEHICLES

_UNKNOWN_WHEEL_RADIUS_M = 0.35
_UNKNOWN_MAX_STEER_RAD = 0.7
_HIDDEN_TYPES = ("spectator", "controller.")
_SIGNALS = (ActorKind.TRAFFIC_LIGHT, ActorKind.TRAFFIC_SIGN)
FaceBoxes = Callable[[Sequence[int]], Mapping[int, Sequence[Any]]]
"""From CARLA ids to BoundingBox structs in their actors' frames, as they lie on the wire."""


@dataclass(frozen=True)
class ActorTable:
    """The actors of one set of CARLA ids. N rows in ascending track id; `record_row[i]` is row i's record in the stream.

    The spectator and walker controllers are left out: they are no part of the scene, and whether somebody watches must not
    change a run. `gait_start_rad` is where each walker's cycle begins.
    """

    record_ids: NDArray[np.uint32]
    record_row: NDArray[np.intp]
    carla_id: NDArray[np.uint32]
    actors: tuple[ActorInfo, ...]
    track_id: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    is_vehicle: NDArray[np.bool_]
    is_walker: NDArray[np.bool_]
    is_light: NDArray[np.bool_]
    is_signal: NDArray[np.bool_]
    wheel_radius_m: NDArray[np.float64]
    max_steer_rad: NDArray[np.float64]
    height_m: NDArray[np.float64]
    gait_start_rad: NDArray[np.float64]

    def rows_in(self, earlier: ActorTable) -> NDArray[np.intp]:
        """(N,) the row of each actor in an earlier table, -1 where it did not exist."""
        if not len(earlier.track_id):
            return np.full(len(self.track_id), -1, np.intp)
        rows = np.minimum(np.searchsorted(earlier.track_id, self.track_id), len(earlier.track_id) - 1)
        return np.where(earlier.track_id[rows] == self.track_id, rows, -1)


class ActorRegistry:
    """Hands out track ids in the order first seen, and asks the client about each new actor once.

    `face_boxes` asks the server for the boxes of signals' faces by CARLA's ids: the client's `bounding_box` of a light or
    sign is its trigger volume on the road. Without it, that is what becomes of them.
    """

    def __init__(self, world: Any, face_boxes: FaceBoxes | None = None) -> None:
        self._world = world
        self._face_boxes = face_boxes
        self._infos: dict[int, ActorInfo] = {}
        self._track_ids: dict[int, int] = {}

    def reset(self) -> None:
        """Count track ids from 1 again; what was learnt about actors that stay alive is kept."""
        self._track_ids = {}

    def track_id(self, carla_id: int) -> int:
        """The track id of an actor, 0 when it was never seen."""
        return self._track_ids.get(carla_id, 0)

    def table(self, records: NDArray[Any]) -> ActorTable:
        """The table of the actors in these observer records."""
        ids = np.array(records["id"])
        unions = {int(carla_id): bytes(union) for carla_id, union in zip(ids, records["signal_id"], strict=True)}
        for carla_id in [known for known in self._infos if known not in unions]:
            del self._infos[carla_id]
        self._learn(sorted(set(unions) - set(self._infos)), unions)
        shown = [i for i in sorted(unions) if i in self._infos and not _hidden(self._infos[i])]
        for carla_id in shown:
            self._track_ids.setdefault(carla_id, len(self._track_ids) + 1)
        shown.sort(key=self._track_ids.__getitem__)
        return _table(ids, shown, tuple(self._numbered(carla_id) for carla_id in shown))

    def _numbered(self, carla_id: int) -> ActorInfo:
        info = self._infos[carla_id]
        parent = self._track_ids.get(info.parent_track_id, 0)
        return replace(info, track_id=self._track_ids[carla_id], parent_track_id=parent)

    def _learn(self, new_ids: list[int], unions: Mapping[int, bytes]) -> None:
        if not new_ids:
            return
        actors = list(self._world.get_actors(new_ids))
        signals = [actor.id for actor in actors if _kind(actor.type_id) in _SIGNALS]
        faces = self._face_boxes(signals) if signals and self._face_boxes else {}
        for actor in actors:
            kind = _kind(actor.type_id)
            # of others the union holds other things
            signal = unions[actor.id].rstrip(b"\0").decode(errors="replace") if kind in _SIGNALS else ""
            info = _info(actor, kind, signal)
            face = faces.get(actor.id)
            if face is not None:
                center, extent = signal_box_from_carla(vector_from_carla(face[0]), face[1])
                info = replace(info, box_center_m=_floats(center), box_extent_m=_floats(extent))
            self._infos[actor.id] = info


def _floats(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _info(actor: Any, kind: ActorKind, signal_id: str) -> ActorInfo:
    """What the client knows of one actor; track id and parent are CARLA's ids until they are numbered."""
    center, extent = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    if not _hidden_type(actor.type_id) and kind is not ActorKind.SENSOR:
        box = actor.bounding_box
        c = vector_from_carla([box.location.x, box.location.y, box.location.z])
        center = (float(c[0]), float(c[1]), float(c[2]))
        extent = (box.extent.x, box.extent.y, box.extent.z)
    parent = actor.parent
    return ActorInfo(
        track_id=actor.id,
        kind=kind,
        type_id=actor.type_id,
        attributes=dict(sorted(actor.attributes.items())),
        box_center_m=center,
        box_extent_m=extent,
        parent_track_id=0 if parent is None else parent.id,
        signal_id=signal_id,
    )


def _kind(type_id: str) -> ActorKind:
    if type_id.startswith("traffic.traffic_light"):
        return ActorKind.TRAFFIC_LIGHT
    prefixes = {
        "vehicle": ActorKind.VEHICLE,
        "walker": ActorKind.WALKER,
        "traffic": ActorKind.TRAFFIC_SIGN,
        "static": ActorKind.PROP,
        "sensor": ActorKind.SENSOR,
    }
    return prefixes.get(type_id.split(".", 1)[0], ActorKind.OTHER)


def _hidden_type(type_id: str) -> bool:
    return type_id.startswith(_HIDDEN_TYPES)


def _hidden(info: ActorInfo) -> bool:
    return _hidden_type(info.type_id)


def _table(record_ids: NDArray[Any], shown: list[int], actors: tuple[ActorInfo, ...]) -> ActorTable:
    row_of = {int(carla_id): row for row, carla_id in enumerate(record_ids)}
    kind = np.array([info.kind for info in actors], np.uint8)
    vehicles = [VEHICLES.get(info.type_id) for info in actors]
    return ActorTable(
        record_ids=record_ids,
        record_row=np.array([row_of[carla_id] for carla_id in shown], np.intp),
        carla_id=np.array(shown, np.uint32),
        actors=actors,
        track_id=np.array([info.track_id for info in actors], np.uint32),
        kind=kind,
        is_vehicle=kind == ActorKind.VEHICLE,
        is_walker=kind == ActorKind.WALKER,
        is_light=kind == ActorKind.TRAFFIC_LIGHT,
        is_signal=np.isin(kind, _SIGNALS),
        wheel_radius_m=np.array([v.wheel_radius_m if v else _UNKNOWN_WHEEL_RADIUS_M for v in vehicles], np.float64),
        max_steer_rad=np.array([v.max_steer_rad if v else _UNKNOWN_MAX_STEER_RAD for v in vehicles], np.float64),
        height_m=np.array([max(2.0 * info.box_extent_m[2], 0.5) for info in actors], np.float64),
        gait_start_rad=np.array([gait_start_rad(info.track_id) for info in actors], np.float64),
    )

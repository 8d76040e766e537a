"""From a moment and a condition to a picture, or to a picture with all its labels."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from rendering.scene import Scene
from sensors.camera_config import CameraConfig
from sensors.capture import CameraSensor
from sensors.label_choice import ALL_LABELS
from sim.base.annotations import FrameAnnotations
from sim.base.observation import CameraFrame
from sim.base.state import ActorInfo, ActorKind, Lamp, Weather, WorldState
from sim.catalogue.blueprints import SNOW_TYPE
from sim.loop.gallery.scenes import Condition
from sim.loop.gallery.stage import Moment
from sim.loop.session import Session

_SNOW_TRACK_ID = 0x0FFF_FFFF
_DRIVING_LAMPS = np.uint32(Lamp.POSITION | Lamp.LOW_BEAM)


class Photographer:
    """Two cameras of one configuration in the scene of one map: one for pictures, one for labels too."""

    def __init__(self, session: Session, config: CameraConfig, seed: int, threads: int) -> None:
        scene = Scene(session.network, session.statics, threads)
        period = session.tick_period_flicks
        self._camera = CameraSensor(config, scene, seed, period, threads)
        self._labelled = CameraSensor(config, scene, seed, period, threads, ALL_LABELS)

    def picture(self, moment: Moment, condition: Condition) -> CameraFrame:
        """The moment's last tick, exposed after the ticks before it."""
        camera = self._camera
        states = [under(state, condition, moment.camera_track_id) for state in moment.states]
        camera.reset()
        for end in range(camera.history_ticks + 1, len(states)):
            camera.capture(states[:end], moment.camera_track_id, labels=False)
        return camera.capture(states, moment.camera_track_id, labels=False)[0]

    def labelled(self, moment: Moment, condition: Condition) -> tuple[CameraFrame, FrameAnnotations]:
        """The same with every label there is; flow comes from the tick before."""
        camera = self._labelled
        states = [under(state, condition, moment.camera_track_id) for state in moment.states]
        camera.reset()
        camera.capture(states[:-1], moment.camera_track_id)
        frame, notes = camera.capture(states, moment.camera_track_id)
        if notes is None:
            raise RuntimeError("a camera that was asked for labels gave none")
        return frame, notes


def under(state: WorldState, condition: Condition, camera_track_id: int) -> WorldState:
    """The state in another light: weather replaced; headlamps of all but parked vehicles lit when the condition says so; snow."""
    lamps = state.lamp_flags
    if condition.lamps:
        driven = (state.kind == ActorKind.VEHICLE) & (
            (state.hand_brake == 0) | (state.track_id == np.uint32(camera_track_id))
        )
        lamps = np.where(driven, lamps | _DRIVING_LAMPS, lamps).astype(np.uint32)
    changed = dataclasses.replace(state, weather=Weather(**condition.weather), lamp_flags=lamps)
    return _with_snow(changed, condition.snow) if condition.snow else changed


def _with_snow(state: WorldState, attributes: dict[str, str]) -> WorldState:
    """The state with the actor that makes snow, as the last row."""
    snow = ActorInfo(_SNOW_TRACK_ID, ActorKind.PROP, SNOW_TYPE, attributes, (0.0, 0.0, 0.0), (0.1, 0.1, 0.1))
    columns: dict[str, Any] = {}
    for item in dataclasses.fields(state):
        column = getattr(state, item.name)
        if isinstance(column, np.ndarray):
            row = np.zeros_like(column, shape=(1, *column.shape[1:]))
            if item.name == "track_id":
                row[0] = _SNOW_TRACK_ID
            columns[item.name] = np.concatenate([column, row])
    return dataclasses.replace(state, actors=(*state.actors, snow), **columns)

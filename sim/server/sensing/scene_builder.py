"""The scene that the server's cameras look at, built beside the event loop.

Loading the renderer and building a town takes seconds. It begins when the first camera is spawned, in a thread, so that other
clients are answered meanwhile; a server for people builds it before it says that it is ready (`--scene-first`), since public
programs allow no call more than two seconds. In asynchronous mode images begin when the scene is ready; in synchronous mode the tick
that needs the first image waits for it, so that which frames have images never depends on how fast a machine is. The thread
sees no live state, only arrays that never change. Tested by tests/server/test_camera.py.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.base.state import StaticObjects, WorldState
from sim.maps.network import RoadNetwork
from sim.server.heap import give_back

if TYPE_CHECKING:
    from rendering.scene import Scene

_WARM_PX = 8


Key = tuple[str, str, bytes]


def scene_key(network: RoadNetwork, statics: StaticObjects, shown: NDArray[np.bool_]) -> Key:
    """What two scenes have in common that are the same but for their actors."""
    return network.sha256, statics.digest(), shown.tobytes()


class SceneBuilder:
    """One scene under construction: those static objects that are shown, and the state to try the renderer with."""

    def __init__(
        self, network: RoadNetwork, statics: StaticObjects, shown: NDArray[np.bool_], state: WorldState
    ) -> None:
        self.shown = shown.copy()
        self.key = scene_key(network, statics, shown)
        self.static_ids = statics.carla_id[self.shown]
        """Ids by which clients know the static objects, in the scene's order."""
        self._parts = (network, _subset(statics, self.shown), state)
        self._scene: Scene | None = None
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._build, name="scene", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether scene() answers at once."""
        return not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Whether it could not be built."""
        return self._failure is not None

    def pose(self, state: WorldState | None) -> None:
        """Hold the actors of this state, or none, and no others; nothing happens while the scene is not finished."""
        if self.ready and self._scene is not None:
            if state is None:
                state = _without_actors(self._parts[2])
            self._scene.set_states(state, state, None)

    def wait(self) -> None:
        """Return when it is finished, or has failed."""
        self._thread.join()

    def scene(self) -> Scene:
        """The finished scene; waits for it. Raises what went wrong while it was built."""
        self.wait()
        if self._failure is not None:
            raise self._failure
        if self._scene is None:
            raise RuntimeError("the scene's thread ended without a scene")
        return self._scene

    def _build(self) -> None:
        try:
            self._scene = _warm_scene(*self._parts)
        except Exception as failure:  # told to whoever asks for the scene
            self._failure = failure
        give_back()


def _without_actors(state: WorldState) -> WorldState:
    per_actor: dict[str, Any] = {
        name: value[:0] for name, value in vars(state).items() if isinstance(value, np.ndarray) and value.ndim > 0
    }
    return replace(state, actors=(), **per_actor)


def _subset(statics: StaticObjects, shown: NDArray[np.bool_]) -> StaticObjects:
    rows = np.flatnonzero(shown)
    if len(rows) == len(shown):
        return statics
    return replace(
        statics,
        name=tuple(statics.name[row] for row in rows),
        position_world_m=statics.position_world_m[rows],
        rpy_rad=statics.rpy_rad[rows],
        box_center_m=statics.box_center_m[rows],
        box_extent_m=statics.box_extent_m[rows],
        object_class=statics.object_class[rows],
        carla_id=statics.carla_id[rows],
    )


def _warm_scene(network: RoadNetwork, statics: StaticObjects, state: WorldState) -> Scene:
    """Build, then render a few pixels: the first frame loads the renderer's compiled code."""
    from rendering.buffers import View
    from rendering.scene import Scene

    scene = Scene(network, statics)
    scene.set_states(state, state, None)
    forward = np.zeros((_WARM_PX, _WARM_PX, 3), dtype=np.float32)
    forward[:, :, 2] = 1.0
    pose = np.eye(4)[None, :3, :]
    view = View(
        directions_camera=forward,
        world_from_camera_rows=np.repeat(pose, _WARM_PX, axis=0),
        row_time=np.zeros(_WARM_PX, dtype=np.float32),
        pixel_angle_rad=0.01,
    )
    scene.render(view)
    return scene

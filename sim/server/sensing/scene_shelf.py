"""Scenes that are not looked at any more, kept for the next episode on the same map: building one takes seconds.

A scene is the same when the roads, what stands around them and what of it is shown are. Of those that are put away the last
KEPT stay. Nobody else may hold a scene while it lies here, so it is put away only when the room that draws from it has
stopped. Tested by tests/server/test_scene_shelf.py.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from sim.base.state import StaticObjects, WorldState
from sim.maps.network import RoadNetwork
from sim.server.heap import give_back
from sim.server.sensing.scene_builder import Key, SceneBuilder, scene_key

KEPT = 2


class SceneShelf:
    """The scenes of one server that nobody looks at; used by the loop's thread and by those that give scenes back."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, SceneBuilder] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def take(
        self, network: RoadNetwork, statics: StaticObjects, shown: NDArray[np.bool_], state: WorldState
    ) -> SceneBuilder:
        """The scene of these roads and statics, from here if it lies here, with the actors of `state`; otherwise a new one."""
        with self._lock:
            builder = self._kept.pop(scene_key(network, statics, shown), None)
        if builder is None or builder.failed:
            return SceneBuilder(network, statics, shown, state)
        builder.pose(state)
        return builder

    def put(self, builder: SceneBuilder) -> None:
        """Nobody looks at this scene now. Its actors are taken out: they belong to an episode that may have ended."""
        builder.pose(None)
        with self._lock:
            self._kept[builder.key] = builder
            self._kept.move_to_end(builder.key)
            dropped = [self._kept.popitem(last=False)[1] for _ in range(len(self._kept) - KEPT)]
        del builder
        if dropped:
            threading.Thread(target=_drop, args=(dropped,), name="drop", daemon=True).start()


def _drop(scenes: list[SceneBuilder]) -> None:
    """Free scenes, beside the loop, which would be held up by their hundreds of megabytes."""
    scenes.clear()
    give_back()

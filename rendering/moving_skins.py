"""Bending people and animals before an exposure: bones for all of one kind at once, then skins and trees, several threads at a time.

Forty walkers of 23 000 triangles take about 20 ms of CPU time. What has not moved since the last time is left alone, so that several
cameras of one instant pay once. Tested by tests/rendering/test_scene.py and test_assets_people.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from rendering.assets.parts import Part
from rendering.assets.skin import Bones, MovedSkin
from rendering.tables import MeshTable
from sim.base.state import WorldState

Float64 = NDArray[np.float64]
Step = tuple[float, float]
"""Speed in m/s and phase in rad of a gait."""


class MovingSkins:
    """The skins of one scene. Each mesh is written by one thread, so that the threads' number changes no byte."""

    def __init__(self, meshes: MeshTable, threads: int) -> None:
        self._meshes = meshes
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bend")
        self._shown: dict[int, Step] = {}

    def follow(self, state: WorldState, parts: Sequence[Sequence[Part]]) -> None:
        """Move the skins among each actor's parts, in the order of the state's rows, to what the state tells."""
        families: dict[Bones, list[tuple[Part, MovedSkin, Step]]] = {}
        for row, pieces in enumerate(parts):
            for part in pieces:
                if part.moved is None:
                    continue
                step = _step(state, row, part.moved)
                if self._shown.get(id(part)) != step:
                    self._shown[id(part)] = step
                    families.setdefault(part.moved.bones, []).append((part, part.moved, step))
        for bones_of, members in families.items():
            steps = np.array([step for _, _, step in members])
            bones = bones_of([skin.member for _, skin, _ in members], steps[:, 0], steps[:, 1])
            share = -(-len(members) // self._threads)
            jobs = [
                self._pool.submit(self._bend, members[first : first + share], bones[first : first + share])
                for first in range(0, len(members), share)
            ]
            for job in jobs:
                job.result()

    def forget(self, part: Part) -> None:
        """A part is drawn no more."""
        self._shown.pop(id(part), None)

    def _bend(self, members: Sequence[tuple[Part, MovedSkin, Step]], bones: Float64) -> None:
        for (part, skin, _), frame in zip(members, bones, strict=True):
            mesh = part.meshes[0]
            skin.skin.pose_into(frame, mesh.vertices, mesh.normals)
            self._meshes.refit(mesh)


def _step(state: WorldState, row: int, skin: MovedSkin) -> Step:
    """The gait of a walker as the state tells it, or of an animal by the way it has covered."""
    if skin.stride_m <= 0.0:
        return float(state.walker_speed_mps[row]), float(state.gait_phase_rad[row])
    speed = float(np.linalg.norm(state.velocity_world_mps[row, :2]))
    return speed, 2.0 * np.pi * float(state.distance_travelled_m[row]) / skin.stride_m

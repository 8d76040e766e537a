"""One look into the scene: cameras with the same pose and the same rays share a single render in a tick.

Label cameras need no light, and take the render of an RGB camera beside them when there is one: labels are those of each
pixel's centre ray either way. Tested by tests/server/test_sensors_cameras.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.server.sensing.lens import lens_of
from sim.wire.sensor_frame import IMAGE_HEADER

if TYPE_CHECKING:
    from rendering.buffers import Buffers, View
    from rendering.surfaces import Surfaces
    from sim.base.state import WorldState
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.lens import LensRays
    from sim.server.sensing.station import Moment, Tick
    from sim.server.world import World

Float64 = NDArray[np.float64]


@dataclass
class _Taken:
    """One render; `surfaces` once somebody has asked for them."""

    lens: LensRays
    pose: bytes
    hidden: frozenset[int]
    since: tuple[int, bytes]
    lit: bool
    buffers: Buffers
    surfaces: Surfaces | None = None


class LookBook:
    """The renders of the current tick, and buffers that are used again in the next."""

    def __init__(self) -> None:
        self._tick: Tick | None = None
        self._taken: list[_Taken] = []
        self._spare: dict[tuple[int, ...], list[Buffers]] = {}
        self.last: _Taken | None = None
        """What was rendered last: the scene knows the surfaces of that one alone."""
        self.renders = 0

    def find(
        self,
        tick: Tick,
        lens: LensRays,
        pose: bytes,
        hidden: frozenset[int],
        since: tuple[int, bytes] | None,
        lit: bool,
    ) -> _Taken | None:
        """A render of this tick that serves; `since` None when its motion does not matter."""
        if self._tick is not tick:
            self._turn_page(tick)
        for taken in self._taken:
            same = taken.lens is lens and taken.pose == pose and taken.hidden == hidden
            if same and (since is None or taken.since == since) and (taken.lit or not lit):
                return taken
        return None

    def blank(self, lens: LensRays) -> Buffers:
        """Buffers to render into."""
        from rendering.buffers import Buffers

        shape = (lens.height, lens.width)
        spare = self._spare.get(shape)
        return spare.pop() if spare else Buffers.empty(*shape)

    def keep(self, taken: _Taken) -> None:
        """Remember a render until the tick is over."""
        self._taken.append(taken)
        self.last = taken
        self.renders += 1

    def _turn_page(self, tick: Tick) -> None:
        self._spare = {}
        for taken in self._taken:
            self._spare.setdefault(taken.buffers.range_m.shape, []).append(taken.buffers)
        self._taken = []
        self.last = None
        self._tick = tick


class Camera:
    """What all image sensors have in common: the lens, and where and when they looked last."""

    needs_scene = True

    def __init__(self, entry: ActorEntry, world: World) -> None:
        self.actor_id = entry.actor_id
        self.lens = lens_of(entry)
        self._latest: tuple[WorldState, Float64] | None = None
        self._before: tuple[WorldState, Float64] | None = None

    @property
    def image_header(self) -> bytes:
        """Width, height and field of view, before the pixels."""
        return IMAGE_HEADER.pack(self.lens.width, self.lens.height, self.lens.fov_deg)

    def look(self, moment: Moment, lit: bool = False, flow: bool = False) -> Buffers:
        """What the rays meet now. The buffers hold until the next tick, and others may read them too.

        `lit` asks for radiance, with antialiased edges; `flow` for motion since this camera's last look.
        """
        return self._take(moment, lit, flow).buffers

    def _take(self, moment: Moment, lit: bool, flow: bool) -> _Taken:
        book, lens = moment.tick.station.looks, self.lens
        pose, state = moment.world_from_sensor, moment.state
        if self._latest is None or self._latest[0] is not state:
            self._before, self._latest = self._latest, (state, pose)
        before_state, before_pose = self._before if self._before is not None else (state, pose)
        hidden = moment.tick.ignored.get(self.actor_id, frozenset())
        since = (before_state.tick, before_pose.tobytes())
        found = book.find(moment.tick, lens, pose.tobytes(), hidden, since if flow else None, lit)
        if found is not None:
            return found
        view = self.view(pose, before_pose)
        scene = moment.tick.scene_since(before_state, hidden)
        buffers = scene.render(view, book.blank(lens), lit, lit)
        taken = _Taken(lens, pose.tobytes(), hidden, since, lit, buffers)
        book.keep(taken)
        return taken

    def surfaces(self, moment: Moment) -> Surfaces:
        """What the surfaces seen are made of; once a tick for all who share a render."""
        taken, book = self._take(moment, lit=False, flow=False), moment.tick.station.looks
        if taken.surfaces is None:
            scene = moment.tick.builder.scene()
            view = self.view(moment.world_from_sensor, moment.world_from_sensor)
            if book.last is not taken:
                scene = moment.tick.scene_since(moment.state, taken.hidden)
                scene.render(view, book.blank(self.lens), refine=False, lit=False)
                book.last = taken
            taken.surfaces = scene.surfaces(view)
        return taken.surfaces

    def view(self, world_from_sensor: Float64, previous_world_from_sensor: Float64) -> View:
        """The rays of this camera at a pose."""
        from rendering.buffers import View

        return View(
            directions_camera=self.lens.directions,
            world_from_camera_rows=_rows(world_from_sensor, self.lens.height),
            row_time=np.zeros(self.lens.height, dtype=np.float32),
            pixel_angle_rad=self.lens.pixel_angle_rad,
            previous_world_from_camera_rows=_rows(previous_world_from_sensor, self.lens.height),
        )


def _rows(world_from_sensor: Float64, height: int) -> Float64:
    """The optical axes' pose (height, 3, 4), once for each image row."""
    pose = world_from_sensor @ frames.SENSOR_FROM_CAMERA
    return np.repeat(pose[None, :3, :], height, axis=0)

"""A scene computed in closed form: grey ground, blue sky, and a box for each actor. Stands in for the ray tracer in tests."""

from __future__ import annotations

import numpy as np

from rendering.buffers import Behind, Buffers, Silhouette, View
from rendering.motion import Motion
from sim.base.frames import apply, box_corners, inverse, pose
from sim.base.state import GROUND_INSTANCE_BASE, WorldState
from sim.base.taxonomy import ObjectClass

ROAD_CD_M2 = 3200.0
SKY_CD_M2 = (4500.0, 6000.0, 9000.0)
BOX_CD_M2 = ((9000.0, 2000.0, 1500.0), (1500.0, 4000.0, 9000.0), (6000.0, 6000.0, 5500.0))


class AnalyticScene:
    """Slab-tests every ray against every actor's box; numpy only, so small pictures only."""

    def __init__(self, brightness: float = 1.0) -> None:
        self.brightness = brightness
        self.calls = 0

    def set_states(self, begin: WorldState, end: WorldState, previous=None, hidden_track_ids=frozenset()) -> None:
        self.begin, self.end, self.previous, self.hidden = begin, end, previous, hidden_track_ids
        self.calls += 1

    def _pose(self, row: int, fraction: float) -> np.ndarray:
        start = self.begin.row_of(int(self.end.track_id[row]))
        p, r = self.end.position_world_m[row], self.end.rpy_rad[row]
        if start is None:
            return pose(p, r)
        p0, r0 = self.begin.position_world_m[start], self.begin.rpy_rad[start]
        return pose(p0 + fraction * (p - p0), r0 + fraction * (r - r0))

    def _rays(self, view: View) -> tuple[np.ndarray, np.ndarray]:
        m = view.world_from_camera_rows
        directions = np.einsum("rij,rcj->rci", m[:, :, :3], view.directions_camera.astype(np.float64))
        origins = np.broadcast_to(m[:, None, :, 3], directions.shape)
        return origins, directions

    def _hit(self, row: int, view: View, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
        actor = self.end.actors[row]
        out = np.full(directions.shape[:2], np.inf)
        for i in range(len(view.row_time)):
            actor_from_world = inverse(self._pose(row, float(view.row_time[i])))
            o = apply(actor_from_world, origins[i]) - actor.box_center_m
            d = directions[i] @ actor_from_world[:3, :3].T
            with np.errstate(divide="ignore", invalid="ignore"):
                t1 = (-np.array(actor.box_extent_m) - o) / d
                t2 = (np.array(actor.box_extent_m) - o) / d
            near, far = np.minimum(t1, t2).max(axis=-1), np.maximum(t1, t2).min(axis=-1)
            out[i] = np.where((near <= far) & (near > 0.0), near, np.inf)
        return out

    def _visible_rows(self) -> list[int]:
        return [i for i in range(self.end.count) if int(self.end.track_id[i]) not in self.hidden]

    def render(self, view: View, out: Buffers | None = None) -> Buffers:
        out = out or Buffers.empty(*view.shape)
        origins, directions = self._rays(view)
        with np.errstate(divide="ignore"):
            ground = np.where(directions[..., 2] < 0.0, -origins[..., 2] / directions[..., 2], np.inf)
        best = ground.copy()
        out.instance[:] = np.where(np.isfinite(ground), GROUND_INSTANCE_BASE, 0)
        out.semantic[:] = np.where(np.isfinite(ground), ObjectClass.ROAD, ObjectClass.SKY)
        out.radiance[:] = np.where(np.isfinite(ground)[..., None], ROAD_CD_M2, np.array(SKY_CD_M2))
        for row in self._visible_rows():
            t = self._hit(row, view, origins, directions)
            closer = t < best
            best[closer] = t[closer]
            out.instance[closer] = self.end.track_id[row]
            out.semantic[closer] = ObjectClass.CAR
            out.radiance[closer] = BOX_CD_M2[row % len(BOX_CD_M2)]
        out.radiance[:] *= self.brightness
        out.range_m[:] = best
        out.normal_world[:] = 0.0
        return out

    def motion(self, view: View) -> Motion:
        """Everything stands still, as far as flow is concerned."""
        codes = np.ones(view.shape, np.int32)
        return Motion(view, codes, np.zeros((1, 24), np.float32), np.ones(1, np.int64), np.zeros(3))

    def behind_glass(self, view: View, front: Buffers, out: Behind | None = None) -> Behind:
        """There is no glass."""
        return Behind.empty(*view.shape)

    def silhouettes(self, view: View, track_ids, masked=frozenset()) -> list[Silhouette]:
        origins, directions = self._rays(view)
        out = []
        for track_id in track_ids:
            hit = np.isfinite(self._hit(self.end.row_of(track_id), view, origins, directions))
            ys, xs = np.nonzero(hit)
            box = (xs.min() - 0.5, ys.min() - 0.5, xs.max() + 0.5, ys.max() + 0.5) if len(xs) else None
            out.append(Silhouette(track_id, int(hit.sum()), box))
        return out

    def posed_vertices(self, track_id: int, fraction: float) -> np.ndarray:
        row = self.end.row_of(track_id)
        actor = self.end.actors[row]
        return apply(self._pose(row, fraction), box_corners(np.array(actor.box_center_m), np.array(actor.box_extent_m)))

    def posed_box(self, track_id: int, fraction: float):
        row = self.end.row_of(track_id)
        actor = self.end.actors[row]
        m = self._pose(row, fraction)
        return apply(m, np.array(actor.box_center_m)), 2.0 * np.array(actor.box_extent_m), self.end.rpy_rad[row]

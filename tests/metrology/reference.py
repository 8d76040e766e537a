"""An independent account of where objects appear: own posing (scipy), OpenCV's projection, a polygon rasteriser.

Nothing here uses our lens tables, ray tracer or frames module. It shares with them only the meshes, the states and the camera's
data sheet. Rolling shutters are solved per vertex: a point appears in the row that is exposed when it projects there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from rendering.assets.actors import parts_of
from rendering.assets.parts import PoseKind
from sensors.camera_config import CameraConfig
from sim.base.state import ActorInfo, WorldState

FLICKS = 705_600_000
OVERSAMPLING = 16
LONGEST_EDGE_M = 0.5
CAMERA_FROM_SENSOR = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])


def rotations(rpy_rad: np.ndarray) -> Rotation:
    """Rz(yaw) Ry(pitch) Rx(roll)."""
    return Rotation.from_euler("ZYX", np.asarray(rpy_rad)[..., ::-1])


class Motion:
    """Position and angles of one actor over the states, linear in between, still before the first."""

    def __init__(self, states: list[WorldState], track_id: int) -> None:
        rows = [int(np.nonzero(s.track_id == track_id)[0][0]) for s in states]
        self.times = np.array([s.time_flicks for s in states], dtype=np.float64)
        self.position = np.array([s.position_world_m[r] for s, r in zip(states, rows, strict=True)])
        self.angles = np.unwrap(np.array([s.rpy_rad[r] for s, r in zip(states, rows, strict=True)]), axis=0)

    def at(self, times: np.ndarray) -> tuple[np.ndarray, Rotation]:
        position = np.stack([np.interp(times, self.times, self.position[:, k]) for k in range(3)], axis=-1)
        angles = np.stack([np.interp(times, self.times, self.angles[:, k]) for k in range(3)], axis=-1)
        return position, rotations(angles)


def scalar_at(states: list[WorldState], row: int, name: str, time: float) -> float:
    values = [float(getattr(s, name)[row]) for s in states]
    return float(np.interp(time, [s.time_flicks for s in states], np.unwrap(values)))


def mesh_in_actor_frame(
    info: ActorInfo, states: list[WorldState], window: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (V, 3) and triangles (T, 3) of all parts, wheels and gait as they are in the exposure's window."""
    row = next(i for i, a in enumerate(states[-1].actors) if a.track_id == info.track_id)
    vertices, triangles, count = [], [], 0
    for part in parts_of(info):
        mesh = part.meshes[0]
        points = mesh.vertices.astype(np.float64)
        if part.moved is not None:
            phase = scalar_at(states, row, "gait_phase_rad", window[1]) % (2.0 * np.pi)
            mesh = part.moved.mesh_at(float(states[-1].walker_speed_mps[row]), phase)
            points = mesh.vertices.astype(np.float64)
        elif part.kind == PoseKind.WHEEL:
            middle = 0.5 * (window[0] + window[1])
            roll = scalar_at(states, row, "wheel_roll_rad", middle) * part.roll_ratio
            steer = scalar_at(states, row, "wheel_steer_rad", window[1]) * part.steered
            points = rotations(np.array([0.0, roll, steer])).apply(points) + np.array(part.position_m)
        elif part.kind == PoseKind.PLACED:
            points = points + np.array(part.position_m)
        vertices.append(points)
        triangles.append(mesh.triangles.astype(np.int64) + count)
        count += len(points)
    return subdivided(np.concatenate(vertices), np.concatenate(triangles))


def subdivided(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same surface with no edge longer than LONGEST_EDGE_M: straight edges are curves behind a lens and a moving row."""
    while True:
        corners = vertices[triangles]
        edges = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=-1)
        long = edges.max(axis=1) > LONGEST_EDGE_M
        if not long.any():
            return vertices, triangles
        a, b, c = triangles[long].T
        middle = len(vertices) + np.arange(3 * long.sum()).reshape(3, -1)
        ab, bc, ca = middle
        vertices = np.concatenate([vertices, *(0.5 * (vertices[i] + vertices[j]) for i, j in ((a, b), (b, c), (c, a)))])
        split = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        triangles = np.concatenate([triangles[~long], *(np.stack(t, axis=-1) for t in split)])


@dataclass
class ReferenceCamera:
    """The data sheet's geometry through cv2.projectPoints."""

    config: CameraConfig
    exposure_s: float
    tick_flicks: int

    def row_time(self, row: np.ndarray) -> np.ndarray:
        sensor = self.config.sensor
        before_s = (sensor.height_px - 1 - row) * sensor.row_time_s + 0.5 * self.exposure_s
        return self.tick_flicks - before_s * FLICKS

    @property
    def window(self) -> tuple[int, int]:
        first, last = self.row_time(np.array([0.0, self.config.sensor.height_px - 1.0]))
        return int(first), int(last)

    def project(self, vertices: np.ndarray, actor: Motion, ego: Motion) -> tuple[np.ndarray, np.ndarray]:
        """Pixels (V, 2) and depths (V,) of actor-frame vertices, each at the instant of the row it falls on."""
        optics, mount = self.config.optics, self.config.mounting
        k = np.array(
            [
                [optics.intrinsics.fx_px, 0, optics.intrinsics.cx_px],
                [0, optics.intrinsics.fy_px, optics.intrinsics.cy_px],
                [0, 0, 1],
            ]
        )
        sensor_rotation = rotations(np.radians([mount.roll_deg, mount.pitch_deg, mount.yaw_deg]))
        rows = np.full(len(vertices), self.config.sensor.height_px / 2.0)
        for _ in range(4 if self.config.sensor.row_time_s else 1):
            times = self.row_time(rows)
            position, rotation = actor.at(times)
            world = rotation.apply(vertices) + position
            ego_position, ego_rotation = ego.at(times)
            in_ego = ego_rotation.inv().apply(world - ego_position)
            in_sensor = sensor_rotation.inv().apply(in_ego - np.array([mount.x_m, mount.y_m, mount.z_m]))
            camera = in_sensor @ CAMERA_FROM_SENSOR.T
            if (camera[:, 2] <= 0.3).any():
                return np.empty((0, 2)), camera[:, 2]
            pixels = cv2.projectPoints(camera[:, None], np.zeros(3), np.zeros(3), k, np.array(optics.distortion))[0][
                :, 0
            ]
            rows = pixels[:, 1]
        return pixels, camera[:, 2]


@dataclass
class Outline:
    """Signed distance in px of every pixel centre of a region to the silhouette's edge: positive inside."""

    first_row: int
    first_column: int
    distance_px: np.ndarray


def outline(pixels: np.ndarray, triangles: np.ndarray, width_px: int, height_px: int) -> Outline | None:
    """Rasterise the silhouette at 16 x 16 samples a pixel within the image, and measure distances to its edge."""
    n = OVERSAMPLING
    low = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 3, 0)
    high = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + 4, [width_px, height_px])
    if (high - low <= 0).any():
        return None
    margin = 2
    shape = (high - low + 2 * margin)[::-1] * n
    fine = np.zeros(shape, np.uint8)
    # sample s lies at pixel low - margin + (s + 0.5) / n - 0.5
    points = np.rint(((pixels - low + margin + 0.5) * n - 0.5) * 256.0).astype(np.int32)
    for triangle in points[triangles]:
        cv2.fillConvexPoly(fine, triangle, 1, cv2.LINE_8, 8)
    inside = cv2.distanceTransform(fine, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - fine, cv2.DIST_L2, 5)
    # a pixel's centre lies between four samples
    center = slice(margin * n + n // 2, -margin * n, n)
    before = slice(margin * n + n // 2 - 1, -margin * n - 1, n)
    total = np.zeros((high - low)[::-1])
    for part in ((center, center), (before, before), (center, before), (before, center)):
        total += np.where(fine[part] > 0, inside[part] - 0.5, 0.5 - outside[part])
    mean = total / (4 * n)
    return Outline(int(low[1]), int(low[0]), mean)


def covered(point: np.ndarray, pixels: np.ndarray, triangles: np.ndarray) -> bool:
    """Whether a point lies in any projected triangle, exactly: the rasteriser closes gaps narrower than two samples."""
    a, b, c = (pixels[triangles[:, k]] - point for k in range(3))
    turns = [u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0] for u, v in ((a, b), (b, c), (c, a))]
    return bool((np.all(np.array(turns) >= 0.0, axis=0) | np.all(np.array(turns) <= 0.0, axis=0)).any())

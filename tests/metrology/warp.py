"""Reprojection and warping from the labels alone: what a user of depth, pose and flow does with them.

Geometry comes from the annotations (z-depth, poses of the rows, ids) through cv2.projectPoints; nothing of our flow is used.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from rendering.assets.ground import GroundMesh
from rendering.assets.solids import box, quads
from rendering.mesh import merge
from rendering.scene import Scene
from sensors.capture import CameraSensor
from sensors.label_choice import ALL_LABELS
from sensors.rig import load_rig
from sim.base.annotations import FrameAnnotations
from sim.base.parts import PartKind
from sim.base.state import STATIC_INSTANCE_BASE, ActorInfo, ActorKind, Weather, WorldState
from sim.base.taxonomy import ObjectClass
from tests.metrology.reference import Motion
from tests.metrology.traffic import EGO
from tests.sensors.worlds import world

PIXELS = 4000
OWN_SHADE_M = 5.0
"""Nearer than this the ground lies in the car's own contact shade, which is not static: it comes along."""


@dataclass
class Frame:
    """One frame: annotations, its states, its radiance and the camera's electrons (before noise)."""

    notes: FrameAnnotations
    states: list[WorldState]
    radiance: np.ndarray
    electrons: np.ndarray


def pair(sensor: CameraSensor, states: list[WorldState], lead: int) -> tuple[Frame, Frame]:
    """Two frames, the second one period after the first; `lead` states belong to the first."""
    sensor.reset()
    out = []
    for end in (lead, len(states)):
        _, notes = sensor.capture(states[:end], EGO)
        out.append(Frame(notes, states[:end], sensor._scratch.radiance.copy(), sensor.chip.electrons.copy()))
    return out[0], out[1]


def _camera(sensor: CameraSensor) -> tuple[np.ndarray, np.ndarray]:
    optics = sensor.config.optics
    i = optics.intrinsics
    return np.array([[i.fx_px, 0, i.cx_px], [0, i.fy_px, i.cy_px], [0, 0, 1.0]]), np.array(optics.distortion)


def flow_errors(
    sensor: CameraSensor, here: Frame, there: Frame, flow: np.ndarray, seed: int = 0, depth_scale: float = 1.0
) -> np.ndarray:
    """|flow - reprojection| in px (N,) of random pixels of frame `here`, static ones and those of actors alike.

    A pixel's depth and row pose make a point, the actor's own poses carry it along, the other frame's rows see it.
    """
    matrix, distortion = _camera(sensor)
    notes = here.notes
    height, width = notes.depth_m.shape
    rng = np.random.default_rng(seed)
    usable = np.isfinite(notes.depth_m) & np.isfinite(flow[..., 0]) & (notes.part != PartKind.WHEEL)
    movers = usable & (notes.instance < STATIC_INSTANCE_BASE)
    rows, columns = np.nonzero(usable)
    chosen = rng.choice(len(rows), min(PIXELS, len(rows)), replace=False)
    moving = np.argwhere(movers)
    moving = moving[rng.choice(len(moving), min(PIXELS, len(moving)), replace=False)]
    rows, columns = np.concatenate([rows[chosen], moving[:, 0]]), np.concatenate([columns[chosen], moving[:, 1]])
    grid = np.stack([columns, rows], axis=-1).astype(np.float64)
    # the default stops after five steps, 0.01 px off in the corners
    until = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 100, 1e-12)
    plane = cv2.undistortPoints(grid[:, None], matrix, distortion, None, None, None, until)[:, 0]
    rays = np.column_stack([plane, np.ones(len(plane))])
    camera = rays * (notes.depth_m[rows, columns].astype(np.float64) * depth_scale)[:, None]
    poses = notes.world_from_camera_rows[rows]
    points = np.einsum("nij,nj->ni", poses[:, :, :3], camera) + poses[:, :, 3]
    landed = rows.copy()
    states = here.states if len(here.states) > len(there.states) else there.states
    motions = {int(t): Motion(states, int(t)) for t in np.unique(notes.instance[rows, columns]) if 0 < t < 0x2000_0000}
    for _ in range(5):
        world_points = points.copy()
        for track, motion in motions.items():
            own = notes.instance[rows, columns] == track
            from_position, from_rotation = motion.at(notes.row_time_flicks[rows[own]].astype(float))
            to_position, to_rotation = motion.at(there.notes.row_time_flicks[landed[own]].astype(float))
            local = from_rotation.inv().apply(points[own] - from_position)
            world_points[own] = to_rotation.apply(local) + to_position
        poses = there.notes.world_from_camera_rows[landed]
        seen = np.einsum("nji,nj->ni", poses[:, :, :3], world_points - poses[:, :, 3])
        ahead = seen[:, 2] > 0.1
        seen[~ahead] = (0.0, 0.0, 1.0)
        pixels = cv2.projectPoints(seen[:, None], np.zeros(3), np.zeros(3), matrix, distortion)[0][:, 0]
        landed = np.clip(np.rint(pixels[:, 1]), 0, height - 1).astype(int)
    inside = ahead & (pixels >= 0).all(axis=1) & (pixels <= [width - 1, height - 1]).all(axis=1)
    return np.linalg.norm(grid + flow[rows, columns] - pixels, axis=1)[inside]


def plaster_street() -> Scene:
    """Matt walls and boxes along asphalt: stains and patches of a metre and more, texture that a camera resolves at 10 m."""
    walls = [quads([[[x, y, 0], [x + 8, y, 0], [x + 8, y, 7], [x, y, 7]]], "plaster_white") for x in range(-20, 100, 8) for y in (7.0,)]  # fmt: skip  # noqa: E501
    walls += [quads([[[x + 8, y, 0], [x, y, 0], [x, y, 7], [x + 8, y, 7]]], "plaster_ochre") for x in range(-20, 100, 8) for y in (-7.0,)]  # fmt: skip  # noqa: E501
    walls += [box((x, s * 6.0, 1.2), (1.2, 1.2, 2.4), "plaster_rose") for x in range(4, 100, 11) for s in (-1, 1)]
    walls += [quads([[[100, -9, 0], [100, 9, 0], [100, 9, 9], [100, -9, 9]]], "plaster_grey")]
    reach = 300.0
    road = quads([[[-reach, -reach, 0], [reach, -reach, 0], [reach, reach, 0], [-reach, reach, 0]]], "asphalt")
    ground = [GroundMesh(road, ObjectClass.ROAD, 0), GroundMesh(merge(walls), ObjectClass.BUILDING, 1)]
    return Scene(None, None, 2, ground=ground)


def drive_along(sensor: CameraSensor, speed_mps: float = 10.0) -> tuple[Frame, Frame]:
    """Two frames of a camera that drives through the plaster street under a grey sky, turning a little."""
    info = ActorInfo(EGO, ActorKind.VEHICLE, "vehicle.tesla.model3", {}, (0.0, 0.0, 0.75), (2.3, 0.9, 0.75))
    period = sensor.config.period_flicks
    states = []
    for tick in range(6):
        t = tick * period / 705_600_000
        state = world(tick, tick * period, [info], [(speed_mps * t, 0.3 * t, 0.0)], [(0.0, 0.0, 0.05 * t)])
        states.append(_under_clouds(state))
    return pair(sensor, states, 5)


def _under_clouds(state: WorldState) -> WorldState:
    return dataclasses.replace(state, weather=Weather(cloudiness=100.0, sun_altitude_angle=50.0))


def warp_errors(before: Frame, now: Frame, flow: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Relative error of each usable pixel when the frame before is warped by `flow` onto this one, and its photon noise.

    Usable are pixels of static, matt things (roughness 0.75 and more) that both frames see: the frame before has to show the
    same thing there, at the range where the point was, and no edge of another within two pixels.
    """
    notes = now.notes
    height, width = notes.depth_m.shape
    flow = notes.flow_backward_px if flow is None else flow
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    landing = np.nan_to_num(grid + flow, nan=-9.0).astype(np.float32)
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    old, new = before.radiance @ weights, now.radiance @ weights
    warped = cv2.remap(old, landing, None, cv2.INTER_CUBIC)
    usable = (landing > 2).all(-1) & (landing[..., 0] < width - 3) & (landing[..., 1] < height - 3)
    usable &= (notes.instance >= STATIC_INSTANCE_BASE) & (notes.roughness >= 0.75) & _calm(now)
    usable &= cv2.remap(_calm(before).astype(np.uint8), landing, None, cv2.INTER_NEAREST) > 0
    ranges = cv2.remap(
        np.nan_to_num(before.notes.range_m, posinf=1e4).astype(np.float32), landing, None, cv2.INTER_LINEAR
    )
    poses, old_poses = notes.world_from_camera_rows[0], before.notes.world_from_camera_rows[0]
    step = float(np.linalg.norm(poses[:, 3] - old_poses[:, 3]))
    usable &= (np.abs(ranges - notes.range_m) <= step * 1.1) & (notes.range_m >= OWN_SHADE_M)
    noise = 1.0 / np.sqrt(np.maximum(now.electrons, 1.0))
    return ((warped - new) / new)[usable], noise[usable]


def _calm(frame: Frame) -> np.ndarray:
    """Pixels around which nothing steps: one thing, one normal, one material over 5 x 5 pixels."""
    notes = frame.notes
    out = np.ones(notes.instance.shape, bool)
    kernel = np.ones((5, 5), np.uint8)
    layers = [*np.moveaxis(notes.normal_world, -1, 0), notes.roughness, (notes.instance & 0xFFFF).astype(np.float32)]
    for layer in layers:
        layer = np.ascontiguousarray(layer, np.float32)
        out &= cv2.dilate(layer, kernel) - cv2.erode(layer, kernel) < 1e-3
    return out


def camera(preset: str, scene: Scene) -> CameraSensor:
    """The first camera of a preset with all labels."""
    config = load_rig(preset).cameras[0]
    return CameraSensor(config, scene, 0, config.period_flicks, 2, ALL_LABELS)

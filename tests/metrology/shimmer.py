"""Flicker of edges: a drive past a fence and lane marks, beside pictures of 64 samples a pixel.

Per pixel, the residual of each frame against the 64-sample picture of the same instant; its standard deviation over the frames
is what flickers. Shimmer is the root mean square of that over all pixels that the fence or the marks ever cross, and is told as a
share of point sampling's (one centre ray a pixel).
"""

from __future__ import annotations

import numpy as np

from rendering.assets.ground import GroundMesh
from rendering.assets.solids import box, quads
from rendering.buffers import Buffers, View
from rendering.mesh import merge
from rendering.scene import Scene
from sim.base import frames
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import luminance, plane, state

SPEED_MPS, RATE_HZ = 10.0, 36.0
SAMPLES = 8
WIDTH, HEIGHT, FOV_DEG = 480, 270, 60.0


def fence_and_marks() -> Scene:
    """Pickets 3 cm wide every 12 cm with two rails, 4 m to the side of a road with dashed marks 12 cm wide."""
    pickets = [box((x, 4.0, 0.5), (0.03, 0.02, 1.0), "wood_light") for x in np.arange(-2.0, 60.0, 0.12)]
    pickets += [box((29.0, 4.02, z), (64.0, 0.03, 0.06), "wood_light") for z in (0.3, 0.8)]
    marks = []
    for y in (-1.8, 1.8):
        for x in np.arange(-3.0, 80.0, 9.0):
            a, b, z = y - 0.06, y + 0.06, 0.004
            marks.append(quads([[[x, a, z], [x + 3.0, a, z], [x + 3.0, b, z], [x, b, z]]], "marking_white"))
    road = plane("concrete")
    ground = [
        road,
        GroundMesh(merge(marks), ObjectClass.ROAD_MARKING, 1),
        GroundMesh(merge(pickets), ObjectClass.FENCE, 2),
    ]
    return Scene(None, None, 2, ground=ground)


def view_at(x_m: float, across_px: float = 0.0, down_px: float = 0.0) -> View:
    """A pinhole at x, 1.4 m high, looking a little to the fence's side; its rays moved within their pixels."""
    focal = WIDTH / 2.0 / np.tan(np.radians(FOV_DEG) / 2.0)
    x, y = np.meshgrid(
        np.arange(WIDTH) - (WIDTH - 1) / 2.0 + across_px, np.arange(HEIGHT) - (HEIGHT - 1) / 2.0 + down_px
    )
    rays = np.stack([x / focal, y / focal, np.ones_like(x)], axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    pose = frames.pose(np.array([x_m, 0.0, 1.4]), np.array([0.0, 0.08, 0.25])) @ frames.SENSOR_FROM_CAMERA
    return View(rays.astype(np.float32), np.tile(pose[:3], (HEIGHT, 1, 1)), np.ones(HEIGHT, np.float32), 1.0 / focal)


def shimmer(count: int = 8) -> tuple[float, float]:
    """(ours, point sampling) in units of the picture's mean luminance, over `count` frames."""
    scene = fence_and_marks()
    empty = state()
    scene.set_states(empty, empty)
    out = Buffers.empty(HEIGHT, WIDTH, previous=False)
    offsets = (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5
    residuals: dict[bool, list[np.ndarray]] = {True: [], False: []}
    touched = np.zeros((HEIGHT, WIDTH), bool)
    level = 0.0
    for k in range(count):
        x = SPEED_MPS * k / RATE_HZ
        total = np.zeros((HEIGHT, WIDTH))
        for across in offsets:
            for down in offsets:
                seen = scene.render(view_at(x, across, down), out, refine=False)
                total += luminance(seen.radiance)
                touched |= (seen.semantic == ObjectClass.FENCE) | (seen.semantic == ObjectClass.ROAD_MARKING)
        reference = total / SAMPLES**2
        level += float(reference.mean()) / count
        for refine in (True, False):
            residuals[refine].append(luminance(scene.render(view_at(x), out, refine=refine).radiance) - reference)
    ours, point = (float(np.sqrt((np.std(residuals[r], axis=0)[touched] ** 2).mean())) / level for r in (True, False))
    return ours, point

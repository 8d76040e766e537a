"""Bar 5: masks against silhouettes projected by independent code, 3D boxes against independently posed meshes.

(a) The edge of every instance mask lies within half a pixel of the silhouette, rasterised at 16x oversampling from the posed
mesh through cv2.projectPoints. (b) Each face of a 3D box is touched by the posed mesh within 1 cm, and nothing sticks out.
Negative controls: masks shifted by a pixel and labels taken one tick late break the same bars.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from sensors.capture import CameraSensor
from sensors.rig import load_rig
from sim.base.annotations import FrameAnnotations, ObjectLabel
from sim.base.state import STATIC_INSTANCE_BASE, WorldState
from tests.metrology.reference import Motion, ReferenceCamera, covered, mesh_in_actor_frame, outline, rotations
from tests.metrology.traffic import EGO, moments, plain

MASK_BAR_PX = 0.5
BOX_BAR_M = 0.01
PRESETS = ("fast_640", "tesla_hw3_like")
BORDER_PX = 2
AROUND_PX = 0.25 * np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


@dataclass
class Photo:
    states: list[WorldState]
    notes: FrameAnnotations
    camera: ReferenceCamera


@pytest.fixture(scope="module")
def sensors() -> dict[str, CameraSensor]:
    scene = plain()
    out = {}
    for name in PRESETS:
        config = load_rig(name).cameras[0]
        out[name] = CameraSensor(config, scene, 0, config.period_flicks)
    return out


def photo(sensor: CameraSensor, seed: int, late_ticks: int = 0) -> Photo:
    """One labelled frame; with `late_ticks`, the labels are of that many ticks after the states it is compared with."""
    states = moments(seed, sensor.config.period_flicks, 4 + late_ticks)
    sensor.reset()
    frame, notes = sensor.capture(states, EGO)
    early = states[: len(states) - late_ticks]
    return Photo(early, notes, ReferenceCamera(sensor.config, frame.metadata.exposure_s, early[-1].time_flicks))


def mask_errors(shot: Photo, instance: np.ndarray) -> Iterator[tuple[int, float]]:
    """Per object: the largest distance in px from a wrongly labelled pixel's centre to the silhouette's edge."""
    camera, now = shot.camera, shot.states[-1]
    height, width = instance.shape
    ego = Motion(shot.states, EGO)
    for info in now.actors:
        if info.track_id == EGO:
            continue
        vertices, triangles = mesh_in_actor_frame(info, shot.states, camera.window)
        pixels, depth = camera.project(vertices, Motion(shot.states, info.track_id), ego)
        found = outline(pixels, triangles, width, height) if len(pixels) else None
        mask = instance == info.track_id
        if found is None:
            yield info.track_id, float("inf") if mask.any() else 0.0
            continue
        rows = slice(found.first_row, found.first_row + found.distance_px.shape[0])
        columns = slice(found.first_column, found.first_column + found.distance_px.shape[1])
        inner = np.zeros(instance.shape, bool)
        inner[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] = True
        stray = mask.copy()
        stray[rows, columns] = False
        # another actor may stand in front; its own pixels are checked when its turn comes
        other = (instance > 0) & (instance < STATIC_INSTANCE_BASE) & ~mask & (shot.notes.depth_m < depth.max())
        wrong_in = mask[rows, columns] & (found.distance_px < 0.0)
        wrong_out = ~mask[rows, columns] & ~other[rows, columns] & (found.distance_px > 0.0)
        doubtful = np.argwhere(wrong_out & (found.distance_px > 0.5 * MASK_BAR_PX))
        # the farthest first: once one is really wrong, those nearer cannot be worse
        for row, column in doubtful[np.argsort(-found.distance_px[tuple(doubtful.T)], kind="stable")]:
            point = np.array([column + found.first_column, row + found.first_row], dtype=np.float64)
            # a gap between two panels within a quarter of a pixel is an edge as well
            wrong_out[row, column] = all(covered(point + step, pixels, triangles) for step in AROUND_PX)
            if wrong_out[row, column] and inner[rows, columns][row, column]:
                break
        wrong = (wrong_in | wrong_out) & inner[rows, columns]
        worst = float(np.abs(found.distance_px[wrong]).max(initial=0.0))
        yield info.track_id, float("inf") if stray.any() else worst


def box_error_m(shot: Photo, label: ObjectLabel) -> float:
    """Largest gap between a face of the 3D box and the outermost vertex of the posed mesh on that side, either way."""
    info = next(a for a in shot.states[-1].actors if a.track_id == label.track_id)
    vertices, _ = mesh_in_actor_frame(info, shot.states, shot.camera.window)
    position, rotation = Motion(shot.states, label.track_id).at(np.array(float(label.time_flicks)))
    world = rotation.apply(vertices) + position
    local = rotations(np.array(label.rpy_rad)).inv().apply(world - np.array(label.center_world_m))
    half = 0.5 * np.array(label.size_m)
    return float(max(np.abs(local.max(axis=0) - half).max(), np.abs(local.min(axis=0) + half).max()))


def check(sensor: CameraSensor, seeds: range) -> tuple[float, float, int]:
    """Largest mask error (px) and box error (m) over frames, and how many objects had pixels."""
    mask_px, box_m, seen = 0.0, 0.0, 0
    for seed in seeds:
        shot = photo(sensor, seed)
        errors = dict(mask_errors(shot, shot.notes.instance))
        mask_px = max(mask_px, *errors.values())
        for label in shot.notes.objects:
            box_m = max(box_m, box_error_m(shot, label))
            seen += label.visible_pixels > 0
    return mask_px, box_m, seen


@pytest.mark.parametrize(("preset", "frames"), [("fast_640", 4), ("tesla_hw3_like", 1)])
def test_masks_within_half_a_pixel_and_boxes_within_a_centimetre(
    sensors: dict[str, CameraSensor], preset: str, frames: int
):
    mask_px, box_m, seen = check(sensors[preset], range(3, 3 + frames))
    assert seen >= 4 * frames
    assert mask_px <= MASK_BAR_PX
    assert box_m <= BOX_BAR_M


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("preset", PRESETS)
def test_two_hundred_frames(sensors: dict[str, CameraSensor], preset: str):
    mask_px, box_m, seen = check(sensors[preset], range(100, 200))
    assert seen >= 400
    assert mask_px <= MASK_BAR_PX
    assert box_m <= BOX_BAR_M


@pytest.mark.parametrize("axis", [0, 1])
def test_a_shift_of_one_pixel_is_caught(sensors: dict[str, CameraSensor], axis: int):
    shot = photo(sensors["fast_640"], 9)
    errors = dict(mask_errors(shot, np.roll(shot.notes.instance, 1, axis=axis)))
    visible = [label.track_id for label in shot.notes.objects if label.visible_pixels > 100 and label.occlusion < 0.05]
    assert len(visible) >= 2
    assert all(errors[track_id] > MASK_BAR_PX for track_id in visible)


@pytest.mark.parametrize("preset", PRESETS)
def test_labels_one_tick_late_are_caught(sensors: dict[str, CameraSensor], preset: str):
    shot = photo(sensors[preset], 3, late_ticks=1)
    assert max(dict(mask_errors(shot, shot.notes.instance)).values()) > MASK_BAR_PX
    moving = [o for o in shot.notes.objects if np.linalg.norm(o.velocity_world_mps) > 2.0]
    assert moving
    assert all(box_error_m(shot, label) > BOX_BAR_M for label in moving)

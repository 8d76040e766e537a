"""People stand on the ground in every phase, are closed, move without jumps, and their drawn feet do not skate."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.people import person_skin, walker_part
from rendering.assets.people_looks import OUTFITS as LOOKS
from rendering.assets.skin import MovedSkin
from sim.base.phase import stride_length_m
from sim.catalogue.postures import POSTURES
from sim.catalogue.walkers import OUTFITS, WALKERS
from tests.rendering.mesh_checks import facing_share, faults, volume_m3

SOME = ("walker.pedestrian.0001", "walker.pedestrian.0004", "walker.pedestrian.0010", "walker.pedestrian.0030")
TWENTY = sorted(WALKERS)[::3][:20]


def _moved(type_id: str, posture: str = "", outfit: str = "") -> MovedSkin:
    moved = walker_part(WALKERS[type_id], posture=posture, outfit=outfit).moved
    assert moved is not None
    return moved


def _open_edges(triangles: np.ndarray) -> int:
    """Edges that do not belong to an even number of triangles."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    return int((np.unique(edges, axis=0, return_counts=True)[1] % 2 == 1).sum())


@pytest.mark.parametrize("type_id", TWENTY)
def test_every_body_is_closed_outward_and_as_tall_as_its_box(type_id: str) -> None:
    spec = WALKERS[type_id]
    mesh = walker_part(spec).meshes[0]
    assert not faults(mesh)
    assert _open_edges(mesh.triangles.astype(np.int64)) == 0
    assert _open_edges(mesh.triangles[1:].astype(np.int64)) == 3, "a hole is found"
    assert facing_share(mesh) > 0.985
    # a BMI of 23 is 0.013 of the height cubed; clothes overlap what they cover
    assert 0.011 < volume_m3(mesh) / spec.height_m**3 < 0.045
    low, high = mesh.bounds()
    assert low[2] == pytest.approx(-spec.height_m / 2.0, abs=0.01)
    # hair and hats stand a little above the box
    assert -0.03 < high[2] - spec.height_m / 2.0 < 0.06
    assert (high - low)[1] < 1.45 * spec.shoulder_width_m + 0.12
    skin = person_skin(spec)
    assert np.abs(skin.weights.sum(axis=1) - 1.0).max() < 1e-5


@pytest.mark.parametrize("type_id", SOME)
@pytest.mark.parametrize("speed_mps", [0.0, 0.8, 1.4, 2.0, 3.5])
def test_feet_are_on_the_ground(type_id: str, speed_mps: float) -> None:
    moved, height = _moved(type_id), WALKERS[type_id].height_m
    phases = np.linspace(0.0, 2.0 * np.pi, 17)
    lowest = [moved.mesh_at(speed_mps, phase).bounds()[0][2] + height / 2.0 for phase in phases]
    assert min(lowest) > -0.015
    assert max(lowest) < (0.008 if speed_mps < 2.5 else 0.13), "only runners leave the ground, and not by much"


@pytest.mark.parametrize("type_id", SOME)
@pytest.mark.parametrize("speed_mps", [0.8, 1.4, 2.0, 3.5])
def test_drawn_feet_that_bear_weight_do_not_slide(type_id: str, speed_mps: float) -> None:
    assert _slide_mps(type_id, speed_mps, speed_mps) < 0.05


def test_a_body_that_goes_faster_than_its_legs_is_seen_to_slide() -> None:
    assert _slide_mps(SOME[0], 1.4, 1.5) > 0.05


def _slide_mps(type_id: str, legs_mps: float, body_mps: float) -> float:
    """Largest speed over ground of the left sole where it touches, median over the touching vertices.

    The foot bears weight from 2 % of a cycle after it touches to 2 % before it leaves.
    """
    moved, height = _moved(type_id), WALKERS[type_id].height_m
    steps = 128
    step_s = float(stride_length_m(legs_mps, height)) / legs_mps / steps
    rest = moved.skin.mesh.vertices
    sole = np.flatnonzero((rest[:, 2] < 0.002) & (rest[:, 1] > 0.0))
    poses = [
        moved.mesh_at(legs_mps, 2.0 * np.pi * k / steps).vertices[sole].astype(np.float64) for k in range(steps + 1)
    ]
    frames = np.stack(poses)
    frames[:, :, 0] += (np.arange(steps + 1) * step_s * body_mps)[:, None]
    touching = frames[..., 2] + height / 2.0 < 0.003
    both = touching[:-1] & touching[1:]
    down = both.sum(axis=1) > 3
    bears = np.flatnonzero([down[max(k - 3, 0) : k + 4].all() for k in range(steps)])
    assert len(bears) > steps // 4
    step = np.linalg.norm(np.diff(frames[..., :2], axis=0), axis=2)
    return max(float(np.median(step[k, both[k]])) for k in bears) / step_s


@pytest.mark.parametrize("type_id", SOME)
def test_motion_is_continuous_from_standing_to_running(type_id: str) -> None:
    moved, height = _moved(type_id), WALKERS[type_id].height_m
    for speed in (0.0, 0.2, 0.8, 1.4, 2.4, 3.6):
        here = moved.mesh_at(speed, 1.0).vertices
        faster = moved.mesh_at(speed + 0.01, 1.0).vertices
        later = moved.mesh_at(speed, 1.0 + 0.01).vertices
        assert np.linalg.norm(faster - here, axis=1).max() < 0.03 * height
        assert np.linalg.norm(later - here, axis=1).max() < 0.012 * height
    end = moved.mesh_at(1.4, 2.0 * np.pi - 1e-6).vertices
    assert np.linalg.norm(end - moved.mesh_at(1.4, 0.0).vertices, axis=1).max() < 1e-3


@pytest.mark.parametrize("posture", sorted(POSTURES))
def test_nobody_sinks_into_the_ground_in_a_posture(posture: str) -> None:
    for type_id in SOME[1:3]:
        mesh = _moved(type_id, posture).mesh_at(0.0, 0.5)
        lowest = mesh.bounds()[0][2] + WALKERS[type_id].height_m / 2.0
        assert -0.06 < lowest < 0.06
        assert not faults(mesh)


def test_outfits_are_those_of_the_catalogue_and_change_the_clothes() -> None:
    assert set(LOOKS) == set(OUTFITS)
    own = walker_part(WALKERS[SOME[3]]).meshes[0]
    for outfit in OUTFITS:
        mesh = walker_part(WALKERS[SOME[3]], outfit=outfit).meshes[0]
        assert set(np.unique(mesh.material)) != set(np.unique(own.material))

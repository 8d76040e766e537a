"""Animals: closed bodies on the ground, legs that carry without sliding, coats that differ."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.animals import SHAPES, animal_part
from sim.catalogue.props import PROPS
from sim.catalogue.quadrupeds import LEGS, QUADRUPEDS, bones_at
from tests.rendering.mesh_checks import facing_share, faults, volume_m3

KINDS = sorted(QUADRUPEDS)


@pytest.mark.parametrize("kind", KINDS)
def test_bodies_are_closed_stand_on_the_ground_and_weigh_what_they_should(kind: str) -> None:
    mesh = animal_part(kind, 3).meshes[0]
    assert not faults(mesh)
    assert facing_share(mesh) > 0.98
    edges = np.sort(
        np.concatenate([mesh.triangles[:, [0, 1]], mesh.triangles[:, [1, 2]], mesh.triangles[:, [2, 0]]]), axis=1
    )
    assert not (np.unique(edges, axis=0, return_counts=True)[1] % 2).any()
    assert abs(mesh.bounds()[0][2]) < 0.005
    density = PROPS[f"static.prop.{kind}"].mass_kg / volume_m3(mesh)
    assert 500.0 < density < 1700.0, "flesh has the density of water"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths_per_s", [0.8, 1.5, 3.0])
def test_feet_that_bear_weight_stand_still(kind: str, lengths_per_s: float) -> None:
    animal = QUADRUPEDS[kind]
    speed = lengths_per_s * (animal.fore_x_m - animal.hind_x_m)
    slides = [_slide_mps(kind, speed, leg, 1.0) for leg in range(4)]
    assert max(slides) < 0.05
    assert _slide_mps(kind, speed, 0, 1.4) > 0.05, "a body faster than its legs slides"


def _slide_mps(kind: str, speed_mps: float, leg: int, hurry: float) -> float:
    """Largest speed over ground of a hoof that touches it, but for the first and the last step of its stance."""
    animal, steps = QUADRUPEDS[kind], 120
    phase = np.arange(steps + 1) / steps
    bones = bones_at([animal] * (steps + 1), np.full(steps + 1, speed_mps), 2.0 * np.pi * phase)
    last = bones[:, LEGS + 3 * leg + 2]
    length = (animal.fore_m if leg < 2 else animal.hind_m)[2]
    hoof = last[:, :3, 3] - length * last[:, :3, 2]
    hoof[:, 0] += phase * animal.stride_m * hurry
    down = hoof[:, 2] < 0.004 * animal.withers_m
    bears = np.flatnonzero([down[max(k - 1, 0) : k + 3].all() for k in range(steps)])
    assert len(bears) > steps // 6
    step_s = animal.stride_m / speed_mps / steps
    return float(np.abs(np.diff(hoof[:, 0]))[bears].max() / step_s)


@pytest.mark.parametrize("kind", KINDS)
def test_legs_move_without_jumps_from_standing_to_trotting(kind: str) -> None:
    part = animal_part(kind, 0)
    assert part.moved is not None
    withers = QUADRUPEDS[kind].withers_m
    for speed in np.linspace(0.0, 4.0 * withers, 9):
        for phase in (0.3, 2.0, 4.4):
            here = part.moved.mesh_at(speed, phase).vertices
            later = part.moved.mesh_at(speed + 0.01 * withers, phase + 0.02).vertices
            assert np.linalg.norm(later - here, axis=1).max() < 0.09 * withers


def test_individuals_have_coats_of_their_kind() -> None:
    for kind, shape in SHAPES.items():
        looks = {tuple(np.unique(animal_part(kind, k).meshes[0].material)) for k in range(12)}
        assert len(looks) == len(set(shape.coats))

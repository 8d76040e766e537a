"""The pedestrian table: CARLA's ids, children where CARLA has them, and bodies of human size."""

from __future__ import annotations

from sim.catalogue.walkers import WALKERS

CHILDREN = {9, 10, 11, 12, 13, 14, 48, 49}


def test_ids_and_children_are_those_of_carla() -> None:
    assert list(WALKERS) == [f"walker.pedestrian.{number:04d}" for number in range(1, 53)]
    assert {int(type_id[-4:]) for type_id, spec in WALKERS.items() if spec.age == "child"} == CHILDREN
    assert {spec.age for spec in WALKERS.values()} == {"adult", "child", "elderly"}
    assert {spec.gender for spec in WALKERS.values()} == {"male", "female"}


def test_bodies_are_of_human_size_and_clothes_vary() -> None:
    for spec in WALKERS.values():
        low, high = (1.1, 1.55) if spec.age == "child" else (1.45, 1.95)
        assert low <= spec.height_m <= high
        assert 0.22 * spec.height_m < spec.shoulder_width_m < 0.29 * spec.height_m
        assert spec.depth_m < spec.shoulder_width_m
        assert 0.9 < spec.walk_speed_mps < spec.run_speed_mps < 5.0
    assert len({(spec.top_rgb, spec.trousers_rgb) for spec in WALKERS.values()}) > 30

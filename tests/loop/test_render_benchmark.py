"""`sim bench render`: what it measures is the shipped town, posed and seen from its cars; its lenses are the ones it names."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.buffers import Buffers
from sim.base.taxonomy import ObjectClass
from sim.loop.render_benchmark import DAY, OPTIONS, Town, bench_render, fisheye, pinhole


def test_lenses_span_what_they_name() -> None:
    flat, wide = pinhole(64, 48), fisheye(64, 48)
    edge = flat.directions_camera[24, [0, -1]]
    angles = np.degrees(np.arctan2(edge[:, 0], edge[:, 2]))
    assert np.allclose(angles, [-44.55, 44.55], atol=0.05)  # 90 degrees between the outer rims of the outermost pixels
    traced = np.linalg.norm(wide.directions_camera, axis=-1) > 0.5
    assert traced[24].all()
    assert np.degrees(np.arccos(wide.directions_camera[24, 0, 2])) == pytest.approx(90.0 - 180.0 / 64 / 2, abs=0.1)
    assert np.allclose(np.linalg.norm(flat.directions_camera, axis=-1), 1.0, atol=1e-6)


@pytest.mark.slow
def test_the_town_is_populated_and_lit_and_every_figure_is_there() -> None:
    town = Town(threads=1, views=1)
    town.set_weather(DAY)
    assert len(town.scene.track_ids) > 50 and town.scene.triangle_count > 5e6
    out = Buffers.empty(48, 64)
    town.scene.render(town.board(pinhole(64, 48), town.rows[0]), out)
    assert {ObjectClass.ROAD, ObjectClass.BUILDING} <= set(out.semantic.ravel().tolist())
    assert np.median(out.radiance) > 100.0  # cd/m² in daylight
    wall, cpu = town.times_ms(pinhole(64, 48), 2, OPTIONS[".labels_only"])
    assert len(wall) == len(cpu) == 2 and min(wall) > 0.0
    found = bench_render(threads=1, repeats=1, views=1, lenses=("64x48", "fisheye_64x48"))
    for key in (
        "day.64x48",
        "day.64x48.labels_only",
        "day.64x48.without_edge_rays",
        "day.fisheye_64x48",
        "night.64x48",
    ):
        assert found[f"{key}.wall_ms"] > 0.0 and f"{key}.cpu_ms" in found
    assert "night.fisheye_64x48.wall_ms" not in found

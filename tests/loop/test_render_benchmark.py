"""`sim bench render`: what it measures is the shipped town, posed and seen from its cars; its lenses are the ones it names."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.buffers import Buffers
from sim.base.taxonomy import ObjectClass
from sim.loop.render_benchmark import DAY, OPTIONS, Town, fisheye, measure, pinhole


def test_lenses_span_what_they_name() -> None:
    flat, wide = pinhole(64, 48), fisheye(64, 48)
    edge = flat.directions_camera[24, [0, -1]]
    angles = np.degrees(np.arctan2(edge[:, 0], edge[:, 2]))
    assert np.allclose(angles, [-44.55, 44.55], atol=0.05)  # 90 degrees between the outer rims of the outermost pixels
    traced = np.linalg.norm(wide.directions_camera, axis=-1) > 0.5
    assert traced[24].all()
    assert np.degrees(np.arccos(wide.directions_camera[24, 0, 2])) == pytest.approx(90.0 - 180.0 / 64 / 2, abs=0.1)
    assert np.allclose(np.linalg.norm(flat.directions_camera, axis=-1), 1.0, atol=1e-6)


def test_a_populated_map_is_seen_from_its_cars_and_every_figure_is_there() -> None:
    """On the smallest map: `sim bench render` itself takes the town, which takes longer to build."""
    town = Town(threads=1, views=1, map_name="parking_lot")
    town.set_weather(DAY)
    assert len(town.scene.track_ids) > 10 and town.scene.triangle_count > 1e5
    out, view = Buffers.empty(48, 64), town.board(pinhole(64, 48), town.rows[0])
    town.scene.render(view, out)
    assert (out.semantic != ObjectClass.SKY).any() and (out.semantic == ObjectClass.SKY).any()
    assert np.median(out.radiance) > 100.0  # cd/m² in daylight
    assert 1.0 < view.world_from_camera_rows[0, 2, 3] < 3.0  # m above level ground
    wall, cpu = town.times_ms(pinhole(64, 48), 2, OPTIONS[".labels_only"])
    assert len(wall) == len(cpu) == 2 and min(wall) > 0.0
    found = measure(town, 1, ("64x48", "fisheye_64x48"))
    for key in (
        "day.64x48",
        "day.64x48.labels_only",
        "day.64x48.without_edge_rays",
        "day.fisheye_64x48",
        "night.64x48",
    ):
        assert found[f"{key}.wall_ms"] > 0.0 and f"{key}.cpu_ms" in found
    assert "night.fisheye_64x48.wall_ms" not in found

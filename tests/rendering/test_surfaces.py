"""Surface codes decoded into what materials say."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.materials import MATERIALS, material_index
from rendering.surfaces import surfaces_of
from rendering.tables import InstanceTable


def test_a_code_gives_its_material_and_the_sky_nothing() -> None:
    instances = InstanceTable()
    asphalt, chrome = material_index("asphalt"), material_index("chrome")
    codes = np.array([[0, asphalt * 8 + 1, (7 * 512 + chrome) * 8 + 5]], np.int32)
    surfaces = surfaces_of(codes, instances)
    assert not surfaces.albedo[0, 0].any()
    assert surfaces.roughness[0, 0] == 0.0
    assert surfaces.albedo[0, 1] == pytest.approx(MATERIALS["asphalt"].albedo)
    assert surfaces.roughness[0, 1] == pytest.approx(MATERIALS["asphalt"].roughness)
    assert surfaces.metallic[0].tolist() == [0.0, 0.0, 1.0]


def test_paint_has_the_instances_colour() -> None:
    instances = InstanceTable()
    instances.colors[3, :3] = (0.1, 0.2, 0.7)
    paint = len(MATERIALS)  # the first material behind a colour slot
    surfaces = surfaces_of(np.array([[(3 * 512 + paint) * 8 + 1]], np.int32), instances)
    assert surfaces.albedo[0, 0] == pytest.approx([0.1, 0.2, 0.7])

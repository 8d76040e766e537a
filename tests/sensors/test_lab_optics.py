"""The bench's targets before the lens: exact edges, a session that finds the lens and tells a wrong one."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sensors.lab import session
from sensors.lab.edges import half_plane_share
from sensors.lab.judge_optics import edge_transfer
from sensors.lab.plan import QUICK, plan
from sensors.lab.plan_optics import drawn_optics
from sensors.lab.report import weak_tests
from sensors.rig import load_rig
from tests.sensors.conftest import shrunk


@pytest.mark.parametrize("angle_deg", [0.0, 5.0, 45.0, 95.0, 200.0])
def test_the_share_of_a_pixel_beyond_an_edge_is_its_area(angle_deg: float) -> None:
    normal = (math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg)))
    u, v = np.meshgrid((np.arange(400) + 0.5) / 400 - 0.5, (np.arange(400) + 0.5) / 400 - 0.5)
    for distance in (-0.8, -0.4, 0.0, 0.1, 0.6):
        counted = np.mean(distance + u * normal[0] + v * normal[1] > 0.0)
        assert float(half_plane_share(np.array(distance), normal)) == pytest.approx(counted, abs=4e-3)


def test_the_transfer_that_an_edge_should_show() -> None:
    """A lens without blur, sizes and windscreen leaves the pixel's sinc; colours apart by half a period cost contrast."""
    config = load_rig("tesla_hw3_like").cameras[0]
    bare = {"blur": None, "psf_sigma_px": 0.0, "lateral_color": None, "windscreen": None}
    plain = config.model_copy(update={"optics": config.optics.model_copy(update=bare)})
    f = np.array([0.0, 0.25, 0.5])
    assert edge_transfer(plain, [600.0, 400.0, 0.0], f) == pytest.approx(np.sinc(f), abs=1e-9)
    corner = edge_transfer(config, [1270.0, 400.0, 0.0], f)
    assert (corner[1:] < edge_transfer(config, [639.5, 400.0, 0.0], f)[1:]).all()


def test_a_lens_without_effects_has_only_its_labels_checked() -> None:
    frames = plan(load_rig("fast_640").cameras[0], np.random.default_rng(1), QUICK)["frames"]
    assert not {frame["test"] for frame in frames} & {"C1", "C3", "C4"}
    assert "B4" in {frame["test"] for frame in frames}


def test_hidden_lenses_differ() -> None:
    nominal = load_rig("tesla_hw3_like").cameras[0]
    first, second = (drawn_optics(nominal, np.random.default_rng(i)).optics for i in (1, 2))
    assert first.psf_sigma_px != second.psf_sigma_px and first.glare != second.glare
    assert first.lateral_color != nominal.optics.lateral_color


@pytest.mark.slow
def test_a_session_finds_the_lens_and_the_wrong_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Half the pixels each way, with whatever interpreter we run on: all rows pass, the negative control fails in each test."""
    small = shrunk(load_rig("tesla_hw3_like").cameras[0], 2)
    rig = load_rig("tesla_hw3_like").model_copy(update={"cameras": (small,)})
    monkeypatch.setattr(session, "load_rig", lambda name: rig)
    rows = session.run_session("tesla_hw3_like", tmp_path, QUICK, seed=4, tests="B4,C1,C3,C4", say=lambda text: None)
    assert {row.test for row in rows} == {"B4", "C1", "C3", "C4"}
    failed = [(row.test, row.quantity, row.deviation) for row in rows if not row.passed]
    assert not failed
    result = json.loads((tmp_path / "result.json").read_text())
    assert weak_tests(result) == []
    oracle = [(row["quantity"], row["deviation"]) for row in result["rows"]["oracle"] if not row["passed"]]
    assert not oracle

"""`sim render --reference`: the still of a recorded run, from the path tracer's light through our own camera."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from sensors.rig import load_rig
from sim.base.errors import InputError, RenderError
from sim.loop.reference_still import StillOptions, render_still
from sim.loop.render import RenderOptions, render_episode
from sim.loop.run import RunResult


@pytest.fixture
def small_rig(tmp_path: Path) -> str:
    """A camera of 96 x 72 px with the field of view of fast_640."""
    data = load_rig("fast_640").model_dump(mode="json")
    camera = data["cameras"][0]
    camera["optics"]["intrinsics"] = {"fx_px": 64.5, "fy_px": 64.5, "cx_px": 47.5, "cy_px": 35.5}
    camera["sensor"] |= {"width_px": 96, "height_px": 72, "pixel_pitch_m": 5.0e-5}
    data["name"] = "small"
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def test_still_is_the_same_place_in_much_the_same_light(recorded: RunResult, small_rig: str, tmp_path: Path) -> None:
    mitsuba = pytest.importorskip("mitsuba", reason="the extra `reference` is not installed")
    options = RenderOptions(recorded.folder / "episode.mcap", small_rig, labels=True)
    place = render_still(StillOptions(options, 12, 16), tmp_path / "still", quiet=True)
    own = render_episode(options, tmp_path / "own", quiet=True).folder
    still, ours = (cv2.imread(str(folder / "images/front/000012.png")).astype(float) for folder in (place, own))
    assert still.shape == ours.shape == (72, 96, 3)
    blocks = [image.reshape(6, 12, 8, 12, 3).mean(axis=(1, 3, 4)).ravel() for image in (still, ours)]
    assert np.corrcoef(*blocks)[0, 1] > 0.9
    assert np.corrcoef(blocks[0], blocks[1].reshape(6, 8)[:, ::-1].ravel())[0, 1] < 0.9, "a mirrored world passes too"
    instance = [cv2.imread(str(folder / "labels/front/000012.instance.png")) for folder in (place, own)]
    np.testing.assert_array_equal(*instance)
    mitsuba.set_variant("scalar_rgb")
    radiance = np.array(mitsuba.Bitmap(str(place / "radiance/front/000012.exr")))
    assert radiance.shape == (72, 96, 3) and radiance.dtype == np.float32
    assert np.isfinite(radiance).all() and 100.0 < np.median(radiance) < 20e3


def test_without_mitsuba_the_extra_is_named(
    recorded: RunResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    options = StillOptions(RenderOptions(recorded.folder / "episode.mcap", "fast_640"), 3, 1)
    with pytest.raises(RenderError, match=r"pip install .*\[reference\]"):
        render_still(options, tmp_path / "none", quiet=True)
    assert not (tmp_path / "none").exists()


def test_a_frame_outside_the_run_is_refused(recorded: RunResult, small_rig: str, tmp_path: Path) -> None:
    pytest.importorskip("mitsuba", reason="the extra `reference` is not installed")
    options = StillOptions(RenderOptions(recorded.folder / "episode.mcap", small_rig), 999, 1)
    with pytest.raises(InputError, match="--frame: found 999; the ego is there from tick 0"):
        render_still(options, tmp_path / "none", quiet=True)


def test_command_repeats_the_still() -> None:
    options = StillOptions(RenderOptions(Path("e.mcap"), "fast_640", labels=False), 7, 64)
    assert options.command() == "sim render e.mcap --rig fast_640 --no-labels --reference --frame 7 --spp 64"

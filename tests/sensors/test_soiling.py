"""Dirty glass: coverage as asked for, classes by what still arrives, drops upside down, the label beside the picture."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError

from sensors.capture import CameraSensor
from sensors.config.exposure import ExposureControl
from sensors.label_choice import LabelChoice
from sensors.lens import Lens
from sensors.optics.path import OpticalPath
from sensors.optics.soiling import DROP_FIELD, SoilingClass, soiling_maps
from sensors.optics.surroundings import surroundings_of
from sim.base.state import Weather
from tests.sensors.analytic_scene import AnalyticScene
from tests.sensors.test_optical_path import camera, path_of
from tests.sensors.worlds import EGO, actor, drive


@pytest.mark.parametrize("kind", ["drops", "dirt", "ice"])
@pytest.mark.parametrize("coverage", [0.1, 0.35])
def test_as_much_is_covered_as_asked_for(kind: str, coverage: float) -> None:
    more = {"dirt": {"opacity": 1.0}, "ice": {"density": 1.0}}.get(kind, {})
    config = camera(640, 480, soiling={kind: {"coverage": coverage, "size_px": 40.0, **more}, "edge_px": 2.0})
    found = np.mean(
        [1.0 - soiling_maps(config.optics.soiling, 480, 640, seed, "front").through.mean() for seed in range(8)]
    )
    assert found == pytest.approx(coverage, rel=0.15)


def test_no_light_is_made_by_dirty_glass() -> None:
    config = camera(320, 240, soiling={kind: {"coverage": 0.3} for kind in ("drops", "dirt", "ice")})
    maps = soiling_maps(config.optics.soiling, 240, 320, 1, "front")
    total = maps.through + maps.drops + maps.scatter
    assert total.max() <= 1.0 + 1e-6 and min(maps.through.min(), maps.drops.min(), maps.scatter.min()) >= 0.0
    light = np.full((240, 320, 3), 1000.0, np.float32)
    out = path_of(config, seed=1).through(light)
    assert out.max() <= 1000.1 and out.min() < 700.0


def test_a_drop_shows_the_scene_upside_down_and_smaller() -> None:
    """Bright sky above, dark road below: in the drop's upper part it is dark, in its lower part bright."""
    config = camera(640, 480, soiling={"drops": {"coverage": 0.05, "size_px": 80.0}, "edge_px": 1.0})
    path = path_of(config, seed=3)
    maps = path.soiling.maps
    light = np.full((480, 640, 3), 10.0, np.float32)
    light[:240] = 1000.0
    out = path.through(light)[2::4, 2::4, 1]
    inside = maps.drops > 0.9
    rows, seen = np.mgrid[0:120, 0:160][0][inside], maps.seen_y[inside]
    sky, road = seen < 54, seen > 66
    assert sky.sum() > 50 and road.sum() > 50
    assert out[inside][sky].min() > 600.0 and out[inside][road].max() < 300.0
    # what a pixel of a drop sees lies beyond the drop's middle, DROP_FIELD times as far from it
    free = (seen > 0.0) & (seen < 119.0)
    middles = (seen[free] + DROP_FIELD * rows[free]) / (1.0 + DROP_FIELD)
    assert len(np.unique(middles.round(2))) < 20
    down = np.diff(maps.seen_y, axis=0)[inside[1:] & inside[:-1]]
    assert np.median(down) == pytest.approx(-DROP_FIELD, abs=1e-3)


def test_classes_follow_what_arrives_straight() -> None:
    config = camera(320, 240, soiling={"dirt": {"coverage": 0.4, "opacity": 1.0, "size_px": 80.0}, "edge_px": 4.0})
    path = path_of(config, seed=2)
    mask = path.soiling_mask()
    light = np.zeros((240, 320, 3), np.float32)
    # a fine pattern of points: only what comes straight keeps their contrast
    light[::4, ::4] = 1000.0
    straight = path.through(light)[::4, ::4, 1] / 1000.0
    classes = mask[::4, ::4]
    assert set(np.unique(mask)) == {0, 1, 2, 3}
    assert straight[classes == SoilingClass.CLEAN].min() > 0.95
    assert straight[classes == SoilingClass.OPAQUE].max() < 0.25
    middle = straight[classes == SoilingClass.SEMI_TRANSPARENT]
    assert middle.min() > 0.15 and middle.max() < 0.65


def test_seed_and_name_decide_the_pattern() -> None:
    soiling = camera(soiling={"dirt": {"coverage": 0.3}}).optics.soiling
    one = soiling_maps(soiling, 240, 320, 1, "front").through
    assert np.array_equal(one, soiling_maps(soiling, 240, 320, 1, "front").through)
    assert not np.array_equal(one, soiling_maps(soiling, 240, 320, 2, "front").through)
    assert not np.array_equal(one, soiling_maps(soiling, 240, 320, 1, "left").through)


def test_drops_come_and_go_with_the_rain() -> None:
    config = camera(320, 240, soiling={"drops": {"coverage": 0.4, "amount": "from_weather"}, "edge_px": 1.5})
    path = OpticalPath(config, Lens(config))
    covered = []
    for rain in (0.0, 30.0, 100.0, 30.0):
        path.face(surroundings_of(Weather(precipitation=rain), np.eye(4)[:3]))
        covered.append(float((path.soiling_mask() > 0).mean()))
    assert covered[0] == 0.0 and 0.02 < covered[1] < 0.6 * covered[2] < 0.4
    assert covered[3] == covered[1]


def test_the_label_is_there_on_request_and_no_other_label_changes() -> None:
    clean = camera(160, 120)
    dirty = camera(160, 120, soiling={"dirt": {"coverage": 0.3}})
    notes = {}
    for name, config in (("clean", clean), ("dirty", dirty)):
        # dirt would lengthen the exposure, and with it move what moves
        still = {
            "sensor": config.sensor.model_copy(update={"row_time_s": 0.0}),
            "exposure": ExposureControl(mode="manual"),
        }
        config = config.model_copy(update=still)
        states = drive(1, config.period_flicks, 12.0, [(actor(2), (18.0, -3.0, 0.0), (4.0, 0.0, 0.0))])
        sensor = CameraSensor(config, AnalyticScene(), 1, config.period_flicks, 1, LabelChoice(soiling=True))
        notes[name] = sensor.capture(states, EGO)[1]
    assert not notes["clean"].soiling.any()
    assert 0.1 < (notes["dirty"].soiling > 0).mean() < 0.8
    for field in dataclasses.fields(notes["clean"]):
        if field.name not in ("soiling", "camera", "part"):  # the stand-in scene has no parts
            one, other = (getattr(note, field.name) for note in notes.values())
            same = (
                np.array_equal(one, other, equal_nan=True)
                if isinstance(one, np.ndarray) and one.dtype.kind == "f"
                else np.all(one == other)
            )
            assert same, field.name


def test_nothing_and_too_much_are_refused() -> None:
    with pytest.raises(ValidationError, match="found neither drops nor dirt nor ice"):
        camera(soiling={})
    with pytest.raises(ValidationError, match=r"less than or equal to 0.9"):
        camera(soiling={"dirt": {"coverage": 0.95}})

"""The event of each template really happens in the pixels: hidden while the title says hidden, seen when it says seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from sim.base.annotations import ObjectLabel
from sim.base.state import SUPPORT_INSTANCE_BASE
from sim.base.taxonomy import ObjectClass
from tests.library.sight import RIG, Theatre, Witness

CHILD, STOP, CUT_IN = "vru/child_from_behind_parked_van", "signs/stop_plain", "highway/cut_in_close"
PARKED = ("van", "car_behind_van", "second_van")
REACTION_S, COMFORTABLE_MPS2 = 1.0, 3.0
STEP = 5
"""Every so many ticks (a quarter of a second) is looked at."""

quick = [pytest.param(seed, marks=() if seed in (1, 7) else pytest.mark.slow) for seed in range(10)]


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with Theatre() as theatre:
        yield theatre


def hidden(label: ObjectLabel | None) -> bool:
    return label is None or label.visible_pixels == 0 or label.occlusion > 0.9


def clear(label: ObjectLabel | None, pixels: int) -> bool:
    return label is not None and label.visible_pixels >= pixels and label.occlusion < 0.3


def conflict_tick(drive: Witness) -> int:
    """When the child first stands in the way of the car."""
    reach = drive.placed.ego.dimensions.width_m / 2.0 + 0.2
    return next(t for t in range(len(drive.states)) if abs(drive.station_and_lateral(t, "child")[1]) < reach)


@pytest.mark.parametrize("seed", quick)
def test_the_child_is_hidden_until_it_runs_and_then_in_plain_view(theatre: Theatre, seed: int):
    drive = theatre.watch(CHILD, seed)
    start, conflict = drive.begun["child_runs"], conflict_tick(drive)
    before = [drive.see(tick, "child") for tick in range(0, start, STEP)]
    assert all(hidden(label) for label in before)
    assert any(label is not None for label in before), "it is there, behind something, not yet to come into being"
    assert conflict > start
    assert clear(drive.see(conflict, "child"), 100)
    assert drive.ego_speed_mps(conflict) > 1.0
    ahead = drive.station_and_lateral(conflict, "child")[0] - drive.station_and_lateral(conflict, "hero")[0]
    assert ahead > drive.placed.ego.dimensions.length_m / 2.0
    last_hidden = max(t for t in range(start, conflict, 2) if hidden(drive.see(t, "child")))
    assert 4 <= conflict - last_hidden <= 30, "between 0.2 and 1.5 s to see it coming"


def test_without_the_parked_cars_the_child_is_seen_before_it_runs(theatre: Theatre):
    drive = theatre.watch(CHILD, 7)
    label = drive.see(drive.begun["child_runs"] - 1, "child", without=PARKED)
    assert clear(label, 20)
    assert not hidden(label)


@pytest.mark.parametrize("seed", quick)
def test_the_stop_sign_is_in_view_from_where_one_has_to_brake(theatre: Theatre, seed: int):
    drive = theatre.watch(STOP, seed)
    sign = next(control.track_id for control in drive.truth.controls if control.kind == "stop")
    line_m, half_m = drive.placed.stop_station_m, drive.placed.ego.dimensions.length_m / 2.0
    speed = drive.ego_speed_mps(0)
    needed_m = speed * REACTION_S + speed**2 / (2.0 * COMFORTABLE_MPS2)
    heights = []
    for tick in range(0, len(drive.states), STEP):
        to_line_m = line_m - drive.station_and_lateral(tick, "hero")[0] - half_m
        if to_line_m > needed_m:
            continue
        if to_line_m < 5.0:
            break
        frame, notes = drive.look(tick)
        label = next((o for o in notes.objects if o.track_id == sign), None)
        assert clear(label, 16), f"{to_line_m:.0f} m before the line"
        assert label.sign == "stop"
        assert (notes.semantic[notes.instance == sign] == ObjectClass.TRAFFIC_SIGN).all()
        heights.append(label.box_visible_px[3] - label.box_visible_px[1])
        assert max(label.size_m) < 1.0
        if label.visible_pixels >= 100:
            red, green, _ = frame.rgb[notes.instance == sign].mean(axis=0)
            assert red > 1.2 * green or red > 250.0, "red, unless a low sun bleaches it"
    assert heights[0] >= 5.0 and heights[-1] >= 20.0
    assert heights == sorted(heights)


def test_labels_of_a_sign_are_about_its_face_and_not_the_pole(theatre: Theatre):
    drive = theatre.watch(STOP, 1)
    sign = next(control.track_id for control in drive.truth.controls if control.kind == "stop")
    notes = drive.look(110)[1]
    label = next(o for o in notes.objects if o.track_id == sign)
    pole_rows = np.nonzero(notes.instance == SUPPORT_INSTANCE_BASE + sign)[0]
    assert len(pole_rows) > 20
    assert label.box_visible_px[3] < pole_rows.max() - 10
    assert label.box_amodal_px == label.box_visible_px
    assert max(label.size_m) < 1.0
    assert label.center_world_m[2] > 1.5


def test_a_sign_that_is_taken_away_is_missed(theatre: Theatre):
    drive = theatre.watch(STOP, 1)
    sign = next(control.track_id for control in drive.truth.controls if control.kind == "stop")
    notes = drive.look(60, without=("",))[1]  # signs and lights have no role
    assert not any(o.track_id == sign for o in notes.objects) and not (notes.instance == sign).any()


@pytest.mark.parametrize("seed", quick)
def test_the_car_that_cuts_in_is_in_view_before_during_and_after(theatre: Theatre, seed: int):
    drive = theatre.watch(CUT_IN, seed)
    start = drive.begun["car_cuts_in"]
    lateral = [drive.station_and_lateral(tick, "cutter")[1] for tick in range(len(drive.states))]
    inside = next(t for t in range(start, len(lateral)) if abs(lateral[t]) < 0.5)
    middle_px = RIG.cameras[0].optics.intrinsics.cx_px
    centers = []
    for tick in (
        max(start - 10, 0),
        start,
        *range(start + STEP, inside, STEP),
        inside,
        min(inside + 20, len(lateral) - 1),
    ):
        label = drive.see(tick, "cutter")
        assert clear(label, 60), f"tick {tick}, cut-in from {start} to {inside}"
        centers.append(0.5 * (label.box_visible_px[0] + label.box_visible_px[2]))
    assert lateral[start] < -2.5 < -0.5 < lateral[inside]
    assert centers[0] > middle_px + 20.0
    assert abs(centers[-1] - middle_px) < 60.0
    assert centers[-1] < centers[0]


def test_a_road_without_the_car_that_cuts_in(theatre: Theatre):
    drive = theatre.watch(CUT_IN, 1)
    assert not clear(drive.see(drive.begun["car_cuts_in"], "cutter", without=("cutter",)), 1)
    assert np.isfinite(drive.position(0, "cutter")).all()

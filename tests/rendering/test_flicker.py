"""Lamps driven by pulses: closed forms against integration, and drawn lamps of every size against the closed forms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rendering.flicker import DRIVES_OF, captured_share, flicker_table, miss_share
from rendering.kernels.flicker import DUTY, EXPOSURE_CYCLES, START_CYCLES, WINDOW_CYCLES, captured
from rendering.materials import EmissionKind
from rendering.scene import Scene
from sim.base.clock import FLICKS_PER_SECOND
from tests.rendering.solids import luminance, pinhole, plane, state
from tests.rendering.test_points import NIGHT, SIGNAL, _part

MAINS_HZ = 50.0
RED = DRIVES_OF[EmissionKind.SIGNAL_RED, False]


@pytest.mark.parametrize(("cycles", "duty"), [(0.03, 0.1), (0.45, 0.1), (0.45, 0.7), (1.6, 0.25), (3.0, 0.5)])
def test_captured_share_is_the_integral_of_the_pulses(cycles: float, duty: float):
    starts = np.linspace(0.0, 3.0, 301)
    fine = (np.arange(20000) + 0.5) / 20000 * cycles
    wanted = np.array([np.mean((start + fine) % 1.0 < duty) for start in starts]) / duty
    assert captured_share(starts, cycles, duty) == pytest.approx(wanted, abs=3e-4 / min(duty, 1.0))
    assert [captured(start, cycles, duty) for start in starts] == pytest.approx(captured_share(starts, cycles, duty))


@pytest.mark.parametrize(
    ("frequency_hz", "duty", "exposure_s"), [(90.0, 0.1, 5e-3), (120.0, 0.3, 1e-3), (90.0, 0.1, 1e-2)]
)
def test_over_all_phases_the_mean_is_kept_and_the_share_missed_is_known(frequency_hz, duty, exposure_s):
    share = captured_share((np.arange(100_000) + 0.5) / 100_000, exposure_s * frequency_hz, duty)
    assert share.mean() == pytest.approx(1.0, abs=1e-4)
    assert np.mean(share <= 1e-9) == pytest.approx(miss_share(frequency_hz, duty, exposure_s), abs=1e-4)


def test_whole_cycles_in_an_exposure_never_flicker():
    starts = np.linspace(0.0, 1.0, 97)
    assert captured_share(starts, 2.0, 0.13) == pytest.approx(1.0, abs=1e-12)
    assert np.ptp(captured_share(starts, 2.1, 0.13)) > 0.3


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(None, None, 1, ground=[plane()], actor_parts=_part)


def rows_of_light(
    scene: Scene, distance_m: float, exposure_s: float, mains_hz: float, rows_s: float = 0.02
) -> np.ndarray:
    """(H,) light of each row of a picture whose rows are exposed over `rows_s`, less that of an unlit signal."""
    lit = dataclasses.replace(state((SIGNAL, (distance_m, 0.0, 0.0), 0.0)), weather=NIGHT)
    view = pinhole(160, 120, 40.0, (0.0, 0.0, 4.0), row_time=np.linspace(0.0, 1.0, 120))
    view = dataclasses.replace(view, mains_hz=mains_hz, exposure_s=exposure_s)
    before = lit.time_flicks - round(rows_s * FLICKS_PER_SECOND)
    sums = []
    for signal in (0, 3):
        end = dataclasses.replace(lit, light_state=np.full(lit.count, signal, np.uint8))
        scene.set_states(dataclasses.replace(end, time_flicks=before), end)
        sums.append(luminance(scene.render(view).radiance).sum(axis=1))
    return sums[0] - sums[1]


def expected(exposure_s: float, rows_s: float = 0.02) -> np.ndarray:
    """Closed form of the same, as a factor, from the table's phase of this one lamp."""
    end_s = state().time_flicks / FLICKS_PER_SECOND
    ids = np.array([SIGNAL.track_id], np.uint32)
    table = flicker_table(ids, np.array([0]), 1, (end_s - rows_s, end_s), exposure_s, MAINS_HZ)
    row = table[0, EmissionKind.SIGNAL_RED].astype(np.float64)
    starts = row[START_CYCLES] + row[WINDOW_CYCLES] * np.linspace(0.0, 1.0, 120)
    return captured_share(starts, float(row[EXPOSURE_CYCLES]), float(row[DUTY]))


@pytest.mark.parametrize("distance_m", [1.0, 4.0, 60.0])
@pytest.mark.parametrize("exposure_s", [1e-3, 6e-3])
def test_rows_of_a_drawn_lamp_get_the_pulses_of_their_own_exposure(scene: Scene, distance_m: float, exposure_s: float):
    """Drawn by rays at 1 m (40 px), by its shape at 4 m, as a dot at 60 m."""
    steady = rows_of_light(scene, distance_m, exposure_s, 0.0)
    pulsed = rows_of_light(scene, distance_m, exposure_s, MAINS_HZ)
    lamp = steady > 0.6 * steady.max()
    if lamp.sum() > 10:  # the rays that smooth a rim lie between rows
        lamp[np.flatnonzero(lamp)[[0, -1]]] = False
    factor = expected(exposure_s)
    assert lamp.sum() >= 1
    assert pulsed[lamp] / steady[lamp] == pytest.approx(factor[lamp], abs=0.01 * factor.max())
    if distance_m == 1.0:
        assert np.ptp(factor[lamp]) > 0.5  # otherwise the rows would show nothing


def test_an_exposure_of_whole_cycles_shows_the_mean(scene: Scene):
    steady, pulsed = (rows_of_light(scene, 4.0, 0.01, mains_hz) for mains_hz in (0.0, MAINS_HZ))
    assert pulsed == pytest.approx(steady, rel=1e-3, abs=1e-3 * steady.max())
    assert rows_of_light(scene, 4.0, 0.0115, MAINS_HZ).sum() != pytest.approx(steady.sum(), rel=1e-3)


def test_lamps_differ_and_repeat():
    ids = np.arange(1, 400, dtype=np.uint32)
    slots = np.arange(len(ids))
    table = flicker_table(ids, slots, len(ids), (10.0, 10.02), 1e-3, MAINS_HZ)
    assert np.array_equal(table, flicker_table(ids, slots, len(ids), (10.0, 10.02), 1e-3, MAINS_HZ))
    tail, signal = table[:, EmissionKind.TAIL_BRAKE], table[:, EmissionKind.SIGNAL_RED]
    assert np.mean(tail[:, DUTY] < 1.0) == pytest.approx(0.7, abs=0.05)
    assert tail[0, DUTY] == pytest.approx(0.075)
    assert np.ptp(tail[:, EXPOSURE_CYCLES]) / 0.2 == pytest.approx(0.06, abs=0.005)
    assert np.ptp(tail[:, START_CYCLES]) > 0.95
    assert np.allclose(signal[:, EXPOSURE_CYCLES], 0.1)
    assert len(np.unique(np.round(signal[:, START_CYCLES], 3))) == 3
    # a street lamp's ripple of 20 % is smoothed away by 10 ms
    assert table[0, EmissionKind.STREET_LAMP, DUTY] == pytest.approx(-0.2 * np.sinc(0.1))
    smooth = flicker_table(ids, slots, len(ids), (10.0, 10.02), 1e-2, MAINS_HZ)
    assert smooth[0, EmissionKind.STREET_LAMP, DUTY] == pytest.approx(0.0, abs=1e-7)

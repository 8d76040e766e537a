"""Bars 3 and 4 of the labels, each with a negative control that breaks it. The table: python -m tests.metrology.labels."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.metrology import labels, lamp, sameness, shimmer
from tests.metrology import run_labels as run


@pytest.mark.parametrize("preset", labels.PRESETS)
def test_flow_is_what_depth_and_poses_make(preset):
    back, forth, control = labels.flow(preset, range(3, 4))
    assert back <= labels.FLOW_BAR_PX and forth <= labels.FLOW_BAR_PX
    assert control > labels.FLOW_BAR_PX


@pytest.mark.parametrize("preset", labels.PRESETS)
def test_a_warped_frame_differs_by_less_than_noise(preset):
    """Roads are not quite Lambert's: their gloss changes a little with the way the camera has gone."""
    ours, noise, control = labels.warping(preset)
    assert ours < 0.85 * noise
    assert control > noise


def test_the_lamp_follows_the_inverse_square():
    ours, rays = lamp.worst(np.geomspace(10.0, 300.0, 12))
    assert ours <= labels.LAMP_BAR
    assert rays > 5 * labels.LAMP_BAR


def test_every_buffer_is_the_same_at_any_thread_count():
    assert len({sameness.digest(threads) for threads in (1, 2, 3, 4)}) == 1
    assert sameness.digest(1, seed=4) != sameness.digest(1)


@pytest.mark.slow
def test_every_buffer_is_the_same_in_other_processes():
    assert {sameness.digest_elsewhere(threads) for threads in (1, 3)} == {sameness.digest(2)}


@pytest.mark.slow
def test_edges_flicker_less_than_point_samples():
    ours, point = shimmer.shimmer(5)
    assert ours < labels.SHIMMER_GUARD * point


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_id_of_a_run_joins_and_no_label_is_without_a_pixel(monkeypatch):
    found, _, ids = run.check(20)
    assert found == []
    assert ids > 40
    broken = []

    def spoiled(notes, state, statics, surfaces, ego):
        instance = notes.instance.copy()
        instance[0, 0] = 60_000
        broken.append(run_faults(dataclasses.replace(notes, instance=instance), state, statics, surfaces, ego))
        return []

    run_faults = run.faults
    monkeypatch.setattr(run, "faults", spoiled)
    run.check(1)
    assert any("joins to nothing" in one for one in broken[0])

"""Pages of ground detail: means at every level, no seams, flat wear, and words that hold four neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.ground_pages import pages
from rendering.ground_texture import FIRSTS, ground_table
from rendering.kernels import ground_layout as at

NAMES = ("grain", "wear", "grass", "gravel", "macro", "pavers", "slabs", "damage")


@pytest.fixture(scope="module")
def stored() -> list[np.ndarray]:
    return pages()


def _level(index: int, halvings: int) -> np.ndarray:
    """(size, size) words of one level of a page's pyramid."""
    bits = at.DAMAGE_BITS if index == 7 else at.GRAIN_BITS
    start = FIRSTS[index] + ((1 << (2 * bits)) >> (2 * halvings))
    size = 1 << (bits - halvings)
    return ground_table()[start : start + size * size].reshape(size, size).view(np.uint32)


def test_factors_have_mean_one(stored):
    for name, page in zip(NAMES, stored, strict=True):
        expected = 127.5 if name == "wear" else 100.0
        assert page.mean() == pytest.approx(expected, rel=0.004), name


def test_each_damage_strip_has_mean_one(stored):
    strips = stored[7].reshape(at.STRIPS, at.STRIP_TEXELS, -1)
    assert strips.mean(axis=(1, 2)) == pytest.approx(np.full(at.STRIPS, 100.0), rel=0.004)
    spread = strips.std(axis=(1, 2))
    assert spread[-1] > 1.4 * spread[0], "an old road is damaged, a new one is not"


@pytest.mark.parametrize("index", range(8))
def test_pages_repeat_without_a_seam(stored, index):
    """The step from the last row or column to the first is no larger than steps inside."""
    page = stored[index].astype(float)
    if index == 7:
        inside = np.abs(np.diff(page, axis=1)).mean()
        assert np.abs(page[:, 0] - page[:, -1]).mean() < 2.0 * inside
        return
    for axis in (0, 1):
        steps = np.abs(np.diff(page, axis=axis)).mean(axis=1 - axis)
        seam = np.abs(np.take(page, 0, axis) - np.take(page, -1, axis)).mean()
        assert seam <= steps.max() * 1.25, NAMES[index]


def test_any_strip_can_follow_any_other(stored):
    """At their ends all strips show the same stains and nothing else; in the middle they differ."""
    strips = stored[7].reshape(at.STRIPS, at.STRIP_TEXELS, -1).astype(float) / stored[7].mean()
    ends, middles = strips[:, :, :4].mean(axis=2), strips[:, :, 1000:1004].mean(axis=2)
    assert np.abs(ends - ends[0]).mean() < 0.35 * np.abs(middles - middles[0]).mean()


def test_wear_hides_the_share_it_is_asked_for(stored):
    for share in (0.1, 0.3, 0.6):
        assert np.mean(stored[1] < share * 255.0) == pytest.approx(share, abs=0.01)


def test_words_hold_four_neighbours_and_levels_their_mean(stored):
    words = _level(0, 0)
    assert np.array_equal(words & 255, stored[0])
    assert np.array_equal((words >> 8) & 255, np.roll(stored[0], -1, axis=1))
    assert np.array_equal((words >> 16) & 255, np.roll(stored[0], -1, axis=0))
    assert np.array_equal(words >> 24, np.roll(stored[0], (-1, -1), axis=(0, 1)))
    for index in range(8):
        bits = at.DAMAGE_BITS if index == 7 else at.GRAIN_BITS
        for halvings in range(bits + 1):
            assert (_level(index, halvings) & 255).mean() == pytest.approx(stored[index].mean(), abs=0.6)

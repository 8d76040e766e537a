"""Ground textures: the mean stays, detail fades, paint wears by its code, lanes show wheel paths, nothing jumps with distance."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

import rendering.kernels  # noqa: F401
from rendering import embree
from rendering.assets.ground_styles import code_of
from rendering.ground_texture import ground_table
from rendering.kernels import ground_layout as page
from rendering.kernels import layout as at
from rendering.kernels.lanes import LANES, ldf, stf, vi
from rendering.kernels.texture_ground import ASPHALT, PAINT, ground_textured, wheel_path
from rendering.materials import MATERIALS, TextureKind
from tests.rendering.solids import pinhole, plane, scene, state

GROUND = [name for name, m in MATERIALS.items() if TextureKind.ASPHALT <= m.texture <= TextureKind.WOODS]
_X, _Y, _U, _V, _FOOTPRINT = range(5)


@njit
def _shade(tables, kind, color, s):
    """Rows x, y, u, v, footprint in; albedo into rows 5 to 7."""
    k = vi(kind)
    x, y, u, v, f = ldf(s, 0), ldf(s, 1), ldf(s, 2), ldf(s, 3), ldf(s, 4)
    one = f * 0.0 + 1.0
    r, g, b = ground_textured(tables, k, x, y, f * 0.0, u, v, f, one * color[0], one * color[1], one * color[2])
    stf(s, 5, r)
    stf(s, 6, g)
    stf(s, 7, b)


def _look(material: str, x, y, u, v, footprint) -> np.ndarray:
    """(N, 3) albedo at N points; N is a multiple of LANES."""
    tables = np.zeros(at.TABLE_ENTRIES, np.int64)
    tables[at.GROUND_PAGES] = ground_table().ctypes.data
    rows = np.broadcast_arrays(*(np.asarray(a, np.float32) for a in (x, y, u, v, footprint)))
    count = len(rows[0])
    assert count % LANES == 0
    scratch = embree.aligned(8 * LANES, np.float32)
    out = np.empty((count, 3))
    for start in range(0, count, LANES):
        for k, row in enumerate(rows):
            scratch[k * LANES : (k + 1) * LANES] = row[start : start + LANES]
        _shade(tables, int(MATERIALS[material].texture), MATERIALS[material].albedo, scratch.ctypes.data)
        out[start : start + LANES] = scratch[5 * LANES :].reshape(3, LANES).T
    return out


def _places(count: int = 64 * LANES, reach_m: float = 900.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return tuple(rng.uniform(-reach_m, reach_m, (2, count)))  # type: ignore[return-value]


def _v(age: float, half_m: float, step_m: float, across) -> np.ndarray:
    return 4.0 * (1 + code_of(age, half_m, step_m)) + np.asarray(across)


@pytest.mark.parametrize("footprint", [0.002, 0.05, 0.6, 20.0])
@pytest.mark.parametrize("material", GROUND)
def test_mean_albedo_stays_that_of_the_material(material, footprint):
    """Without lane coordinates, over many places: within 3 % at any distance (fields: their plots, 15 %)."""
    x, y = _places(1024 * LANES)
    seen = _look(material, x, y, 0.0, 0.0, footprint)[:, :3].mean(axis=0)
    tolerance = 0.15 if material == "farmland" else 0.04
    assert seen == pytest.approx(np.array(MATERIALS[material].albedo), rel=tolerance)


@pytest.mark.parametrize("material", GROUND)
def test_detail_fades(material):
    x, y = _places()
    near, far = (_look(material, x, y, 0.0, 0.0, f)[:, 1] for f in (0.002, 400.0))
    assert near.std() > 0.02 * near.mean()
    assert far.std() < 0.02 * far.mean() + 1e-6


@pytest.mark.parametrize("age", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("half_m", [1.0, 1.75, 2.5])
def test_a_lane_keeps_its_mean_at_any_age_and_width(age, half_m):
    rng = np.random.default_rng(2)
    u, across = rng.uniform(0.0, 4000.0, 1024 * LANES), rng.uniform(-1.0, 1.0, 1024 * LANES)
    v = _v(age, half_m, page.LANE_WIDTH_STEP_M, across)
    seen = _look("asphalt", u, across * half_m, u, v, 0.01)[:, 1].mean()
    assert seen == pytest.approx(MATERIALS["asphalt"].albedo[1], rel=0.04)


def test_wheel_paths_are_paler_than_the_oil_strip_of_a_young_lane():
    u = np.random.default_rng(3).uniform(0.0, 2000.0, 256 * LANES)

    def at_offset(y):
        return _look("asphalt", u, y, u, _v(0.2, 1.75, page.LANE_WIDTH_STEP_M, y / 1.75), 0.05).mean(axis=0)

    path, oil, other = at_offset(0.78), at_offset(0.0), at_offset(-0.78)
    assert path[1] > 1.25 * oil[1]
    assert path[1] == pytest.approx(other[1], rel=0.05)


def test_old_lanes_are_damaged_and_new_ones_are_not():
    rng = np.random.default_rng(4)
    u, across = rng.uniform(0.0, 4000.0, 512 * LANES), rng.uniform(-0.15, 0.15, 512 * LANES)
    dark = [
        np.mean(_look("asphalt", u, 0.0, u, _v(age, 1.75, page.LANE_WIDTH_STEP_M, across), 0.03)[:, 1] < 0.055)
        for age in (0.0, 1.0)
    ]
    assert dark[1] > 2.0 * dark[0] + 0.005


@pytest.mark.parametrize("footprint", [0.003, 0.012, 0.03, 0.5])
@pytest.mark.parametrize("wear", [0.0, 0.35, 0.7, 1.0])
def test_paint_wears_by_its_code_near_and_far_alike(wear, footprint):
    """Share of paint left: 1 - 0.6 wear, whether chips are resolved or filtered."""
    x, y = _places(512 * LANES)
    v = _v(wear, 0.3, page.STRIPE_WIDTH_STEP_M, 0.0)
    seen = _look("marking_white", x, y, 0.0, v, footprint)
    left = 1.0 - 0.6 * round(wear * 31) / 31
    assert seen[:, 1].mean() == pytest.approx(0.58 * left + 0.085 * (1.0 - left), rel=0.06)


def test_worn_paint_has_chips_and_ragged_edges_new_paint_has_none_inside():
    x, y = _places(256 * LANES)

    def look(wear, across):
        return _look("marking_white", x, y, 0.0, _v(wear, 0.06, page.STRIPE_WIDTH_STEP_M, across), 0.002)[:, 1]

    assert (look(0.8, 0.0) < 0.25).mean() > 0.2
    assert (look(0.0, 0.0) < 0.25).mean() < 0.06
    assert look(0.0, 0.92).std() > 2.0 * look(0.0, 0.0).std(), "the edge wanders by millimetres"


@pytest.mark.parametrize("material", GROUND)
def test_contrast_never_grows_with_distance(material):
    """Footprints from 2 mm to 40 m in steps of 19 %: no level of a pyramid shows more than the one before by over 6 points."""
    x, y = _places(128 * LANES)
    contrast = []
    for footprint in 0.002 * 1.19 ** np.arange(57):
        albedo = _look(material, x, y, 0.0, 0.0, footprint)[:, 1]
        contrast.append(albedo.std() / albedo.mean())
    steps = np.diff(contrast)
    assert steps.max() < 0.03
    assert steps.min() > -0.16, "and none drops out at once"


def test_neighbouring_footprints_look_alike():
    """What a moving camera sees: a point's albedo changes little when its footprint changes by 1 %, save where a level changes."""
    x, y = _places(128 * LANES)
    footprint = np.random.default_rng(5).uniform(0.002, 0.4, len(x))
    a, b = (_look("asphalt", x, y, 0.0, 0.0, f)[:, 1] for f in (footprint, footprint * 1.01))
    assert np.median(np.abs(a - b) / a) < 0.004
    assert np.quantile(np.abs(a - b) / a, 0.99) < 0.15


def test_other_kinds_are_left_alone():
    assert ASPHALT == TextureKind.ASPHALT
    assert PAINT == TextureKind.PAINT
    x, y = _places(LANES)
    seen = _look("brick", x, y, 0.0, 0.0, 0.01)
    assert seen[:, :3] == pytest.approx(np.tile(MATERIALS["brick"].albedo, (LANES, 1)), rel=1e-6)


def test_the_same_bytes_from_any_number_of_threads():
    views = []
    for threads in (1, 3):
        world = scene(threads, ground=[plane("asphalt", 500.0)])
        here = state()
        world.set_states(here, here)
        views.append(world.render(pinhole(96, 64, 60.0, (1.0, 2.0, 1.5), pitch=0.2)).radiance)
    assert np.array_equal(views[0], views[1])


@njit
def _path(kind, s):
    stf(s, 2, wheel_path(vi(kind), ldf(s, 0), ldf(s, 1)))


def _paths(v, footprint: float = 0.01, kind: int = ASPHALT) -> np.ndarray:
    scratch, out = embree.aligned(3 * LANES, np.float32), []
    for start in range(0, len(v), LANES):
        scratch[:LANES], scratch[LANES : 2 * LANES] = v[start : start + LANES], footprint
        _path(kind, scratch.ctypes.data)
        out.append(scratch[2 * LANES :].copy())
    return np.concatenate(out)


def test_wheel_paths_lie_where_tyres_run_and_fade_to_their_mean():
    """1 at 0.78 m from the lane's middle, 0 in the middle, at the edge, off lanes and on paving; far off their share of the lane."""
    across = np.linspace(-1.0, 1.0, 64 * LANES)
    v, offset = _v(0.3, 1.75, page.LANE_WIDTH_STEP_M, across), across * 1.75
    near = _paths(v)
    np.testing.assert_allclose(near[np.abs(np.abs(offset) - 0.78) < 0.004], 1.0, atol=1e-3)
    assert near[np.abs(offset) < 0.40].max() == 0.0 == near[np.abs(offset) > 1.16].max()
    np.testing.assert_allclose(_paths(v, 5.0), near.mean(), atol=5e-3)
    assert _paths(np.zeros(LANES)).max() == 0.0 == _paths(v, kind=int(TextureKind.PAVERS)).max()

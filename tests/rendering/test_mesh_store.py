"""Meshes kept on disk: the same pictures with and without, and no harm from files that are cut short, damaged or deleted."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rendering import mesh_store
from rendering.assets.solids import box, quad, sphere
from rendering.mesh_store import cached, flat, meshes_of, recipe
from rendering.scene import Scene
from rendering.surroundings import meshes_of_statics
from sim.base.state import StaticObjects
from sim.base.taxonomy import ObjectClass
from sim.maps.library import load_network
from tests.rendering.solids import actor, pinhole
from tests.rendering.solids import state as state_of


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return mesh_store.folder()


def _statics() -> StaticObjects:
    names = ("building.row_house:1#0", "tree.lime:2#0", "furniture.bench:0#0", "furniture.bench:0#1")
    extents = np.array([[5.0, 4.0, 4.5], [2.2, 2.2, 3.6], [0.8, 0.3, 0.45], [0.8, 0.3, 0.45]])
    return StaticObjects(
        name=names,
        position_world_m=np.array([[-120.0, 9.0, 0.0], [-130.0, 6.0, 0.0], [-140.0, 3.0, 0.0], [-140.0, -3.0, 0.0]]),
        rpy_rad=np.zeros((4, 3)),
        box_center_m=extents * np.array([0.0, 0.0, 1.0]),
        box_extent_m=extents,
        object_class=np.full(4, ObjectClass.BUILDING, np.uint8),
        carla_id=np.arange(4, dtype=np.uint64),
    )


def _picture() -> bytes:
    scene = Scene(load_network("parking_lot"), _statics(), threads=1)
    car = actor(1, "vehicle.tesla.model3")
    state = state_of((car, (-140.0, -2.2, 0.0), 0.0))
    scene.set_states(state, state, state)
    buffers = scene.render(pinhole(160, 120, 90.0, (-150.0, -1.8, 1.6), pitch=0.01))
    return buffers.radiance.tobytes() + buffers.instance.tobytes()


def test_the_same_picture_built_kept_and_damaged(store: Path) -> None:
    built = _picture()
    files = sorted(store.iterdir())
    assert {file.name.partition("-")[0] for file in files} >= {"ground", "statics"}
    assert _picture() == built
    for file in files:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(bytes(data))
    assert _picture() == built


def test_equal_objects_share_one_mesh(store: Path) -> None:
    for _ in range(2):
        meshes = meshes_of_statics(_statics())
        assert meshes[2] is meshes[3]
        assert meshes[0] is not meshes[1]


def test_meshes_come_back_as_they_were() -> None:
    sign = quad([[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]], "sign_face", uv=[[0, 0], [1, 0], [1, 1], [0, 1]])
    originals = [box((0, 0, 1), (1, 2, 2), "brick"), sign, sphere((0, 0, 0), 1.0, "grass")]
    for before, after in zip(originals, meshes_of(flat(originals)), strict=True):
        for name in ("vertices", "normals", "triangles", "material", "part"):
            assert np.array_equal(getattr(before, name), getattr(after, name))
            assert getattr(before, name).dtype == getattr(after, name).dtype
        assert (before.uv is None) == (after.uv is None)
        assert before.uv is None or np.array_equal(before.uv, after.uv)


@pytest.mark.parametrize("harm", ["cut", "empty", "flipped", "deleted"])
def test_harmed_files_are_built_again(store: Path, harm: str) -> None:
    calls = []

    def build() -> list[np.ndarray]:
        calls.append(1)
        return [np.arange(1000, dtype=np.float32), np.zeros((0, 3), np.uint32)]

    for _ in range(2):
        assert np.array_equal(cached("thing", build)[0], np.arange(1000))
    assert len(calls) == 1
    path, data = store / "thing", (store / "thing").read_bytes()
    if harm == "deleted":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:-100], "empty": b"", "flipped": data[:200] + b"?" + data[201:]}[harm])
    assert np.array_equal(cached("thing", build)[0], np.arange(1000))
    assert len(calls) == 2
    assert (store / "thing").read_bytes() == data


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert np.array_equal(cached("thing", lambda: [np.arange(3)])[0], np.arange(3))


def test_the_oldest_files_go_first(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_store, "LIMIT_BYTES", 10_000)
    for k in range(5):
        cached(f"thing{k}", lambda: [np.zeros(1000, np.float32)])
        path = store / f"thing{k}"
        os.utime(path, (1000.0 + k, 1000.0 + k))
    assert sorted(file.name for file in store.iterdir()) == ["thing3", "thing4"]


def test_a_recipe_follows_its_inputs() -> None:
    extents = np.ones((2, 3))
    name = recipe("statics", ["a", "b"], extents)
    assert name == recipe("statics", ["a", "b"], extents.copy())
    assert name != recipe("statics", ["a", "b"], extents + 1e-9)
    assert name != recipe("statics", ["a", "c"], extents)
    assert name != recipe("ground", ["a", "b"], extents)

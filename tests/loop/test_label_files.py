"""What is written can be read back by others' tools, to the precision that the format holds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from sim.base.annotations import BehindGlass, RunLengths
from sim.base.errors import SimError
from sim.base.parts import PartKind
from sim.base.state import GROUND_INSTANCE_BASE, STATIC_INSTANCE_BASE
from sim.loop.label_files import (
    depth_to_png16,
    flow_to_png16,
    instance_from_rgb,
    instance_to_rgb,
    label_tables,
    write_frame,
)
from tests.loop.frames import make_frame


def test_instances_survive_exactly() -> None:
    ids = np.array(
        [[0, 1, 300, 65535], [STATIC_INSTANCE_BASE, STATIC_INSTANCE_BASE + 4711, GROUND_INSTANCE_BASE + 9, 2]]
    )
    ids = ids.astype(np.uint32)
    assert np.array_equal(instance_from_rgb(instance_to_rgb(ids)), ids)
    with pytest.raises(SimError, match="above 65535"):
        instance_to_rgb(np.array([[STATIC_INSTANCE_BASE + 70000]], np.uint32))


def test_depth_and_flow_keep_their_precision() -> None:
    depth = np.array([[np.inf, 0.5, 12.345, 255.0, 900.0]], np.float32)
    coded = depth_to_png16(depth)
    assert coded[0, 0] == 0 and coded[0, 4] == 65535
    assert np.abs(coded[0, 1:4] / 256.0 - depth[0, 1:4]).max() <= 0.5 / 256 + 1e-6
    flow = np.array([[[0.0, 0.0], [-12.34, 7.89], [np.nan, 1.0]]], np.float32)
    coded = flow_to_png16(flow)
    assert list(coded[0, :, 2]) == [1, 1, 0]
    decoded = (coded[0, :2, :2].astype(float) - 32768) / 64
    assert np.abs(decoded - flow[0, :2]).max() <= 0.5 / 64 + 1e-6


def test_files_of_a_frame(tmp_path: Path) -> None:
    frame, notes = make_frame()
    write_frame(tmp_path, frame, notes, tick=12)
    picture = cv2.imread(str(tmp_path / "images/front/000012.png"))[:, :, ::-1]
    assert np.array_equal(picture, frame.rgb)
    ids = cv2.imread(str(tmp_path / "labels/front/000012.instance.png"))[:, :, ::-1]
    assert np.array_equal(instance_from_rgb(ids), notes.instance)
    semantic = cv2.imread(str(tmp_path / "labels/front/000012.semantic.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(semantic, notes.semantic)
    document = json.loads((tmp_path / "labels/front/000012.json").read_text())
    assert document["objects"][0]["class"] == "pedestrian"
    assert document["calibration"]["matrix"][0][0] == 430.0
    assert document["timestamp_us"] == 600_000


def test_labels_on_request_have_files_of_their_own(tmp_path: Path) -> None:
    frame, notes = make_frame()
    shape = notes.instance.shape
    rng = np.random.default_rng(3)
    albedo, roughness = rng.random((*shape, 3), np.float32), rng.random(shape, np.float32)
    forward = np.full((*shape, 2), 1.5, np.float32)
    behind = BehindGlass(
        notes.instance, notes.semantic, np.full(shape, PartKind.HEAD, np.uint8), np.full(shape, 7.5, np.float32)
    )
    label = dataclasses.replace(notes.objects[0], amodal_mask=RunLengths((48, 64), "abc"))
    rich = dataclasses.replace(
        notes, albedo=albedo, roughness=roughness, flow_forward_of_previous_px=forward, previous_tick=10,
        behind_glass=behind, objects=(label,),
    )  # fmt: skip
    write_frame(tmp_path, frame, rich, tick=12)
    labels = tmp_path / "labels/front"
    read = {name: cv2.imread(str(labels / name), cv2.IMREAD_UNCHANGED) for name in (
        "000012.albedo.png", "000012.roughness.png", "000010.flow_forward.png", "000012.behind.part.png",
        "000012.behind.range.png", "000012.part.png",
    )}  # fmt: skip
    assert np.abs(read["000012.albedo.png"][:, :, ::-1] / 65535.0 - albedo).max() < 1e-5
    assert np.abs(read["000012.roughness.png"] / 255.0 - roughness).max() < 0.5 / 255.0 + 1e-6
    assert (read["000010.flow_forward.png"][:, :, 2] == 32768 + 96).all()
    assert (read["000012.behind.part.png"] == PartKind.HEAD).all() and (read["000012.behind.range.png"] == 1920).all()
    assert np.array_equal(read["000012.part.png"], notes.part)
    document = json.loads((labels / "000012.json").read_text())
    assert document["objects"][0]["amodal_mask"] == {"size": [48, 64], "counts": "abc"}
    assert label_tables()["parts"]["2"] == "window" and label_tables()["classes"]["30"] == "pedestrian"


def test_without_request_there_are_none(tmp_path: Path) -> None:
    frame, notes = make_frame()
    write_frame(tmp_path, frame, notes, tick=12)
    names = sorted(path.name.split(".", 1)[1] for path in (tmp_path / "labels/front").iterdir())
    assert names == ["depth.png", "flow.png", "instance.png", "json", "part.png", "semantic.png"]

"""What is written can be read back by others' tools, to the precision that the format holds."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from sim.base.errors import SimError
from sim.base.state import GROUND_INSTANCE_BASE, STATIC_INSTANCE_BASE
from sim.loop.label_files import (
    depth_to_png16,
    flow_to_png16,
    instance_from_rgb,
    instance_to_rgb,
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

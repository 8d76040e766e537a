"""COCO files, read and scored by pycocotools."""

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sim.datasets import coco
from tests.datasets.frames import frame


@pytest.fixture
def data_set(tmp_path: Path) -> COCO:
    records = [coco.write_frame(tmp_path, "s", *frame(tick)) for tick in range(3)]
    coco.write_index(tmp_path / "instances.json", coco.merge(records, {"description": "test"}))
    return COCO(str(tmp_path / "instances.json"))


def test_only_visible_objects_of_coco_classes_are_written(data_set: COCO) -> None:
    first = data_set.loadAnns(data_set.getAnnIds(imgIds=[1]))
    assert [(a["track_id"], data_set.cats[a["category_id"]]["name"]) for a in first] == [
        (1, "car"),
        (2, "person"),
        (4, "stop sign"),
    ]


def test_boxes_and_areas_are_those_of_the_masks(data_set: COCO) -> None:
    for annotation in data_set.anns.values():
        rle = data_set.annToRLE(annotation)
        np.testing.assert_array_equal(coco_mask.toBbox(rle), annotation["bbox"])
        assert coco_mask.area(rle) == annotation["area"]


def average_precision(data_set: COCO, detections: list[dict], kind: str) -> float:
    evaluation = COCOeval(data_set, data_set.loadRes(detections), kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return float(evaluation.stats[0])


def detections_of(data_set: COCO, shift_px: float = 0.0) -> list[dict]:
    return [
        {
            "image_id": a["image_id"],
            "category_id": a["category_id"],
            "bbox": [a["bbox"][0] + shift_px, *a["bbox"][1:]],
            "score": 1.0,
        }
        for a in data_set.anns.values()
    ]


def test_ground_truth_against_itself_scores_one(data_set: COCO) -> None:
    assert average_precision(data_set, detections_of(data_set), "bbox") == pytest.approx(1.0)
    masks = [
        {"image_id": a["image_id"], "category_id": a["category_id"], "segmentation": a["segmentation"], "score": 1.0}
        for a in data_set.anns.values()
    ]
    assert average_precision(data_set, masks, "segm") == pytest.approx(1.0)


def test_labels_off_by_one_pixel_score_less(data_set: COCO) -> None:
    assert average_precision(data_set, detections_of(data_set, shift_px=1.0), "bbox") < 0.95


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        records = [coco.write_frame(tmp_path / name, "s", *frame(0))]
        coco.write_index(tmp_path / name / "instances.json", coco.merge(records, {}))
    a, b = (tmp_path / name / "instances.json" for name in ("a", "b"))
    assert a.read_bytes() == b.read_bytes()
    assert json.loads(a.read_text())["images"][0]["file_name"] == "s_main_000000.png"

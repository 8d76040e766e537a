"""A whole data set from a real drive, read and scored by pycocotools; made again it has the same bytes."""

import json
from pathlib import Path

import pytest
from pycocotools.coco import COCO

from sim.base.errors import InputError
from sim.datasets.generate import Recipe, generate
from sim.jobs.runner import JobResult
from tests.datasets.test_coco import average_precision, detections_of

RECIPE = Recipe("vru/child_from_behind_parked_van", count=2, rig="fast_640", every=4, overrides={"duration_s": "1.0"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("set") / "out"
    made = generate(RECIPE, out, workers=2)
    assert (made.failed, made.folder) == ((), out)
    assert made.images >= 8
    return out


def test_pycocotools_loads_it_and_scores_one(folder: Path) -> None:
    data_set = COCO(str(folder / "annotations" / "instances.json"))
    assert len(data_set.anns) > 10
    assert average_precision(data_set, detections_of(data_set), "bbox") == pytest.approx(1.0)
    for image in data_set.imgs.values():
        assert (folder / "images" / image["file_name"]).stat().st_size > 10_000


def test_nothing_of_the_work_is_left_and_every_file_is_hashed(folder: Path) -> None:
    assert not folder.with_name("out.partial").exists()
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"manifest.json"}
    assert set(json.loads((folder / "manifest.json").read_text())["files"]) == files


def test_an_interrupted_set_goes_on_and_ends_with_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    jobs = []

    def stop_after_one(result: JobResult) -> None:
        jobs.append(result)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(RECIPE, out, on_result=stop_after_one)
    assert not out.exists()
    (tmp_path / "out.partial" / "images" / "000001_front_000099.png").write_bytes(b"of a drive that broke off")
    generate(RECIPE, out, on_result=jobs.append)
    assert [job.state for job in jobs] == ["done", "reused", "done"]
    assert (out / "manifest.json").read_bytes() == (folder / "manifest.json").read_bytes()


def test_an_existing_folder_is_not_touched(folder: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        generate(RECIPE, folder)


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="allowed is coco"):
        generate(RECIPE, tmp_path / "x", "voc")

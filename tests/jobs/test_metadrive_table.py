"""The comparison with MetaDrive: its arguments, its figures and table, and how it fails where MetaDrive cannot be had."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks import metadrive
from tests.benchmarks.metadrive import BenchmarkError, Driver, figures, parse, table


def test_arguments() -> None:
    options = parse(["--sizes", "64x48,320x240", "--rounds", "5", "--venv", "there"])
    assert options.sizes == [(64, 48), (320, 240)]
    assert (options.rounds, options.venv, options.json) == (5, Path("there"), None)
    assert parse([]).sizes == [(640, 480), (1280, 960)]


@pytest.mark.parametrize("words", [["--sizes", "640"], ["--sizes", "640x4"], ["--rounds", "0"], ["--frames", "two"]])
def test_wrong_arguments_are_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(words)
    assert "allowed is" in capsys.readouterr().err


def test_figures_are_medians_and_ratios_are_theirs_over_ours() -> None:
    times = {case: {"wall_ms": [50.0, 10.0, 20.0], "cpu_ms": [40.0, 40.0]} for case in metadrive.CASES}
    times["MetaDrive: RGB"] = {"wall_ms": [60.0, 1.0, 70.0], "cpu_ms": [100.0]}
    found = figures(times)
    assert found["ours: labels alone"] == {
        "wall_ms": 20.0,
        "cpu_ms": 40.0,
        "frames_per_s": 50.0,
        "frames_per_cpu_s": 25.0,
    }
    lines = table("64x48", found).splitlines()
    assert lines[0].startswith("64x48") and len(lines) == 1 + len(metadrive.CASES) + len(metadrive.RATIOS)
    assert lines[1 + len(metadrive.CASES)].endswith("3.00 wall, 2.50 CPU")


def test_a_driver_that_ends_is_an_error_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = tmp_path / "driver.py"
    driver.write_text("import sys; sys.exit('no display of any kind')")
    monkeypatch.setattr(metadrive, "DRIVER", driver)
    with pytest.raises(BenchmarkError, match=r"no display of any kind(.|\n)*libegl1"):
        Driver(Path(sys.executable), (64, 48), 1, tmp_path)


def test_what_cannot_be_installed_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert metadrive.main(["--venv", str(tmp_path / "file" / "venv")]) == 2
    assert "MetaDrive's environment" in capsys.readouterr().err

"""Rig files: presets load, and every mistake is named with file, line, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensors.config.exposure import critical_alpha
from sensors.derived import derived_quantities
from sensors.rig import load_rig, preset_names
from sim.base.clock import tick_period
from sim.base.errors import RigError


def test_presets_are_as_announced():
    assert preset_names() == (
        "fast_640",
        "imx490_class",
        "imx728_class",
        "svc_fisheye_190",
        "tesla_hw3_hdr",
        "tesla_hw3_like",
    )
    main = load_rig("tesla_hw3_like").cameras[0]
    assert (main.sensor.width_px, main.sensor.height_px, main.rate_hz) == (1280, 960, 36.0)
    assert main.sensor.row_time_s == 22.2e-6
    assert load_rig("fast_640").rates_hz() == {"front": 20.0}
    assert tick_period(main and load_rig("tesla_hw3_like").rates_hz()) == main.period_flicks


def test_fields_of_view_are_those_of_the_data_sheets():
    """The surround camera: 195.9 and 130.4 degrees; the eight-megapixel ones: 120 and 30; the five-megapixel one: 60."""
    expected = {
        "svc_fisheye_190": ((195.9, 130.4, 210.4),),
        "imx728_class": ((120.0, 67.5, 137.7), (30.0, 17.1, 34.2)),
        "imx490_class": ((60.0, 40.9, 69.0),),
    }
    for name, cameras in expected.items():
        for camera, fields in zip(load_rig(name).cameras, cameras, strict=True):
            found = derived_quantities(camera)
            for word, degrees in zip(("horizontal", "vertical", "diagonal"), fields, strict=True):
                assert found[f"field_of_view_{word}_deg"] == pytest.approx(degrees, rel=0.03), (name, word)


def test_preset_is_critically_damped():
    for name in preset_names():
        for camera in load_rig(name).cameras:
            assert camera.exposure.alpha == pytest.approx(critical_alpha(camera.exposure.delay_frames), abs=5e-4)


def test_digest_follows_values(tmp_path: Path):
    text = _preset_text()
    path = tmp_path / "rig.yaml"
    path.write_text(text)
    assert load_rig(path).digest() == load_rig("fast_640").digest()
    path.write_text(text.replace("f_number: 2.0", "f_number: 2.1"))
    assert load_rig(path).digest() != load_rig("fast_640").digest()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "f_number: 2.0",
            "f_numbr: 2.0",
            'rig.yaml:14 cameras[0].optics.f_numbr: found an unknown key.*mean "f_number"',
        ),
        ("f_number: 2.0", "f_number: wide", "rig.yaml:14 cameras[0].optics.f_number: found 'wide'"),
        ("f_number: 2.0", "f_number: -2.0", "rig.yaml:14 cameras[0].optics.f_number: found -2.0"),
        ("cfa: RGGB", "cfa: RGBG", "rig.yaml:23 cameras[0].sensor.cfa: found 'RGBG'.*mean \"RGGB\""),
        ("alpha: 0.25", "alpha: 1.0", "cameras[0].exposure: alpha: found 1; .* stable below 1.000"),
        ("row_time_s: 0.0 ", "row_time_s: 0.01 ", "cameras[0]: sensor.row_time_s: found 0.01 s.*lower rate_hz"),
        ("  - name: front", "  - neme: front", 'found an unknown key.*mean "name"'),
        ("theta_max_deg: 48.0", "theta_max_deg: 90.0", "found 90; a brown_conrady lens.*use kannala_brandt"),
        ("[-0.08, 0.01, 0.0, 0.0, 0.0]", "[-0.08, 0.01, 0.0]", "distortion: found 3 coefficients"),
        ("[0.6820, 0.2480, 0.0700]", "[0.6820, 0.2480, 0.0]", "found a row sum of 0.93"),
        ("digital_gain: [1.0, 16.0]", "digital_gain: [4.0, 2.0]", r"digital_gain: found \[4, 2\]"),
        ("cameras:", "cameras: [", "does not parse"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, expected: str):
    text = _preset_text()
    if old not in text:
        pytest.fail(f"the preset no longer holds {old!r}")
    path = tmp_path / "rig.yaml"
    path.write_text(text.replace(old, new))
    pattern = expected.replace("[0]", r"\[0\]")
    with pytest.raises(RigError, match=f"(?s){pattern}"):
        load_rig(path)


def test_unknown_rig_gets_nearest_name():
    with pytest.raises(RigError, match='Did you mean "fast_640"'):
        load_rig("fast_64")


def test_two_cameras_need_two_names(tmp_path: Path):
    text = _preset_text()
    path = tmp_path / "rig.yaml"
    path.write_text(text + text[text.index("  - name: front") :])
    with pytest.raises(RigError, match='two cameras named "front"'):
        load_rig(path)


def _preset_text() -> str:
    import sensors

    return (Path(sensors.__file__).parent / "presets" / "fast_640.yaml").read_text()


def test_a_file_that_is_no_text_or_no_yaml_is_named(tmp_path: Path):
    path = tmp_path / "rig.yaml"
    for content, words in ((b"\xff\xfe\x00", "cannot be read"), (b"name: \x07", "does not parse")):
        path.write_bytes(content)
        with pytest.raises(RigError, match=rf"rig\.yaml.*{words}"):
            load_rig(path)

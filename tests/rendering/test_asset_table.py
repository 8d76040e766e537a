"""assets.yaml: what it says, and every complaint with its file, line, key and a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from rendering.assets.asset_table import _MATERIAL_KEYS, _ROW_KEYS, NODE_KINDS, read_table, replaceable
from sim.base.errors import AssetError

GOOD = """assets:
  - for: [vehicle.tesla.model3, "vehicle.audi.*"]
    file: a.glb
    scale: 0.01
    forward: -x
    up: +z
    fit: true
    materials:
      "Paint*": {paint: true}
      Tyre: {like: tyre}
      Rim: {albedo: [0.5, 0.5, 0.6], metallic: 1.0, roughness: 0.2, clear_coat: false}
    nodes:
      "wheel_r*": {kind: wheel, steered: true}
      "wheel*": wheel
      "lamp_l": indicator_left
  - for: building.office:2
    file: a.glb
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.glb").write_bytes(b"")
    return tmp_path


def _read(folder, text):
    (folder / "assets.yaml").write_text(text, encoding="utf-8")
    return read_table(folder)


def test_reads_every_key(folder):
    first, second = _read(folder, GOOD)
    assert first.covers("vehicle.audi.a2") and not first.covers("vehicle.bmw.grandtourer")
    assert (first.scale, first.forward, first.up, first.fit) == (0.01, "-x", "+z", True)
    assert first.overrides_of("Paint_blue").paint and first.overrides_of("Tyre").like == "tyre"
    assert first.overrides_of("Rim").albedo == (0.5, 0.5, 0.6) and first.overrides_of("?").albedo is None
    assert first.rule_of("wheel_rl").steered and first.rule_of("wheel_fl").steered is None
    assert first.rule_of("lamp_l").kind == "indicator_left" and first.rule_of("hood") is None
    assert second.covers("building.office:2") and not second.covers("building.office:1")
    assert (second.forward, second.up) == ("+z", "+y") and second.where.endswith("assets.yaml:16")


def test_everything_replaceable_can_be_named(folder):
    assert "vehicle.tesla.model3" in replaceable() and "tree.lime:0" in replaceable()
    assert "static.prop.car_door" not in replaceable()
    (row,) = _read(folder, 'assets:\n  - {for: "*", file: a.glb}\n')
    assert all(row.covers(name) for name in replaceable())


@pytest.mark.parametrize(
    "old, new, message",
    [
        (
            "vehicle.tesla.model3",
            "vehicle.tesla.modell3",
            r'yaml:2: assets\[0\].for: .*Did you mean "vehicle.tesla.model3"',
        ),
        ("vehicle.tesla.model3", "walker.pedestrian.0001", r"walkers, signs and lights keep ours"),
        (
            "file: a.glb\n    scale",
            "file: b.glb\n    scale",
            r'yaml:3: assets\[0\].file: .*"b.glb".*Did you mean "a.glb"',
        ),
        ("file: a.glb\n    scale", "file: a.obj\n    scale", r"end in .glb or .gltf"),
        ("scale: 0.01", "scale: huge", r'yaml:4: assets\[0\].scale: found "huge"; allowed: numbers from'),
        ("scale: 0.01", "scale: nan", r"found \"nan\""),
        ("scale: 0.01", "scales: 0.01", r'yaml:4: assets\[0\]: found the key "scales".*Did you mean "scale"'),
        ("up: +z", "up: +x", r"forward: found -x with up: \+x"),
        ("up: +z", "up: z", r'yaml:6: .*found "z"; allowed: \+x'),
        ("fit: true", "fit: maybe", r"true or false"),
        ("like: tyre", "like: tire", r'yaml:10: assets\[0\].materials.Tyre.like: .*Did you mean "tyre"'),
        ("{like: tyre}", "{like: tyre, roughness: 0.2}", r"like and roughness together"),
        ("[0.5, 0.5, 0.6]", "[0.5, 0.5]", r"found 2 numbers"),
        ("[0.5, 0.5, 0.6]", "[0.5, 0.5, 60]", r"numbers from 0 to 1"),
        ("indicator_left", "indicator_lft", r'yaml:15: .*Did you mean "indicator_left"'),
        ("{kind: wheel, steered: true}", "{kind: window, steered: true}", r"steered on a window"),
        ("    file: a.glb\n    scale", "    scale", r"yaml:2: assets\[0\]: found no file"),
        ("  - for: building", "    file: a.glb\n  - for: building", r'"file" twice'),
        ("assets:", "asset:", r'Did you mean "assets"'),
        ("materials:", "materials: [", r"is not YAML"),
    ],
)
def test_mistakes(folder, old, new, message):
    assert old in GOOD
    with pytest.raises(AssetError, match=message):
        _read(folder, GOOD.replace(old, new, 1))


def test_no_table_and_an_empty_one(folder):
    with pytest.raises(AssetError, match=r"no table that can be read.*unset SIM_ASSETS"):
        read_table(folder)
    with pytest.raises(AssetError, match="an empty file"):
        _read(folder, "")


def test_the_documented_example_is_read(tmp_path):
    page = (Path(__file__).resolve().parents[2] / "docs" / "assets.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    for name in ("saloon.glb", "lime.glb", "tower.gltf"):
        (tmp_path / name).write_bytes(b"")
    saloon, lime, tower = _read(tmp_path, example)
    assert saloon.covers("vehicle.audi.a2") and lime.covers("tree.lime:3") and (tower.up, tower.forward) == ("+z", "+x")
    kinds = page.split("Kinds of nodes:")[1].split("## How")[0]
    assert all(f"`{kind}`" in kinds for kind in NODE_KINDS)
    assert (
        all(f"`{key}`" in page for key in (*_ROW_KEYS, *_MATERIAL_KEYS) if key != "paint") and "`paint: true`" in page
    )

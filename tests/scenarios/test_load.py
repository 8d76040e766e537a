"""Scenario files: each kind of mistake is refused with file, line, key, what was found and what is expected."""

from __future__ import annotations

import pytest

from scenarios.catalogue import LIBRARY, library_ids
from scenarios.load import load_scenario, scenario_from_text
from sim.base.errors import ScenarioError

CHILD = (LIBRARY / "vru" / "child_from_behind_parked_van.yaml").read_text()


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize("scenario_id", library_ids())
def test_library_loads(scenario_id: str) -> None:
    scenario = load_scenario(scenario_id)
    assert scenario.scenario_id == scenario_id
    assert scenario.title[0].isupper() and " " in scenario.title


def test_id_by_its_last_part_and_by_path() -> None:
    assert load_scenario("stop_plain").scenario_id == "signs/stop_plain"
    assert load_scenario(LIBRARY / "signs" / "stop_plain.yaml").scenario_id == "signs/stop_plain"
    with pytest.raises(ScenarioError, match='Did you mean "stop_plain"'):
        load_scenario("stop_plane")


MISTAKES = {
    "not a number": ("gap_m: {uniform: [0.8, 4]}", "gap_m: wide", 'found "wide"; expected a number 0 to 5000 (m)'),
    "misspelt key": ("  speed_kmh: {", "  speed_khm: {", 'Did you mean "speed_kmh"?'),
    "misspelt distribution": ("{uniform: [0, 80]}", "{unifrom: [0, 80]}", 'Did you mean "uniform"?'),
    "misspelt lane": ("parking_right", "parking_rigt", 'Did you mean "parking_right"?'),
    "unknown actor": ("actor: child", "actor: chid", 'Did you mean "child"?'),
    "unknown event": ("event: child_runs", "event: child_run", 'Did you mean "child_runs"?'),
    "unknown blueprint": ("vehicle.tesla.model3", "vehicle.tesla.modle3", 'Did you mean "vehicle.tesla.model3"?'),
    "unknown behaviour": ("dart_out:", "dartout:", 'Did you mean "dart_out"?'),
    "out of range": (
        "speed_kmh: {uniform: [30, 50]}",
        "speed_kmh: {uniform: [30, 500]}",
        "gives values from 30 to 500",
    ),
    "low above high": ("speed_kmh: {uniform: [30, 50]}", "speed_kmh: {uniform: [50, 30]}", "low <= high"),
    "no duration": ("duration_s: 10", "duration_s: -1", "greater than 0"),
    "circle": ("behind: van", "behind: car_behind_van", "found the circle"),
    "two places": ("at_anchor_m: 0", "at_anchor_m: 0, beside: child", "exactly one of at_anchor_m"),
    "two conditions": (
        "  child_runs:\n    do:",
        "  child_runs:\n    when: {time_s: 1, after: child_runs}\n    do:",
        "exactly one",
    ),
    "a van that darts out": ("actor: child", "actor: van", "expected a person"),
    "unknown variable": ("speed_kmh: {uniform: [30, 50]}", "speed_kmh: $speed", "there are none"),
    "key twice": ("rig: fast_640", "rig: fast_640\nrig: other", "a second time"),
    "no YAML": ("ego:", "ego: [", "not YAML"),
    "version": ("scenario: 1", "scenario: 2", "found 2; expected 1"),
    "keys where none belong": ("- no_collision: {}", "- no_collision: {hard: 1}", "no key at all"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_named_with_their_line(name: str) -> None:
    right, wrong, words = MISTAKES[name]
    assert right in CHILD
    text = CHILD.replace(right, wrong, 1)
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text(text, "my.yaml")
    message = str(caught.value)
    assert words in message
    first = wrong.splitlines()[-1 if name in ("key twice",) else 0].strip()
    expected = line_of(text, first)
    lines = [int(part.split(":")[1].split()[0]) for part in message.splitlines() if part.startswith("my.yaml:")]
    assert any(abs(line - expected) <= 2 for line in lines), (message, expected)


def test_missing_key_is_reported_at_its_parent() -> None:
    text = CHILD.replace("title:", "titel:", 1)
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text(text, "my.yaml")
    assert "title: found nothing; expected the key title" in str(caught.value)
    assert 'Did you mean "title"?' in str(caught.value)


def test_yaml_traps_are_closed() -> None:
    text = CHILD.replace("duration_s: 10", "duration_s: 1e1")
    assert scenario_from_text(text, "my.yaml").model.duration_s == 10.0


def test_overrides() -> None:
    scenario = load_scenario(
        "child_from_behind_parked_van", {"ego.speed_kmh": "40", "expect[6].progress.at_least_m": "9"}
    )
    assert scenario.model.ego.speed_kmh.value == 40.0
    assert scenario.model.expect[6].body.at_least_m == 9.0
    assert scenario.sha256 != load_scenario("child_from_behind_parked_van").sha256
    with pytest.raises(ScenarioError, match=r"override ego\.sped_kmh.*Did you mean"):
        load_scenario("child_from_behind_parked_van", {"ego.sped_kmh": "40"})
    with pytest.raises(ScenarioError, match="found no item"):
        load_scenario("child_from_behind_parked_van", {"expect[70]": "x"})

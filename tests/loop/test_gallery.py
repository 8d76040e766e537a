"""The gallery: its data, a state in another light, and a small one from the map to the page."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from rendering.precipitation import Snow, snow_of
from sim.base.errors import InputError
from sim.base.state import Lamp
from sim.cli import app
from sim.loop.gallery.pictures import under
from sim.loop.gallery.scenes import Condition, load_plan, plan_of_map
from tests.rendering.solids import actor, state


def test_twelve_scenes_in_six_conditions_and_some_with_labels():
    plan = load_plan()
    assert len(plan.scenes) == 12 and plan.pictures == 72
    assert {"day", "dusk", "night", "rain", "fog", "snow"} == set(plan.conditions)
    assert any(scene.labels for scene in plan.scenes.values())
    assert {scene.map for scene in plan.scenes.values()} <= {"town_quarter", "motorway", "parking_lot"}


def test_a_map_without_scenes_gets_views():
    plan = plan_of_map(load_plan(), "Somewhere")
    assert len(plan.scenes) == 12 and all(scene.map == "Somewhere" for scene in plan.scenes.values())


def test_an_unknown_scene_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r'found "crosing".*crossing'):
        load_plan().only(["crosing"], [])


def test_a_state_takes_weather_lamps_and_snow():
    here = state((actor(1, "box"), (0.0, 0.0, 0.0), 0.0), (actor(2, "box"), (9.0, 0.0, 0.0), 0.0))
    here = dataclasses.replace(here, hand_brake=np.array([0, 1], np.uint8))
    night = under(here, Condition(weather={"sun_altitude_angle": -30.0}, lamps=True), camera_track_id=1)
    assert night.weather.sun_altitude_angle == -30.0
    assert [bool(flags & Lamp.LOW_BEAM) for flags in night.lamp_flags] == [True, False], "parked cars stay dark"
    snowy = under(here, Condition(weather={}, lying_cm=3.0, rate_mm_h=2.0), camera_track_id=1)
    assert snow_of(snowy.actors) == Snow(3.0, 2.0) and snowy.count == 3 == len(snowy.position_world_m)
    assert snow_of(here.actors) == Snow()


@pytest.mark.slow
def test_a_small_gallery_has_its_pictures_sheets_and_page(tmp_path):
    arguments = [
        "gallery",
        "--out",
        str(tmp_path / "g"),
        "--scenes",
        "parking",
        "--conditions",
        "day,night",
        "--rig",
        "fast_640",
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "g" / "pictures").iterdir()} == {"parking_day.png", "parking_night.png"}
    assert (tmp_path / "g" / "index.html").exists() and json.loads((tmp_path / "g" / "manifest.json").read_text())

"""docs/cameras.md says what the tables say."""

from __future__ import annotations

from sim.server.sensing import camera_page
from sim.server.sensing.camera_attributes import ATTRIBUTES
from sim.server.sensing.kinds import SENSOR_KINDS


def test_the_page_is_up_to_date() -> None:
    assert camera_page.main(["--check"]) == 0, "run `python -m sim.server.sensing.camera_page`"


def test_every_attribute_and_camera_has_one_row() -> None:
    text = camera_page.page()
    assert all(text.count(f"| `{name}` |") == 1 for name in ATTRIBUTES)
    assert all(f"| `{kind}` |" in text for kind in SENSOR_KINDS if kind.startswith("sensor.camera."))

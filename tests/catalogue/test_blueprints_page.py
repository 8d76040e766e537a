"""docs/blueprints.md is what the catalogue says."""

from __future__ import annotations

from sim.catalogue.blueprints import BLUEPRINTS
from sim.catalogue.blueprints_page import PAGE, main, page


def test_the_page_is_fresh_and_names_everything_that_can_be_spawned() -> None:
    assert main(["--check"]) == 0, "run python -m sim.catalogue.blueprints_page"
    text = page()
    assert all(f"`{blueprint.id}`" in text for blueprint in BLUEPRINTS.values() if blueprint.spawnable)
    assert PAGE.read_text(encoding="utf-8") == text

"""Maps by name."""

from __future__ import annotations

from pathlib import Path

from sim.maps.library import OWN_MAPS, load_network


def test_a_linked_map_has_the_name_of_its_link(tmp_path: Path) -> None:
    (tmp_path / "Elsewhere.xodr").symlink_to(OWN_MAPS / "parking_lot.xodr")
    assert load_network("Elsewhere", [tmp_path]).name == "Elsewhere"
    assert load_network("parking_lot", [tmp_path]).name == "parking_lot"

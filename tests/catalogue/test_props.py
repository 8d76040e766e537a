"""The prop table: the ids that scripts use, with plausible sizes and weights."""

from __future__ import annotations

from sim.catalogue.props import PROPS


def test_common_ids_are_there() -> None:
    names = (
        "streetbarrier constructioncone trafficcone01 trafficcone02 trafficwarning barrel box01 trashcan01 container"
    )
    names += " mailbox bench01 shoppingcart ironplank dirtdebris01 briefcase warningconstruction plastictable"
    assert {f"static.prop.{name}" for name in names.split()} <= set(PROPS)


def test_sizes_and_weights_are_possible() -> None:
    for spec in PROPS.values():
        assert spec.source.startswith(("sheet: ", "assumed: ")), spec.type_id
        volume_m3 = spec.length_m * spec.width_m * spec.height_m
        assert 0.5 < spec.mass_kg / volume_m3 < 8000.0, spec.type_id
        assert max(spec.length_m, spec.width_m, spec.height_m) < 7.0

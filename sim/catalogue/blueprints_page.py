"""The page docs/blueprints.md, made from the catalogue: everything that can be spawned, its size, mass and source.

`python -m sim.catalogue.blueprints_page` writes it; with `--check` it only compares, and exits 1 when the page is stale.
Tested by tests/catalogue/test_blueprints_page.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from sim.base.taxonomy import CLASS_NAMES
from sim.catalogue.blueprints import BLUEPRINTS, OWN_BLUEPRINTS, SNOW_TYPE, Blueprint
from sim.catalogue.doors import DOOR_TYPE, DoorNumber, doors_of
from sim.catalogue.props import PROPS
from sim.catalogue.spec import PropSpec
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import WALKERS
from sim.wire.pages import markdown_table, write_or_check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "blueprints.md"
_COMMAND = "python -m sim.catalogue.blueprints_page"
_INTRODUCTION = f"""# Blueprints

Made from `sim/catalogue` by `{_COMMAND}`; do not edit. Sizes are length x width x height in m and fill the bounding box.
In sources, "sheet" is published data of exactly this vehicle, product or standard, "assumed" that of a comparable one.

A stock CARLA server lacks this project's own blueprints; `sim.catalogue.blueprints.OWN_BLUEPRINTS` lists them for whoever
must know, such as scenarios.
"""
_DIFFERENCES = """## Where blueprints differ from CARLA 0.9.16

Ids and attributes, their types, defaults and what may be changed follow CARLA's documentation (bp_library, catalogue of
vehicles, props and pedestrians, ref_sensors). These differences remain:

- Sizes and masses are those of the real vehicles that blueprints are named after, not of CARLA's meshes.
- `has_lights` says what CARLA says; lamps of all motor vehicles can be switched and seen here.
- Colours, and which pedestrian is a man or a woman, are this project's own: CARLA documents neither. `driver_id` offers
  numbers and does not change the rider. `use_wheelchair` may be asked of any pedestrian, since scripts do so without looking.
- Pedestrians have two attributes of this project's own: `pose` (what somebody does besides walking: sitting, on the phone,
  directing traffic; postures of the arms go on while walking) and `outfit` (working clothes and uniforms). Who
  `can_use_wheelchair` and is spawned with `use_wheelchair` sits in one.
- `static.prop.mesh` can be spawned and has no shape: there are no Unreal assets to load.
- Sensors of V2X can be spawned and stay silent.
- `scene_color` of `sensor.camera.rgb` is this project's own.
- Attributes that came after 0.9.16 (`ros_frame_id`, `ros_publish_tf`, wide-angle lenses) are not there.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_INTRODUCTION, _DIFFERENCES, "## This project's own", _own()]
    parts += ["## Vehicles of CARLA", _vehicles(i for i in VEHICLES if i not in OWN_BLUEPRINTS)]
    parts += ["## Props of CARLA", _props(spec for i, spec in PROPS.items() if i not in OWN_BLUEPRINTS)]
    parts += ["## Pedestrians", _walkers(), "## Sensors and the rest", _others()]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _size(length_m: float, width_m: float, height_m: float) -> str:
    return " x ".join(f"{value:.3g}" if value < 1.0 else f"{value:.2f}" for value in (length_m, width_m, height_m))


def _own() -> str:
    vehicles = _vehicles(i for i in VEHICLES if i in OWN_BLUEPRINTS)
    props = _props(spec for i, spec in PROPS.items() if i in OWN_BLUEPRINTS)
    doors = f"`{DOOR_TYPE}` is a door that open_vehicle_door has opened, attached to its vehicle; it may be spawned by itself too."
    snow = (
        f"`{SNOW_TYPE}` makes winter, which CARLA's weather cannot: while one exists, anywhere, `lying_cm` of snow lie and "
        "`rate_mm_h` of water fall as flakes."
    )
    return "\n\n".join((vehicles, props, doors, snow))


def _vehicles(type_ids: Iterable[str]) -> str:
    rows = []
    for type_id in type_ids:
        spec = VEHICLES[type_id]
        doors = ", ".join(DoorNumber(door.number).name for door in doors_of(type_id))
        size = _size(spec.length_m, spec.width_m, spec.height_m)
        rows.append(
            [f"`{type_id}`", spec.base_type, size, f"{spec.wheelbase_m:.2f}", f"{spec.mass_kg:g}", doors, spec.source]
        )
    return markdown_table(["id", "base type", "size", "wheelbase m", "mass kg", "doors", "source"], rows)


def _props(specs: Iterable[PropSpec]) -> str:
    rows = [
        [
            f"`{spec.type_id}`",
            _size(spec.length_m, spec.width_m, spec.height_m),
            f"{spec.mass_kg:g}",
            f"{spec.friction:g}",
            CLASS_NAMES[spec.object_class].carla_tag,
            spec.source,
        ]
        for spec in specs
    ]
    return markdown_table(["id", "size", "mass kg", "friction", "tag", "source"], rows)


def _walkers() -> str:
    rows = [
        [
            f"`{type_id}`",
            spec.gender,
            spec.age,
            f"{spec.height_m:.2f}",
            f"{spec.walk_speed_mps:g} / {spec.run_speed_mps:g}",
        ]
        for type_id, spec in WALKERS.items()
    ]
    source = next(iter(WALKERS.values())).source
    return f"{source[0].upper()}{source[1:]}.\n\n" + markdown_table(
        ["id", "gender", "age", "height m", "speeds m/s"], rows
    )


def _others() -> str:
    known = set(VEHICLES) | set(WALKERS) | set(PROPS) | OWN_BLUEPRINTS
    chosen = [b for b in BLUEPRINTS.values() if b.id not in known and b.spawnable]
    return markdown_table(
        ["id", "attributes besides role_name and ros_name"], [[f"`{b.id}`", _attributes(b)] for b in chosen]
    )


def _attributes(blueprint: Blueprint) -> str:
    return ", ".join(f"{a.id} = {a.value}" for a in blueprint.attributes if a.id not in ("role_name", "ros_name"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or compare it; the exit code."""
    return write_or_check(PAGE, page(), _COMMAND, arguments)


if __name__ == "__main__":
    sys.exit(main())

"""Vehicles from their VehicleSpec: a body that fits the blueprint's box exactly, and wheels that roll and steer."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import shapely

from rendering.assets import car_details as details
from rendering.assets import car_face as face
from rendering.assets import car_lamps as lamps
from rendering.assets import car_outlines as outlines
from rendering.assets.body_pieces import lettered, pieces_of
from rendering.assets.buses import bus_body
from rendering.assets.car_body import Form, Shell, body_skin, form_of
from rendering.assets.car_interior import cabin, wheel_wells
from rendering.assets.car_styles import STYLES, BodyStyle
from rendering.assets.cutting import REAR, SIDES, Region, cut
from rendering.assets.farm_tractors import tractor_body, tractor_wheels
from rendering.assets.heavy import ambulance_body, cab_shell, truck_body
from rendering.assets.parts import Part, PoseKind
from rendering.assets.semi_trucks import semi_truck_body, semi_truck_wheels
from rendering.assets.two_wheelers import two_wheeler_parts
from rendering.assets.wheels import RIM_STYLES, RimStyle, car_wheel, truck_wheel
from rendering.materials import SLOT_PAINT, linear_from_srgb
from rendering.mesh import Mesh, fit_to_box, merge
from rendering.mesh_store import cached, flat, meshes_of, recipe
from sim.catalogue.spec import VehicleSpec

_STYLE_OF_TYPE = {
    "vehicle.jeep.wrangler_rubicon": "offroad",
    "vehicle.volkswagen.t2": "camper",
    "vehicle.volkswagen.t2_2021": "camper",
    "vehicle.tesla.cybertruck": "wedge",
    "vehicle.bmw.grandtourer": "mpv",
}
_ROOF_GEAR = {"emergency": "light_bar", "taxi": "roof_sign"}


def vehicle_parts(
    spec: VehicleSpec, color_rgb: tuple[int, int, int] | None = None, plate: int | None = None
) -> tuple[Part, ...]:
    """The parts of one vehicle in a colour; meshes are built once per blueprint and shared between vehicles.

    `plate` picks the registration on its number plates, by default one that belongs to the blueprint.
    At rest with straight wheels the parts fill [-L/2, L/2] x [-W/2, W/2] x [0, H] within 1 cm.
    Tested by tests/rendering/test_assets_vehicles.py.
    """
    color = color_rgb if color_rgb is not None else (spec.colors_rgb[0] if spec.colors_rgb else (128, 128, 128))
    paint = linear_from_srgb(color)[None]
    parts = _parts_of_spec(spec)
    pieces = pieces_of(parts[0].meshes[0])
    apart = [replace(parts[0], meshes=(pieces.body,)), *parts[1:]]
    if pieces.plates is not None:
        own = lettered(pieces.plates, look_of(spec) if plate is None else plate)
        apart.append(Part((own,), PoseKind.FIXED, spec.object_class))
    for half, lenses in enumerate(pieces.warning_lamps, start=1):
        apart.append(Part((lenses,), PoseKind.FIXED, spec.object_class, warning_half=half))
    return tuple(replace(part, slot_colors=np.concatenate([paint, part.slot_colors[1:]])) for part in apart)


def body_of(spec: VehicleSpec) -> Mesh:
    """A four-wheeler without its wheels, in its box; kept on disk, since it takes about a second to build."""
    return meshes_of(cached(recipe("vehicle", spec), lambda: flat([_build_body(spec)])))[0]


def _build_body(spec: VehicleSpec) -> Mesh:
    if spec.body in ("box_truck", "fire_truck"):
        return fit_body(spec, merge(truck_body(spec)))
    if spec.body == "ambulance":
        return fit_body(spec, merge(ambulance_body(spec, car_mesh(spec, cab_shell(spec)))))
    if spec.body == "articulated":
        return fit_body(spec, merge(semi_truck_body(spec, cab_shell(spec))))
    if spec.body == "tractor":
        return fit_body(spec, merge(tractor_body(spec)))
    if spec.body == "bus":
        return fit_body(spec, merge(bus_body(spec, _bus_shell(spec))))
    shell = shell_of(spec)
    gear = _roof_gear(spec, form_of(shell), _gear_of(spec))
    return fit_body(spec, merge([car_mesh(spec, shell), *gear]))


@cache
def _parts_of_spec(spec: VehicleSpec) -> tuple[Part, ...]:
    if spec.body in ("motorcycle", "bicycle", "scooter"):
        return two_wheeler_parts(spec)
    heavy = spec.body in ("box_truck", "fire_truck", "ambulance", "bus")
    body = Part((body_of(spec),), PoseKind.FIXED, spec.object_class)
    if spec.body == "articulated":
        return (body, *semi_truck_wheels(spec))
    if spec.body == "tractor":
        return (body, *tractor_wheels(spec))
    return (body, *wheel_parts(spec, tyre_width_m(spec), heavy))


def shell_of(spec: VehicleSpec) -> Shell:
    """The lofted body of a car, or the cab of a lorry: what its doors are cut from."""
    if spec.body in ("box_truck", "fire_truck", "ambulance", "articulated"):
        return cab_shell(spec)
    if spec.body == "bus":
        return _bus_shell(spec)
    style = STYLES[_STYLE_OF_TYPE.get(spec.type_id, spec.body if spec.body in STYLES else "hatchback")]
    return shell_for(spec, style, spec.height_m - (0.11 if _gear_of(spec) else 0.0))


def _bus_shell(spec: VehicleSpec) -> Shell:
    return shell_for(spec, STYLES["bus"], spec.height_m - 0.09)


def _gear_of(spec: VehicleSpec) -> str:
    return _ROOF_GEAR.get(spec.special_type, "") if spec.body in ("saloon", "suv", "hatchback", "estate") else ""


def shell_for(spec: VehicleSpec, style: BodyStyle, height_m: float) -> Shell:
    """The shell's measures: the body is a little narrower than the box, which ends at the mirrors."""
    front_axle = spec.rear_axle_x_m + spec.wheelbase_m
    return Shell(
        style=style,
        length_m=spec.length_m,
        half_width_m=spec.width_m / 2.0 - 0.03,
        height_m=height_m,
        nose_x_m=spec.length_m / 2.0,
        axles_x_m=(front_axle, spec.rear_axle_x_m),
        wheel_radius_m=spec.wheel_radius_m,
        arch_radius_m=spec.wheel_radius_m * 1.10 + 0.025,
        well_inset_m=tyre_width_m(spec) + 0.16,
        paint=SLOT_PAINT,
    )


def look_of(spec: VehicleSpec) -> int:
    """A number that picks grille, lamps and rims of a model; the same for both generations of one."""
    return sum(map(ord, spec.type_id.removesuffix("_2020").removesuffix("_2021").removesuffix("_2017")))


def car_mesh(spec: VehicleSpec, shell: Shell) -> Mesh:
    """A car without its wheels: skin with all that is cut into it, wells, cabin, and what is fixed to it."""
    form, style, look = form_of(shell), shell.style, look_of(spec)
    electric = spec.special_type == "electric"
    panes = [*outlines.side_glazing(form), *outlines.end_glazing(form)]
    if style.rear_window is None and _tail_panes(shell):
        panes += outlines.upright_panes(form, REAR, _tail_panes(shell))
    regions = [*face.intakes(form, not electric), *([] if electric else face.grille(form, look // 3))]
    regions += _livery(spec, form)
    regions += [*lamps.head_lamps(form, look), *lamps.tail_lamps(form, look // 2), *lamps.low_lamps(form)]
    regions += [*outlines.bumper_trim(form, 0.20 if style.cladding else 0.045), *outlines.shut_lines(form), *panes]
    if style.rear_window is None:
        regions += _tail_doors(form)
    pieces = [cut(body_skin(shell), regions).mesh(), wheel_wells(form)]
    rows, rear = _cabin_of(spec, shell)
    pieces.append(cabin(form, panes, rows, rear))
    floor, low = style.clearance_m, style.head_lamp_z[0] * shell.height_m
    front_z = max(floor + 0.19, min(low - 0.12, floor + 0.30))
    rear_z = (
        floor + 0.30
        if style.tail_lamp_z[0] * shell.height_m - floor < 0.42
        else style.tail_lamp_z[0] * shell.height_m + 0.02
    )
    pieces += [
        details.plates(form, front_z, rear_z, look),
        details.handles(form),
        details.mirrors(form, spec.width_m / 2.0),
    ]
    pieces += [
        details.wipers(form),
        details.third_brake_lamp(form),
        details.underside(form, spec.track_m / 2.0, not electric),
    ]
    if style.tumblehome > 0.2 and style.cargo_bed is None:
        pieces.append(details.aerial(form, fin=look % 3 > 0))
    if style.cladding and style.rear_window is not None and style.cargo_bed is None and style.tumblehome < 0.3:
        pieces.append(details.roof_rails(form))
    return merge(pieces)


def _livery(spec: VehicleSpec, form: Form) -> list[Region]:
    """What is not of the car's own paint: white doors of the police, the sliding door's rail and rubbing strips of vans."""
    shell = form.shell
    if spec.special_type == "emergency" and spec.body != "ambulance":
        belt = shell.height_at(shell.style.belt, 0.5)
        doors = shapely.union_all(outlines.side_doors(form))
        band = shapely.box(shell.x_at(0.96), 0.60 * belt, shell.x_at(0.04), 0.60 * belt + 0.07).difference(doors)
        return [Region(SIDES, doors, "body_white"), Region(SIDES, band, "reflective_white")]
    if spec.body != "van" or len(shell.style.side_windows) > 1:
        return []
    low, high = shell.style.clearance_m + 0.16, 0.90 * shell.height_m
    front, rear = shell.x_at(shell.style.side_windows[-1][1] + 0.03), shell.x_at(shell.style.side_windows[-1][1] + 0.24)
    door = outlines.soft(shapely.box(rear, low, front, high), 0.06).boundary.buffer(outlines.GAP_M)
    rail = shapely.box(shell.x_at(0.93), 0.47 * shell.height_m, rear, 0.47 * shell.height_m + 0.025)
    strip_z = 0.285 * shell.height_m
    arches = [shapely.Point(a, shell.wheel_radius_m).buffer(shell.arch_radius_m + 0.04) for a in shell.axles_x_m]
    strip = shapely.box(shell.x_at(0.985), strip_z, shell.x_at(0.06), strip_z + 0.13).difference(
        shapely.union_all(arches)
    )
    return [
        Region(SIDES, strip, "plastic_black", 0, 0.012),
        Region(SIDES, door, "shut_line"),
        Region(SIDES, rail, "shut_line"),
    ]


def _cabin_of(spec: VehicleSpec, shell: Shell) -> tuple[int, float]:
    """Rows of seats, and the fraction of the length where the cabin ends."""
    style = shell.style
    if style.cargo_bed is not None:
        return 2, style.side_windows[-1][1] + 0.035
    if spec.body == "van" and len(style.side_windows) == 1:
        return 1, style.side_windows[0][1] + 0.03
    if style.rear_window is not None and style.rear_window[1] < 0.95:
        return 2, style.rear_window[1] - 0.005
    return (3 if len(style.side_windows) > 3 else 2), 0.965


def _tail_panes(shell: Shell) -> list[shapely.Polygon]:
    """Windows of an upright tail, (y, z): one of an off-roader, none of a van that carries goods."""
    half, high = shell.half_width_m, shell.height_m
    if high > 2.2:
        return []
    return [shapely.box(-0.72 * half, 0.655 * high, 0.72 * half, 0.91 * high)]


def _tail_doors(form: Form) -> list[Region]:
    """Shut lines of an upright tail: a pair of doors on a van, one tailgate else."""
    shell = form.shell
    half, high, low = shell.half_width_m, shell.height_m, 0.27 * shell.height_m
    x_m = (-np.inf, shell.x_at(0.8))
    door = outlines.soft(shapely.box(-0.86 * half, low, 0.86 * half, 0.955 * high), 0.05).boundary.buffer(
        outlines.GAP_M
    )
    gaps = [door]
    if high > 2.2:
        gaps.append(outlines.line([(0.0, low), (0.0, 0.955 * high)]))
    panes = [pane.buffer(0.035) for pane in _tail_panes(shell)]
    return [
        Region(REAR, gap.difference(shapely.union_all(panes)) if panes else gap, "shut_line", x_m=x_m) for gap in gaps
    ]


def _roof_gear(spec: VehicleSpec, form: Form, gear: str) -> list[Mesh]:
    """Beacons of the police, a taxi's sign."""
    f = 0.5 * (form.shell.style.windscreen[1] + 0.60)
    x = form.shell.x_at(f)
    z = float(form.top_m(np.array([x]), np.zeros(1))[0]) - 0.02
    if gear == "light_bar":
        return [details.light_bar((x, 0.0, z), 1.15, spec.height_m - z)]
    if gear == "roof_sign":
        return [details.roof_sign((x, 0.0, z), (0.18, 0.42, spec.height_m - z))]
    return []


def fit_body(spec: VehicleSpec, body: Mesh) -> Mesh:
    """The body scaled to length, width and top of the box; its lowest point stays where it is."""
    low, _high = body.bounds()
    half = np.array([spec.length_m / 2.0, spec.width_m / 2.0])
    return fit_to_box([body], (-half[0], -half[1], low[2]), (half[0], half[1], spec.height_m))[0]


def tyre_width_m(spec: VehicleSpec) -> float:
    """A tyre's width from its radius: about 205 mm on a 0.32 m wheel."""
    return float(np.clip(0.63 * spec.wheel_radius_m, 0.15, 0.32))


def _rim_of(spec: VehicleSpec) -> RimStyle:
    """Covers on vans, old and working cars; alloys of the model's own style on the others."""
    if spec.body in ("van", "ambulance") or spec.special_type in ("taxi", "emergency") or "t2" in spec.type_id:
        return RIM_STYLES[4]
    return RIM_STYLES[(look_of(spec) // 5 + (spec.generation == 2)) % len(RIM_STYLES)]


def wheel_parts(spec: VehicleSpec, width_m: float, heavy: bool = False) -> tuple[Part, ...]:
    """Four wheels at the spec's axles; the front pair steers. Outer faces stay inside the box."""
    y = min(spec.track_m / 2.0, spec.width_m / 2.0 - width_m / 2.0 - 0.02)
    parts = []
    rim = _rim_of(spec)
    for x, steered in ((spec.rear_axle_x_m + spec.wheelbase_m, True), (spec.rear_axle_x_m, False)):
        for side in (1.0, -1.0):
            if heavy:
                mesh = truck_wheel(spec.wheel_radius_m, width_m, left=side > 0)
            else:
                mesh = car_wheel(spec.wheel_radius_m, width_m, rim, left=side > 0)
            parts.append(
                Part(
                    (mesh,),
                    PoseKind.WHEEL,
                    spec.object_class,
                    position_m=(x, side * y, spec.wheel_radius_m),
                    radius_m=spec.wheel_radius_m,
                    steered=steered,
                )
            )
    return tuple(parts)

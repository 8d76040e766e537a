"""Vehicles from their VehicleSpec: a body that fits the blueprint's box exactly, and wheels that roll and steer."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from rendering.assets import car_details as details
from rendering.assets.car_body import Shell, body_mesh
from rendering.assets.car_styles import STYLES, BodyStyle
from rendering.assets.heavy import bus_body, cab_shell, truck_body
from rendering.assets.parts import Part, PoseKind
from rendering.assets.two_wheelers import two_wheeler_parts
from rendering.assets.wheels import car_wheel, truck_wheel
from rendering.materials import SLOT_PAINT, linear_from_srgb
from rendering.mesh import PART_GLASS, Mesh, fit_to_box, merge
from sim.catalogue.spec import VehicleSpec

_STYLE_OF_TYPE = {
    "vehicle.jeep.wrangler_rubicon": "offroad",
    "vehicle.volkswagen.t2": "camper",
    "vehicle.volkswagen.t2_2021": "camper",
    "vehicle.tesla.cybertruck": "wedge",
    "vehicle.bmw.grandtourer": "mpv",
}
_ROOF_GEAR = {"emergency": "light_bar", "taxi": "roof_sign"}


def vehicle_parts(spec: VehicleSpec, color_rgb: tuple[int, int, int] | None = None) -> tuple[Part, ...]:
    """The parts of one vehicle in a colour; meshes are built once per blueprint and shared between vehicles.

    At rest with straight wheels the parts fill [-L/2, L/2] x [-W/2, W/2] x [0, H] within 1 cm.
    Tested by tests/rendering/test_assets_vehicles.py.
    """
    color = color_rgb if color_rgb is not None else (spec.colors_rgb[0] if spec.colors_rgb else (128, 128, 128))
    paint = linear_from_srgb(color)[None]
    return tuple(
        replace(part, slot_colors=np.concatenate([paint, part.slot_colors[1:]])) for part in _parts_of_spec(spec)
    )


@cache
def _parts_of_spec(spec: VehicleSpec) -> tuple[Part, ...]:
    if spec.body in ("motorcycle", "bicycle"):
        return two_wheeler_parts(spec)
    if spec.body in ("box_truck", "fire_truck", "ambulance"):
        return heavy_parts(spec, truck_body(spec))
    if spec.body == "bus":
        return heavy_parts(spec, bus_body(spec, shell_for(spec, STYLES["bus"], spec.height_m - 0.09)))
    return car_parts(spec)


def shell_of(spec: VehicleSpec) -> Shell:
    """The lofted body of a car, or the cab of a lorry: what its doors are cut from."""
    if spec.body in ("box_truck", "fire_truck", "ambulance"):
        return cab_shell(spec)
    style = STYLES[_STYLE_OF_TYPE.get(spec.type_id, spec.body if spec.body in STYLES else "hatchback")]
    return shell_for(spec, style, spec.height_m - (0.11 if _gear_of(spec) else 0.0))


def _gear_of(spec: VehicleSpec) -> str:
    return _ROOF_GEAR.get(spec.special_type, "") if spec.body in ("saloon", "suv", "hatchback", "estate") else ""


def heavy_parts(spec: VehicleSpec, pieces: list[Mesh]) -> tuple[Part, ...]:
    """A lorry's or a bus's body with steel wheels."""
    body = fit_body(spec, merge(pieces))
    return (Part((body,), PoseKind.FIXED, spec.object_class), *wheel_parts(spec, tyre_width_m(spec), heavy=True))


def car_parts(spec: VehicleSpec) -> tuple[Part, ...]:
    """Body and four wheels of a car or a van."""
    body = fitted_body(spec, shell_of(spec), _gear_of(spec))
    return (Part((body,), PoseKind.FIXED, spec.object_class), *wheel_parts(spec, tyre_width_m(spec)))


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


def fitted_body(spec: VehicleSpec, shell: Shell, gear: str) -> Mesh:
    """Shell and everything on it, scaled by the last per cent to the blueprint's box."""
    style, body = shell.style, body_mesh(shell)
    pieces = [body, details.lamps(shell, body), details.fascias(shell, body, grille=spec.special_type != "electric")]
    pieces += [details.doors(shell, body), details.mirrors(shell, spec.width_m / 2.0), details.wipers(shell)]
    pieces.append(details.floor_pan(shell, spec.track_m / 2.0))
    if style.rear_window is None:
        pieces += _rear_doors(shell, body)
    f = 0.5 * (style.windscreen[1] + 0.60)
    roof = (details.style_fraction_x(shell, f), 0.0, details.roof_height_m(style, shell.height_m, f) - 0.015)
    if gear == "light_bar":
        pieces.append(details.light_bar(roof, 1.1, spec.height_m - roof[2]))
    elif gear == "roof_sign":
        pieces.append(details.roof_sign(roof, (0.18, 0.42, spec.height_m - roof[2])))
    return fit_body(spec, merge(pieces))


def fit_body(spec: VehicleSpec, body: Mesh) -> Mesh:
    """The body scaled to length, width and top of the box; its lowest point stays where it is."""
    low, _high = body.bounds()
    half = np.array([spec.length_m / 2.0, spec.width_m / 2.0])
    return fit_to_box([body], (-half[0], -half[1], low[2]), (half[0], half[1], spec.height_m))[0]


def _rear_doors(shell: Shell, body: Mesh) -> list[Mesh]:
    """Window and centre gap of upright tails."""
    tall = shell.height_m > 2.2
    window = (0.52, 0.86) if tall else (0.645, 0.93)
    pieces = []
    for side in (1.0, -1.0):
        inner, outer = (0.08, 0.78) if tall else (0.0, 0.80)
        pieces.append(
            details.rear_patch(shell, body, (inner * side, outer * side), window, "glass_car", PART_GLASS, (3, 3))
        )
    if tall:
        pieces.append(details.rear_patch(shell, body, (-0.006, 0.006), (0.15, 0.95), "underbody", cells=(1, 4)))
    return pieces


def tyre_width_m(spec: VehicleSpec) -> float:
    """A tyre's width from its radius: about 205 mm on a 0.32 m wheel."""
    return float(np.clip(0.63 * spec.wheel_radius_m, 0.15, 0.32))


def wheel_parts(spec: VehicleSpec, width_m: float, heavy: bool = False) -> tuple[Part, ...]:
    """Four wheels at the spec's axles; the front pair steers. Outer faces stay inside the box."""
    y = min(spec.track_m / 2.0, spec.width_m / 2.0 - width_m / 2.0 - 0.02)
    parts = []
    spokes = 5 + sum(map(ord, spec.type_id)) % 4 * (2 if spec.generation == 2 else 1)
    for x, steered in ((spec.rear_axle_x_m + spec.wheelbase_m, True), (spec.rear_axle_x_m, False)):
        for side in (1.0, -1.0):
            if heavy:
                mesh = truck_wheel(spec.wheel_radius_m, width_m, left=side > 0)
            else:
                mesh = car_wheel(spec.wheel_radius_m, width_m, spokes, left=side > 0)
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

"""What a blueprint is made of, in SI units. The rows are data in this package, each with its source."""

from __future__ import annotations

from dataclasses import dataclass

from sim.base.taxonomy import ObjectClass


@dataclass(frozen=True)
class Deck:
    """The load bed of a pickup or flatbed, in the vehicle's frame: loads rest on it. The cab fills the box ahead of `front_x_m`.

    `wall_height_m` is that of side walls and tailgate above the floor, 0 for none.
    """

    rear_x_m: float
    front_x_m: float
    half_width_m: float
    height_m: float
    wall_height_m: float


@dataclass(frozen=True)
class VehicleSpec:
    """One vehicle blueprint. Lengths in m, origin at ground level under the centre of the bounding box.

    `body` picks the mesh family: hatchback, saloon, estate, suv, van, pickup, box_truck, bus, fire_truck, ambulance,
    articulated, tractor, motorcycle, bicycle, scooter (on which one stands). `rear_axle_x_m` is the x of the rear axle
    (negative), the front axle lies `wheelbase_m` ahead of it. `center_of_mass_height_m` is above ground. `max_steer_rad` is the
    front wheels' angle that steer = 1 asks for (70 degrees for cars, as in CARLA, so that drivers made for it steer alike);
    `full_lock_rad` what the axle allows.
    `drive_force_n` is the largest tractive force, `power_w` limits force at speed; `brake_decel_mps2` full service braking
    on a dry road; `friction` the tyres' peak coefficient; `cornering_stiffness_per_rad` per axle, in units of axle load.
    `has_lights` and `has_dynamic_doors` are what CARLA's blueprint says; lamps of all motor vehicles work here. `paintable`
    is False where CARLA offers no colour, `driver_ids` are the riders that it offers.
    `center_of_mass_x_m` is ahead of the origin; `front_drive_share` is the part of the driving force at the front axle.
    """

    type_id: str
    body: str
    object_class: ObjectClass
    base_type: str
    special_type: str
    generation: int
    number_of_wheels: int
    length_m: float
    width_m: float
    height_m: float
    wheelbase_m: float
    rear_axle_x_m: float
    track_m: float
    wheel_radius_m: float
    mass_kg: float
    yaw_inertia_kgm2: float
    center_of_mass_height_m: float
    max_steer_rad: float
    drive_force_n: float
    power_w: float
    drag_area_m2: float
    rolling_resistance: float
    brake_decel_mps2: float
    friction: float
    cornering_stiffness_per_rad: float
    top_speed_mps: float
    colors_rgb: tuple[tuple[int, int, int], ...]
    has_lights: bool
    has_dynamic_doors: bool
    source: str
    center_of_mass_x_m: float = 0.0
    front_drive_share: float = 0.0
    full_lock_rad: float = 0.0
    deck: Deck | None = None
    paintable: bool = True
    driver_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class WalkerSpec:
    """One pedestrian blueprint; CARLA's origin is mid-body, `height_m` / 2 above the feet."""

    type_id: str
    gender: str
    age: str
    height_m: float
    shoulder_width_m: float
    depth_m: float
    walk_speed_mps: float
    run_speed_mps: float
    top_rgb: tuple[int, int, int]
    trousers_rgb: tuple[int, int, int]
    skin_rgb: tuple[int, int, int]
    hair_rgb: tuple[int, int, int]
    source: str
    generation: int = 1
    can_use_wheelchair: bool = False


@dataclass(frozen=True)
class PropSpec:
    """One static.prop blueprint: a box of these dimensions bounds it; `shape` names the mesh; origin at its base centre.

    `friction` is its sliding coefficient on dry asphalt or a load deck, `restitution` the share of the speed that it keeps when
    it is dropped on a hard floor; both from its material, see sim/catalogue/props.py. `own` props are this project's, not CARLA's.
    """

    type_id: str
    shape: str
    object_class: ObjectClass
    length_m: float
    width_m: float
    height_m: float
    mass_kg: float
    source: str
    friction: float = 0.5
    restitution: float = 0.2
    own: bool = False


@dataclass(frozen=True)
class StaticAsset:
    """One kind of thing that stands around the roads, placed by sim.maps.layout and drawn by rendering.

    `key` is the first part of StaticObjects.name, such as "building.row_house", "tree.lime", "pole.street_lamp".
    Dimensions are the nominal size; placements may scale buildings, whose actual size is the placed box.
    """

    key: str
    object_class: ObjectClass
    length_m: float
    width_m: float
    height_m: float
    variants: int

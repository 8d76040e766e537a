"""Our object classes, and what each is called in CARLA, nuScenes, COCO and KITTI.

Sources: CARLA 0.9.16 CityObjectLabel; nuScenes schema (category); COCO 2017 category ids; KITTI object development kit.
Tested by tests/base/test_taxonomy.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ObjectClass(IntEnum):
    """What a pixel or an object is. Stored as uint8 in class buffers; values never change meaning."""

    UNKNOWN = 0
    ROAD = 1
    ROAD_MARKING = 2
    KERB = 3
    SIDEWALK = 4
    TERRAIN = 5
    VEGETATION = 6
    BUILDING = 7
    WALL = 8
    FENCE = 9
    GUARD_RAIL = 10
    POLE = 11
    TRAFFIC_LIGHT = 12
    TRAFFIC_SIGN = 13
    SKY = 14
    STATIC_OBJECT = 15
    BRIDGE = 16
    WATER = 17
    RAIL_TRACK = 18
    CAR = 20
    VAN = 21
    TRUCK = 22
    BUS = 23
    MOTORCYCLE = 24
    BICYCLE = 25
    TRAILER = 26
    TRAIN = 27
    PEDESTRIAN = 30
    RIDER = 31
    ANIMAL = 32
    DYNAMIC_OBJECT = 33


@dataclass(frozen=True)
class ClassNames:
    """One class in the vocabularies of others; None where the format has no such class."""

    carla_tag: int
    nuscenes: str | None
    coco_id: int | None
    kitti: str | None
    color_rgb: tuple[int, int, int]


CLASS_NAMES: dict[ObjectClass, ClassNames] = {
    ObjectClass.UNKNOWN: ClassNames(0, None, None, None, (0, 0, 0)),
    ObjectClass.ROAD: ClassNames(1, None, None, None, (128, 64, 128)),
    ObjectClass.ROAD_MARKING: ClassNames(24, None, None, None, (157, 234, 50)),
    ObjectClass.KERB: ClassNames(2, None, None, None, (196, 196, 196)),
    ObjectClass.SIDEWALK: ClassNames(2, None, None, None, (244, 35, 232)),
    ObjectClass.TERRAIN: ClassNames(10, None, None, None, (145, 170, 100)),
    ObjectClass.VEGETATION: ClassNames(9, None, None, None, (107, 142, 35)),
    ObjectClass.BUILDING: ClassNames(3, None, None, None, (70, 70, 70)),
    ObjectClass.WALL: ClassNames(4, None, None, None, (102, 102, 156)),
    ObjectClass.FENCE: ClassNames(5, None, None, None, (100, 40, 40)),
    ObjectClass.GUARD_RAIL: ClassNames(28, None, None, None, (180, 165, 180)),
    ObjectClass.POLE: ClassNames(6, None, None, None, (153, 153, 153)),
    ObjectClass.TRAFFIC_LIGHT: ClassNames(7, None, 10, None, (250, 170, 30)),
    ObjectClass.TRAFFIC_SIGN: ClassNames(8, None, 13, None, (220, 220, 0)),
    ObjectClass.SKY: ClassNames(11, None, None, None, (70, 130, 180)),
    ObjectClass.STATIC_OBJECT: ClassNames(20, "static_object.bicycle_rack", None, None, (110, 190, 160)),
    ObjectClass.BRIDGE: ClassNames(26, None, None, None, (150, 100, 100)),
    ObjectClass.WATER: ClassNames(23, None, None, None, (45, 60, 150)),
    ObjectClass.RAIL_TRACK: ClassNames(27, None, None, None, (230, 150, 140)),
    ObjectClass.CAR: ClassNames(14, "vehicle.car", 3, "Car", (0, 0, 142)),
    ObjectClass.VAN: ClassNames(14, "vehicle.car", 3, "Van", (0, 30, 170)),
    ObjectClass.TRUCK: ClassNames(15, "vehicle.truck", 8, "Truck", (0, 0, 70)),
    ObjectClass.BUS: ClassNames(16, "vehicle.bus.rigid", 6, "Misc", (0, 60, 100)),
    ObjectClass.MOTORCYCLE: ClassNames(18, "vehicle.motorcycle", 4, "Misc", (0, 0, 230)),
    ObjectClass.BICYCLE: ClassNames(19, "vehicle.bicycle", 2, "Cyclist", (119, 11, 32)),
    ObjectClass.TRAILER: ClassNames(15, "vehicle.trailer", None, "Misc", (0, 0, 110)),
    ObjectClass.TRAIN: ClassNames(17, None, 7, "Tram", (0, 80, 100)),
    ObjectClass.PEDESTRIAN: ClassNames(12, "human.pedestrian.adult", 1, "Pedestrian", (220, 20, 60)),
    ObjectClass.RIDER: ClassNames(13, None, 1, "Cyclist", (255, 0, 0)),
    ObjectClass.ANIMAL: ClassNames(21, "animal", None, "Misc", (170, 120, 50)),
    ObjectClass.DYNAMIC_OBJECT: ClassNames(21, "movable_object.debris", None, "Misc", (170, 120, 50)),
}

COCO_CATEGORY_NAMES: dict[int, str] = {
    1: "person",
    2: "bicycle",
    3: "car",
    4: "motorcycle",
    6: "bus",
    7: "train",
    8: "truck",
    10: "traffic light",
    13: "stop sign",
}

TRAFFIC_CLASSES: frozenset[ObjectClass] = frozenset(
    c for c in ObjectClass if c >= ObjectClass.CAR or c in (ObjectClass.TRAFFIC_LIGHT, ObjectClass.TRAFFIC_SIGN)
)
"""Classes whose instances get boxes and tracks."""

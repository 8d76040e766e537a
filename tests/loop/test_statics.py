"""Environment objects become StaticObjects in our axes, boxes in the object's own frame."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import carla
import numpy as np
import pytest

from sim.base.taxonomy import ObjectClass
from sim.loop.statics import from_environment_objects, read_static_objects


def item(name: str, number: int, yaw_deg: float, label: Any) -> Any:
    place = carla.Transform(carla.Location(10.0, 20.0, 0.0), carla.Rotation(0.0, yaw_deg, 0.0))
    offset = place.transform(carla.Location(1.0, 2.0, 3.0))
    box = SimpleNamespace(location=offset, extent=carla.Vector3D(4.0, 5.0, 6.0))
    return SimpleNamespace(name=name, id=number, transform=place, bounding_box=box, type=label)


def test_boxes_are_in_the_objects_own_frame() -> None:
    statics = from_environment_objects([item("thing.of.theirs", 7, 35.0, carla.CityObjectLabel.Buildings)])
    assert np.allclose(statics.position_world_m, [[10.0, -20.0, 0.0]])
    assert statics.rpy_rad[0, 2] == pytest.approx(-np.radians(35.0))
    assert np.allclose(statics.box_center_m, [[1.0, -2.0, 3.0]], atol=1e-5)
    assert np.allclose(statics.box_extent_m, [[4.0, 5.0, 6.0]])
    assert statics.object_class[0] == ObjectClass.BUILDING


def test_equal_content_is_one_object_in_ascending_id() -> None:
    found = [item("b", 9, 0.0, carla.CityObjectLabel.Poles), item("a", 3, 0.0, carla.CityObjectLabel.Car)]
    world = SimpleNamespace(get_environment_objects=lambda label: found)
    first = read_static_objects(world)
    assert first.name == ("a", "b")
    assert list(first.object_class) == [ObjectClass.CAR, ObjectClass.POLE]
    found.reverse()
    assert read_static_objects(world) is first

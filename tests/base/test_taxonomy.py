"""Every class has a row, and the rows say what CARLA says."""

import carla

from sim.base.taxonomy import CLASS_NAMES, COCO_CATEGORY_NAMES, ObjectClass


def test_every_class_has_names() -> None:
    assert set(CLASS_NAMES) == set(ObjectClass)


def test_carla_tags_exist_in_the_client() -> None:
    tags = {int(value) for value in carla.CityObjectLabel.values}
    assert {names.carla_tag for names in CLASS_NAMES.values()} <= tags


def test_coco_ids_have_names() -> None:
    assert {n.coco_id for n in CLASS_NAMES.values() if n.coco_id} <= set(COCO_CATEGORY_NAMES)


def test_colours_tell_traffic_classes_apart() -> None:
    colours = [names.color_rgb for names in CLASS_NAMES.values()]
    assert len(set(colours)) >= len(colours) - 2

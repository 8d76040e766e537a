"""Whether labels join: every id to the world's state, every label to pixels, over the frames of a run."""

from __future__ import annotations

import numpy as np
from pycocotools import mask as coco_mask

from sensors.object_class import object_class_of
from sim.base.annotations import FrameAnnotations
from sim.base.parts import PartKind
from sim.base.state import (
    GROUND_INSTANCE_BASE,
    STATIC_INSTANCE_BASE,
    SUPPORT_INSTANCE_BASE,
    ActorKind,
    StaticObjects,
    WorldState,
)
from sim.base.taxonomy import TRAFFIC_CLASSES, ObjectClass

CARRIES = {ActorKind.TRAFFIC_LIGHT, ActorKind.TRAFFIC_SIGN}


def faults(notes: FrameAnnotations, state: WorldState, statics: StaticObjects, surfaces: int, ego: int) -> list[str]:
    """Everything in one frame that does not join, in words."""
    out = [*_id_faults(notes, state, statics, surfaces, ego), *_pixel_faults(notes), *_object_faults(notes, state, ego)]
    numbers = {int(kind) for kind in PartKind}
    out += [f"part {k} has no name" for k in np.unique(notes.part).tolist() if k not in numbers]
    classes = {int(one) for one in ObjectClass}
    out += [f"class {k} has no name" for k in np.unique(notes.semantic).tolist() if k not in classes]
    return out


def _id_faults(
    notes: FrameAnnotations, state: WorldState, statics: StaticObjects, surfaces: int, ego: int
) -> list[str]:
    actors = {info.track_id: info for info in state.actors}
    out = []
    images = [("", notes.instance, notes.semantic)]
    if notes.behind_glass is not None:
        images.append(("behind glass: ", notes.behind_glass.instance, notes.behind_glass.semantic))
    for where, instance, semantic in images:
        pairs = np.unique(instance.astype(np.int64) << 8 | semantic)
        for number, label in {(int(p) >> 8, ObjectClass(int(p) & 255)) for p in pairs}:
            if number == 0:
                fits = label == ObjectClass.SKY or (label == ObjectClass.UNKNOWN)
            elif number < SUPPORT_INSTANCE_BASE:
                info = actors.get(number)
                fits = (
                    info is not None and number != ego and label in {object_class_of(info), ObjectClass.RIDER, *_PIECES}
                )
            elif number < STATIC_INSTANCE_BASE:
                info = actors.get(number - SUPPORT_INSTANCE_BASE)
                fits = info is not None and info.kind in CARRIES and label == ObjectClass.POLE
            elif number < GROUND_INSTANCE_BASE:
                row = number - STATIC_INSTANCE_BASE
                fits = row < len(statics.name) and label == statics.object_class[row]
            else:
                fits = number - GROUND_INSTANCE_BASE < surfaces and label != ObjectClass.SKY
            if not fits:
                out.append(f"{where}id {number:#x} with class {label.name} joins to nothing")
    return out


_PIECES = (ObjectClass.PEDESTRIAN, ObjectClass.STATIC_OBJECT, ObjectClass.DYNAMIC_OBJECT)
"""Classes of pieces that a vehicle or prop may be drawn from besides its own."""


def _pixel_faults(notes: FrameAnnotations) -> list[str]:
    """Where nothing was met there is no label but the sky's."""
    nothing = np.isinf(notes.range_m)
    hit = ~nothing
    checks = {
        "instance": notes.instance == 0,
        "part": notes.part == 0,
        "normal": ~notes.normal_world.any(axis=-1),
        "depth": np.isinf(notes.depth_m),
    }
    if notes.albedo is not None and notes.roughness is not None:
        checks |= {"albedo": ~notes.albedo.any(axis=-1), "roughness": notes.roughness == 0}
    out = [f"{name} where no surface is" for name, empty in checks.items() if not empty[nothing].all()]
    out += [] if (notes.instance[hit] > 0).all() else ["a surface without instance"]
    return out


def _object_faults(notes: FrameAnnotations, state: WorldState, ego: int) -> list[str]:
    out = []
    listed = {label.track_id: label for label in notes.objects}
    seen, counts = np.unique(notes.instance[notes.instance < SUPPORT_INSTANCE_BASE], return_counts=True)
    pixels = dict(zip(seen.tolist(), counts.tolist(), strict=True))
    actors = {info.track_id: info for info in state.actors}
    for track, label in listed.items():
        if track not in actors or track == ego:
            out.append(f"object {track} is not in the state")
        if label.visible_pixels != pixels.get(track, 0):
            out.append(f"object {track}: {label.visible_pixels} pixels told, {pixels.get(track, 0)} in the image")
        if label.amodal_pixels < max(label.visible_pixels, 1):
            out.append(f"object {track} is listed without a pixel")
        if (label.box_visible_px is None) != (label.visible_pixels == 0):
            out.append(f"object {track}: visible box without visible pixels")
        if label.amodal_mask is not None:
            mask = coco_mask.decode({"size": list(label.amodal_mask.size), "counts": label.amodal_mask.counts.encode()})
            missing = (notes.instance == track) & (mask == 0)
            if int(mask.sum()) != label.amodal_pixels or missing.any():
                out.append(
                    f"object {track}: mask of {int(mask.sum())} pixels, {int(missing.sum())} visible ones missing"
                )
    unlisted = [track for track in pixels if track in actors and track not in listed]
    unlisted = [track for track in unlisted if object_class_of(actors[track]) in TRAFFIC_CLASSES]
    return out + [f"object {track} has {pixels[track]} pixels and is not listed" for track in unlisted]

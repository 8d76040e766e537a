"""`sim gallery`: every scene under every condition, contact sheets, label sheets and a page.

| file                          | content                                                       |
|-------------------------------|---------------------------------------------------------------|
| index.html                    | the page: sheets first, then every picture                    |
| contact.jpg                   | all pictures, a row a scene, a column a condition             |
| sheets/CONDITION.jpg          | all scenes under one condition, larger                        |
| sheets/labels_SCENE.jpg       | every label of one scene by day, side by side                 |
| pictures/SCENE_CONDITION.png  | what the camera gave                                          |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined

from sensors.rig import load_rig
from sim.base.clock import tick_period
from sim.base.errors import SimError
from sim.loop.gallery.pictures import Photographer
from sim.loop.gallery.scenes import GalleryPlan, load_plan, plan_of_map
from sim.loop.gallery.sheets import Image, contact_sheet, grid, label_pictures
from sim.loop.gallery.stage import moments
from sim.loop.provenance import code_version
from sim.loop.run_folder import RunFolder
from sim.loop.session import Session

SEED = 3
_CONTACT_WIDTH_PX, _SHEET_WIDTH_PX, _LABEL_WIDTH_PX = 320, 560, 480
_SHEET_COLUMNS = 3
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]


@dataclass(frozen=True)
class GalleryOptions:
    """What to render: names of scenes and conditions (none: all), a map instead of the usual ones, the first camera of a rig."""

    scenes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    map_name: str = ""
    maps: tuple[Path, ...] = ()
    rig: str = "tesla_hw3_like"
    threads: int = 2

    def plan(self) -> GalleryPlan:
        """The scenes and conditions chosen; InputError for unknown names."""
        plan = load_plan()
        if self.map_name:
            plan = plan_of_map(plan, Path(self.map_name).stem)
        return plan.only(self.scenes, self.conditions)


def make_gallery(
    options: GalleryOptions, out: Path, force: bool = False, done: Callable[[str], None] = lambda name: None
) -> Path:
    """Write the gallery's folder, complete or not at all, and return it; `done` is told the name of each picture.

    Raises InputError for unknown names or an `out` that is taken, MapError, and what a session raises.
    """
    plan = options.plan()
    config = load_rig(options.rig).cameras[0]
    with RunFolder(out, force) as folder:
        (folder.path / "pictures").mkdir()
        (folder.path / "sheets").mkdir()
        pictures: dict[tuple[str, str], Image] = {}
        labels: dict[str, dict[str, Image]] = {}
        for map_name in dict.fromkeys(scene.map for scene in plan.scenes.values()):
            scenes = {name: scene for name, scene in plan.scenes.items() if scene.map == map_name}
            served = options.map_name or map_name
            with Session(served, tick_period({config.name: config.rate_hz}), maps=options.maps, seed=SEED) as session:
                found = moments(session, scenes, plan.population(map_name))
                photographer = Photographer(session, config, SEED, options.threads)
            for name, moment in found.items():
                for condition_name, condition in plan.conditions.items():
                    rgb = photographer.picture(moment, condition).rgb
                    pictures[name, condition_name] = rgb
                    _write(folder.path / "pictures" / f"{name}_{condition_name}.png", rgb)
                    done(f"{name} {condition_name}")
                if scenes[name].labels:
                    first = next(iter(plan.conditions.values()))
                    labels[name] = label_pictures(*photographer.labelled(moment, first))
        _write_sheets(folder.path, plan, pictures, labels)
        return folder.commit({"code": code_version(), "rig": options.rig, "pictures": len(pictures)})


def _write_sheets(
    folder: Path, plan: GalleryPlan, pictures: dict[tuple[str, str], Image], labels: dict[str, dict[str, Image]]
) -> None:
    rows = [[pictures[name, condition] for condition in plan.conditions] for name in plan.scenes]
    captions = [[f"{scene.title}, {condition}" for condition in plan.conditions] for scene in plan.scenes.values()]
    _write(folder / "contact.jpg", contact_sheet(rows, captions, _CONTACT_WIDTH_PX))
    for condition in plan.conditions:
        shown = {scene.title: pictures[name, condition] for name, scene in plan.scenes.items()}
        _write(folder / "sheets" / f"{condition}.jpg", contact_sheet(*grid(shown, _SHEET_COLUMNS), _SHEET_WIDTH_PX))
    for name, shown in labels.items():
        sheet = contact_sheet(*grid(shown, _SHEET_COLUMNS), _LABEL_WIDTH_PX)
        _write(folder / "sheets" / f"labels_{name}.jpg", sheet)
    _write_page(folder, plan, list(labels))


def _write_page(folder: Path, plan: GalleryPlan, labelled: Sequence[str]) -> None:
    environment = Environment(
        loader=PackageLoader("sim.loop.gallery"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("index.html").render(
        scenes=plan.scenes, conditions=list(plan.conditions), labelled=labelled, code=code_version()
    )
    (folder / "index.html").write_text(text, encoding="utf-8")


def _write(path: Path, rgb: Image) -> None:
    """A picture as PNG or JPEG, by the name's ending."""
    coded, data = cv2.imencode(path.suffix, rgb[:, :, ::-1], _JPEG if path.suffix == ".jpg" else [])
    if not coded:
        raise SimError(f"{path}: OpenCV could not encode an image of shape {rgb.shape}")
    path.write_bytes(data.tobytes())

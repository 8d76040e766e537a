"""Our shading beside the path tracer, over the scenes of reference.yaml: the second bar of the pictures, and where errors come from.

    python -m tests.benchmarks.reference [--scenes "town noon,town night"] [--width 320] [--samples 32] [--maps DIR]
        [--pictures DIR] [--json FILE] [--no-causes]

Direct: mean relative error of diffuse radiance under the sun alone, one bounce, gloss taken out of both images, over pixels of dull
non-metals (leaves and signs aside) that both see lit; bar 3 %. With gloss: the same pixels as they are. Tiles: |ln(our luminance /
the reference's)| of the means over 32 x 32 pixels: median (bar 0.14) and 95th percentile (bar 0.4), with the sky's tiles and
without. Our textures are faded to their means (a footprint without end) but by night, where small lamps need the true one. Causes:
how far the reference moves, in the same measure, when one kind of light is taken from it, and the mean of the signed ratio; and
our image by lamps alone, or by all that sun and lamps do not send straight, beside the same of the reference. Both images lie
under the same haze.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

import rendering.tracer
from rendering.buffers import Buffers, View
from rendering.facets import LEAST_ALPHA, mean_albedo
from rendering.kernels import layout as at
from rendering.lighting import Lighting
from rendering.materials import MATERIALS, TextureKind
from rendering.reference.air import through_air
from rendering.reference.path_tracer import LAMP_FACES, PathTracer, Terms
from rendering.scene import Scene
from rendering.tables import material_table
from sim.base.state import ActorKind, Lamp, Weather, WorldState
from sim.loop.populated import populated
from tests.rendering.solids import luminance, pinhole

TILE_PX = 32
SCENES = Path(__file__).with_suffix(".yaml")
SUN_ALONE = Terms(sky=False, lamps=False, faces=False, max_depth=2)
MATT_SUN_ALONE = dataclasses.replace(SUN_ALONE, glossy=False)
NOTHING_BUT_LAMPS = Terms(sun=False, sky=False, see_through=False, max_depth=2)
CAUSES: dict[str, tuple[Terms, Terms]] = {
    "glass seen through": (Terms(), Terms(see_through=False)),
    "indirect, all": (Terms(see_through=False), Terms(see_through=False, max_depth=2)),
    "indirect, diffuse": (Terms(see_through=False, glossy=False), Terms(see_through=False, glossy=False, max_depth=2)),
    "gloss, all": (Terms(see_through=False), Terms(see_through=False, glossy=False)),
}
"""Cause: (reference with it, without it)."""
FINE_GRID_PX = tuple(((x - 1.0) / 3.0, (y - 7.5) / 16.0) for y in range(16) for x in range(3))
Image = NDArray[np.float32]


def main() -> int:
    """Measure the scenes asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", default="", help="names, with commas; default all")
    parser.add_argument("--maps", type=Path, default=Path("../shared/data/opendrive"))
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--pictures", type=Path, default=None)
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--causes", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    chosen = yaml.safe_load(SCENES.read_text(encoding="utf-8"))
    names = [name.strip() for name in options.scenes.split(",") if name.strip()] or list(chosen)
    table: dict[str, dict[str, Any]] = {}
    worlds: dict[str, tuple[Scene, WorldState]] = {}
    for name in names:
        row = chosen[name]
        if row["map"] not in worlds:
            worlds.clear()
            network, statics, state = populated(row["map"], [options.maps])
            worlds[row["map"]] = (Scene(network, statics), state)
        begun = time.monotonic()
        table[name] = measure(name, *worlds[row["map"]], row, options)
        print(_line(name, table[name]), f"{time.monotonic() - begun:5.0f} s", flush=True)
        if options.json is not None:
            options.json.write_text(json.dumps(table, indent=1), encoding="utf-8")
    print(_causes(table))
    return 0


def measure(
    name: str, scene: Scene, state: WorldState, row: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:
    """All figures of one scene."""
    state = _dressed(state, row)
    camera, view = _camera(state, int(row["vehicle"]), options.width)
    scene.set_states(state, state)
    flat = view if row.get("lamps") else dataclasses.replace(view, pixel_angle_rad=1e4)
    ours = _ours(scene, flat)
    references: dict[Terms, Image] = {}

    def reference(terms: Terms, samples: int = options.samples) -> Image:
        if terms not in references:
            references[terms] = PathTracer(scene, camera, terms).trace(view, samples)
        return references[terms]

    glow = _lamp_faces(scene, camera, view) if row.get("lamps") else np.float32(0.0)

    def seen(terms: Terms) -> Image:
        return through_air(reference(terms) + glow, ours.range_m, view, scene.lighting)

    full = seen(Terms())
    found: dict[str, Any] = {
        "tiles": _tiles(ours.radiance, full, None),
        "without sky": _tiles(ours.radiance, full, ours.range_m),
    }
    if scene.lighting.light[at.SUN_ON] > 0.0:
        found["direct"] = _direct(scene, flat, ours, reference(SUN_ALONE, 2), reference(MATT_SUN_ALONE, 2))
    if options.causes:
        found["causes"] = {}
        for cause, (with_it, without) in CAUSES.items():
            found["causes"][cause] = _tiles(seen(without), seen(with_it), ours.range_m)
        found["causes"] |= _own_terms(scene, flat, camera, ours, reference, view)
    if options.pictures is not None:
        options.pictures.mkdir(parents=True, exist_ok=True)
        picture = np.hstack(
            [_picture(_ours(scene, view).radiance, full), _picture(full, full), _ratio(ours.radiance, full)]
        )
        cv2.imwrite(str(options.pictures / f"{name.replace(' ', '_')}.png"), picture[..., ::-1])
    return found


def _lamp_faces(scene: Scene, camera: Any, view: View) -> Image:
    """The reference's lamps where they are seen, by their share of each pixel: most are smaller than that."""
    return PathTracer(scene, camera, LAMP_FACES).trace(view, len(FINE_GRID_PX), offsets_px=FINE_GRID_PX)


def _dressed(state: WorldState, row: dict[str, Any]) -> WorldState:
    """The state in the scene's weather, headlamps of all vehicles on or off, no vehicle's other lamps changed."""
    beams = np.uint32(Lamp.POSITION | Lamp.LOW_BEAM) if row.get("lamps") else np.uint32(0)
    vehicle = state.kind == np.uint8(ActorKind.VEHICLE)
    flags = np.where(vehicle, (state.lamp_flags & ~np.uint32(Lamp.POSITION | Lamp.LOW_BEAM)) | beams, state.lamp_flags)
    return dataclasses.replace(state, weather=Weather(**row["weather"]), lamp_flags=flags.astype(np.uint32))


def _camera(state: WorldState, vehicle: int, width: int) -> tuple[NDArray[np.float64], View]:
    """A pinhole of 70°, 0.3 m before a vehicle's front and 1.4 m up: nothing has to be hidden."""
    rows = [row for row, info in enumerate(state.actors) if info.kind == ActorKind.VEHICLE]
    row = rows[vehicle % len(rows)]
    info, yaw = state.actors[row], float(state.rpy_rad[row, 2])
    ahead = info.box_center_m[0] + info.box_extent_m[0] + 0.3
    place = state.position_world_m[row] + np.array([np.cos(yaw) * ahead, np.sin(yaw) * ahead, 1.4])
    height = width * 4 // 5 // TILE_PX * TILE_PX
    return place, pinhole(width, height, 70.0, (place[0], place[1], place[2]), yaw=yaw, pitch=0.05)


def _ours(scene: Scene, view: View) -> Buffers:
    out = Buffers.empty(*view.shape)
    return scene.render(view, out, refine=False)


def _tile_means(image: Image) -> NDArray[np.float64]:
    light = luminance(image)
    height, width = (size // TILE_PX for size in light.shape)
    return light[: height * TILE_PX, : width * TILE_PX].reshape(height, TILE_PX, width, TILE_PX).mean(axis=(1, 3))


def _tiles(image: Image, reference: Image, range_m: Image | None) -> dict[str, float]:
    """Median and 95th percentile of |ln ratio| and the mean of ln ratio over the tiles; with `range_m` those half land or more."""
    ratio = np.log(np.maximum(_tile_means(image), 1e-9) / np.maximum(_tile_means(reference), 1e-9))
    if range_m is not None:
        land = np.repeat(np.isfinite(range_m)[..., None], 3, axis=2).astype(np.float32)
        ratio = ratio[_tile_means(land) > 0.5]
    size = np.abs(ratio).ravel()
    return {
        "median": float(np.median(size)), "p95": float(np.percentile(size, 95)), "bias": float(ratio.mean()), "tiles": len(size),
    }  # fmt: skip


def _relit(lighting: Lighting, sun: bool) -> Lighting:
    """The lighting without the sky, in clear air, with or without the sun."""
    light = lighting.light.copy()
    light[[at.FOG_PER_M, at.FOG_LAYER]] = 0.0
    light[at.GROUND_R : at.GROUND_B + 1] = 0.0
    light[at.AMBIENT : at.AMBIENT + 3 * at.HARMONICS] = 0.0
    if not sun:
        light[at.SUN_ON] = 0.0
        light[at.SUN_R : at.SUN_B + 1] = 0.0
    return dataclasses.replace(lighting, light=light, sky=np.zeros_like(lighting.sky))


def _direct_alone(scene: Scene, view: View, sun: bool, lamps: bool) -> Image:
    """Our image by the sun or by lamps alone: no sky, nothing indirect, no air."""
    kept, rows, probes = scene._lighting, scene._lamps._rows, getattr(scene._tracer, "_probes", None)
    scene._lighting, scene._tracer._probes = _relit(kept, sun), None
    if not lamps:
        scene._lamps._rows = rows[:0]
    image = _ours(scene, view).radiance
    scene._lighting, scene._lamps._rows, scene._tracer._probes = kept, rows, probes
    return image


def _in_clear_air(scene: Scene, view: View) -> Image:
    kept = scene._lighting
    light = kept.light.copy()
    light[[at.FOG_PER_M, at.FOG_LAYER]] = 0.0
    scene._lighting = dataclasses.replace(kept, light=light)
    image = _ours(scene, view).radiance
    scene._lighting = kept
    return image


def _black_table() -> NDArray[np.float32]:
    """Our materials without diffuse light."""
    table = material_table().copy()
    table[:, at.ALBEDO : at.ALBEDO + 3] = 0.0
    table[:, at.COLOR_SLOT] = -1.0
    return table


def _left_by_gloss(roughness: Image, specular: Image) -> Image:
    """Share of light (H, W) that the gloss of a surface leaves to its diffuse part, on the mean."""
    pairs, index = np.unique(np.stack([roughness, specular], -1).reshape(-1, 2), axis=0, return_inverse=True)
    left = [1.0 - mean_albedo(max(float(r) ** 2, LEAST_ALPHA), float(f0)) for r, f0 in pairs.round(4)]
    return np.asarray(np.array(left)[index].reshape(roughness.shape))


def _direct(scene: Scene, view: View, ours: Buffers, glossy: Image, matt: Image) -> dict[str, float]:
    """Errors under the sun alone: of diffuse light (ours less what black surfaces show; Lambert's under the gloss), and with gloss."""
    surface, plain = scene.surfaces(view), ~_signs_or_leaves(scene, view)
    dull = np.isfinite(ours.range_m) & (surface.roughness >= 0.7) & (surface.metallic == 0.0) & plain
    shiny = luminance(_direct_alone(scene, view, sun=True, lamps=False))
    with mock.patch.object(rendering.tracer, "material_table", _black_table):
        image = shiny - luminance(_direct_alone(scene, view, sun=True, lamps=False))
    theirs = luminance(matt) * _left_by_gloss(surface.roughness, surface.specular)
    seen = dull & (shiny > 0.0) & (theirs > 0.0)
    both = dull & ((shiny > 0.0) | (theirs > 0.0))
    error = image[seen] / theirs[seen] - 1.0
    with_gloss = shiny[seen] / luminance(glossy)[seen] - 1.0
    return {
        "mean_error": float(np.abs(error).mean()), "bias": float(error.mean()),
        "with_gloss": float(np.abs(with_gloss).mean()), "with_gloss_bias": float(with_gloss.mean()),
        "disagree": float((both & ~seen).sum() / max(both.sum(), 1)), "pixels": int(seen.sum()),
    }  # fmt: skip


def _signs_or_leaves(scene: Scene, view: View) -> NDArray[np.bool_]:
    """(H, W): sign faces, whose texture is in both images, and leaves, which let light through."""
    other = np.array([m.texture in (TextureKind.SIGN_FACE, TextureKind.LEAF) for m in MATERIALS.values()] + [False] * 8)
    return np.asarray(other[(scene._tracer.surface_codes(*view.shape) >> 3) & 511])


def _own_terms(scene: Scene, view: View, camera: Any, ours: Buffers, reference: Any, rays: View) -> dict[str, Any]:
    """Our image beside the reference's, by kind of light: lamps alone, and all that neither sun nor lamps send straight."""
    found = {}
    mine, theirs = _in_clear_air(scene, view), reference(Terms())
    if scene.lighting.light[at.SUN_ON] > 0.0:
        mine = mine - _direct_alone(scene, view, sun=True, lamps=False)
        theirs = theirs - reference(SUN_ALONE, 2)
    if len(scene.lamps_near(camera)):
        lit, by_lamps = _direct_alone(scene, view, sun=False, lamps=True), reference(NOTHING_BUT_LAMPS)
        shown = by_lamps + _lamp_faces(scene, camera, rays)
        found["ours by lamps alone"] = _tiles(lit, shown, ours.range_m)
        mine, theirs = mine - lit, theirs - by_lamps
    least = np.float32(0.01) * np.maximum(ours.radiance, 0.0)  # differences of noisy images may be nothing
    mine, theirs = np.maximum(mine, least), np.maximum(theirs, least)
    found["ours without what sun and lamps send straight"] = _tiles(mine, theirs, ours.range_m)
    return found


def _picture(image: Image, exposed_for: Image) -> NDArray[np.uint8]:
    gain = 0.2 / max(float(np.median(luminance(exposed_for))), 1e-6)
    return np.asarray(np.clip(image * gain, 0.0, 1.0) ** (1 / 2.2) * 255.0, np.uint8)


def _ratio(image: Image, reference: Image) -> NDArray[np.uint8]:
    """ln ratio of the tiles: red too bright, blue too dark, full colour at 1."""
    ratio = np.log(np.maximum(_tile_means(image), 1e-9) / np.maximum(_tile_means(reference), 1e-9))
    red, blue = np.clip(1.0 + np.minimum(ratio, 0.0), 0.0, 1.0), np.clip(1.0 - np.maximum(ratio, 0.0), 0.0, 1.0)
    tiles = np.stack([red, np.minimum(red, blue), blue], axis=-1)
    return np.asarray(np.kron(tiles, np.ones((TILE_PX, TILE_PX, 1))) * 255.0, np.uint8)


def _line(name: str, row: dict[str, Any]) -> str:
    direct = row.get("direct")
    lit = " " * 46
    if direct:
        lit = f"direct {direct['mean_error']:6.3f} ({direct['bias']:+.3f}) with gloss "
        lit += f"{direct['with_gloss']:6.3f} ({direct['with_gloss_bias']:+.3f})"
    tiles, land = row["tiles"], row["without sky"]
    return (
        f"{name:20}{lit}  tiles {tiles['median']:.3f} / {tiles['p95']:.3f}  "
        f"without sky {land['median']:.3f} / {land['p95']:.3f} ({land['bias']:+.3f})"
    )


def _causes(table: dict[str, dict[str, Any]]) -> str:
    """Median / 95th percentile (mean signed) of each cause over the scenes' tiles without sky."""
    lines = []
    for name, row in table.items():
        for cause, value in row.get("causes", {}).items():
            lines.append(f"{name:20}{cause:42}{value['median']:.3f} / {value['p95']:.3f} ({value['bias']:+.3f})")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

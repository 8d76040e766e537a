"""People: bodies, faces and clothes over the joints of a Pose, one skin that bends with the gait.

A person is made once, in the bind pose of rendering.assets.people_bind, from soft solids (people_head, people_clothes and the
like), and kept on disk; every exposure moves its vertices with the bones that sim.catalogue gives for speed, phase and posture,
so a drawn body has exactly the bones that calls tell. Tested by tests/rendering/test_assets_people.py: closed surfaces, feet on
the ground, height, continuity, foot slide.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rendering import mesh_store
from rendering.assets import people_clothes as wear
from rendering.assets import people_head as bare
from rendering.assets.parts import Part, PoseKind
from rendering.assets.people_bags import backpack, shoulder_bag
from rendering.assets.people_bind import Figure, figure_of
from rendering.assets.people_hats import glasses, hat
from rendering.assets.people_looks import Look, look_of
from rendering.assets.people_things import held_things
from rendering.assets.skin import MovedSkin, Skin, joined, matrices
from rendering.assets.soft_solids import SoftMesh, soft_mesh
from rendering.assets.solids import MaterialName
from rendering.materials import SLOT_HAIR, SLOT_SKIN, linear_from_srgb
from rendering.mesh import Mesh
from sim.base.errors import RenderError
from sim.base.taxonomy import ObjectClass
from sim.catalogue.body_frames import bone_frames
from sim.catalogue.gait import Body, Pose, person_of
from sim.catalogue.postures import walker_poses
from sim.catalogue.skeleton import pose_from_text
from sim.catalogue.spec import WalkerSpec

Float64 = NDArray[np.float64]
Piece = tuple[SoftMesh, MaterialName]

_PATTERN_V = {"plain": 0.0, "stripes": 100.0, "plaid": 200.0}
"""The cloth texture reads its pattern from the hundreds of v."""


@dataclass(frozen=True)
class Walker:
    """Who walks, and how: the lengths of the body and a posture."""

    body: Body
    posture: str


def walkers_bones(walkers: Sequence[Hashable], speeds_mps: Float64, phases_rad: Float64) -> Float64:
    """Bones object_from_bone (N, 19, 4, 4), each in its actor's frame, of N Walkers at their speeds and phases (N,)."""
    known = [walker for walker in walkers if isinstance(walker, Walker)]
    bodies = [walker.body for walker in known]
    bones = _bones(bodies, walker_poses(bodies, speeds_mps, phases_rad, [walker.posture for walker in known]))
    bones[:, :, 2, 3] -= 0.5 * np.array([body.height_m for body in bodies])[:, None]
    return bones


def _bones(bodies: Sequence[Body], pose: Pose) -> Float64:
    height, ankle = (np.array([getattr(body, name) for body in bodies]) for name in ("height_m", "ankle_m"))
    return matrices(*bone_frames(pose, height, ankle))


def walker_part(spec: WalkerSpec, joints: str = "", posture: str = "", outfit: str = "") -> Part:
    """The part of a pedestrian, origin mid-body, with a mesh of its own that is moved each exposure.

    `joints`, from sim.catalogue.skeleton.joints_text, is a pose of its own: one mesh that does not walk. `posture` and `outfit` are
    the attributes of those names.
    """
    slots = _slot_colors(spec)
    body = person_of(spec)
    person = person_skin(spec, outfit, posture)
    if joints:
        mesh = person.posed(_bones([body], pose_from_text(joints))[0])
        return Part((mesh,), PoseKind.FIXED, ObjectClass.PEDESTRIAN, slots, transient=True)
    moved = MovedSkin(person, walkers_bones, Walker(body, posture))
    return Part((moved.mesh_at(0.0, 0.0),), PoseKind.GAIT, ObjectClass.PEDESTRIAN, slots, transient=True, moved=moved)


def person_meshes(body: Body, spec: WalkerSpec, pose: Pose, on_ground: bool = True) -> list[Mesh]:
    """One mesh for each frame of the pose, its ground at -height / 2; `on_ground=False` (riders) keeps the pose's own z."""
    skin = _skin_of(body, spec, "", "")
    bones = _bones([body] * len(pose.pelvis), pose)
    if on_ground:
        bones[:, :, 2, 3] -= 0.5 * body.height_m
    return [skin.posed(frame) for frame in bones]


def person_skin(spec: WalkerSpec, outfit: str = "", posture: str = "") -> Skin:
    """The skin of a blueprint's person in its clothes, with what the posture holds."""
    return _skin_of(person_of(spec), spec, outfit, posture)


def _slot_colors(spec: WalkerSpec) -> NDArray[np.float32]:
    """Albedos of the colour slots; cloth is duller and darker than a swatch: washed, worn, and seen through its own shadows."""
    slots = np.full((5, 3), 0.3, np.float32)
    for slot, color in enumerate((spec.top_rgb, spec.trousers_rgb, spec.skin_rgb, spec.hair_rgb), start=1):
        slots[slot] = linear_from_srgb(color)
    for slot in (1, 2):
        grey = slots[slot].mean()
        slots[slot] = np.minimum(0.80 * (grey + 0.62 * (slots[slot] - grey)) + 0.006, 0.62)
    # a swatch of fair skin is brighter than skin: reflectance 0.35 to 0.4 for fair, 0.05 for dark (NIST reference data set, 2013)
    slots[3] *= 1.0 - 0.6 * slots[3].mean()
    slots[4] = 0.75 * slots[4]
    return slots


@lru_cache(maxsize=128)
def _skin_of(body: Body, spec: WalkerSpec, outfit: str, posture: str) -> Skin:
    holds = posture if posture == "lying" or held_things(figure_of(spec, body), posture) else ""

    def build() -> mesh_store.Arrays:
        skin = _made(spec, body, outfit, holds)
        return [*mesh_store.flat([skin.mesh]), skin.bones, skin.weights, skin.bone_from_bind]

    *mesh, bones, weights, bone_from_bind = mesh_store.cached(
        mesh_store.recipe("person", spec, body, outfit, holds), build
    )
    return Skin(mesh_store.meshes_of(mesh)[0], bones, weights, bone_from_bind)


def _made(spec: WalkerSpec, body: Body, outfit: str, posture: str) -> Skin:
    figure, look = figure_of(spec, body), look_of(spec, outfit)
    if posture == "lying":
        look = replace(look, bag="")
    pieces = [*_head_pieces(figure, look, spec), *_lower(figure, look), *_upper(figure, look), *_extras(figure, look)]
    pieces += [(bare.hand(figure, side), SLOT_SKIN) for side in (0, 1)]
    pieces += held_things(figure, posture)
    skin = joined(pieces, figure.object_from_bone)
    count = sum(len(piece.vertices) for piece, _ in pieces)
    patterned, offset = np.zeros(count, bool), 0
    wanted = look.upper_material
    for piece, material in pieces:
        patterned[offset : offset + len(piece.vertices)] = material == wanted
        offset += len(piece.vertices)
    if skin.mesh.uv is None:
        raise RenderError(f"people · the mesh of {spec.type_id} has no uv; patterns of cloth need them")
    uv = skin.mesh.uv.copy()
    uv[patterned, 1] += _PATTERN_V[look.pattern]
    return replace(skin, mesh=replace(skin.mesh, uv=uv))


def _head_pieces(figure: Figure, look: Look, spec: WalkerSpec) -> list[Piece]:
    face = bare.Face(figure)
    pieces: list[Piece] = [(bare.head(face), SLOT_SKIN), *bare.eyes(face)]
    pieces += [(brow, SLOT_HAIR) for brow in bare.brows(face)]
    pieces.append((bare.lips(face), "lips_dark" if sum(spec.skin_rgb) < 330 else "lips"))
    covered = look.hat in ("scarf", "hard_hat", "beanie", "cap", "peaked", "brim")
    style = look.hair
    if look.hat and style in ("curly", "bun", "short"):
        style = "crop"
    hair = None if look.hat == "scarf" else bare.hair(face, style if not covered or style != "bald" else "crop")
    if hair is not None:
        pieces.append((hair, SLOT_HAIR))
    if look.beard:
        pieces.append((bare.beard(face), SLOT_HAIR))
    if look.hat:
        pieces += [(mesh, "cloth_black" if second else look.hat_material) for mesh, second in hat(face, look.hat)]
    if look.glasses:
        pieces.append((glasses(face), "plastic_black"))
    return pieces


def _lower(figure: Figure, look: Look) -> list[Piece]:
    pieces: list[Piece] = []
    kind = look.lower
    if kind in ("skirt", "skirt_long", "dress"):
        hem = {"skirt": 0.315, "skirt_long": 0.175, "dress": 0.300}[kind]
        material = look.upper_material if kind == "dress" else look.lower_material
        pieces.append((wear.skirt(figure, hem, 0.010 if kind == "skirt" else 0.018), material))
        pieces.append((wear.bare_legs(figure, 1.25 if kind == "skirt_long" else 0.74), SLOT_SKIN))
    elif kind == "shorts":
        pieces.append((wear.trousers(figure, "straight", 0.86), look.lower_material))
        pieces.append((wear.bare_legs(figure, 0.6), SLOT_SKIN))
    else:
        cut = kind if kind in ("tights", "slim", "straight", "wide") else "straight"
        pieces.append((wear.trousers(figure, cut), look.lower_material))
    uppers, soles = wear.shoes(figure, look.boots and kind not in ("straight", "wide"))
    pieces += [(uppers, look.shoes), (soles, look.sole)]
    if kind == "work":
        legs = [solid for side in (0, 1) for solid in figure.leg(side, 0.018, 2.0, 0.0375 * figure.body.height_m, 0.4)]
        for share in (0.150, 0.185):
            z = share * figure.body.height_m
            pieces.append((wear.band(figure, legs, wear.slab(z - 0.022, z + 0.022)), "retro_band"))
    return pieces


_UPPERS: dict[str, tuple[float, float, float, float, float]] = {
    # offset, hem (share), sleeves, collar, looseness
    "tshirt": (0.014, 0.515, 0.72, 0.0, 0.006),
    "tanktop": (0.009, 0.540, 0.0, 0.0, 0.0),
    "polo": (0.014, 0.520, 0.70, 0.008, 0.005),
    "shirt": (0.014, 0.520, 2.0, 0.008, 0.003),
    "blouse": (0.013, 0.530, 2.0, 0.005, 0.006),
    "jumper": (0.015, 0.525, 2.0, 0.0, 0.004),
    "hoodie": (0.019, 0.515, 2.0, 0.014, 0.005),
}
_OVERS: dict[str, tuple[float, float, float, float, float]] = {
    "jacket": (0.022, 0.505, 1.98, 0.016, 0.006),
    "jacket_open": (0.022, 0.500, 1.98, 0.016, 0.006),
    "blazer": (0.018, 0.470, 1.93, 0.010, 0.004),
    "coat": (0.024, 0.345, 1.98, 0.016, 0.008),
    "parka": (0.028, 0.430, 1.98, 0.020, 0.010),
}


def _upper(figure: Figure, look: Look) -> list[Piece]:
    pieces: list[Piece] = []
    offset, hem, sleeves, collar, loose = _UPPERS[look.upper]
    if look.lower == "dress":
        hem = 0.585
    if look.over and sleeves > 1.0:
        sleeves, loose = 0.72, 0.0
    if look.over in ("", "jacket_open", "blazer"):
        pieces.append(
            (
                wear.top(figure, offset if not look.over else 0.012, hem, sleeves, loose, collar, 0.012),
                look.upper_material,
            )
        )
        if sleeves < 1.5 and not look.over:
            pieces.append((wear.bare_arms(figure, max(0.55, sleeves - 0.2) if sleeves else 0.0), SLOT_SKIN))
        if look.upper == "hoodie" and not look.over:
            solids = wear.hood(figure, offset)
            pieces.append((soft_mesh(solids, wear.CLOTH_CELL_M, (), (), None, 0.03), look.upper_material))
    if look.over:
        offset, hem, sleeves, collar, loose = _OVERS[look.over]
        front = {"jacket_open": 0.055, "blazer": 0.034}.get(look.over, 0.0)
        mesh = wear.top(figure, offset, hem, sleeves, loose, collar, 0.005 if hem < 0.48 else 0.0, front, 0.0034)
        pieces.append((mesh, look.over_material))
        if look.over == "parka":
            solids = wear.hood(figure, offset)
            pieces.append((soft_mesh(solids, wear.CLOTH_CELL_M, (), (), None, 0.03), look.over_material))
    return pieces


def _extras(figure: Figure, look: Look) -> list[Piece]:
    pieces: list[Piece] = []
    outermost = _OVERS[look.over][0] if look.over else _UPPERS[look.upper][0]
    if look.bag == "backpack":
        bag, straps = backpack(figure, 1.15 if figure.child else 0.95, outermost)
        pieces += [(bag, look.bag_material), (straps, look.bag_material)]
    elif look.bag == "shoulder":
        bag, strap = shoulder_bag(figure, outermost)
        pieces += [(bag, look.bag_material), (strap, look.bag_material)]
    if look.vest:
        out = outermost + 0.013
        pieces.append((wear.top(figure, out, 0.500, 0.0, 0.0, 0.0, 0.010, 0.0, 0.0010, 0.822), look.vest))
        shell = [figure.torso(out + 0.007, 0.46, 0.838, 0.010), *figure.shoulders(0.62 * out + 0.009)]
        for share in (0.555, 0.635):
            z = figure.z(share)
            pieces.append((wear.band(figure, shell[:1], wear.slab(z - 0.025, z + 0.025)), "retro_band"))
        middle, half, low = 0.052 * figure.body.height_m, 0.025, figure.z(0.635)

        def braces(points: Float64) -> Float64:
            return np.asarray(np.maximum(np.abs(np.abs(points[..., 1]) - middle) - half, low - points[..., 2]))

        pieces.append((wear.band(figure, shell, braces), "retro_band"))
    return pieces

"""What the user's own glTF files put in place of our meshes: parts of vehicles and props, meshes of static objects.

The folder is named by SIM_ASSETS and read once, at first use: every file is then read and checked, in the table's order, so that
materials get the same numbers in each process and a mistake is met before the first picture. Described in docs/assets.md;
tested by tests/rendering/test_own_assets.py.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rendering.assets.asset_folder import asset_folder
from rendering.assets.asset_table import LABELS, LAMPS, AssetRow, NodeRule, read_table
from rendering.assets.gltf import Piece, read_pieces
from rendering.assets.gltf_materials import material_of_triangles
from rendering.assets.parts import Part, PoseKind
from rendering.assets.winding import winding_fault
from rendering.materials import linear_from_srgb
from rendering.mesh import PART_BODY, PART_GLASS, PART_LAMP, PART_WHEEL, Mesh, fit_to_box, merge, shaded
from sim.base.errors import AssetError
from sim.catalogue.props import PROPS
from sim.catalogue.spec import PropSpec, VehicleSpec
from sim.catalogue.vehicles import VEHICLES

Float64 = NDArray[np.float64]

SIZE_TOLERANCE = 0.10
"""Share of the blueprint's length, width and height by which an asset may differ: labels follow the mesh, physics the box."""
WHEEL_LIFT_M = 0.03
"""How far a wheel may end above the ground (or below) when the asset stands on its lowest point."""
ROUNDNESS = 0.05
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Asset:
    """A file's triangles in the actor frame: the box centred on the origin in x and y, the lowest point at z = 0.

    `wheels` are about their centres, which are listed beside them in the same frame.
    """

    row: AssetRow
    body: Mesh
    wheels: tuple[tuple[Mesh, tuple[float, float, float], bool | None], ...]
    size_m: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class OwnAssets:
    """The assets of one folder."""

    assets: tuple[Asset, ...]

    def parts_of(self, type_id: str, color_rgb: tuple[int, int, int] | None) -> tuple[Part, ...] | None:
        """The parts of a vehicle or a prop in a colour, or None where ours are drawn."""
        parts = self._parts.get(type_id)
        if parts is None:
            return None
        spec = VEHICLES.get(type_id)
        color = color_rgb or (spec.colors_rgb[0] if spec is not None and spec.colors_rgb else (128, 128, 128))
        paint = linear_from_srgb(color)[None]
        return tuple(replace(part, slot_colors=np.concatenate([paint, part.slot_colors[1:]])) for part in parts)

    def static_mesh(self, name: str, low: ArrayLike, high: ArrayLike) -> Mesh | None:
        """The mesh for a static object "asset:variant", stretched onto its box, or None where ours is drawn."""
        asset = next((asset for asset in self.assets if asset.row.covers(name)), None)
        if asset is None:
            return None
        whole = merge([asset.body, *(_moved(mesh, center) for mesh, center, _ in asset.wheels)])
        return fit_to_box([whole], low, high)[0]

    def covers(self, name: str) -> bool:
        """Whether a static object "asset:variant" or a blueprint is drawn from a file."""
        return any(asset.row.covers(name) for asset in self.assets)

    @functools.cached_property
    def _parts(self) -> dict[str, tuple[Part, ...]]:
        specs: dict[str, VehicleSpec | PropSpec] = {**VEHICLES, **PROPS}
        chosen = {name: next((a for a in self.assets if a.row.covers(name)), None) for name in specs}
        return {name: _parts(specs[name], asset) for name, asset in chosen.items() if asset is not None}


def own_assets() -> OwnAssets:
    """The assets of the folder that SIM_ASSETS names now; none when it is not set. Raises AssetError."""
    folder = asset_folder()
    return _load(folder) if folder is not None else _NONE


_NONE = OwnAssets(())


@functools.lru_cache(maxsize=8)
def _load(folder: Path) -> OwnAssets:
    own = OwnAssets(tuple(load_asset(row) for row in read_table(folder)))
    _ = own._parts  # checks every size
    return own


def load_asset(row: AssetRow) -> Asset:
    """Read and check one file, and bring it into the actor frame. Raises AssetError."""
    bodies: list[Mesh] = []
    wheels: dict[str, tuple[list[Mesh], bool | None]] = {}
    turn = row.scale * _actor_from_file(row)
    for piece in read_pieces(row.file):
        rule, node = _rule_of(row, piece)
        if rule is not None and rule.kind == "ignore":
            continue
        mesh = _mesh(row, piece, rule.kind if rule is not None else "", turn)
        if rule is None or rule.kind != "wheel":
            bodies.append(mesh)
        elif len(mesh.triangles):
            wheels.setdefault(node, ([], rule.steered))[0].append(mesh)
    whole = merge([*bodies, *(mesh for meshes, _ in wheels.values() for mesh in meshes)])
    if not len(whole.triangles):
        raise AssetError(
            f"{row.where}: {row.file.name}: found no triangles but those that the table ignores; ignore fewer nodes"
        )
    low, high = whole.bounds()
    foot = np.array([(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, low[2]])
    length, width, height = (high - low).tolist()
    posed = [_wheel(merge(meshes), foot, steered) for meshes, steered in wheels.values()]
    body = _moved(merge(bodies), -foot) if bodies else merge([])
    return Asset(row, body, tuple(posed), (length, width, height))


def _actor_from_file(row: AssetRow) -> Float64:
    """Rotation (3, 3) from the file's axes to x forward, y left, z up."""
    forward, up = _axis(row.forward), _axis(row.up)
    return np.stack([forward, np.cross(up, forward), up])


def _axis(name: str) -> Float64:
    axis: Float64 = np.zeros(3)
    axis["xyz".index(name[1])] = 1.0 if name[0] == "+" else -1.0
    return axis


def _rule_of(row: AssetRow, piece: Piece) -> tuple[NodeRule | None, str]:
    """The rule of the nearest node that has one, and the node that is one wheel: the highest that a wheel's rule fits."""
    rules = [(row.rule_of(node), node) for node in piece.nodes]
    named = [(rule, node) for rule, node in rules if rule is not None]
    if not named:
        return None, ""
    ignored = next((item for item in named if item[0].kind == "ignore"), None)
    wheels = [item for item in named if item[0].kind == "wheel"]
    return ignored or (wheels[-1] if wheels else named[0])


def _mesh(row: AssetRow, piece: Piece, kind: str, turn: Float64) -> Mesh:
    points = piece.vertices @ turn.T
    if not np.isfinite(points).all():
        raise AssetError(
            f"{row.where}: {row.file.name}: node {_name(piece)}: found a vertex that is not finite; export it anew"
        )
    if row.check_winding and kind != "interior":
        fault = winding_fault(points, piece.triangles)
        if fault:
            raise AssetError(
                f"{row.where}: {row.file.name}: node {_name(piece)}: found {fault}; allowed are faces wound counter-clockwise "
                'seen from outside; recalculate normals in the modelling tool, or give the node the kind "interior", or set '
                "check_winding: false"
            )
    label = PART_BODY
    if kind == "wheel":
        label = PART_WHEEL
    elif kind == "window":
        label = PART_GLASS
    elif kind in LAMPS:
        label = PART_LAMP
    elif kind in LABELS:
        label = int(LABELS[kind])
    return shaded(points, piece.triangles, material_of_triangles(piece, kind, row), label, row.crease_deg)


def _name(piece: Piece) -> str:
    return f'"{piece.nodes[0]}"' if piece.nodes else "without a name"


def _moved(mesh: Mesh, by: ArrayLike) -> Mesh:
    return replace(mesh, vertices=(mesh.vertices + np.asarray(by, np.float64)).astype(np.float32))


def _wheel(mesh: Mesh, foot_m: Float64, steered: bool | None) -> tuple[Mesh, tuple[float, float, float], bool | None]:
    low, high = mesh.bounds()
    center = (low + high) / 2.0
    x, y, z = (center - foot_m).tolist()
    return _moved(mesh, -center), (x, y, z), steered


def _parts(spec: VehicleSpec | PropSpec, asset: Asset) -> tuple[Part, ...]:
    """The parts for one blueprint; checks the size against its box, and the wheels. Raises AssetError."""
    want = np.array([spec.length_m, spec.width_m, spec.height_m])
    stretch: Float64 = np.ones(3)
    if asset.row.fit:
        stretch = want / np.maximum(asset.size_m, 1e-9)
    else:
        _check_size(spec.type_id, asset, want)
    parts = []
    if len(asset.body.triangles):
        parts.append(Part((_stretched(asset.body, stretch),), PoseKind.FIXED, spec.object_class))
    wheel_m = spec.wheel_radius_m if isinstance(spec, VehicleSpec) else 0.0
    for mesh, center, steered in asset.wheels:
        x, y, z = (np.asarray(center) * stretch).tolist()
        wheel = _stretched(mesh, stretch)
        radius = _radius(spec.type_id, asset, wheel, z)
        kind = PoseKind.WHEEL if wheel_m else PoseKind.FIXED
        if kind == PoseKind.FIXED:  # a prop's wheels do not turn
            parts.append(Part((_moved(wheel, (x, y, z)),), kind, spec.object_class))
            continue
        parts.append(
            Part(
                (wheel,), kind, spec.object_class, position_m=(x, y, z), radius_m=radius,
                steered=x > 0.0 if steered is None else steered, roll_ratio=wheel_m / radius,
            )
        )  # fmt: skip
    return tuple(parts)


def _check_size(type_id: str, asset: Asset, want: Float64) -> None:
    have = np.array(asset.size_m)
    off = np.abs(have / want - 1.0)
    found = " x ".join(f"{value:.2f}" for value in have)
    box = " x ".join(f"{value:.2f}" for value in want)
    if (off > SIZE_TOLERANCE).any():
        raise AssetError(
            f"{asset.row.where}: {asset.row.file.name} for {type_id}: found {found} m (length x width x height); allowed is "
            f"the blueprint's box of {box} m within {SIZE_TOLERANCE:.0%} a side, as physics goes by it and labels by the mesh; "
            f"correct scale ({asset.row.scale:g}), forward ({asset.row.forward}), up ({asset.row.up}), ignore nodes that "
            "are not of the body, or set fit: true to stretch it"
        )
    if (off > 0.01).any():
        _log.warning("%s: %s is %s m, the box of %s is %s m", asset.row.where, asset.row.file.name, found, type_id, box)


def _radius(type_id: str, asset: Asset, wheel: Mesh, center_z_m: float) -> float:
    low, high = wheel.bounds()
    along, _, tall = (high - low).tolist()
    place = f"{asset.row.where}: {asset.row.file.name} for {type_id}"
    if abs(along / max(tall, 1e-9) - 1.0) > ROUNDNESS:
        raise AssetError(
            f"{place}: found a wheel {along:.2f} m long and {tall:.2f} m high; allowed is a round one, {ROUNDNESS:.0%} either "
            "way; let the pattern of kind wheel name each wheel's own node, not their common parent"
        )
    bottom = center_z_m - tall / 2.0
    if abs(bottom) > WHEEL_LIFT_M:
        raise AssetError(
            f"{place}: found a wheel that ends {bottom:.2f} m above the asset's lowest point; allowed are {WHEEL_LIFT_M} m; "
            "let the wheels reach the ground, or ignore what reaches lower"
        )
    return float(tall) / 2.0


def _stretched(mesh: Mesh, factors: Float64) -> Mesh:
    low, high = mesh.bounds()
    return fit_to_box([mesh], low * factors, high * factors)[0] if (factors != 1.0).any() else mesh

"""Buildings, trees, lamps and furniture around the roads of any map, from a seed.

Things are laid along lines parallel to the edge of all paved surfaces, nearest first: rails beside fast roads, lamps, shelters,
wires, houses of the district (sim.maps.districts) with their setback, street trees, garden boundaries, then what fills gardens
and courtyards, and woods beyond. Nothing stands on a lane, a pavement, a crosswalk or a bay, touches another thing, or hides
a signal from the lanes it speaks to. Crowns, wires and lamp arms may reach over pavements, crowns not over lanes.

Frame of every object: origin on the ground; x along the road's edge, y towards the road (a building's front, a bench's
view); a street lamp's arm reaches along its own x, which points to the road, and a pole's wires along x to the next pole.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree
from shapely.geometry import LineString

from sim.base.state import StaticObjects
from sim.base.streams import stream
from sim.base.units import mps_from_kmh
from sim.catalogue.static_assets import STATIC_ASSETS
from sim.maps.districts import District, TownPlan, draw
from sim.maps.ground_plan import GroundPlan, footprint, plan
from sim.maps.network import RoadNetwork
from sim.maps.placing import Placer

Float64 = NDArray[np.float64]
Random = np.random.Generator

MOST_OBJECTS = 2400
FAST_MPS = mps_from_kmh(85.0)
FAST_REACH_M = 160.0
FRONT_M = 0.45
"""Houses without a garden begin this far behind the pavement."""
POLE_SPACING_M = 30.0
_HOUSE_LENGTHS, _HOUSE_HEIGHTS = (0.92, 1.08), (0.92, 1.0, 1.1)
_TREE_SIZES = (0.86, 1.0, 1.14)
"""Few sizes, so that equal things share one mesh; the variant decides on the height."""
_SUMMER_VARIANTS, _FAR_VARIANTS = (0, 1, 2), (6, 7, 8)
"""Of trees: those beside roads, and the coarser ones for what stands behind houses."""


def place_static_objects(network: RoadNetwork, seed: int = 0) -> StaticObjects:
    """Everything around the roads of a map; the same for the same network and seed, at most MOST_OBJECTS objects.

    Tested by tests/maps/test_layout.py for overlaps, lines of sight and determinism.
    """
    ground = plan(network)
    out = Placer(ground, MOST_OBJECTS)
    low_x, low_y, high_x, high_y = ground.surfaces.bounds
    town = TownPlan(seed, ((low_x + high_x) / 2, (low_y + high_y) / 2), math.hypot(high_x - low_x, high_y - low_y) / 2)
    _lay_median_rails(network, ground, out)
    _Layout(network, ground, out, town, seed).lay()
    position = np.array(out.position, dtype=np.float64).reshape(-1, 3)
    rpy = np.zeros_like(position)
    rpy[:, 2] = out.yaw
    ids = [hashlib.blake2b(f"{network.sha256}/{seed}/{name}".encode(), digest_size=8).digest() for name in out.names]
    return StaticObjects(
        name=tuple(out.names),
        position_world_m=position,
        rpy_rad=rpy,
        box_center_m=np.array(out.center, dtype=np.float64).reshape(-1, 3),
        box_extent_m=np.array(out.extent, dtype=np.float64).reshape(-1, 3),
        object_class=np.array(out.classes, dtype=np.uint8),
        carla_id=np.array([int.from_bytes(i, "little") >> 1 for i in ids], dtype=np.uint64),
    )


class _Layout:
    """The steps of one layout; each walks along all edges at its own distance from the pavement."""

    def __init__(self, network: RoadNetwork, ground: GroundPlan, out: Placer, town: TownPlan, seed: int) -> None:
        self._network, self._ground, self._out, self._town, self._seed = network, ground, out, town, seed
        lanes = network.lanes
        fast = np.repeat(lanes.speed_limit_mps > FAST_MPS, np.diff(lanes.first_point))
        self._fast = KDTree(lanes.center_world_m[fast, :2][::8]) if fast.any() else None

    def lay(self) -> None:
        """All steps, what matters most first."""
        self._every("rails", 0.4, 36.0, self._one("rail.guard", length_m=35.6), fast=True, most=420)
        self._every("lamps", 0.35, 30.0, self._one("pole.street_lamp"), most=220)
        self._every("stops", 0.25, 210.0, self._one("furniture.bus_stop"), chance=0.7, most=12)
        self._lay_wires()
        self._lay_houses()
        self._every("street trees", 1.1, 0.0, self._street_tree, most=300)
        self._every("boundaries", 0.5, 0.0, self._boundary, most=420)
        self._every("verge", 0.35, 17.0, self._verge, chance=0.6, most=150)
        self._every("bollards", 0.2, 45.0, self._one("furniture.bollard"), chance=0.5, most=60)
        self._every("bins", 0.25, 38.0, self._one("furniture.bin"), chance=0.6, most=60)
        self._every("cabinets", 0.3, 95.0, self._one("furniture.cabinet"), chance=0.5, most=30)
        self._every("posters", 0.6, 120.0, self._one("furniture.billboard"), chance=0.5, most=14)
        for k, offset in enumerate((2.2, 3.6)):
            self._every(
                f"front gardens {k}",
                offset,
                7.0,
                self._planting(("shrub", 0.9), ("hedge.box", 0.1)),
                chance=0.55,
                most=110,
            )
        for k, (offset, spacing) in enumerate(((19.5, 13.0), (27.0, 15.0), (36.0, 18.0))):
            self._every(f"back {k}", offset, spacing, self._back_yard, chance=0.75, most=130)
        for k, offset in enumerate((17.0, 23.0, 31.0, 42.0, 54.0)):
            self._every(f"garden trees {k}", offset, 12.0, self._garden_tree, chance=0.62, most=75)
        for k, offset in enumerate((13.0, 21.0, 29.0, 40.0)):
            self._every(
                f"shrubs {k}", offset, 9.0, self._planting(("shrub", 0.6), ("grass.tall", 0.4)), chance=0.5, most=60
            )
        for k, offset in enumerate((9.0, 19.0)):
            self._every(f"wood trees {k}", offset, 24.0, self._garden_tree, chance=0.85, fast=True, most=200)
        for k, offset in enumerate((62.0, 85.0)):
            self._every(f"woods {k}", offset, 33.0, self._one("grove.mixed"), chance=0.85, fast=None, most=90)

    def _every(
        self, step: str, offset_m: float, spacing_m: float, place: Callable[[LineString, float, Random, District], float],
        chance: float = 1.0, fast: bool | None = False, most: int = 100,
    ) -> None:  # fmt: skip
        """Walk along all edges and call `place` each `spacing_m`; with 0 it returns how far to go on.

        `fast` tells whether the step belongs beside fast roads (True), streets (False) or both (None). Where a map is so
        large that `most` would be used up on its first edges, things stand farther apart.
        """
        begun = len(self._out.names)
        edges = self._ground.edges(offset_m)
        spacing = max(spacing_m, sum(edge.length for edge in edges) * chance / most) if spacing_m else 0.0
        for number, edge in enumerate(edges):
            rng = stream(self._seed, "layout", *step.encode(), number)
            at = float(rng.uniform(0.0, min(max(spacing, 8.0), edge.length)))
            stations, near_fast = self._near_fast_road(edge)
            while at < edge.length and len(self._out.names) < MOST_OBJECTS and len(self._out.names) - begun < most:
                here = bool(near_fast[min(int(np.searchsorted(stations, at)), len(near_fast) - 1)])
                advance = 8.0
                if fast is None or fast == here:
                    point = edge.interpolate(at)
                    district = self._town.at(point.x, point.y)
                    if rng.random() < chance:
                        advance = place(edge, at, rng, district)
                at += spacing or max(advance, 0.5)

    def _near_fast_road(self, edge: LineString) -> tuple[Float64, NDArray[np.bool_]]:
        """Stations along an edge, and whether a fast road lies so near that houses would not stand there."""
        stations = np.arange(0.0, edge.length + 10.0, 10.0)
        if self._fast is None:
            return stations, np.zeros(len(stations), dtype=bool)
        points = shapely.get_coordinates(shapely.line_interpolate_point(edge, np.minimum(stations, edge.length)))
        distance, _ = self._fast.query(points)
        return stations, np.asarray(distance < FAST_REACH_M)

    def _one(self, key: str, length_m: float = 0.0) -> Callable[[LineString, float, Random, District], float]:
        """A step that places one thing of its nominal size."""

        def place(edge: LineString, at: float, rng: Random, district: District) -> float:
            asset = STATIC_ASSETS[key]
            size = np.array([length_m or asset.length_m, asset.width_m, asset.height_m])
            return self._out.along_edge(key, int(rng.integers(asset.variants)), edge, at, size)

        return place

    def _lay_houses(self) -> None:
        """Houses of each district, wall to wall in rows or with gaps, square to their street."""
        left: dict[str, int] = {"now": 0}

        def place(edge: LineString, at: float, rng: Random, district: District) -> float:
            kind = draw(rng, district.houses)
            asset = STATIC_ASSETS[f"building.{kind}"]
            variant = int(rng.integers(asset.variants))
            scale = (float(rng.choice(_HOUSE_LENGTHS)), 1.0, _HOUSE_HEIGHTS[variant * 7 % 3])
            size = np.array([asset.length_m, asset.width_m, asset.height_m]) * scale
            placed = self._out.along_edge(
                asset.key, variant, edge, at, size, (district.setback_m - FRONT_M,), square=True
            )
            if not placed:
                left["now"] = 0
                return 2.0
            if left["now"] <= 0:
                left["now"] = int(rng.integers(district.row[0], district.row[1] + 1))
            left["now"] -= 1
            return placed + (0.2 if left["now"] > 0 else float(rng.uniform(*district.gap_m)))

        self._every("houses", FRONT_M, 0.0, place, most=430)

    def _lay_wires(self) -> None:
        """Poles in straight chains on one side of suburban streets; each carries the wires to the next one."""
        asset = STATIC_ASSETS["pole.utility"]
        for number, edge in enumerate(self._ground.edges(0.45)):
            rng = stream(self._seed, "layout", "wires", number)
            at, count = float(rng.uniform(4.0, POLE_SPACING_M)), 0
            spots = []
            while at < edge.length:
                point = edge.interpolate(at)
                wired = self._town.at(point.x, point.y).wires and not self._fast
                spots.append((point.x, point.y) if wired and self._out.pole_fits(point.x, point.y) else None)
                at += POLE_SPACING_M
            for here, following in itertools.pairwise([*spots, None]):
                if here is None or count >= 40:
                    continue
                reach = 0.0 if following is None else math.hypot(following[0] - here[0], following[1] - here[1])
                yaw = 0.0 if following is None else math.atan2(following[1] - here[1], following[0] - here[0])
                length = reach + 0.3 if reach > 0.9 * POLE_SPACING_M else 0.3
                count += self._out.pole(
                    asset.key, number % asset.variants, here, yaw, (length, asset.width_m, asset.height_m)
                )

    def _tree(
        self,
        species: str,
        rng: Random,
        edge: LineString,
        at: float,
        back_m: tuple[float, ...],
        variants: tuple[int, ...],
    ) -> float:
        key = f"tree.{species}"
        asset = STATIC_ASSETS[key]
        variant = int(rng.choice(variants))
        size = np.array([asset.length_m, asset.width_m, asset.height_m]) * _TREE_SIZES[variant % 3]
        return self._out.along_edge(key, variant, edge, at, size, back_m)

    def _street_tree(self, edge: LineString, at: float, rng: Random, district: District) -> float:
        """A tree of the street's species at an even spacing; it steps back where its crown would reach over a lane."""
        if not district.street_trees:
            return 6.0
        point = edge.interpolate(at)
        species = self._town.species(district.street_trees, point.x, point.y)
        placed = rng.random() < 0.94 and self._tree(species, rng, edge, at, (0.0, 1.0, 2.0), _SUMMER_VARIANTS) > 0.0
        return district.tree_spacing_m if placed else 3.0

    def _boundary(self, edge: LineString, at: float, rng: Random, district: District) -> float:
        """A run of fence, hedge or wall before a garden: one kind for each 26 m, with gaps for paths and drives."""
        if not district.boundaries:
            return 8.0
        point = edge.interpolate(at)
        plot = stream(self._seed, "plot", math.floor(point.x / 26.0), math.floor(point.y / 26.0))
        key = district.boundaries[int(plot.integers(len(district.boundaries)))]
        asset = STATIC_ASSETS[key]
        variant = int(plot.integers(asset.variants))
        if rng.random() < 0.16:
            return float(rng.uniform(1.6, 3.4))
        placed = self._out.along_edge(key, variant, edge, at, np.array([asset.length_m, asset.width_m, asset.height_m]))
        return placed + 0.16 if placed else 1.5

    def _verge(self, edge: LineString, at: float, rng: Random, district: District) -> float:
        return self._one(draw(rng, district.verge))(edge, at, rng, district)

    def _planting(self, *weighted: tuple[str, float]) -> Callable[[LineString, float, Random, District], float]:
        names = tuple(("shrub.garden" if name == "shrub" else name, weight) for name, weight in weighted)

        def place(edge: LineString, at: float, rng: Random, district: District) -> float:
            return self._one(draw(rng, names))(edge, at, rng, district)

        return place

    def _back_yard(self, edge: LineString, at: float, rng: Random, district: District) -> float:
        """What stands behind the houses: garages, sheds, garden furniture, fences between plots, rear buildings in the centre."""
        things: tuple[tuple[str, float], ...]
        if district.name == "centre":
            things = (("building.town_house", 0.35), ("building.garage", 0.35), ("furniture.bins", 0.3))
        elif district.name == "business":
            things = (("building.garage", 0.4), ("fence.wire", 0.4), ("furniture.bins", 0.2))
        else:
            things = (
                ("building.garage", 0.3),
                ("furniture.garden_set", 0.25),
                ("fence.picket", 0.15),
                ("hedge.box", 0.3),
            )
        key = draw(rng, things)
        return self._one(key)(edge, at, rng, district)

    def _garden_tree(self, edge: LineString, at: float, rng: Random, district: District) -> float:
        names = ("lime", "birch", "maple", "fir", "oak")
        species = self._town.hardy(str(rng.choice(names, p=(0.25, 0.25, 0.2, 0.15, 0.15))))
        return self._tree(
            species, rng, edge, at + float(rng.uniform(-3.0, 3.0)), (float(rng.uniform(0.0, 3.0)),), _FAR_VARIANTS
        )


def _lay_median_rails(network: RoadNetwork, ground: GroundPlan, out: Placer) -> None:
    """Rails on the far edge of medians of fast roads; the one kind of thing that may stand on a lane (of type median)."""
    lanes = network.lanes
    asset = STATIC_ASSETS["rail.guard"]
    for lane in range(lanes.count):
        neighbour = lanes.opposite[lane]
        if lanes.lane_type[lane] != "median" or neighbour < 0 or lanes.speed_limit_mps[lane] <= FAST_MPS:
            continue
        part = lanes.points_of(lane)
        sides = (lanes.left_edge_world_m[part], lanes.right_edge_world_m[part])
        driving = lanes.center_world_m[lanes.points_of(int(neighbour))]
        far = max(sides, key=lambda side: float(np.hypot(*(side[len(side) // 2] - driving[len(driving) // 2])[:2])))
        line = LineString(far[:, :2])
        count = max(1, round(line.length / 36.0))
        ends = shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0.0, line.length, count + 1)))
        for start, end in itertools.pairwise(ends):
            length = float(np.hypot(*(end - start))) - 0.4
            middle = (start + end) / 2.0
            yaw = math.atan2(end[1] - start[1], end[0] - start[0])
            shape = footprint(middle[0], middle[1], yaw, length / 2.0, asset.width_m / 2.0)
            if length < 4.0 or not ground.clear(shape):
                continue
            ground.take(shape)
            base = float(ground.lookup.height_at(middle[None])[0])
            extent = (length / 2.0, asset.width_m / 2.0, asset.height_m / 2.0)
            position = (float(middle[0]), float(middle[1]), base)
            out.add(asset.key, 0, position, yaw, (0.0, 0.0, extent[2]), extent)

"""The light of one lamp at the lens, from 10 to 300 m: the sum over the picture of radiance times solid angle, against I / r²."""

from __future__ import annotations

import dataclasses

import numpy as np

from rendering.assets.parts import Part, PoseKind
from rendering.buffers import Buffers
from rendering.emitters import emission_table
from rendering.lighting import CLEAR_AIR_PER_M
from rendering.materials import EmissionKind, material_index
from rendering.mesh import Mesh, shaded
from rendering.scene import Scene
from sim.base.state import ActorInfo, ActorKind, Weather
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import pinhole, plane, state

DIAMETER_M = 0.2
NIGHT = Weather(sun_altitude_angle=-30.0, cloudiness=100.0)
RED = float(emission_table()[0, EmissionKind.SIGNAL_RED, 0])
LAMP = ActorInfo(1, ActorKind.TRAFFIC_LIGHT, "lamp", {}, (0.0, 0.0, 4.0), (0.1, 0.1, 0.1))


def _disc(radius_m: float, sides: int = 48) -> Mesh:
    """A round lens that looks towards -x, 4 m above its foot."""
    angle = np.arange(sides) * 2.0 * np.pi / sides
    rim = np.stack([np.zeros(sides), radius_m * np.cos(angle), 4.0 + radius_m * np.sin(angle)], axis=-1)
    points = np.concatenate([rim, [[0.0, 0.0, 4.0]]])
    faces = [[sides, (k + 1) % sides, k] for k in range(sides)]
    return shaded(points, faces, material_index("signal_red"))


class Bench:
    """A lamp of 0.2 m on a dark road, seen by a camera of 1280 px over 50 degrees."""

    def __init__(self) -> None:
        self.mesh = _disc(DIAMETER_M / 2)
        part = Part((self.mesh,), PoseKind.FIXED, ObjectClass.TRAFFIC_LIGHT)
        self.scene = Scene(None, None, 2, ground=[plane()], actor_parts=lambda info: (part,))
        self.view = pinhole(1280, 360, 50.0, (0.0, 0.0, 4.0), yaw=0.0031, pitch=0.0017)
        across, down = np.gradient(self.view.directions_camera.astype(np.float64), axis=(1, 0))
        self.solid_angle = np.linalg.norm(np.cross(across, down), axis=-1)
        self.out = Buffers.empty(*self.view.shape, previous=False)
        corners = self.mesh.vertices[self.mesh.triangles].astype(np.float64)
        area = 0.5 * np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).sum(axis=0)
        self.area_m2 = float(np.linalg.norm(area))

    def errors(self, distance_m: float, aside_m: float = 0.0) -> tuple[float, float]:
        """Relative error of the light at the lens: ours, and of a picture whose rays alone carry it (one ray a pixel)."""
        lit = dataclasses.replace(state((LAMP, (distance_m, aside_m, 0.0), 0.0)), weather=NIGHT)
        lit = dataclasses.replace(lit, light_state=np.zeros(1, np.uint8))
        dark = dataclasses.replace(lit, light_state=np.full(1, 3, np.uint8))
        sums = []
        for shown in (lit, dark):
            self.scene.set_states(shown, shown)
            picture = self.scene.render(self.view, self.out)
            sums.append(float((picture.radiance[..., 0].astype(np.float64) * self.solid_angle).sum()))
        r2 = distance_m**2 + aside_m**2
        expected = RED * self.area_m2 * distance_m / np.sqrt(r2) / r2 * np.exp(-CLEAR_AIR_PER_M * np.sqrt(r2))
        rays = float(self.solid_angle[self.out.instance == LAMP.track_id].sum()) * RED
        return (sums[0] - sums[1]) / expected - 1.0, rays / expected - 1.0


def worst(distances_m: np.ndarray) -> tuple[float, float]:
    """Largest relative error over distances and places within a pixel: (ours, rays alone)."""
    bench = Bench()
    found = [bench.errors(float(d), float(d) * 1e-4 * (k % 7)) for k, d in enumerate(distances_m)]
    return float(np.abs([f[0] for f in found]).max()), float(np.abs([f[1] for f in found]).max())

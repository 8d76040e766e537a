"""Radiance along a View's own rays by path tracing: any lens, any pose of each row.

Each ray is a sensor of one pixel (`radiancemeter`), a bundle of them one image (`batch`): Mitsuba has no sensor for rays at will,
and this one is exact. The scene stands still at the middle of the window. Equal inputs give equal numbers at any
number of threads. Tested by tests/rendering/test_reference.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import View
from rendering.emitters import emission_table
from rendering.kernels import layout as at
from rendering.materials import EmissionKind
from rendering.reference.geometry import Bundle, bundles_of, mesh_of
from rendering.reference.lights import LampEmitters, sky_emitter, sun_emitter
from rendering.reference.mitsuba_import import load_mitsuba
from rendering.reference.surfaces import albedo_of, bsdf_of
from rendering.scene import Scene

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

RAYS_AT_ONCE = 40_000
_LIT_BY_LAMPS = (EmissionKind.STREET_LAMP, EmissionKind.HEAD_LAMP)
"""Faces whose light on the scene comes from a lamp with its own distribution; that they shine is added where they are seen."""


@dataclass(frozen=True)
class Terms:
    """Which light the reference follows. `max_depth` 2 is direct light alone, `glossy` False Lambert's law alone.

    `faces` are luminous faces that light their surroundings; with `lamp_faces` only those that lamps stand for shine.
    """

    sun: bool = True
    sky: bool = True
    lamps: bool = True
    faces: bool = True
    lamp_faces: bool = False
    see_through: bool = True
    glossy: bool = True
    max_depth: int = 8


LAMP_FACES = Terms(sun=False, sky=False, lamps=False, faces=False, lamp_faces=True, glossy=False, max_depth=1)
"""Nothing but the faces of street lamps and headlamps where they are seen: to be added to an image with all else."""


class PathTracer:
    """The window that a Scene has posed, as a Mitsuba scene. Build one for each window and set of terms.

    `middle` is the fraction of the window at which things stand; lamps are those near `camera_world_m`.
    """

    def __init__(self, scene: Scene, camera_world_m: Float64, terms: Terms | None = None, middle: float = 0.5) -> None:
        self._mi = load_mitsuba()
        self.terms = terms or Terms()
        self._origin = scene.origin
        shown = [one for one in scene.posed(middle) if not one.flags & at.FLAG_HIDDEN]
        content: dict[str, Any] = {"type": "scene"}
        table = emission_table()
        for k, bundle in enumerate(bundles_of(shown)):
            look = bundle.look
            bsdf = bsdf_of(self._mi, look.surface, self.terms.see_through, look.textured, self.terms.glossy)
            content[f"mesh{k}"] = mesh_of(self._mi, f"mesh{k}", bundle, bsdf, self._glow(bundle, table))
        content |= self._light(scene, camera_world_m)
        content["integrator"] = {"type": "path", "max_depth": self.terms.max_depth, "rr_depth": 6}
        self._scene = self._mi.load_dict(content)

    def _glow(self, bundle: Bundle, table: Float32) -> Any:
        look = bundle.look
        wanted = self.terms.lamp_faces if look.kind in _LIT_BY_LAMPS else self.terms.faces
        if not wanted or not look.level:
            return None
        shine = table[look.level - 1, look.kind]
        # lit rooms shine by their own reflectance, as in kernels.light
        return shine * np.array(albedo_of(look.surface)) if look.kind == EmissionKind.WINDOW else shine

    def _light(self, scene: Scene, camera_world_m: Float64) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.terms.sky:
            found["sky"] = sky_emitter(self._mi, scene.lighting)
        sun = sun_emitter(self._mi, scene.lighting, camera_world_m - scene.origin) if self.terms.sun else None
        if sun is not None:
            found["sun"] = sun
        if self.terms.lamps:
            lamps = LampEmitters(self._mi)
            for k, row in enumerate(scene.lamps_near(camera_world_m)):
                found[f"lamp{k}"] = lamps.emitter(row)
        return found

    def trace(
        self, view: View, samples: int, seed: int = 0, offsets_px: tuple[tuple[float, float], ...] = ((0.0, 0.0),),
        progress: Callable[[float], None] | None = None,
    ) -> Float32:  # fmt: skip
        """Radiance RGB cd/m² (H, W, 3) of surfaces and sky table, without haze and sun disc; 0 outside the image circle.

        `samples` paths a pixel, shared by rays at `offsets_px` (right, down) from the pixel's centre.
        """
        total = np.zeros((*view.shape, 3), np.float64)
        each = max(1, samples // len(offsets_px))
        for k, offset in enumerate(offsets_px):
            origins, directions, inside = self._rays(view, offset)
            found = np.zeros((len(origins), 3))
            for first in range(0, len(origins), RAYS_AT_ONCE):
                part = slice(first, first + RAYS_AT_ONCE)
                number = (seed * len(offsets_px) + k) * 4096 + first // RAYS_AT_ONCE
                found[part] = self._follow(origins[part], directions[part], each, number)
                if progress is not None:
                    progress((k + min(first + RAYS_AT_ONCE, len(origins)) / len(origins)) / len(offsets_px))
            total[inside] += found
        return np.asarray(total / len(offsets_px), np.float32)

    def _rays(self, view: View, offset_px: tuple[float, float]) -> tuple[Float64, Float64, NDArray[np.bool_]]:
        """Origins about the scene's origin and directions (N, 3) of the pixels inside the image circle (H, W)."""
        camera = view.directions_camera.astype(np.float64)
        inside = np.linalg.norm(camera, axis=-1) > 0.5
        if any(offset_px):
            right, down = np.gradient(camera, axis=1), np.gradient(camera, axis=0)
            camera = camera + right * offset_px[0] + down * offset_px[1]
            camera /= np.maximum(np.linalg.norm(camera, axis=-1, keepdims=True), 1e-9)
        poses = view.world_from_camera_rows
        directions = np.einsum("hij,hwj->hwi", poses[:, :, :3], camera)
        origins = np.broadcast_to((poses[:, :, 3] - self._origin)[:, None], directions.shape)
        return origins[inside], directions[inside], inside

    def _follow(self, origins: Float64, directions: Float64, samples: int, seed: int) -> Float64:
        mi = self._mi
        film = {"width": 1, "height": 1, "rfilter": {"type": "box"}, "pixel_format": "rgb"}
        one = mi.load_dict({"type": "hdrfilm", **film})
        eyes: dict[str, Any] = {"type": "batch", "sampler": {"type": "independent", "sample_count": samples}}
        for k, (origin, direction) in enumerate(zip(origins.tolist(), directions.tolist(), strict=True)):
            eyes[f"ray{k}"] = {"type": "radiancemeter", "origin": origin, "direction": direction, "film": one}
        eyes["film"] = {"type": "hdrfilm", **film, "width": len(origins)}
        sensor = mi.load_dict(eyes)
        image = np.array(mi.render(self._scene, sensor=sensor, spp=samples, seed=seed), np.float64)
        return image.reshape(-1, 3)

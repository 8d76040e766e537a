"""A scene whose pictures are path traced: it stands in for rendering.scene.Scene where a camera asks for light.

Poses, labels, silhouettes and boxes are the scene's own; only radiance is replaced, so that the camera chain makes the same kind
of picture, with the same labels, from the reference's light. Tested by tests/rendering/test_reference.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import Behind, Buffers, Silhouette, View
from rendering.mesh import PART_LAMP, PART_SIGN_FACE
from rendering.motion import Motion
from rendering.reference.air import through_air
from rendering.reference.path_tracer import LAMP_FACES, PathTracer, Terms
from rendering.scene import Scene
from sim.base.state import WorldState

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

SUB_PIXELS = ((-0.125, -0.375), (0.375, -0.125), (-0.375, 0.125), (0.125, 0.375))
"""Four rays a pixel on a turned grid: edges have steps of a quarter both ways."""
FADED_RAD = 1e4
"""A pixel so wide that every texture fades to its mean."""


class ReferenceScene:
    """The window a scene has posed, seen by the path tracer with `samples` paths a pixel.

    `textured` multiplies in our surfaces' textures, by the ratio of our own image with and without them. `radiance` is the
    last image (H, W, 3) cd/m².
    """

    def __init__(
        self, scene: Scene, samples: int, textured: bool = True, seed: int = 0,
        progress: Callable[[float], None] | None = None,
    ) -> None:  # fmt: skip
        self._scene, self._samples, self._textured, self._seed = scene, samples, textured, seed
        self._progress = progress
        self.radiance: Float32 = np.zeros((0, 0, 3), np.float32)

    def set_states(
        self, begin: WorldState, end: WorldState, previous: WorldState | None = None,
        hidden_track_ids: frozenset[int] = frozenset(),
    ) -> None:  # fmt: skip
        """Pose the world; hidden actors are left out altogether, with the shadows that they cast."""
        self._scene.set_states(begin, end, previous, hidden_track_ids)

    def render(self, view: View, out: Buffers | None = None) -> Buffers:
        """Labels of the scene, radiance of the path tracer."""
        scene, lighting = self._scene, self._scene.lighting
        detail = self._detail(view) if self._textured else np.float32(1.0)
        buffers = scene.render(view, out)
        camera = view.world_from_camera_rows[view.shape[0] // 2, :, 3]
        traced = PathTracer(scene, camera, Terms()).trace(view, self._samples, self._seed, SUB_PIXELS, self._progress)
        traced = traced * detail
        if lighting.lamps_on:
            traced = traced + PathTracer(scene, camera, LAMP_FACES).trace(view, len(SUB_PIXELS), 0, SUB_PIXELS)
        self.radiance = through_air(traced.astype(np.float32), buffers.range_m, view, lighting)
        buffers.radiance[...] = self.radiance
        return buffers

    def _detail(self, view: View) -> Float32:
        """Our textures as a factor (H, W, 1): our image over the same with each faded to its mean; 1 on lamps, signs and sky."""
        fine = self._scene.render(view, refine=False)
        plain = self._scene.render(replace(view, pixel_angle_rad=FADED_RAD), refine=False)
        weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
        ratio = (fine.radiance @ weights) / np.maximum(plain.radiance @ weights, 1e-9)
        kept = np.isfinite(fine.range_m) & (fine.part != PART_LAMP) & (fine.part != PART_SIGN_FACE)
        return np.where(kept, np.clip(ratio, 0.4, 2.5), 1.0).astype(np.float32)[..., None]

    def silhouettes(
        self, view: View, track_ids: Sequence[int], masked: frozenset[int] = frozenset()
    ) -> list[Silhouette]:
        """As the scene's own."""
        return self._scene.silhouettes(view, track_ids, masked)

    def motion(self, view: View) -> Motion:
        """As the scene's own."""
        return self._scene.motion(view)

    def behind_glass(self, view: View, front: Buffers, out: Behind | None = None) -> Behind:
        """As the scene's own."""
        return self._scene.behind_glass(view, front, out)

    def posed_vertices(self, track_id: int, fraction: float) -> Float64:
        """As the scene's own."""
        return self._scene.posed_vertices(track_id, fraction)

    def posed_box(self, track_id: int, fraction: float) -> tuple[Float64, Float64, Float64]:
        """As the scene's own."""
        return self._scene.posed_box(track_id, fraction)

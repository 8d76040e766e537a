"""Everything that a coarse picture can hold of light that does not go straight on: glare, soiling, sun from outside, dashboard.

Tested by tests/sensors/test_glare.py and test_surroundings.py.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.config.glare import Glare
from sensors.lens import Lens
from sensors.optics.glare import COARSE, GlarePyramid, coarse_size, lobe_density, reach_px
from sensors.optics.soiling import DirtyGlass
from sensors.optics.starburst import starburst_kernel
from sensors.optics.surroundings import Surroundings
from sensors.optics.windscreen import dashboard_luminance

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_NOTHING = np.zeros((0, 0), np.float32)
ANGLE_STEPS = 1024


class StrayLight:
    """Coarse additions to one camera's pictures; arrays are reused from call to call.

    `straight_share` (3,) is what glare leaves of each colour's light on its way straight on; `active` whether anything is to add.
    """

    def __init__(self, config: CameraConfig, lens: Lens, soiling: DirtyGlass | None, seed: int = 0) -> None:
        """Tables of the coarse picture: rays, ghosts, the dashboard's mirror image; `seed` decides scratches."""
        optics, sensor = config.optics, config.sensor
        self._config, self._lens, self._soiling = config, lens, soiling
        self._shape = (coarse_size(sensor.height_px), coarse_size(sensor.width_px))
        self._width = sensor.width_px
        self._pyramid: GlarePyramid | None = None
        self.straight_share: Float64 = np.ones(3)
        glare = optics.glare
        if glare is not None:
            k = optics.intrinsics
            spikes = None
            if glare.starburst is not None:
                pitch_um, reach = sensor.pixel_pitch_m * 1e6, min(self._shape) // 2
                spikes = starburst_kernel(glare.starburst, optics.f_number, pitch_um, COARSE, reach, seed, config.name)
            self._pyramid = GlarePyramid(glare, sensor.width_px, sensor.height_px, (k.cx_px, k.cy_px), spikes)
            self.straight_share = self._pyramid.straight_share
        self._rays = coarse_rays(lens)
        dashboard = dashboard_luminance(config, self._rays.astype(np.float64))
        self._dashboard = dashboard.astype(np.float32) if dashboard.any() else None
        self.active = glare is not None or soiling is not None or self._dashboard is not None
        size = (*self._shape, 3)
        self._coarse, self._detour, self._glare = (
            np.zeros(size if self.active else (0, 0, 3), np.float32) for _ in range(3)
        )
        self._wide = np.zeros((self._shape[0], self._width, 3) if self.active else (0, 0, 3), np.float32)
        self._constant: Float32 | None = None
        self._mirrored: Float32 | None = None
        self._through: Float32 = _NOTHING
        self._maps_of = 0

    def lit_from_outside(self, surroundings: Surroundings) -> bool:
        """Whether sun or moon stands outside the picture and still throws light on the lens."""
        glare = self._config.optics.glare
        if glare is None or glare.share == 0.0 or not surroundings.source_lx_rgb.max() > 0.0:
            return False
        toward = surroundings.source_camera
        off_axis = math.acos(min(max(float(toward[2]), -1.0), 1.0))
        return off_axis <= math.radians(glare.source_reach_deg) and not self._pictured(toward)

    def face(self, surroundings: Surroundings | None) -> None:
        """Prepare what sun or moon and the daylight add to every picture until the next call."""
        self._constant = self._mirrored = None
        if surroundings is None:
            return
        if self._dashboard is not None:
            level = surroundings.level_lx_rgb.astype(np.float32)
            self._mirrored = self._dashboard[..., None] * level
        glare = self._config.optics.glare
        if glare is not None and self.lit_from_outside(surroundings):
            self._constant = self._source_veil(glare, surroundings)

    def additions(self, radiance: Float32) -> tuple[Float32, Float32]:
        """Share of the light that soiling lets through, and luminance to add: (h, 3 W) each on coarse rows, or (0, 0) for none."""
        if not self.active:
            return _NOTHING, _NOTHING
        coarse, detour, added = self._coarse, self._detour, self._glare
        cv2.resize(radiance, self._shape[::-1], coarse, interpolation=cv2.INTER_AREA)
        beside_the_way = self._soiling is not None or self._mirrored is not None
        if beside_the_way:
            self._add_detours(coarse, detour)
        if self._pyramid is not None:
            self._pyramid.spread(coarse, added)
            if beside_the_way:
                cv2.multiply(detour, (*self.straight_share.tolist(), 0.0), detour)
                cv2.add(added, detour, added)
        else:
            if not beside_the_way:
                detour[:] = 0.0
            added = detour
        if self._constant is not None:
            cv2.add(added, self._constant, added)
        cv2.resize(added, (self._width, self._shape[0]), self._wide, interpolation=cv2.INTER_LINEAR)
        return self._let_through(), self._wide.reshape(self._shape[0], -1)

    def _add_detours(self, coarse: Float32, detour: Float32) -> None:
        """Turn the scene's light into that before the lens, and fill `detour` with what of it did not come straight."""
        if self._soiling is not None:
            self._soiling.act(coarse, detour)
        else:
            detour[:] = 0.0
        if self._mirrored is not None:
            cv2.add(coarse, self._mirrored, coarse)
            cv2.add(detour, self._mirrored, detour)

    def _let_through(self) -> Float32:
        soiling = self._soiling
        if soiling is not None and soiling.changes != self._maps_of:
            self._maps_of = soiling.changes
            wide = cv2.resize(soiling.maps.through, (self._width, self._shape[0]), interpolation=cv2.INTER_LINEAR)
            self._through = np.repeat(wide, 3, axis=1)
        return self._through

    def _source_veil(self, glare: Glare, surroundings: Surroundings) -> Float32:
        """(h, w, 3) veil of a source outside the picture: E / omega * g k(angle / angle of a pixel)."""
        toward, light = surroundings.source_camera, surroundings.source_lx_rgb
        angle = np.arccos(np.clip(self._rays @ toward.astype(np.float32), -1.0, 1.0))
        pixel_rad = self._lens.pixel_angle_rad
        sensor = self._config.sensor
        # the law is smooth far from the source: a table over the logarithm of the angle is enough
        table_rad = np.geomspace(0.25 * pixel_rad, math.pi, ANGLE_STEPS)
        density = lobe_density(glare.lobes, table_rad / pixel_rad, reach_px(sensor.width_px, sensor.height_px))
        share = np.interp(angle, table_rad, density) * (glare.share / pixel_rad**2)
        return (share[..., None] * light).astype(np.float32)

    def _pictured(self, toward: Float64) -> bool:
        """Whether a direction lies in the picture, where it is rendered."""
        pixel, valid = self._lens.project(toward[None])
        sensor = self._config.sensor
        x, y = pixel[0]
        return bool(valid[0]) and -0.5 <= x <= sensor.width_px - 0.5 and -0.5 <= y <= sensor.height_px - 0.5


def coarse_rays(lens: Lens) -> Float32:
    """(h, w, 3) unit rays of the coarse pixels' centres; zero outside the image circle."""
    sensor = lens.config.sensor
    shape = (coarse_size(sensor.height_px), coarse_size(sensor.width_px))
    y = (np.arange(shape[0]) + 0.5) * sensor.height_px / shape[0] - 0.5
    x = (np.arange(shape[1]) + 0.5) * sensor.width_px / shape[1] - 0.5
    rays, valid = lens.unproject(np.stack(np.meshgrid(x, y), axis=-1))
    rays[~valid] = 0.0
    return np.asarray(rays, dtype=np.float32)

"""What each attribute of CARLA's cameras does here: the table that the documentation shows.

Tested by tests/server/test_camera_exposure.py: no camera has an attribute that is not told about.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Effect(NamedTuple):
    """`honoured`: whether the attribute acts; `how`: what it does, or why it does nothing."""

    honoured: bool
    how: str


_BLUR = "images are of one instant: no motion blur"
_FOCUS = "everything is in focus; fstop acts on exposure alone"
_CURVE = "the tone curve is this renderer's own (sensors.isp.filmic), without Unreal's parameters"

ATTRIBUTES: Mapping[str, Effect] = MappingProxyType(
    {
        "sensor_tick": Effect(True, "period in s on an exact grid; 0, or less than the tick: every tick"),
        "image_size_x": Effect(True, "width in px, 1 to 8192"),
        "image_size_y": Effect(True, "height in px, 1 to 8192"),
        "fov": Effect(True, "horizontal field of view in degrees, 0.1 to 179"),
        "lens_circle_multiplier": Effect(
            True, "strength of the circle mask, 0 is no distortion; the mask's form is approximate"
        ),
        "lens_circle_falloff": Effect(True, "power of the distance in the circle mask; approximate"),
        "lens_k": Effect(True, "quadratic distortion"),
        "lens_kcube": Effect(True, "cubic distortion"),
        "lens_x_size": Effect(True, "half axis of the circle mask, relative to 0.08; approximate"),
        "lens_y_size": Effect(True, "half axis of the circle mask, relative to 0.08; approximate"),
        "exposure_mode": Effect(True, "manual: by fstop, shutter_speed, iso; histogram: by the log-average luminance"),
        "fstop": Effect(True, "f-number of manual exposure"),
        "shutter_speed": Effect(True, "1 / exposure time in 1/s of manual exposure"),
        "iso": Effect(True, "sensitivity of manual exposure: 1.2 * 2^EV100 cd/m² fills the sensor"),
        "exposure_compensation": Effect(True, "stops that are added in both modes"),
        "exposure_min_bright": Effect(
            True, "least EV100 that histogram adapts to; no bound while both have their defaults"
        ),
        "exposure_max_bright": Effect(
            True, "greatest EV100 that histogram adapts to; no bound while both have their defaults"
        ),
        "exposure_speed_up": Effect(
            True, "how fast the eye follows towards bright: 2^-(speed dt) of the stops are left"
        ),
        "exposure_speed_down": Effect(True, "the same towards dark"),
        "gamma": Effect(True, "sRGB's transfer function at 2.2, its power scaled otherwise"),
        "temp": Effect(True, "colour temperature that is made white (daylight locus, Bradford adaptation)"),
        "tint": Effect(True, "from green to magenta, off the daylight locus"),
        "enable_postprocess_effects": Effect(
            True, "false: no tone curve and no white balance, linear up to the full scale"
        ),
        "scene_color": Effect(
            True, "this project's own: SceneColor of listen_to_gbuffer as linear float32 (hdr) or bytes (ldr)"
        ),
        "positive_threshold": Effect(True, "contrast of a positive event"),
        "negative_threshold": Effect(True, "contrast of a negative event"),
        "sigma_positive_threshold": Effect(
            True, "spread of that contrast over pixels and images, from the world's seed"
        ),
        "sigma_negative_threshold": Effect(
            True, "spread of that contrast over pixels and images, from the world's seed"
        ),
        "refractory_period_ns": Effect(True, "a pixel is silent for so long after an event"),
        "use_log": Effect(True, "contrasts are of log brightness, else of grey values 0 to 255"),
        "log_eps": Effect(True, "added to brightness before the logarithm"),
        "bloom_intensity": Effect(False, "no bloom; glare of real lenses is in the package sensors"),
        "lens_flare_intensity": Effect(False, "no flares; glare of real lenses is in the package sensors"),
        "motion_blur_intensity": Effect(False, _BLUR),
        "motion_blur_max_distortion": Effect(False, _BLUR),
        "motion_blur_min_object_screen_size": Effect(False, _BLUR),
        "min_fstop": Effect(False, _FOCUS),
        "blade_count": Effect(False, _FOCUS),
        "focal_distance": Effect(False, _FOCUS),
        "blur_amount": Effect(False, _FOCUS),
        "blur_radius": Effect(False, _FOCUS),
        "calibration_constant": Effect(False, "Unreal itself has given it up"),
        "slope": Effect(False, _CURVE),
        "toe": Effect(False, _CURVE),
        "shoulder": Effect(False, _CURVE),
        "black_clip": Effect(False, _CURVE),
        "white_clip": Effect(False, _CURVE),
        "chromatic_aberration_intensity": Effect(
            False, "no colour fringes; those of real lenses are in the package sensors"
        ),
        "chromatic_aberration_offset": Effect(
            False, "no colour fringes; those of real lenses are in the package sensors"
        ),
    }
)
"""Every attribute of every camera, role_name and ros_name aside."""

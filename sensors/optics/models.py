"""The lens models that a camera may name, with the coefficients of each in the order in which its authors publish them.

Angles in rad unless the name says deg, theta the angle off the optical axis, r the image radius.

| model | image | coefficients |
| --- | --- | --- |
| pinhole | r = f tan theta | none |
| brown_conrady | Brown (1966), Conrady (1919), in OpenCV's order | k1 k2 p1 p2 [k3 [k4 k5 k6 [s1 s2 s3 s4 [tau_x tau_y]]]] |
| kannala_brandt | r = f (theta + k1 theta³ + ... + k4 theta⁹), PAMI 28(8), 2006 | k1 k2 k3 k4 [alpha: skew as in cv2.fisheye] |
| stereographic, equidistant, equisolid, orthographic | r = f times 2 tan(theta/2), theta, 2 sin(theta/2), sin theta | none |
| ftheta | r_px = j0 + j1 theta + ... + j5 theta⁵ (NVIDIA DriveWorks) | j0 .. j5 [c d e] |
| ftheta_inverse | theta = b0 + b1 r_px + ... + b5 r_px⁵ | b0 .. b5 [c d e] |
| woodscape | r_px = k1 theta + ... + k4 theta⁴ (Yogamani et al., ICCV 2019) | k1 k2 k3 k4 [aspect] |
| mei | unit sphere, centre moved by xi, then Brown-Conrady (Mei and Rives, ICRA 2007; cv2.omnidir) | xi [k1 k2 p1 p2 [skew_px]] |
| eucm | Khomutenko et al., RA-L 1(1), 2016 | alpha beta |
| double_sphere | Usenko et al., 3DV 2018 | xi alpha |
| ocam | ray along (x, y, a0 + a2 r² + a3 r³ + a4 r⁴), r in px (Scaramuzza, 2006), z forward | a0 a2 a3 a4 [c d e] |
| lut1d | monotone cubic through samples (Fritsch and Carlson, 1980) | theta_deg r_px theta_deg r_px ... |
| carla_lens | CARLA's lens_* attributes, as the server's cameras have them | k kcube [circle_multiplier circle_falloff] |

[c d e] is the affine map (u, v) = [[c, d], [e, 1]] (x, y) + centre. Models whose polynomial gives px have the focal length in
them: fx_px and fy_px may be left out, and stand for the focal length on the axis. Tested by tests/sensors/test_lens_models.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

ModelName = Literal[
    "pinhole",
    "brown_conrady",
    "kannala_brandt",
    "stereographic",
    "equidistant",
    "equisolid",
    "orthographic",
    "ftheta",
    "ftheta_inverse",
    "woodscape",
    "mei",
    "eucm",
    "double_sphere",
    "ocam",
    "lut1d",
    "carla_lens",
]

COUNTS: dict[str, tuple[int, ...]] = {
    "pinhole": (0,),
    "brown_conrady": (0, 4, 5, 8, 12, 14),
    "kannala_brandt": (0, 4, 5),
    "stereographic": (0,),
    "equidistant": (0,),
    "equisolid": (0,),
    "orthographic": (0,),
    "ftheta": (6, 9),
    "ftheta_inverse": (6, 9),
    "woodscape": (4, 5),
    "mei": (1, 5, 6),
    "eucm": (2,),
    "double_sphere": (2,),
    "ocam": (4, 7),
    "carla_lens": (0, 2, 4),
}
"""Numbers of coefficients that a model takes; lut1d takes any even number from 6."""

FLAT_FIELD = frozenset({"pinhole", "brown_conrady", "carla_lens"})
"""Models on the tangent plane: they image less than 90 degrees off the axis."""

FOCAL_IN_COEFFICIENTS = frozenset({"ftheta", "ftheta_inverse", "woodscape", "ocam", "lut1d"})


def axis_focal_px(model: str, coefficients: Sequence[float]) -> tuple[float, float]:
    """Focal lengths (fx, fy) in px on the axis of a model whose polynomial holds them; raises ValueError where there is none."""
    if model == "ocam":
        focal, stretch = coefficients[0], (coefficients[4] if len(coefficients) == 7 else 1.0)
    elif model == "woodscape":
        focal = coefficients[0]
        return focal, focal * (coefficients[4] if len(coefficients) == 5 else 1.0)
    elif model == "lut1d":
        focal, stretch = (coefficients[3] - coefficients[1]) / math.radians(coefficients[2] - coefficients[0]), 1.0
    else:
        slope = coefficients[1]
        if slope == 0.0:
            raise ValueError("distortion: found a linear coefficient of 0; a lens has a focal length on its axis")
        focal = slope if model == "ftheta" else 1.0 / slope
        stretch = coefficients[6] if len(coefficients) == 9 else 1.0
        # DriveWorks: c = d = e = 0 stands for no affine map
        stretch = 1.0 if stretch == 0.0 else stretch
    return focal * stretch, focal


def check_coefficients(model: str, coefficients: Sequence[float], theta_max_deg: float) -> None:
    """Raise ValueError with the reason when the coefficients cannot belong to the model."""
    found = len(coefficients)
    if model == "lut1d":
        _check_samples(coefficients, theta_max_deg)
    elif found not in COUNTS[model]:
        raise ValueError(
            f"distortion: found {found} coefficients; {model} takes {', '.join(map(str, COUNTS[model]))} "
            "(their order is in sensors/optics/models.py)"
        )
    if model in FLAT_FIELD and theta_max_deg >= 89.5:
        raise ValueError(
            f"theta_max_deg: found {theta_max_deg:g}; a {model} lens images less than 89.5 degrees off its "
            "axis; use kannala_brandt for wider fields"
        )
    if model in ("ftheta", "ftheta_inverse") and coefficients[0] != 0.0:
        raise ValueError(
            f"distortion: found a constant term of {coefficients[0]:g}; the axis has radius 0, so the first must be 0"
        )
    if model in ("double_sphere", "eucm") and not 0.0 <= coefficients[model == "double_sphere"] <= 1.0:
        raise ValueError(f"distortion: found alpha {coefficients[model == 'double_sphere']:g}; {model} takes 0 to 1")
    if model == "eucm" and coefficients[1] <= 0.0:
        raise ValueError(f"distortion: found beta {coefficients[1]:g}; eucm takes a positive one")
    if model == "mei" and coefficients[0] < 0.0:
        raise ValueError(f"distortion: found xi {coefficients[0]:g}; mei takes at least 0")
    if model == "ocam" and coefficients[0] <= 0.0:
        raise ValueError(
            f"distortion: found a0 {coefficients[0]:g}; here z points forward, so a0 is positive (turn all signs of "
            "polynomials for the original toolbox, whose z points backward)"
        )


def _check_samples(samples: Sequence[float], theta_max_deg: float) -> None:
    angles, radii = list(samples[0::2]), list(samples[1::2])
    if len(samples) < 6 or len(samples) % 2:
        raise ValueError(f"distortion: found {len(samples)} numbers; lut1d takes pairs theta_deg, r_px, at least three")
    if angles[0] != 0.0 or radii[0] != 0.0:
        raise ValueError(f"distortion: found a first sample of ({angles[0]:g}, {radii[0]:g}); it must be (0, 0)")
    for i in range(1, len(angles)):
        if angles[i] <= angles[i - 1] or radii[i] <= radii[i - 1]:
            raise ValueError(
                f"distortion: found sample ({angles[i]:g}, {radii[i]:g}) after ({angles[i - 1]:g}, {radii[i - 1]:g}); angles and "
                "radii must both grow"
            )
    if theta_max_deg > angles[-1]:
        raise ValueError(
            f"theta_max_deg: found {theta_max_deg:g} with samples up to {angles[-1]:g}; a table cannot tell what lies beyond "
            "its last sample"
        )

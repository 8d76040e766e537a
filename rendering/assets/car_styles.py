"""Side and plan profiles of car body families, as fractions of the length (from the nose back) and of the height.

The numbers were read off side views of ordinary cars of each family; a style says what makes a saloon look like one.
"""

from __future__ import annotations

from dataclasses import dataclass

Profile = tuple[tuple[float, float], ...]


_CAR_FRONT: Profile = (
    (0.0, 0.16),
    (0.12, 0.07),
    (0.17, 0.02),
    (0.22, 0.0),
    (0.34, 0.0),
    (0.40, 0.018),
    (0.47, 0.055),
    (0.55, 0.12),
    (0.75, 0.30),
)
_CAR_REAR: Profile = (
    (0.0, 0.18),
    (0.12, 0.10),
    (0.17, 0.035),
    (0.22, 0.004),
    (0.40, 0.0),
    (0.425, 0.03),
    (0.56, 0.036),
    (0.66, 0.055),
    (0.75, 0.12),
    (1.0, 0.30),
)
_UPRIGHT_FRONT: Profile = ((0.0, 0.10), (0.06, 0.02), (0.10, 0.0), (0.34, 0.0), (0.55, 0.03), (1.0, 0.12))
_UPRIGHT_REAR: Profile = (
    (0.0, 0.12),
    (0.08, 0.02),
    (0.12, 0.0),
    (0.24, 0.0),
    (0.255, 0.035),
    (0.60, 0.04),
    (1.0, 0.075),
)


@dataclass(frozen=True)
class BodyStyle:
    """The shape of one body family.

    `top` is the centre line seen from the side, `belt` the line under the side windows, `plan` the half width relative to the
    widest: pairs (fraction of length from the nose, value). `windscreen` and `rear_window` are the fractions where those
    panes begin and end; a `rear_window` of None means that the tail is upright, and its window is set into it.
    `side_windows` are the (front, rear) fractions of the panes, `tumblehome` how far the glass leans in per metre of height.
    `front_face` and `rear_face` say how far (m) the ends stand back from the foremost point at shares of the height: bumper,
    lamps, the lid's edge. `edge_radius_m` rounds the corners in plan, `pillar_m` is the frame around the side windows, and
    `rear_slant` how far the last window's rear edge leans forward, m per m.
    """

    top: Profile
    belt: Profile
    plan: Profile
    windscreen: tuple[float, float]
    rear_window: tuple[float, float] | None
    side_windows: Profile
    clearance_m: float = 0.17
    tumblehome: float = 0.30
    nose_bow_m: float = 0.16
    tail_bow_m: float = 0.10
    cladding: bool = False
    cargo_bed: tuple[float, float] | None = None
    tail_lamp_z: tuple[float, float] = (0.48, 0.62)
    head_lamp_z: tuple[float, float] = (0.40, 0.49)
    front_face: Profile = _CAR_FRONT
    rear_face: Profile = _CAR_REAR
    edge_radius_m: float = 0.11
    pillar_m: float = 0.075
    rear_slant: float = 0.45


_CAR_PLAN: Profile = (
    (0.0, 0.84),
    (0.03, 0.91),
    (0.10, 0.965),
    (0.22, 1.0),
    (0.72, 1.0),
    (0.90, 0.965),
    (0.97, 0.91),
    (1.0, 0.85),
)
_BOX_PLAN: Profile = ((0.0, 0.86), (0.03, 0.93), (0.09, 0.985), (0.16, 1.0), (0.97, 1.0), (0.99, 0.99), (1.0, 0.97))

STYLES: dict[str, BodyStyle] = {
    "saloon": BodyStyle(
        top=(
            (0, 0.46),
            (0.02, 0.505),
            (0.10, 0.575),
            (0.27, 0.665),
            (0.44, 0.945),
            (0.53, 1.0),
            (0.62, 0.985),
            (0.72, 0.915),
            (0.87, 0.735),
            (0.97, 0.705),
            (1.0, 0.635),
        ),
        belt=((0, 0.44), (0.03, 0.48), (0.12, 0.55), (0.27, 0.625), (0.60, 0.655), (0.88, 0.685), (1.0, 0.60)),
        plan=_CAR_PLAN,
        windscreen=(0.27, 0.44),
        rear_window=(0.72, 0.865),
        side_windows=((0.335, 0.525), (0.545, 0.69), (0.705, 0.775)),
    ),
    "hatchback": BodyStyle(
        top=(
            (0, 0.44),
            (0.02, 0.49),
            (0.09, 0.565),
            (0.23, 0.655),
            (0.42, 0.955),
            (0.53, 1.0),
            (0.70, 0.99),
            (0.86, 0.935),
            (0.975, 0.66),
            (0.99, 0.61),
            (1.0, 0.545),
        ),
        belt=((0, 0.42), (0.03, 0.47), (0.12, 0.54), (0.25, 0.605), (0.60, 0.635), (0.95, 0.665), (1.0, 0.53)),
        plan=_CAR_PLAN,
        windscreen=(0.235, 0.42),
        rear_window=(0.865, 0.97),
        side_windows=((0.31, 0.53), (0.55, 0.74), (0.755, 0.83)),
        tail_lamp_z=(0.46, 0.62),
    ),
    "estate": BodyStyle(
        top=(
            (0, 0.46),
            (0.02, 0.505),
            (0.10, 0.575),
            (0.26, 0.665),
            (0.42, 0.95),
            (0.52, 1.0),
            (0.75, 0.99),
            (0.90, 0.94),
            (0.98, 0.68),
            (0.993, 0.62),
            (1.0, 0.56),
        ),
        belt=((0, 0.44), (0.03, 0.48), (0.12, 0.55), (0.26, 0.62), (0.60, 0.645), (0.96, 0.67), (1.0, 0.55)),
        plan=_CAR_PLAN,
        windscreen=(0.26, 0.42),
        rear_window=(0.905, 0.978),
        side_windows=((0.325, 0.50), (0.52, 0.67), (0.69, 0.87)),
        tail_lamp_z=(0.46, 0.64),
        rear_slant=0.30,
    ),
    "suv": BodyStyle(
        top=(
            (0, 0.48),
            (0.015, 0.55),
            (0.08, 0.605),
            (0.23, 0.66),
            (0.385, 0.955),
            (0.50, 1.0),
            (0.75, 0.985),
            (0.90, 0.945),
            (0.98, 0.68),
            (0.992, 0.61),
            (1.0, 0.53),
        ),
        belt=((0, 0.46), (0.03, 0.53), (0.10, 0.575), (0.24, 0.62), (0.60, 0.64), (0.96, 0.665), (1.0, 0.52)),
        plan=_CAR_PLAN,
        windscreen=(0.235, 0.385),
        rear_window=(0.905, 0.976),
        side_windows=((0.30, 0.485), (0.505, 0.67), (0.69, 0.865)),
        clearance_m=0.23,
        tumblehome=0.24,
        cladding=True,
        tail_lamp_z=(0.46, 0.63),
        head_lamp_z=(0.43, 0.515),
        rear_face=(
            (0.0, 0.18),
            (0.14, 0.10),
            (0.19, 0.035),
            (0.24, 0.004),
            (0.40, 0.0),
            (0.425, 0.03),
            (0.56, 0.036),
            (0.66, 0.05),
            (0.75, 0.12),
            (1.0, 0.30),
        ),
        rear_slant=0.30,
    ),
    "offroad": BodyStyle(
        top=(
            (0, 0.53),
            (0.012, 0.585),
            (0.08, 0.61),
            (0.26, 0.64),
            (0.36, 0.965),
            (0.43, 1.0),
            (0.97, 0.995),
            (0.99, 0.985),
            (1.0, 0.95),
        ),
        belt=((0, 0.51), (0.02, 0.565), (0.26, 0.60), (0.97, 0.61), (1.0, 0.60)),
        plan=((0.0, 0.93), (0.03, 0.98), (0.10, 1.0), (0.97, 1.0), (1.0, 0.96)),
        windscreen=(0.262, 0.36),
        rear_window=None,
        side_windows=((0.32, 0.52), (0.545, 0.70), (0.72, 0.93)),
        clearance_m=0.27,
        tumblehome=0.14,
        nose_bow_m=0.05,
        tail_bow_m=0.03,
        cladding=True,
        tail_lamp_z=(0.46, 0.58),
        head_lamp_z=(0.44, 0.535),
        rear_face=_UPRIGHT_REAR,
        front_face=((0.0, 0.12), (0.15, 0.03), (0.20, 0.0), (0.36, 0.0), (0.38, 0.045), (0.55, 0.055), (0.8, 0.2)),
        edge_radius_m=0.07,
        rear_slant=0.0,
        pillar_m=0.06,
    ),
    "mpv": BodyStyle(
        top=(
            (0, 0.42),
            (0.015, 0.47),
            (0.08, 0.545),
            (0.18, 0.62),
            (0.38, 0.955),
            (0.50, 1.0),
            (0.75, 0.99),
            (0.91, 0.945),
            (0.982, 0.66),
            (0.993, 0.60),
            (1.0, 0.53),
        ),
        belt=((0, 0.40), (0.03, 0.45), (0.10, 0.52), (0.20, 0.565), (0.60, 0.60), (0.96, 0.63), (1.0, 0.51)),
        plan=_CAR_PLAN,
        windscreen=(0.185, 0.38),
        rear_window=(0.915, 0.978),
        side_windows=((0.235, 0.30), (0.315, 0.50), (0.52, 0.70), (0.72, 0.885)),
        tumblehome=0.24,
        tail_lamp_z=(0.46, 0.66),
        rear_slant=0.25,
    ),
    "van": BodyStyle(
        top=(
            (0, 0.33),
            (0.012, 0.375),
            (0.06, 0.425),
            (0.135, 0.475),
            (0.255, 0.90),
            (0.31, 0.965),
            (0.40, 0.995),
            (0.60, 1.0),
            (0.985, 0.995),
            (1.0, 0.96),
        ),
        belt=((0, 0.31), (0.02, 0.36), (0.08, 0.41), (0.14, 0.445), (0.30, 0.465), (1.0, 0.47)),
        plan=_BOX_PLAN,
        windscreen=(0.135, 0.255),
        rear_window=None,
        side_windows=((0.185, 0.315),),
        clearance_m=0.20,
        tumblehome=0.085,
        nose_bow_m=0.14,
        tail_bow_m=0.02,
        tail_lamp_z=(0.30, 0.45),
        head_lamp_z=(0.275, 0.35),
        rear_face=_UPRIGHT_REAR,
        front_face=((0.0, 0.14), (0.08, 0.04), (0.11, 0.0), (0.22, 0.0), (0.28, 0.025), (0.36, 0.07), (0.50, 0.22)),
        edge_radius_m=0.09,
        rear_slant=0.0,
        pillar_m=0.07,
    ),
    "camper": BodyStyle(
        top=(
            (0, 0.47),
            (0.012, 0.53),
            (0.035, 0.60),
            (0.15, 0.955),
            (0.24, 0.99),
            (0.50, 1.0),
            (0.90, 0.985),
            (0.955, 0.90),
            (0.985, 0.60),
            (1.0, 0.50),
        ),
        belt=((0, 0.455), (0.02, 0.52), (0.05, 0.56), (0.9, 0.57), (0.98, 0.56), (1.0, 0.49)),
        plan=((0.0, 0.80), (0.02, 0.90), (0.07, 0.98), (0.14, 1.0), (0.92, 1.0), (0.98, 0.94), (1.0, 0.86)),
        windscreen=(0.04, 0.145),
        rear_window=(0.955, 0.985),
        side_windows=((0.115, 0.27), (0.30, 0.50), (0.525, 0.71), (0.735, 0.885)),
        clearance_m=0.20,
        tumblehome=0.12,
        nose_bow_m=0.15,
        tail_bow_m=0.08,
        tail_lamp_z=(0.36, 0.45),
        head_lamp_z=(0.33, 0.42),
        rear_face=((0.0, 0.12), (0.10, 0.03), (0.14, 0.0), (0.26, 0.0), (0.27, 0.03), (0.6, 0.05), (1.0, 0.2)),
        front_face=(
            (0.0, 0.12),
            (0.10, 0.03),
            (0.14, 0.0),
            (0.22, 0.0),
            (0.24, 0.03),
            (0.45, 0.05),
            (0.56, 0.09),
            (1.0, 0.4),
        ),
        edge_radius_m=0.13,
        rear_slant=0.05,
        pillar_m=0.06,
    ),
    "pickup": BodyStyle(
        top=(
            (0, 0.50),
            (0.015, 0.56),
            (0.08, 0.615),
            (0.24, 0.655),
            (0.38, 0.95),
            (0.46, 1.0),
            (0.60, 0.985),
            (0.625, 0.96),
            (0.65, 0.655),
            (0.98, 0.655),
            (1.0, 0.62),
        ),
        belt=((0, 0.48), (0.03, 0.54), (0.10, 0.585), (0.24, 0.615), (0.60, 0.63), (1.0, 0.61)),
        plan=_CAR_PLAN,
        windscreen=(0.24, 0.38),
        rear_window=(0.628, 0.648),
        side_windows=((0.305, 0.455), (0.475, 0.595)),
        clearance_m=0.25,
        tumblehome=0.22,
        tail_bow_m=0.03,
        cladding=True,
        cargo_bed=(0.675, 0.975),
        tail_lamp_z=(0.44, 0.60),
        head_lamp_z=(0.44, 0.53),
        rear_slant=0.10,
        rear_face=((0.0, 0.14), (0.18, 0.05), (0.22, 0.0), (0.34, 0.0), (0.40, 0.045), (0.66, 0.055), (1.0, 0.3)),
    ),
    "wedge": BodyStyle(
        top=((0, 0.50), (0.01, 0.545), (0.46, 0.995), (0.48, 1.0), (0.50, 0.995), (0.98, 0.695), (1.0, 0.66)),
        belt=((0, 0.48), (0.03, 0.52), (0.20, 0.60), (0.46, 0.645), (1.0, 0.655)),
        plan=((0.0, 0.90), (0.02, 0.96), (0.08, 1.0), (0.95, 1.0), (1.0, 0.95)),
        windscreen=(0.205, 0.44),
        rear_window=(0.52, 0.62),
        side_windows=((0.31, 0.46), (0.475, 0.60)),
        clearance_m=0.25,
        tumblehome=0.32,
        nose_bow_m=0.06,
        tail_bow_m=0.02,
        cladding=True,
        tail_lamp_z=(0.60, 0.635),
        head_lamp_z=(0.495, 0.515),
        rear_slant=0.6,
        edge_radius_m=0.05,
        front_face=((0.0, 0.16), (0.14, 0.06), (0.2, 0.0), (0.40, 0.0), (0.55, 0.05)),
        rear_face=((0.0, 0.16), (0.14, 0.08), (0.2, 0.0), (0.40, 0.0), (0.7, 0.02)),
    ),
    "cab": BodyStyle(
        top=((0, 0.90), (0.03, 0.955), (0.2, 1.0), (0.97, 1.0), (1.0, 0.98)),
        belt=((0, 0.52), (1.0, 0.52)),
        plan=((0.0, 0.90), (0.04, 0.96), (0.12, 1.0), (1.0, 1.0)),
        windscreen=(0.0, 0.0),
        rear_window=None,
        side_windows=((0.10, 0.62),),
        clearance_m=0.30,
        tumblehome=0.05,
        nose_bow_m=0.16,
        tail_bow_m=0.0,
        head_lamp_z=(0.16, 0.21),
        rear_face=((0.0, 0.0), (1.0, 0.02)),
        front_face=(
            (0.0, 0.06),
            (0.10, 0.01),
            (0.14, 0.0),
            (0.26, 0.0),
            (0.28, 0.03),
            (0.52, 0.045),
            (0.85, 0.10),
            (1.0, 0.17),
        ),
        edge_radius_m=0.12,
        rear_slant=0.0,
        pillar_m=0.08,
    ),
    "van_cab": BodyStyle(
        top=((0, 0.50), (0.02, 0.56), (0.12, 0.60), (0.36, 0.64), (0.62, 0.94), (0.72, 1.0), (0.97, 1.0), (1.0, 0.99)),
        belt=((0, 0.48), (0.05, 0.54), (0.36, 0.60), (1.0, 0.62)),
        plan=((0.0, 0.86), (0.05, 0.93), (0.15, 0.985), (0.25, 1.0), (1.0, 1.0)),
        windscreen=(0.36, 0.62),
        rear_window=None,
        side_windows=((0.47, 0.90),),
        clearance_m=0.24,
        tumblehome=0.16,
        nose_bow_m=0.10,
        tail_bow_m=0.0,
        head_lamp_z=(0.36, 0.46),
        rear_face=((0.0, 0.0), (1.0, 0.0)),
        edge_radius_m=0.10,
        rear_slant=0.0,
    ),
    "bus": BodyStyle(
        top=((0, 0.90), (0.012, 0.945), (0.05, 0.985), (0.12, 1.0), (0.96, 1.0), (0.99, 0.985), (1.0, 0.95)),
        belt=((0, 0.44), (1.0, 0.44)),
        plan=((0.0, 0.88), (0.012, 0.94), (0.04, 0.985), (0.08, 1.0), (0.97, 1.0), (1.0, 0.94)),
        windscreen=(0.0, 0.0),
        rear_window=None,
        side_windows=((0.035, 0.105), (0.195, 0.33), (0.345, 0.48), (0.495, 0.63), (0.645, 0.78), (0.795, 0.95)),
        clearance_m=0.28,
        tumblehome=0.05,
        nose_bow_m=0.14,
        tail_bow_m=0.06,
        tail_lamp_z=(0.24, 0.36),
        head_lamp_z=(0.20, 0.27),
        rear_face=((0.0, 0.10), (0.1, 0.0), (0.4, 0.0), (1.0, 0.07)),
        front_face=((0.0, 0.08), (0.09, 0.0), (0.3, 0.0), (0.44, 0.015), (0.8, 0.09), (1.0, 0.17)),
        edge_radius_m=0.14,
        rear_slant=0.0,
        pillar_m=0.09,
    ),
}
"""Style by name; rendering.assets.vehicles says which blueprint has which."""

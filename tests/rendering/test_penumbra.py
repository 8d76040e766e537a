"""Shadows of a sun that is a disc: as wide at their rims as the distance from what casts them says, and no darker on the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import box
from rendering.buffers import View
from rendering.kernels.lanes import LANES
from rendering.kernels.sunlight import SUN_RADIUS, disc_points
from rendering.scene import Scene
from sim.base.state import ActorInfo, ActorKind, Weather
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import luminance, pinhole, plane, rays_world, state

ALTITUDE_DEG = 60.0
HALF_PX, PX_M, STEPS = 60, 0.005, 50
SUN = Weather(sun_altitude_angle=ALTITUDE_DEG, sun_azimuth_angle=0.0)


@pytest.fixture(scope="module")
def world() -> Scene:
    """Level ground below a roof whose edge runs over y = 0, along the sun's azimuth; an actor's place is its height."""
    roof = box((0.0, 25.0, 0.05), (200.0, 50.0, 0.1), "plastic_white")

    def part(_info: ActorInfo) -> tuple[Part, ...]:
        return (Part((roof,), PoseKind.FIXED, ObjectClass.DYNAMIC_OBJECT),)

    return Scene(None, None, 1, ground=[plane("plastic_white")], actor_parts=part)


def _view() -> View:
    """Down at the shadow's rim from below the roof, 5 mm a pixel, turned so that the rim runs across rows and columns."""
    height_m = 0.8
    fov_deg = 2.0 * math.degrees(math.atan(HALF_PX * PX_M / height_m))
    return pinhole(2 * HALF_PX, 2 * HALF_PX, fov_deg, (0.0, 0.0, height_m), yaw=0.4, pitch=math.pi / 2.0)


def _profile(world: Scene, height_m: float) -> np.ndarray:
    """Share of sunlight by distance from the rim, in steps of a pixel, from shadow to light."""
    info = ActorInfo(1, ActorKind.PROP, "roof", {}, (0, 0, 1), (1, 1, 1))
    here = state((info, (0.0, 0.0, height_m), 0.0), weather=SUN)
    world.set_states(here, here)
    view = _view()
    light = luminance(world.render(view).radiance)
    origins, directions = rays_world(view)
    across_m = origins[..., 1] - directions[..., 1] / directions[..., 2] * origins[..., 2]
    steps = np.clip(np.round(-across_m / PX_M + STEPS - 0.5), 0, 2 * STEPS - 1).astype(int)
    profile = np.bincount(steps.ravel(), light.ravel()) / np.bincount(steps.ravel())
    dark, lit = profile[:20].mean(), profile[-20:-10].mean()
    return np.asarray((profile - dark) / (lit - dark))


def _covered(across: np.ndarray) -> np.ndarray:
    """Share of a unit disc on one side of a straight line at `across` from its middle."""
    x = np.clip(across, -1.0, 1.0)
    return np.asarray(0.5 + (x * np.sqrt(1.0 - x * x) + np.arcsin(x)) / math.pi)


def _softness_m(profile: np.ndarray) -> float:
    """Area in metres between a profile and a sharp rim in its middle."""
    sharp = np.arange(len(profile)) > (len(profile) - 1) / 2.0
    return float(np.abs(profile - sharp).sum()) * PX_M


@pytest.mark.parametrize(("height_m", "tolerance"), [(6.0, 0.25), (14.0, 0.06)])
def test_a_rim_is_as_soft_as_the_suns_disc_makes_it(world: Scene, height_m: float, tolerance: float) -> None:
    """The mean over 5 x 5 pixels, here 2.5 cm, shows in the narrower rim."""
    profile = _profile(world, height_m)
    half_m = height_m / math.sin(math.radians(ALTITUDE_DEG)) * SUN_RADIUS
    across = (np.arange(len(profile)) - (len(profile) - 1) / 2.0) * PX_M / half_m
    error = np.abs(profile - _covered(across))
    assert error.max() < 0.06
    assert _softness_m(profile) == pytest.approx(_softness_m(_covered(across)), rel=tolerance)


def test_the_control_a_low_roof_has_a_sharp_rim(world: Scene) -> None:
    assert _softness_m(_profile(world, 1.0)) < 0.6 * _softness_m(_profile(world, 6.0))


def test_points_are_spread_over_the_disc() -> None:
    points = disc_points()
    assert len(points) == LANES
    assert np.hypot(*points.T).max() < 1.0
    if LANES >= 8:
        assert np.abs(points.mean(axis=0)).max() < 0.1
        assert (points**2).sum(axis=1).mean() == pytest.approx(0.5, abs=0.05)

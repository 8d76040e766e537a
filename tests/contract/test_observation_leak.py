"""The driver sees sensors, never truth: nothing reachable from an Observation is a state, a label or a carla object."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from scenarios.load import load_scenario
from scenarios.sample import sample
from sensors.rig import load_rig
from sim.base.bundle import FrameBundle
from sim.base.clock import tick_period
from sim.base.observation import CameraCalibration, CameraFrame, CameraMetadata, EgoMotion, Navigation, Observation
from sim.experts.registry import make_agent
from sim.loop.drive import drive
from sim.loop.session import Session

ALLOWED = (Observation, CameraFrame, CameraCalibration, CameraMetadata, EgoMotion, Navigation)


def reachable(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Everything that a driver can get at from a value: fields, attributes, items, and what arrays are views of."""
    yield path, value
    if isinstance(value, np.ndarray):
        if value.base is not None:
            yield from reachable(value.base, f"{path}.base")
    elif dataclasses.is_dataclass(value):
        names = {field.name for field in dataclasses.fields(value)} | set(getattr(value, "__dict__", {}))
        for name in sorted(names):
            yield from reachable(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from reachable(item, f"{path}[{key!r}]")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from reachable(item, f"{path}[{index}]")


def leaks(observation: Observation) -> list[str]:
    """Paths to what is neither a number, a text, an array of numbers, nor one of the observation's own classes."""
    found = []
    for path, value in reachable(observation, "observation"):
        plain = isinstance(value, int | float | str | bytes | bytearray | memoryview | list | tuple | Mapping | None)
        numbers = isinstance(value, np.ndarray) and value.dtype.kind in "uif"
        if not (plain or numbers or isinstance(value, ALLOWED)):
            found.append(f"{path}: {type(value).__module__}.{type(value).__qualname__}")
    return found


@pytest.fixture(scope="module")
def bundle() -> FrameBundle:
    concrete = sample(load_scenario("vru/child_from_behind_parked_van"), 3)
    rig = load_rig("fast_640")
    with Session(concrete.map_name, tick_period(rig.rates_hz())) as session:
        run = drive(session, concrete, make_agent("expert"), rig=rig)
        next(run)
        found = next(run)
        run.close()
    return found


def test_an_observation_leads_to_sensors_only(bundle: FrameBundle) -> None:
    assert bundle.observation.cameras, "an observation without a camera would prove little"
    assert leaks(bundle.observation) == []


@pytest.mark.parametrize("what", ["truth", "annotations"])
def test_a_leak_would_be_found(bundle: FrameBundle, what: str) -> None:
    truth = bundle.truth.state if what == "truth" else bundle.annotations["front"]
    cameras = {**bundle.observation.cameras, "back_door": truth}
    leaky = dataclasses.replace(bundle.observation, cameras=cameras)  # type: ignore[arg-type]
    assert any("back_door" in leak for leak in leaks(leaky))


def test_a_private_attribute_would_be_found(bundle: FrameBundle) -> None:
    navigation = dataclasses.replace(bundle.observation.navigation)
    object.__setattr__(navigation, "_state", bundle.truth.state)
    assert leaks(dataclasses.replace(bundle.observation, navigation=navigation))

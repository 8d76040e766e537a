"""Drivers by name, and drivers of users by MODULE:CLASS. Tested by tests/experts/test_driving.py."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sim.base.agent import Agent, Command, PrivilegedAgent
from sim.base.errors import AgentError, InputError, did_you_mean
from sim.experts.constant import Constant
from sim.experts.expert import Expert


@dataclass(frozen=True)
class AgentEntry:
    """One driver that ships with the project; `privileged` ones see the truth, and every report says so."""

    name: str
    description: str
    privileged: bool
    factory: Callable[[], Agent | PrivilegedAgent]


AGENTS: Mapping[str, AgentEntry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            AgentEntry("expert", "sees the truth: keeps lanes and rules, brakes for predicted conflicts", True, Expert),
            AgentEntry(
                "expert_no_brake",
                "the expert without emergency braking: a driver that must fail, as a negative control",
                True,
                lambda: Expert(emergency_braking=False),
            ),
            AgentEntry("coast", "sees nothing and touches nothing", False, Constant),
            AgentEntry("stand", "sees nothing and brakes to a stop", False, lambda: Constant(Command(brake_ratio=0.6))),
        )
    }
)


def make_agent(name_or_module_class: str) -> Agent | PrivilegedAgent:
    """A driver by its name, or an instance of a class "package.module:Class" that takes no arguments.

    InputError for an unknown name, AgentError when the module or class cannot be had or lacks the two methods.
    """
    if name_or_module_class in AGENTS:
        return AGENTS[name_or_module_class].factory()
    module_name, _, class_name = name_or_module_class.partition(":")
    if not (module_name and class_name):
        raise InputError(
            f'agent: found "{name_or_module_class}"; expected one of {", ".join(AGENTS)}, or MODULE:CLASS.'
            f"{did_you_mean(name_or_module_class, AGENTS)}"
        )
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise AgentError(
            f"agent {name_or_module_class}: the module cannot be imported ({error}); expected a module on the Python path. "
            "Install it, or put its folder into PYTHONPATH."
        ) from error
    factory = getattr(module, class_name, None)
    if factory is None:
        names = [name for name in vars(module) if isinstance(getattr(module, name), type)]
        raise AgentError(
            f"agent {name_or_module_class}: found no {class_name} in {module_name}; expected a class or function there that "
            f"makes a driver.{did_you_mean(class_name, names)}"
        )
    agent = factory()
    if not (callable(getattr(agent, "reset", None)) and callable(getattr(agent, "act", None))):
        raise AgentError(
            f"agent {name_or_module_class}: found a {type(agent).__name__} without the methods reset(task) and "
            "act(observation[, truth]); expected both. See sim.base.agent."
        )
    return agent  # type: ignore[no-any-return]

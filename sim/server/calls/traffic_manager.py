"""The phone book of Traffic Managers: they run in clients, and the server knows which port is whose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.server.carla_values import utf8, whole
from sim.server.world import World


def is_traffic_manager_running(world: World, port: int) -> bool:
    """Whether a Traffic Manager is registered under a port."""
    return port in world.traffic_managers


def get_traffic_manager_running(world: World, port: int) -> list[Any]:
    """Host and port of a Traffic Manager, or ["", 0]."""
    host = world.traffic_managers.get(port)
    return ["", 0] if host is None else [host, port]


def add_traffic_manager_running(world: World, address: list[Any]) -> bool:
    """Register; False when the port is taken."""
    host, port = utf8(address[0]), whole(address[1], "port", 0, 0xFFFF)
    if port in world.traffic_managers:
        return False
    world.traffic_managers[port] = host
    return True


def destroy_traffic_manager(world: World, port: int) -> bool:
    """Forget a Traffic Manager."""
    return world.traffic_managers.pop(port, None) is not None


HANDLERS: Mapping[str, Callable[..., Any]] = {
    handler.__name__: handler
    for handler in (
        is_traffic_manager_running,
        get_traffic_manager_running,
        add_traffic_manager_running,
        destroy_traffic_manager,
    )
}

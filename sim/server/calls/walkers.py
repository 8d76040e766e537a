"""Calls about walkers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

HANDLERS: Mapping[str, Callable[..., Any]] = {}

"""Mitsuba where it is installed, and a plain sentence where it is not.

The variant is scalar_rgb: it needs no system library, and its Embree and threads are in the wheel.
"""

from __future__ import annotations

import importlib
from typing import Any

from sim.base.errors import RenderError

VARIANT = "scalar_rgb"


def load_mitsuba() -> Any:
    """The module `mitsuba` with its variant set. RenderError names the extra when it is not installed."""
    try:
        mi = importlib.import_module("mitsuba")
    except ImportError as error:
        raise RenderError(
            'reference: the path tracer Mitsuba is not installed; install the extra: pip install "sim-drive[reference]"'
        ) from error
    if mi.variant() != VARIANT:
        mi.set_variant(VARIANT)
    return mi

"""A driving simulator: a CARLA-compatible world, physical cameras, exact labels, closed loop."""

__version__ = "0.3.0"

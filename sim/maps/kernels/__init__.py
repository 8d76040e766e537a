"""Numba kernels of this package. Importing it first sets the folder in which compiled kernels are cached."""

from sim.base import kernel_cache

kernel_cache.prepare()

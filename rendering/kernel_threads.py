"""The threads that run a render kernel together, each with scratch memory of its own.

A kernel takes (tables, scratch address) and fetches its share of the work from the counter at tables[COUNTER] until none is
left; what it writes depends on the share alone, so that any number of threads gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

import rendering.kernels  # noqa: F401  (sets the kernel cache folder before numba is loaded)
from rendering import embree
from rendering.kernels import layout as at
from rendering.kernels.lanes import LANES


class KernelThreads:
    """A fixed number of threads with their scratch rows; `scratch` are the addresses, `counter` the shared counter."""

    def __init__(self, threads: int) -> None:
        count = max(1, threads)
        self._pool = ThreadPoolExecutor(max(1, count - 1), thread_name_prefix="render")
        self._rows = [embree.aligned(at.SCRATCH_ROWS * LANES, np.float32) for _ in range(count)]
        self.scratch = [rows.ctypes.data for rows in self._rows]
        self.counter = np.zeros(8, np.int64)

    def run(self, kernel: Callable[[NDArray[np.int64], int], None], tables: NDArray[np.int64]) -> None:
        """Run the kernel in all threads until it has returned in each."""
        self.counter[0] = 0
        jobs = [self._pool.submit(kernel, tables, address) for address in self.scratch[1:]]
        kernel(tables, self.scratch[0])
        for job in jobs:
            job.result()

"""Runs a kernel over bands of image rows on several threads. Bands never share a pixel, so results do not depend on them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache


@lru_cache(maxsize=8)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="sensor-rows")


# the threads of a pool do not survive a fork: a child that used the parent's pool would wait for ever
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def over_rows(height: int, threads: int, kernel: Callable[[int, int], None]) -> None:
    """Call kernel(first, last) for bands that cover rows 0..height-1; `kernel` must release the GIL to gain anything."""
    if threads <= 1:
        kernel(0, height)
        return
    edges = [height * i // threads for i in range(threads + 1)]
    for future in [_pool(threads).submit(kernel, first, last) for first, last in itertools.pairwise(edges)]:
        future.result()

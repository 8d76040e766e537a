"""How the C library keeps the memory that this process has given back.

Building a town's scene takes some hundred megabytes for a second. glibc keeps what was freed, page by page between what is still in
use, and gives threads that allocate at the same time arenas of their own, up to eight for each core, with what was freed there;
every scene is built in a thread of its own (sensing/scene_builder). While cases of tests.benchmarks.fuzz had scenes built at
random, 300 to 450 MB of its memory were in use all the time, but after 2.5 minutes 8 arenas held 1360 MB, 1.4 GB were resident
instead of 0.8, and in 20 minutes it was 2.6 GB. Two arenas, the loop's and one for whoever works beside it, slow that down
to a tenth; what a scene leaves behind is given back to the system when it is finished and when it is dropped, which ends it.
Blocks of their own from the system for large buffers (M_MMAP_THRESHOLD) would do as well, but a tick of an RGB and a depth camera
then took 181 ms instead of 90. Other C libraries have no such calls and keep their own ways.
Tested by tests/server/test_heap.py; the figures: `python -m tests.benchmarks.fuzz`.
"""

from __future__ import annotations

import ctypes

ARENAS = 2
_M_ARENA_MAX = -8


def limit_arenas(count: int = ARENAS) -> bool:
    """Let all threads of this process share `count` arenas; call it before threads begin. Whether the C library can."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return bool(mallopt(_M_ARENA_MAX, count) == 1)


def give_back() -> bool:
    """Return all free pages to the system; whether the C library can. It takes some hundredths of a second."""
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return False
    malloc_trim.argtypes, malloc_trim.restype = (ctypes.c_size_t,), ctypes.c_int
    malloc_trim(0)
    return True

"""All threads of a server share two arenas of the C library; without that, each thread that allocates gets its own."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from sim.server.heap import ARENAS, limit_arenas
from tests.server.running import PROJECT

_COUNT_ARENAS = """
import ctypes, os, sys, tempfile, threading
from sim.server.heap import limit_arenas
if sys.argv[1] == "limited":
    assert limit_arenas()
everyone = threading.Barrier(7)
def work():
    held = [bytearray(5000) for _ in range(200)]
    everyone.wait()
    everyone.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads:
    thread.start()
everyone.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(open(file.name).read().count("<heap nr"))
everyone.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_threads_share_two_arenas() -> None:
    """Negative control: the same threads in a process without the limit."""

    def arenas(kind: str) -> int:
        command = [sys.executable, "-c", _COUNT_ARENAS, kind]
        return int(subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout)

    assert arenas("limited") <= ARENAS < arenas("free")


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.server.heap.ctypes.CDLL", lambda _name: object())
    assert not limit_arenas()

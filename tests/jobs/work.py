"""Functions for the runner's tests."""

import os
import signal
import time
from pathlib import Path

from sim.base.errors import InputError


def double(x: int, log: str) -> int:
    with Path(log).open("a") as file:
        file.write(f"{x}\n")
    return 2 * x


def refuse() -> None:
    raise InputError("a.yaml:3: found x; expected y")


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def sleep(pid_file: str) -> None:
    Path(pid_file).write_text(str(os.getpid()))
    time.sleep(60)

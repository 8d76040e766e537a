"""The embedded server as a child process: started on free ports, watched, and always ended."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import sim
from sim.base.errors import ServerStartError

START_TIMEOUT_S = 120.0
"""A first start compiles kernels; a warm one takes about a second."""

SOURCE_ROOT = Path(sim.__file__).resolve().parents[1]
"""Where the packages lie: the project's folder, or site-packages."""

_STDERR_TAIL_BYTES = 2000


class ServerProcess:
    """`python -m sim.server` on loopback. It also ends by itself when this process is killed (--exit-with-parent).

    It gets a session of its own, so a Ctrl-C at the terminal reaches only this process, which then ends it in order.
    Tested by tests/loop/test_server_process.py.
    """

    def __init__(
        self,
        map_name: str,
        maps: Sequence[Path] = (),
        layout_seed: int = 0,
        module: str = "sim.server",
        options: Sequence[str] = (),
    ) -> None:
        command = server_command(map_name, maps, layout_seed=layout_seed, module=module)
        command += ["--exit-with-parent", str(os.getpid()), *options]
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
            env=_environment(),
            cwd=SOURCE_ROOT,  # a user's own folder called "sim" or "scenarios" must not be imported
        )
        try:
            self.rpc_port = self._wait_ready(START_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def stderr_tail(self) -> str:
        """The last lines that the server wrote to stderr."""
        self._stderr.flush()
        size = self._stderr.seek(0, 2)
        self._stderr.seek(max(0, size - _STDERR_TAIL_BYTES))
        return self._stderr.read().decode(errors="replace").strip()

    def stop(self, grace_s: float = 3.0) -> None:
        """End it: politely, then by force. Returns when it is gone; calling it again does nothing."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(grace_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _wait_ready(self, timeout_s: float) -> int:
        pipe = self._process.stdout
        if pipe is None:
            raise ServerStartError("embedded server: its output is not connected")
        deadline = time.monotonic() + timeout_s
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise ServerStartError(f"embedded server: not ready after {timeout_s:g} s; {self.stderr_tail()}")
                if selector.select(min(remaining, 0.5)):
                    data = pipe.read1(4096)  # type: ignore[attr-defined]
                    if not data:
                        code = self._process.wait()
                        raise ServerStartError(
                            self.stderr_tail() or f"embedded server: ended at start with code {code}"
                        )
                    line += data
        try:
            return int(json.loads(line)["rpc_port"])
        except (ValueError, KeyError, TypeError) as error:
            raise ServerStartError(
                f"embedded server: found {line!r} as its first line; expected ports as JSON"
            ) from error


def _environment() -> dict[str, str]:
    """This process's environment; a relative SIM_ASSETS means the same folder to the server, which runs elsewhere."""
    own = dict(os.environ)
    if own.get("SIM_ASSETS"):
        own["SIM_ASSETS"] = str(Path(own["SIM_ASSETS"]).expanduser().resolve())
    return own


def server_command(
    map_name: str,
    maps: Sequence[Path] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    layout_seed: int = 0,
    module: str = "sim.server",
    recordings: Path | None = None,
) -> list[str]:
    """The command that starts the server from any folder: relative paths are made absolute, those of SIM_MAPS too."""
    path = Path(map_name).expanduser()
    place = str(path.resolve()) if path.is_file() else map_name
    command = [sys.executable, "-m", module, "--host", host, "--port", str(port)]
    command += ["--map", place, "--seed", str(layout_seed)]
    command += ["--recordings", str(recordings.expanduser().resolve())] if recordings is not None else []
    folders = [*maps, *(Path(text) for text in os.environ.get("SIM_MAPS", "").split(os.pathsep) if text)]
    return command + [word for folder in folders for word in ("--maps", str(folder.expanduser().resolve()))]

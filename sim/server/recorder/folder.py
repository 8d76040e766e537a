"""Where recordings lie, and which names a client may give.

A relative name is a file below the server's recordings folder and cannot leave it. An absolute path is taken as it is by a
server that listens on loopback, whose clients are this machine's users; other servers refuse it. Tested by
tests/server/test_recorder.py.
"""

from __future__ import annotations

import os
from pathlib import Path

from sim.server.errors import CallError, brief


def default_folder() -> Path:
    """$XDG_DATA_HOME/sim/recordings, by default ~/.local/share/sim/recordings."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "sim" / "recordings"


class RecordingsFolder:
    """Turns the names in recorder calls into paths. `loopback`: clients may name any path of this machine."""

    def __init__(self, folder: Path | None = None, loopback: bool = True) -> None:
        self.folder = (folder or default_folder()).absolute()
        self._loopback = loopback

    def path(self, name: str) -> Path:
        """The file that a name means. CallError for names that lead out of the folder."""
        if not isinstance(name, str) or not name.strip() or "\0" in name or len(name) > 1024:
            raise CallError(f"recording: found the name {brief(name)}; expected a file name such as run1.log")
        given = Path(name)
        if given.is_absolute():
            if not self._loopback:
                raise CallError(
                    f"recording: found the absolute path {brief(name)}; a server that others can reach writes only below "
                    "its recordings folder: give a file name alone"
                )
            return given
        path = self.folder / given
        if ".." in given.parts or not path.resolve().is_relative_to(self.folder.resolve()):
            raise CallError(f"recording: found {brief(name)}, which leads out of {self.folder}; give a file name alone")
        return path

    def path_to_write(self, name: str) -> Path:
        """As path(), with the folder made. CallError when nothing can be written there."""
        path = self.path(name)
        try:
            if not Path(name).is_absolute():
                path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise CallError(f"recording: {path} is a folder; give the name of a file")
            if not path.parent.is_dir():
                raise CallError(f"recording: the folder {path.parent} does not exist; make it first")
        except OSError as error:
            raise CallError(f"recording: {path} cannot be written: {error}; choose another name") from error
        return path

"""H.264 in MP4 that every browser plays, by the ffmpeg that the imageio-ffmpeg wheel carries."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from sim.base.clock import FLICKS_PER_SECOND
from sim.base.errors import SimError

ENCODER_THREADS = 2
"""Fixed: x264's output depends on it, not on how many cores there are."""


class VideoWriter:
    """Appends RGB frames of one size, which has even sides. A context manager; leaving on an exception ends ffmpeg.

    yuv420p and faststart so that browsers play it from a file; no dates or version strings, so equal frames are equal bytes.
    Tested by tests/loop/test_video.py.
    """

    def __init__(self, path: Path, width_px: int, height_px: int, period_flicks: int) -> None:
        self._shape = (height_px, width_px, 3)
        self._path = path
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width_px}x{height_px}"]
        command += ["-r", f"{FLICKS_PER_SECOND}/{period_flicks}", "-i", "-", "-an"]
        command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-pix_fmt", "yuv420p"]
        command += ["-g", f"{max(1, FLICKS_PER_SECOND // period_flicks // 2)}", "-threads", str(ENCODER_THREADS)]
        command += ["-movflags", "+faststart", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
        self._process = subprocess.Popen(
            [*command, str(path)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )

    def write(self, rgb: NDArray[np.uint8]) -> None:
        """Append a frame (height, width, 3)."""
        if rgb.shape != self._shape:
            raise SimError(f"{self._path}: found a frame of shape {rgb.shape}; this video has {self._shape}")
        if self._process.stdin is None:
            raise SimError(f"{self._path}: the video is closed")
        try:
            self._process.stdin.write(np.ascontiguousarray(rgb).data)
        except BrokenPipeError as error:
            raise SimError(f"{self._path}: ffmpeg ended: {self._last_words()}") from error

    def finish(self) -> None:
        """Complete the file."""
        _, words = self._process.communicate()
        if self._process.returncode:
            message = words.decode(errors="replace").strip()
            if "No space left" in message:
                raise OSError(28, "No space left on device", str(self._path))
            raise SimError(f"{self._path}: ffmpeg failed with code {self._process.returncode}: {message}")

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def _last_words(self) -> str:
        _, words = self._process.communicate()
        return words.decode(errors="replace").strip() or f"code {self._process.returncode}"

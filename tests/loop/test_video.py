"""Videos are what browsers play, and equal frames are equal bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from sim.base.clock import period_from_hz
from sim.base.errors import SimError
from sim.loop.video import VideoWriter


def write_video(path: Path, frames: int = 12) -> bytes:
    with VideoWriter(path, 64, 48, period_from_hz(20)) as video:
        for number in range(frames):
            video.write(np.full((48, 64, 3), number % 12 * 20, np.uint8))
        video.finish()
    return path.read_bytes()


def test_bytes_repeat_and_the_index_comes_first(tmp_path: Path) -> None:
    data = write_video(tmp_path / "a.mp4")
    assert data == write_video(tmp_path / "b.mp4")
    assert data.index(b"moov") < data.index(b"mdat")
    program = imageio_ffmpeg.get_ffmpeg_exe()
    words = subprocess.run([program, "-i", str(tmp_path / "a.mp4")], capture_output=True, text=True, check=False).stderr
    assert "h264" in words and "yuv420p" in words and "20 fps" in words and "00:00:00.60" in words


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 64, 48, period_from_hz(20)) as video, pytest.raises(SimError, match="shape"):
        video.write(np.zeros((48, 60, 3), np.uint8))


def test_a_path_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="ffmpeg"):
        write_video(tmp_path / "absent" / "a.mp4", frames=400)

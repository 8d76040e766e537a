"""The ray tracer's module: what happens when the library is absent or wrong, and the layout it relies on."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from rendering import embree
from sim.base.errors import RenderError


def test_packets_have_embrees_layout():
    assert (embree.T_NEAR, embree.TIME, embree.T_FAR, embree.MASK, embree.FLAGS) == (3, 7, 8, 9, 11)
    assert (embree.NORMAL_X, embree.HIT_U, embree.PRIMITIVE, embree.GEOMETRY, embree.INSTANCE) == (12, 15, 17, 18, 19)
    assert embree.native_lanes() in (4, 8, 16)


def test_aligned_memory_is_aligned():
    for count in (1, 7, 1000):
        assert embree.aligned(count, np.float32).ctypes.data % 64 == 0


def test_override_that_does_not_exist_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv(embree.OVERRIDE_VARIABLE, str(tmp_path / "nothing.so"))
    with pytest.raises(RenderError, match="not a file; expected the path of libembree4"):
        embree.library_path()


def _import_with(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    code = "from rendering import embree\ntry:\n    embree.native_lanes()\nexcept Exception as e:\n    print(type(e).__name__, e)"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)


def test_a_file_that_is_no_embree_is_refused(tmp_path):
    fake = tmp_path / "libembree4.so"
    fake.write_bytes(b"not a library")
    assert _import_with({embree.OVERRIDE_VARIABLE: str(fake)}).stdout.startswith("RenderError")


def test_a_width_the_cpu_lacks_is_refused():
    assert "packet widths are" in _import_with({embree.LANES_VARIABLE: "32"}).stdout

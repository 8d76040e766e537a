"""Where compiled kernels are kept, so that a second start does not compile again, and a changed source never runs stale.

Numba's own cache looks only at the file of the kernel that is called, not at the device functions it inlines from other
files. So the folder's name is a hash of *all* kernel sources and of the modules whose constants they take, the versions of numba
and Embree, and the CPU's features.
Every `kernels` package calls prepare() in its __init__, before numba is imported. Tested by tests/base/test_kernel_cache.py.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2]
KERNEL_PACKAGES = ("rendering/kernels", "sensors/kernels", "sim/server/kernels", "sim/maps/kernels")
KERNEL_CONSTANTS = ("rendering/embree.py", "rendering/facets.py", "rendering/motion.py", "sim/base/state.py")
"""Modules outside the packages whose numbers are compiled into kernels."""


def prepare() -> Path:
    """Point numba at the cache folder of this code on this CPU, and return it. Calling it again does nothing new."""
    folder = cache_root() / fingerprint(_PROJECT)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    loaded = sys.modules.get("numba.core.config")
    if loaded is not None:
        vars(loaded)["CACHE_DIR"] = str(folder)
    return folder


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/sim/kernels`, by default `~/.cache/sim/kernels`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sim" / "kernels"


def fingerprint(project: Path) -> str:
    """A hash that changes with any kernel source, library version or CPU feature."""
    hasher = hashlib.sha256()
    packages = [source for package in KERNEL_PACKAGES for source in sorted((project / package).glob("*.py"))]
    constants = [project / name for name in KERNEL_CONSTANTS]
    for source in [*packages, *(path for path in constants if path.exists())]:
        hasher.update(source.name.encode())
        hasher.update(source.read_bytes())
    for name in ("numba", "llvmlite", "embreex", "numpy"):
        hasher.update(f"{name}={_version(name)}".encode())
    hasher.update(f"lanes={os.environ.get('SIM_LANES', '')}".encode())
    hasher.update(f"{platform.machine()} {sys.version_info[:2]} {cpu_features()}".encode())
    return hasher.hexdigest()[:16]


def cpu_features() -> str:
    """The feature flags of the first CPU, or its name where the system does not tell."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("flags"):
                return " ".join(sorted(line.split(":", 1)[1].split()))
    return platform.processor()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"

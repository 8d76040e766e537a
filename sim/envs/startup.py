"""Register our environments as soon as somebody imports gymnasium, and cost nothing to those who do not.

Gymnasium dropped its entry-point plugins in 1.0 (older versions still read the entry point in pyproject.toml), so without
this a user would have to import our package before gymnasium.make. The wheel installs a one-line .pth file, which Python
runs at start; it imports this module, which waits for `import gymnasium`. Tested by tests/envs/test_registration.py.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


class _RegisteringLoader(Loader):
    """Loads gymnasium as it would have been loaded, then registers."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader  # whoever asks gymnasium for its source or files gets the real one
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        from sim.envs import register

        register()


class _GymnasiumFinder(MetaPathFinder):
    """Answers for the name gymnasium once, then steps aside."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "gymnasium":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _RegisteringLoader(spec.loader)
        return spec


if "gymnasium" not in sys.modules and not any(isinstance(finder, _GymnasiumFinder) for finder in sys.meta_path):
    sys.meta_path.insert(0, _GymnasiumFinder())

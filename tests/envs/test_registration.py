"""gymnasium.make finds our environments without anybody importing us, and the import costs nothing heavy."""

import subprocess
import sys
from pathlib import Path


def python(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_id_is_known_after_importing_gymnasium_alone(tmp_path: Path) -> None:
    code = "import gymnasium; print('sim/Scenario-v0' in gymnasium.registry)"
    assert python(code, tmp_path) == "True"


def test_registration_loads_nothing_heavy(tmp_path: Path) -> None:
    code = "import gymnasium, sys; print(sorted({'carla', 'numba', 'cv2', 'embreex'} & set(sys.modules)))"
    assert python(code, tmp_path) == "[]"


def test_making_imports_neither_carla_nor_numba_until_reset(tmp_path: Path) -> None:
    code = (
        "import gymnasium, sys; gymnasium.make('sim/Scenario-v0', scenario='vru/child_from_behind_parked_van'); "
        "print(sorted({'carla', 'numba'} & set(sys.modules)))"
    )
    assert python(code, tmp_path) == "[]"


def test_without_gymnasium_nothing_is_imported_at_start(tmp_path: Path) -> None:
    code = "import sys; print([n for n in sys.modules if n.startswith(('gymnasium', 'numpy', 'scenarios', 'sensors'))])"
    assert python(code, tmp_path) == "[]"


def test_gymnasium_keeps_its_own_loader(tmp_path: Path) -> None:
    code = "import gymnasium; print(type(gymnasium.__loader__).__name__, type(gymnasium.__spec__.loader).__name__)"
    assert python(code, tmp_path) == "SourceFileLoader SourceFileLoader"

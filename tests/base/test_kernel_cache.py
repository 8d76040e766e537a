"""A changed kernel never runs stale."""

import ast
from pathlib import Path

from sim.base import kernel_cache


def test_editing_a_device_function_changes_the_cache_folder(tmp_path: Path) -> None:
    kernels = tmp_path / "rendering" / "kernels"
    kernels.mkdir(parents=True)
    source = kernels / "device.py"
    source.write_text("def area(r):\n    return 3 * r\n")
    before = kernel_cache.fingerprint(tmp_path)
    assert kernel_cache.fingerprint(tmp_path) == before
    source.write_text("def area(r):\n    return 4 * r\n")
    assert kernel_cache.fingerprint(tmp_path) != before


def test_every_kernels_package_is_hashed() -> None:
    project = Path(kernel_cache.__file__).parents[2]
    found = {p.parent.relative_to(project).as_posix() for p in project.glob("[!.]*/**/kernels/__init__.py")}
    assert found == set(kernel_cache.KERNEL_PACKAGES)


def test_everything_that_kernels_take_from_elsewhere_is_hashed() -> None:
    project = Path(kernel_cache.__file__).parents[2]
    taken = set()
    for source in (path for package in kernel_cache.KERNEL_PACKAGES for path in (project / package).glob("[!_]*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                taken |= {f"{name.replace('.', '/')}.py" for name in names if ".kernels" not in name}
    ours = {name for name in taken if (project / name).exists()}
    assert ours == set(kernel_cache.KERNEL_CONSTANTS)

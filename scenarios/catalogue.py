"""The scenario files that come with the project, by id: library/<family>/<id>.yaml is "<family>/<id>"."""

from __future__ import annotations

from pathlib import Path

from sim.base.errors import ScenarioError, did_you_mean

LIBRARY = Path(__file__).parent / "library"


def library_ids() -> tuple[str, ...]:
    """All ids, sorted."""
    return tuple(sorted(path.relative_to(LIBRARY).with_suffix("").as_posix() for path in LIBRARY.rglob("*.yaml")))


def resolve(path_or_id: str) -> tuple[str, Path]:
    """The id and the file of a path (which comes first) or of a library id; a bare last part will do when it is unique."""
    path = Path(path_or_id)
    if path.is_file():
        return _id_of(path), path
    wanted = path_or_id.removesuffix(".yaml")
    ids = library_ids()
    matches = [known for known in ids if known == wanted or known.rpartition("/")[2] == wanted]
    if len(matches) == 1:
        return matches[0], LIBRARY / f"{matches[0]}.yaml"
    names = [*ids, *(known.rpartition("/")[2] for known in ids)]
    raise ScenarioError(
        f"{path_or_id}: found neither a file nor a scenario of the library; expected a path or one of {', '.join(ids)}."
        f"{did_you_mean(wanted, names)}"
    )


def _id_of(path: Path) -> str:
    try:
        return path.resolve().relative_to(LIBRARY.resolve()).with_suffix("").as_posix()
    except ValueError:
        return path.stem

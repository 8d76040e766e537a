"""CARLA's own public programs, unmodified, against the embedded server: a table of what passes, and why not.

    python -m tests.benchmarks.public_programs --python-api PATH [--only NAME] [--extra-site DIR] [--json FILE] [--logs DIR]

PATH is CARLA's PythonAPI folder of the 0.9.16 line, fetched for the occasion; nothing of it is part of this project. It is
copied, so that it stays as it is. The smoke tests want port 3654, several examples have port 2000 written into them: both
have to be free. Maps that are not here (Town03 to Town05 and the `_Opt` ones) are served from other maps under their names,
as the line above the table says. `--extra-site` is a folder with networkx, pillow, matplotlib and pygame for the programs
that import them. Programs with a window run under SDL's dummy video driver and are listed, but do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

SMOKE_PORT, EXAMPLE_PORT, TM_PORT = 3654, 2000, 8000
SMOKE_LIMIT_S = 1500
GRACE_S = 15.0
END_S = 60.0
LEVEL_ROAD = Path(__file__).with_name("level_road.xodr")
STAND_INS = {
    "Town03": "Town10HD",
    "Town04": "Town10HD",
    "Town05": LEVEL_ROAD.stem,
    **{f"{town}_Opt": town for town in ("Town01", "Town02", "Town10HD")},
    "Town03_Opt": "Town10HD",
    "Town04_Opt": "Town10HD",
    "Town05_Opt": LEVEL_ROAD.stem,
}
"""Names under which public programs load maps, and the map that stands in for each. In Town05 CARLA's tests drive along a level,
straight street at coordinates that are written into them: our stand-in has one there."""
_START = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program so that an interrupt reaches it even where this command itself was started without interrupts."""
_LOGS = "PUBLIC_PROGRAMS_LOGS"
_PROGRAMS = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True)
class Outcome:
    """How one program went. `counts`: whether it belongs to the bar."""

    name: str
    passed: bool
    counts: bool
    detail: str
    seconds: float


def main() -> int:
    """Run what was asked for, print the table; 1 when fewer than 90 % of those that count have passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python-api", type=Path, required=True)
    parser.add_argument("--maps", type=Path, default=Path("../shared/data/opendrive"))
    parser.add_argument("--only", default="", help="run only programs whose name holds this text")
    parser.add_argument("--extra-site", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--logs", type=Path, help="keep what each program printed in this folder")
    options = parser.parse_args()
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="public-programs-") as text:
        outcomes = _run_all(options, Path(text))
    _print(outcomes)
    if options.json:
        options.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    counted = [outcome for outcome in outcomes if outcome.counts]
    return 0 if sum(outcome.passed for outcome in counted) >= 0.9 * len(counted) else 1


def _run_all(options: argparse.Namespace, folder: Path) -> list[Outcome]:
    api = folder / "PythonAPI"
    shutil.copytree(options.python_api, api)
    maps = folder / "maps"
    maps.mkdir()
    for path in options.maps.resolve().glob("*.xodr"):
        (maps / path.name).symlink_to(path)
    for name, real in STAND_INS.items():
        own = real == LEVEL_ROAD.stem
        (maps / f"{name}.xodr").symlink_to(LEVEL_ROAD if own else options.maps.resolve() / f"{real}.xodr")
    print("stand-ins:", ", ".join(f"{name} = {real}" for name, real in STAND_INS.items()), flush=True)
    environment = {
        **os.environ,
        "HOME": str(folder),  # the client caches maps below the home folder
        "PYTHONPATH": os.pathsep.join(str(path) for path in (options.extra_site, api / "carla") if path),
        "SDL_VIDEODRIVER": "dummy",
        "SDL_AUDIODRIVER": "dummy",
        "MPLBACKEND": "Agg",
        "PYTHONUNBUFFERED": "1",
        **({_LOGS: str(options.logs.resolve())} if options.logs else {}),
    }
    programs = yaml.safe_load(_PROGRAMS.read_text())
    outcomes: list[Outcome] = []
    for path in sorted((api / programs["smoke_tests"]).glob("test_*.py")):
        if options.only in f"smoke.{path.stem}":
            if path.stem in programs["smoke_excluded"]:
                why = programs["smoke_excluded"][path.stem]
                outcomes.append(Outcome(f"smoke.{path.stem}", False, False, f"excluded: {why}", 0.0))
                continue
            with _server(SMOKE_PORT, "Town03", maps, folder):
                outcomes.append(_tell(_smoke_test(path, api / "test", environment)))
    for program in programs["examples"] + programs["utilities"]:
        if options.only in program["path"]:
            if "excluded" in program:
                outcomes.append(Outcome(program["path"], False, False, f"excluded: {program['excluded']}", 0.0))
                continue
            with _server(EXAMPLE_PORT, "Town10HD_Opt", maps, folder):
                outcomes.append(_tell(_program(program, api, environment)))
    return outcomes


@contextmanager
def _server(port: int, map_name: str, maps: Path, folder: Path) -> Iterator[None]:
    """A server on a port; a fresh one for every program, so that none inherits what another left."""
    command = [sys.executable, "-m", "sim.server", "--port", str(port), "--map", map_name, "--maps", str(maps)]
    command.append("--scene-first")  # as `sim serve` does
    log = (folder / "server.log").open("ab")
    server = subprocess.Popen([*command, "--exit-with-parent"], stdout=subprocess.PIPE, stderr=log)
    try:
        if not server.stdout or not server.stdout.readline():
            raise SystemExit(f"the server on port {port} did not start: {(folder / 'server.log').read_text()[-400:]}")
        yield
        if server.poll() is not None:
            print(f"  !! the server ended by itself, code {server.returncode}", flush=True)
    finally:
        server.terminate()
        try:
            server.wait(END_S)
        except subprocess.TimeoutExpired:
            print(f"  !! the server did not end within {END_S:.0f} s of being asked to", flush=True)
            server.kill()
            server.wait()
        log.close()


def _smoke_test(path: Path, folder: Path, environment: dict[str, str]) -> Outcome:
    """One module of CARLA's smoke tests, as its own list runs it."""
    code, output, seconds = _run(
        [sys.executable, "-m", "unittest", "-v", f"smoke.{path.stem}"], folder, environment, SMOKE_LIMIT_S, True
    )
    ran = re.search(r"Ran (\d+) tests?", output)
    failed = re.findall(r"^(?:FAIL|ERROR): (\w+)", output, re.MULTILINE)
    detail = f"{ran.group(1) if ran else 0} tests" + (f"; failed: {', '.join(failed)}" if failed else "")
    if code != 0:
        detail += f"; {_last_error(output)}"
    return Outcome(f"smoke.{path.stem}", code == 0 and ran is not None, True, detail, seconds)


def _program(program: dict[str, Any], api: Path, environment: dict[str, str]) -> Outcome:
    args = [text.format(port=EXAMPLE_PORT, tm=TM_PORT) for text in program.get("args", ())]
    path = api / program["path"]
    ends = bool(program.get("ends"))
    command = [sys.executable, "-c", _START, str(path), *args]
    code, output, seconds = _run(command, path.parent, environment, program["seconds"], ends)
    name = " ".join([program["path"], *args])
    broken = _last_error(output) if "Traceback" in output and not _only_interrupted(output) else ""
    forbidden = re.findall(program["forbid"], output) if "forbid" in program else []
    if forbidden:
        broken = broken or f"printed {len(forbidden)} times: {forbidden[0]}"
    expected = re.search(program.get("expect", ""), output) is not None
    passed = expected and not broken and (code == 0 or not ends) and code != -signal.SIGKILL and code >= -signal.SIGINT
    detail = broken or ("" if expected else f"no output like /{program['expect']}/; last: {_last_line(output)}")
    if not passed and not detail:
        detail = f"exit code {code}; last: {_last_line(output)}"
    return Outcome(name, passed, not program.get("window"), detail, seconds)


def _run(
    command: Sequence[str], folder: Path, environment: dict[str, str], limit_s: float, ends: bool
) -> tuple[int, str, float]:
    """Exit code, output and duration; interrupted after the limit, killed when that does not help."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            try:
                code = process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            code = -signal.SIGKILL if ends else code
        out.seek(0)
        output = out.read().decode(errors="replace").replace("\r", "\n")
        if _LOGS in environment:
            name = re.sub(
                r"\W+", "_", " ".join(command[-1:] if "unittest" in command else command[3:]).rpartition("PythonAPI")[2]
            )
            (Path(environment[_LOGS]) / f"{name}.log").write_text(f"exit code {code}\n{output}")
        return code, output, time.monotonic() - begin


def _only_interrupted(output: str) -> bool:
    """Whether every traceback in the output is that of the interrupt itself."""
    return output.count("Traceback (most recent call last)") == len(
        re.findall(r"^KeyboardInterrupt", output, re.MULTILINE)
    )


def _last_error(output: str) -> str:
    lines = [line for line in output.splitlines() if re.match(r"^\w*(Error|Exception|Interrupt)\b|^[\w.]+Error:", line)]
    return (lines[-1] if lines else _last_line(output))[:160]


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "nothing printed"


def _tell(outcome: Outcome) -> Outcome:
    print(
        f"{'pass' if outcome.passed else 'FAIL'}  {outcome.seconds:5.0f} s  {outcome.name}  {outcome.detail}",
        flush=True,
    )
    return outcome


def _print(outcomes: Sequence[Outcome]) -> None:
    print("\n| program | result | seconds | detail |\n|---|---|---|---|")
    for outcome in outcomes:
        skipped = outcome.detail.startswith("excluded")
        result = "-" if skipped else ("passed" if outcome.passed else "**failed**")
        print(f"| {outcome.name} | {result} | {outcome.seconds:.0f} | {outcome.detail} |")
    counted = [outcome for outcome in outcomes if outcome.counts]
    print(f"\n{sum(outcome.passed for outcome in counted)} of {len(counted)} that count passed")


if __name__ == "__main__":
    sys.exit(main())

"""Bar 5: fuzzing both ports of a server, while a real client looks on. Nothing may crash, hang for over 1 s, or grow.

    python -m tests.benchmarks.fuzz --minutes 20 [--seed N] [--json FILE] [--replay CASES.jsonl]

Cases come from tests.benchmarks.fuzz_grammar: calls with arguments that are nearly right, mutated ones, raw and flipped and
cut bytes, headers that promise gigabytes, wrong stream ids; connections are kept, closed, reset or half closed. A defect is
a dead server, a request without answer, an answer that is no Response, an "internal error" (of asynchronous calls too, from
the server's log), a state that is not a number, or an answer to the real client after more than 1 s. On a defect the seed
and the bytes of the last cases are written to --cases, and the same file can be sent again with --replay.
Exit code 0 without defects. Memory is compared at the end of each tenth, the first two of which are warm-up, always in the
same state: an empty world of which nobody has a picture but a camera that was just spawned, the scenes of three maps built.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import struct
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from sim.wire.observer import decode
from sim.wire.response import ResponseError
from sim.wire.rpc import RpcConnection
from sim.wire.stream import StreamConnection
from tests.benchmarks.fuzz_grammar import SENSORS, SPAWNABLE, Bodies, Case, make_case
from tests.benchmarks.watchdog import watchdog
from tests.server.running import running_server

HANG_S = 1.0
GROWTH_LIMIT = 0.02
_ANSWER_TIMEOUT_S = 10.0
_KEEP_CASES = 40
_REFRESH_EVERY = 200
MAPS = ("motorway", "parking_lot", "town_quarter")
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Findings:
    """What a run has seen."""

    cases: int = 0
    answers: int = 0
    errors_told: int = 0
    worst_answer_s: float = 0.0
    worst_case: str = ""
    defects: list[dict[str, Any]] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)

    def defect(self, kind: str, text: str, case: Case | None, number: int) -> None:
        """Note a defect; the same kind and text only once."""
        if not any(known["kind"] == kind and known["text"][:60] == text[:60] for known in self.defects):
            about, data = (case.about, case.data[:4000].hex()) if case is not None else ("", "")
            self.defects.append({"kind": kind, "text": text, "case": number, "about": about, "bytes": data})


class Fuzzer:
    """Sends cases to one server and judges the answers."""

    def __init__(self, port: int, seed: int, log: Path) -> None:
        self._port = port
        self._seed = seed
        self._log = log
        self._log_read = 0
        self.found = Findings()
        self.bodies = Bodies()
        self.last: deque[Case] = deque(maxlen=_KEEP_CASES)
        self._socket: socket.socket | None = None
        self._unpacker = msgpack.Unpacker()
        self._left: deque[socket.socket] = deque()

    def warm_up(self) -> None:
        """Let the server compile its kernels, which a first start of a new version does at the first tick with actors."""
        with RpcConnection("127.0.0.1", self._port, 300.0) as rpc:
            rpc.call("set_episode_settings", [True, False, [True, 0.05], True, 0.01, 10])
            for place, name in enumerate(SPAWNABLE):
                rpc.call("spawn_actor", [0, name, []], [[10.0 * place, 5.0, 1.0], [0.0, 0.0, 0.0]])
            rpc.call("spawn_actor", [0, SPAWNABLE[0], []], [[0.0, 0.0, 8.0], [0.0, 0.0, 0.0]])
            pose, cameras = [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]], []
            for name in SENSORS:
                sensor = rpc.call("spawn_actor", [0, name, []], pose)
                if sensor[5]:
                    (stream_id,) = struct.unpack_from("<I", sensor[5])
                    cameras.append(StreamConnection("127.0.0.1", self._port + 1, stream_id, 300.0))
            for _ in range(40):
                rpc.call("tick_cue")
            for camera in cameras:
                camera.close()
            for name in MAPS:
                rpc.call("load_new_episode", name, True, 65535)
                rpc.call("get_navigation_mesh")
        self._log_read = self._log.stat().st_size

    def run(self, until_s: float) -> None:
        """Cases until the time is over."""
        begin_s = time.monotonic()
        tenth_s = (until_s - begin_s) / 10.0
        while time.monotonic() < until_s and not self._fatal():
            number = self.found.cases
            if number % _REFRESH_EVERY == 0:
                self.look_around(number)
            if time.monotonic() - begin_s >= tenth_s * (len(self.found.memory_mib) + 1):
                self._weigh()
            self.send(make_case(self._seed, number, self.bodies), number)
        self.look_around(self.found.cases)
        self._weigh()

    def _fatal(self) -> bool:
        return any(defect["kind"] in ("dead", "hang") for defect in self.found.defects)

    def send(self, case: Case, number: int) -> None:
        """One case: its bytes, the answers, the end of the connection."""
        self.found.cases += 1
        self.last.append(case)
        try:
            if case.stream or not case.answers:
                self._send_alone(case)
            else:
                self._send_calls(case, number)
        except TimeoutError:
            self.found.defect("hang", f"no answer within {_ANSWER_TIMEOUT_S:g} s", case, number)
            self._drop()
        except ConnectionRefusedError as error:
            self.found.defect("dead", str(error), case, number)
        except OSError:
            self._drop()

    def _send_alone(self, case: Case) -> None:
        sock = socket.create_connection(("127.0.0.1", self._port + int(case.stream)), _ANSWER_TIMEOUT_S)
        sock.sendall(case.data)
        if case.end == "half":
            sock.shutdown(socket.SHUT_WR)
        if case.end == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        if case.end in ("close", "reset"):
            sock.close()
            return
        self._left.append(sock)
        if len(self._left) > 50:
            self._left.popleft().close()

    def _send_calls(self, case: Case, number: int) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), _ANSWER_TIMEOUT_S)
            self._unpacker = msgpack.Unpacker(strict_map_key=False, unicode_errors="replace", max_buffer_size=1 << 30)
        begin_s = time.perf_counter()
        self._socket.sendall(case.data)
        owed = case.answers
        while owed:
            data = self._socket.recv(1 << 20)
            if not data:
                self.found.defect("closed", "the connection was closed upon well-formed requests", case, number)
                self._drop()
                return
            self._unpacker.feed(data)
            for answer in self._unpacker:
                owed -= 1
                self._judge(answer, case, number)
        took_s = time.perf_counter() - begin_s
        if took_s > self.found.worst_answer_s:
            self.found.worst_answer_s, self.found.worst_case = took_s, case.about[:80]

    def _judge(self, answer: Any, case: Case, number: int) -> None:
        self.found.answers += 1
        if not (isinstance(answer, list) and len(answer) == 4 and answer[0] == 1 and answer[2] is None):
            self.found.defect("form", f"no Response: {str(answer)[:200]}", case, number)
            return
        text = _error_text(answer[3])
        if text is not None:
            self.found.errors_told += 1
            if "internal error" in text:
                self.found.defect("internal error", text[:300], case, number)

    def look_around(self, number: int) -> None:
        """Who lives, whether all numbers are numbers, and what the log says; a full world is emptied."""
        try:
            with RpcConnection("127.0.0.1", self._port, _ANSWER_TIMEOUT_S) as rpc:
                for index in range(3):  # asynchronous mode would tick by itself between the two readings
                    rpc.call("sim_status" if index else "version")
                everyone = rpc.call("get_actors_by_id", list(range(1, 3000)))
                if len(everyone) > 120:
                    rpc.call("load_new_episode", "", False, 65535)
                    everyone = rpc.call("get_actors_by_id", list(range(1, 3000)))
            self.bodies.ids = _by_kind(everyone)
            with StreamConnection("127.0.0.1", self._port + 1, 1, _ANSWER_TIMEOUT_S) as stream:
                kinematics = decode(stream.read()).records["kinematics"]
            if not np.isfinite(kinematics).all():
                self.found.defect("not a number", "a state on the world stream is not finite", None, number)
        except (OSError, ResponseError, RuntimeError) as error:
            self.found.defect("dead", f"the world cannot be asked: {error}", None, number)
        except Exception as error:
            if type(error).__name__ != "ServerLostError":
                raise
            self.found.defect("dead", str(error), None, number)
        self.read_log(number)

    def read_log(self, number: int) -> None:
        with self._log.open("rb") as log:
            log.seek(self._log_read)
            for line in log:
                if b'"internal_error"' in line:
                    entry = json.loads(line)
                    last = entry.get("traceback", "").strip().splitlines()
                    where = " <- ".join(text.strip() for text in reversed(last[-4:]))
                    self.found.defect("internal error", f"{entry.get('call')}: {where}", None, number)
                elif b'"slow_call"' in line:
                    entry = json.loads(line)
                    worked = f"its thread worked {entry['cpu_s']:.2f} s, the server {entry['process_cpu_s']:.2f} s"
                    text = f"{entry['call']} took {entry['duration_s']:.2f} s; {worked}; {_load()}"
                    self.found.defect("slow call", text, None, number)
            self._log_read = log.tell()

    def _weigh(self) -> None:
        """The server's memory in a state that does not depend on the cases before: which scenes it holds is most of it."""
        with RpcConnection("127.0.0.1", self._port, 3.0 * _ANSWER_TIMEOUT_S) as rpc:
            for name in MAPS:
                rpc.call("load_new_episode", name, True, 65535)
                rpc.call("spawn_actor", [0, "sensor.camera.rgb", []], [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]])
                while rpc.call("sim_status")["scene_building"]:
                    time.sleep(0.05)
            self.found.memory_mib.append(rpc.call("sim_status")["memory_bytes"] / 2**20)
            self.found.load.append(os.getloadavg()[0])
        self.bodies.ids = {}

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _error_text(result: Any) -> str | None:
    """The message of a Response that carries an error; of a batch, all of its messages."""
    if not isinstance(result, list) or not result:
        return None
    if len(result) > 1 or (isinstance(result[0], list) and result[0] and isinstance(result[0][0], list)):
        texts = [text for part in result if (text := _error_text(part)) is not None]
        return "; ".join(texts) or None
    body = result[0]
    is_error = (
        isinstance(body, list) and len(body) == 2 and (body[0] is True or (body[0] == 0 and body[0] is not False))
    )
    if is_error and isinstance(body[1], list) and body[1] and isinstance(body[1][0], str):
        return body[1][0]
    return None


def _load() -> str:
    """How busy the machine is with everything that runs on it."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def _by_kind(actors: Sequence[Any]) -> dict[str, list[int]]:
    kinds: dict[str, list[int]] = {}
    for actor in actors:
        kinds.setdefault(str(actor[2][1]).split(".")[0], []).append(actor[0])
    return kinds


def fuzz(minutes: float, seed: int, cases_file: Path | None = None, replay: Path | None = None) -> dict[str, Any]:
    """Run; the figures and the defects."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.jsonl"
        log.touch()
        with running_server("--log", str(log)) as (port, process):
            fuzzer = Fuzzer(port, seed, log)
            fuzzer.warm_up()
            with watchdog(port) as client:
                if replay is not None:
                    for number, line in enumerate(replay.read_text(encoding="ascii").splitlines()):
                        made = json.loads(line)
                        fuzzer.send(Case(bytes.fromhex(made.pop("data")), **made), number)
                    fuzzer.look_around(0)
                else:
                    fuzzer.run(time.monotonic() + minutes * 60.0)
            found = fuzzer.found
            if process.poll() is not None:
                found.defect("dead", f"the server ended with code {process.returncode}", None, found.cases)
            fuzzer.read_log(fuzzer.found.cases)
    for text, count in client["failures"].items():
        found.defect("client", f"the real client failed {count} times: {text}", None, found.cases)
    if client["worst_s"] > HANG_S:
        found.defect("slow", f"the real client waited {client['worst_s']:.2f} s: {client['slow_s']}", None, found.cases)
    growth = max(found.memory_mib[-1] / found.memory_mib[1] - 1.0, 0.0) if len(found.memory_mib) > 2 else 0.0
    if minutes >= 1.0 and growth > GROWTH_LIMIT:
        found.defect("growth", f"memory grew by {growth:.1%}: {found.memory_mib}", None, found.cases)
    if cases_file is not None and found.defects:
        lines = (json.dumps({**vars(case), "data": case.data.hex()}) for case in fuzzer.last)
        cases_file.write_text("\n".join(lines), encoding="ascii")
    return {
        "seed": seed,
        "minutes": minutes,
        "cases": found.cases,
        "answers": found.answers,
        "errors_told": found.errors_told,
        "worst_answer_s": round(found.worst_answer_s, 3),
        "worst_case": found.worst_case,
        "client_calls": client["answered"],
        "client_worst_s": round(client["worst_s"], 3),
        "memory_mib": [round(value, 1) for value in found.memory_mib],
        "load_average": [round(value, 1) for value in found.load],
        "memory_growth": round(growth, 4),
        "defects": found.defects,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when there are defects."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.fuzz", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--cases", type=Path, default=Path("fuzz_cases.jsonl"), help="where the last cases go on a defect"
    )
    parser.add_argument("--replay", type=Path, help="send these cases instead")
    args = parser.parse_args(arguments)
    report = fuzz(args.minutes, args.seed, args.cases, args.replay)
    for name, value in report.items():
        if name != "defects":
            print(f"{name:20}{value}")
    for defect in report["defects"]:
        print(f"DEFECT {defect['kind']} at case {defect['case']} ({defect['about'][:60]}): {defect['text']}")
        if defect["bytes"]:
            print(f"       bytes {defect['bytes'][:400]}")
    print(f"{len(report['defects'])} defects")
    if args.json:
        args.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 1 if report["defects"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""The child side of sim.jobs.runner: main([PARENT_PID, ANSWER_FILE]) in a process of its own, with the job as JSON on stdin."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path

from sim.base.errors import SimError
from sim.base.process import end_with_parent
from sim.jobs.runner import write_atomically


def main(arguments: list[str]) -> int:
    """Call the job's function and write {"value": ...} or {"error": ...}; 0 when there is a value."""
    end_with_parent(int(arguments[0]))
    answer_path = Path(arguments[1])
    job = json.load(sys.stdin)
    module_name, _, function_name = job["target"].partition(":")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
        answer = {"value": function(**job["arguments"])}
    except SimError as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    except Exception:  # the traceback is the result: the parent reports it, nothing is lost
        answer = {"error": traceback.format_exc()}
    write_atomically(answer_path, json.dumps(answer).encode())
    return 1 if "error" in answer else 0

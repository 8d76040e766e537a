"""How long a whole run takes: `sim bench loop`. Each figure is the median of several runs in this process."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from scenarios.load import load_scenario
from scenarios.sample import sample
from sensors.rig import load_rig
from sim.base.clock import seconds, tick_period
from sim.experts.registry import make_agent
from sim.loop.drive import Drive
from sim.loop.run import run_scenario
from sim.loop.session import Session

SCENARIO = "vru/child_from_behind_parked_van"
SEED = 3
RUNS = 3


def bench_loop(runs: int = RUNS) -> dict[str, float]:
    """First labelled frame, driving speed without and with camera and labels, and a run with all its files.

    Keys: "first_frame_s" from the start of a session to the first labelled picture (kernels compiled), "state_only.ticks_per_s"
    and "camera.frames_per_s" of the closed loop with the expert, "run.wall_s" of a complete run with video and report,
    "run.driven_s" the simulated time of it.
    """
    first, ticks, frames, walls, driven = [], [], [], [], []
    _drive(True)  # compiles, and does not count
    for _ in range(runs):
        first_s, _, _ = _drive(True, stop_after_first=True)
        first.append(first_s)
        _, rate, _ = _drive(False)
        ticks.append(rate)
        _, rate, driven_s = _drive(True)
        frames.append(rate)
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            run_scenario(SCENARIO, seed=SEED, out=Path(folder) / "run")
            walls.append(time.perf_counter() - begin)
        driven.append(driven_s)
    return {
        "first_frame_s": median(first),
        "state_only.ticks_per_s": median(ticks),
        "camera.frames_per_s": median(frames),
        "run.wall_s": median(walls),
        "run.driven_s": median(driven),
    }


def _drive(camera: bool, stop_after_first: bool = False) -> tuple[float, float, float]:
    """Seconds to the first bundle, ticks per second after it, and simulated seconds."""
    begin = time.perf_counter()
    concrete = sample(load_scenario(SCENARIO), SEED)
    rig = load_rig(concrete.rig)
    with Session(concrete.map_name, tick_period(rig.rates_hz())) as session:
        drive = Drive(session, concrete, rig=rig if camera else None)
        agent = make_agent("expert")
        bundle = drive.reset("expert", True)
        drive.begin(agent)
        first_s = time.perf_counter() - begin
        ticks = 0
        while not drive.ended and not stop_after_first:
            bundle = drive.step(drive.decide(agent, bundle))
            ticks += 1
        drive.close()
    rate = ticks / max(time.perf_counter() - begin - first_s, 1e-6)
    return first_s, rate, seconds(bundle.observation.time_flicks)

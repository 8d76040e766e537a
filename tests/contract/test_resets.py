"""Resets in one process: the same seed gives the same run, and nothing grows."""

import hashlib

import psutil
import pytest

from sim.base import clock
from sim.loop.session import Session
from tests.contract.traffic import spawn_traffic

TICKS = 40


def digest_of_a_run(session: Session, seed: int) -> str:
    session.reset(seed)
    spawn_traffic(session, 20, seed)
    hasher = hashlib.sha256()
    for _ in range(TICKS):
        hasher.update(session.tick(appearance=False).digest().encode())
    return hasher.hexdigest()


def resets(count: int) -> None:
    with Session("town_quarter", clock.period_from_hz(20)) as session:
        first = digest_of_a_run(session, 7)
        assert digest_of_a_run(session, 8) != first, "another seed has to give another run"
        server, client = psutil.Process(session.server_pid), psutil.Process()
        sizes = []
        for _ in range(count):
            assert digest_of_a_run(session, 7) == first
            sizes.append((server.memory_info().rss, client.memory_info().rss))
        for before, after in zip(sizes[len(sizes) // 3], sizes[-1], strict=True):
            assert after - before < 30e6, f"grew by {(after - before) / 1e6:.1f} MB"


def test_a_few_resets_repeat() -> None:
    resets(5)


@pytest.mark.slow
def test_two_hundred_resets_repeat_and_do_not_grow() -> None:
    resets(200)

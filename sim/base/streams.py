"""One seed, split into named independent random streams."""

from __future__ import annotations

import hashlib

import numpy as np


def stream_key(seed: int, *names: str | int) -> int:
    """A 128-bit key for the stream called `names` under `seed`; independent of process, platform and call order."""
    text = "\x1f".join([str(int(seed)), *(str(name) for name in names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A Philox generator for the stream called `names` under `seed`.

    Philox is counter based (Salmon et al., SC 2011), so two names never share a sequence. Tested by tests/base/test_streams.py.
    """
    return np.random.Generator(np.random.Philox(key=stream_key(seed, *names)))

"""Random streams that depend on the seed and their name only: one more night changes no earlier file."""

from __future__ import annotations

from zlib import crc32

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A generator of its own for (seed, names): the same in every process, unlike every other."""
    keys = [name if isinstance(name, int) else crc32(name.encode()) for name in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *keys]))

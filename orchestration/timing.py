"""Timing of the steps of longer work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Put into `seconds` how long the block took, unless it failed."""
    start = time.monotonic()
    yield
    seconds[step] = time.monotonic() - start

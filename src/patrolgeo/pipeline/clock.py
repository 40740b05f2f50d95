"""How long each step of a run took, and a line for the person who waits."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("patrolgeo")


class Clock:
    """Seconds of wall time by named step, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block and say its name."""
        log.info("%s …", name)
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 3)

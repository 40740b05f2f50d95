"""How long each step of a run took, and a line for the person who waits."""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from patrolgeo.execution import watched
from patrolgeo.folders import MANIFEST

log = logging.getLogger("patrolgeo")
# seconds of the sample county on two cores; only what they are to each other counts once a run has begun
USUAL = {
    "read the files": 2.0,
    "fill the area with cells": 2.0,
    "meet the traffic": 5.0,
    "count the incidents": 0.2,
    "find hotspots": 3.0,
    "forecast risk and test the forecast": 9.0,
    "divide patrol areas": 45.0,
    "place sites": 0.8,
    "set posts, cameras and shifts, look for blind spots": 9.0,
    "hold the patrols against their plan": 0.4,
    "plan routes, events and the response, ask who bears them": 20.0,
    "write the map and the report": 16.0,
}


class Clock:
    """Seconds of wall time by named step, in order.

    Parameters
    ----------
    usual
        Seconds that each step usually takes. Where a person watches, the line of a step then says how much is left:
        the usual seconds of what is still to do, times how much slower than usual the run was so far.
    """

    def __init__(self, usual: Mapping[str, float] | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self._usual = dict(usual or {})

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block and say its name."""
        log.info("%s …%s", name, self._told(name) if self._usual and watched() else "")
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 3)
        log.debug("%s: %.1f s", name, self.seconds[name])

    def left(self) -> float:
        """Return the seconds that are probably left, the step that begins now among them."""
        usual_so_far = sum(self._usual.get(name, 0.0) for name in self.seconds)
        pace = sum(self.seconds.values()) / usual_so_far if usual_so_far else 1.0
        return pace * sum(usual for name, usual in self._usual.items() if name not in self.seconds)

    def _told(self, name: str) -> str:
        at, n = len(self.seconds) + 1, len(self._usual | self.seconds | {name: 0})
        seconds = self.left()
        left = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
        return f" (step {at} of {n}, about {left} left)"


def seconds_before(out: Path) -> dict[str, float]:
    """Return the seconds by step of the run that `out` holds, as its manifest tells; nothing when there is none."""
    try:
        told = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["seconds"]
        return {str(name): float(seconds) for name, seconds in told.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}

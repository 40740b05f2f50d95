"""A run that is stopped by a signal, and what is said when a command ends."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any

from patrolgeo.errors import PatrolgeoError

DONE, SYSTEM, BAD_INPUT = 0, 1, 2
INTERRUPTED = "interrupted; no half-written results were left."
REPORT = "This is a mistake of patrolgeo: please report it with the command. PATROLGEO_TRACEBACK=1 shows where."


class Stopped(KeyboardInterrupt):
    """A signal: after a plain KeyboardInterrupt that met code made from text, Python ends by signal 2 in any case."""


class Stops:
    """Within, a signal ends the run as an exception; outside, signals do what they did before.

    Libraries turn an exception that meets them while they are loaded into one of their own, so the signal is kept here.
    """

    def __init__(self) -> None:
        self.code = 0

    def __enter__(self) -> Stops:
        self._before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, _: Any) -> None:
        self.code = 128 + number
        raise Stopped


def told(problem: BaseException) -> tuple[str, int]:
    """Return one message and the exit code for what ended a run."""
    if isinstance(problem, KeyboardInterrupt):
        return INTERRUPTED, 130
    if isinstance(problem, PatrolgeoError):
        return str(problem), BAD_INPUT
    if isinstance(problem, BrokenPipeError):  # nobody reads any more
        return "", SYSTEM
    if isinstance(problem, MemoryError):
        return "the memory of this machine does not suffice; take a lower resolution or fewer files.", SYSTEM
    if isinstance(problem, OSError):
        place = f" ({problem.filename})" if problem.filename else ""
        return f"the system says: {problem.strerror or problem}{place}.", SYSTEM
    return f"{type(problem).__name__}: {problem}. {REPORT}", SYSTEM


def end(message: str, code: int) -> int:
    """Say one message and make sure that nothing more is said when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError):
        if message and sys.stderr is not None:
            sys.stderr.write(f"patrolgeo: {message}\n")
            sys.stderr.flush()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # closed, or the disk behind it is full
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code

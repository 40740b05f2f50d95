"""Every step of a planner on disk before the page hears that it is done: a kill loses at most the last click."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from patrolgeo.errors import DataError


class Journal:
    """A file of steps, a line each.

    A line that a kill cut short, the last one, is dropped. A broken line before it stays in the file and is passed
    over: its number is in `unread`, and the steps after it count.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.steps: list[dict[str, Any]] = []
        self._line: list[int] = []
        self.unread: list[int] = []
        whole = path.read_bytes() if path.exists() else b""
        kept = whole[: whole.rfind(b"\n") + 1]
        for number, line in enumerate(kept.splitlines(), start=1):
            step = _read(line)
            if step is None:
                self.unread.append(number)
            else:
                self.steps.append(step)
                self._line.append(number)
        self._file = path.open("ab")
        self._file.truncate(len(kept))

    def replay(self, do: Callable[[Mapping[str, Any]], None]) -> None:
        """Take every step again; one that can no longer be taken, because of a line before it, is unread as well."""
        for number, step in zip(self._line, self.steps, strict=True):
            try:
                do(step)
            except (DataError, TypeError):
                self.unread.append(number)
        self.unread.sort()

    def add(self, step: Mapping[str, Any]) -> None:
        """Write a step, and return when it is on disk."""
        self._file.write(json.dumps(step, ensure_ascii=False).encode("utf-8") + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _read(line: bytes) -> dict[str, Any] | None:
    """Return the step of a line, None for a line that holds none."""
    try:
        step = json.loads(line)
    except ValueError:
        return None
    return step if isinstance(step, dict) else None

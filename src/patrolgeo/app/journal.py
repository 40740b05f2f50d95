"""Every step of a planner on disk before the page hears that it is done: a kill loses at most the last click."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Journal:
    """A file of steps, a line each; a line that a kill cut short is dropped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.steps: list[dict[str, Any]] = []
        whole = 0
        for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
            try:
                step = json.loads(line)
            except ValueError:
                break
            if not line.endswith(b"\n") or not isinstance(step, dict):
                break
            self.steps.append(step)
            whole += len(line)
        self._file = path.open("ab")
        self._file.truncate(whole)

    def add(self, step: Mapping[str, Any]) -> None:
        """Write a step, and return when it is on disk."""
        self._file.write(json.dumps(step, ensure_ascii=False).encode("utf-8") + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

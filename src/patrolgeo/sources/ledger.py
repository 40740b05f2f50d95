"""The ledger: what happened to every row on its way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.errors import DataError

_EXAMPLES = 5


@dataclass(frozen=True)
class Entry:
    """One line of a ledger.

    Parameters
    ----------
    code
        Short name of what was found, for example "outside_area".
    action
        "set_aside" (the row is not in the table), "repaired" (it is, changed as said) or "noted" (it is, unchanged).
    rows
        How many rows.
    examples
        The first row numbers, as a spreadsheet shows them (the header is row 1); positions from 0 for a frame.
    detail
        What exactly, in words.
    """

    code: str
    action: str
    rows: int
    examples: tuple[int, ...] = ()
    detail: str = ""


class Ledger:
    """Every row of a source, kept or set aside with its reason; repairs and remarks beside them.

    A row that is set aside has one reason, the first that was found. `read` is always `kept` plus what was set aside.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_incidents
    >>> table = pd.DataFrame({"time": ["2024-03-05 23:40", "?"], "category": "theft", "lon": 119.9, "lat": 31.7})
    >>> incidents, ledger = read_incidents(table, return_ledger=True)
    >>> ledger.to_dict()
    {'read': 2, 'kept': 1, 'set_aside': {'bad_time': 1}}
    """

    def __init__(self, source: str = "table") -> None:
        self.source = source
        self.read = 0
        self.kept = 0
        self.entries: list[Entry] = []

    @property
    def set_aside(self) -> dict[str, int]:
        """Rows set aside by reason."""
        reasons: dict[str, int] = {}
        for entry in self.entries:
            if entry.action == "set_aside":
                reasons[entry.code] = reasons.get(entry.code, 0) + entry.rows
        return reasons

    @property
    def notes(self) -> list[str]:
        """Repairs and remarks, one sentence each."""
        return [e.detail or e.code for e in self.entries if e.action != "set_aside"]

    def drop(self, table: Any, bad: Any, code: str, detail: str = "") -> Any:
        """Set the rows where `bad` holds aside and return the others."""
        bad = np.asarray(bad, bool)
        if not bad.any():
            return table
        self._write(code, "set_aside", table.index[bad], detail)
        return table[~bad]

    def repaired(self, code: str, rows: pd.Index | int, detail: str = "") -> None:
        """Write down that rows were changed."""
        self._write(code, "repaired", rows, detail)

    def noted(self, code: str, rows: pd.Index | int = 0, detail: str = "") -> None:
        """Write down something about rows, or about the whole source, that changed nothing."""
        self._write(code, "noted", rows, detail)

    def _write(self, code: str, action: str, rows: pd.Index | int, detail: str) -> None:
        count = rows if isinstance(rows, int) else len(rows)
        examples = () if isinstance(rows, int) else tuple(int(r) for r in rows[:_EXAMPLES])
        self.entries.append(Entry(code, action, count, examples, detail))

    def close(self, table: Any, what: str) -> None:
        """Count what is left; nothing left is an error that names the reasons."""
        self.kept = len(table)
        if self.kept + sum(self.set_aside.values()) != self.read:
            raise RuntimeError(f"{self.source}: {self.read} rows read, {self.to_dict()} accounted for")
        if not self.kept:
            reasons = ", ".join(f"{code} {rows:,}" for code, rows in self.set_aside.items())
            raise DataError(f"{self.source}: none of the {self.read:,} {what} can be used ({reasons}). {self._hint()}")

    def _hint(self) -> str:
        details = [e.detail for e in self.entries if e.action == "set_aside" and e.detail]
        return details[0] if details else "Look at the columns named in the file's first row."

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"read": int, "kept": int, "set_aside": {reason: rows}}``."""
        return {"read": self.read, "kept": self.kept, "set_aside": self.set_aside}

    def __repr__(self) -> str:
        aside = ", ".join(f"{code} {rows:,}" for code, rows in self.set_aside.items()) or "none"
        return f"<Ledger {self.source}: {self.read:,} read, {self.kept:,} kept, set aside: {aside}>"

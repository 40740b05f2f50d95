"""The ledger: what happened to every row on its way in."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Bools
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.sources.xlsx import write_xlsx
from patrolgeo.words.messages import load_words, say
from patrolgeo.words.note import Note, worded

_EXAMPLES = 5


@dataclass(frozen=True)
class Entry:
    """One line of a ledger.

    Parameters
    ----------
    code
        Short name of what was found, for example "outside_area".
    action
        "set_aside" (the row is not in the table), "repaired" (it is, changed as said), "noted" (it is, unchanged) or
        "warned" (something to look at before trusting the table).
    rows
        How many rows.
    examples
        The first row numbers, as a spreadsheet shows them (the header is row 1); positions from 0 for a frame.
    detail
        What exactly, in words; a `Note` is worded in the reader's language.
    source
        File that the rows come from.
    """

    code: str
    action: str
    rows: int
    examples: tuple[int, ...] = ()
    detail: str = ""
    source: str = ""


class Ledger(Shown):
    """Every row of a source, kept or set aside with its reason; repairs, remarks and warnings beside them.

    A row that is set aside has one reason, the first that was found. `read` is always `kept` plus what was set aside.

    Parameters
    ----------
    source
        Name of the file or table.
    rows
        Row numbers of the table.

    Attributes
    ----------
    alive
        Which rows have no reason against them so far.
    mapping
        DataFrame of the share of rows with a usable place, by category and township (None when nothing was located).
    without_place
        Categories that were set aside because they have no patrol place (telecom and online fraud).
    minutes
        Minutes of a log of patrols: all of them ("log") and those of the rows set aside ("set_aside"); None elsewhere.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_incidents
    >>> table = pd.DataFrame({"time": ["2024-03-05 23:40", "?"], "category": "theft", "lon": 119.9, "lat": 31.7})
    >>> incidents, ledger = read_incidents(table, return_ledger=True)
    >>> ledger.to_dict()
    {'read': 2, 'kept': 1, 'set_aside': {'bad_time': 1}}
    """

    def _head(self) -> str:
        aside = ", ".join(f"{code} {rows:,}" for code, rows in self.set_aside.items()) or "none"
        return f"{self.source}: {self.read:,} read, {self.kept:,} kept, set aside: {aside}"

    def _rows(self) -> Rows:
        return [
            (row.action, f"{row.finding} {f'{row.rows:,} ({row.share:.1%})' if row.rows else ''} {row.detail}")
            for row in self.to_frame().itertuples()
        ]

    def __init__(self, source: str = "table", rows: Iterable[int] = ()) -> None:
        self.source = source
        self.rows = pd.Index(rows)
        self.alive: Bools = np.ones(len(self.rows), bool)
        self.entries: list[Entry] = []
        self.mapping: pd.DataFrame | None = None
        self.without_place: tuple[str, ...] = ()
        self.minutes: dict[str, float] | None = None

    @property
    def read(self) -> int:
        """Rows read."""
        return len(self.rows)

    @property
    def kept(self) -> int:
        """Rows kept."""
        return int(self.alive.sum())

    @property
    def set_aside(self) -> dict[str, int]:
        """Rows set aside by reason."""
        reasons: dict[str, int] = {}
        for entry in self.entries:
            if entry.action == "set_aside":
                reasons[entry.code] = reasons.get(entry.code, 0) + entry.rows
        return reasons

    @property
    def notes(self) -> list[Note]:
        """Warnings, repairs and remarks, one sentence each; warnings first."""
        return self.warnings + [_told(e) for e in self.entries if e.action in ("repaired", "noted")]

    @property
    def warnings(self) -> list[Note]:
        """What to look at before trusting the table."""
        return [_told(e) for e in self.entries if e.action == "warned"]

    def at(self, positions: Any) -> Bools:
        """Return the mask of the rows at `positions`."""
        mask = np.zeros(self.read, bool)
        mask[positions] = True
        return mask

    def reject(self, bad: Any, code: str, detail: str = "") -> None:
        """Set the rows where `bad` holds aside; a row that has a reason already keeps it."""
        bad = np.asarray(bad, bool) & self.alive
        if bad.any():
            self.alive = self.alive & ~bad
            self._write(code, "set_aside", bad, detail)

    def repaired(self, code: str, rows: Any, detail: str = "") -> None:
        """Write down that rows (a mask) were changed."""
        self._write(code, "repaired", rows, detail)

    def noted(self, code: str, rows: Any = (), detail: str = "") -> None:
        """Write down something about rows (a mask), or about the whole source, that changed nothing."""
        self._write(code, "noted", rows, detail)

    def warned(self, code: str, rows: Any = (), detail: str = "") -> None:
        """Write down what the reader should look at before trusting the table."""
        self._write(code, "warned", rows, detail)

    def _write(self, code: str, action: str, rows: Any, detail: str) -> None:
        load_words()[f"finding_{code}"]  # a code without words in words/en/ledger.toml is a mistake of ours
        where = np.flatnonzero(np.asarray(rows, bool))
        examples = tuple(int(r) for r in self.rows[where[:_EXAMPLES]])
        self.entries.append(Entry(code, action, len(where), examples, detail, self.source))

    def close(self, table: Any, what: str) -> Any:
        """Return the rows of `table` that were kept; none is an error that names the reasons."""
        if self.kept + sum(self.set_aside.values()) != self.read:
            raise RuntimeError(f"{self.source}: {self.read} rows read, {self.to_dict()} accounted for")
        if not self.kept:
            reasons = ", ".join(f"{code} {rows:,}" for code, rows in self.set_aside.items())
            first = next(e for e in self.entries if e.action == "set_aside")
            hint = first.detail or mending(first)
            raise DataError(f"{self.source}: none of the {self.read:,} {what} can be used ({reasons}). {hint}")
        return (table if self.alive.all() else table[self.alive]).reset_index(drop=True)

    def finish(self, table: Any, return_ledger: bool) -> Any:
        """Return `table` with this ledger, or alone; what the ledger warns of is then a `PatrolgeoWarning`."""
        if return_ledger:
            return table, self
        for said in self.warnings:
            warnings.warn(f"{self.source}: {said}", PatrolgeoWarning, stacklevel=3)
        return table

    @classmethod
    def fused(cls, ledgers: Iterable[Ledger]) -> Ledger:
        """Return one ledger of several sources."""
        parts = list(ledgers)
        whole = cls(", ".join(p.source for p in parts), np.concatenate([p.rows for p in parts]))
        whole.alive = np.concatenate([p.alive for p in parts])
        whole.entries = [e for p in parts for e in p.entries]
        rates = [p.mapping.assign(source=p.source) for p in parts if p.mapping is not None]
        whole.mapping = pd.concat(rates, ignore_index=True) if rates else None
        return whole

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"read": int, "kept": int, "set_aside": {reason: rows}}``."""
        return {"read": self.read, "kept": self.kept, "set_aside": self.set_aside}

    def to_frame(self, language: str = "en") -> pd.DataFrame:
        """Return one row an entry: source, action, code, rows, share, examples, what was found, how to mend it."""
        words = load_words(language)
        names = ["source", "action", "code", "rows", "share", "examples", "finding", "repair", "detail"]
        rows = [
            (
                e.source,
                words[f"action_{e.action}"],
                e.code,
                e.rows,
                e.rows / max(self.read, 1),
                ", ".join(map(str, e.examples)),
                sentence(e, language),
                mending(e, language),
                str(worded(e.detail, words)),
            )
            for e in self.entries
        ]
        return pd.DataFrame(rows, columns=names)

    def to_excel(self, path: str | Path, language: str = "en") -> Path:
        """Write the ledger as a workbook of one sheet; the same ledger gives the same bytes."""
        return write_xlsx(path, self.to_frame(language))

    def to_text(self, language: str = "en") -> str:
        """Return the ledger as a few lines that a person reads."""
        lines = [say(load_words(language), "ledger_head", source=self.source, read=self.read, kept=self.kept)]
        for row in self.to_frame(language).itertuples():
            number = f" {row.rows:,} ({row.share:.1%})" if row.rows else ""
            where = f" [{row.examples}]" if row.examples else ""
            lines.append(f"  {row.action}: {row.finding}{number}{where} {row.detail}".rstrip())
        return "\n".join(lines)


def _told(entry: Entry) -> Note:
    """Return the entry as a note, with its details in the reader's language where they are a note themselves."""
    if isinstance(entry.detail, Note):
        return Note("ledger_detail", {"finding": entry.code, "detail": entry.detail}, english=str(entry.detail))
    code = "ledger_rows" if entry.rows else "ledger_whole"
    return Note(code, {"finding": entry.code, "rows": entry.rows}, english=entry.detail)


def sentence(entry: Entry, language: str = "en") -> str:
    """Return what was found."""
    return load_words(language)[f"finding_{entry.code}"]


def mending(entry: Entry, language: str = "en") -> str:
    """Return how to mend it at the source; empty when there is nothing to mend."""
    return load_words(language).get(f"repair_{entry.code}", "")

"""Which column is which field: named by the user, by a preset, else recognised; and said."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.sources.ledger import Ledger
from patrolgeo.words.note import Note

# fields whose writing matters: 0460 is not a number, and 1.234 people are not one and a quarter
AS_WRITTEN = (
    *("id", "unit", "priority", "category", "x", "y"),
    *("population", "registered", "in_migrants", "out_migrants", "households"),
)


@cache
def known_names(table: str) -> dict[str, list[str]]:
    """Return the names under which each field of a kind of table is known."""
    fields: dict[str, list[str]] = _all_names()[table]
    return fields


@cache
def _all_names() -> dict[str, Any]:
    return tomllib.loads(files("patrolgeo.sources").joinpath("columns.toml").read_text(encoding="utf-8"))


def plain(name: object) -> str:
    """Return a column name without case, spaces and punctuation, for comparison."""
    return re.sub(r"[\W_]+", "", str(name)).lower()


class HeaderWords:
    """The words that tell a header from the title rows above it, and the columns whose figures are not numbers.

    `named` are the columns of a preset or of the user, beside the known names.
    """

    def __init__(self, named: Mapping[str, str | list[str]] | None = None) -> None:
        fields = [*(f for table in _all_names().values() for f in table.items()), *(named or {}).items()]
        pairs = [(field, plain(n)) for field, names in fields for n in ([names] if isinstance(names, str) else names)]
        self.words = {name for _, name in pairs}
        self.texts = {name for field, name in pairs if field in AS_WRITTEN}

    def known(self, cells: Iterable[object]) -> int:
        """Count the cells that name a field."""
        return sum(plain(c) in self.words for c in cells)

    def header_row(self, rows: Sequence[Sequence[str]]) -> int | None:
        """Return the first row with the most names of fields, else the first row that is not blank."""
        scores = [self.known(row) for row in rows]
        if scores and max(scores) >= 2:
            return scores.index(max(scores))
        return next((i for i, row in enumerate(rows) if any(c.strip() for c in row)), None)


def name_columns(
    frame: Any,
    table: str,
    ledger: Ledger,
    *,
    columns: Mapping[str, str] | None = None,
    preset: Mapping[str, str | list[str]] | None = None,
    needed: tuple[str, ...] = (),
) -> Any:
    """Return `frame` with the recognised columns renamed to their fields.

    `columns` (field -> column) goes first, then the preset, which closes the list; without a preset the known names
    of each field. A column that has the name of a field it is not gets a trailing underscore.
    """
    chosen = match_columns(frame, table, ledger, columns=columns, preset=preset)
    check_needed(frame, chosen, needed, ledger)
    return rename_columns(frame, chosen, ledger)


def match_columns(
    frame: Any,
    table: str,
    ledger: Ledger,
    *,
    columns: Mapping[str, str] | None = None,
    preset: Mapping[str, str | list[str]] | None = None,
) -> dict[str, str]:
    """Return the column of each field that the user, the preset or the known names tell."""
    fields = known_names(table)
    chosen = _named_by_user(frame, columns or {}, fields, ledger)
    candidates = fields if preset is None else {f: [n] if isinstance(n, str) else n for f, n in preset.items()}
    present = {plain(c): c for c in reversed(frame.columns)}
    for field, names in candidates.items():
        free = (present[plain(n)] for n in names if plain(n) in present)
        match = next((c for c in free if c not in chosen.values() and c != "geometry"), None)
        if field not in chosen and match is not None:
            chosen[field] = match
    return chosen


def rename_columns(frame: Any, chosen: Mapping[str, str], ledger: Ledger) -> Any:
    """Return `frame` with the chosen columns under the names of their fields, and say which."""
    said = ", ".join(f"{field} = {column}" for field, column in chosen.items() if field != column)
    if said:
        ledger.noted("columns", detail=Note("detail_columns", {"columns": said}))
    renames = {column: field for field, column in chosen.items()}
    renames |= {c: f"{c}_" for c in frame.columns if c in chosen and c not in renames}
    return frame.rename(columns=renames)


def _named_by_user(
    frame: pd.DataFrame, columns: Mapping[str, str], fields: Mapping[str, Any], ledger: Ledger
) -> dict[str, str]:
    for field, column in columns.items():
        if field not in fields:
            raise DataError(f"columns: {field!r} is not a field{nearest(field, fields)} Known: {', '.join(fields)}.")
        if column not in frame.columns:
            near = nearest(column, frame.columns)
            raise MissingColumnError(
                f"{ledger.source} has no column {column!r} (named for {field}){near} It has: {listed(frame)}."
            )
    return dict(columns)


def check_needed(frame: pd.DataFrame, chosen: Mapping[str, str], needed: tuple[str, ...], ledger: Ledger) -> None:
    """Refuse a table that lacks a needed field; "lon|x" needs one of them."""
    for one_of in needed:
        if not any(field in chosen for field in one_of.split("|")):
            field = one_of.split("|")[0]
            likely = _likely(frame, field, chosen)
            proposed = {f: c for f, c in {**chosen, field: likely}.items() if c and f != c}
            raise MissingColumnError(
                f"{ledger.source} lacks a column for {one_of.replace('|', ' or ')}; it has: {listed(frame)}. "
                f"Rename one, or name it: columns={{'{field}': '{likely or '...'}'}}.",
                proposed if likely else None,
            )


def _likely(frame: pd.DataFrame, field: str, chosen: Mapping[str, str]) -> str:
    """Return the column that is the nearest to a field by name or, for a count, the only one of numbers."""
    free = [str(c) for c in frame.columns if c not in chosen.values() and c != "geometry"]
    words = [plain(w) for names in _all_names().values() for w in names.get(field, [])]
    named = [c for c in free if any(len(w) >= 3 and w in plain(c) for w in words)]
    numbers = [c for c in free if pd.api.types.is_numeric_dtype(frame[c].dtype)] if field == "population" else []
    return (named or (numbers if len(numbers) == 1 else []) or [""])[0]


def listed(frame: pd.DataFrame) -> str:
    """Return the columns of `frame` for a message."""
    return ", ".join(map(str, frame.columns[:40]))

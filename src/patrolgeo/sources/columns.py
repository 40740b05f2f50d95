"""Which column is which field: named by the user, else recognised, and said."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.sources.ledger import Ledger


@cache
def known_names(table: str) -> dict[str, list[str]]:
    """Return the names under which each field of a kind of table is known."""
    text = files("patrolgeo.sources").joinpath("columns.toml").read_text(encoding="utf-8")
    fields: dict[str, list[str]] = tomllib.loads(text)[table]
    return fields


def plain(name: object) -> str:
    """Return a column name without case, spaces and punctuation, for comparison."""
    return re.sub(r"[\W_]+", "", str(name)).lower()


def name_columns(
    frame: Any, table: str, ledger: Ledger, *, columns: Mapping[str, str] | None = None, needed: tuple[str, ...] = ()
) -> Any:
    """Return `frame` with the recognised columns renamed to their fields; `columns` (field -> column) goes first.

    An unrecognised column that has the name of a field it is not gets a trailing underscore.
    """
    fields = known_names(table)
    chosen = _named_by_user(frame, columns or {}, fields, ledger)
    present = {plain(c): c for c in reversed(frame.columns)}
    for field, names in fields.items():
        free = (present[plain(n)] for n in names if plain(n) in present)
        match = next((c for c in free if c not in chosen.values() and c != "geometry"), None)
        if field not in chosen and match is not None:
            chosen[field] = match
    missing = [f for f in needed if f not in chosen]
    if missing:
        raise MissingColumnError(
            f"{ledger.source} lacks a column for {', '.join(missing)}; it has: {_listed(frame)}. "
            f"Rename one, or name it: columns={{'{missing[0]}': '...'}}."
        )
    renames = {column: field for field, column in chosen.items()}
    said = ", ".join(f"{field} = {column}" for field, column in chosen.items() if field != column)
    if said:
        ledger.noted("columns", detail=f"Columns taken as: {said}.")
    renames |= {c: f"{c}_" for c in frame.columns if c in chosen and c not in renames}
    return frame.rename(columns=renames)


def _named_by_user(
    frame: pd.DataFrame, columns: Mapping[str, str], fields: Mapping[str, Any], ledger: Ledger
) -> dict[str, str]:
    for field, column in columns.items():
        if field not in fields:
            raise DataError(f"columns: {field!r} is no field{nearest(field, fields)} Known: {', '.join(fields)}.")
        if column not in frame.columns:
            near = nearest(column, frame.columns)
            raise MissingColumnError(
                f"{ledger.source} has no column {column!r} (named for {field}){near}; it has: {_listed(frame)}."
            )
    return dict(columns)


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns))

"""The doors: what public functions ask of their arguments, checked once, in words a user can act on."""

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.errors import AlignmentError, DataError, MissingColumnError


def nearest(word: str, known: Iterable[object]) -> str:
    """Return the end of a sentence about an unknown word: ``"; did you mean 'x'?"`` or just the full stop."""
    near = difflib.get_close_matches(str(word), [str(k) for k in known], n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else "."


def check_choice(value: object, choices: Iterable[object], name: str) -> None:
    """Raise when `value` is none of the `choices`; the message names the nearest."""
    options = list(choices)
    if value not in options:
        listed = ", ".join(repr(o) for o in options)
        raise DataError(f"{name}={value!r} is not known{nearest(str(value), options)} Choose one of {listed}.")


def check_columns(table: pd.DataFrame, needed: Iterable[str], what: str) -> None:
    """Raise when `table` lacks needed columns; all missing ones are named in one message."""
    missing = [c for c in needed if c not in table.columns]
    if missing:
        have = ", ".join(map(str, table.columns))
        raise MissingColumnError(f"{what} lacks the column(s) {', '.join(missing)}; it has: {have}.")


def check_positive(value: float, name: str) -> None:
    """Raise when `value` is not a finite number above zero."""
    if not (np.isfinite(value) and value > 0):
        raise DataError(f"{name}={value!r} must be a number above 0.")


def check_panel(panel: Any, name: str = "panel") -> pd.DataFrame:
    """Return `panel` when it is one: DatetimeIndex rows in order, unique columns, finite non-negative numbers."""
    if not isinstance(panel, pd.DataFrame):
        raise DataError(
            f"{name} must be a DataFrame with periods as rows and cells as columns, got {type(panel).__name__}."
        )
    if not isinstance(panel.index, pd.DatetimeIndex):
        raise DataError(f"{name}: the rows must be a DatetimeIndex of period starts, got {type(panel.index).__name__}.")
    if not panel.index.is_monotonic_increasing or panel.index.has_duplicates:
        raise DataError(f"{name}: the periods must be in order and without repeats; use .sort_index().")
    if panel.columns.has_duplicates:
        twice = panel.columns[panel.columns.duplicated()][0]
        raise DataError(f"{name}: the cell {twice!r} occurs twice among the columns.")
    values = panel.to_numpy()
    if values.size and not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError(f"{name} holds negative or missing counts; fill them with 0 if they mean none.")
    return panel


def align_to_cells(values: pd.Series, cells: pd.Index, name: str) -> pd.Series:
    """Return `values` in the order of `cells`; every cell must be there."""
    if not isinstance(values, pd.Series):
        raise DataError(f"{name} must be a Series by cell, got {type(values).__name__}.")
    missing = cells.difference(values.index)
    if len(missing):
        raise AlignmentError(
            f"{name} lacks {len(missing)} of {len(cells)} cells (first: {missing[0]}); its own first label is "
            f"{values.index[0] if len(values) else 'none'}. Reindex it to the grid, with 0 where nothing is known."
        )
    return values.reindex(cells)

"""What all detectors share: counts in, checked once; arrays inside; a table by period and column out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_panel
from patrolgeo._show import Shown
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.panel.periods import period_edges

FIELDS = ("expected", "usual", "variance", "upper", "least", "p_value", "alarm", "status")
KINDS = {"alarm": bool, "status": object}
SHORT, FEW, TREND, PLAIN, NO_FIT = "too short", "too few", "trend used", "no trend", "no fit"


@dataclass(frozen=True)
class Seen:
    """Counts and exposure, shape (n_periods, n_columns), and the starts of the periods."""

    counts: Floats
    exposure: Floats
    periods: pd.DatetimeIndex


@dataclass(frozen=True)
class Judged:
    """What a detector says, shape (n_tested, n_columns); missing where it says nothing.

    `usual` and `variance` are those of the count when nothing rises, the doubt about the parameters included; `least`
    is the smallest count that would have raised an alarm, known before the count itself.
    """

    expected: Floats
    usual: Floats
    variance: Floats
    upper: Floats
    least: Floats
    p_value: Floats
    alarm: Array
    status: Array


class BaseDetector(Shown):
    """A detector that is handed arrays: it gives `_judge(seen, tested)`, rows in the order of `tested`."""

    def monitor(self, counts: Any, exposure: Any = None, *, test: Any = None) -> pd.DataFrame:
        """Judge periods by those before them.

        Parameters
        ----------
        counts
            Whole numbers by period: a Series, or a panel of periods x columns.
        exposure
            What counts go with over time (days open, residents): by period, or by period and column. None: nothing.
        test
            Periods to judge: their starts, a slice of dates, positions, or how many of the last ones. None: all.

        Returns
        -------
        A row a period judged. Of a Series the columns `expected`, `variance` (of the next count when nothing rises,
        with the doubt about the parameters), `upper`, `p_value` (chance of so many or more), `alarm` (more than
        `upper`) and `status`; of a panel the same as outer level over its columns. Missing where nothing can be said:
        `status` tells why.

        Raises
        ------
        DataError
            When `counts` are no counts by period, one is missing between the first and the last, or `test`
            names a period that is not there.
        AlignmentError
            When `exposure` lacks a period or column.
        """
        single = isinstance(counts, pd.Series)
        panel = read_counts(counts)
        tested = positions(test, pd.DatetimeIndex(panel.index))
        seen = Seen(panel.to_numpy(float), read_exposure(exposure, panel), pd.DatetimeIndex(panel.index))
        judged = self._judge(seen, tested)
        tables = {
            name: pd.DataFrame(getattr(judged, name), panel.index[tested], panel.columns, dtype=KINDS.get(name, float))
            for name in FIELDS
        }
        if single:
            return pd.DataFrame({name: table.iloc[:, 0] for name, table in tables.items()})
        return pd.concat(tables, axis=1)

    def _judge(self, seen: Seen, tested: Ints) -> Judged:
        raise NotImplementedError


def read_counts(counts: Any) -> pd.DataFrame:
    """Return counts as a panel of whole numbers."""
    panel = (
        counts.to_frame("counts" if counts.name is None else counts.name) if isinstance(counts, pd.Series) else counts
    )
    panel = check_panel(panel, "counts")
    check_no_gap(panel, "counts")
    values = panel.to_numpy(float)
    if (values != np.rint(values)).any():
        raise DataError("counts must be whole numbers: warnings are judged on events, not on weights or rates.")
    return panel


def check_no_gap(panel: pd.DataFrame, name: str) -> None:
    """Refuse periods between which one is missing: the season and the weeks before would be other ones."""
    if len(panel) > 1:
        period_edges(pd.DatetimeIndex(panel.index), name)


def read_exposure(exposure: Any, panel: pd.DataFrame) -> Floats:
    """Return the exposure by period and column, 1 where none is given."""
    if exposure is None:
        return np.ones(panel.shape)
    if not isinstance(exposure, (pd.Series, pd.DataFrame)):
        raise DataError(f"exposure must be a Series or table by period, got {type(exposure).__name__}.")
    table = align(exposure, panel.index, "exposure", "periods")
    if isinstance(table, pd.DataFrame):
        table = align(table.T, panel.columns, "exposure").T
    values = as_floats(table, "exposure").reshape(len(panel), -1) * np.ones(panel.shape)
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise DataError("exposure holds values that are missing, 0 or less; every period needs one above 0.")
    return values


def positions(test: Any, periods: pd.DatetimeIndex) -> Ints:
    """Return the positions of the periods to judge, in order."""
    every = np.arange(len(periods))
    if test is None:
        return every
    if isinstance(test, slice):
        return every[periods.slice_indexer(test.start, test.stop)]
    if isinstance(test, (int, np.integer)) and not isinstance(test, bool):
        if not 1 <= test <= len(periods):
            raise DataError(f"test={test} must be between 1 and the {len(periods)} periods there are.")
        return every[len(periods) - int(test) :]
    return _listed(test, periods)


def _listed(test: Any, periods: pd.DatetimeIndex) -> Ints:
    listed = [test] if isinstance(test, (str, pd.Timestamp)) or not hasattr(test, "__iter__") else list(test)
    if listed and all(isinstance(one, (bool, np.bool_)) for one in listed) and len(listed) == len(periods):
        return np.flatnonzero(listed)
    whole = bool(listed) and all(isinstance(one, (int, np.integer)) and not isinstance(one, bool) for one in listed)
    try:
        at = np.array(listed, int) if whole else periods.get_indexer(pd.DatetimeIndex(listed))
    except (TypeError, ValueError):
        at = np.array([-1])
    if ((at < 0) | (at >= len(periods))).any():
        raise DataError(
            f"test names a period that counts do not have; they run from {periods[0]:%Y-%m-%d} to "
            f"{periods[-1]:%Y-%m-%d}."
            if len(periods)
            else "counts hold no period."
        )
    return np.unique(at)


def nothing(shape: tuple[int, int], status: str) -> Judged:
    """Return an answer without numbers."""
    blank = np.full(shape, np.nan)
    parts = [*(blank.copy() for _ in range(6)), np.zeros(shape, bool), np.full(shape, status, object)]
    return judged_at(np.arange(shape[0]), *parts)


def judged_at(rows: Ints, *parts: Array) -> Judged:
    """Return the answer for some rows of arrays, which come in the order of `FIELDS`."""
    return Judged(**{name: part[rows] for name, part in zip(FIELDS, parts, strict=True)})

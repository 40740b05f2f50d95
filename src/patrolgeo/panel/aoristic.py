"""Aoristic weights: an incident that happened between two times counts in each hour or period by its share of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import check_columns
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.panel.counts import masses
from patrolgeo.panel.periods import DAYS

_WEEK = 168
_MONDAY = np.datetime64("1970-01-05", "s")


def aoristic_week(incidents: pd.DataFrame, weight: str | None = None) -> pd.DataFrame:
    """In which hours of the week did incidents happen, when only the earliest and the latest time are known?

    Every incident has mass 1 (or its weight), spread evenly over its interval; one without an end, or whose end is its
    beginning, counts in the hour of its time. The answer assumes that every moment of the interval is as likely as any
    other: many long intervals flatten the picture, and the middle of a night away is not when burglars work.

    Parameters
    ----------
    incidents
        Table with `time` and `time_end`.
    weight
        Column of weights.

    Returns
    -------
    DataFrame, shape (7, 24): days from Monday as rows, hours as columns; the sum is the number of incidents.

    Raises
    ------
    MissingColumnError, DataError
        When a column or a time is missing, an end lies before its beginning, or a weight is not a number of 0 or more.

    Notes
    -----
    Exact, without a step in time: the hours between a start and an end are the difference of two rays, and rays are
    added up by counting. O(n + 168).

    References
    ----------
    Ratcliffe, J. H. (2000). Aoristic analysis: the spatial interpretation of unspecific temporal events. International
    Journal of Geographical Information Science 14(7), 669-679. doi:10.1080/136588100424963

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import aoristic_week
    >>> night = pd.DataFrame({"time": pd.to_datetime(["2024-01-05 23:30"]),
    ...                       "time_end": pd.to_datetime(["2024-01-06 01:30"])})
    >>> hours = aoristic_week(night)
    >>> [float(hours.loc[d, h]) for d, h in [("Fri", 23), ("Sat", 0), ("Sat", 1)]]
    [0.25, 0.5, 0.25]
    """
    start, end, mass = _intervals(incidents, weight)
    begin = (start - _MONDAY).astype(np.int64) / 3600.0
    length = (end - start).astype(np.int64) / 3600.0
    whole_weeks = np.floor(length / _WEEK)
    long = length > 0
    density = np.divide(mass, length, out=np.zeros(len(mass)), where=long)
    first = begin % _WEEK
    rest = length - _WEEK * whole_weeks
    hours = _ray(first[long], density[long]) - _ray((first + rest)[long], density[long])
    hours = hours[:_WEEK] + hours[_WEEK:] + (density * whole_weeks).sum()
    hours += np.bincount(first[~long].astype(int), mass[~long], minlength=_WEEK)
    return pd.DataFrame(hours.reshape(7, 24), index=pd.Index(DAYS, name="day"), columns=pd.RangeIndex(24, name="hour"))


def _ray(start: Floats, density: Floats) -> Floats:
    """Return what each of 336 hours holds of mass that runs at `density` an hour from `start` on for ever."""
    hour = np.minimum(start.astype(int), 2 * _WEEK - 1)
    full = np.cumsum(np.bincount(hour + 1, density, minlength=2 * _WEEK + 1), dtype=float)[: 2 * _WEEK]
    return full + np.bincount(hour, density * (hour + 1 - start), minlength=2 * _WEEK).astype(float)


def aoristic_weights(incidents: pd.DataFrame, starts: pd.DatetimeIndex) -> sparse.csr_array:
    """Which share of each incident falls into which period?

    Parameters
    ----------
    incidents
        Table with `time` and `time_end`.
    starts
        Beginnings of the periods in order, and the end of the last (as `period_index` gives them).

    Returns
    -------
    Sparse array, shape (n_incidents, n_periods). A row sums to 1 when its interval lies within the periods, else to the
    share that does.

    Raises
    ------
    MissingColumnError
        When the table lacks `time` or `time_end`.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import aoristic_weights
    >>> trip = pd.DataFrame({"time": pd.to_datetime(["2024-01-06"]), "time_end": pd.to_datetime(["2024-01-10"])})
    >>> aoristic_weights(trip, pd.date_range("2024-01-01", periods=3, freq="7D")).toarray()
    array([[0.5, 0.5]])
    """
    start, end, _ = _intervals(incidents, None)
    edges = starts.to_numpy().astype("datetime64[s]")
    first = np.searchsorted(edges, start, side="right") - 1
    last = np.where(end > start, np.searchsorted(edges, end, side="left") - 1, first)
    rows, periods = _runs(np.maximum(first, 0), np.minimum(last, len(edges) - 2))
    overlap = np.minimum(end[rows], edges[periods + 1]) - np.maximum(start[rows], edges[periods])
    length = (end - start).astype(np.int64)[rows]
    inside = (start[rows] >= edges[0]) & (start[rows] < edges[-1])
    shares = np.where(length > 0, overlap.astype(np.int64) / np.maximum(length, 1), inside)
    return sparse.csr_array((shares, (rows, periods)), shape=(len(start), len(edges) - 1))


def _runs(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Return row and period of every period from `first` to `last` of every row; none when last is before first."""
    number = np.maximum(last - first + 1, 0)
    rows = np.repeat(np.arange(len(first)), number)
    within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    return rows, first[rows] + within


def _intervals(incidents: pd.DataFrame, weight: str | None) -> tuple[Array, Array, Floats]:
    check_columns(incidents, ["time", "time_end", *([weight] if weight else [])], "incidents")
    start, end = (_seconds(incidents[name], name) for name in ("time", "time_end"))
    end = np.where(np.isnat(end), start, end)
    if np.isnat(start).any():
        raise DataError(f"{np.isnat(start).sum()} incidents have no time; leave them out or give them one.")
    if (end < start).any():
        at = int(np.argmax(end < start))
        raise DataError(
            f"{(end < start).sum()} intervals end before they begin (row {incidents.index[at]}: {start[at]} to "
            f"{end[at]}); read_incidents leaves such ends out."
        )
    return start, end, masses(incidents, weight)


def _seconds(column: Any, name: str) -> Array:
    if not pd.api.types.is_datetime64_any_dtype(column):
        raise DataError(f"The column {name} holds {column.dtype}, not times; convert it with pandas.to_datetime.")
    return column.dt.tz_localize(None).to_numpy().astype("datetime64[s]")

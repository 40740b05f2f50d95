"""What units have to do by hour of the week: how often one is asked for, and for how long."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import gamma

from patrolgeo._checks import as_floats, by_label, check_columns, check_number, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError

WEEK = 168
MOST_LOAD = 10_000.0  # units busy at once; beyond it a rate is surely in another unit


def hourly_calls(
    calls: pd.DataFrame, *, report_minutes: float = 15.0, level: float = 0.95
) -> tuple[pd.DataFrame, float]:
    """How often is a unit asked for in each hour of the week, and how long is it busy?

    A call to which two units go asks twice. Calls to which nobody was sent ask for none. The hours of one weekday are
    taken as alike all through the records; a rise over the years or a season is not seen.

    Parameters
    ----------
    calls
        As `read_calls` returns them: `received`, `cleared`, `units`, and `dispatched` where it is known.
    report_minutes
        Writing up, which no stamp tells: a planning value.
    level
        Of the interval of each rate.

    Returns
    -------
    Table by hour of the week (0 = Monday 00:00, 167 = Sunday 23:00) with `asked` (units asked for in all records),
    `rate` (an hour), `low` and `high` (Poisson; wider where units come in pairs); and the mean hours that a unit is
    busy with a call: dispatched (or received) to cleared, and the report.

    Raises
    ------
    DataError
        When no call says when it was cleared, or asks for a unit.
    MissingColumnError
        When `calls` lack a column.

    References
    ----------
    Garwood 1936, doi:10.1093/biomet/28.3-4.437 (interval of a Poisson count).

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import hourly_calls
    >>> received = pd.to_datetime(["2024-01-01 08:10", "2024-01-08 08:40", "2024-01-14 20:00"])
    >>> calls = pd.DataFrame({"received": received, "cleared": received + pd.Timedelta("45min"), "units": [1, 2, 1]})
    >>> table, hours = hourly_calls(calls)
    >>> table.loc[8, ["asked", "rate"]].tolist(), hours
    ([3.0, 1.5], 1.0)
    """
    check_columns(calls, ["received", "cleared", "units"], "calls")
    check_number(report_minutes, "report_minutes", least=0)
    check_share(level, "level")
    units = np.nan_to_num(as_floats(calls["units"], "units"))
    if (units < 0).any():
        raise DataError("units holds negative numbers; it says how many units went to each call.")
    if not units.sum() > 0:
        raise DataError("No call asks for a unit: the column units of calls is 0 or missing everywhere.")
    table = _rates(calls["received"], units, level)
    return table, _busy_hours(calls, units) + report_minutes / 60


def _rates(received: pd.Series, units: Floats, level: float) -> pd.DataFrame:
    if received.isna().any():
        raise DataError(f"{received.isna().sum()} calls have no time received; leave them out.")
    at = (received.dt.day_of_week * 24 + received.dt.hour).to_numpy()
    days = pd.date_range(received.min().normalize(), received.max().normalize())
    often = np.repeat(np.bincount(days.day_of_week, minlength=7), 24)
    asked, squares = (np.bincount(at, w, minlength=WEEK) for w in (units, units**2))
    clump = np.where(asked > 0, squares / np.maximum(asked, 1e-12), squares.sum() / asked.sum())
    tail = (1 - level) / 2
    events = asked / clump
    low = np.where(events > 0, gamma.ppf(tail, np.maximum(events, 1e-12)), 0.0)
    high = gamma.ppf(1 - tail, events + 1)
    rows = {"asked": asked, **{k: np.divide(v, often, out=np.full(WEEK, np.nan), where=often > 0)
            for k, v in {"rate": asked, "low": low * clump, "high": high * clump}.items()}}  # fmt: skip
    return pd.DataFrame(rows, index=pd.RangeIndex(WEEK, name="hour"))


def _busy_hours(calls: pd.DataFrame, units: Floats) -> float:
    start = calls["dispatched"].fillna(calls["received"]) if "dispatched" in calls else calls["received"]
    hours = (calls["cleared"] - start).dt.total_seconds().to_numpy() / 3600
    known = np.isfinite(hours) & (hours >= 0) & (units > 0)
    if not known.any():
        raise DataError("No call says when it was cleared; give the mean hours that a unit is busy by hand.")
    return float(np.average(hours[known], weights=units[known]))


def read_rates(rates: Any, name: str = "rates") -> pd.Series:
    """Return rates as a Series by hour; an array is numbered from 0."""
    if not isinstance(rates, pd.Series):
        values = as_floats(rates, name)
        if values.ndim != 1:
            raise DataError(f"{name} must be one number an hour, got shape {values.shape}.")
        rates = pd.Series(values, index=pd.RangeIndex(len(values), name="hour"))
    values = by_label(rates, rates.index, name, "hours")
    if not len(values) or not np.isfinite(values).all() or (values < 0).any():
        raise DataError(f"{name} must be numbers of 0 or more, one an hour; some are negative or missing, or none is.")
    return pd.Series(values, rates.index, name="rate")


def read_load(rates: Any, mean_service_hours: float, *, lag: bool = False) -> tuple[pd.Series, Floats]:
    """Return rates by hour, and the mean number of busy units that they ask for."""
    check_number(mean_service_hours, "mean_service_hours", above=0, most=24)
    known = read_rates(rates)
    load = (lagged(known.to_numpy(float), mean_service_hours) if lag else known.to_numpy(float)) * mean_service_hours
    if load.max() > MOST_LOAD:
        raise DataError(
            f"rates x mean_service_hours reaches {load.max():,.0f} busy units; rates are calls an hour, and "
            f"mean_service_hours = {mean_service_hours:g} are hours."
        )
    return known, load


def lagged(rates: Floats, hours: float) -> Floats:
    """Return the rates of so many hours ago, the last hour before the first: calls keep units busy later.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.plan.staffing.demand import lagged
    >>> lagged(np.array([8.0, 0.0, 0.0, 0.0]), 1.25).tolist()
    [0.0, 6.0, 2.0, 0.0]
    """
    whole = int(np.floor(hours))
    part = hours - whole
    return (1 - part) * np.roll(rates, whole) + part * np.roll(rates, whole + 1)

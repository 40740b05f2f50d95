"""Incidents week by week, beside what the season and the trend lead to expect."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.linear_model import PoissonRegressor

from patrolgeo._checks import check_columns, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.panel.counts import refuse_months, wall_clock
from patrolgeo.panel.periods import period_index

YEAR = 365.25 / 7  # weeks
FOR_TREND, FOR_SEASON, FEWEST = 26, 104, 8


def weekly_band(incidents: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Which weeks were unusual for their season?

    A Poisson regression on the trend (from half a year of weeks on) and one yearly wave (from two years on), its
    variance widened by what the weeks themselves show. The unfinished first and last week are left out. The band is
    where a week lies when nothing is special; one in twenty lies outside by chance. For warnings week by week take the
    detectors of the room alerts, which know the past only.

    Parameters
    ----------
    incidents
        Table with `time`.
    level
        Coverage of the band.

    Returns
    -------
    DataFrame by week (its Monday): `observed`, `expected`, `season` (factor of the time of year; 1 where two years are
    not known), `low`, `high`, `unusual` ("high", "low" or "").

    Raises
    ------
    MissingColumnError, DataError
        When there is no column `time`, a time is missing, or there are fewer than 8 whole weeks; when
        of some incidents only the month is known.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import weekly_band
    >>> hours = pd.date_range("2024-01-01", "2024-06-30 23:00", freq="12h")
    >>> extra = pd.date_range("2024-04-01", periods=30, freq="h")
    >>> weeks = weekly_band(pd.DataFrame({"time": hours.append(extra)}))
    >>> weeks.query("unusual == 'high'").index.strftime("%Y-%m-%d").tolist()
    ['2024-04-01']
    """
    check_columns(incidents, ["time"], "incidents")
    check_share(level, "level", "0.95 means 95 %")
    if "time_precision" in incidents.columns:
        refuse_months(incidents["time_precision"], "weekly_band")
    counts = _whole_weeks(wall_clock(incidents["time"]))
    expected, season = _expected(counts.to_numpy(float))
    dispersion = max(((counts - expected) ** 2 / expected).sum() / max(len(counts) - 4, 1), 1.0)
    tail = (1 - level) / 2
    low, high = (_quantile(q, expected, dispersion) for q in (tail, 1 - tail))
    table = pd.DataFrame(
        {"observed": counts, "expected": expected, "season": season, "low": low, "high": high}, index=counts.index
    )
    table["unusual"] = np.select([table["observed"] > high, table["observed"] < low], ["high", "low"], "")
    return table


def _whole_weeks(times: pd.Series) -> pd.Series:
    if not len(times):
        raise DataError("There is no incident to count by week.")
    starts = period_index(times.min(), times.max(), "W")
    first = starts[0] if times.min() < starts[0] + pd.Timedelta(days=1) else starts[1]
    ends = times.max() >= starts[-1] - pd.Timedelta(days=1)
    last = starts[-1] if ends else starts[-2]
    weeks = pd.date_range(first, last - pd.Timedelta(days=7), freq="7D", name="week")
    if len(weeks) < FEWEST:
        raise DataError(f"The records hold {len(weeks)} whole weeks; at least {FEWEST} are needed.")
    at = ((times - first) // pd.Timedelta(days=7)).to_numpy()
    inside = (at >= 0) & (at < len(weeks))
    return pd.Series(np.bincount(at[inside], minlength=len(weeks)).astype(float), index=weeks)


def _expected(counts: Floats) -> tuple[Floats, Floats]:
    """Return the expected count of each week, and the factor of the season in it."""
    week = np.arange(len(counts))
    angle = 2 * np.pi * week / YEAR
    columns = [week / len(week) - 0.5] if len(week) >= FOR_TREND else []
    wave = len(week) >= FOR_SEASON
    columns += [np.sin(angle), np.cos(angle)] if wave else []
    if not columns or not counts.any():
        return np.full(len(counts), max(counts.mean(), 1e-9)), np.ones(len(counts))
    x = np.column_stack(columns)
    fit = PoissonRegressor(alpha=1e-6, max_iter=300, tol=1e-8).fit(x, counts)
    season = np.exp(x[:, -2:] @ fit.coef_[-2:]) if wave else np.ones(len(counts))
    return fit.predict(x), season / season.mean()


def _quantile(q: float, mean: Floats, dispersion: float) -> Floats:
    if dispersion < 1.001:
        return stats.poisson.ppf(q, mean)
    return stats.nbinom.ppf(q, mean / (dispersion - 1), 1 / dispersion)

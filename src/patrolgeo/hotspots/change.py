"""More or fewer than before: exact comparison of counts, period on period, by cell or by unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

from patrolgeo._checks import align, check_choice, check_panel
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.hotspots._expected import binomial_p, incident_unit

SPANS = ("28D", "28D last year", "year to date")


def compare_counts(
    before: Any,
    after: Any,
    *,
    time_before: float = 1.0,
    time_after: float = 1.0,
    incident: float = 1.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Did the rate change between two counts, or is it chance?

    Given the sum of two Poisson counts, the later one is binomial: the test is exact, also for zeros (Przyborowski and
    Wilenski 1940). Series of linked incidents make counts vary more than that; then p is too small.

    Parameters
    ----------
    before, after
        Counts, as Series by unit or arrays, shape (n,).
    time_before, time_after
        Length (or exposure) behind the counts, when it differs.
    incident
        What one incident adds; for sums of harm weights the mean square over the mean of the weights.
    level
        Coverage of the interval of the ratio (Clopper and Pearson).

    Returns
    -------
    DataFrame by unit: before, after, expected (after, had nothing changed), ratio with low and high, p_value
    (two-sided), p_adjusted (Benjamini and Hochberg; units without any incident are not tested).

    Examples
    --------
    >>> from patrolgeo import compare_counts
    >>> compare_counts([20, 4, 0], [41, 5, 0]).round(3)[["ratio", "low", "high", "p_value", "p_adjusted"]]
       ratio    low   high  p_value  p_adjusted
    0   2.05  1.174  3.693     0.01        0.02
    1   1.25  0.269  6.300     1.00        1.00
    2    NaN  0.000    inf     1.00        1.00
    """
    table = pd.DataFrame({"before": before, "after": after})
    old, new = table["before"].to_numpy(float), table["after"].to_numpy(float)
    if len(table) != len(before) or not (
        np.isfinite([old, new]).all() and min(old.min(initial=0), new.min(initial=0)) >= 0
    ):
        raise DataError("before and after must be counts of the same units, 0 or more and none missing.")
    if not (time_before > 0 and time_after > 0):
        raise DataError(f"time_before={time_before} and time_after={time_after} must be above 0.")
    share, total = time_after / (time_before + time_after), old + new
    p_value, _ = binomial_p(new / incident, total / incident, np.full(len(new), share), np.zeros(len(new)))
    low, high = _interval(new / incident, total / incident, level)
    scale = time_before / time_after
    table["expected"] = old / scale
    table["ratio"] = np.divide(new, old, out=np.where(new > 0, np.inf, np.nan), where=old > 0) * scale
    table["low"], table["high"] = _odds(low) * scale, _odds(high) * scale
    table["p_value"] = np.where(total > 0, p_value, 1.0)
    table["p_adjusted"] = 1.0
    table.loc[total > 0, "p_adjusted"] = stats.false_discovery_control(table["p_value"][total > 0])
    return table


def compare_periods(
    panel: pd.DataFrame, span: str = "28D", *, units: pd.Series | None = None, level: float = 0.95
) -> pd.DataFrame:
    """What changed: the last 28 days on the 28 before, on last year's, or the year to date on last year's?

    Parameters
    ----------
    panel
        Counts with periods of 28 days or shorter (days or weeks), shape (n_periods, n_cells).
    span
        "28D", "28D last year" or "year to date".
    units
        Series by cell: the unit (village, patrol area) each belongs to; by default cells are compared.
    level
        Coverage of the interval.

    Returns
    -------
    As `compare_counts`, by cell or unit. `attrs` name the four dates compared.

    Raises
    ------
    DataError
        When the panel does not reach back far enough; the message says how far it does.
    """
    check_choice(span, SPANS, "span")
    counts = _by_unit(check_panel(panel), units)
    if len(counts) < 2:
        raise DataError(f"The panel has {len(counts)} periods; comparing needs at least two.")
    step = counts.index[-1] - counts.index[-2]
    now, then = _windows(counts.index[0], counts.index[-1] + step, span)
    new, old = (counts[(counts.index >= start) & (counts.index < end)] for start, end in (now, then))
    if not (len(new) and len(old)):
        raise DataError(f"span={span!r} needs periods shorter than {step.days} days; count by week or by day.")
    incident = incident_unit(counts.to_numpy(float))
    table = compare_counts(
        old.sum(), new.sum(), time_before=len(old), time_after=len(new), incident=incident, level=level
    )
    table.attrs = {"now": now, "then": then}
    return table


def _windows(first: pd.Timestamp, end: pd.Timestamp, span: str) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return start and end of the newer and of the older window; both hold whole weeks where the panel does."""
    month, year = pd.Timedelta(days=28), pd.Timedelta(days=364)
    if span == "28D":
        now, then = (end - month, end), (end - 2 * month, end - month)
    elif span == "28D last year":
        now, then = (end - month, end), (end - month - year, end - year)
    else:
        start = (end - pd.Timedelta(1)).to_period("Y").start_time
        now, then = (start, end), (start - year, end - year)
    if then[0] < first:
        raise DataError(f"span={span!r} needs counts from {then[0]:%Y-%m-%d} on; the panel begins on {first:%Y-%m-%d}.")
    return now, then


def _by_unit(panel: pd.DataFrame, units: pd.Series | None) -> pd.DataFrame:
    if units is None:
        return panel
    return panel.T.groupby(align(units, panel.columns, "units")).sum().T


def _interval(k: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the Clopper-Pearson interval of a share."""
    tail = (1 - level) / 2
    low = np.where(k > 0, special.betaincinv(np.maximum(k, 1e-300), n - k + 1, tail), 0.0)
    high = np.where(k < n, special.betaincinv(k + 1, np.maximum(n - k, 1e-300), 1 - tail), 1.0)
    return low, high


def _odds(share: Floats) -> Floats:
    return np.divide(share, 1 - share, out=np.full(len(share), np.inf), where=share < 1)

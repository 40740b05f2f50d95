"""More or fewer than before: exact comparison of counts, period on period, by cell or by unit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

from patrolgeo._checks import align, check_choice, check_panel, check_positive, check_share, together
from patrolgeo._typing import Bools, Floats
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.hotspots._expected import binomial_p
from patrolgeo.panel.events import check_total, incident_size
from patrolgeo.panel.periods import period_edges

SPANS = ("28D", "28D last year", "year to date")
Window = tuple[pd.Timestamp, pd.Timestamp]


def compare_counts(
    before: Any,
    after: Any,
    *,
    time_before: float = 1.0,
    time_after: float = 1.0,
    incident: Any = None,
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
        For sums of weights: the weights of the incidents, or the size of one (mean square over mean). By default the
        numbers are counts and must be whole.
    level
        Coverage of the interval of the ratio (Clopper and Pearson).

    Returns
    -------
    DataFrame by unit: before, after, expected (after, had nothing changed), ratio with low and high, p_value
    (two-sided), p_adjusted (Benjamini and Hochberg; units without any incident are not tested).

    Raises
    ------
    AlignmentError
        When `before` and `after` are of different units.
    DataError
        When a count is negative, missing or not whole (and `incident` is not given), or a setting is out of range.

    Examples
    --------
    >>> from patrolgeo import compare_counts
    >>> compare_counts([20, 4, 0], [41, 5, 0]).round(3)[["ratio", "low", "high", "p_value", "p_adjusted"]]
       ratio    low   high  p_value  p_adjusted
    0   2.05  1.174  3.693     0.01        0.02
    1   1.25  0.269  6.300     1.00        1.00
    2    NaN  0.000    inf     1.00        1.00
    """
    check_positive(time_before, "time_before")
    check_positive(time_after, "time_after")
    check_share(level, "level", "0.95 means 95 %")
    old, new = together("units", before=before, after=after)
    both = np.concatenate([np.atleast_1d(old), np.atleast_1d(new)])
    if old.ndim != 1 or not (np.isfinite(both) & (both >= 0)).all():
        raise DataError("before and after must be counts of the same units, 0 or more and none missing.")
    check_total(both, "before and after")
    labelled = next((v for v in (before, after) if isinstance(v, pd.Series)), None)
    table = pd.DataFrame({"before": old, "after": new}, None if labelled is None else labelled.index)
    size = incident_size(both, incident, "before and after")
    share, total = time_after / (time_before + time_after), old + new
    p_value, _ = binomial_p(new / size, total / size, np.full(len(new), share), np.zeros(len(new)))
    low, high = _interval(new / size, total / size, level)
    scale = time_before / time_after
    table["expected"] = old / scale
    table["ratio"] = np.divide(new, old, out=np.where(new > 0, np.inf, np.nan), where=old > 0) * scale
    table["low"], table["high"] = _odds(low) * scale, _odds(high) * scale
    table["p_value"] = np.where(total > 0, p_value, 1.0)
    table["p_adjusted"] = 1.0
    table.loc[total > 0, "p_adjusted"] = stats.false_discovery_control(table["p_value"][total > 0])
    return table


def compare_periods(
    panel: pd.DataFrame,
    span: str = "28D",
    *,
    now: str | Sequence[Any] | None = None,
    then: str | Sequence[Any] | None = None,
    units: pd.Series | None = None,
    incident: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """What changed: the last 28 days on the 28 before, on last year's, the year to date, or any two stretches of time?

    Parameters
    ----------
    panel
        Counts with periods shorter than what is compared (days or weeks), without a gap, shape (n_periods, n_cells).
    span
        "28D"; "28D last year" (364 days back, so that weekdays match); "year to date" (from 1 January, held against
        the same dates of the year before). The last periods of the panel are the newer ones.
    now, then
        Two stretches in place of `span`, each a pair of first and last day, both included, or a month or a year such as
        "2024-06". `then` is by default as many days right before `now`. Periods count that lie wholly within; a warning
        tells how many days are left out.
    units
        Series by cell: the unit (village, patrol area) each belongs to; by default cells are compared.
    incident
        For sums of weights, as in `compare_counts`; by default what ``count_incidents(weight=...)`` wrote on the panel.
    level
        Coverage of the interval.

    Returns
    -------
    As `compare_counts`, by cell or unit; rates allow for windows of different length. `attrs` name the four dates
    compared, the ends not included.

    Raises
    ------
    DataError
        When the panel has a gap or does not reach as far as asked, when the two stretches overlap, or hold no period.
    AlignmentError
        When `units` lacks cells of the panel.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import compare_periods
    >>> days = pd.date_range("2024-05-01", "2024-06-30", name="period")
    >>> panel = pd.DataFrame({"north": [1.0] * 31 + [2.0] * 30, "south": 1.0}, index=days)
    >>> compare_periods(panel, now="2024-06", then="2024-05")["ratio"].round(2).tolist()
    [2.0, 1.0]
    """
    check_choice(span, SPANS, "span")
    if len(check_panel(panel)) < 2:
        raise DataError(f"The panel has {len(panel)} periods; comparing needs at least two.")
    edges = period_edges(panel.index)
    windows = _windows(edges[0], edges[-1], span) if now is None else _free_windows(now, then)
    if now is None and then is not None:
        raise DataError("then= needs now= beside it; span= names both at once.")
    within = [_rows(edges, window, name) for window, name in zip(windows, ("now", "then"), strict=True)]
    if (within[0] & within[1]).any() or (windows[0][0] < windows[1][1] and windows[1][0] < windows[0][1]):
        raise DataError(f"now ({_words(windows[0])}) and then ({_words(windows[1])}) overlap.")
    if now is not None:
        for rows, window, name in zip(within, windows, ("now", "then"), strict=True):
            _warn_of_rest(edges, rows, window, name)
    size = incident_size(panel, incident)
    counts, days = _by_unit(panel, units), np.diff(edges) / np.timedelta64(1, "D")
    table = compare_counts(
        counts[within[1]].sum(), counts[within[0]].sum(), time_before=float(days[within[1]].sum()),
        time_after=float(days[within[0]].sum()), incident=size, level=level,
    )  # fmt: skip
    table.attrs = {"now": windows[0], "then": windows[1]}
    return table


def _windows(first: pd.Timestamp, end: pd.Timestamp, span: str) -> tuple[Window, Window]:
    """Return start and end of the newer and of the older window; those of 28 days hold whole weeks."""
    month, year = pd.Timedelta(days=28), pd.Timedelta(days=364)
    if span == "28D":
        now, then = (end - month, end), (end - 2 * month, end - month)
    elif span == "28D last year":
        now, then = (end - month, end), (end - month - year, end - year)
    else:
        start, back = (end - pd.Timedelta(1)).to_period("Y").start_time, pd.DateOffset(years=1)
        now, then = (start, end), (start - back, end - back)
    if then[0] < first:
        raise DataError(f"span={span!r} needs counts from {then[0]:%Y-%m-%d} on; the panel begins on {first:%Y-%m-%d}.")
    return now, then


def _free_windows(now: Any, then: Any) -> tuple[Window, Window]:
    start, end = _stretch(now, "now")
    return (start, end), (start - (end - start), start) if then is None else _stretch(then, "then")


def _stretch(given: Any, name: str) -> Window:
    """Return start and end (not included) of a month, a year, or of a first and a last day."""
    ends = (given, given) if isinstance(given, str) else tuple(given) if np.iterable(given) else ()
    try:
        first, last = (pd.Period(e) if isinstance(e, str) else pd.Period(pd.Timestamp(e), "D") for e in ends)
        start, end = first.start_time, (last + 1).start_time
    except (ValueError, TypeError, AttributeError):
        raise DataError(f"{name}={given!r} must be a month such as '2024-06', or a first and a last day.") from None
    if not start < end:
        raise DataError(f"{name}={given!r} ends before it begins.")
    return start, end


def _rows(edges: pd.DatetimeIndex, window: Window, name: str) -> Bools:
    """Return which periods lie wholly within a window that the panel must cover."""
    start, end = window
    if start < edges[0] or end > edges[-1]:
        raise DataError(f"{name} ({_words(window)}) reaches beyond the panel ({_words((edges[0], edges[-1]))}).")
    rows: Bools = np.asarray((edges[:-1] >= start) & (edges[1:] <= end))
    if not rows.any():
        longest = np.diff(edges).max() / np.timedelta64(1, "D")
        raise DataError(f"{name} ({_words(window)}) holds no whole period of {longest:g} days; use a panel by day.")
    return rows


def _warn_of_rest(edges: pd.DatetimeIndex, rows: Bools, window: Window, name: str) -> None:
    held = edges[:-1][rows][0], edges[1:][rows][-1]
    rest = ((window[1] - window[0]) - (held[1] - held[0])) / pd.Timedelta(days=1)
    if rest > 0:
        warnings.warn(
            f"{name}: the whole periods run {_words(held)}; {rest:g} days of what was asked are left out.",
            PatrolgeoWarning,
            stacklevel=3,
        )


def _words(window: Window) -> str:
    return f"{window[0]:%Y-%m-%d} to {window[1] - pd.Timedelta(1, 'ns'):%Y-%m-%d}"


def _by_unit(panel: pd.DataFrame, units: pd.Series | None) -> pd.DataFrame:
    if units is None:
        return panel
    unit = align(units, panel.columns, "units")
    if unit.isna().any():
        raise DataError(f"units is missing for {unit.isna().sum()} of {len(unit)} cells; name a unit for each.")
    return panel.T.groupby(unit.to_numpy()).sum().T


def _interval(k: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the Clopper-Pearson interval of a share."""
    tail = (1 - level) / 2
    low = np.where(k > 0, special.betaincinv(np.maximum(k, 1e-300), n - k + 1, tail), 0.0)
    high = np.where(k < n, special.betaincinv(k + 1, np.maximum(n - k, 1e-300), 1 - tail), 1.0)
    return low, high


def _odds(share: Floats) -> Floats:
    return np.divide(share, 1 - share, out=np.full(len(share), np.inf), where=share < 1)

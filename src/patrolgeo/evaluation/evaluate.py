"""Scores of all models side by side, a row for each model and period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_choice, check_panel, check_type
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.evaluation.budgets import Sized, Sizes
from patrolgeo.evaluation.measures import MEASURES
from patrolgeo.evaluation.ranked import Curve, Ranked, best_curve
from patrolgeo.evaluation.splits import window_of
from patrolgeo.grid.units import Units
from patrolgeo.risk.history import next_periods

Metric = Callable[..., float]
DEFAULT_METRICS = ("hit_rate", "pai", "pei", "log_score_spatial")
NOTHING = Sized("", "", np.zeros(0), 0.0)
BUDGETS: tuple[float | str, ...] = (0.01, 0.05)


def evaluate(
    panel: pd.DataFrame,
    forecasts: pd.DataFrame,
    metrics: Mapping[str, Metric] | Sequence[str] | None = None,
    *,
    cells: pd.Index | None = None,
    budget: pd.Series | None = None,
    window: int | None = None,
    units: Units | None = None,
    budgets: Sequence[float | str] = BUDGETS,
) -> pd.DataFrame:
    """How good was each forecast in each period?

    Units are taken by forecast per unit of the budget (per km2, per km of street, per minute, per unit) until it is
    spent; every unit of the study area counts, those without incidents too.

    Parameters
    ----------
    panel
        What happened; a row of the forecasts that sums several periods is compared with their sum.
    forecasts
        As `backtest` or `read_forecasts` return them: columns (model, cell), rows named "period"; or rows and cells
        named as sums of several periods.
    metrics
        Names of `metric_table`, or name to function of (y_true, y_pred). By default hit rate, PAI and PEI, and the
        spatial log score. `area` is filled in where a function takes it, and `area_share` from `budgets` where it is
        left open.
    cells
        Only these cells (the patrollable ones, for example) make the study area; by default the whole panel, which
        the forecasts must then cover with no cell more and no cell less.
    budget
        What it costs to patrol a cell, by cell, above 0, in minutes for example. `area_share` is then a share of the
        minutes that the whole study area would take, in place of its km2.
    window
        Periods that a row of the forecasts sums, for forecasts whose rows do not say it.
    units
        Where the units of the panel lie, when its labels are not H3 cells: shares are then shares of their area, or of
        their length where they are street segments.
    budgets
        How much is flagged, for every metric that leaves it open: shares (0.01, "1 %"), or amounts with their unit:
        "2 km2", "0.25 sq mi", "5 km" (of street), "100 units", "480 minutes". Minutes, and km where the units are not
        segments, are those of `budget`.

    Returns
    -------
    Table: model, period, one column a metric ("pai@0.01", "pai@100 units"); with windows of several periods also
    `until`, where the window ends. Averaging is the reader's choice; see `summarise_scores`.

    Raises
    ------
    AlignmentError
        When panel and forecasts do not hold the same cells or periods, `units` lacks some, or nothing says what a row
        sums.
    DataError
        When a forecast is missing, a metric is neither a name nor a function, or a budget is larger than the whole.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import HistoricalMean, backtest, evaluate
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> panel = pd.DataFrame({"8930e1d8d03ffff": [4, 4, 4, 3], "8930e1d8d07ffff": [0, 0, 0, 1]}, index=weeks)
    >>> forecasts = backtest({"mean": HistoricalMean()}, panel, n_origins=1)
    >>> scores = evaluate(panel, forecasts, budgets=[0.05, "1 units"])
    >>> scores[["hit_rate@0.05", "hit_rate@1 units"]].round(3).values.tolist()
    [[0.075, 0.75]]
    """
    panel = check_panel(panel)
    said = _by_model(forecasts, panel, cells)
    wanted = panel.columns if cells is None else pd.Index(cells)
    happened, until = _happened(align(panel.T, wanted, "panel").T, forecasts, window_of(forecasts, window))
    columns = _columns(DEFAULT_METRICS if metrics is None else metrics, Sizes(wanted, units, budget), budgets)
    most = {c.budget.of: c.budget.share for c in sorted(columns, key=lambda c: c.budget.share)}
    best: list[dict[str, Curve]] = [{} for _ in happened]
    rows = []
    for model, table in said.items():
        values = _in_order(table, wanted, model)
        for number, (period, end) in enumerate(zip(forecasts.index, until, strict=True)):
            one = _Row(happened[number], values[number], best[number], most)
            row = {"model": model, "period": period, "until": end}
            rows.append(row | {column.name: column.score(one) for column in columns})
    scores = pd.DataFrame(rows, columns=["model", "period", "until", *(column.name for column in columns)])
    return scores.drop(columns="until") if window_of(forecasts, window) == 1 else scores


def _by_model(forecasts: pd.DataFrame, panel: pd.DataFrame, cells: pd.Index | None) -> dict[object, pd.DataFrame]:
    """Return the forecasts of each model, checked to be of the cells of the panel."""
    check_type(forecasts, pd.DataFrame, "forecasts")
    if forecasts.columns.nlevels != 2:
        raise DataError("forecasts must have the columns (model, cell), as backtest returns them.")
    if not (isinstance(forecasts.index, pd.DatetimeIndex) and len(forecasts)):
        raise DataError("forecasts must have a DatetimeIndex of period starts as rows, at least one.")
    said = {model: forecasts[model] for model in forecasts.columns.get_level_values(0).unique()}
    for model, table in said.items():
        lone = table.columns.difference(panel.columns)
        if cells is None and len(lone):
            raise AlignmentError(
                f"The forecasts of {model!r} hold {len(lone)} cells that the panel has not (first: {lone[0]}). "
                "Score the whole study area, or name a part of it with cells=."
            )
    return said


def _happened(panel: pd.DataFrame, forecasts: pd.DataFrame, window: int) -> tuple[Floats, pd.DatetimeIndex]:
    """Return the counts that belong to the rows of the forecasts, and where the windows end."""
    at = panel.index.get_indexer(forecasts.index)
    if (at < 0).any() or (at + window > len(panel)).any():
        bad = forecasts.index[(at < 0) | (at + window > len(panel))][0]
        raise AlignmentError(
            f"The forecast of {bad} needs {window} period(s) from there; the panel does not have them."
        )
    total = np.vstack([np.zeros(panel.shape[1]), panel.to_numpy(float).cumsum(axis=0)])
    ends = panel.index if window == 1 else panel.index.append(next_periods(panel.index, 1))
    return total[at + window] - total[at], ends[at + (window if window > 1 else 0)]


def _in_order(said: pd.DataFrame, cells: pd.Index, model: object) -> Floats:
    values = align(said.T, cells, f"the forecast of {model!r}").to_numpy(float).T
    if not np.isfinite(values).all():
        row = said.index[~np.isfinite(values).all(axis=1)][0]
        raise DataError(f"The forecast of {model!r} for {row} is missing in some cells; score models of equal rows.")
    return values


class _Row:
    """One forecast beside what happened; the order of the units is found once for each kind of budget."""

    def __init__(self, y: Floats, said: Floats, best: dict[str, Curve], most: dict[str, float]) -> None:
        self.y, self.said, self.best, self.most = y, said, best, most
        self._ranked: dict[str, Ranked] = {}

    def ranked(self, budget: Sized) -> Ranked:
        if budget.of not in self._ranked:
            most = self.most[budget.of]
            if budget.of not in self.best:
                self.best[budget.of] = best_curve(self.y, budget.size, most * budget.size.sum())
            self._ranked[budget.of] = Ranked(self.y, self.said, budget.size, self.best[budget.of], most)
        return self._ranked[budget.of]


class _Column(NamedTuple):
    """A column of the table of scores, and how a row gets it."""

    name: str
    score: Callable[[_Row], float]
    budget: Sized = NOTHING


def _columns(
    metrics: Mapping[str, Metric] | Sequence[str], sizes: Sizes, budgets: Sequence[float | str]
) -> list[_Column]:
    """Return the columns of all metrics, given by name or as functions."""
    if isinstance(metrics, Mapping):
        return [column for name, metric in metrics.items() for column in _of_function(name, metric, sizes, budgets)]
    check_type(metrics, Sequence, "metrics", "name them, for example ['pai', 'hit_rate'], or map names to functions")
    found = []
    for name in metrics:
        check_choice(name, MEASURES, "metrics")
        measure = MEASURES[name]
        if measure.function is None:
            raise DataError(f"The metric {name!r} gives a table, not a number; call patrolgeo.{name} itself.")
        found += _of_function(name, measure.function, sizes, budgets)
    return found


def _of_function(name: str, metric: Metric, sizes: Sizes, budgets: Sequence[float | str]) -> list[_Column]:
    """Return the columns of one metric: one, or one for every budget where it leaves that open."""
    if not callable(metric):
        raise DataError(f"The metric {name!r} is a {type(metric).__name__}; give a function of (y_true, y_pred).")
    function, bound = (metric.func, metric.keywords) if isinstance(metric, partial) else (metric, {})
    open_to = [p for p in signature(metric).parameters if p not in bound]
    if "area_share" in open_to:
        of = [sizes.of(one) for one in budgets]
        return [_Column(f"{name}@{b.name}", _scorer(metric, b, {"area_share": b.share}, open_to), b) for b in of]
    if "area" not in open_to:
        return [_Column(name, lambda row: metric(row.y, row.said))]
    usual = Sized("", "usual", sizes.usual(), bound.get("area_share", 1.0))
    if set(bound) <= {"area_share"} and "area_share" in bound:
        return [_Column(name, _scorer(function, usual, dict(bound), open_to), usual)]
    return [_Column(name, partial(_plain, metric, {"area": usual.size}))]


_RANKED = {m.function: m.ranked for m in MEASURES.values() if m.ranked and not isinstance(m.function, partial)}


def _scorer(metric: Metric, budget: Sized, share: dict[str, Any], open_to: list[str]) -> Callable[[_Row], float]:
    """Return how a metric of a flagged share is read from a row: from its order of units where it can be."""
    ranked = _RANKED.get(getattr(metric, "__wrapped__", metric))
    if ranked is not None and "area" in open_to:
        return lambda row: ranked(row.ranked(budget), budget.share)
    return partial(_plain, metric, share | ({"area": budget.size} if "area" in open_to else {}))


def _plain(metric: Metric, keywords: dict[str, Any], row: _Row) -> float:
    return metric(row.y, row.said, **keywords)

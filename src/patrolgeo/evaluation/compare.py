"""Scores of all models side by side, and whether their differences are more than luck."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import (
    align,
    check_choice,
    check_columns,
    check_count,
    check_panel,
    check_seed,
    check_share,
    check_type,
)
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError, PatrolgeoWarning
from patrolgeo.evaluation.metrics import hit_rate, log_score, pai, pei
from patrolgeo.evaluation.splits import window_of
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.units import Units
from patrolgeo.risk.history import next_periods

Metric = Callable[..., float]
DEFAULT_METRICS: dict[str, Metric] = {
    **{f"hit_rate@{s:g}": partial(hit_rate, area_share=s) for s in (0.01, 0.05)},
    **{f"pai@{s:g}": partial(pai, area_share=s) for s in (0.01, 0.05)},
    **{f"pei@{s:g}": partial(pei, area_share=s) for s in (0.01, 0.05)},
    "log_score_spatial": partial(log_score, part="spatial"),
}
_LABELS = ("model", "period", "until", "set")


def evaluate(
    panel: pd.DataFrame,
    forecasts: pd.DataFrame,
    metrics: Mapping[str, Metric] | None = None,
    *,
    cells: pd.Index | None = None,
    budget: pd.Series | None = None,
    window: int | None = None,
    units: Units | None = None,
) -> pd.DataFrame:
    """How good was each forecast in each period?

    Parameters
    ----------
    panel
        What happened; a row of the forecasts that sums several periods is compared with their sum.
    forecasts
        As `backtest` returns them: columns (model, cell), rows named "period"; or rows and cells named as sums of
        several periods.
    metrics
        Name to function of (y_true, y_pred); `area` is filled in from the H3 labels, or from `units`, where the
        function takes one.
        By default hit rate, PAI and PEI at 1 % and 5 % of the area, and the spatial log score.
    cells
        Only these cells (the patrollable ones, for example) make the study area; by default the whole panel, which
        the forecasts must then cover with no cell more and no cell less.
    budget
        What it costs to patrol a cell, by cell, above 0, in minutes for example. `area_share` is then a share of the
        minutes that the whole study area would take, in place of its km2.
    window
        Periods that a row of the forecasts sums, for forecasts whose rows do not say it.
    units
        Where the units of the panel lie, when its labels are not H3 cells: `area_share` is then a share of their area,
        or of their length where they are street segments.

    Returns
    -------
    Table: model, period, one column a metric; with windows of several periods also `until`, where the window ends.
    Averaging is the reader's choice; see `summarise_scores`.

    Raises
    ------
    AlignmentError
        When panel and forecasts do not hold the same cells or periods, or nothing says what a row sums.
    DataError
        When a forecast is missing, or a metric is not a function.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import HistoricalMean, backtest, evaluate
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> panel = pd.DataFrame({"8930e1d8d03ffff": [4, 4, 4, 3], "8930e1d8d07ffff": [0, 0, 0, 1]}, index=weeks)
    >>> forecasts = backtest({"mean": HistoricalMean()}, panel, n_origins=1)
    >>> evaluate(panel, forecasts)["hit_rate@0.05"].round(3).tolist()
    [0.075]
    """
    panel = check_panel(panel)
    said = _by_model(forecasts, panel, cells)
    wanted = panel.columns if cells is None else pd.Index(cells)
    happened, until = _happened(align(panel.T, wanted, "panel").T, forecasts, window_of(forecasts, window))
    asked = _with_areas(DEFAULT_METRICS if metrics is None else metrics, wanted, budget, units)
    rows = []
    for model, table in said.items():
        values = _in_order(table, wanted, model)
        for period, end, y_true, y_pred in zip(forecasts.index, until, happened, values, strict=True):
            row = {"model": model, "period": period, "until": end}
            rows.append(row | {name: metric(y_true, y_pred) for name, metric in asked.items()})
    scores = pd.DataFrame(rows, columns=["model", "period", "until", *asked])
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


def _with_areas(
    metrics: Mapping[str, Metric], cells: pd.Index, budget: pd.Series | None, units: Units | None
) -> dict[str, Metric]:
    """Return the metrics with the area or budget filled in where one takes it; labels are read only then."""
    check_type(metrics, Mapping, "metrics", "name each function, for example {'pai': partial(pai, area_share=0.01)}")
    for name, metric in metrics.items():
        if not callable(metric):
            raise DataError(f"The metric {name!r} is a {type(metric).__name__}; give a function of (y_true, y_pred).")
    size = None if budget is None else align(budget, cells, "budget").to_numpy(float)
    wanting = {name for name, metric in metrics.items() if _takes_area(metric)}
    if wanting and size is None:
        size = (HexGrid.from_cells(cells) if units is None else units.select(cells)).size[cells].to_numpy(float)
    return {name: partial(m, area=size) if name in wanting else m for name, m in metrics.items()}


def _takes_area(metric: Metric) -> bool:
    bound = metric.keywords if isinstance(metric, partial) else {}
    return "area" in signature(metric).parameters and "area" not in bound


def summarise_scores(
    scores: pd.DataFrame, *, level: float = 0.95, n_boot: int = 1000, random_state: Any = 0
) -> pd.DataFrame:
    """Mean of each metric for each model, with a bootstrap interval over the origins (and data sets, see `compare`).

    Windows that overlap share most of what happened; as many origins are drawn as there are windows that do not
    overlap (`n_effective`). One such window says nothing of the spread: its interval is missing, with a warning.

    Parameters
    ----------
    scores
        As `evaluate` returns them; stack those of several data sets with a column "set" that names each.
    level
        Probability of the interval.
    n_boot
        Number of bootstrap draws.
    random_state
        Seed or Generator; None draws a fresh seed.

    Returns
    -------
    Table: model, metric, value, low, high, n (origins with a value), n_effective.

    Raises
    ------
    MissingColumnError
        When `scores` lacks model or period.
    DataError
        When a number lies outside its range, or a model has two scores of one period.

    Warns
    -----
    PatrolgeoWarning
        When fewer than two windows do not overlap, so that no interval can be given.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import summarise_scores
    >>> scores = pd.DataFrame({"model": "a", "period": [1, 2, 3, 4], "pai": [2.0, 4.0, 2.0, 4.0]})
    >>> summarise_scores(scores)[["value", "low", "high", "n"]].values.tolist()
    [[3.0, 2.0, 4.0, 4.0]]
    """
    draws = _Draws(level, n_boot, random_state)
    return pd.concat([draws.interval(m, tables) for m, tables in _by_set(scores).items()], ignore_index=True)


def compare(
    scores: pd.DataFrame,
    reference: str,
    *,
    how: str = "difference",
    level: float = 0.95,
    n_boot: int = 1000,
    random_state: Any = 0,
) -> pd.DataFrame:
    """Is a model better than `reference`, or was it luck?

    Paired bootstrap: the same origins are drawn for both, so that easy and hard periods cancel; overlapping windows
    count as in `summarise_scores`. Scores of several data sets are pooled, each set counting alike, and the sets are
    drawn too: the interval then speaks of a further set of the kind.

    Parameters
    ----------
    scores
        As `evaluate` returns them; stack those of several data sets (types of incident, cities) with a column "set"
        that names each.
    reference
        The model that the others are compared with.
    how
        "difference" of means, or "ratio" of means. Over sets: their mean, or the geometric mean of ratios.
    level
        Probability of the interval.
    n_boot
        Number of bootstrap draws.
    random_state
        Seed or Generator; None draws a fresh seed.

    Returns
    -------
    Table: model, metric, value, low, high, n (origins in all), n_effective.

    Raises
    ------
    MissingColumnError
        When `scores` lacks model or period.
    DataError
        When `reference` is not among the models, a word or number is none of those known, or a model has two scores
        of one period.

    Warns
    -----
    PatrolgeoWarning
        When fewer than two windows do not overlap, so that no interval can be given.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import compare
    >>> pai = {"model": ["a"] * 4 + ["b"] * 4, "period": [1, 2, 3, 4] * 2, "pai": [2.0, 4, 2, 4, 3, 5, 3, 5]}
    >>> compare(pd.DataFrame(pai), reference="a")[["model", "value", "low", "high"]].values.tolist()
    [['b', 1.0, 1.0, 1.0]]
    """
    check_choice(how, ("difference", "ratio"), "how")
    draws = _Draws(level, n_boot, random_state)
    check_columns(scores, ["model", "period"], "scores")
    check_choice(reference, scores["model"].unique(), "reference")
    rows = []
    for metric, tables in _by_set(scores).items():
        relate = partial(_against, reference=tables[0][0].columns.get_loc(reference), how=how)
        rows.append(draws.interval(metric, tables, relate, how))
    table = pd.concat(rows, ignore_index=True)
    return table[table["model"] != reference].reset_index(drop=True)


def _by_set(scores: pd.DataFrame) -> dict[str, list[tuple[pd.DataFrame, int]]]:
    """Return metric -> for each data set a table of periods x models and how many of its windows do not overlap.

    Periods that lack a model are left out.
    """
    check_columns(scores, ["model", "period"], "scores")
    names = [c for c in scores.columns if c not in _LABELS]
    if not len(scores) or not names:
        raise DataError("scores holds no score; give what evaluate returns, with at least one row and one metric.")
    sets = [one for _, one in scores.groupby("set", sort=False)] if "set" in scores else [scores]
    if any(one.duplicated(["model", "period"]).any() for one in sets):
        raise DataError("scores holds a model and period twice; name the data set of each row in a column 'set'.")
    order = scores["model"].unique()
    return {name: [_table(one, name, order) for one in sets] for name in names}


def _table(scores: pd.DataFrame, metric: str, order: Any) -> tuple[pd.DataFrame, int]:
    table = scores.pivot(index="period", columns="model", values=metric).reindex(columns=order).dropna()
    if "until" not in scores or scores["until"].isna().all():
        return table, len(table)
    return table, _apart(table.index, scores.groupby("period")["until"].max().loc[table.index])


def _apart(starts: pd.Index, ends: pd.Series) -> int:
    """Return the largest number of windows that do not overlap."""
    count, free = 0, None
    for start, end in sorted(zip(starts, ends, strict=True), key=lambda w: w[1]):
        if free is None or start >= free:
            count, free = count + 1, end
    return count


class _Draws:
    """Bootstrap intervals of means over origins, pooled over data sets."""

    def __init__(self, level: float, n_boot: int, random_state: Any) -> None:
        check_share(level, "level", "0.95 means 95 %")
        self.level, self.n_boot, self.seed = level, check_count(n_boot, "n_boot"), check_seed(random_state)
        self.warned = False

    def interval(
        self,
        metric: str,
        tables: list[tuple[pd.DataFrame, int]],
        relate: Callable[[Floats], Floats] = lambda means: means,
        how: str = "difference",
    ) -> pd.DataFrame:
        """Return value and bounds of each model: means over origins, related to each other, pooled over data sets."""
        values, numbers = [table.to_numpy(float) for table, _ in tables], [n for _, n in tables]
        apart = sum(numbers)
        means = np.array([relate(v.mean(axis=0)[None] if len(v) else np.full((1, v.shape[1]), np.nan)) for v in values])
        drawn = np.array([relate(self.means(v, n, i)) for i, (v, n) in enumerate(zip(values, numbers, strict=True))])
        sets = np.random.default_rng(self.seed).integers(0, len(tables), (len(tables), self.n_boot))
        pooled = _pooled(drawn[sets, np.arange(self.n_boot)], how)
        low, high = np.quantile(pooled, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        if apart < 2:
            self.warn(metric, apart)
            low, high = np.full((2, len(low)), np.nan)
        out = {"model": tables[0][0].columns, "metric": metric, "value": _pooled(means, how)[0], "low": low}
        return pd.DataFrame(out | {"high": high, "n": sum(map(len, values)), "n_effective": apart})

    def means(self, values: Floats, n: int, number: int) -> Floats:
        """Return means over `n` resampled rows, shape (n_boot, n_models).

        Sums over windows that overlap w-fold are correlated so that the variance of their mean is that of one window
        over the number of windows that do not overlap: so many rows are drawn.
        """
        if not len(values):
            return np.full((self.n_boot, values.shape[1]), np.nan)
        picks = np.random.default_rng(self.seed + number).integers(0, len(values), (self.n_boot, n))
        return values[picks].mean(axis=1)

    def warn(self, metric: str, apart: int) -> None:
        """Say once why there is no interval."""
        if not self.warned:
            warnings.warn(
                f"{apart} window(s) with a value of {metric} that do not overlap: no interval can be given. Bring at "
                "least 2 origins, better 10, a window apart.",
                PatrolgeoWarning,
                stacklevel=4,
            )
        self.warned = True


def _against(means: Floats, reference: Any, how: str) -> Floats:
    base = means[:, [reference]]
    return means - base if how == "difference" else means / np.where(base > 0, base, np.nan)


def _pooled(values: Floats, how: str) -> Floats:
    """Return the mean over the first axis, the geometric one for ratios."""
    if how == "difference":
        return np.asarray(values.mean(axis=0), float)
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.log(values).mean(axis=0)), float)

"""Scores of all models side by side, and whether their differences are more than luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align_to_cells, check_choice, check_columns, check_panel
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError
from patrolgeo.evaluation.metrics import hit_rate, log_score, pai, pei
from patrolgeo.grid.hexgrid import HexGrid

Metric = Callable[..., float]
DEFAULT_METRICS: dict[str, Metric] = {
    **{f"hit_rate@{s:g}": partial(hit_rate, area_share=s) for s in (0.01, 0.05)},
    **{f"pai@{s:g}": partial(pai, area_share=s) for s in (0.01, 0.05)},
    **{f"pei@{s:g}": partial(pei, area_share=s) for s in (0.01, 0.05)},
    "log_score_spatial": partial(log_score, part="spatial"),
}


def evaluate(
    panel: pd.DataFrame,
    forecasts: pd.DataFrame,
    metrics: Mapping[str, Metric] | None = None,
    *,
    cells: pd.Index | None = None,
    budget: pd.Series | None = None,
) -> pd.DataFrame:
    """How good was each forecast in each period?

    Parameters
    ----------
    panel
        What happened; a row of the forecasts that sums several periods is compared with their sum.
    forecasts
        As `backtest` returns them: columns (model, cell).
    metrics
        Name to function of (y_true, y_pred); `area` is filled in from the H3 labels where the function takes one.
        By default hit rate, PAI and PEI at 1 % and 5 % of the area, and the spatial log score.
    cells
        Only these cells (the patrollable ones, for example) make the study area; by default the whole panel.
    budget
        What it costs to patrol a cell, by cell, above 0, in minutes for example. `area_share` is then a share of the
        minutes that the whole study area would take, in place of its km2.

    Returns
    -------
    Table: model, period, one column a metric. Averaging is the reader's choice; see `summarise_scores`.
    """
    panel = check_panel(panel)
    models = forecasts.columns.get_level_values(0).unique()
    cells = panel.columns if cells is None else pd.Index(cells)
    happened = _happened(panel[cells], forecasts)
    size = HexGrid.from_cells(cells).area_km2[cells] if budget is None else align_to_cells(budget, cells, "budget")
    chosen = DEFAULT_METRICS if metrics is None else metrics
    asked = {name: _with_area(m, size.to_numpy(float)) for name, m in chosen.items()}
    rows = []
    for model in models:
        said = _in_order(forecasts[model], cells, model)
        for period, y_true, y_pred in zip(forecasts.index, happened, said, strict=True):
            rows.append({"model": model, "period": period, **{k: m(y_true, y_pred) for k, m in asked.items()}})
    return pd.DataFrame(rows)


def _happened(panel: pd.DataFrame, forecasts: pd.DataFrame) -> Floats:
    """Return the counts that belong to the rows of the forecasts."""
    window = forecasts.attrs.get("window", 1)
    at = panel.index.get_indexer(forecasts.index)
    if (at < 0).any() or (at + window > len(panel)).any():
        bad = forecasts.index[(at < 0) | (at + window > len(panel))][0]
        raise AlignmentError(
            f"The forecast of {bad} needs {window} period(s) from there; the panel does not have them."
        )
    total = np.vstack([np.zeros(panel.shape[1]), panel.to_numpy(float).cumsum(axis=0)])
    return total[at + window] - total[at]


def _in_order(said: pd.DataFrame, cells: pd.Index, model: object) -> Floats:
    missing = cells.difference(said.columns)
    if len(missing):
        raise AlignmentError(
            f"The forecasts of {model!r} lack {len(missing)} cells of the panel (first: {missing[0]})."
        )
    return said[cells].to_numpy(float)


def _with_area(metric: Metric, area: Floats) -> Metric:
    bound = metric.keywords if isinstance(metric, partial) else {}
    wanted = "area" in signature(metric).parameters and "area" not in bound
    return partial(metric, area=area) if wanted else metric


def summarise_scores(
    scores: pd.DataFrame, *, level: float = 0.95, n_boot: int = 1000, random_state: int = 0
) -> pd.DataFrame:
    """Mean of each metric for each model, with a bootstrap interval over the origins.

    Returns
    -------
    Table: model, metric, value, low, high, n (origins with a value).
    """
    wide = _by_period(scores)
    rows = []
    for metric, table in wide.items():
        draws = _resampled_means(table.to_numpy(), n_boot, random_state)
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        for i, model in enumerate(table.columns):
            value = table[model].mean()
            rows.append(
                {"model": model, "metric": metric, "value": value, "low": low[i], "high": high[i], "n": len(table)}
            )
    return pd.DataFrame(rows)


def compare(
    scores: pd.DataFrame,
    reference: str,
    *,
    how: str = "difference",
    level: float = 0.95,
    n_boot: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Is a model better than `reference`, or was it luck?

    Paired bootstrap: the same origins are drawn for both, so that easy and hard periods cancel. Windows that overlap
    make the intervals too narrow.

    Parameters
    ----------
    scores
        As `evaluate` returns them.
    reference
        The model that the others are compared with.
    how
        "difference" of means, or "ratio" of means.

    Returns
    -------
    Table: model, metric, value, low, high, n.
    """
    check_choice(how, ("difference", "ratio"), "how")
    check_columns(scores, ["model", "period"], "scores")
    check_choice(reference, scores["model"].unique(), "reference")
    rows = []
    for metric, table in _by_period(scores).items():
        at = table.columns.get_loc(reference)
        draws = _against(_resampled_means(table.to_numpy(), n_boot, random_state), at, how)
        value = _against(table.to_numpy().mean(axis=0)[None], at, how)[0]
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        rows += [
            {"model": m, "metric": metric, "value": value[i], "low": low[i], "high": high[i], "n": len(table)}
            for i, m in enumerate(table.columns)
            if i != at
        ]
    return pd.DataFrame(rows)


def _by_period(scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return metric -> table of periods x models, periods in which any model has no value left out."""
    check_columns(scores, ["model", "period"], "scores")
    names = [c for c in scores.columns if c not in ("model", "period")]
    order = scores["model"].unique()
    return {m: scores.pivot(index="period", columns="model", values=m)[order].dropna() for m in names}


def _resampled_means(values: Floats, n_boot: int, random_state: int) -> Floats:
    """Return means over resampled rows, shape (n_boot, n_models)."""
    if not len(values):
        return np.full((1, values.shape[1]), np.nan)
    picks = np.random.default_rng(random_state).integers(0, len(values), (n_boot, len(values)))
    return values[picks].mean(axis=1)


def _against(means: Floats, reference: Any, how: str) -> Floats:
    base = means[:, [reference]]
    return means - base if how == "difference" else means / np.where(base > 0, base, np.nan)

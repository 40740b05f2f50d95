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
    """Mean of each metric for each model, with a bootstrap interval over the origins (and data sets, see `compare`).

    Returns
    -------
    Table: model, metric, value, low, high, n (origins with a value).
    """
    tables = _by_set(scores)
    return pd.concat([_interval(m, t, level, n_boot, random_state) for m, t in tables.items()], ignore_index=True)


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
    make the intervals too narrow. Scores of several data sets are pooled, each set counting alike, and the sets are
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

    Returns
    -------
    Table: model, metric, value, low, high, n (origins in all).
    """
    check_choice(how, ("difference", "ratio"), "how")
    check_columns(scores, ["model", "period"], "scores")
    check_choice(reference, scores["model"].unique(), "reference")
    rows = []
    for metric, tables in _by_set(scores).items():
        relate = partial(_against, reference=tables[0].columns.get_loc(reference), how=how)
        rows.append(_interval(metric, tables, level, n_boot, random_state, relate, how))
    table = pd.concat(rows, ignore_index=True)
    return table[table["model"] != reference].reset_index(drop=True)


def _by_set(scores: pd.DataFrame) -> dict[str, list[pd.DataFrame]]:
    """Return metric -> a table of periods x models for each data set, periods that lack a model left out."""
    check_columns(scores, ["model", "period"], "scores")
    names = [c for c in scores.columns if c not in ("model", "period", "set")]
    order = scores["model"].unique()
    sets = [one for _, one in scores.groupby("set", sort=False)] if "set" in scores else [scores]
    return {m: [s.pivot(index="period", columns="model", values=m)[order].dropna() for s in sets] for m in names}


def _interval(
    metric: str,
    tables: list[pd.DataFrame],
    level: float,
    n_boot: int,
    random_state: int,
    relate: Callable[[Floats], Floats] = lambda means: means,
    how: str = "difference",
) -> pd.DataFrame:
    """Return value and bounds of each model: means over origins, related to each other, pooled over data sets."""
    means = np.array([relate(table.mean().to_numpy()[None]) for table in tables])
    drawn = np.array([relate(_resampled_means(t.to_numpy(), n_boot, random_state + i)) for i, t in enumerate(tables)])
    sets = np.random.default_rng(random_state).integers(0, len(tables), (len(tables), n_boot))
    pooled = _pooled(drawn[sets, np.arange(n_boot)], how)
    low, high = np.quantile(pooled, [(1 - level) / 2, (1 + level) / 2], axis=0)
    out = {"model": tables[0].columns, "metric": metric, "value": _pooled(means, how)[0], "low": low, "high": high}
    return pd.DataFrame(out | {"n": sum(map(len, tables))})


def _resampled_means(values: Floats, n_boot: int, random_state: int) -> Floats:
    """Return means over resampled rows, shape (n_boot, n_models)."""
    if not len(values):
        return np.full((n_boot, values.shape[1]), np.nan)
    picks = np.random.default_rng(random_state).integers(0, len(values), (n_boot, len(values)))
    return values[picks].mean(axis=1)


def _against(means: Floats, reference: Any, how: str) -> Floats:
    base = means[:, [reference]]
    return means - base if how == "difference" else means / np.where(base > 0, base, np.nan)


def _pooled(values: Floats, how: str) -> Floats:
    """Return the mean over the first axis, the geometric one for ratios."""
    if how == "difference":
        return np.asarray(values.mean(axis=0), float)
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.log(values).mean(axis=0)), float)

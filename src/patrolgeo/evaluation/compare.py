"""Are the differences between models more than luck?"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from patrolgeo._checks import check_choice, check_columns
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.intervals import Relate, Resampling, Sample, holm

_LABELS = ("model", "period", "until", "set")


def summarise_scores(
    scores: pd.DataFrame,
    *,
    level: float = 0.95,
    interval: str = "bootstrap",
    n_boot: int = 1000,
    random_state: Any = 0,
) -> pd.DataFrame:
    """Mean of each metric for each model, with an interval over the origins (and data sets, see `compare`).

    Windows that overlap share most of what happened; as many origins are drawn as there are windows that do not
    overlap (`n_effective`). One such window says nothing of the spread: its interval is missing, with a warning.

    Parameters
    ----------
    scores
        As `evaluate` returns them; stack those of several data sets with a column "set" that names each.
    level
        Probability of the interval.
    interval
        "bootstrap" draws as many origins as there are windows that do not overlap, and takes quantiles; "blocks" draws
        runs of consecutive origins, twice as long as windows overlap, and "jackknife" leaves such runs out one after
        another (of several data sets, whole sets): both take Student's t with as many groups as there are runs.
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
    how = Resampling(interval, level, n_boot, random_state)
    tables = [_table(m, sets, how, lambda means: means, ratio=False) for m, sets in _by_set(scores).items()]
    return pd.concat(tables, ignore_index=True).drop(columns="p_value")


def compare(
    scores: pd.DataFrame,
    reference: str,
    *,
    how: str = "difference",
    level: float = 0.95,
    interval: str = "bootstrap",
    n_boot: int = 1000,
    random_state: Any = 0,
) -> pd.DataFrame:
    """Is a model better than `reference`, or was it luck?

    Paired: the same origins are drawn for both, so that easy and hard periods cancel; overlapping windows count as in
    `summarise_scores`. Scores of several data sets are pooled, each set counting alike, and the sets are drawn too: the
    interval then speaks of a further set of the kind. The best of many models looks better than it is: `p_adjusted`
    allows for the number of models (Holm 1979), for each metric by itself.

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
    interval
        "bootstrap" draws as many origins as there are windows that do not overlap, and takes quantiles; "blocks" draws
        runs of consecutive origins, twice as long as windows overlap, and "jackknife" leaves such runs out one after
        another (of several data sets, whole sets): both take Student's t with as many groups as there are runs.
    n_boot
        Number of bootstrap draws.
    random_state
        Seed or Generator; None draws a fresh seed.

    Returns
    -------
    Table: model, metric, value, low, high, p_value (two-sided, Student's t on the resampled spread), n (origins in
    all), n_effective, p_adjusted.

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
    resampling = Resampling(interval, level, n_boot, random_state)
    check_columns(scores, ["model", "period"], "scores")
    check_choice(reference, scores["model"].unique(), "reference")
    rows = []
    for metric, sets in _by_set(scores).items():
        relate = partial(_against, reference=sets[0].models.get_loc(reference), how=how)
        table = _table(metric, sets, resampling, relate, ratio=how == "ratio")
        table = table[table["model"] != reference]
        rows.append(table.assign(p_adjusted=holm(table["p_value"].to_numpy())))
    return pd.concat(rows, ignore_index=True)


class _Set(NamedTuple):
    """Scores of one metric on one data set, periods x models."""

    models: pd.Index
    sample: Sample


def _table(metric: str, sets: list[_Set], how: Resampling, relate: Relate, *, ratio: bool) -> pd.DataFrame:
    """Return the rows of one metric."""
    samples = [one.sample for one in sets]
    found = how.estimate(metric, samples, relate, ratio)
    n = sum(len(s.values) for s in samples)
    out = {"model": sets[0].models, "metric": metric, **found._asdict(), "n": n}
    return pd.DataFrame(out | {"n_effective": sum(s.apart for s in samples)})


def _by_set(scores: pd.DataFrame) -> dict[str, list[_Set]]:
    """Return metric -> its data sets; periods that lack a model are left out."""
    check_columns(scores, ["model", "period"], "scores")
    names = [c for c in scores.columns if c not in _LABELS]
    if not len(scores) or not names:
        raise DataError("scores holds no score; give what evaluate returns, with at least one row and one metric.")
    sets = [one for _, one in scores.groupby("set", sort=False)] if "set" in scores else [scores]
    if any(one.duplicated(["model", "period"]).any() for one in sets):
        raise DataError("scores holds a model and period twice; name the data set of each row in a column 'set'.")
    order = scores["model"].unique()
    return {name: [_set(one, name, order) for one in sets] for name in names}


def _set(scores: pd.DataFrame, metric: str, order: Any) -> _Set:
    table = scores.pivot(index="period", columns="model", values=metric).reindex(columns=order).dropna()
    if "until" not in scores or scores["until"].isna().all():
        apart = len(table)
    else:
        apart = _apart(table.index, scores.groupby("period")["until"].max().loc[table.index])
    return _Set(table.columns, Sample(table.to_numpy(float), apart))


def _apart(starts: pd.Index, ends: pd.Series) -> int:
    """Return the largest number of windows that do not overlap."""
    count, free = 0, None
    for start, end in sorted(zip(starts, ends, strict=True), key=lambda w: w[1]):
        if free is None or start >= free:
            count, free = count + 1, end
    return count


def _against(means: Floats, reference: Any, how: str) -> Floats:
    base = means[:, [reference]]
    return means - base if how == "difference" else means / np.where(base > 0, base, np.nan)

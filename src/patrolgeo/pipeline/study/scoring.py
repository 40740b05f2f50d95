"""The scores of a study: one row a score, pooled with intervals, and compared with a reference in the same periods."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.config.study import BY_SHARE, Study
from patrolgeo.errors import PatrolgeoWarning
from patrolgeo.evaluation.compare import compare, summarise_scores
from patrolgeo.evaluation.curves import area_under_curve
from patrolgeo.evaluation.efficiency import pei_ceiling
from patrolgeo.evaluation.evaluate import Metric
from patrolgeo.evaluation.measures import MEASURES
from patrolgeo.risk.likelihood import log_score

COLUMNS = ("data", "model", "period", "metric", "area_share", "value")


def asked_metrics(study: Study) -> dict[str, Metric]:
    """Return the metrics of a study by column; those of a budget once for each, as ``hit_rate@0.01``."""
    asked: dict[str, Metric] = {}
    for name in study.test.metrics:
        if name in BY_SHARE:
            asked |= {f"{name}@{share:g}": _by_share(name, share, study.seed) for share in study.test.area_shares}
        else:
            asked[name] = _WHOLE[name]
    return asked


def _by_share(name: str, share: float, seed: int) -> Metric:
    if name == "pei_ceiling":
        return partial(_ceiling, area_share=share, random_state=seed)
    measure = MEASURES[name].function
    assert measure is not None  # noqa: S101  BY_SHARE names measures that give a number
    return partial(measure, area_share=share)


def _ceiling(_: Any, y_pred: Any, area: Any, area_share: float, random_state: int) -> float:
    return pei_ceiling(y_pred, area_share, area, random_state=random_state)


def _events(y_true: Any, _: Any) -> float:
    return float(np.sum(y_true))


_WHOLE: dict[str, Metric] = {
    "log_score": log_score,
    "log_score_spatial": partial(log_score, part="spatial"),
    "log_score_level": partial(log_score, part="level"),
    "area_under_curve": area_under_curve,
    "events": _events,
}


def as_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """Return wide scores with a column `set` as one row a score: data, model, period, metric, area_share, value."""
    names = [column for column in scores.columns if column not in ("set", "model", "period", "until")]
    long = scores.melt(["set", "model", "period"], names, "metric", "value", ignore_index=False).rename_axis("row")
    order = pd.Categorical(long["metric"], names)
    long = long.assign(order=order).sort_values(["row", "order"], kind="stable")
    return _split(long.rename(columns={"set": "data"}))[list(COLUMNS)].reset_index(drop=True)


def _split(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in whose rows ``hit_rate@0.01`` stands as metric and area_share."""
    parts = table["metric"].astype(str).str.partition("@")
    return table.assign(metric=parts[0], area_share=pd.to_numeric(parts[2], errors="coerce").astype(float))


def summaries(study: Study, scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the scores pooled over all sets, those of each set, and every model against the reference.

    Each with a 95 % interval; what cannot have one has none.
    """
    reference = study.compare.reference or next(iter(study.models))
    against = partial(compare, reference=reference, how=study.compare.how)
    tables = {"pooled": _quietly(summarise_scores, scores, study.seed)}
    tables["by_set"] = _each(summarise_scores, scores, study.seed)
    if len(study.models) > 1:
        tables["compared"] = _quietly(against, scores, study.seed)
        tables["compared_by_set"] = _each(against, scores, study.seed)
    return tables


def _each(summarise: Any, scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    apart: Iterable[tuple[Any, pd.DataFrame]] = scores.groupby("set", sort=False)
    found = {name: _quietly(summarise, one.dropna(axis=1, how="all"), seed) for name, one in apart}
    return pd.concat(found, names=["data"]).reset_index("data").reset_index(drop=True)


def _quietly(summarise: Any, scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Summarise; that an interval is missing stands in the table, and is said once by the report."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PatrolgeoWarning)
        table = _split(summarise(scores, random_state=seed))
    first = [column for column in ("model", "metric", "area_share", "value", "low", "high") if column in table]
    return table[[*first, *table.columns.difference(first, sort=False)]]

"""The measures by name: formula, best value, ties, source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from patrolgeo.evaluation import calibration, curves, efficiency, hits, recapture
from patrolgeo.evaluation.ranked import Ranked
from patrolgeo.risk.likelihood import log_score

_RANKS, _NONE = "by expectation over all orders; the last unit in part", "-"
Scalar = Callable[..., float]


class Measure(NamedTuple):
    """A measure as the table has it, how it is computed, and how from units that are in order already."""

    formula: str
    best: str
    ties: str
    source: str
    function: Scalar | None  # of (y_true, y_pred) and, where it takes them, area_share and area; None gives no number
    ranked: Callable[[Ranked, Any], float] | None = None


def _ceiling(_: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    return efficiency.pei_ceiling(y_pred, area_share, area)


def _best_pai(y_true: Any, _: Any, area_share: float, area: Any = None) -> float:
    return efficiency.best_pai(y_true, area_share, area)


def _half_penalty(of: Ranked, area_share: float) -> float:
    return hits.hit_share(of, area_share) / float(area_share**0.5)


NIJ = "NIJ challenge 2017; Hunt 2016"
CHAINEY = "Chainey, Tompson and Uhlig 2008; Drawve and Wooditch 2019"
MEASURES: dict[str, Measure] = {
    "hit_rate": Measure("n / N", "1", _RANKS, "Bowers, Johnson and Pease 2004", hits.hit_rate, hits.hit_share),
    "pai": Measure("(n/N) / (a/A); by length with a, A in km of street", "A/a", _RANKS, CHAINEY, hits.pai, hits.index),
    "best_pai": Measure("(n*/N) / (a/A), PAI*", "A/a", _RANKS, NIJ, _best_pai, efficiency.best_index),
    "pei": Measure("n / n*, n* of the best map", "1", _RANKS, NIJ, efficiency.pei, efficiency.efficiency),
    "pei_any_area": Measure(
        "PAI / highest PAI of any area", "below 1", _RANKS, "White, Hunt and Green 2023", efficiency.pei_any_area,
        efficiency.efficiency_of_any_area,
    ),
    "pei_equal_cells": Measure(
        "n / n*, all units of one size, PEI*", "1", _RANKS, NIJ, efficiency.pei_equal_cells
    ),
    "pei_ceiling": Measure("mean PEI if the forecast were true", "none", _RANKS, "this package", _ceiling),
    "penalised_pai": Measure(
        "(n/N) / (a/A)^alpha, alpha 0.5", "(A/a)^alpha", _RANKS, "Joshi et al. 2020", hits.penalised_pai, _half_penalty
    ),
    "ser": Measure("n / a", "none", _RANKS, "Bowers, Johnson and Pease 2004", hits.ser, hits.found_per_unit),
    "rri": Measure("(n/n_past) / (N/N_past)", "1", _RANKS, "Levine 2008", recapture.rri),
    "predicted_over_observed": Measure(
        "forecast / incidents in the flagged area", "1", _RANKS, "Wheeler and Steenbeek 2021",
        recapture.predicted_over_observed, recapture.said_over_seen,
    ),
    "area_under_curve": Measure(
        "area under hits by budget", "near 1", _RANKS, "Bowers et al. 2004", curves.area_under_curve
    ),
    "accuracy_curve": Measure("hits by budget", "a table", _RANKS, "Bowers et al. 2004", None),
    "log_score": Measure("(sum y log m - m - log y!) / N", "higher", _NONE, "Good 1952", log_score),
    "log_score_spatial": Measure(
        "the same, m scaled to N: where", "higher", _NONE, "Good 1952", partial(log_score, part="spatial")
    ),
    "log_score_level": Measure(
        "the rest: how much", "0", _NONE, "Good 1952", partial(log_score, part="level")
    ),
    "crps": Measure("mean of sum (F(k) - 1{y <= k})^2", "0", _NONE, "Gneiting and Raftery 2007", calibration.crps),
    "brier_score": Measure("mean (P(any) - 1{y > 0})^2", "0", _NONE, "Brier 1950", calibration.brier_score),
    "calibration_table": Measure("observed / expected by tenth", "1 in every row", _RANKS, "-", None),
    "randomised_pit": Measure("F(y-1) + u (F(y) - F(y-1))", "uniform", _NONE, "Czado et al. 2009", None),
}  # fmt: skip


def metric_table() -> pd.DataFrame:
    """Which measures are there, by name: formula, best value, what becomes of ties, and source.

    n incidents of N lie in the flagged area a of A; n* is the most that any map of the same budget could catch; m the
    forecast, F its distribution. `evaluate(metrics=[...])` takes the names.

    Returns
    -------
    Table by name: formula, best, ties, source.

    Examples
    --------
    >>> from patrolgeo import metric_table
    >>> metric_table().loc["pai", ["formula", "best"]].tolist()
    ['(n/N) / (a/A); by length with a, A in km of street', 'A/a']
    """
    rows = {name: measure[:4] for name, measure in MEASURES.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(Measure._fields[:4])).rename_axis("metric")

"""Measures of a forecast map: arrays by cell in, one number out.

Cells are taken in the order of `y_pred` until the wanted share of the area is reached. Cells of equal `y_pred` count by
the expectation over all their orders, and the last cell by the fraction that still fits, so no result hangs on the
order of rows. A budget of area stands behind each number: compare only at equal `area_share` and equal study area.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.panel.ranking import expected_hits
from patrolgeo.risk.likelihood import log_score

__all__ = [
    "accuracy_curve",
    "area_under_curve",
    "calibration_table",
    "hit_rate",
    "log_score",
    "pai",
    "pei",
    "pei_any_area",
    "pei_ceiling",
    "pei_equal_cells",
    "penalised_pai",
    "rri",
    "ser",
]


def _arrays(y_true: Any, y_pred: Any, area: Any) -> tuple[Floats, Floats, Floats]:
    y, score = np.asarray(y_true, float).ravel(), np.asarray(y_pred, float).ravel()
    size = np.ones_like(y) if area is None else np.asarray(area, float).ravel()
    if not (len(y) == len(score) == len(size)):
        raise DataError(f"y_true, y_pred and area have {len(y)}, {len(score)} and {len(size)} cells; they must agree.")
    if not len(y):
        raise DataError("There is no cell to score.")
    if not (np.isfinite(score).all() and np.isfinite(y).all() and (size > 0).all()):
        raise DataError("y_true and y_pred must be finite and area above 0 in every cell.")
    return y, score, size


def _cumulated(values: Floats, score: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Return cumulated area and values at the ends of the groups of equal score, best first, both starting at 0."""
    order = np.argsort(-score, kind="stable")
    ends = np.r_[np.flatnonzero(np.diff(score[order])), len(score) - 1]
    return np.r_[0.0, size[order].cumsum()[ends]], np.r_[0.0, values[order].cumsum()[ends]]


def _captured(values: Floats, score: Floats, size: Floats, area_share: float) -> float:
    """Return the expected sum of `values` in the best `area_share` of the area."""
    if not 0 < area_share <= 1:
        raise DataError(f"area_share={area_share!r} must be above 0 and at most 1 (0.01 means 1 % of the area).")
    return expected_hits(values, score, size, area_share * size.sum())


def hit_rate(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Which share of the incidents lies in the flagged area? n / N, best 1; NaN without incidents.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts by cell, shape (n_cells,).
    area_share
        Share of the area that is flagged, above 0 to 1.
    area
        Areas of the cells; equal when not given.

    Examples
    --------
    >>> from patrolgeo import hit_rate
    >>> hit_rate([6, 3, 0], [3, 2, 1], area_share=1 / 3)
    0.666...
    """
    y, score, size = _arrays(y_true, y_pred, area)
    return _captured(y, score, size, area_share) / float(y.sum()) if y.sum() > 0 else np.nan


def pai(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Predictive accuracy index: how many times denser are incidents in the flagged area? (n/N)/(a/A).

    1 is what a map without any knowledge gets; at most 1 / `area_share`.

    References
    ----------
    Chainey, Tompson and Uhlig 2008, doi:10.1057/palgrave.sj.8350066.

    Examples
    --------
    >>> from patrolgeo import pai
    >>> pai([6, 3, 0], [3, 2, 1], area_share=1 / 3)
    2.0
    """
    return hit_rate(y_true, y_pred, area_share, area) / area_share


def pei(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Predictive efficiency index: the hits as a share of the most that any map of the same area could hit, n / n*.

    Best 1, but see `pei_ceiling`: chance alone keeps every forecaster below it.

    References
    ----------
    Hunt 2016; National Institute of Justice, Real-time crime forecasting challenge 2017.

    Examples
    --------
    >>> from patrolgeo import pei
    >>> pei([6, 3, 0], [1, 3, 2], area_share=1 / 3)
    0.5
    """
    y, score, size = _arrays(y_true, y_pred, area)
    best = _captured(y, y / size, size, area_share)
    return _captured(y, score, size, area_share) / best if best > 0 else np.nan


def pei_any_area(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """PEI against the highest PAI of any flagged area, which is that of the densest cell alone: PAI / max PAI.

    The other reading of the index: it does not hold the best map to the same area, so it falls as `area_share` grows
    and even a perfect map stays below 1. `pei` asks for the same area and is the fairer one.

    References
    ----------
    White, Hunt and Green 2023, Security Journal, on the two reference sets.

    Examples
    --------
    >>> from patrolgeo import pei_any_area
    >>> pei_any_area([6, 3, 0], [3, 2, 1], area_share=2 / 3)
    0.75
    """
    y, score, size = _arrays(y_true, y_pred, area)
    best = float((y / size).max() * area_share * size.sum())
    return _captured(y, score, size, area_share) / best if best > 0 else np.nan


def pei_equal_cells(y_true: Any, y_pred: Any, area_share: float) -> float:
    """PEI*: the hits as a share of the most that the same number of these cells could hit, all taken as of equal size.

    The rule of the 2017 challenge, in which all cells had one size. It falls as cells shrink, because the best map then
    catches nearly everything: compare within one grid only.
    """
    return pei(y_true, y_pred, area_share)


def penalised_pai(y_true: Any, y_pred: Any, area_share: float, area: Any = None, alpha: float = 0.5) -> float:
    """PAI that rewards less for flagging little: (n/N) / (a/A)^alpha, alpha between 0 (hit rate) and 1 (PAI).

    References
    ----------
    Joshi, D'Ath, Curtis-Ham and Searle 2020.
    """
    if not 0 <= alpha <= 1:
        raise DataError(f"alpha={alpha!r} must lie between 0 and 1.")
    return hit_rate(y_true, y_pred, area_share, area) / area_share**alpha


def ser(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Search efficiency rate: incidents found per unit of area searched (km2 when `area` is in km2).

    References
    ----------
    Bowers, Johnson and Pease 2004, doi:10.1093/bjc/azh036.
    """
    y, score, size = _arrays(y_true, y_pred, area)
    return _captured(y, score, size, area_share) / (area_share * float(size.sum()))


def rri(y_true: Any, y_pred: Any, area_share: float, area: Any = None, y_past: Any = None) -> float:
    """Recapture rate index: do the hotspots hold their share of incidents? (n_future/n_past)/(N_future/N_past).

    1 means that the flagged area holds the share it held before; below 1 the past was partly luck. Without `y_past` the
    forecast itself stands for the past, and the answer is observed over expected share.

    References
    ----------
    Levine 2008, doi:10.1057/palgrave.sj.8350067.
    """
    y, score, size = _arrays(y_true, y_pred, area)
    past = score if y_past is None else _arrays(y_past, y_pred, area)[0]
    before = _captured(past, score, size, area_share) / float(past.sum()) if past.sum() > 0 else 0.0
    return hit_rate(y, score, area_share, size) / before if before > 0 else np.nan


def accuracy_curve(y_true: Any, y_pred: Any, area: Any = None) -> pd.DataFrame:
    """Return the share of incidents caught by every share of the area: columns area_share, hit_rate."""
    y, score, size = _arrays(y_true, y_pred, area)
    reach, hits = _cumulated(y, score, size)
    return pd.DataFrame({"area_share": reach / size.sum(), "hit_rate": hits / y.sum() if y.sum() > 0 else np.nan})


def area_under_curve(y_true: Any, y_pred: Any, area: Any = None) -> float:
    """Area under `accuracy_curve`: 0.5 knows nothing, 1 would be perfect on a single point."""
    curve = accuracy_curve(y_true, y_pred, area)
    return float(np.trapezoid(curve["hit_rate"], curve["area_share"]))


def pei_ceiling(y_pred: Any, area_share: float, area: Any = None, n_draws: int = 40, random_state: int = 0) -> float:
    """Which PEI would this forecast reach if it were the truth?

    Even the true intensity cannot foresee chance. The ceiling is the mean PEI over Poisson draws from the forecast;
    read PEI against it. A flat forecast lowers its own ceiling, so a high share attained is not by itself a good sign.
    """
    _, lam, size = _arrays(y_pred, y_pred, area)
    draws = np.random.default_rng(random_state).poisson(lam, (n_draws, len(lam)))
    hit = sum(_captured(d, lam, size, area_share) for d in draws)
    best = sum(_captured(d, d / size, size, area_share) for d in draws)
    return hit / best if best > 0 else np.nan


def calibration_table(y_true: Any, y_pred: Any, n_bins: int = 10) -> pd.DataFrame:
    """Do cells that were said to be risky turn out as risky as said?

    Cells in bins of equal number from the riskiest (bin 1) down; ties are shared between neighbouring bins.

    Returns
    -------
    Table by `bin`: cells, expected, observed, ratio (observed / expected).
    """
    y, lam, size = _arrays(y_true, y_pred, None)
    cuts = np.linspace(0, len(y), n_bins + 1)
    parts = {
        name: np.diff(np.interp(cuts, *_cumulated(v, lam, size))) for name, v in (("expected", lam), ("observed", y))
    }
    table = pd.DataFrame({"cells": np.diff(cuts), **parts}, index=pd.RangeIndex(1, n_bins + 1, name="bin"))
    table["ratio"] = table["observed"] / table["expected"].where(table["expected"] > 0)
    return table

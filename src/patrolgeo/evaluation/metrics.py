"""Measures of a forecast map: values by cell in, one number out.

Cells are taken in the order of `y_pred` per unit of `area` until the wanted share of the area is reached. Cells of
equal density count by the expectation over all their orders, and the last cell by the fraction that still fits, so no
result hangs on the order of rows. A budget of area stands behind each number: compare only at equal `area_share` and
equal study area. Series are aligned by label, arrays go by position.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_count, check_number, check_seed
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.panel.ranking import expected_hits
from patrolgeo.risk.likelihood import log_score, scored

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
    """Return counts, forecasts per unit of area, and areas, shape (n_cells,) each, in one order."""
    y, said, size = scored(area, y_true=y_true, y_pred=y_pred)
    return y, _density(said, size), size


def _density(said: Floats, size: Floats) -> Floats:
    """Return forecasts per unit of area to 12 digits: rounding must not break the ties of an even map."""
    mantissa, exponent = np.frexp(said / size)
    return np.asarray(np.ldexp(np.rint(mantissa * 2**40), exponent - 40), float)


def _cumulated(values: Floats, score: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Return cumulated area and values at the ends of the groups of equal score, best first, both starting at 0."""
    order = np.argsort(-score, kind="stable")
    ends = np.r_[np.flatnonzero(np.diff(score[order])), len(score) - 1]
    return np.r_[0.0, size[order].cumsum()[ends]], np.r_[0.0, values[order].cumsum()[ends]]


def _captured(values: Floats, score: Floats, size: Floats, area_share: float) -> float:
    """Return the expected sum of `values` in the best `area_share` of the area."""
    check_number(area_share, "area_share", above=0, most=1, hint="0.01 means 1 % of the area")
    return expected_hits(values, score, size, area_share * size.sum())


def hit_rate(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Which share of the incidents lies in the flagged area? n / N, best 1; NaN without incidents.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Share between 0 and 1.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

    Examples
    --------
    >>> from patrolgeo import hit_rate
    >>> hit_rate([6, 3, 0], [3, 2, 1], area_share=1 / 3)
    0.666...
    """
    y, score, size = _arrays(y_true, y_pred, area)
    hits = _captured(y, score, size, area_share)
    return hits / float(y.sum()) if y.sum() > 0 else np.nan


def pai(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Predictive accuracy index: how many times denser are incidents in the flagged area? (n/N)/(a/A).

    1 is what a map without any knowledge gets; at most 1 / `area_share`.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Ratio of densities, 0 or more; NaN without incidents.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

    References
    ----------
    Chainey, Tompson and Uhlig 2008, doi:10.1057/palgrave.sj.8350066.

    Examples
    --------
    >>> from patrolgeo import pai
    >>> pai([6, 3, 0], [3, 2, 1], area_share=1 / 3)
    2.0
    """
    hits = hit_rate(y_true, y_pred, area_share, area)
    return hits / area_share


def pei(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Predictive efficiency index: the hits as a share of the most that any map of the same area could hit, n / n*.

    Best 1, but see `pei_ceiling`: chance alone keeps every forecaster below it.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Share between 0 and 1; NaN without incidents.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

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

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Share between 0 and 1; NaN without incidents.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

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
    hits = _captured(y, score, size, area_share)
    return hits / best if best > 0 else np.nan


def pei_equal_cells(y_true: Any, y_pred: Any, area_share: float) -> float:
    """PEI*: the hits as a share of the most that the same number of these cells could hit, all taken as of equal size.

    The rule of the 2017 challenge, in which all cells had one size. It falls as cells shrink, because the best map then
    catches nearly everything: compare within one grid only.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).

    Returns
    -------
    Share between 0 and 1; NaN without incidents.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

    Examples
    --------
    >>> from patrolgeo import pei_equal_cells
    >>> pei_equal_cells([6, 3, 0], [1, 3, 2], area_share=1 / 3)
    0.5
    """
    return pei(y_true, y_pred, area_share)


def penalised_pai(y_true: Any, y_pred: Any, area_share: float, area: Any = None, alpha: float = 0.5) -> float:
    """PAI that rewards less for flagging little: (n/N) / (a/A)^alpha.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.
    alpha
        From 0 (the hit rate) to 1 (the PAI).

    Returns
    -------
    Ratio, 0 or more; NaN without incidents.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

    References
    ----------
    Joshi, D'Ath, Curtis-Ham and Searle 2020.

    Examples
    --------
    >>> from patrolgeo import penalised_pai
    >>> round(penalised_pai([6, 3, 0], [3, 2, 1], area_share=1 / 3), 3)
    1.155
    """
    check_number(alpha, "alpha", least=0, most=1)
    hits = hit_rate(y_true, y_pred, area_share, area)
    return hits / float(area_share**alpha)


def ser(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Search efficiency rate: incidents found per unit of area searched (km2 when `area` is in km2).

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Incidents per unit of `area`, 0 or more.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

    References
    ----------
    Bowers, Johnson and Pease 2004, doi:10.1093/bjc/azh036.

    Examples
    --------
    >>> from patrolgeo import ser
    >>> ser([6, 2], [1, 0], area_share=0.5, area=[2.0, 2.0])
    3.0
    """
    y, score, size = _arrays(y_true, y_pred, area)
    hits = _captured(y, score, size, area_share)
    return hits / (area_share * float(size.sum()))


def rri(y_true: Any, y_pred: Any, area_share: float, area: Any = None, y_past: Any = None) -> float:
    """Recapture rate index: do the hotspots hold their share of incidents? (n_future/n_past)/(N_future/N_past).

    1 means that the flagged area holds the share it held before; below 1 the past was partly luck. Without `y_past` the
    forecast itself stands for the past, and the answer is observed over expected share.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.
    y_past
        Counts of the past by cell, shape (n_cells,).

    Returns
    -------
    Ratio, 0 or more; NaN when nothing happened in the flagged area before, or anywhere since.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

    References
    ----------
    Levine 2008, doi:10.1057/palgrave.sj.8350067.

    Examples
    --------
    >>> from patrolgeo import rri
    >>> rri([1, 3], [1, 0], area_share=0.5, y_past=[3, 1])
    0.333...
    """
    given = {"y_true": y_true, "y_pred": y_pred, "y_past": y_pred if y_past is None else y_past}
    y, said, past, size = scored(area, **given)
    score = _density(said, size)
    before = _captured(past, score, size, area_share) / float(past.sum()) if past.sum() > 0 else 0.0
    now = _captured(y, score, size, area_share) / float(y.sum()) if y.sum() > 0 else np.nan
    return now / before if before > 0 else np.nan


def accuracy_curve(y_true: Any, y_pred: Any, area: Any = None) -> pd.DataFrame:
    """How many incidents does every share of the area catch?

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Table from nothing to the whole area: area_share, hit_rate.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ or counts are negative or missing.

    Examples
    --------
    >>> from patrolgeo import accuracy_curve
    >>> accuracy_curve([3, 1], [2, 1]).to_numpy().tolist()
    [[0.0, 0.0], [0.5, 0.75], [1.0, 1.0]]
    """
    y, score, size = _arrays(y_true, y_pred, area)
    reach, hits = _cumulated(y, score, size)
    return pd.DataFrame({"area_share": reach / size.sum(), "hit_rate": hits / y.sum() if y.sum() > 0 else np.nan})


def area_under_curve(y_true: Any, y_pred: Any, area: Any = None) -> float:
    """Area under `accuracy_curve`: 0.5 knows nothing, 1 would be perfect on a single point.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts (or any score) by cell, shape (n_cells,). Series are aligned by label.
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Area between 0 and 1; NaN without incidents.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ or counts are negative or missing.

    Examples
    --------
    >>> from patrolgeo import area_under_curve
    >>> area_under_curve([3, 1], [2, 1])
    0.625
    """
    curve = accuracy_curve(y_true, y_pred, area)
    return float(np.trapezoid(curve["hit_rate"], curve["area_share"]))


def pei_ceiling(y_pred: Any, area_share: float, area: Any = None, n_draws: int = 40, random_state: Any = 0) -> float:
    """Which PEI would this forecast reach if it were the truth?

    Even the true intensity cannot foresee chance. The ceiling is the mean PEI over Poisson draws from the forecast;
    read PEI against it. A flat forecast lowers its own ceiling, so a high share attained is not by itself a good sign.

    Parameters
    ----------
    y_pred
        Expected counts by cell, shape (n_cells,), not negative.
    area_share
        Share of the area that is flagged, above 0 to 1.
    area
        What each cell takes of the budget, above 0; equal when not given.
    n_draws
        Number of draws.
    random_state
        Seed or Generator; None draws a fresh seed.

    Returns
    -------
    Share between 0 and 1; NaN when nothing is expected.

    Raises
    ------
    AlignmentError
        When `area` lacks cells of `y_pred`.
    DataError
        When forecasts are negative or missing, or a number lies outside its range.

    Examples
    --------
    >>> from patrolgeo import pei_ceiling
    >>> round(pei_ceiling([9.0, 1.0, 1.0], area_share=1 / 3), 2)
    1.0
    """
    _, lam, size = scored(area, y_true=y_pred, y_pred=y_pred)
    draws = np.random.default_rng(check_seed(random_state)).poisson(lam, (check_count(n_draws, "n_draws"), len(lam)))
    hit = sum(_captured(d, _density(lam, size), size, area_share) for d in draws)
    best = sum(_captured(d, d / size, size, area_share) for d in draws)
    return hit / best if best > 0 else np.nan


def calibration_table(y_true: Any, y_pred: Any, n_bins: int = 10) -> pd.DataFrame:
    """Do cells that were said to be risky turn out as risky as said?

    Cells in bins of equal number from the riskiest (bin 1) down; ties are shared between neighbouring bins.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts by cell, shape (n_cells,). Series are aligned by label.
    n_bins
        Number of bins.

    Returns
    -------
    Table by `bin`: cells, expected, observed, ratio (observed / expected).

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts or forecasts are negative or missing, or there is no bin.

    Examples
    --------
    >>> from patrolgeo import calibration_table
    >>> calibration_table([8, 1, 1, 0], [4.0, 2.0, 1.0, 1.0], n_bins=2)["ratio"].round(2).tolist()
    [1.5, 0.5]
    """
    y, lam, size = scored(None, y_true=y_true, y_pred=y_pred)
    if (lam < 0).any():
        raise DataError(f"y_pred holds negative values (lowest: {lam.min():g}); expected counts are 0 or more.")
    cuts = np.linspace(0, len(y), check_count(n_bins, "n_bins") + 1)
    parts = {
        name: np.diff(np.interp(cuts, *_cumulated(v, lam, size))) for name, v in (("expected", lam), ("observed", y))
    }
    table = pd.DataFrame({"cells": np.diff(cuts), **parts}, index=pd.RangeIndex(1, n_bins + 1, name="bin"))
    table["ratio"] = table["observed"] / table["expected"].where(table["expected"] > 0)
    return table

"""How near a map comes to the best there could be: PAI*, the PEIs, and the ceiling that chance sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from patrolgeo._checks import check_count, check_seed
from patrolgeo.evaluation.ranked import Ranked, best_curve, checked, curve, density
from patrolgeo.risk.likelihood import scored


def best_pai(y_true: Any, area_share: float, area: Any = None) -> float:
    """PAI*: the highest PAI that any map of the same flagged area could have had.

    What chance and the shape of the data allow; a PAI is read against it (`pei` is their ratio).

    Parameters
    ----------
    y_true
        Counts by cell, shape (n_cells,).
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Ratio of densities, 1 or more; NaN without incidents.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

    References
    ----------
    National Institute of Justice, Real-time crime forecasting challenge 2017.

    Examples
    --------
    >>> from patrolgeo import best_pai
    >>> best_pai([6, 3, 0], area_share=1 / 3)
    2.0
    """
    return best_index(Ranked.of(y_true, y_true, area), area_share)


def best_index(of: Ranked, area_share: float) -> float:
    """Return (n*/N) / (a/A)."""
    return of.best(area_share) / of.total / area_share if of.total > 0 else np.nan


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
    return efficiency(Ranked.of(y_true, y_pred, area), area_share)


def efficiency(of: Ranked, area_share: float) -> float:
    """Return n / n*."""
    best = of.best(area_share)
    return of.hits(area_share) / best if best > 0 else np.nan


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
    return efficiency_of_any_area(Ranked.of(y_true, y_pred, area), area_share)


def efficiency_of_any_area(of: Ranked, area_share: float) -> float:
    """Return PAI over the highest PAI of any area."""
    best = float((of.y / of.size).max() * checked(area_share) * of.whole)
    return of.hits(area_share) / best if best > 0 else np.nan


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
    return efficiency(Ranked.of(y_true, y_pred, None), area_share)


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
    budget, order = checked(area_share) * size.sum(), density(lam, size)
    hit = sum(curve(d, order, size).at(budget) for d in draws.astype(float))
    best = sum(best_curve(d, size).at(budget) for d in draws.astype(float))
    return float(hit / best) if best > 0 else np.nan

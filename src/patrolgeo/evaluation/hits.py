"""How much lies in the flagged area: hit rate, PAI and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from patrolgeo._checks import check_number
from patrolgeo.evaluation.ranked import Ranked


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
    return hit_share(Ranked.of(y_true, y_pred, area), area_share)


def hit_share(of: Ranked, area_share: float) -> float:
    """Return n / N."""
    return of.hits(area_share) / of.total if of.total > 0 else np.nan


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
    return index(Ranked.of(y_true, y_pred, area), area_share)


def index(of: Ranked, area_share: float) -> float:
    """Return (n/N) / (a/A)."""
    return hit_share(of, area_share) / area_share


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
    return hit_share(Ranked.of(y_true, y_pred, area), area_share) / float(area_share**alpha)


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
    return found_per_unit(Ranked.of(y_true, y_pred, area), area_share)


def found_per_unit(of: Ranked, area_share: float) -> float:
    """Return n / a."""
    return of.hits(area_share) / (area_share * of.whole)

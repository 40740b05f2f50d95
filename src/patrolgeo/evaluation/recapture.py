"""Do the hot places hold what they held, and what was said of them? Two ratios that share one name elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from patrolgeo.evaluation.ranked import Ranked, checked, curve, density
from patrolgeo.risk.likelihood import scored


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
    budget, order = checked(area_share) * size.sum(), density(said, size)
    before = curve(past, order, size).at(budget) / past.sum() if past.sum() > 0 else 0.0
    now = curve(y, order, size).at(budget) / y.sum() if y.sum() > 0 else np.nan
    return float(now / before) if before > 0 else np.nan


def predicted_over_observed(y_true: Any, y_pred: Any, area_share: float, area: Any = None) -> float:
    """Does the flagged area get as much as was said? Sum of the forecast over incidents there.

    1 is best; above 1 the hot places were said to be hotter than they turned out. Some software calls this the
    recapture (or recovery) rate index; `rri` is the other quantity of these letters.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts by cell, shape (n_cells,). Series are aligned by label.
    area_share
        Share of the area that is flagged, above 0 to 1 (0.01 means 1 % of the area).
    area
        What each cell takes of the budget, above 0: km2, metres of street, patrol minutes. Equal when not given.

    Returns
    -------
    Ratio, 0 or more; NaN without incidents in the flagged area.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts are negative or missing, or `area_share` lies outside its range.

    References
    ----------
    Wheeler and Steenbeek 2021, doi:10.1007/s10940-020-09457-7.

    Examples
    --------
    >>> from patrolgeo import predicted_over_observed
    >>> predicted_over_observed([6, 7, 3, 2, 1, 0], [8, 4, 4, 2, 1, 0], area_share=1 / 6)
    1.333...
    """
    return said_over_seen(Ranked.of(y_true, y_pred, area), area_share)


def said_over_seen(of: Ranked, area_share: float) -> float:
    """Return the forecast over the incidents in the flagged share."""
    hits = of.hits(area_share)
    return of.said_share(area_share) / hits if hits > 0 else np.nan

"""Every budget at once: the accuracy curve and the area under it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.evaluation.ranked import Ranked


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
    of = Ranked.of(y_true, y_pred, area)
    spent, caught = of.by_forecast
    return pd.DataFrame({"area_share": spent / of.whole, "hit_rate": caught / of.total if of.total > 0 else np.nan})


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
    of = Ranked.of(y_true, y_pred, area)
    spent, caught = of.by_forecast
    return float(np.trapezoid(caught, spent) / (of.total * of.whole)) if of.total > 0 else np.nan

"""Are the counts spread around the forecast as the forecast says?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from patrolgeo._checks import check_count, check_number, check_seed, together
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.ranked import curve, density
from patrolgeo.risk.likelihood import count_cdf, scored


def randomised_pit(y_true: Any, y_pred: Any, dispersion: float = 0.0, random_state: Any = 0) -> Floats:
    """Where in its predicted distribution does each count fall?

    Uniform between 0 and 1 when the distributions are right; too many near 0 and 1 when they are too narrow. Counts are
    discrete, so a uniform draw between the probabilities of less and of at most the count is taken.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts, any equal shape; tables and Series are aligned by label.
    dispersion
        Variance = mean + dispersion * mean^2; 0 is Poisson. The models' ``dispersion()`` gives it.
    random_state
        Seed or Generator; None draws a fresh seed.

    Returns
    -------
    Array of the shape of `y_true`, values between 0 and 1.

    Raises
    ------
    AlignmentError
        When two labelled arguments do not hold the same labels.
    DataError
        When shapes differ, or counts, forecasts or the dispersion are negative or missing.

    References
    ----------
    Czado, Gneiting and Held 2009, doi:10.1111/j.1541-0420.2009.01191.x.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo import randomised_pit
    >>> draws = np.random.default_rng(0).poisson(3.0, 10000)
    >>> round(float(np.mean(randomised_pit(draws, np.full(10000, 3.0)) < 0.25)), 2)
    0.25
    """
    y, mean = _counts(y_true, y_pred, dispersion)
    below, upto = count_cdf(y - 1, mean, dispersion), count_cdf(y, mean, dispersion)
    return below + np.random.default_rng(check_seed(random_state)).random(y.shape) * (upto - below)


def brier_score(y_true: Any, y_pred: Any, dispersion: float = 0.0) -> float:
    """Mean squared error of the probability that a cell has any incident at all; 0 is best.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts, any equal shape; tables and Series are aligned by label.
    dispersion
        Variance = mean + dispersion * mean^2; 0 is Poisson.

    Returns
    -------
    Score between 0 and 1.

    Raises
    ------
    AlignmentError
        When two labelled arguments do not hold the same labels.
    DataError
        When shapes differ, or counts, forecasts or the dispersion are negative or missing.

    Examples
    --------
    >>> from patrolgeo import brier_score
    >>> round(brier_score([1, 0], [50.0, 0.0]), 3)
    0.0
    """
    y, mean = _counts(y_true, y_pred, dispersion)
    return float(np.mean((1 - count_cdf(np.zeros_like(mean), mean, dispersion) - (y > 0)) ** 2))


def crps(y_true: Any, y_pred: Any, dispersion: float = 0.0) -> float:
    """Continuous ranked probability score of counts, mean over cells: how far is the forecast distribution off?

    The squared distance between the predicted distribution and the step at what happened, summed over all counts; in
    incidents, 0 is best. A forecast without spread is charged its absolute error.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts, any equal shape; tables and Series are aligned by label.
    dispersion
        Variance = mean + dispersion * mean^2; 0 is Poisson.

    Returns
    -------
    Score of 0 or more.

    Raises
    ------
    AlignmentError
        When two labelled arguments do not hold the same labels.
    DataError
        When shapes differ, or counts, forecasts or the dispersion are negative or missing.

    References
    ----------
    Gneiting and Raftery 2007, doi:10.1198/016214506000001437; Wei and Held 2014, doi:10.1007/s11749-014-0380-8.

    Examples
    --------
    >>> from patrolgeo import crps
    >>> round(crps([1, 0], [1.0, 0.0]), 4)
    0.106
    """
    y, mean = _counts(y_true, y_pred, dispersion)
    if (y != np.rint(y)).any():
        raise DataError(f"y_true holds {y[y != np.rint(y)][0]:g}, which is no count; crps compares whole counts.")
    inside = 2 * count_cdf(y, mean, dispersion) - 1
    if dispersion < 1e-9:
        spread = mean * (special.ive(0, 2 * mean) + special.ive(1, 2 * mean))
        below = count_cdf(y - 1, mean, dispersion)
        return float(np.mean(y * inside - mean * (2 * below - 1) - spread))
    size = 1 / dispersion
    chance = size / (size + mean)
    below = special.betainc(size + 1, np.maximum(y, 1e-300), chance) * (y > 0)
    half = mean / chance * special.hyp2f1(size + 1, 0.5, 2, -4 * (1 - chance) / chance**2)
    return float(np.mean(y * inside - mean / chance * (chance * (2 * below - 1)) - half))


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
    cuts, order = np.linspace(0, len(y), check_count(n_bins, "n_bins") + 1), density(lam, size)
    parts = {name: np.diff(curve(v, order, size).at(cuts)) for name, v in (("expected", lam), ("observed", y))}
    table = pd.DataFrame({"cells": np.diff(cuts), **parts}, index=pd.RangeIndex(1, n_bins + 1, name="bin"))
    table["ratio"] = table["observed"] / table["expected"].where(table["expected"] > 0)
    return table


def _counts(y_true: Any, y_pred: Any, dispersion: float) -> tuple[Floats, Floats]:
    check_number(dispersion, "dispersion", least=0)
    y, mean = together(y_true=y_true, y_pred=y_pred)
    for name, values in (("y_true", y), ("y_pred", mean)):
        if not (values.size and np.isfinite(values).all() and (values >= 0).all()):
            raise DataError(f"{name} must hold numbers of 0 or more, at least one; fill missing ones with 0.")
    return y, mean

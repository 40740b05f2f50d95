"""Are the counts spread around the forecast as the forecast says?"""

from __future__ import annotations

from typing import Any

import numpy as np

from patrolgeo._checks import check_number, check_seed, together
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.risk.likelihood import count_cdf


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


def _counts(y_true: Any, y_pred: Any, dispersion: float) -> tuple[Floats, Floats]:
    check_number(dispersion, "dispersion", least=0)
    y, mean = together(y_true=y_true, y_pred=y_pred)
    for name, values in (("y_true", y), ("y_pred", mean)):
        if not (values.size and np.isfinite(values).all() and (values >= 0).all()):
            raise DataError(f"{name} must hold numbers of 0 or more, at least one; fill missing ones with 0.")
    return y, mean

"""What the next count is when nothing rises: smooth season and trend, and a dispersion that columns lend each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats
from patrolgeo.alerts._glm import fit_glm

YEAR = pd.Timedelta(days=365.25)


def smooth_null(
    counts: Floats, exposure: Floats, periods: pd.DatetimeIndex, at: int, left_out: int
) -> tuple[Floats, Floats]:
    """Return mean and variance of the counts of period `at`, from all periods but the `left_out` before it.

    A regression on trend and two waves a year; the variance holds the doubt about the mean.
    """
    rows = slice(0, at - left_out)
    angle = 2 * np.pi * np.asarray((periods - periods[at]) / YEAR, float)
    waves = [wave(k * angle) for k in (1, 2) for wave in (np.sin, np.cos)]
    design = np.column_stack([np.ones(len(angle)), angle, *waves])
    seen = counts[rows].T
    fit = fit_glm(design[rows], seen, np.log(exposure[rows].T), np.ones_like(seen))
    row = design[at]
    mean = exposure[at] * np.exp(np.clip(fit.coef @ row, -40, 40))
    squares = fit.squares_of(seen)
    spread = shrunk_dispersion(fit.mean.sum(axis=1), squares, seen.shape[1])
    se2 = spread * np.minimum(np.einsum("i,kij,j->k", row, fit.cov, row), 1.0)
    return mean, spread * mean + mean**2 * se2


def shrunk_dispersion(told: Floats, squares: Floats, n: float) -> Floats:
    """Return variance over mean by column, drawn towards that of all columns as far as chance explains the difference.

    Parameters
    ----------
    told, squares
        Sums of what was expected, and of the squared errors, shape (n_columns,).
    n
        How many periods they are from.

    Notes
    -----
    Empirical Bayes: of a negative binomial with dispersion f the ratio squares / told has the variance
    2 f²/n + (6 f² (f - 1) + f) / told; what columns differ by beyond that is real.
    """
    told = np.maximum(told, 1e-9)
    pooled = max(float(squares.sum() / told.sum()), 1.0)
    own = squares / told
    chance = 2 * pooled**2 / max(n, 1.0) + (6 * pooled**2 * (pooled - 1) + pooled) / told
    weight = 1 / chance
    real = max(float((weight * ((own - pooled) ** 2 - chance)).sum() / weight.sum()), 0.0) if len(own) > 1 else np.inf
    share = 1.0 if np.isinf(real) else real / (real + chance)
    return np.asarray(np.maximum(pooled + share * (own - pooled), 1.0))

"""The negative binomial by its mean and variance, on arrays: tails, bounds, draws. Variance = mean: the Poisson."""

from __future__ import annotations

import numpy as np
from scipy import special

from patrolgeo._typing import Array, Floats

LEAST = 1e-9  # a mean below this is nothing expected
POISSON = 1.0 + 1e-9  # variance over mean up to which the counts are Poisson


def size_of(mean: Floats, variance: Floats) -> Floats:
    """Return the size r of which the variance is mean + mean² / r; infinity for the Poisson."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > POISSON * mean, mean**2 / (variance - mean), np.inf)


def tail(count: Array, mean: Floats, variance: Floats) -> Floats:
    """Return the chance of at least `count`.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.alerts._negbin import tail
    >>> tail(np.array([0, 1, 2]), np.ones(3), np.full(3, 2.0)).tolist()
    [1.0, 0.5, 0.25]
    """
    count, mean, variance = np.broadcast_arrays(np.asarray(count, float), mean, variance)
    mean = np.maximum(mean, LEAST)
    size = size_of(mean, variance)
    some = np.where(count > 0, count, 1.0)
    spread = np.isfinite(size)
    chance = np.empty(mean.shape)
    chance[~spread] = special.gammainc(some[~spread], mean[~spread])
    r, m = size[spread], mean[spread]
    chance[spread] = special.betainc(some[spread], r, m / (r + m))
    return np.where(count > 0, chance, np.where(np.isnan(count), np.nan, 1.0))


def bound(alpha: float | Floats, mean: Floats, variance: Floats) -> Floats:
    """Return the smallest whole number that is passed with a chance of at most `alpha`, one or one for each mean."""
    mean, variance = np.broadcast_arrays(np.asarray(mean, float), variance)
    known, alpha = np.isfinite(mean) & np.isfinite(variance), np.broadcast_to(alpha, mean.shape)
    m, v = np.where(known, mean, 1.0), np.where(known, variance, 1.0)
    low, high = np.full(m.shape, -1.0), np.asarray(np.ceil(m + 4 * np.sqrt(np.maximum(v, m))) + 4)
    while (short := tail(high + 1, m, v) > alpha).any():
        high = np.where(short, 2 * high, high)
    while (apart := high - low > 1).any():
        middle = np.floor((low[apart] + high[apart]) / 2)
        enough = tail(middle + 1, m[apart], v[apart]) <= alpha[apart]
        low[apart], high[apart] = np.where(enough, low[apart], middle), np.where(enough, middle, high[apart])
    return np.where(known, high, np.nan)


def draw(rng: np.random.Generator, mean: Floats, variance: Floats, n: int) -> Floats:
    """Return counts, shape (n, n_columns)."""
    mean, size = np.maximum(mean, LEAST), size_of(mean, variance)
    spread = np.isfinite(size)
    rate = np.broadcast_to(mean, (n, *mean.shape)).copy()
    rate[:, spread] = rng.gamma(size[spread], mean[spread] / size[spread], (n, int(spread.sum())))
    return rng.poisson(rate).astype(float)

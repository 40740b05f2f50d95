"""Two counts: do their rates differ? Tests for small numbers, where the normal curve misleads."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special, stats

from patrolgeo._checks import check_number, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.impact.effect import Effect

TAIL = 1e-13  # of the Poisson distributions, left out of the sum
ROWS = 500  # of the table of pairs that are looked at together


def e_test(k1: float, k2: float, n1: float = 1.0, n2: float = 1.0) -> float:
    """Do two Poisson counts have the same rate?

    The probability, at the pooled rate, of counts at least as far apart as those seen, on the Wald statistic. It finds
    more than the conditional test, and holds its level almost exactly.

    Parameters
    ----------
    k1, k2
        Counts, whole numbers.
    n1, n2
        Time or exposure behind each.

    Returns
    -------
    Two-sided p; 1 where nothing was counted.

    Raises
    ------
    DataError
        When a count is negative or not whole, or an exposure is not above zero.

    References
    ----------
    Krishnamoorthy and Thomson 2004, A more powerful test for comparing two Poisson means,
    doi:10.1016/S0378-3758(02)00408-1.

    Examples
    --------
    >>> from patrolgeo import e_test
    >>> round(e_test(6, 2), 4), round(e_test(0, 3), 4)
    (0.1749, 0.0884)
    """
    _check_counts(k1, k2, n1, n2)
    if k1 + k2 == 0:
        return 1.0
    n1, n2 = n1 / n2, 1.0  # only the ratio counts
    rate = (k1 + k2) / (n1 + n2)
    x1, x2 = _likely(rate * n1), _likely(rate * n2)
    seen = abs(_wald(np.array([[float(k1)]]), np.array([[float(k2)]]), n1, n2)[0, 0])
    chance, other = stats.poisson.pmf(x1, rate * n1), stats.poisson.pmf(x2, rate * n2)
    total = 0.0
    for some in np.array_split(np.arange(len(x1)), len(x1) // ROWS + 1):  # all pairs at once would fill the memory
        far = np.abs(_wald(x1[some, None], x2[None, :], n1, n2)) >= seen * (1 - 1e-12)
        total += chance[some] @ far @ other
    return float(min(total, 1.0))


def exact_ratio(
    k1: float, k2: float, n1: float = 1.0, n2: float = 1.0, *, mid_p: bool = False, alpha: float = 0.05
) -> Effect:
    """By which factor did a rate change from the first count to the second, with an exact interval?

    Given the sum of the counts the second is binomial (Clopper and Pearson): coverage is never below what is asked,
    also for zeros; for counts of a few it is well above.

    Parameters
    ----------
    k1, k2
        Counts before and after, whole numbers.
    n1, n2
        Time or exposure behind each.
    mid_p
        Count what was seen by half: a shorter interval whose coverage is about what is asked, not at least.
    alpha
        1 - coverage of the interval.

    Returns
    -------
    Effect: the relative change (-0.2 is a fifth fewer), its interval from -1 upwards; `high` is infinite where nothing
    was counted before, `effect` NaN where nothing was counted at all. `standard_error` is that of the log ratio.

    Raises
    ------
    DataError
        When a count is negative or not whole, or an exposure is not above zero.

    Examples
    --------
    >>> from patrolgeo import exact_ratio
    >>> found = exact_ratio(20, 10)
    >>> found.effect, round(found.low, 3), round(found.high, 3), found.finding
    (-0.5, -0.791, 0.119, 'no evidence')
    """
    _check_counts(k1, k2, n1, n2)
    check_share(alpha, "alpha")
    scale, total = n1 / n2, k1 + k2
    low = special.betaincinv(k2, k1 + 1, alpha / 2) if k2 else 0.0
    high = special.betaincinv(k2 + 1, k1, 1 - alpha / 2) if k1 else 1.0
    if mid_p and total:
        low, high = (_mid_p(k2, total, end, tail) for end, tail in ((low, 1 - alpha / 2), (high, alpha / 2)))
    change = k2 / k1 * scale - 1 if k1 else (np.inf if k2 else np.nan)
    error = np.sqrt(1 / k1 + 1 / k2) if k1 and k2 else np.nan
    p_value = stats.binomtest(int(k2), int(total), n2 / (n1 + n2)).pvalue if total else 1.0
    ends = [odds(share) * scale - 1 for share in (low, high)]
    z = np.log1p(change) / error if error > 0 else np.nan
    return Effect(float(change), float(error), float(z), float(ends[0]), float(ends[1]), float(p_value), alpha)


def _mid_p(k: float, total: float, wide: float, tail: float) -> float:
    """Return the share at which the chance of fewer than `k`, and half of that of `k`, is `tail`."""
    if wide in (0.0, 1.0):
        return wide

    def off(share: float) -> float:
        return float(stats.binom.cdf(k - 1, total, share) + stats.binom.pmf(k, total, share) / 2 - tail)

    return float(optimize.brentq(off, 1e-12, 1 - 1e-12))


def odds(share: float) -> float:
    """Return share / (1 - share); infinite for 1."""
    return share / (1 - share) if share < 1 else np.inf


def _check_counts(k1: float, k2: float, n1: float, n2: float) -> None:
    for name, count in (("k1", k1), ("k2", k2)):
        check_number(count, name, least=0, whole=True)
    for name, size in (("n1", n1), ("n2", n2)):
        check_number(size, name, above=0)
    if not 1e-12 <= n1 / n2 <= 1e12:
        raise DataError(f"n1={n1:g} and n2={n2:g} lie too far apart to be compared.")
    if k1 + k2 > 1e6:
        raise DataError(f"{k1 + k2:,.0f} incidents are too many for an exact sum; take weighted_displacement.")


def _likely(mean: float) -> Floats:
    """Return the counts that a Poisson of this mean gives but for a tail that does not matter."""
    return np.arange(stats.poisson.ppf(TAIL, mean), stats.poisson.ppf(1 - TAIL, mean) + 1)


def _wald(x1: Floats, x2: Floats, n1: float, n2: float) -> Floats:
    """Return the difference of rates over its standard error; 0 where both counts are 0."""
    spread = np.sqrt(x1 / n1**2 + x2 / n2**2)
    return np.divide(x1 / n1 - x2 / n2, spread, out=np.zeros(np.broadcast_shapes(x1.shape, x2.shape)), where=spread > 0)

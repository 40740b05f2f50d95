"""Local sums of counts against what shares of an exposure predict: exact given the total, however sparse."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse, special

from patrolgeo._typing import Bools, Floats

_TINY = 1e-300
_BLOCKS = 12  # parts of the time span between which overdispersion is measured


@dataclass(frozen=True)
class LocalTest:
    """One test by cell: excess in standard deviations, local sum, its expectation, p, and whether it was tested.

    `p_guarded` is never below `p_value`: a sum must also be too high for a least number of expected incidents.
    `p_randomised` evens out the steps of counts.
    """

    z: Floats
    observed: Floats
    expected: Floats
    p_value: Floats
    p_guarded: Floats
    p_randomised: Floats
    tested: Bools


def local_excess(
    counts: Floats,
    weights: sparse.csr_matrix,
    share: Floats,
    dispersion: float,
    min_expected: float,
    draws: Floats,
) -> LocalTest:
    """Test weighted local sums of counts that are multinomial with `share`, given the total.

    A sum with 0/1 weights is binomial (N, share of the neighbourhood). A cell that is not among its own neighbours is
    conditioned on: it leaves N and the shares. With other weights, or with overdispersion, both the sum and N are
    divided by the size of an effective incident, and the tail is read between the integers. Where nothing was expected
    and nothing happened there is nothing to test. The excess z is held against `min_expected` where less was expected.
    """
    absent = weights.diagonal() == 0
    total = counts.sum() - absent * counts
    rest = 1.0 - absent * share
    observed = weights @ counts
    reach = np.divide(weights @ share, rest, out=np.zeros(len(counts)), where=rest > 1e-12)
    squares = np.divide(squared(weights) @ share, rest, out=np.zeros(len(counts)), where=rest > 1e-12)
    unit = np.divide(squares, reach, out=np.ones(len(counts)), where=reach > 0)
    fair = total * reach
    size = unit * dispersion

    def p_against(expected: Floats, some: Any = slice(None)) -> tuple[Floats, Floats]:
        """Return both p of some cells."""
        probability = np.divide(expected, unit * total, out=np.zeros(len(counts)), where=total > 0).clip(0, 1)
        n = np.broadcast_to(total / dispersion, len(counts))
        return binomial_p((observed / size)[some], n[some], probability[some], draws[some])

    p_value, p_randomised = p_against(fair)
    least = np.minimum(np.minimum(observed, min_expected * dispersion), total * unit)
    basis = np.where(observed > fair, np.maximum(fair, least), fair)
    few, p_guarded = basis > fair, p_value.copy()
    p_guarded[few] = np.maximum(p_against(basis, few)[0], p_value[few])
    p_value = np.where(fair > 0, p_value, p_guarded)  # without exposure nothing is foretold, not even its absence
    taken = np.divide(basis, unit * total, out=np.zeros(len(counts)), where=total > 0).clip(0, 1)
    variance = size * basis * (1 - taken)
    z = np.divide(observed - basis, np.sqrt(variance), out=np.zeros(len(counts)), where=variance > 0)
    return LocalTest(z, observed, fair, p_value, p_guarded, p_randomised, (observed > 0) | (fair > 0))


def binomial_p(k: Floats, n: Floats, probability: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """Return two-sided p of binomial counts, and the randomised one that is uniform when they are: shape (n,) each.

    Two-sided is twice the smaller tail, never quite 0. `k` and `n` need not be whole: the tail is continued between the
    integers.
    """
    high = k > n * probability
    a, b = np.where(high, np.maximum(k, _TINY), k + 1), np.maximum(np.where(high, n - k + 1, n - k), _TINY)
    chance = np.where(high, probability, 1 - probability)
    small = special.betainc(np.where(high, a, b), np.where(high, b, a), chance)  # the smaller tail, to all digits
    large = np.minimum(1 - small + _just(k, n, probability), 1.0)
    at_least, at_most = np.where(high, small, large), np.where(high, large, small)
    at_least, at_most = np.where(k > 0, at_least, 1.0), np.where(k < n, at_most, 1.0)
    above = 1 - at_most + draws * (at_least + at_most - 1)
    return np.clip(2 * np.minimum(at_least, at_most), _TINY, 1.0), 2 * np.minimum(above, 1 - above).clip(0)


def _just(k: Floats, n: Floats, probability: Floats) -> Floats:
    """Return how likely a binomial count is just k, continued between the integers."""
    misses = np.maximum(n - k, 0)
    log = special.xlogy(k, probability) + special.xlog1py(misses, -probability)
    return np.exp(log - special.betaln(k + 1, misses + 1) - np.log(n + 1))


def measure_dispersion(panel: Floats, weights: sparse.csr_matrix) -> float:
    """Return the variance of local sums between parts of the time span over their expectation.

    It is at least 1, the Poisson variance. Each cell is compared with itself, so that lasting differences between
    cells, which are what is looked for, do not count; the rhythm of the whole area is taken out by the totals of the
    parts. One period tells nothing.
    """
    parts = np.array([part.sum(axis=0) for part in np.array_split(panel, min(len(panel), _BLOCKS) or 1)])
    total = parts.sum()
    if total == 0:
        return 1.0
    rhythm = parts.sum(axis=1) / total
    local = weights @ parts.T
    sums = local.sum(axis=1)
    variance = (squared(weights) @ parts.sum(axis=0) - sums**2 / total).sum() * (rhythm * (1 - rhythm)).sum()
    return max(float(((local - np.outer(sums, rhythm)) ** 2).sum() / variance), 1.0) if variance > 0 else 1.0


def squared(weights: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the weights squared one by one; 0/1 weights are their own squares."""
    if (weights.data == 1).all():
        return weights
    return sparse.csr_matrix((weights.data**2, weights.indices, weights.indptr), shape=weights.shape)


def row_sums(weights: sparse.csr_matrix) -> Floats:
    """Return the sum of each row, shape (n,)."""
    return weights @ np.ones(weights.shape[1])

"""Getis-Ord: is more happening in and around this cell than chance, and its people, explain?"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy import sparse, special

from patrolgeo._checks import check_type
from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.hotspots._expected import LocalTest, local_excess, measure_dispersion, row_sums, squared
from patrolgeo.hotspots._local import NEITHER, LocalStatistic, with_diagonal
from patrolgeo.panel.events import whole


class GetisOrd(LocalStatistic):
    """Which cells are hot or cold, neighbours included?

    By default the sum of incidents over a cell and its neighbours is held against what its share of the population
    (or any other exposure) predicts: given the total it is binomial, and the p-value is exact however sparse the
    counts are. Bursts (near repeats, series) are measured between the periods of the panel and widen the null. The
    cell alone is tested in the same way, since a single bad cell drowns in a busy neighbourhood; the smaller p counts,
    doubled. ``null="raw"`` is the classical Gi* or Gi: it asks where much is, not where more is than people explain.

    Parameters
    ----------
    alpha
        Labels are given where the corrected p-value is at most this.
    star
        Count the cell itself among its neighbours (Gi*) or not (Gi).
    connectivity
        None for the hexagons that touch, a whole number of rings, or a sparse matrix in the order of the cells.
    null
        "expected": by the share of the exposure. "raw": all cells alike, classical statistic. "rate": the same on
        empirical-Bayes rates.
    alone
        Under ``null="expected"`` with `star`, test the cell by itself as well.
    dispersion
        Variance of a local sum over its Poisson variance; None measures it between periods, 1 means Poisson.
    min_expected
        A cell is called hot only if its sum would also be too high for this many expected incidents; without it two
        incidents where one person lives are a hotspot.
    n_permutations
        Under "raw" and "rate": conditional permutations (999 is usual); 0 for the normal p-value, which sparse counts
        make too small.
    early_stop
        Stop permuting a cell once both tails have been passed this often; None never stops.
    random_state
        Seed of permutations and of `p_randomised_`.

    Attributes
    ----------
    statistic_
        Standardised excess by cell (z); of the stronger of the two tests when the cell alone is tested too.
    observed_, expected_
        Local sum by cell and its expectation; those of the cell alone where that is the stronger test.
    p_value_
        Two-sided, of the sum given the total.
    p_adjusted_
        Corrected for the number of cells (Benjamini and Hochberg 1995) and, under "expected", held against at least
        `min_expected` incidents. Cells where nothing was expected and nothing happened are not tested.
    p_randomised_
        p of the local sum with the steps of counts evened out at random: uniform when there is no pattern, for
        checking; missing where nothing was tested, or no step is known.
    labels_
        "hot", "cold" or "not significant" by cell.
    dispersion_
        The one used; with "raw" and "rate" always 1.
    note_
        What to know when there was little or nothing to test; mostly empty.

    References
    ----------
    Ord and Getis 1995, doi:10.1111/j.1538-4632.1995.tb00912.x; Benjamini and Hochberg 1995; Besag and Clifford 1991.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import GetisOrd
    >>> cells = pd.Index(h3.grid_disk("89309c4de37ffff", 3), name="cell")
    >>> panel = pd.DataFrame(2.0, index=pd.to_datetime(["2024-01-01"]), columns=cells)
    >>> panel["89309c4de37ffff"] = 31.0
    >>> residents = pd.Series(100.0, index=cells)
    >>> GetisOrd().fit_predict(panel, exposure=residents).value_counts().to_dict()
    {'not significant': 30, 'hot': 7}
    """

    kinds: ClassVar = [NEITHER, "hot", "cold"]

    def __init__(
        self,
        alpha: float = 0.05,
        star: bool = True,
        connectivity: Any = None,
        null: str = "expected",
        *,
        alone: bool = True,
        dispersion: float | None = None,
        min_expected: float = 1.0,
        n_permutations: int = 0,
        early_stop: int | None = 20,
        random_state: int | None = 0,
    ) -> None:
        super().__init__(alpha, connectivity, null, dispersion, min_expected, n_permutations, early_stop, random_state)
        self.star = star
        self.alone = alone

    def _check(self) -> None:
        super()._check()
        check_type(self.star, bool, "star")
        check_type(self.alone, bool, "alone")

    def _against_expected(self, panel: Floats, weights: sparse.csr_matrix, share: Floats) -> LocalTest:
        weights = with_diagonal(weights, self.star)
        around, self.dispersion_ = self._excess(panel, weights, share)
        if not (self.star and self.alone):
            return around
        return stronger(around, self._excess(panel, sparse.eye_array(len(share), format="csr"), share)[0])

    def _excess(self, panel: Floats, weights: sparse.csr_matrix, share: Floats) -> tuple[LocalTest, float]:
        dispersion = measure_dispersion(panel, weights) if self.dispersion is None else float(self.dispersion)
        draws = self._draws(len(share))
        return local_excess(panel.sum(axis=0), weights, share, dispersion, self.min_expected, draws), dispersion

    def _against_chance(self, values: Floats, weights: sparse.csr_matrix) -> LocalTest:
        self.dispersion_ = 1.0
        weights = with_diagonal(weights, self.star)
        return self._permuted(classical(values, weights, self._draws(len(values))), values, weights)

    def _kind(self, test: LocalTest, found: Bools) -> Array:
        return found * ((test.z > 0) + 2 * (test.z < 0))


def stronger(around: LocalTest, alone: LocalTest) -> LocalTest:
    """Return for each cell the test with the smaller p, doubled since there were two; the randomised p stays around."""
    choose = alone.p_value < around.p_value
    z, observed, expected = (
        np.where(choose, getattr(alone, name), getattr(around, name)) for name in ("z", "observed", "expected")
    )
    p_value = np.minimum(2 * np.minimum(around.p_value, alone.p_value), 1.0)
    p_guarded = np.minimum(2 * np.minimum(around.p_guarded, alone.p_guarded), 1.0)
    return LocalTest(z, observed, expected, p_value, p_guarded, around.p_randomised, around.tested)


def classical(values: Floats, weights: sparse.csr_matrix, draws: Floats) -> LocalTest:
    """Test Gi* (diagonal in `weights`) or Gi (none) against all orders of the values, Ord and Getis 1995.

    For Gi the cell itself is left out of the moments. Cells without neighbours, and values that are all equal, give
    z = 0 and p = 1.
    """
    absent = weights.diagonal() == 0
    middle = values.mean() if len(values) else 0.0
    n = np.maximum(len(values) - absent, 1)
    sums = [(x := (values - middle) ** k).sum() - absent * x for k in (1, 2, 3)]
    mean = sums[0] / n
    variance = np.maximum(sums[1] / n - mean**2, 0)
    third = sums[2] / n - 3 * mean * sums[1] / n + 2 * mean**3
    total, squares, cubes = (row_sums(_power(weights, k)) for k in (1, 2, 3))
    spread = np.sqrt(variance * np.maximum(n * squares - total**2, 0) / np.maximum(n - 1, 1))
    shape = cubes - 3 * total * squares / n + 2 * total**3 / n**2
    skew = shape * third * n**2 / np.maximum((n - 1) * (n - 2), 1)
    expected = (mean + middle) * total
    # sums of equal values differ by rounding alone, which must not be divided by a spread of the same kind
    varied = spread > 1e-12 * np.maximum(np.abs(expected), 1e-300)
    observed = weights @ values
    inverse = np.divide(1.0, spread, out=np.zeros(len(values)), where=varied)
    z = (observed - expected) * inverse
    in_steps = bool(whole(values).all() and (weights.data == 1).all())
    if in_steps:
        at_least, above = (lattice_tail(np.rint(observed) + step, expected, spread**2) for step in (0, 1))
    else:
        at_least = above = _upper_tail(z, skew * inverse**3)
    p_value, p_randomised = _two_sided(at_least, above, draws)
    p_value, p_randomised = np.where(varied, p_value, 1.0), np.where(in_steps, p_randomised, np.nan)
    return LocalTest(z, observed, expected, p_value, p_value, p_randomised, varied & (total > 0))


def _two_sided(at_least: Floats, above: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """Return twice the smaller tail, never quite 0, and the randomised p between the two tails."""
    drawn = above + draws * (at_least - above)
    return np.clip(2 * np.minimum(at_least, 1 - above), 1e-300, 1.0), 2 * np.minimum(drawn, 1 - drawn).clip(0)


def lattice_tail(k: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return how likely a count of this mean and variance is at least k: binomial, Poisson or negative binomial.

    Which one follows from whether the variance is below, at or above the mean.
    """
    ratio = np.divide(variance, mean, out=np.ones(len(mean)), where=mean > 0)
    fewer, more = ratio < 1 - 1e-6, ratio > 1 + 1e-6
    k, mean = np.maximum(k, 1e-300), np.maximum(mean, 1e-300)
    size = mean / np.where(fewer | more, np.abs(1 - ratio), 1.0)
    binomial = special.betainc(k, np.maximum(size - k + 1, 1e-300), np.where(fewer, 1 - ratio, 0.5).clip(0, 1))
    negative = special.betainc(k, size, 1 - 1 / np.where(more, ratio, 2.0))
    return np.where(fewer, np.where(k < size + 1, binomial, 0.0), np.where(more, negative, special.gammainc(k, mean)))


def _upper_tail(z: Floats, skewness: Floats) -> Floats:
    """Return how likely a standardised gamma variable (mirrored where the skewness is negative) is at least z."""
    even = np.abs(skewness) < 1e-4
    root = 2 / np.abs(np.where(even, 1.0, skewness))
    sign = np.where(skewness < 0, -1.0, 1.0)
    place = np.maximum(root**2 + root * sign * z, 0)
    tail = np.where(sign > 0, special.gammaincc(root**2, place), special.gammainc(root**2, place))
    return np.where(even, special.ndtr(-z), tail)


def _power(weights: sparse.csr_matrix, exponent: int) -> sparse.csr_matrix:
    return squared(weights) if exponent == 2 else weights.power(exponent) if exponent > 2 else weights

"""Getis-Ord: is more happening in and around this cell than chance, and its people, explain?"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy import sparse, special

from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.hotspots._expected import LocalTest, local_excess, measure_dispersion, row_sums, squared
from patrolgeo.hotspots._local import NEITHER, LocalStatistic, with_diagonal


class GetisOrd(LocalStatistic):
    """Which cells are hot or cold, neighbours included?

    By default the sum of incidents over a cell and its neighbours is held against what its share of the population
    (or any other exposure) lets expect: given the total it is binomial, and the p-value is exact however sparse the
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
    p_value_, p_adjusted_
        Two-sided, raw and corrected for the number of cells (Benjamini and Hochberg 1995). Cells where nothing was
        expected and nothing happened are not tested.
    p_randomised_
        p of the local sum with the steps of counts evened out at random: uniform when there is no pattern, for
        checking; missing where nothing was tested.
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

    def _against_expected(self, panel: Floats, weights: sparse.csr_matrix, share: Floats) -> LocalTest:
        weights = with_diagonal(weights, self.star)
        around, self.dispersion_ = self._excess(panel, weights, share)
        if not (self.star and self.alone):
            return around
        return stronger(around, self._excess(panel, sparse.eye_array(len(share), format="csr"), share)[0])

    def _excess(self, panel: Floats, weights: sparse.csr_matrix, share: Floats) -> tuple[LocalTest, float]:
        dispersion = measure_dispersion(panel, weights) if self.dispersion is None else float(self.dispersion)
        draws = np.random.default_rng(self.random_state).random(len(share))
        return local_excess(panel.sum(axis=0), weights, share, dispersion, self.min_expected, draws), dispersion

    def _against_chance(self, values: Floats, weights: sparse.csr_matrix) -> LocalTest:
        self.dispersion_ = 1.0
        weights = with_diagonal(weights, self.star)
        return self._permuted(classical(values, weights), values, weights)

    def _kind(self, test: LocalTest, found: Bools) -> Array:
        return found * ((test.z > 0) + 2 * (test.z < 0))


def stronger(around: LocalTest, alone: LocalTest) -> LocalTest:
    """Return for each cell the test with the smaller p, doubled since there were two; the randomised p stays around."""
    choose = alone.p_value < around.p_value
    z, observed, expected = (
        np.where(choose, getattr(alone, name), getattr(around, name)) for name in ("z", "observed", "expected")
    )
    p_value = np.minimum(2 * np.minimum(around.p_value, alone.p_value), 1.0)
    return LocalTest(z, observed, expected, p_value, around.p_randomised, around.tested)


def classical(values: Floats, weights: sparse.csr_matrix) -> LocalTest:
    """Test Gi* (diagonal in `weights`) or Gi (none) by the normal distribution, Ord and Getis 1995.

    For Gi the cell itself is left out of mean and variance. Cells without neighbours, and values that are all equal,
    give z = 0 and p = 1.
    """
    absent = weights.diagonal() == 0
    own = absent * values
    n = np.maximum(len(values) - absent, 1)
    mean = (values.sum() - own) / n
    variance = np.maximum(((values**2).sum() - own**2) / n - mean**2, 0)
    total, squares = row_sums(weights), row_sums(squared(weights))
    spread = np.sqrt(variance * np.maximum(n * squares - total**2, 0) / np.maximum(n - 1, 1))
    expected = mean * total
    # sums of equal values differ by rounding alone, which must not be divided by a spread of the same kind
    varied = spread > 1e-12 * np.maximum(np.abs(expected), 1e-300)
    observed = weights @ values
    z = np.divide(observed - expected, spread, out=np.zeros(len(values)), where=varied)
    p_value = 2 * special.ndtr(-np.abs(z))
    return LocalTest(z, observed, expected, p_value, p_value, total > 0)

"""Local Moran: does a cell sit among its like, or is it an exception in its neighbourhood?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.hotspots._expected import LocalTest, local_excess, measure_dispersion, row_sums
from patrolgeo.hotspots._local import NEITHER, LocalStatistic, with_diagonal
from patrolgeo.hotspots.getis_ord import classical


class LocalMoran(LocalStatistic):
    """Which cells are high among high, low among low, or exceptions?

    The product of a cell's own deviation and its neighbours'. The cell is held fixed and its neighbours are tested:
    by default against what their share of the population predicts (exact, binomial), with ``null="raw"`` by
    conditional permutation of the values.

    Parameters
    ----------
    alpha
        Labels are given where the corrected p-value is at most this.
    connectivity
        None for the hexagons that touch, a whole number of rings, or a sparse matrix in the order of the cells.
    null
        "expected": by the share of the exposure. "raw": all cells alike. "rate": empirical-Bayes rates.
    dispersion
        Variance of a local sum over its Poisson variance; None measures it between periods.
    min_expected
        Neighbours count as high only if their sum would be too high for this many expected incidents as well.
    n_permutations
        Under "raw" and "rate"; 0 for the tail by the moments, as in `GetisOrd`.
    early_stop
        Stop permuting a cell once both tails have been passed this often; None never stops.
    random_state
        Seed of permutations and of `p_randomised_`.

    Attributes
    ----------
    statistic_
        Local Moran's I by cell, weights standardised by row. Under "expected" the product of two standardised
        excesses, the cell's and its neighbours'.
    observed_, expected_
        Sum over the neighbours and its expectation.
    p_value_, p_adjusted_, p_randomised_
        As in `GetisOrd`; two-sided, of the neighbours given the cell.
    labels_
        "high-high", "low-low", "high-low" (a high cell among low ones), "low-high" or "not significant".
    dispersion_
        The one used; with "raw" and "rate" always 1.
    note_
        What to know when there was little or nothing to test; mostly empty.

    References
    ----------
    Anselin 1995, doi:10.1111/j.1538-4632.1995.tb00338.x; Besag and Clifford 1991.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import LocalMoran
    >>> cells = pd.Index(h3.grid_disk("89309c4de37ffff", 3), name="cell")
    >>> panel = pd.DataFrame(3.0, index=pd.to_datetime(["2024-01-01"]), columns=cells)
    >>> panel[h3.grid_disk("89309c4de37ffff", 1)] = 12.0
    >>> LocalMoran().fit_predict(panel, exposure=pd.Series(100.0, index=cells))["89309c4de37ffff"]
    'high-high'
    """

    kinds: ClassVar = [NEITHER, "high-high", "high-low", "low-high", "low-low"]

    def __init__(
        self,
        alpha: float = 0.05,
        connectivity: Any = None,
        null: str = "expected",
        *,
        dispersion: float | None = None,
        min_expected: float = 1.0,
        n_permutations: int = 999,
        early_stop: int | None = 20,
        random_state: int | None = 0,
    ) -> None:
        super().__init__(alpha, connectivity, null, dispersion, min_expected, n_permutations, early_stop, random_state)

    def _against_expected(self, panel: Floats, weights: sparse.csr_matrix, share: Floats) -> LocalTest:
        weights = with_diagonal(weights, star=False)
        self.dispersion_ = measure_dispersion(panel, weights) if self.dispersion is None else float(self.dispersion)
        counts, basis = panel.sum(axis=0), (self.dispersion_, self.min_expected, self._draws(len(share)))
        around = local_excess(counts, weights, share, *basis)
        own = local_excess(counts, sparse.eye_array(len(share), format="csr"), share, *basis)
        return self._combine(own.z, around.z, around)

    def _against_chance(self, values: Floats, weights: sparse.csr_matrix) -> LocalTest:
        self.dispersion_ = 1.0
        weights = with_diagonal(weights, star=False)
        test = self._permuted(classical(values, weights, self._draws(len(values))), values, weights)
        own = values - values.mean() if len(values) else values
        total = row_sums(weights)
        around = np.divide(weights @ own, total, out=np.zeros(len(own)), where=total > 0)
        square = (own**2).sum() / max(len(own) - 1, 1)
        scale = 1 / square if square > 1e-24 * max((values**2).sum(), 1e-300) else 0.0
        return self._combine(own * scale, around, test)

    def _combine(self, own: Floats, around: Floats, test: LocalTest) -> LocalTest:
        self._low, self._among_low = own < 0, around < 0
        return replace(test, z=own * around)

    def _kind(self, test: LocalTest, found: Bools) -> Array:
        return (found & (test.z != 0)) * (1 + self._among_low + 2 * self._low)

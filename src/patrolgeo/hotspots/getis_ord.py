"""Getis-Ord: is more happening in and around this cell than chance, and its people, explain?"""

from __future__ import annotations

import warnings
from typing import Any, Self

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
from scipy import sparse, special

from patrolgeo._checks import align_to_cells, check_choice, check_panel, check_positive
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.hotspots._significance import adjust, label
from patrolgeo.hotspots.connectivity import cell_ids, connect

NULLS = ("expected", "raw")
_BLOCKS = 12  # parts of the time span between which overdispersion is measured


class GetisOrd:
    """Which cells are hot or cold, neighbours included?

    By default the sum of incidents over a cell and its neighbours is held against what its share of the population
    (or any other exposure) lets expect: given the total, it is binomial, and the p-value is exact however sparse the
    counts are. Bursts (near repeats, series) are measured between the periods of the panel and widen the null.
    ``null="raw"`` is the classical Gi* or Gi with its normal p-value: it asks where much is, not where more is than
    people explain, and trusts the normal distribution that sparse counts do not have.

    Parameters
    ----------
    alpha
        Labels are given where the corrected p-value is at most this.
    star
        Count the cell itself among its neighbours (Gi*) or not (Gi).
    connectivity
        None for the hexagons that touch, a whole number of rings, or a sparse matrix in the order of the cells.
    null
        "expected": the share of the exposure. "raw": all cells alike, classical statistic.
    dispersion
        Variance of a local sum over its Poisson variance; None measures it between periods, 1 means Poisson.
    min_expected
        A cell is called hot only if its sum would also be too high for this many expected incidents; without it two
        incidents where one person lives are a hotspot.

    Attributes
    ----------
    statistic_
        Standardised excess by cell (z).
    expected_
        Expected local sum by cell; with ``null="raw"`` the mean of all cells times the weights.
    p_value_, p_adjusted_
        Two-sided, raw and corrected for the number of cells (Benjamini and Hochberg 1995).
    labels_
        "hot", "cold" or "not significant" by cell.
    dispersion_
        The one used.

    References
    ----------
    Ord and Getis 1995, doi:10.1111/j.1538-4632.1995.tb00912.x; Benjamini and Hochberg 1995.

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

    def __init__(
        self,
        alpha: float = 0.05,
        star: bool = True,
        connectivity: Any = None,
        null: str = "expected",
        *,
        dispersion: float | None = None,
        min_expected: float = 1.0,
    ) -> None:
        self.alpha = alpha
        self.star = star
        self.connectivity = connectivity
        self.null = null
        self.dispersion = dispersion
        self.min_expected = min_expected

    def fit(self, panel: pd.DataFrame, exposure: pd.Series | None = None) -> Self:
        """Test every cell of `panel`, its periods summed.

        Parameters
        ----------
        panel
            Counts (or sums of harm weights), shape (n_periods, n_cells); the cells may be any part of a grid.
        exposure
            Residents or another exposure by cell, needed by ``null="expected"``; without it cells count by their
            area, and a warning says so.
        """
        check_choice(self.null, NULLS, "null")
        check_positive(self.alpha, "alpha")
        cells = check_panel(panel).columns
        weights = _with_diagonal(connect(cells, self.connectivity), self.star)
        if self.null == "raw":
            self.dispersion_ = 1.0
            self._keep(cells, *classical_z(panel.to_numpy(float).sum(axis=0), weights))
        else:
            self._fit_expected(panel, weights, _shares(cells, exposure))
        return self

    def fit_predict(self, panel: pd.DataFrame, exposure: pd.Series | None = None) -> pd.Series:
        """Return the labels by cell."""
        return self.fit(panel, exposure).labels_

    def _fit_expected(self, panel: pd.DataFrame, weights: sparse.csr_matrix, share: Floats) -> None:
        counts = panel.to_numpy(float)
        self.dispersion_ = measure_dispersion(counts, weights) if self.dispersion is None else float(self.dispersion)
        self._keep(
            panel.columns,
            *excess_over_expected(counts.sum(axis=0), weights, share, self.dispersion_, self.min_expected),
        )

    def _keep(self, cells: pd.Index, statistic: Floats, expected: Floats, p_value: Floats) -> None:
        tested = np.isfinite(p_value)
        p_value = np.where(tested, p_value, 1.0)
        adjusted = adjust(p_value, tested)
        self.statistic_ = pd.Series(statistic, index=cells, name="statistic")
        self.expected_ = pd.Series(expected, index=cells, name="expected")
        self.p_value_ = pd.Series(p_value, index=cells, name="p_value")
        self.p_adjusted_ = pd.Series(adjusted, index=cells, name="p_adjusted")
        self.labels_ = pd.Series(label(statistic, adjusted, self.alpha), index=cells, name="hotspot", dtype="str")


def classical_z(values: Floats, weights: sparse.csr_matrix) -> tuple[Floats, Floats, Floats]:
    """Return z, expectation and two-sided normal p of Gi* (diagonal in `weights`) or Gi (none), Ord and Getis 1995.

    For Gi the cell itself is left out of mean and variance. Cells without neighbours, and values that are all equal,
    give z = 0 and p = 1.
    """
    own = (weights.diagonal() == 0).astype(float) * values
    n = len(values) - (weights.diagonal() == 0)
    n = np.maximum(n, 1)
    mean = (values.sum() - own) / n
    variance = np.maximum(((values**2).sum() - own**2) / n - mean**2, 0)
    total = np.asarray(weights.sum(axis=1)).ravel()
    squares = np.asarray(weights.multiply(weights).sum(axis=1)).ravel()
    spread = np.sqrt(variance * np.maximum(n * squares - total**2, 0) / np.maximum(n - 1, 1))
    expected = mean * total
    # sums of equal values differ by rounding alone, which must not be divided by a spread of the same kind
    flat = spread <= 1e-12 * np.maximum(np.abs(expected), 1e-300)
    z = np.divide(weights @ values - expected, spread, out=np.zeros(len(values)), where=~flat)
    return z, expected, 2 * special.ndtr(-np.abs(z))


def excess_over_expected(
    counts: Floats, weights: sparse.csr_matrix, share: Floats, dispersion: float, min_expected: float
) -> tuple[Floats, Floats, Floats]:
    """Return z, expectation and two-sided p of local sums under counts that are multinomial with `share`.

    A local sum of 0/1 weights is binomial(N, share of the neighbourhood). With other weights, or with overdispersion,
    both it and N are divided by the size of an effective incident, and the binomial tail is read between the integers.
    p is NaN where nothing was expected and nothing happened: there is nothing to test.
    """
    total = counts.sum()
    observed = weights @ counts
    reach = weights @ share
    unit = np.divide(weights.multiply(weights) @ share, reach, out=np.ones(len(counts)), where=reach > 0)
    fair = total * reach
    low = np.minimum(
        np.where(observed > fair, np.maximum(fair, np.minimum(observed, min_expected * dispersion)), fair), total
    )
    probability = np.divide(low, unit * total, out=np.zeros(len(counts)), where=total > 0)
    spread = np.sqrt(dispersion * unit * low * np.maximum(1 - probability, 0))
    z = np.divide(observed - low, spread, out=np.zeros(len(counts)), where=spread > 0)
    k, n = observed / (unit * dispersion), total / dispersion
    tail = np.where(observed > fair, _at_least(k, n, probability), _at_most(k, n, probability))
    p = np.minimum(2 * tail, 1.0)
    return z, fair, np.where((observed > 0) | (fair > 0), p, np.nan)


def measure_dispersion(panel: Floats, weights: sparse.csr_matrix) -> float:
    """Return the variance of local sums between parts of the time span over their expectation.

    For counts it is at least 1, the Poisson variance. Each cell is compared with itself, so that lasting differences
    between cells, which are what is looked for, do not count; the rhythm of the whole area is taken out by the totals
    of the parts. Sums of harm weights have a variance in their own unit. One period tells nothing but that unit.
    """
    least = incident_unit(panel)
    parts = np.array([part.sum(axis=0) for part in np.array_split(panel, min(len(panel), _BLOCKS) or 1)])
    total = parts.sum()
    if total == 0:
        return least
    rhythm = parts.sum(axis=1) / total
    local = weights @ parts.T
    sums = local.sum(axis=1)
    variance = (weights.multiply(weights) @ parts.sum(axis=0) - sums**2 / total).sum() * (rhythm * (1 - rhythm)).sum()
    return max(float(((local - np.outer(sums, rhythm)) ** 2).sum() / variance), least) if variance > 0 else least


def incident_unit(values: Floats) -> float:
    """Return what one incident adds to sums: the largest number that divides them all.

    When there is none (harm weights), the size of an effective incident, sum of squares over sum: it takes each value
    for one incident, and so never makes more of the evidence than there is.
    """
    positive = values[values > 0]
    if not len(positive):
        return 1.0
    smallest = positive.min()
    for parts in range(1, 7):
        multiples = positive / smallest * parts
        whole = np.rint(multiples)
        if np.abs(multiples - whole).max() < 1e-6:
            return float(smallest / parts * np.gcd.reduce(whole.astype(np.int64)))
    return float((positive**2).sum() / positive.sum())


def _at_least(k: Floats, n: float, probability: Floats) -> Floats:
    return np.where(k <= 0, 1.0, special.betainc(np.maximum(k, 1e-300), np.maximum(n - k + 1, 1e-300), probability))


def _at_most(k: Floats, n: float, probability: Floats) -> Floats:
    return np.where(k >= n, 1.0, special.betaincc(k + 1, np.maximum(n - k, 1e-300), probability))


def _with_diagonal(weights: sparse.csr_matrix, star: bool) -> sparse.csr_matrix:
    """Return `weights` with the cell itself (weight 1 unless the matrix names another) or without it."""
    own = weights.diagonal()
    wanted = np.where(own > 0, own, 1.0) if star else np.zeros(len(own))
    changed = (weights + sparse.diags(wanted - own)).tocsr()
    changed.eliminate_zeros()
    return changed


def _shares(cells: pd.Index, exposure: pd.Series | None) -> Floats:
    if exposure is None:
        warnings.warn(
            f"No exposure was given, so all {len(cells)} cells are expected to have incidents by their area. Give "
            "exposure=residents by cell to ask what people do not explain, or null='raw' for the classical statistic.",
            PatrolgeoWarning,
            stacklevel=4,
        )
        values = _areas(cells)
    else:
        values = align_to_cells(exposure, cells, "exposure").to_numpy(float)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError("exposure holds negative or missing values; put 0 where nobody is.")
    if len(values) and values.sum() == 0:
        raise DataError("exposure is 0 in every cell, so nothing can be expected; give residents, or null='raw'.")
    return values / values.sum() if len(values) else values


def _areas(cells: pd.Index) -> Floats:
    try:
        return np.array([h3.cell_area(c, unit="km^2") for c in cell_ids(cells)])
    except DataError:
        return np.ones(len(cells))

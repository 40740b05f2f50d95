"""One number for the whole area: are like values near each other?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, special

from patrolgeo._checks import check_choice, check_panel
from patrolgeo._typing import Floats
from patrolgeo.hotspots._expected import incident_unit, row_sums
from patrolgeo.hotspots._local import shares, with_diagonal
from patrolgeo.hotspots.connectivity import connect, in_order


@dataclass(frozen=True)
class GlobalStatistic:
    """Outcome of a test for the whole area.

    Parameters
    ----------
    name
        "Moran's I", "Geary's C" or "General G".
    statistic, expected
        The value and its expectation when there is no pattern.
    z
        Standardised distance between the two.
    p_value
        Two-sided.
    note
        Why there was nothing to test; mostly empty.
    """

    name: str
    statistic: float
    expected: float
    z: float
    p_value: float
    note: str = ""

    def summary(self) -> str:
        """Return one line for a report."""
        if self.note:
            return f"{self.name}: {self.note}"
        return f"{self.name} {self.statistic:.4f} (expected {self.expected:.4f}, z {self.z:.2f}, p {self.p_value:.4g})"


def moran(
    panel: pd.DataFrame,
    exposure: pd.Series | None = None,
    *,
    connectivity: Any = None,
    null: str = "expected",
    n_permutations: int = 999,
    random_state: int | None = 0,
) -> GlobalStatistic:
    """Do neighbouring cells deviate alike? Moran's I.

    Parameters
    ----------
    panel
        Counts, shape (n_periods, n_cells); the periods are summed.
    exposure
        Residents or another exposure by cell.
    connectivity
        As in `GetisOrd`; the weights are standardised by row.
    null
        "expected": deviations from what the exposure lets expect, in standard deviations, and a p-value by drawing the
        total again. "raw": deviations from the mean, p-value by permutation.
    n_permutations
        0 for the normal p-value (randomisation; "raw" only).
    random_state
        Seed.

    References
    ----------
    Moran 1950; Cliff and Ord 1981; Assunção and Reis 1999 for rates.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import moran
    >>> cells = pd.Index(h3.grid_disk("89309c4de37ffff", 3), name="cell")
    >>> panel = pd.DataFrame(1.0, index=pd.to_datetime(["2024-01-01"]), columns=cells)
    >>> panel[h3.grid_disk("89309c4de37ffff", 1)] = 5.0
    >>> moran(panel, null="raw", n_permutations=0).summary()
    "Moran's I 0.4714 (expected -0.0278, z 5.02, p 5.17e-07)"
    """
    return _global("Moran's I", _moran, panel, exposure, connectivity, null, n_permutations, random_state)


def geary(
    panel: pd.DataFrame,
    exposure: pd.Series | None = None,
    *,
    connectivity: Any = None,
    null: str = "expected",
    n_permutations: int = 999,
    random_state: int | None = 0,
) -> GlobalStatistic:
    """How much do neighbouring cells differ? Geary's C: below 1 neighbours are alike, above 1 they differ.

    Parameters as in `moran`.

    References
    ----------
    Geary 1954; Cliff and Ord 1981.
    """
    return _global("Geary's C", _geary, panel, exposure, connectivity, null, n_permutations, random_state)


def general_g(panel: pd.DataFrame, *, connectivity: Any = None) -> GlobalStatistic:
    """Do high values, or low ones, lie together? General G of raw values, positive values only, normal p-value.

    Parameters as in `moran`; the weights are used as they are, the diagonal left out.

    References
    ----------
    Getis and Ord 1992, doi:10.1111/j.1538-4632.1992.tb00261.x.
    """
    values = check_panel(panel).to_numpy(float).sum(axis=0)
    weights = with_diagonal(connect(panel.columns, connectivity), star=False)
    m = [float((values**k).sum()) for k in range(5)]
    pairs, n = m[1] ** 2 - m[2], len(values)
    if pairs <= 0 or n < 4 or not weights.nnz:
        return _nothing("General G")
    statistic = float(values @ (weights @ values) / pairs)
    s0, s1, s2 = _weight_sums(weights)
    expected = s0 / (n * (n - 1))
    b0 = (n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2
    b1 = -((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    b2 = -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2)
    b3 = 4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2
    b4 = s1 - s2 + s0**2
    mixed = b0 * m[2] ** 2 + b1 * m[4] + b2 * m[1] ** 2 * m[2] + b3 * m[1] * m[3] + b4 * m[1] ** 4
    square = mixed / (pairs**2 * n * (n - 1) * (n - 2) * (n - 3))
    return _normal("General G", statistic, expected, square - expected**2)


def _global(
    name: str,
    statistic_of: Callable[[Floats, sparse.csr_matrix], Floats],
    panel: pd.DataFrame,
    exposure: pd.Series | None,
    connectivity: Any,
    null: str,
    n_permutations: int,
    random_state: int | None,
) -> GlobalStatistic:
    check_choice(null, ("expected", "raw"), "null")
    panel, weights = in_order(check_panel(panel), connectivity)
    counts = panel.to_numpy(float).sum(axis=0)
    share = shares(panel.columns, exposure) if null == "expected" else None
    weights = with_diagonal(weights, star=False)
    weights = sparse.diags(_inverse(row_sums(weights))) @ weights
    deviations = _deviations(counts[:, None], share)
    if len(counts) < 4 or not weights.nnz or not np.ptp(deviations) > 1e-12 * np.abs(counts).max():
        return _nothing(name)
    observed = float(statistic_of(deviations, weights)[0])
    if null == "raw" and not n_permutations:
        return _normal(name, observed, *_moments(name, deviations[:, 0], weights))
    rng = np.random.default_rng(random_state)
    draws = np.concatenate([
        statistic_of(_deviations(_redraw(counts, share, size, rng), share), weights)
        for size in _blocks(n_permutations, len(counts))
    ])  # fmt: skip
    above, below = (draws >= observed - 1e-12).sum(), (draws <= observed + 1e-12).sum()
    p_value = min(2 * (1 + min(above, below)) / (len(draws) + 1), 1.0)
    z = (observed - draws.mean()) / draws.std() if draws.std() > 0 else 0.0
    return GlobalStatistic(name, observed, float(draws.mean()), float(z), float(p_value))


def _deviations(counts: Floats, share: Floats | None) -> Floats:
    """Return deviations of each column from its mean, or from what the shares let expect, in standard deviations."""
    if share is None:
        return counts - counts.mean(axis=0)
    expected = share[:, None] * counts.sum(axis=0)
    return np.where(expected > 0, (counts - expected) * _inverse(np.sqrt(expected)), 0.0)


def _redraw(counts: Floats, share: Floats | None, size: int, rng: np.random.Generator) -> Floats:
    """Return `size` columns of counts without pattern: permuted, or the same total drawn again by the shares."""
    if share is None:
        return rng.permuted(np.repeat(counts[:, None], size, axis=1), axis=0)
    unit = incident_unit(counts)
    return unit * rng.multinomial(round(counts.sum() / unit), share, size).T.astype(float)


def _blocks(n_permutations: int, n: int) -> list[int]:
    """Return sizes of blocks that sum to the number of permutations and stay within some 80 MB."""
    size = max(10_000_000 // max(n, 1), 1)
    return [min(size, n_permutations - start) for start in range(0, n_permutations, size)]


def _moran(z: Floats, weights: sparse.csr_matrix) -> Floats:
    return len(z) / weights.sum() * (z * (weights @ z)).sum(axis=0) * _inverse((z**2).sum(axis=0))


def _geary(z: Floats, weights: sparse.csr_matrix) -> Floats:
    both = row_sums(weights) + row_sums(weights.T)
    differences = (both[:, None] * z**2).sum(axis=0) - 2 * (z * (weights @ z)).sum(axis=0)
    centred = ((z - z.mean(axis=0)) ** 2).sum(axis=0)
    return (len(z) - 1) * differences * _inverse(2 * weights.sum() * centred)


def _moments(name: str, z: Floats, weights: sparse.csr_matrix, randomised: bool = True) -> tuple[float, float]:
    """Return expectation and variance under randomisation or normality (Cliff and Ord 1981)."""
    n = len(z)
    s0, s1, s2 = _weight_sums(weights)
    b = n * (z**4).sum() / (z**2).sum() ** 2
    if name == "Moran's I":
        mean = -1 / (n - 1)
        if not randomised:
            return mean, (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2) - mean**2
        first = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
        second = b * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
        return mean, (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - mean**2
    if not randomised:
        return 1.0, ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
    first = (n - 1) * s1 * (n**2 - 3 * n + 3 - (n - 1) * b)
    second = (n - 1) * s2 * (n**2 + 3 * n - 6 - (n**2 - n + 2) * b) / 4
    third = s0**2 * (n**2 - 3 - (n - 1) ** 2 * b)
    return 1.0, (first - second + third) / (n * (n - 2) * (n - 3) * s0**2)


def _weight_sums(weights: sparse.csr_matrix) -> tuple[float, float, float]:
    both = weights + weights.T
    s2 = row_sums(weights) + row_sums(weights.T)
    return float(weights.sum()), float(both.multiply(both).sum() / 2), float((s2**2).sum())


def _normal(name: str, statistic: float, expected: float, variance: float) -> GlobalStatistic:
    z = (statistic - expected) / np.sqrt(variance) if variance > 0 else 0.0
    return GlobalStatistic(name, statistic, float(expected), float(z), float(2 * special.ndtr(-abs(z))))


def _nothing(name: str) -> GlobalStatistic:
    """Return the outcome where nothing varies or nobody has a neighbour."""
    nothing = "the values do not vary, or fewer than four cells or no neighbours are there: nothing to test"
    return GlobalStatistic(name, float("nan"), float("nan"), 0.0, 1.0, nothing)


def _inverse(values: Floats) -> Floats:
    return np.divide(1.0, values, out=np.zeros(values.shape), where=values > 0)

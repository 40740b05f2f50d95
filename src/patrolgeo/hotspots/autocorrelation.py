"""One number for the whole area: are like values near each other?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, special

from patrolgeo._checks import check_choice, check_count, check_panel, check_seed
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.grid.units import Units
from patrolgeo.hotspots._expected import row_sums
from patrolgeo.hotspots._local import shares, with_diagonal
from patrolgeo.hotspots.connectivity import in_order
from patrolgeo.panel.events import check_total, declared_size, incident_size, whole


@dataclass(frozen=True, repr=False)
class GlobalStatistic(Shown):
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

    def _head(self) -> str:
        return self.summary()

    def _rows(self) -> Rows:
        if self.note:
            return []
        return [
            ("value", f"{self.statistic:.4f}"), ("without pattern", f"{self.expected:.4f}"), ("z", f"{self.z:.2f}"),
            ("p", f"{self.p_value:.4g} (two-sided)"),
        ]  # fmt: skip

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
    incident: Any = None,
    n_permutations: int = 999,
    random_state: int | None = 0,
    units: Units | None = None,
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
        "expected": deviations from what the exposure predicts, in standard deviations, and a p-value by drawing the
        total again. "raw": deviations from the mean, p-value by permutation.
    incident
        For sums of weights under "expected": the weights of the incidents or the size of one, as in `GetisOrd.fit`.
    n_permutations
        0 for the textbook's normal p-value (randomisation; "raw" only), which sparse counts make too small.
    random_state
        Seed.
    units
        Where the units of the panel lie, when its labels are not H3 cells.

    Returns
    -------
    The index, its expectation, z and p-value.

    Raises
    ------
    DataError
        When a setting is out of its range, ``n_permutations=0`` is asked of "expected", or the panel is not of whole
        numbers and `incident` is not given.

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
    return _global(
        "Moran's I", _moran, panel, exposure, connectivity, null, incident, n_permutations, random_state, units
    )


def geary(
    panel: pd.DataFrame,
    exposure: pd.Series | None = None,
    *,
    connectivity: Any = None,
    null: str = "expected",
    incident: Any = None,
    n_permutations: int = 999,
    random_state: int | None = 0,
    units: Units | None = None,
) -> GlobalStatistic:
    """How much do neighbouring cells differ? Geary's C: below 1 neighbours are alike, above 1 they differ.

    Parameters as in `moran`.

    Parameters
    ----------
    panel, exposure, connectivity, null, incident, n_permutations, random_state, units
        As in `moran`.

    Returns
    -------
    The index, its expectation, z and p-value.

    Raises
    ------
    DataError, AlignmentError
        As in `moran`.

    References
    ----------
    Geary 1954; Cliff and Ord 1981.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import geary
    >>> cells = pd.Index(h3.grid_disk("89309c4de37ffff", 3), name="cell")
    >>> panel = pd.DataFrame(1.0, index=pd.to_datetime(["2024-01-01"]), columns=cells)
    >>> panel[h3.grid_disk("89309c4de37ffff", 1)] = 5.0
    >>> geary(panel, null="raw", n_permutations=0).statistic < 1
    True
    """
    return _global(
        "Geary's C", _geary, panel, exposure, connectivity, null, incident, n_permutations, random_state, units
    )


def general_g(
    panel: pd.DataFrame,
    *,
    connectivity: Any = None,
    incident: Any = None,
    n_permutations: int | None = None,
    random_state: int | None = 0,
    units: Units | None = None,
) -> GlobalStatistic:
    """Do high values, or low ones, lie together? General G of raw values, positive values only.

    Parameters
    ----------
    panel
        Counts or other values of 0 or more, shape (n_periods, n_cells); the periods are summed.
    connectivity
        As in `GetisOrd`; the weights are used as they are, the diagonal left out.
    incident
        For sums of weights: the weights of the incidents or the size of one, as in `GetisOrd.fit`.
    n_permutations
        None takes 999 for whole-number counts, whose G is skewed, and 0 for other values: the textbook's normal
        p-value.
    random_state
        Seed.
    units
        Where the units of the panel lie, when its labels are not H3 cells.

    Returns
    -------
    G, its expectation, z (by the textbook's moments) and p-value.

    Raises
    ------
    DataError
        When the panel is not one, or a setting is out of its range.

    References
    ----------
    Getis and Ord 1992, doi:10.1111/j.1538-4632.1992.tb00261.x.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import general_g
    >>> cells = pd.Index(h3.grid_disk("89309c4de37ffff", 3), name="cell")
    >>> panel = pd.DataFrame(1.0, index=pd.to_datetime(["2024-01-01"]), columns=cells)
    >>> panel[h3.grid_disk("89309c4de37ffff", 1)] = 5.0
    >>> general_g(panel).summary()
    'General G 0.2239 (expected 0.1351, z 6.16, p 0.002)'
    """
    check_total(check_panel(panel).to_numpy(float), "panel")
    size = declared_size(panel, incident) or 1.0
    panel, weights = in_order(panel, connectivity, units)
    values = panel.to_numpy(float).sum(axis=0) / size
    weights = with_diagonal(weights, star=False)
    if n_permutations is None:
        n_permutations = 999 if whole(values).all() else 0
    check_count(n_permutations, "n_permutations", least=0)
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
    textbook = _normal("General G", statistic, expected, square - expected**2)
    if not n_permutations:
        return textbook
    rng = np.random.default_rng(check_seed(random_state))
    sizes = _blocks(n_permutations, n)
    draws = np.concatenate([_products(_redraw(values, None, size, rng), weights) for size in sizes]) / pairs
    return replace(textbook, p_value=_two_sided(draws, statistic))


def _products(values: Floats, weights: sparse.csr_matrix) -> Floats:
    return np.asarray((values * (weights @ values)).sum(axis=0))


def _two_sided(draws: Floats, observed: float) -> float:
    """Return the pseudo p-value: twice the smaller tail, the observed order counted as one of the draws."""
    slack = 1e-12 * max(abs(observed), 1e-300)
    tail = min((draws >= observed - slack).sum(), (draws <= observed + slack).sum())
    return float(min(2 * (1 + tail) / (len(draws) + 1), 1.0))


def _global(
    name: str,
    statistic_of: Callable[[Floats, sparse.csr_matrix], Floats],
    panel: pd.DataFrame,
    exposure: pd.Series | None,
    connectivity: Any,
    null: str,
    incident: Any,
    n_permutations: int,
    random_state: int | None,
    units: Units | None,
) -> GlobalStatistic:
    check_choice(null, ("expected", "raw"), "null")
    check_count(n_permutations, "n_permutations", least=0 if null == "raw" else 1)
    check_total(check_panel(panel).to_numpy(float), "panel")
    size = incident_size(panel, incident) if null == "expected" else 1.0
    panel, weights = in_order(panel, connectivity, units)
    counts = panel.to_numpy(float).sum(axis=0) / size
    share = shares(panel.columns, exposure, units) if null == "expected" else None
    weights = with_diagonal(weights, star=False)
    weights = sparse.diags(_inverse(row_sums(weights))) @ weights
    deviations = _deviations(counts[:, None], share)
    if len(counts) < 4 or not weights.nnz or not np.ptp(deviations) > 1e-12 * np.abs(counts).max():
        return _nothing(name)
    observed = float(statistic_of(deviations, weights)[0])
    if null == "raw" and not n_permutations:
        return _normal(name, observed, *_moments(name, deviations[:, 0], weights))
    rng = np.random.default_rng(check_seed(random_state))
    draws = np.concatenate([
        statistic_of(_deviations(_redraw(counts, share, size, rng), share), weights)
        for size in _blocks(n_permutations, len(counts))
    ])  # fmt: skip
    z = (observed - draws.mean()) / draws.std() if draws.std() > 0 else 0.0
    return GlobalStatistic(name, observed, float(draws.mean()), float(z), _two_sided(draws, observed))


def _deviations(counts: Floats, share: Floats | None) -> Floats:
    """Return deviations of each column from its mean, or from what the shares predict, in standard deviations."""
    if share is None:
        return counts - counts.mean(axis=0)
    expected = share[:, None] * counts.sum(axis=0)
    return np.where(expected > 0, (counts - expected) * _inverse(np.sqrt(expected)), 0.0)


def _redraw(counts: Floats, share: Floats | None, size: int, rng: np.random.Generator) -> Floats:
    """Return `size` columns of counts without pattern: permuted, or the same total drawn again by the shares."""
    if share is None:
        return rng.permuted(np.repeat(counts[:, None], size, axis=1), axis=0)
    return rng.multinomial(max(round(counts.sum()), 1), share, size).T.astype(float)


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

"""What the local statistics share: inputs, nulls, correction for many cells, results as Series by cell."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, ClassVar, Self

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import (
    align,
    check_choice,
    check_count,
    check_number,
    check_panel,
    check_positive,
    check_seed,
    check_share,
)
from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.grid.units import Units
from patrolgeo.hotspots._expected import LocalTest
from patrolgeo.hotspots._permutation import permute_neighbors
from patrolgeo.hotspots.connectivity import cell_ids, in_order
from patrolgeo.hotspots.rates import check_exposure, smooth_rates
from patrolgeo.panel.events import check_total, declared_size, incident_size

NULLS = ("expected", "raw", "rate")
NEITHER = "not significant"


class LocalStatistic(ABC):
    """A local statistic: `fit` tests every cell, the periods summed; subclasses say how."""

    kinds: ClassVar[list[str]]
    statistic_: pd.Series
    observed_: pd.Series
    expected_: pd.Series
    p_value_: pd.Series
    p_adjusted_: pd.Series
    p_randomised_: pd.Series
    labels_: pd.Series
    note_: str

    def __init__(
        self,
        alpha: float,
        connectivity: Any,
        null: str,
        dispersion: float | None,
        min_expected: float,
        n_permutations: int,
        early_stop: int | None,
        random_state: int | None,
    ) -> None:
        self.alpha = alpha
        self.connectivity = connectivity
        self.null = null
        self.dispersion = dispersion
        self.min_expected = min_expected
        self.n_permutations = n_permutations
        self.early_stop = early_stop
        self.random_state = random_state

    def fit(
        self,
        panel: pd.DataFrame,
        exposure: pd.Series | None = None,
        *,
        incident: Any = None,
        units: Units | None = None,
    ) -> Self:
        """Test every cell of `panel`, its periods summed.

        Parameters
        ----------
        panel
            Counts (or sums of weights), shape (n_periods, n_cells); the cells may be any part of a grid.
        exposure
            Residents or another exposure by cell, used by ``null="expected"`` and ``"rate"``; without it "expected"
            goes by the area of the cells, and a warning says so.
        incident
            For sums of weights: the weights of the incidents, shape (n_incidents,), or the size of one (mean square
            over mean). None takes what ``count_incidents(weight=...)`` wrote in ``panel.attrs["incident"]``; otherwise
            the numbers are counts and must be whole. 1 where weights share single incidents out over places.
        units
            Where the units of the panel lie, when its labels are not H3 cells: `SquareGrid` or `AreaUnits`. Without an
            exposure, segments are expected to have incidents by their length.

        Returns
        -------
        The statistic itself, with the attributes named above.

        Raises
        ------
        AlignmentError
            When `exposure` or `units` lacks cells of `panel`, or a connectivity matrix has another shape.
        DataError
            When a setting is out of its range, the labels are not H3 cells and neither a matrix nor `units` is given,
            `exposure` is negative, missing or 0 throughout, or the panel is not of whole numbers and `incident` is not
            given.
        """
        self._check()
        given = check_panel(panel).columns
        check_total(panel.to_numpy(float), "panel")
        raw = self.null == "raw"
        size = declared_size(panel, incident) or 1.0 if raw else incident_size(panel, incident)
        panel, weights = in_order(panel, self.connectivity, units)
        cells, events = panel.columns, panel.to_numpy(float) / size
        if self.null == "expected":
            test = self._against_expected(events, weights, shares(cells, exposure, units))
        else:
            test = self._against_chance(self._values(events, cells, exposure), weights)
        self._keep(cells, given, test, size)
        self.note_ = note(events.sum(axis=0), weights)
        return self

    def fit_predict(
        self,
        panel: pd.DataFrame,
        exposure: pd.Series | None = None,
        *,
        incident: Any = None,
        units: Units | None = None,
    ) -> pd.Series:
        """Return the labels by cell; parameters and errors as in `fit`."""
        return self.fit(panel, exposure, incident=incident, units=units).labels_

    def _check(self) -> None:
        check_choice(self.null, NULLS, "null")
        check_share(self.alpha, "alpha")
        if self.dispersion is not None:
            check_positive(self.dispersion, "dispersion")
        check_number(self.min_expected, "min_expected", least=0)
        check_count(self.n_permutations, "n_permutations", least=0)
        if self.early_stop is not None:
            check_count(self.early_stop, "early_stop")

    @abstractmethod
    def _against_expected(self, panel: Floats, weights: sparse.csr_matrix, share: Floats) -> LocalTest:
        """Hold local sums against what the exposure predicts."""

    @abstractmethod
    def _against_chance(self, values: Floats, weights: sparse.csr_matrix) -> LocalTest:
        """Hold values against their own mean and spread."""

    @abstractmethod
    def _kind(self, test: LocalTest, found: Bools) -> Array:
        """Return the position of each cell's label in `kinds`."""

    def _draws(self, n: int) -> Floats:
        """Return what evens out the steps of counts in the randomised p."""
        return np.random.default_rng(check_seed(self.random_state)).random(n)

    def _permuted(self, test: LocalTest, values: Floats, weights: sparse.csr_matrix) -> LocalTest:
        """Return the test with p-values of conditional permutations when these are wanted."""
        if not self.n_permutations:
            return test
        rng = np.random.default_rng(check_seed(self.random_state))
        p_value, randomised = permute_neighbors(values, weights, self.n_permutations, rng, self.early_stop)
        return replace(test, p_value=p_value, p_guarded=p_value, p_randomised=randomised)

    def _values(self, events: Floats, cells: pd.Index, exposure: pd.Series | None) -> Floats:
        counts = events.sum(axis=0)
        if self.null == "raw":
            return counts
        if exposure is None:
            raise DataError("null='rate' needs exposure=residents by cell; null='raw' does without.")
        return smooth_rates(counts, align(exposure, cells, "exposure").to_numpy(float))

    def _keep(self, cells: pd.Index, given: pd.Index, test: LocalTest, size: float) -> None:
        adjusted = adjust(test.p_guarded, test.tested)
        columns = {
            "statistic": test.z, "observed": test.observed * size, "expected": test.expected * size,
            "p_value": np.where(test.tested, test.p_value, 1.0), "p_adjusted": adjusted,
            "p_randomised": np.where(test.tested, test.p_randomised, np.nan),
        }  # fmt: skip
        for name, values in columns.items():
            setattr(self, f"{name}_", pd.Series(values, index=cells, name=name).reindex(given))
        names = pd.array(self.kinds, dtype="str").take(self._kind(test, adjusted <= self.alpha))
        self.labels_ = pd.Series(names, index=cells, name="hotspot").reindex(given)


def note(values: Floats, weights: sparse.csr_matrix) -> str:
    """Return what the reader of an answer should know when there was little or nothing to test; mostly nothing."""
    if not len(values) or not values.any():
        return "No incident is recorded: there is nothing to test."
    if (values > 0).sum() == 1:
        return "All incidents lie in one cell; if they are one series, their number proves little."
    lonely = int((with_diagonal(weights, star=False).getnnz(axis=1) == 0).sum())
    return f"{lonely} of {len(values)} cells have no neighbour." if lonely else ""


def adjust(p_value: Floats, tested: Bools) -> Floats:
    """Return Benjamini-Hochberg q-values; what was not tested keeps 1 and does not count as a test."""
    adjusted = np.ones(len(p_value))
    p = p_value[tested]
    order = np.argsort(p, kind="stable")  # counts give many equal p-values, on which merging is fastest
    scaled = p[order] * (len(p) / np.arange(1.0, len(p) + 1))
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    adjusted[tested] = np.minimum(q, 1.0)
    return adjusted


def with_diagonal(weights: sparse.csr_matrix, star: bool) -> sparse.csr_matrix:
    """Return `weights` with the cell itself (weight 1 unless the matrix names another) or without it."""
    own = weights.diagonal()
    missing = np.where(own > 0, 0.0, 1.0) if star else -own
    if not missing.any():
        return weights
    changed = (weights + sparse.diags(missing)).tocsr()
    if not star:
        changed.eliminate_zeros()
    return changed


def shares(cells: pd.Index, exposure: pd.Series | None, units: Units | None = None) -> Floats:
    """Return each cell's share of the exposure; by area (or length), with a warning, when there is none."""
    if exposure is None:
        warnings.warn(
            f"No exposure was given, so all {len(cells)} cells are expected to have incidents by their "
            f"{'length' if units is not None and units.are_lines else 'area'}. Give "
            "exposure=residents by cell to ask what people do not explain, or null='raw' for the classical statistic.",
            PatrolgeoWarning,
            stacklevel=4,
        )
        values = _areas(cells) if units is None else units.select(cells).size[cells].to_numpy()
    else:
        values = align(exposure, cells, "exposure").to_numpy(float)
    check_exposure(values)
    return values / values.sum() if len(values) else values


def _areas(cells: pd.Index) -> Floats:
    try:
        return np.array([h3.cell_area(c, unit="km^2") for c in cell_ids(cells)])
    except DataError:
        return np.ones(len(cells))

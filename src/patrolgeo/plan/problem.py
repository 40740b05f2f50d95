"""What every site model reads and checks: cost table, demand, labels of candidates, sites that are there already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import as_floats, by_label, check_count
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.kernels import least_csr

MAX_ENTRIES = 200_000_000  # costs that are held as a plain table


@dataclass(frozen=True)
class Problem:
    """A checked cost table: candidates x demand, with labels and demand; sparse costs hold what can be reached.

    `labelled`: whether the labels are the user's; else they are the positions in a plain array.
    """

    cost: Array | sparse.csr_matrix
    candidates: pd.Index
    places: pd.Index
    demand: Floats
    labelled: bool = True

    @property
    def wanted(self) -> Bools:
        """Return which places have demand."""
        return self.demand > 0

    def by_candidate(self, values: Any, name: str, *, finite: bool = False) -> Floats:
        """Return one number (0 or more) a candidate from a number, a Series by label or an array."""
        if np.ndim(values) == 0:
            values = np.full(len(self.candidates), values)
        found = by_label(values, self.candidates, name, "candidates", labelled=self.labelled)
        bad = ~(found >= 0) | (finite & np.isinf(found))
        if bad.any():
            at = int(np.argmax(bad))
            raise DataError(
                f"{name} must be{' a number of' if finite else ''} 0 or more for every candidate; "
                f"{self.candidates[at]!r} has {found[at]:g}."
            )
        return found

    def table(self) -> Floats:
        """Return the costs of the places with demand as a plain table, infinite where there is no way.

        Raises when a place with demand is reached by nobody.
        """
        if self.cost.shape[0] * self.cost.shape[1] > MAX_ENTRIES:
            raise DataError(
                f"cost is {self.cost.shape[0]:,} x {self.cost.shape[1]:,}, above {MAX_ENTRIES:,} entries. Leave out "
                "candidates, or put the demand on coarser cells (HexGrid.parents)."
            )
        table = dense(self.cost)[:, self.wanted]
        nobody = ~np.isfinite(table).any(axis=0)
        if nobody.any():
            first = self.places[self.wanted][nobody].tolist()[0]
            raise InfeasibleError(f"{nobody.sum()} places with demand are reached by no candidate (first: {first!r}).")
        return table


def read_problem(cost: Any, demand: Any = None) -> Problem:
    """Check a cost table (DataFrame, array or scipy sparse, candidates x demand) and its demand.

    A sparse table that holds an entry twice has the lower one: two ways to a place do not add up.
    """
    labelled = isinstance(cost, pd.DataFrame)
    values: Any
    if labelled:
        candidates, places, values = cost.index, cost.columns, as_floats(cost, "cost")
        twice = candidates[candidates.duplicated()].append(places[places.duplicated()])
        if len(twice):
            raise DataError(f"cost: the label {twice[0]!r} occurs twice; candidates and demand need distinct labels.")
    else:
        values = _distinct(cost) if sparse.issparse(cost) else as_floats(cost, "cost")
        if values.ndim != 2:
            raise DataError(f"cost must be a table of candidates x demand, got shape {values.shape}.")
        candidates, places = (pd.RangeIndex(n) for n in values.shape)
    if 0 in values.shape:
        raise InfeasibleError(f"cost is {values.shape[0]} candidates x {values.shape[1]} demand places; none may be 0.")
    _check_costs(values.data if sparse.issparse(values) else values)
    return Problem(values, candidates, places, _read_demand(demand, places, labelled), labelled)


def _distinct(cost: Any) -> sparse.csr_matrix:
    """Return a sparse table as CSR with the lowest of entries that occur twice."""
    if cost.format == "csr" and cost.has_canonical_format:
        return cost
    entries = cost.tocoo()
    return least_csr(entries.row, entries.col, as_floats(entries.data, "cost"), cost.shape)


def _check_costs(values: Array) -> None:
    if (values < 0).any():
        raise DataError(f"cost holds negative values (lowest: {np.nanmin(values)}); travel costs are 0 or more.")


def _read_demand(demand: Any, places: pd.Index, labelled: bool) -> Floats:
    if demand is None:
        return np.ones(len(places))
    values = by_label(demand, places, "demand", "columns of cost", labelled=labelled)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError("demand holds negative or missing values; fill them with 0 if they mean none.")
    return values


def dense(cost: Any) -> Floats:
    """Return costs as a plain table; what cannot be reached (not stored, or missing) is infinite."""
    if not sparse.issparse(cost):
        return np.where(np.isnan(cost), np.inf, cost)
    table = np.full(cost.shape, np.inf)
    table[np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr)), cost.indices] = cost.data
    return np.where(np.isnan(table), np.inf, table)


def positions(known: pd.Index, wanted: Any, name: str) -> Ints:
    """Return the row positions of candidate labels, in their order and as often as they are named."""
    if isinstance(wanted, str) or not np.iterable(wanted):
        raise DataError(f"{name}={wanted!r} must be a list of candidate labels.")
    given = list(wanted)
    labels = pd.Index(given, dtype=None if given else known.dtype, tupleize_cols=False)
    at = known.get_indexer(labels)
    if (at < 0).any():
        raise DataError(f"{name}: {labels[at < 0].tolist()[0]!r} is not a candidate (no row of cost).")
    return at.astype(np.int64)


def named(known: pd.Index, wanted: Any, name: str) -> Ints:
    """Return the row positions of candidate labels, each once: who is named twice is one site."""
    return pd.unique(positions(known, wanted, name))


def check_existing(candidates: pd.Index, existing: Any, n_sites: int) -> Ints:
    """Return the positions of sites that are open already; they count among `n_sites`."""
    fixed = named(candidates, existing, "existing")
    if len(fixed) > n_sites:
        raise InfeasibleError(f"{len(fixed)} existing sites are more than n_sites={n_sites}; n_sites counts them too.")
    return fixed


def check_n_sites(n_sites: int | None, available: int, what: str = "candidates") -> int:
    """Return `n_sites` as an int, or say why it cannot be."""
    n = check_count(n_sites, "n_sites")
    if n > available:
        raise InfeasibleError(f"n_sites={n} is more than the {available} {what} there are.")
    return n


def check_time_limit(time_limit: Any) -> float:
    """Return seconds of wall time; 0 asks for the first plan, `inf` for no limit."""
    seconds = float(as_floats(time_limit, "time_limit").reshape(-1)[0]) if np.ndim(time_limit) == 0 else np.nan
    if not seconds >= 0:
        raise DataError(f"time_limit={time_limit!r} must be a number of seconds of at least 0.")
    return seconds

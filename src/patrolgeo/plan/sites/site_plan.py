"""What every siting answer is, and the door through which costs and demand come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import align, by_label
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class SitePlan(Outcome):
    """Chosen sites, what they serve, and how good the choice is proved to be.

    Parameters
    ----------
    sites
        Labels of the chosen candidates (row positions when the cost had no labels), in the order of their gain: the
        first few are the best to begin with.
    covered
        Series by demand label: whether a site reaches it (within `max_cost`, where the model has one).
    served_by
        Series by demand label: the site that serves it, missing where none reaches it.
    cost
        Series by demand label: cost from that site, `inf` where none reaches it.
    gain
        Series by site: what each adds. Covering models: to those before it in the list; the others: how much the
        objective would be worse without it (`inf` when it cannot be missed).
    demand
        Series by demand label.
    value_of
        Words for the objective, printed by `summary`.

    Examples
    --------
    >>> from patrolgeo import max_coverage
    >>> plan = max_coverage([[0.0, 4.0, 9.0], [9.0, 9.0, 9.0]], 1, max_cost=5, demand=[10.0, 20.0, 30.0])
    >>> plan.sites.tolist(), plan.covered_share, plan.uncovered.to_dict()
    ([0], 0.5, {2: 30.0})
    """

    sites: pd.Index
    covered: pd.Series
    served_by: pd.Series
    cost: pd.Series
    gain: pd.Series
    demand: pd.Series
    value_of: str

    @property
    def uncovered(self) -> pd.Series:
        """Return the demand that no site covers: the blind spots, largest first."""
        left = self.demand[~self.covered & (self.demand > 0)]
        return left.sort_values(ascending=False, kind="stable")

    @property
    def covered_share(self) -> float:
        """Return the covered share of the demand."""
        total = float(self.demand.sum())
        return 1.0 - float(self.uncovered.sum()) / total if total else 1.0

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the plan as one dictionary."""
        return {
            "sites": len(self.sites), "objective": self.objective, "value_of": self.value_of, "bound": self.bound,
            "gap": self.gap, "status": self.status, "covered_share": self.covered_share,
            "uncovered": len(self.uncovered),
        }  # fmt: skip

    def to_gdf(self, geometry: gpd.GeoSeries) -> gpd.GeoDataFrame:
        """Return the sites as a GeoDataFrame: `site` as index, `rank`, `gain`, geometry by candidate label."""
        geometry = align(geometry, self.sites, "geometry", "sites")
        table = pd.DataFrame({"rank": np.arange(1, len(self.sites) + 1), "gain": self.gain.to_numpy()})
        table.index = pd.Index(self.sites, name="site")
        return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(geometry.to_numpy(), table.index, crs=geometry.crs))


def site_plan(
    problem: Problem, chosen: Ints, gain: Floats, answer: Outcome, value_of: str, *,
    covered: Bools | None = None, server: Ints | None = None,
) -> SitePlan:  # fmt: skip
    """Put a choice of candidates (positions, in order) into words; places go to their nearest site unless told."""
    rows = dense(problem.cost[chosen]) if len(chosen) else np.full((1, len(problem.places)), np.inf)
    slot = rows.argmin(axis=0) if server is None else server
    cost = rows[slot, np.arange(rows.shape[1])]
    reached = np.isfinite(cost)
    covered = reached if covered is None else covered
    sites = problem.candidates[chosen]
    places = problem.places
    served_by = pd.Series(sites[slot] if len(sites) else None, index=places, name="served_by", dtype=sites.dtype)
    return SitePlan(
        objective=answer.objective, bound=answer.bound, status=answer.status, runtime=answer.runtime,
        maximize=answer.maximize, sites=sites, covered=pd.Series(covered, index=places, name="covered"),
        served_by=served_by if reached.all() else served_by.where(reached), cost=pd.Series(cost, places, name="cost"),
        gain=pd.Series(gain, index=sites, name="gain"), demand=pd.Series(problem.demand, index=places, name="demand"),
        value_of=value_of,
    )  # fmt: skip


def dense(cost: Any) -> Floats:
    """Return costs as a plain table; what cannot be reached (not stored, or missing) is infinite."""
    if not sparse.issparse(cost):
        return np.where(np.isnan(cost), np.inf, cost)
    table = np.full(cost.shape, np.inf)
    table[np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr)), cost.indices] = cost.data
    return table


def positions(known: pd.Index, wanted: Any, name: str) -> Ints:
    """Return the row positions of candidate labels."""
    labels = pd.Index(wanted, dtype=known.dtype if not len(wanted) else None)
    at = known.get_indexer(labels)
    if (at < 0).any():
        raise DataError(f"{name}: {labels[at < 0].tolist()[0]!r} is no candidate (no row of cost).")
    return at.astype(np.int64)


def check_existing(candidates: pd.Index, existing: Any, n_sites: int) -> Ints:
    """Return the positions of sites that are open already; they count among `n_sites`."""
    fixed = positions(candidates, existing, "existing")
    if len(fixed) > n_sites:
        raise InfeasibleError(f"{len(fixed)} existing sites are more than n_sites={n_sites}; n_sites counts them too.")
    return fixed


@dataclass(frozen=True)
class Problem:
    """A checked cost table: candidates x demand, with labels and demand; sparse costs hold what can be reached."""

    cost: Array | sparse.csr_matrix
    candidates: pd.Index
    places: pd.Index
    demand: Floats
    labelled: bool = True


def read_problem(cost: Any, demand: Any = None) -> Problem:
    """Check a cost table (DataFrame, array or scipy sparse, candidates x demand) and its demand."""
    if isinstance(cost, pd.DataFrame):
        candidates, places, values = cost.index, cost.columns, cost.to_numpy(float)
        twice = candidates[candidates.duplicated()].append(places[places.duplicated()])
        if len(twice):
            raise DataError(f"cost: the label {twice[0]!r} occurs twice; candidates and demand need distinct labels.")
    else:
        values = cost.tocsr() if sparse.issparse(cost) else np.asarray(cost, float)
        if values.ndim != 2:
            raise DataError(f"cost must be a table of candidates x demand, got shape {values.shape}.")
        candidates, places = (pd.RangeIndex(n) for n in values.shape)
    if 0 in values.shape:
        raise InfeasibleError(f"cost is {values.shape[0]} candidates x {values.shape[1]} demand places; none may be 0.")
    _check_costs(values.data if sparse.issparse(values) else values)
    labelled = isinstance(cost, pd.DataFrame)
    return Problem(values, candidates, places, _read_demand(demand, places, labelled), labelled)


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


def check_n_sites(n_sites: int | None, available: int, what: str = "candidates") -> int:
    """Return `n_sites` as an int, or say why it cannot be."""
    if not (isinstance(n_sites, int | np.integer) and n_sites >= 1):
        raise DataError(f"n_sites={n_sites!r} must be a whole number of at least 1.")
    if n_sites > available:
        raise InfeasibleError(f"n_sites={n_sites} is more than the {available} {what} there are.")
    return int(n_sites)

"""What every siting answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import align
from patrolgeo._show import Rows, some_of
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.problem import Problem, dense


@dataclass(frozen=True, kw_only=True, repr=False)
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

    def _head(self) -> str:
        return f"{len(self.sites)} sites, {self.value_of} {self.objective:,.6g}, {self.status}"

    def _rows(self) -> Rows:
        left = self.uncovered
        return [
            ("places", f"{int((self.demand > 0).sum()):,} with demand"), ("sites", some_of(self.sites)), *self.proof(),
            ("covered", f"{self.covered_share:.1%} of the demand"),
            ("not covered", f"{len(left):,} places: {some_of(left.index, 5)}"),
            ("longest way", f"{self.cost[self.demand > 0].max():g}" if (self.demand > 0).any() else "no demand"),
        ]  # fmt: skip

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


class SiteModel(Protocol):
    """A way to choose sites: a table of costs in, a plan out, as `p_median` and `max_coverage` do.

    `patrolgeo.testing.check_site_plan` holds its plans against the table.

    Examples
    --------
    >>> from patrolgeo import marginal_curve, p_median
    >>> marginal_curve([[0.0, 9.0], [9.0, 0.0]], [1, 2], model=p_median)["value"].tolist()
    [9.0, 0.0]
    """

    def __call__(self, cost: Any, n_sites: int, **options: Any) -> SitePlan:
        """Return `n_sites` of the candidates (rows of `cost`) for the places (columns)."""


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

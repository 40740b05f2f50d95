"""Borders shared: places near the border of two areas are reached from both sides."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import align, check_positive, check_seed
from patrolgeo._show import Rows, some_of
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.kernels import within
from patrolgeo.plan.optimise import hitting
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.problem import Problem, check_existing, check_n_sites, dense, read_problem
from patrolgeo.solver import OPTIMAL, Solution


@dataclass(frozen=True, kw_only=True, repr=False)
class JointPlan(Outcome):
    """Which places at the border are reached from both sides, by whom, and which are not.

    Parameters
    ----------
    sites
        Labels of the sites, existing ones first, then each next one by what it adds.
    gain
        Series by site: demand it brings to be covered from both sides.
    places
        DataFrame by place: `area`, `neighbour`, `demand`; the nearest site of the own side and of the neighbour with
        their minutes (`own_site`, `own_minutes`, `other_site`, `other_minutes`); `own`, `other`, `both`: within reach.
    """

    sites: pd.Index
    gain: pd.Series
    places: pd.DataFrame

    def _head(self) -> str:
        return (
            f"{len(self.sites)} sites, {self.covered_twice} of {len(self.places)} places from both sides, {self.status}"
        )

    def _rows(self) -> Rows:
        return [
            ("sites", some_of(self.sites)), *self.proof(), ("both sides", f"{self.covered_twice:,} places"),
            ("not both", f"{len(self.missing):,} places: {some_of(self.missing.index, 5)}"),
        ]  # fmt: skip

    @property
    def covered_twice(self) -> int:
        """Number of places covered from both sides."""
        return int(self.places["both"].sum())

    @property
    def missing(self) -> pd.DataFrame:
        """The places that are not covered from both sides, largest first, with who would be nearest."""
        return self.places[~self.places["both"]].sort_values("demand", ascending=False, kind="stable")

    @property
    def briefings(self) -> pd.DataFrame:
        """Who briefs whom: by pair of areas the border places, their demand, what is covered twice, by whom."""
        ends = self.places[["area", "neighbour"]].astype(str)
        pair = pd.MultiIndex.from_arrays([ends.min(axis=1), ends.max(axis=1)], names=["area", "neighbour"])
        table = self.places.assign(covered_demand=self.places["demand"].where(self.places["both"], 0.0))
        rows = table.groupby(pair).agg(
            places=("demand", "size"), demand=("demand", "sum"), covered_twice=("both", "sum"),
            covered_demand=("covered_demand", "sum"),
        )  # fmt: skip
        met = self.places[self.places["both"]]
        names = pd.concat([met["own_site"], met["other_site"]])
        by_pair = names.groupby(pd.MultiIndex.from_tuples([*pair[self.places["both"]], *pair[self.places["both"]]]))
        rows["sites"] = by_pair.agg(lambda s: tuple(sorted(set(s), key=str))) if len(names) else None
        return rows

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the plan as one dictionary."""
        return {
            "sites": len(self.sites), "places": len(self.places), "covered_twice": self.covered_twice,
            "covered_once": int((self.places["own"] ^ self.places["other"]).sum()),
            "not_covered": int((~(self.places["own"] | self.places["other"])).sum()),
            "demand_covered_twice": self.objective, "bound": self.bound, "gap": self.gap, "status": self.status,
        }  # fmt: skip

    def to_gdf(self, geometry: gpd.GeoSeries) -> gpd.GeoDataFrame:
        """Return the table of places with their geometry by place label."""
        at = align(geometry, self.places.index, "geometry", "places")
        return gpd.GeoDataFrame(self.places, geometry=at.to_numpy(), crs=at.crs)


def joint_coverage(
    cost: Any,
    n_sites: int,
    max_cost: float,
    site_area: pd.Series,
    place_area: pd.Series,
    *,
    neighbour: pd.Series | None = None,
    demand: Any = None,
    existing: Any = (),
    prove: bool = False,
    time_limit: float = 60.0,
    random_state: int | None = 0,
) -> JointPlan:
    """Which sites let the places at a border be reached from both sides?

    A place counts when a site of its own area and a site of its neighbour are both within `max_cost`: then each side
    can come when the other is far or busy. What cannot be had is named with its nearest site.

    Parameters
    ----------
    cost
        Travel minutes, candidates x places at the border: DataFrame with labels (as `travel_time` gives it).
    n_sites
        How many sites there are in the end, the existing ones included.
    max_cost
        The wanted minutes.
    site_area
        Series by candidate: the area (or county) it belongs to.
    place_area
        Series by place: the area it lies in.
    neighbour
        Series by place: the area beyond the border (see `border_places`); any other area by default.
    demand
        Series by place; 1 for each by default.
    existing
        Labels of candidates that are there already (stations).
    prove, time_limit, random_state
        As in `intercept_flows`.

    Returns
    -------
    JointPlan; `objective` is the demand covered from both sides.

    Raises
    ------
    DataError
        When `max_cost` is not positive, or an argument does not fit `cost`.
    InfeasibleError
        When `n_sites` is more than there are candidates, or fewer than the existing sites.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import joint_coverage
    >>> minutes = pd.DataFrame([[5, 9, 30], [12, 8, 6]], index=["east", "west"], columns=["mill", "ferry", "well"])
    >>> side = pd.Series({"east": "E", "west": "W", "mill": "E", "ferry": "E", "well": "W"})
    >>> plan = joint_coverage(minutes, 2, 10, side[:2], side[2:])
    >>> plan.covered_twice, plan.missing.index.tolist()
    (1, ['mill', 'well'])
    """
    begin = time.process_time()
    check_positive(max_cost, "max_cost")
    problem = read_problem(cost, demand)
    n_sites = check_n_sites(n_sites, len(problem.candidates))
    fixed = check_existing(problem.candidates, existing, n_sites)
    minutes = dense(problem.cost)
    own, other = _sides(problem, site_area, place_area, neighbour)
    hits = _both_sides((minutes <= within(max_cost)) & own, (minutes <= within(max_cost)) & other, problem.demand)
    if len(hits.weight):
        answer = hitting.choose(hits, fixed, n_sites, prove=prove, time_limit=time_limit, seed=check_seed(random_state))
    else:
        answer = _none_possible(problem, fixed, n_sites)
    assert answer.values is not None  # noqa: S101
    order, gain = hitting.in_order(hits, np.flatnonzero(answer.values > 0.5), fixed)
    sites = problem.candidates[order]
    places = pd.DataFrame({"area": place_area.reindex(problem.places)})
    places["neighbour"] = None if neighbour is None else neighbour.reindex(problem.places)
    places["demand"] = problem.demand
    for name, mask in (("own", own), ("other", other)):
        least = np.where(mask[order], minutes[order], np.inf)
        nearest = least.argmin(axis=0)
        near = least[nearest, np.arange(least.shape[1])]
        places[f"{name}_site"] = pd.Series(sites[nearest], problem.places).where(np.isfinite(near))
        places[f"{name}_minutes"], places[name] = near, near <= within(max_cost)
    if neighbour is None:
        places["neighbour"] = site_area.reindex(places["other_site"]).to_numpy()
    places["both"] = places["own"] & places["other"]
    return JointPlan(
        objective=float(places["demand"][places["both"]].sum()), bound=answer.bound, status=answer.status,
        runtime=time.process_time() - begin, maximize=True, sites=sites, gain=pd.Series(gain, sites, name="gain"),
        places=places,
    )  # fmt: skip


def _sides(problem: Problem, site_area: pd.Series, place_area: pd.Series, neighbour: Any) -> tuple[Any, Any]:
    """Return which candidates are of each place's own side, and which of the other."""
    site = align(site_area.dropna(), problem.candidates, "site_area", "candidates").to_numpy(object)[:, None]
    own = site == align(place_area.dropna(), problem.places, "place_area", "places").to_numpy(object)[None, :]
    if neighbour is None:
        return own, ~own
    return own, site == neighbour.reindex(problem.places).to_numpy(object)[None, :]


def _both_sides(own: Any, other: Any, demand: Floats) -> hitting.Hits:
    """Return two rows for each place that has a candidate within reach on either side."""
    can = own.any(axis=0) & other.any(axis=0) & (demand > 0)
    rows = np.empty((2 * can.sum(), len(own)), bool)
    rows[::2], rows[1::2] = own.T[can], other.T[can]
    return hitting.Hits(sparse.csr_matrix(rows.astype(float)), np.repeat(np.arange(can.sum()), 2), demand[can])


def _none_possible(problem: Problem, fixed: Ints, n_sites: int) -> Solution:
    values = np.zeros(len(problem.candidates))
    free = np.setdiff1d(np.arange(len(values)), fixed)[: n_sites - len(fixed)]
    values[np.r_[fixed, free]] = 1.0
    return Solution(values, 0.0, 0.0, OPTIMAL)


def border_places(
    places: gpd.GeoSeries | gpd.GeoDataFrame, areas: gpd.GeoSeries | gpd.GeoDataFrame, within_m: float = 2000.0
) -> pd.DataFrame:
    """Which places lie near the border of two areas, and of which?

    Parameters
    ----------
    places
        Points.
    areas
        Polygons; their index labels name the areas.
    within_m
        Largest distance to the neighbouring area, in metres.

    Returns
    -------
    DataFrame by place, only places at a border: `area` it lies in (or is nearest to), `neighbour` (the nearest other
    area), `metres` to it.

    Raises
    ------
    DataError
        When `within_m` is not positive or there is no place.
    InfeasibleError
        When there are fewer than two areas.
    CRSError
        When places or areas have no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import border_places
    >>> areas = gpd.GeoSeries([shapely.box(119.9, 31.7, 120.0, 31.8), shapely.box(120.0, 31.7, 120.1, 31.8)],
    ...                       index=["west", "east"], crs="EPSG:4326")
    >>> places = gpd.GeoSeries.from_xy([119.99, 119.92], [31.75, 31.75], index=["mill", "well"], crs="EPSG:4326")
    >>> border_places(places, areas).round(-1).to_dict("index")
    {'mill': {'area': 'west', 'neighbour': 'east', 'metres': 950.0}}
    """
    check_positive(within_m, "within_m")
    points, shapes = crs.to_lonlat(places, "places").geometry, crs.to_lonlat(areas, "areas").geometry
    if len(shapes) < 2:
        raise InfeasibleError(f"{len(shapes)} area has no border with another; give at least two.")
    if points.empty:
        raise DataError("places holds no point.")
    west, south, east, north = shapes.total_bounds
    metric = crs.local_crs(((west + east) / 2, (south + north) / 2))
    points, shapes = points.to_crs(metric), shapes.to_crs(metric)
    metres = np.column_stack([points.distance(shape).to_numpy() for shape in shapes])
    nearest = np.argsort(metres, axis=1, kind="stable")
    rows = np.arange(len(points))
    table = pd.DataFrame(
        {
            "area": shapes.index[nearest[:, 0]], "neighbour": shapes.index[nearest[:, 1]],
            "metres": metres[rows, nearest[:, 1]],
        },
        index=points.index,
    )  # fmt: skip
    return table[table["metres"] <= within(within_m)]

"""A tight net: key places defended first, and no stretch of a road class without a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo import crs
from patrolgeo._checks import check_positive
from patrolgeo._show import Rows, Shown, some_of
from patrolgeo.errors import DataError
from patrolgeo.kernels import within
from patrolgeo.plan.sites.max_coverage import max_coverage
from patrolgeo.plan.sites.set_cover import set_cover
from patrolgeo.plan.sites.site_plan import SitePlan
from patrolgeo.roads.travel import travel_time

MOST_CANDIDATES = 400  # the busiest road pieces; beside a busy road a post defends and meets traffic at once
FOR_TRAFFIC = 1e-3  # of two plans with as many sites, the one on busier roads


@dataclass(frozen=True, repr=False)
class Defence(Shown):
    """Checkpoints that defend key places.

    Parameters
    ----------
    sites
        Labels of road pieces, existing ones first.
    places
        DataFrame by key place: `site` (the nearest of the sites), `minutes` to it, `defended`.
    """

    sites: pd.Index
    places: pd.DataFrame

    def _head(self) -> str:
        defended = int(self.places["defended"].sum())
        return f"{len(self.sites)} checkpoints defend {defended} of {len(self.places)} key places"

    def _rows(self) -> Rows:
        return [
            ("checkpoints", some_of(self.sites)),
            ("not defended", f"{len(self.missing)} places: {some_of(self.missing.index, 5)}"),
        ]

    @property
    def missing(self) -> pd.DataFrame:
        """The key places that no site defends."""
        return self.places[~self.places["defended"]]


def defend_places(
    graph: Any,
    places: gpd.GeoSeries | gpd.GeoDataFrame,
    n_sites: int,
    max_minutes: float,
    load: pd.Series,
    *,
    existing: Any = (),
) -> Defence:
    """Which few checkpoints stand within `max_minutes` of every key place?

    As few as it takes, on busy roads where there is a choice, so that others are left for the traffic. What `n_sites`
    cannot defend, or no busy road is near to, is named.

    Parameters
    ----------
    graph
        A `RoadGraph`.
    places
        Key places (schools, hospitals, banks, markets): points.
    n_sites
        Most checkpoints, the existing ones included.
    max_minutes
        From a checkpoint to the place.
    load
        Traffic by label of road piece (`Traffic.load`); its 400 busiest pieces are candidates.
    existing
        Labels of road pieces with a checkpoint.

    Returns
    -------
    Defence: the sites, and by place its nearest site with the minutes.

    Raises
    ------
    DataError
        When `max_minutes` is not positive.
    InfeasibleError
        When `n_sites` is fewer than the existing sites.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import RoadGraph, defend_places
    >>> lines = gpd.GeoSeries([shapely.LineString([(119.9 + k / 50, 31.7), (119.92 + k / 50, 31.7)]) for k in range(5)],
    ...                       crs="EPSG:4326")
    >>> schools = gpd.GeoSeries.from_xy([119.905, 119.915, 119.99], [31.7] * 3, index=["a", "b", "c"], crs="EPSG:4326")
    >>> plan = defend_places(RoadGraph.from_lines(lines, speed=40), schools, 2, 3, pd.Series(1.0, range(5)))
    >>> plan.sites.tolist(), plan.missing.index.tolist()
    ([0, 3], [])
    """
    check_positive(max_minutes, "max_minutes")
    held = list(dict.fromkeys(existing))
    busy = load[load > 0].drop(held, errors="ignore").nlargest(MOST_CANDIDATES)
    candidates = pd.Index([*held, *busy.index])
    minutes = travel_time(graph, middles(graph, candidates), places)
    near = minutes.min() <= within(max_minutes)
    sites = pd.Index(held)
    if near.any():
        price = 1.0 - FOR_TRAFFIC * load.reindex(candidates, fill_value=0.0).to_numpy() / load.max()
        asked: dict[str, Any] = {"demand": near.astype(float), "existing": held}
        plan = set_cover(minutes, max_minutes, site_cost=price, **asked)
        sites = (plan if len(plan.sites) <= n_sites else max_coverage(minutes, n_sites, max_minutes, **asked)).sites
    table = pd.DataFrame({"site": pd.NA, "minutes": np.inf}, index=minutes.columns)
    if len(sites):
        least = minutes.loc[sites]
        table = pd.DataFrame({"site": least.idxmin(), "minutes": least.min()})
    return Defence(sites, table.assign(defended=table["minutes"] <= within(max_minutes)))


def space_checkpoints(graph: Any, roads: Any, spacing_km: float, *, existing: Any = ()) -> SitePlan:
    """How few checkpoints leave no stretch of a road class longer than `spacing_km` without one?

    Along the roads of the class, every piece of road has a checkpoint within half the spacing (measured from middle to
    middle, so to half a piece exactly). A set covering problem, solved to proven optimality where it can be.

    Parameters
    ----------
    graph
        A `RoadGraph`.
    roads
        Labels of the roads of the class, for example ``roads.index[roads["road_class"] == "national"]``.
    spacing_km
        Longest distance between neighbouring checkpoints.
    existing
        Labels of road pieces with a checkpoint.

    Returns
    -------
    SitePlan; `sites` are labels of ``graph.edges``, `objective` their number, with `bound` and `gap`.

    Raises
    ------
    DataError
        When `spacing_km` is not positive, or `roads` names no road of the graph.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, space_checkpoints
    >>> lines = gpd.GeoSeries([shapely.LineString([(119.9 + k / 50, 31.7), (119.92 + k / 50, 31.7)]) for k in range(9)],
    ...                       crs="EPSG:4326")  # nine pieces of 1.9 km
    >>> plan = space_checkpoints(RoadGraph.from_lines(lines), lines.index, spacing_km=12)
    >>> plan.objective, plan.status
    (2.0, 'optimal')
    """
    check_positive(spacing_km, "spacing_km")
    of_class = graph.edges[graph.edges["line"].isin(pd.Index(roads))]
    if of_class.empty:
        raise DataError("roads names no road of the graph; give labels of its lines.")
    apart = csgraph.dijkstra(_along(of_class), directed=False, limit=within(spacing_km / 2))
    table = pd.DataFrame(apart, of_class.index, of_class.index)
    return set_cover(table, spacing_km / 2, of_class["length_m"] / 1000, existing=existing)


def _along(pieces: gpd.GeoDataFrame) -> sparse.csr_matrix:
    """Return kilometres from middle to middle of pieces that share an end."""
    ends = pd.concat([pieces["source"], pieces["target"]]).to_numpy()
    piece = np.tile(np.arange(len(pieces)), 2)
    meets = sparse.csr_matrix((np.ones(len(ends)), (piece, ends)))
    a, b = (meets @ meets.T).nonzero()
    half = pieces["length_m"].to_numpy() / 2000
    real = a != b
    return sparse.csr_matrix((half[a[real]] + half[b[real]], (a[real], b[real])), shape=(len(pieces), len(pieces)))


def middles(graph: Any, pieces: pd.Index) -> gpd.GeoSeries:
    """Return the middle of road pieces, points by label."""
    lines = graph.edges.geometry.loc[pieces].to_crs(crs.LONLAT)
    return gpd.GeoSeries(shapely.line_interpolate_point(lines.to_numpy(), 0.5, normalized=True), pieces, crs=crs.LONLAT)

"""Clusters of clusters: points nearer than chance lets them be, then their middles, and so on."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import check_count, check_positive
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.hotspots.point_pattern import Ground, laid_out
from patrolgeo.kernels import within

NOISE = -1
FEWEST_CLUSTERS = 3  # that make one of the next order
MOST_ORDERS = 10


@dataclass(frozen=True, repr=False)
class HierarchicalClusters(Shown):
    """Which point is in which cluster of each order.

    Parameters
    ----------
    labels
        DataFrame by point, columns "order_1", "order_2" and so on: number of the cluster, the largest first from 0;
        -1 for none.
    reach_m
        Distance of points that are taken together, by order; the mean of it where it follows an exposure.
    points
        The points.
    """

    labels: pd.DataFrame
    reach_m: list[float]
    points: gpd.GeoSeries

    def _head(self) -> str:
        return f"{len(self.labels.columns)} orders of clusters of {len(self.labels):,} points"

    def _rows(self) -> Rows:
        return [
            (name.replace("_", " "), f"{label.max() + 1} clusters, {(label >= 0).sum():,} points, reach {reach:,.0f} m")
            for (name, label), reach in zip(self.labels.items(), self.reach_m, strict=True)
        ]  # fmt: skip

    def to_gdf(self, order: int = 1) -> gpd.GeoDataFrame:
        """Return a row a cluster of an order: `points`, and the hull (EPSG:4326)."""
        name = f"order_{order}"
        if name not in self.labels:
            raise DataError(f"There are no clusters of order {order}; the highest is {len(self.labels.columns)}.")
        label, lonlat = self.labels[name].to_numpy(), crs.to_lonlat(self.points, "points").to_numpy()
        hulls = [shapely.convex_hull(shapely.union_all(lonlat[label == k])) for k in range(label.max(initial=-1) + 1)]
        table = pd.DataFrame({"points": np.bincount(label[label >= 0], minlength=len(hulls))})
        return gpd.GeoDataFrame(table.rename_axis("cluster"), geometry=hulls, crs=crs.LONLAT)


def nearest_neighbor_clusters(
    points: Any,
    area: Any,
    *,
    min_incidents: int = 10,
    max_distance: float | None = None,
    exposure: pd.Series | None = None,
) -> HierarchicalClusters:
    """Which points lie nearer to each other than chance lets them, and which of these groups lie together again?

    The point with the most others in reach takes them with it; then the next one of the rest, as long as at least
    `min_incidents` are together. The middles of the clusters are then points of the second order, and so on. The reach
    is the mean distance to the nearest neighbour if the points were even over the area. With an `exposure` it is that
    of points that follow the people: short in a crowded centre, long where few live, so that clusters are where more is
    than people explain (risk-adjusted). Two points are then together when each reaches the other.

    Parameters
    ----------
    points
        GeoDataFrame or GeoSeries with a CRS.
    area
        Polygons with a CRS, or the `HexGrid`, `SquareGrid` or `AreaUnits`.
    min_incidents
        Fewest points of a cluster of the first order; three clusters make one of the next order.
    max_distance
        Reach of the first order in metres, in place of the mean distance by chance.
    exposure
        Residents or another exposure by unit of `area`.

    Returns
    -------
    Labels by point and order.

    Raises
    ------
    CRSError
        When `points` or `area` have no CRS.
    DataError
        When `max_distance` and `exposure` are both given, units lack an exposure, or a setting is out of range.

    Notes
    -----
    There is no test in it, and chance crowds points too: 1,000 points scattered evenly have 22 clusters of at least 4
    points, 5 of at least 5, 0.7 of at least 6 and none of 8 (means of 20 patterns). Scatter as many points to see what
    your `min_incidents` and reach let chance make, and ask `ripley_k` whether points crowd at all.

    Clusters are compact, no chains; from an even crowd several neighbouring ones are cut. Under an `exposure` points
    outside all units, or where nobody is, have no reach of their own and start no cluster.

    References
    ----------
    Levine 2015, CrimeStat IV, chapter 7 (also risk-adjusted); Clark and Evans 1954.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, shapely
    >>> from patrolgeo import nearest_neighbor_clusters
    >>> rng = np.random.default_rng(0)
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.95, 31.74)], crs="EPSG:4326")
    >>> lon = np.r_[rng.uniform(119.9, 119.95, 60), rng.normal(119.92, 0.0003, 30)]
    >>> lat = np.r_[rng.uniform(31.7, 31.74, 60), rng.normal(31.72, 0.0003, 30)]
    >>> found = nearest_neighbor_clusters(gpd.GeoSeries.from_xy(lon, lat, crs="EPSG:4326"), area)
    >>> int((found.labels["order_1"] == 0).sum())
    31
    """
    check_count(min_incidents, "min_incidents", least=2)
    if max_distance is not None:
        check_positive(max_distance, "max_distance")
        crs.warn_of_degrees(max_distance, "max_distance")
        if exposure is not None:
            raise DataError("max_distance and exposure both set the reach; give one of them.")
    xy, ground = laid_out(points, area, exposure)
    if exposure is not None:
        reach = _reach_by_people(xy, ground)
    else:
        reach = np.full(len(xy), max_distance or _by_chance(ground.m2, len(xy)))
    member = np.arange(len(xy))
    columns: dict[str, Ints] = {}
    reaches: list[float] = []
    at, fewest = xy, min_incidents
    for order in range(1, MOST_ORDERS + 1):
        label = _grouped(at, reach, fewest)
        if label.max(initial=NOISE) < 0:
            break
        known = member >= 0
        member = np.where(known, label[np.where(known, member, 0)], NOISE)
        columns[f"order_{order}"], reaches = member, [*reaches, float(np.mean(reach))]
        at = np.array([at[label == k].mean(axis=0) for k in range(label.max() + 1)])
        reach, fewest = np.full(len(at), _by_chance(ground.m2, len(at))), FEWEST_CLUSTERS
    table = pd.DataFrame(columns or {"order_1": np.full(len(xy), NOISE)}, index=points.index)
    return HierarchicalClusters(table, reaches or [float(np.mean(reach))], points.geometry)


def _by_chance(m2: float, n: int) -> float:
    """Return the mean distance to the nearest of n even points."""
    return float(0.5 * np.sqrt(m2 / max(n, 1)))


def _reach_by_people(xy: Floats, ground: Ground) -> Floats:
    """Return the mean distance to the nearest neighbour at each point, if points followed the people."""
    density = len(xy) * ground.share / np.maximum(shapely.area(ground.shapes), 1e-9)
    unit, point = shapely.STRtree(shapely.points(xy)).query(ground.shapes, predicate="intersects")
    at_point = np.zeros(len(xy))
    np.maximum.at(at_point, point, density[unit])
    return np.divide(0.5, np.sqrt(at_point), out=np.zeros(len(xy)), where=at_point > 0)


def _mutual(at: int, others: Ints, xy: Floats, reach: Floats) -> Ints:
    """Return those who reach back: a point of the empty land takes none of the crowd at its edge."""
    return others[np.hypot(*(xy[others] - xy[at]).T) <= within(reach[others])]


def _grouped(xy: Floats, reach: Floats, fewest: int) -> Ints:
    """Return the group of each point: again and again the point with the most free others in its reach takes them.

    Of equal ones the western is first. How many a point can take only becomes less, so it is counted again only when
    its turn comes.
    """
    label, free = np.full(len(xy), NOISE), np.ones(len(xy), bool)
    reached = cKDTree(xy).query_ball_point(xy, within(reach))
    near = [_mutual(at, np.array(others), xy, reach) for at, others in enumerate(reached)]
    west_first = np.argsort(np.lexsort((xy[:, 1], xy[:, 0])))
    turns = [(-len(near[p]), west_first[p], p) for p in range(len(xy)) if reach[p] > 0]
    heapq.heapify(turns)
    number = 0
    while turns and -turns[0][0] >= fewest:
        known, place, seed = heapq.heappop(turns)
        taken = near[seed][free[near[seed]]] if free[seed] else np.zeros(0, np.int64)
        if len(taken) == -known:
            label[taken], free[taken], number = number, False, number + 1
        elif len(taken):
            heapq.heappush(turns, (-len(taken), place, seed))
    return label

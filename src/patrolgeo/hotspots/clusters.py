"""Clusters of incidents themselves, without cells: by density in place, or in place and time."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import check_choice, check_columns, check_count, check_positive
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.hotspots.centrography import centrography
from patrolgeo.kernels import within

METHODS = ("dbscan", "hdbscan", "st_dbscan")
NOISE = -1
MOST_PAIRS = 100_000_000


@dataclass(frozen=True, repr=False)
class IncidentClusters(Shown):
    """Which incident is in which cluster.

    Parameters
    ----------
    labels
        Number of the cluster of each incident, the largest first from 0; -1 for noise.
    core
        Whether an incident has enough others near it by itself.
    incidents
        The incidents.
    """

    labels: pd.Series
    core: pd.Series
    incidents: gpd.GeoDataFrame

    def __len__(self) -> int:
        """Return how many clusters there are."""
        return int(self.labels.max()) + 1 if len(self.labels) else 0

    def _head(self) -> str:
        return f"{len(self)} clusters, {int((self.labels == NOISE).sum()):,} of {len(self.labels):,} incidents in none"

    def _rows(self) -> Rows:
        sizes = self.labels[self.labels >= 0].value_counts().sort_index()
        core = self.core.groupby(self.labels).sum()
        return [(f"cluster {k}", f"{n:,} incidents, {core[k]:,} core") for k, n in sizes.items()]

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return a row a cluster: counts, span of time, middle, ellipse, and the hull as geometry (EPSG:4326).

        Columns `incidents`, `core`, `first`, `last` (when times are known), `lon`, `lat` (mean centre), `major_m`,
        `minor_m`, `angle`, and `ellipse`, a second geometry.
        """
        rows, points = [], crs.to_lonlat(self.incidents, "incidents")
        for k in range(len(self)):
            inside = (self.labels == k).to_numpy()
            row = {"incidents": int(inside.sum()), "core": int(self.core.to_numpy()[inside].sum())}
            if "time" in points:
                times = points["time"][inside]
                row |= {"first": times.min(), "last": times.max()}
            middle = centrography(points.geometry[inside])
            row |= {"lon": middle.mean_center.x, "lat": middle.mean_center.y}
            row |= {name: getattr(middle, name) for name in ("major_m", "minor_m", "angle", "ellipse")}
            rows.append(row | {"geometry": shapely.convex_hull(shapely.union_all(points.geometry[inside].to_numpy()))})
        columns = ["incidents", "core", "lon", "lat", "major_m", "minor_m", "angle", "ellipse", "geometry"]
        table = pd.DataFrame(rows, columns=None if rows else columns).rename_axis("cluster")
        table["ellipse"] = gpd.GeoSeries(table["ellipse"], crs=crs.LONLAT)
        return gpd.GeoDataFrame(table, geometry="geometry", crs=crs.LONLAT)


def cluster_incidents(
    incidents: gpd.GeoDataFrame,
    *,
    method: str = "dbscan",
    max_distance: float,
    min_incidents: int,
    max_days: float | None = None,
) -> IncidentClusters:
    """Which incidents crowd together, wherever the lines between cells run?

    Clusters are where incidents are dense, of any shape. They say nothing of significance: where many people are,
    incidents are dense too. Hold them against the people with `scan_statistic` or `GetisOrd`, or use
    `nearest_neighbor_clusters` with an exposure.

    Parameters
    ----------
    incidents
        Points with a CRS; "st_dbscan" needs the column `time`.
    method
        "dbscan": an incident with at least `min_incidents` (itself counted) within `max_distance` is a core; cores that
        near each other are one cluster, with all that is near a core (Ester et al. 1996). "st_dbscan": near means near
        in place and within `max_days` too (after Birant and Kut 2007). "hdbscan": clusters of different density, of
        `min_incidents` or more; those nearer than `max_distance` are not split (Campello et al. 2013). Both of the
        first and the last are scikit-learn's.
    max_distance
        Metres, itself included.
    min_incidents
        Fewest incidents, itself counted.
    max_days
        Days (with hours as fractions), itself included; for "st_dbscan" alone.

    Returns
    -------
    `labels` and `core` by incident; `to_gdf()` for the clusters.

    Raises
    ------
    MissingColumnError
        When "st_dbscan" finds no `time`.
    DataError
        When a setting is out of range, `max_days` does not go with the method, or nearly everything is near everything.

    Notes
    -----
    Distances are those of the points' own CRS when it is in metres, otherwise of a local projection. Published
    coordinates are often rounded, so that many distances are equal to a round limit: take a limit between the steps.
    An incident near cores of several clusters belongs to the nearest core.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from patrolgeo import cluster_incidents
    >>> lon = [119.9000, 119.9005, 119.9010, 119.9500, 119.9003]
    >>> table = gpd.GeoDataFrame({"time": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-02",
    ...     "2024-06-01"])}, geometry=gpd.points_from_xy(lon, [31.7] * 5), crs="EPSG:4326")
    >>> cluster_incidents(table, max_distance=60, min_incidents=3).labels.tolist()
    [0, 0, 0, -1, 0]
    >>> cluster_incidents(table, method="st_dbscan", max_distance=60, min_incidents=3, max_days=7).labels.tolist()
    [0, 0, 0, -1, -1]
    """
    check_choice(method, METHODS, "method")
    check_positive(max_distance, "max_distance")
    check_count(min_incidents, "min_incidents", least=2)
    crs.warn_of_degrees(max_distance, "max_distance")
    if (max_days is None) == (method == "st_dbscan"):
        raise DataError("max_days goes with method='st_dbscan' and with no other; name both or neither.")
    xy = crs.metres_of(incidents, "incidents")
    if method == "st_dbscan":
        check_positive(max_days, "max_days")
        cluster, core = _space_time(xy, _days(incidents), max_distance, float(max_days or 0), min_incidents)
    else:
        cluster, core = _by_sklearn(method, xy, max_distance, min_incidents)
    labels = pd.Series(_numbered(cluster, xy), index=incidents.index, name="cluster")
    return IncidentClusters(labels, pd.Series(core, index=incidents.index, name="core"), incidents)


def _days(incidents: gpd.GeoDataFrame) -> Floats:
    check_columns(incidents, ["time"], "incidents")
    times = pd.to_datetime(incidents["time"])
    if times.isna().any():
        raise DataError(f"{times.isna().sum()} incidents have no time; leave them out, or use method='dbscan'.")
    return ((times - times.min()) / pd.Timedelta(days=1)).to_numpy(float) if len(times) else np.zeros(0)


def _by_sklearn(method: str, xy: Floats, distance: float, fewest: int) -> tuple[Ints, Bools]:
    from sklearn.cluster import DBSCAN, HDBSCAN

    if len(xy) < fewest:
        return np.full(len(xy), NOISE), np.zeros(len(xy), bool)
    if method == "hdbscan":
        labels = HDBSCAN(min_cluster_size=fewest, cluster_selection_epsilon=distance, copy=True).fit(xy).labels_
        return labels, labels >= 0
    found = DBSCAN(eps=within(distance), min_samples=fewest).fit(xy)
    core = np.zeros(len(xy), bool)
    core[found.core_sample_indices_] = True
    labels, border = found.labels_.copy(), np.flatnonzero((found.labels_ >= 0) & ~core)
    if len(border):
        labels[border] = labels[core][cKDTree(xy[core]).query(xy[border])[1]]
    return labels, core


def _space_time(xy: Floats, days: Floats, distance: float, span: float, fewest: int) -> tuple[Ints, Bools]:
    """Return clusters as components of cores that are near in place and time, and the nearest core's for the others."""
    if not len(xy):
        return np.zeros(0, np.int64), np.zeros(0, bool)
    tree = cKDTree(np.column_stack([xy, days * (distance / span)]))
    if len(xy) * (len(xy) - 1) / 2 > MOST_PAIRS and tree.count_neighbors(tree, distance, p=np.inf) / 2 > MOST_PAIRS:
        raise DataError("More than 100 million pairs are near each other; give a smaller max_distance or max_days.")
    i, j = tree.query_pairs(within(distance), p=np.inf, output_type="ndarray").T
    apart = np.hypot(*(xy[i] - xy[j]).T)
    near = (apart <= within(distance)) & (np.abs(days[i] - days[j]) <= within(span))
    i, j, apart = i[near], j[near], apart[near]
    core = np.bincount(np.r_[i, j], minlength=len(xy)) + 1 >= fewest
    both = core[i] & core[j]
    links = sparse.coo_matrix((np.ones(both.sum(), bool), (i[both], j[both])), shape=(len(xy),) * 2)
    labels = np.where(core, csgraph.connected_components(links, directed=False)[1], NOISE)
    one = core[i] != core[j]
    own, other = np.where(core[i], i, j)[one], np.where(core[i], j, i)[one]
    order = np.lexsort((labels[own], apart[one]))[::-1]  # written last: the nearest
    labels[other[order]] = labels[own[order]]
    return labels, core


def _numbered(cluster: Ints, xy: Floats) -> Ints:
    """Return cluster numbers by size, equal ones from west to east: the order of rows does not matter."""
    inside = cluster >= 0
    if not inside.any():
        return np.full(len(cluster), NOISE)
    _, number, size = np.unique(cluster[inside], return_inverse=True, return_counts=True)
    east, north = (np.bincount(number, xy[inside, k]) / size for k in (0, 1))
    rank = np.empty(len(size), np.int64)
    rank[np.lexsort((north.round(3), east.round(3), -size))] = np.arange(len(size))
    labels = np.full(len(cluster), NOISE)
    labels[inside] = rank[number]
    return labels

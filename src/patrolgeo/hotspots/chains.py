"""Near-repeat chains: which incidents follow which, the links for a map, and where follow-ups are due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import check_columns, check_positive
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.hotspots.density import metres_on
from patrolgeo.hotspots.near_repeat import KnoxResult


@dataclass(frozen=True)
class NearRepeats:
    """Incidents linked to earlier ones close in place and time.

    Parameters
    ----------
    links
        One row per pair: `first`, `second` (labels of the incidents), `metres`, `days`; geometry is the line between
        them, for the map.
    chains
        Series by incident: number of its chain, 1 for the longest; missing when it is linked to none.
    """

    links: gpd.GeoDataFrame
    chains: pd.Series

    def summary(self) -> str:
        """Return one line for a report."""
        sizes = self.chains.value_counts()
        longest = f", the longest of {sizes.max()}" if len(sizes) else ""
        share = self.chains.notna().mean() if len(self.chains) else 0.0
        return f"{len(sizes)} chains{longest}; {share:.1%} of {len(self.chains)} incidents belong to one"


def near_repeat(incidents: gpd.GeoDataFrame, distance: float, days: float) -> NearRepeats:
    """Which incidents follow each other within `distance` metres and `days` days?

    Chains are descriptive: in a busy place incidents follow each other by chance. Ask `knox` first whether there are
    more close pairs than that, and up to which distance and delay.

    Parameters
    ----------
    incidents
        Points in any CRS with `time`.
    distance, days
        Linked are pairs less than these apart; days are calendar days, 7 means at most 6 days later.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from patrolgeo import near_repeat
    >>> points = gpd.GeoSeries.from_xy([119.9, 119.9005, 119.95], [31.7, 31.7, 31.7], crs="EPSG:4326")
    >>> times = pd.to_datetime(["2024-01-01", "2024-01-04", "2024-01-05"])
    >>> near_repeat(gpd.GeoDataFrame({"time": times}, geometry=points), distance=100, days=7).summary()
    '1 chains, the longest of 2; 66.7% of 3 incidents belong to one'
    """
    check_columns(incidents, ["time"], "incidents")
    check_positive(distance, "distance")
    check_positive(days, "days")
    points = crs.to_lonlat(incidents, "incidents").geometry
    xy = crs.local_xy(points.x, points.y)
    date = incidents["time"].dt.normalize().to_numpy()
    pairs = cKDTree(xy).query_pairs(distance, output_type="ndarray")
    late = date[pairs[:, 0]] > date[pairs[:, 1]]
    pairs = np.where(late[:, None], pairs[:, ::-1], pairs)
    metres = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    apart = (date[pairs[:, 1]] - date[pairs[:, 0]]) / np.timedelta64(1, "D")
    kept = (metres < distance) & (apart < days)
    pairs, metres, apart = pairs[kept], metres[kept], apart[kept]
    lonlat = np.column_stack([points.x, points.y])
    lines = shapely.linestrings(lonlat[pairs]) if len(pairs) else []
    labels = incidents.index.to_numpy()
    links = gpd.GeoDataFrame(
        {"first": labels[pairs[:, 0]], "second": labels[pairs[:, 1]], "metres": metres, "days": apart},
        geometry=gpd.GeoSeries(lines, crs=crs.LONLAT),
    ).sort_values(["first", "second"], ignore_index=True)
    return NearRepeats(links, _chains(pairs, incidents.index))


def _chains(pairs: Any, index: pd.Index) -> pd.Series:
    """Number connected incidents, the longest chain first, equal ones by their first incident."""
    linked = sparse.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(index), len(index)))
    if not len(index):
        return pd.Series([], index=index, name="chain", dtype="Int64")
    _, component = sparse.csgraph.connected_components(linked, directed=False)
    size = np.bincount(component)
    order = np.argsort(-size, kind="stable")
    number = np.empty(len(size), np.int64)
    number[order] = np.arange(1, len(size) + 1)
    chain = pd.Series(number[component], index=index, name="chain", dtype="Int64")
    return chain.where(size[component] > 1)


def follow_on_risk(found: KnoxResult, incidents: gpd.GeoDataFrame, grid: HexGrid, when: Any) -> pd.Series:
    """Where are follow-ups due on a day, given what `knox` found?

    Each earlier incident raises the cells around it by (ratio - 1) of the band they lie in, as far as the band holds
    more pairs than chance (p at most 0.05); overlapping incidents add up.

    Parameters
    ----------
    found
        Result of `knox`.
    incidents
        Points in any CRS with `time`; only those before `when` count.
    grid
        The study area.
    when
        The day the surface is for.

    Returns
    -------
    Series by cell, named "follow_on": sum of excess ratios, 0 where nothing is due.
    """
    check_columns(incidents, ["time"], "incidents")
    excess = np.where((found.p_value <= 0.05) & (found.ratio > 1), np.nan_to_num(found.ratio) - 1, 0.0)
    ago = (pd.Timestamp(when).normalize() - incidents["time"].dt.normalize()).dt.days.to_numpy()
    recent = (ago >= 1) & (ago < found.day_bands[-1])
    column = np.searchsorted(found.day_bands, ago[recent], side="right") - 1
    points = crs.to_lonlat(incidents[recent], "incidents").geometry
    xy = metres_on(grid, points.x.to_numpy(), points.y.to_numpy())
    near = cKDTree(grid.xy).sparse_distance_matrix(cKDTree(xy), found.distance_bands[-1], output_type="coo_matrix")
    inside = near.data < found.distance_bands[-1]
    row = np.searchsorted(found.distance_bands, near.data[inside], side="right") - 1
    risk = np.bincount(near.row[inside], excess[row, column[near.col[inside]]], len(grid))
    return pd.Series(risk, index=grid.cells, name="follow_on")

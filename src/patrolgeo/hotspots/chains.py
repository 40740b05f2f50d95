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
from patrolgeo._checks import check_columns, check_positive, check_time
from patrolgeo._show import Rows, Shown, some_of
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.units import Units
from patrolgeo.hotspots.density import metres_on
from patrolgeo.hotspots.near_repeat import KnoxResult
from patrolgeo.kernels import within
from patrolgeo.panel.counts import wall_clock


@dataclass(frozen=True, repr=False)
class NearRepeats(Shown):
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

    def _head(self) -> str:
        return self.summary()

    def _rows(self) -> Rows:
        linked, sizes = int(self.chains.notna().sum()), self.chains.value_counts()
        return [
            ("incidents", f"{len(self.chains):,}"), ("links", f"{len(self.links):,} pairs"),
            ("in a chain", f"{linked:,} incidents"), ("chains", f"{len(sizes):,}"),
            ("longest", some_of((f"{size} incidents" for size in sizes.head(3)), 3)),
        ]  # fmt: skip

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
        Linked are pairs less than these apart; days are calendar days by the clock on the wall, 7 means at most 6 days
        later.

    Returns
    -------
    The links, each from the earlier to the later incident (by the clock, equal times by label), and the chains.

    Raises
    ------
    MissingColumnError, CRSError
        When the column `time` or the coordinate reference system is missing.
    DataError
        When a time or place is missing, a label occurs twice, or `distance` or `days` is not above 0.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from patrolgeo import near_repeat
    >>> points = gpd.GeoSeries.from_xy([119.9, 119.9005, 119.95], [31.7, 31.7, 31.7], crs="EPSG:4326")
    >>> times = pd.to_datetime(["2024-01-01", "2024-01-04", "2024-01-05"])
    >>> near_repeat(gpd.GeoDataFrame({"time": times}, geometry=points), distance=100, days=7).summary()
    '1 chains, the longest of 2; 66.7% of 3 incidents belong to one'
    """
    check_positive(distance, "distance")
    check_positive(days, "days")
    crs.warn_of_degrees(distance, "distance")
    times, lonlat = _when_and_where(incidents)
    if incidents.index.has_duplicates:
        twice = incidents.index[incidents.index.duplicated()][0]
        raise DataError(f"incidents hold the label {twice!r} twice, so links could not name them; use .reset_index().")
    date = (times.dt.normalize().to_numpy() - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
    pairs, metres = _close_pairs(crs.local_xy(*lonlat.T), date, distance, days)
    pairs = _earlier_first(pairs, times.to_numpy(), incidents.index)
    order = _by_labels(pairs, incidents.index)
    pairs, metres = pairs[order], metres[order]
    labels = incidents.index.to_numpy()
    links = gpd.GeoDataFrame(
        {
            "first": labels[pairs[:, 0]], "second": labels[pairs[:, 1]], "metres": metres,
            "days": date[pairs[:, 1]] - date[pairs[:, 0]],
        },
        geometry=gpd.GeoSeries(shapely.linestrings(lonlat[pairs]) if len(pairs) else [], crs=crs.LONLAT),
    )  # fmt: skip
    return NearRepeats(links, _chains(pairs, incidents.index))


def _when_and_where(incidents: gpd.GeoDataFrame) -> tuple[pd.Series, Floats]:
    """Return times by the clock on the wall and degrees, shape (n, 2); none may be missing."""
    check_columns(incidents, ["time"], "incidents")
    points = crs.to_lonlat(incidents, "incidents").geometry
    lonlat = np.column_stack([points.x, points.y])
    lost = int((~np.isfinite(lonlat).all(axis=1)).sum())
    if lost:
        raise DataError(f"{lost} of {len(lonlat)} incidents have no place; set them aside first.")
    return wall_clock(incidents["time"]), lonlat


def _close_pairs(xy: Floats, date: Floats, distance: float, days: float) -> tuple[Ints, Floats]:
    """Return the pairs less than `distance` and `days` apart, and their metres.

    Time is an axis of the tree: of a busy corner only the pairs of one time are made, not those of all years.
    """
    place = np.column_stack([xy, (date - date.min(initial=0.0)) * (distance / max(days, 1.0))])
    pairs = cKDTree(place).query_pairs(within(distance), p=np.inf, output_type="ndarray")
    metres = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    close = (metres < distance) & (np.abs(date[pairs[:, 1]] - date[pairs[:, 0]]) < days)
    return pairs[close], metres[close]


def _by_labels(pairs: Ints, labels: pd.Index) -> Ints:
    """Return the order of the pairs by their labels."""
    rank = np.empty(len(labels), np.int64)
    rank[labels.argsort()] = np.arange(len(labels))
    return np.argsort(rank[pairs[:, 0]] * len(labels) + rank[pairs[:, 1]])


def _earlier_first(pairs: Ints, times: Array, labels: pd.Index) -> Ints:
    """Return the pairs with the earlier incident first; equal times go by label, so that no order of rows matters."""
    rank = np.empty(len(times), np.int64)
    rank[np.lexsort([labels.astype(str), times])] = np.arange(len(times))
    swapped = rank[pairs[:, 0]] > rank[pairs[:, 1]]
    return np.where(swapped[:, None], pairs[:, ::-1], pairs)


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


def follow_on_risk(found: KnoxResult, incidents: gpd.GeoDataFrame, grid: Units, when: Any) -> pd.Series:
    """Where are follow-ups due on a day, given what `knox` found?

    Each earlier incident raises the cells around it by (ratio - 1) of the band they lie in, as far as the band holds
    more pairs than chance (p at most 0.05); overlapping incidents add up. Bands without an end raise nothing.

    Parameters
    ----------
    found
        Result of `knox`.
    incidents
        Points in any CRS with `time`; only those before `when` count.
    grid
        The study area.
    when
        The day the surface is for, by the clock on the wall.

    Returns
    -------
    Series by cell, named "follow_on": sum of excess ratios, 0 where nothing is due.

    Raises
    ------
    MissingColumnError, CRSError
        When the column `time` or the coordinate reference system is missing.
    DataError
        When a time or place is missing, or `when` is not a day.

    Examples
    --------
    >>> import geopandas as gpd, h3, numpy as np, pandas as pd
    >>> from patrolgeo import HexGrid, follow_on_risk, knox
    >>> rng = np.random.default_rng(0)
    >>> points = gpd.GeoSeries.from_xy(119.9 + rng.normal(0, 0.004, 80), 31.7 + rng.normal(0, 0.004, 80), crs=4326)
    >>> days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 200, 80), unit="D")
    >>> twice = gpd.GeoSeries(pd.concat([points, points], ignore_index=True), crs=4326)
    >>> found = knox(twice, days.append(days + pd.Timedelta(days=3)), [0, 100, 200], [0, 7], random_state=0)
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.7, 119.9, 10), 12))
    >>> last = gpd.GeoDataFrame({"time": [pd.Timestamp("2024-08-01")]}, geometry=points[:1])
    >>> due = follow_on_risk(found, last, grid, "2024-08-03")
    >>> int((due > 0).sum())
    2
    """
    times, lonlat = _when_and_where(incidents)
    day = _day(when)
    finite = np.isfinite(found.distance_bands[1:])[:, None] & np.isfinite(found.day_bands[1:])
    due = finite & (found.p_value <= 0.05) & (found.ratio > 1)
    excess = np.where(due, np.nan_to_num(found.ratio) - 1, 0.0)
    longest, farthest = (bands[np.isfinite(bands)][-1] for bands in (found.day_bands, found.distance_bands))
    crs.warn_if_mostly_outside((grid.positions(*lonlat.T) < 0).sum(), len(lonlat))
    ago = (day - times.dt.normalize()).dt.days.to_numpy()
    recent = (ago >= 1) & (ago < longest)
    column = np.searchsorted(found.day_bands, ago[recent], side="right") - 1
    xy = metres_on(grid, *lonlat[recent].T)
    near = cKDTree(grid.xy).sparse_distance_matrix(cKDTree(xy), farthest, output_type="coo_matrix")
    inside = near.data < farthest
    row = np.searchsorted(found.distance_bands, near.data[inside], side="right") - 1
    risk = np.bincount(near.row[inside], excess[row, column[near.col[inside]]], len(grid))
    return pd.Series(risk, index=grid.cells, name="follow_on")


def _day(when: Any) -> pd.Timestamp:
    return check_time(when, "when").tz_localize(None).normalize()

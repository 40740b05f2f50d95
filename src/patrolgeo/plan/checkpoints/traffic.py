"""The traffic of a county: trips between its villages and over its border, and the ways they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import check_columns
from patrolgeo._show import Rows, Shown, some_of
from patrolgeo._typing import Ints
from patrolgeo.roads.gates import calibrate_flows
from patrolgeo.roads.gravity import gravity_flows
from patrolgeo.roads.paths import FlowPaths, flow_paths
from patrolgeo.roads.travel import travel_time

MOST_FLOWS = 20_000
OUTSIDE_SHARE = 0.2  # what the world beyond the border weighs, as a share of the residents (a planning value)


@dataclass(frozen=True, repr=False)
class Traffic(Shown):
    """Trips, their ways, and whether they stay in the county.

    Parameters
    ----------
    flows
        Series by (origin, destination). Zones are numbered: first the villages, then the crossings.
    paths
        The way of each.
    kind
        Series by flow: "inside", "in", "out" or "through".
    kept
        Share of all modelled trips that `flows` holds (the largest pairs).
    """

    flows: pd.Series
    paths: FlowPaths
    kind: pd.Series
    kept: float

    def _head(self) -> str:
        return f"{len(self.flows):,} flows, {self.flows.sum():,.6g} trips, {self.kept:.1%} of all"

    def _rows(self) -> Rows:
        busiest = self.load.nlargest(3)
        return [
            *((str(kind), f"{trips:,.6g} trips") for kind, trips in self.flows.groupby(self.kind).sum().items()),
            ("busiest", some_of(f"{piece} ({trips:,.6g})" for piece, trips in busiest.items())),
        ]

    @property
    def load(self) -> pd.Series:
        """Return the trips over each road piece, Series by its label."""
        return self.paths.load(self.flows)


def county_traffic(
    graph: Any,
    villages: gpd.GeoDataFrame,
    *,
    crossings: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    attraction: pd.Series | None = None,
    gates: gpd.GeoDataFrame | None = None,
) -> Traffic:
    """What traffic do the roads of a county carry, within it and over its border?

    Trips come from the gravity model. They are a planning value, until camera gates have counted.

    Parameters
    ----------
    graph
        A `RoadGraph`.
    villages
        Points with the column `population` and a unique index.
    crossings
        Points where roads cross the county border. All of them together weigh a fifth of the residents (a planning
        value), or what their column `population` says.
    attraction
        Series by village: what draws trips there, residents by default (see `market_attraction`).
    gates
        Camera gates: points with the column `count`, vehicles a day on their nearest road, both ways together. Flows
        are changed as little as possible until each gate shows its count (see `calibrate_flows`).

    Returns
    -------
    Traffic: flows by (origin, destination), their ways, their kinds, and the load of every road piece.

    Raises
    ------
    MissingColumnError
        When `villages` lacks `population`, or `gates` lacks `count`.
    DataError
        When `attraction` lacks villages or is negative, counts at the gates contradict each other, or a gate stands
        where nobody passes.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, county_traffic
    >>> lines = gpd.GeoSeries([shapely.LineString([(119.9 + k / 50, 31.7), (119.92 + k / 50, 31.7)]) for k in range(3)],
    ...                       crs="EPSG:4326")
    >>> villages = gpd.GeoDataFrame({"population": [900, 100, 500]},
    ...                             geometry=gpd.points_from_xy([119.9, 119.92, 119.96], [31.7] * 3), crs="EPSG:4326")
    >>> gate = gpd.GeoDataFrame({"count": [600]}, geometry=gpd.points_from_xy([119.95], [31.7]), crs="EPSG:4326")
    >>> county_traffic(RoadGraph.from_lines(lines, speed=40), villages, gates=gate).load.round(3).tolist()[2]
    600.0
    """
    check_columns(villages, ["population"], "villages")
    sent, drawn, points = _zones(villages, crossings, attraction)
    every = gravity_flows(travel_time(graph, points, points), sent, drawn)
    flows = every.nlargest(MOST_FLOWS)
    kept = float(flows.sum() / every.sum())
    paths = flow_paths(graph, flows, points)
    if gates is not None:
        check_columns(gates, ["count"], "gates")
        counts = pd.Series(gates["count"].to_numpy(float), graph.edges.index[nearest_pieces(graph, gates)])
        flows = calibrate_flows(flows, paths, counts.groupby(level=0).mean())
    return Traffic(flows, paths, _kinds(flows.index, len(villages)), kept)


def _zones(villages: gpd.GeoDataFrame, crossings: Any, attraction: Any) -> tuple[pd.Series, pd.Series, gpd.GeoSeries]:
    """Return what each zone sends and draws, and its point; crossings come after the villages."""
    points = crs.to_lonlat(villages, "villages").geometry.reset_index(drop=True)
    sent = villages["population"].to_numpy(float)
    drawn = sent if attraction is None else attraction.reindex(villages.index).to_numpy(float)
    if crossings is not None:
        beyond = crs.to_lonlat(crossings, "crossings")
        even = np.full(len(beyond), OUTSIDE_SHARE * sent.sum() / max(len(beyond), 1))
        known = "population" in getattr(beyond, "columns", [])
        mass = beyond["population"].to_numpy(float) if known else even
        sent, drawn = np.r_[sent, mass], np.r_[drawn, mass]
        points = pd.concat([points, beyond.geometry.reset_index(drop=True)], ignore_index=True)
    return pd.Series(sent), pd.Series(drawn), gpd.GeoSeries(points, crs=crs.LONLAT)


def _kinds(pairs: pd.MultiIndex, n_villages: int) -> pd.Series:
    """Tell flows within the county from those over its border; crossings are the zones after the villages."""
    origin, destination = (pairs.get_level_values(k).to_numpy() >= n_villages for k in (0, 1))
    names = np.array(["inside", "out", "in", "through"])
    return pd.Series(names[2 * origin + destination], pairs, name="kind")


def nearest_pieces(graph: Any, points: gpd.GeoSeries | gpd.GeoDataFrame) -> Ints:
    """Return the position of the road piece that is nearest to each point."""
    metric = crs.road_crs(graph.center)
    edges, at = graph.edges.geometry.to_crs(metric), points.geometry.to_crs(metric)
    nearest: Ints = edges.sindex.nearest(at, return_all=False)[1]
    return nearest

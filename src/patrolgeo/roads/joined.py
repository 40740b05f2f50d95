"""Roads where they are known and hexagons elsewhere, as one graph; and roads of an edge table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import as_floats, check_choice, check_columns, check_positive
from patrolgeo._show import Shown
from patrolgeo._typing import Ints
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.kernels import least_csr
from patrolgeo.roads.graph import OFF_ROAD_SPEED_KMH, RoadGraph

MOST_EXACT = 2**53  # whole numbers below are exact as decimal numbers


@dataclass(frozen=True, eq=False, repr=False)
class JoinedGraph(Shown):
    """A road network and the cells around it: labels are the cells first, then ("node", label) of the roads.

    Parameters
    ----------
    labels
        Cells, then nodes.
    minutes
        CSR, shape (cells + nodes, cells + nodes).
    on_roads
        By cell: whether the cell is entered through a road node.
    roads
        The network; its node k is row ``len(on_roads) + k``.

    Examples
    --------
    See `join_graphs`.
    """

    labels: pd.Index
    minutes: sparse.csr_matrix
    on_roads: pd.Series
    roads: RoadGraph

    def _head(self) -> str:
        on_roads = int(self.on_roads.sum())
        return f"{len(self.on_roads):,} cells, {on_roads:,} of them on roads, {len(self.roads.nodes):,} nodes"


def join_graphs(
    roads: RoadGraph, cells: Any, *, access_kmh: float = OFF_ROAD_SPEED_KMH, border_only: bool = True
) -> JoinedGraph:
    """Travel on roads where there are roads and from cell to cell elsewhere.

    A cell that holds a usable node of the network is tied to the node nearest its centre, both ways, at the cost of the
    walk between them. Steps between two such cells are left out (`border_only`), so that traffic there keeps to the
    roads; where the roads end it goes over into the hexagons.

    Parameters
    ----------
    roads
        The network.
    cells
        Graph of hexagons (`hexagon_graph`): `cells` (H3 labels) and `minutes`.
    access_kmh
        Speed between the centre of a cell and its node.
    border_only
        False keeps the steps between cells with roads as well.

    Returns
    -------
    JoinedGraph, for `travel_time` and `weak_roads`.

    Raises
    ------
    DataError
        When `access_kmh` is not positive.
    AlignmentError
        When the cells are not H3 cells of one resolution in ascending order.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import HexGrid, RoadGraph, hexagon_graph, join_graphs, travel_time
    >>> town = gpd.GeoSeries([shapely.Point(119.9, 31.7).buffer(0.03)], crs="EPSG:4326")
    >>> road = gpd.GeoSeries([shapely.LineString([(119.87, 31.7), (119.9, 31.7)])], crs="EPSG:4326")
    >>> grid = HexGrid.from_area(town, 8)
    >>> graph = join_graphs(RoadGraph.from_lines(road, speed=60), hexagon_graph(grid, speed_kmh=5))
    >>> int(graph.on_roads.sum()), len(grid)
    (2, 69)
    """
    check_positive(access_kmh, "access_kmh")
    grid = HexGrid.from_cells(cells.cells)
    if not grid.cells.equals(pd.Index(cells.cells, name="cell")):
        raise AlignmentError("The cells of the graph must be H3 cells of one resolution in ascending order.")
    node, minutes = roads.access(grid.centroids, access_kmh)
    holder = grid.locate(roads.nodes.geometry[roads.usable]).dropna()
    on_roads = pd.Series(grid.cells.isin(holder), index=grid.cells, name="on_roads")
    tied = np.flatnonzero(on_roads)
    n = len(grid)
    steps = sparse.coo_matrix(cells.minutes)
    keep = (
        ~(on_roads.to_numpy()[steps.row] & on_roads.to_numpy()[steps.col]) if border_only else np.ones(steps.nnz, bool)
    )
    ways = sparse.coo_matrix(roads.minutes)
    row = np.r_[steps.row[keep], n + ways.row, tied, n + node[tied]]
    column = np.r_[steps.col[keep], n + ways.col, n + node[tied], tied]
    value = np.r_[steps.data[keep], ways.data, minutes[tied], minutes[tied]]
    size = n + len(roads.nodes)
    labels = pd.Index([*grid.cells, *(("node", label) for label in roads.labels)], tupleize_cols=False)
    return JoinedGraph(labels, least_csr(row, column, value, (size, size)), on_roads, roads)


def from_edges(nodes: pd.DataFrame, edges: pd.DataFrame, minutes: str, *, unit: str = "minutes") -> RoadGraph:
    """Make a graph of a table of one-way edges between known nodes.

    Parameters
    ----------
    nodes
        Columns `lon`, `lat`; index = node labels.
    edges
        Columns `source`, `target` (node labels) and the travel times; index = labels of the roads. A table with a
        column for each hour makes a graph for each hour.
    minutes
        Name of the column of travel times.
    unit
        "minutes" or "seconds".

    Returns
    -------
    RoadGraph; its edges are one-way and straight.

    Raises
    ------
    DataError
        When an edge names a node that is not there, ids lost digits on their way, a node occurs twice, a time is
        negative or missing, or `unit` is neither of the two.
    MissingColumnError
        When a table lacks one of its columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import from_edges, travel_time
    >>> nodes = pd.DataFrame({"lon": [119.90, 119.92], "lat": [31.7, 31.7]}, index=["a", "b"])
    >>> edges = pd.DataFrame({"source": ["a", "b"], "target": ["b", "a"], "at_8": [240.0, 180.0], "at_22": [120, 120]})
    >>> travel_time(from_edges(nodes, edges, "at_8", unit="seconds"), ["a"], ["b"]).to_numpy().tolist()
    [[4.0]]
    """
    check_choice(unit, ["minutes", "seconds"], "unit")
    check_columns(nodes, ["lon", "lat"], "nodes")
    check_columns(edges, ["source", "target", minutes], "edges")
    if nodes.index.has_duplicates:
        raise DataError(f"nodes: the label {nodes.index[nodes.index.duplicated()][0]!r} occurs twice.")
    points = gpd.GeoSeries.from_xy(nodes["lon"], nodes["lat"], crs=crs.LONLAT)
    source, target = (_positions(nodes.index, edges[c], c) for c in ("source", "target"))
    time = as_floats(edges[minutes], minutes) / (60.0 if unit == "seconds" else 1.0)
    bad = ~(np.isfinite(time) & (time >= 0))
    if bad.any():
        at = edges.index[bad][0]
        raise DataError(
            f"{minutes}: {bad.sum()} edges have negative or missing times (first: edge {at!r} with "
            f"{edges[minutes][bad].iloc[0]!r}); leave those edges out."
        )
    west, south, east, north = points.total_bounds
    center = (float(west + east) / 2, float(south + north) / 2)
    xy = shapely.get_coordinates(points.to_crs(crs.road_crs(center)).to_numpy())
    lonlat = shapely.get_coordinates(points.to_numpy())
    table = gpd.GeoDataFrame(
        {
            "line": edges.index.to_numpy(), "source": source, "target": target, "minutes": time,
            "length_m": np.hypot(*(xy[source] - xy[target]).T), "oneway": True,
        },
        geometry=shapely.linestrings(np.stack([lonlat[source], lonlat[target]], axis=1)), crs=crs.LONLAT,
    )  # fmt: skip
    return RoadGraph(gpd.GeoDataFrame(geometry=points), table, center)


def _positions(labels: pd.Index, wanted: pd.Series, name: str) -> Ints:
    if wanted.isna().any():
        raise DataError(f"{name}: edge {wanted.index[wanted.isna()][0]!r} names no node.")
    if wanted.dtype.kind == "f" and (wanted.abs() >= MOST_EXACT).any():
        raise DataError(
            f"{name} holds node ids above 2^53 as decimal numbers ({wanted.abs().max():.0f}), which lose their last "
            "digits; read the column as whole numbers or as text."
        )
    if wanted.dtype != labels.dtype:  # no id may be rounded on the way to a common type
        wanted, labels = wanted.astype(object), labels.astype(object)
    at = labels.get_indexer(pd.Index(wanted))
    if (at < 0).any():
        raise DataError(
            f"{name}: {(at < 0).sum()} edges name nodes that are not there (first: {wanted[at < 0].iloc[0]!r})."
        )
    return at.astype(np.int64)

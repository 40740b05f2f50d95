"""Travel on hexagons: minutes between neighbouring cells, cut by barriers, open at crossings, parts linked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import align, check_columns, check_positive
from patrolgeo._show import Rows, Shown, some_of
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.kernels import least_csr, within

OFF_ROAD_KMH = 5.0  # on foot, where a cell has no road


@dataclass(frozen=True, repr=False)
class CellGraph(Shown):
    """Travel minutes between neighbouring units (cells, villages, reporting areas).

    Parameters
    ----------
    cells
        Labels of the units, in the order of `minutes`.
    minutes
        Symmetric CSR, shape (n, n): minutes of travel between neighbours, links between parts included.
    links
        The links that were added between parts of the area: columns `from_cell`, `to_cell`, `km`.
    parts
        Number of the part each unit lies in before the links, shape (n,).
    xy
        Centres in metres, shape (n, 2); NaN where they are not known.
    in_minutes
        False where only neighbours are known, and `minutes` are hops.
    """

    cells: pd.Index
    minutes: sparse.csr_matrix
    links: pd.DataFrame
    parts: Ints
    xy: Floats
    in_minutes: bool = True

    def _head(self) -> str:
        return f"{len(self):,} units, {self.minutes.nnz // 2:,} pairs of neighbours, {self.n_parts} part(s)"

    def _rows(self) -> Rows:
        steps, unit = self.minutes.data, "minutes" if self.in_minutes else "hops"
        return [
            ("units", some_of(self.cells, 3)), ("links added", f"{len(self.links)}"),
            ("a step", f"{steps.min():.3g} to {steps.max():.3g} {unit}" if len(steps) else "there is none"),
        ]  # fmt: skip

    def __len__(self) -> int:
        return len(self.cells)

    @cached_property
    def n_parts(self) -> int:
        """How many parts the units form without the added links."""
        return int(self.parts.max()) + 1 if len(self.parts) else 0

    def travel_minutes(self, sources: Any, limit: float | None = None) -> pd.DataFrame:
        """Return minutes from each of `sources` (labels) to every unit, infinite beyond `limit`; sources x units."""
        wanted = pd.Index(np.atleast_1d(np.asarray(sources, dtype=object)), name="source")
        at = self.cells.get_indexer(wanted)
        if (at < 0).any():
            raise DataError(f"{wanted[at < 0][0]!r} is not a unit of this graph; its first is {self.cells[0]!r}.")
        reach = np.inf if limit is None else within(float(limit))
        minutes = dijkstra(self.minutes, directed=False, indices=at, limit=reach)
        return pd.DataFrame(np.atleast_2d(minutes), index=wanted, columns=self.cells)


def hexagon_graph(
    grid: HexGrid, speed_kmh: float | pd.Series = 25.0, *, barriers: Any = None, bridges: Any = None,
    roads: Any = None, off_road_kmh: float = OFF_ROAD_KMH, link_parts: bool = True,
) -> CellGraph:  # fmt: skip
    """How long does it take from a cell to its neighbours?

    Minutes follow the true distance of the cell centres and the mean slowness of both cells. Two neighbours part
    where the straight line between their centres crosses a barrier, unless a bridge or a road crosses there.
    Parts that remain are joined by their shortest links, which are listed in `links`.

    Parameters
    ----------
    grid
        The cells.
    speed_kmh
        Speed everywhere, or a Series by cell; used where `roads` are not given.
    barriers
        GeoDataFrame or GeoSeries of lines or polygons that cannot be crossed (rivers, motorways, borders).
    bridges
        Points or lines where a barrier can be crossed (bridges, ferries); each reopens the nearest cut pair.
    roads
        GeoDataFrame of lines with a column `speed_kmh`: a cell gets the speed of its fastest road, cells without a
        road `off_road_kmh`. A road that crosses a barrier is a bridge.
    off_road_kmh
        Speed in cells without a road, when `roads` are given.
    link_parts
        False raises `InfeasibleError` when the cells fall into parts, and names them.

    Returns
    -------
    CellGraph

    Raises
    ------
    DataError
        When a speed is not positive.
    AlignmentError
        When a Series of speeds lacks cells of the grid.
    CRSError
        When barriers, bridges or roads have no coordinate reference system.
    InfeasibleError
        When the cells fall into parts and ``link_parts=False``.

    Examples
    --------
    >>> from patrolgeo import HexGrid, hexagon_graph
    >>> import h3
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 2))
    >>> graph = hexagon_graph(grid, speed_kmh=30)
    >>> len(graph), graph.n_parts, len(graph.links)
    (19, 1, 0)
    """
    slowness = 60.0 / _cell_speeds(grid, speed_kmh, roads, off_road_kmh)  # minutes a kilometre
    pairs = sparse.triu(grid.adjacency(1)).tocoo()
    ends = np.column_stack([pairs.row, pairs.col]).astype(np.int64)
    if barriers is not None:
        ends = ends[_passable(grid, ends, barriers, bridges, roads)]
    return _linked(grid.cells, grid.xy, ends, slowness, link_parts)


def unit_graph(
    units: Any, *, adjacency: Any = None, minutes: Any = None, speed_kmh: float = 25.0, link_parts: bool = True
) -> CellGraph:  # fmt: skip
    """How long does it take from a village or reporting area to its neighbours?

    Parameters
    ----------
    units
        GeoDataFrame of polygons with a CRS; its index names the units.
    adjacency
        Symmetric matrix of neighbours, shape (n, n); by default units that share a border longer than a point.
    minutes
        Travel minutes between all units, shape (n, n), for example on the streets between their centres; by default
        the straight distance of the centroids at `speed_kmh`.
    speed_kmh
        Speed where `minutes` are not given, and on links between parts.
    link_parts
        False raises `InfeasibleError` when the units fall into parts.

    Returns
    -------
    CellGraph, whose cells are the units.

    Raises
    ------
    DataError
        When `speed_kmh` is not positive, or `minutes` has another shape or lacks the time between neighbours.
    AlignmentError
        When `minutes` is a DataFrame that lacks units.
    CRSError
        When the units have no coordinate reference system.
    InfeasibleError
        When the units fall into parts and ``link_parts=False``.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import unit_graph
    >>> boxes = [shapely.box(108 + i / 100, 22, 108.01 + i / 100, 22.01) for i in range(3)]
    >>> graph = unit_graph(gpd.GeoDataFrame(index=["a", "b", "c"], geometry=boxes, crs="EPSG:4326"))
    >>> graph.travel_minutes("a").round(1).loc["a"].tolist()
    [0.0, 2.5, 4.9]
    """
    check_positive(speed_kmh, "speed_kmh")
    flat = crs.to_local(units)
    xy = shapely.get_coordinates(flat.geometry.centroid)
    named = pd.Index(units.index)
    pairs = _shared_borders(flat) if adjacency is None else sparse.triu(read_neighbors(adjacency, named), k=1).tocoo()
    ends = np.column_stack([pairs.row, pairs.col]).astype(np.int64)
    slowness = np.full(len(units), 60.0 / speed_kmh)
    graph = _linked(named, xy, ends, slowness, link_parts)
    if minutes is None:
        return graph
    if isinstance(minutes, pd.DataFrame):
        minutes = align(align(minutes, named, "minutes").T, named, "the columns of minutes").T
    table = np.asarray(minutes, float)
    if table.shape != (len(units), len(units)):
        raise DataError(f"minutes has shape {table.shape}, but there are {len(units)} units.")
    known = table[ends[:, 0], ends[:, 1]]
    if not (np.isfinite(known).all() and (known >= 0).all()):
        raise DataError("minutes between some neighbouring units are missing, infinite or negative.")
    streets = _symmetric(ends, np.maximum(known, 1e-3), len(units))
    added = graph.minutes - graph.minutes.multiply(streets != 0)
    return replace(graph, minutes=sparse.csr_matrix(streets + added))


def table_graph(adjacency: Any, names: pd.Index | None = None, xy: Floats | None = None) -> CellGraph:
    """Return hops between neighbours as a travel graph, for units that are known by a cost table alone."""
    matrix = read_neighbors(adjacency, names)
    n = matrix.shape[0]
    cells = pd.RangeIndex(n) if names is None else names
    parts = connected_components(matrix, directed=False)[1].astype(np.int64)
    places = np.full((n, 2), np.nan) if xy is None else xy
    links = _link_table(cells, np.empty((0, 2), np.int64), np.empty(0))
    return CellGraph(cells, matrix, links, parts, places, in_minutes=False)


def read_neighbors(adjacency: Any, labels: pd.Index | None = None) -> sparse.csr_matrix:
    """Return who is a neighbour of whom as CSR of ones, without diagonal; a table goes by label, a matrix by position.

    Raises
    ------
    AlignmentError
        When a table lacks one of the `labels`.
    DataError
        When the matrix is not square, or names a pair one way round only.
    """
    if isinstance(adjacency, pd.DataFrame) and labels is not None:
        rows = align(adjacency, labels, "adjacency")
        adjacency = align(rows.T, labels, "the columns of adjacency").T.to_numpy()
    if hasattr(adjacency, "adjacency"):
        adjacency = adjacency.adjacency(1)
    try:
        matrix = sparse.csr_matrix(adjacency, dtype=float, copy=True)
    except (TypeError, ValueError):
        raise DataError(f"adjacency must be a matrix of neighbours, got {type(adjacency).__name__}.") from None
    n = len(labels) if labels is not None else matrix.shape[0]
    if matrix.shape != (n, n):
        raise DataError(f"adjacency must have the shape ({n}, {n}), units x units; got {matrix.shape}.")
    matrix.sum_duplicates()
    if not (np.isfinite(matrix.data) & (matrix.data >= 0)).all():
        raise DataError("adjacency holds negative or missing values; give 1 for neighbours and 0 for others.")
    matrix.data[:] = matrix.data > 0
    matrix.setdiag(0.0)
    matrix.eliminate_zeros()
    lone = (matrix - matrix.T).tocoo()
    if lone.nnz:
        i, j = (at if labels is None else labels[at] for at in (lone.row[0], lone.col[0]))
        raise DataError(f"adjacency must be symmetric, but joins {i!r} and {j!r} one way round only.")
    matrix.sort_indices()
    return matrix


def _shared_borders(units: Any) -> sparse.coo_matrix:
    shapes = units.geometry.to_numpy()
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i < j], j[i < j]
    touching = shapely.length(shapely.intersection(shapes[i], shapes[j])) > 0
    return sparse.coo_matrix((np.ones(touching.sum()), (i[touching], j[touching])), shape=(len(shapes), len(shapes)))


def _linked(cells: pd.Index, xy: Floats, ends: Ints, slowness: Floats, link_parts: bool) -> CellGraph:
    """Return the graph of the given pairs, its parts joined by their shortest links."""
    parts = connected_components(_symmetric(ends, np.ones(len(ends)), len(cells)), directed=False)[1].astype(np.int64)
    links = _shortest_links(xy, parts)
    if len(links) and not link_parts:
        raise InfeasibleError(_name_parts(cells, parts))
    ends = np.vstack([ends, links])
    km = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T) / 1000
    minutes = km * (slowness[ends[:, 0]] + slowness[ends[:, 1]]) / 2
    table = _link_table(cells, links, km[len(km) - len(links) :])
    return CellGraph(cells, _symmetric(ends, minutes, len(cells)), table, parts, xy)


def _cell_speeds(grid: HexGrid, speed_kmh: float | pd.Series, roads: Any, off_road_kmh: float) -> Floats:
    if roads is None:
        if not isinstance(speed_kmh, pd.Series):
            check_positive(speed_kmh, "speed_kmh")
            return np.full(len(grid), float(speed_kmh))
        speeds = align(speed_kmh, grid.cells, "speed_kmh").to_numpy(float)
    else:
        check_columns(roads, ["speed_kmh"], "roads")
        check_positive(off_road_kmh, "off_road_kmh")
        tree = shapely.STRtree(grid.geometry.to_numpy())
        line, cell = tree.query(crs.to_lonlat(roads, "roads").geometry.to_numpy(), predicate="intersects")
        speeds = np.full(len(grid), float(off_road_kmh))
        np.maximum.at(speeds, cell, roads["speed_kmh"].to_numpy(float)[line])
    if not (np.isfinite(speeds).all() and (speeds > 0).all()):
        raise DataError("Every speed must be a number above 0 km/h.")
    return speeds


def _passable(grid: HexGrid, ends: Ints, barriers: Any, bridges: Any, roads: Any) -> Bools:
    """Return which pairs of neighbours can be travelled: not cut by a barrier, or reopened by a crossing."""
    walls = crs.to_lonlat(barriers, "barriers").geometry.to_numpy()
    segments = shapely.linestrings(grid.lonlat[ends])
    cut = np.zeros(len(ends), bool)
    cut[shapely.STRtree(segments).query(walls, predicate="intersects")[1]] = True
    for crossings in (bridges, roads):
        if crossings is not None and cut.any():
            cut[_nearest_cut(segments, cut, _crossing_points(walls, crossings))] = False
    return ~cut


def _crossing_points(walls: Array, crossings: Any) -> Array:
    """Return where lines cross the barriers; points stand for themselves."""
    shapes = crs.to_lonlat(crossings, "bridges").geometry.to_numpy()
    points = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    at, wall = shapely.STRtree(walls).query(shapes[~points], predicate="intersects")
    met = shapely.get_parts(shapely.intersection(shapes[~points][at], walls[wall]))
    return np.concatenate([shapes[points], shapely.centroid(met)])


def _nearest_cut(segments: Array, cut: Bools, points: Array) -> Ints:
    """Return, for each crossing, the cut pair whose middle is nearest, at most the length of two pairs away."""
    which = np.flatnonzero(cut)
    if not len(points):
        return which[:0]
    middles = shapely.get_coordinates(shapely.centroid(segments[which]))
    shrink = np.array([np.cos(np.radians(middles[:, 1].mean())), 1.0])  # degrees east are shorter than degrees north
    reach = 2 * np.hypot(*(np.diff(shapely.get_coordinates(segments[which[:1]]), axis=0)[0] * shrink))
    far, nearest = cKDTree(middles * shrink).query(shapely.get_coordinates(points) * shrink)
    return which[nearest[far <= reach]]


def _shortest_links(xy: Floats, parts: Ints) -> Ints:
    """Return the pairs of cells that join all parts with the least total length, shape (parts - 1, 2)."""
    n_parts = int(parts.max()) + 1
    length = np.full((n_parts, n_parts), np.inf)
    ends = np.zeros((n_parts, n_parts, 2), np.int64)
    for part in range(n_parts if n_parts > 1 else 0):
        own, others = np.flatnonzero(parts == part), np.flatnonzero(parts > part)
        if not len(others):
            continue
        km, nearest = cKDTree(xy[own]).query(xy[others])
        first = np.lexsort((others, km, parts[others]))
        first = first[np.r_[True, np.diff(parts[others][first]) > 0]]  # the shortest to each other part
        to = parts[others[first]]
        length[part, to] = km[first]
        ends[part, to] = np.column_stack([own[nearest[first]], others[first]])
    tree = minimum_spanning_tree(sparse.csr_matrix(np.where(np.isfinite(length), length, 0))).tocoo()
    return ends[tree.row, tree.col].reshape(-1, 2)


def _symmetric(ends: Ints, values: Floats, n: int) -> sparse.csr_matrix:
    i, j = np.r_[ends[:, 0], ends[:, 1]], np.r_[ends[:, 1], ends[:, 0]]
    return least_csr(i, j, np.r_[values, values], (n, n))


def _link_table(cells: pd.Index, links: Ints, km: Floats) -> pd.DataFrame:
    return pd.DataFrame({"from_cell": cells[links[:, 0]], "to_cell": cells[links[:, 1]], "km": km})


def _name_parts(cells: pd.Index, parts: Ints) -> str:
    size = np.bincount(parts)
    named = ", ".join(f"{size[p]} cells at {cells[np.flatnonzero(parts == p)[0]]}" for p in np.argsort(-size)[:8])
    return (
        f"The cells fall into {len(size)} parts ({named}) and link_parts=False forbids to join them. "
        "Add bridges or ferries, drop the small parts, or allow link_parts=True."
    )

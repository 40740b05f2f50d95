"""Minutes from many places to many places, on roads or on hexagons."""

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid

DENSE_ENTRIES = 20_000_000  # a larger table (160 MB) is kept sparse
CHUNK_ENTRIES = 10_000_000  # what one call of the shortest-path engine may hold


def travel_time(
    graph: Any,
    origins: Any,
    destinations: Any,
    max_minutes: float | None = None,
    *,
    as_sparse: bool | None = None,
) -> pd.DataFrame | sparse.csr_matrix:
    """How many minutes is it from each origin to each destination?

    Shortest paths by Dijkstra's algorithm, from the side (origins or destinations) with fewer places. On a `RoadGraph`
    a point is reached through its nearest node, and the leg to it counts (see `RoadGraph.access`).

    Parameters
    ----------
    graph
        A `RoadGraph`, a graph of hexagons (`hexagon_graph`), or anything with `minutes` (CSR) and `labels`.
    origins, destinations
        Points (GeoSeries or GeoDataFrame with a CRS), a `HexGrid` (its centres), or labels of nodes or cells.
    max_minutes
        Reach; what lies beyond is infinite in a table and absent in a sparse matrix. Much faster than without.
    as_sparse
        None: a table up to 20 million entries, beyond that sparse (which then needs `max_minutes`).

    Returns
    -------
    DataFrame of minutes, origins x destinations with their labels, `inf` where there is no way; or, sparse, a CSR
    matrix of that shape that stores what is within reach (a stored 0 means "there already"). Site models take both.

    Raises
    ------
    DataError
        For labels that the graph does not know, points outside a graph of hexagons, or a table too large to hold.

    References
    ----------
    Dijkstra (1959), A note on two problems in connexion with graphs, doi:10.1007/BF01386390.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, travel_time
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)])], crs="EPSG:4326")
    >>> roads = RoadGraph.from_lines(road, speed=40)
    >>> travel_time(roads, [0], [0, 1]).round(2).to_dict("list")
    {0: [0.0], 1: [2.84]}
    """
    start, end = _Ends(graph, origins, "origins"), _Ends(graph, destinations, "destinations")
    entries = len(start.node) * len(end.node)
    as_sparse = entries > DENSE_ENTRIES if as_sparse is None else as_sparse
    if as_sparse and max_minutes is None:
        raise DataError(
            f"{len(start.node):,} x {len(end.node):,} travel times would need {entries * 8 / 1e9:.1f} GB; give "
            "max_minutes, and only what is within reach is kept."
        )
    limit = np.inf if max_minutes is None else float(max_minutes)
    blocks = _blocks(graph.minutes, start, end, limit)
    if as_sparse:
        return sparse.vstack([_stored(b) for b in blocks], format="csr")
    return pd.DataFrame(np.concatenate(list(blocks)), index=start.labels, columns=end.labels)


class _Ends:
    """Places on a graph: their labels, node positions and minutes of access."""

    def __init__(self, graph: Any, places: Any, what: str) -> None:
        on_roads = hasattr(graph, "access")
        if isinstance(places, HexGrid):
            places = places.centroids if on_roads else places.cells
        self.labels, self.node, self.access = (_entered if on_roads else _named)(graph, places, what)
        if not len(self.node):
            raise DataError(f"{what} holds no place; give at least one.")


def _entered(graph: Any, places: Any, what: str) -> tuple[pd.Index, Ints, Floats]:
    """Return points with their nearest node and the leg to it, or labels of nodes."""
    if not isinstance(places, gpd.base.GeoPandasBase):
        return _named(graph, places, what)
    return places.geometry.index, *graph.access(places.geometry)


def _named(graph: Any, places: Any, what: str) -> tuple[pd.Index, Ints, Floats]:
    """Return labels, or points by the cell they lie in; no leg."""
    known = graph.labels if hasattr(graph, "labels") else graph.cells
    labels = wanted = places.geometry.index if isinstance(places, gpd.base.GeoPandasBase) else pd.Index(places)
    if isinstance(places, gpd.base.GeoPandasBase):
        cells = graph.on_roads.index if hasattr(graph, "on_roads") else known
        wanted = HexGrid.from_cells(cells).locate(places)
        outside = wanted.isna()
        if outside.any():
            raise DataError(
                f"{outside.sum()} of {len(wanted)} {what} lie outside the cells of the graph (first: "
                f"{labels[outside].tolist()[0]!r}); leave them out or widen the area."
            )
    at = _known(known, pd.Index(wanted), what)
    return labels, at, np.zeros(len(at))


def _known(known: pd.Index, wanted: pd.Index, what: str) -> Ints:
    at = known.get_indexer(wanted)
    if (at < 0).any():
        raise DataError(
            f"{what}: {(at < 0).sum()} labels are not in the graph (first: {wanted[at < 0].tolist()[0]!r})."
        )
    return at.astype(np.int64)


def _blocks(minutes: sparse.csr_matrix, start: _Ends, end: _Ends, limit: float) -> Iterator[Floats]:
    """Yield the table of total minutes in blocks of origins, `inf` beyond the limit."""
    ways = np.unique(end.node)
    if len(ways) < len(np.unique(start.node)) and len(start.node) * len(end.node) <= CHUNK_ENTRIES:
        back = minutes.T.tocsr()
        yield np.ascontiguousarray(np.concatenate(list(_from(back, end, start, limit))).T)
        return
    yield from _from(minutes, start, end, limit)


def _from(minutes: sparse.csr_matrix, start: _Ends, end: _Ends, limit: float) -> Iterator[Floats]:
    nodes, row = np.unique(start.node, return_inverse=True)
    step = max(1, CHUNK_ENTRIES // minutes.shape[0])
    if len(nodes) > step:  # several blocks must come in the caller's order
        nodes, row = start.node, np.arange(len(start.node))
    for first in range(0, len(nodes), step):
        from_nodes = csgraph.dijkstra(minutes, indices=nodes[first : first + step], limit=limit)
        mine = np.flatnonzero((row >= first) & (row < first + step))
        table = from_nodes[row[mine] - first][:, end.node]
        if start.access.any() or end.access.any():
            table += start.access[mine, None] + end.access[None, :]
            table[table > limit] = np.inf
        yield table


def _stored(table: Array) -> sparse.csr_matrix:
    """Keep finite entries, zeros too (a plain conversion would drop the zeros)."""
    row, column = np.nonzero(np.isfinite(table))
    return sparse.csr_matrix((table[row, column], (row, column)), shape=table.shape)

"""Minutes from many places to many places, on roads or on hexagons."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo._checks import check_number
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.kernels import within
from patrolgeo.roads.entrances import Entrances, enter, straight, with_places

DENSE_ENTRIES = 20_000_000  # a larger table (160 MB) is kept sparse
CHUNK_ENTRIES = 10_000_000  # a larger table is not searched backwards
BLOCK_ENTRIES = 250_000  # what one call of the shortest-path engine holds: small tables stay in the processor's cache
JOINED_SHARE = 16  # of the nodes: as many places are joined to the graph at once
FEW = 0.2  # of a table: where less is reached, only that is looked at
BLOCK_PLACES = 8  # and of how many places at least, since each call has a price of its own


class TravelGraph(Protocol):
    """A network that one can travel: nodes with labels, and minutes from node to node.

    `RoadGraph`, `JoinedGraph` and the graph of `hexagon_graph` are such; so is any object with these two.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> from scipy import sparse
    >>> from patrolgeo import travel_time
    >>> steps = sparse.csr_matrix([[0.0, 4.0, 0.0], [4.0, 0.0, 3.0], [0.0, 3.0, 0.0]])
    >>> own = SimpleNamespace(labels=pd.Index(["a", "b", "c"]), minutes=steps)
    >>> travel_time(own, ["a"], ["b", "c"]).loc["a"].tolist()
    [4.0, 7.0]
    """

    @property
    def labels(self) -> pd.Index:
        """Labels of the nodes, distinct."""

    @property
    def minutes(self) -> sparse.csr_matrix:
        """Minutes of each step from a node (row) to another, shape (n_nodes, n_nodes), not negative."""


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
    a point enters along the nearest road piece, so that a place in the middle of a long road is reached from both its
    ends, as one-way rules allow; the walk to the road counts at both ends (see `RoadGraph.along`).

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
    if max_minutes is not None and max_minutes != np.inf:
        check_number(max_minutes, "max_minutes", least=0)
    start, end = enter(graph, origins, "origins"), enter(graph, destinations, "destinations")
    entries = len(start.node) * len(end.node)
    as_sparse = entries > DENSE_ENTRIES if as_sparse is None else as_sparse
    if as_sparse and max_minutes is None:
        raise DataError(
            f"{len(start.node):,} x {len(end.node):,} travel times would need {entries * 8 / 1e9:.1f} GB; give "
            "max_minutes, and only what is within reach is kept."
        )
    limit = np.inf if max_minutes is None else within(float(max_minutes))
    blocks = _blocks(graph.minutes, start, end, limit)
    if as_sparse:
        return sparse.vstack([_stored(b) for b in blocks], format="csr")
    table = _whole(blocks, (len(start.node), len(end.node)))
    return pd.DataFrame(table, index=start.labels, columns=end.labels, copy=False)


def _blocks(minutes: sparse.csr_matrix, start: Entrances, end: Entrances, limit: float) -> Iterator[Floats]:
    """Yield the table of total minutes in blocks of origins, `inf` beyond the limit."""
    if _searches(end) < _searches(start) and len(start.node) * len(end.node) <= CHUNK_ENTRIES:
        back = minutes.T.tocsr()
        turned = _from(back, end.turned(), start.turned(), limit)
        yield np.ascontiguousarray(_whole(turned, (len(end.node), len(start.node))).T)
        return
    yield from _from(minutes, start, end, limit)


def _searches(entrances: Entrances) -> int:
    """Return how many searches these places need as origins."""
    return len(np.unique(entrances.node)) if entrances.plain else len(entrances.node)


def _from(minutes: sparse.csr_matrix, start: Entrances, end: Entrances, limit: float) -> Iterator[Floats]:
    n = minutes.shape[0]
    step = max(BLOCK_PLACES, BLOCK_ENTRIES // max(n, len(end.node)))
    for joined in _runs(np.arange(len(start.node)), max(step, n // JOINED_SHARE)):
        graph = minutes if start.plain else with_places(minutes, start, slice(joined[0], joined[-1] + 1))
        for some in _runs(joined, step):
            indices = start.node[some, 0] if start.plain else n + some - joined[0]
            yield _arrived(_reached(graph, indices, limit), start, some, end, limit)


def _runs(places: Ints, length: int) -> Iterator[Ints]:
    return (places[first : first + length] for first in range(0, len(places), length))


def _reached(graph: sparse.csr_matrix, indices: Ints, limit: float) -> Floats:
    """Return minutes from some nodes to every node, shape (some, nodes)."""
    nodes, row = np.unique(indices, return_inverse=True)
    table = csgraph.dijkstra(graph, indices=nodes, limit=limit)
    return table if np.array_equal(row, np.arange(len(nodes))) else table[row]


def _arrived(reached: Floats, start: Entrances, some: Ints, end: Entrances, limit: float) -> Floats:
    """Return minutes from some places to all destinations, over the best entrance of each."""
    n = len(end.node)
    if end.plain and np.array_equal(end.node[:, 0], np.arange(n)):
        return reached[:, :n]
    if end.plain:
        return reached.take(end.node[:, 0], axis=1)
    looked_at = limit < np.inf and n >= reached.shape[1]  # of few destinations each is looked at in less time
    known = np.flatnonzero(reached < np.inf) if looked_at else np.zeros(0, np.int64)
    few = looked_at and len(known) < FEW * reached.size
    table = _by_what_is_reached(reached, known, end) if few else _by_destination(reached, end)
    straight(table, some, start, end)
    np.copyto(table, np.inf, where=table > limit)
    return table


def _by_destination(reached: Floats, end: Entrances) -> Floats:
    """Return the minutes over the best entrance, looking at every destination."""
    table = reached.take(end.node[:, 0], axis=1)
    table += end.arrive[:, 0]
    for entrance in range(1, end.node.shape[1]):
        other = reached.take(end.node[:, entrance], axis=1)
        other += end.arrive[:, entrance]
        np.minimum(table, other, out=table)
    return table


def _by_what_is_reached(reached: Floats, known: Ints, end: Entrances) -> Floats:
    """Return the same from the few entries that are `known` alone: most destinations stay out of reach."""
    n = len(end.node)
    table = np.full(len(reached) * n, np.inf)
    row, node = np.divmod(known, reached.shape[1])
    for entrance, (first, places) in enumerate(end.by_node):
        node = np.minimum(node, len(first) - 2)  # nodes beyond have no place
        several = first[node + 1] - first[node]
        place = places[np.arange(several.sum()) + np.repeat(first[node + 1] - np.cumsum(several), several)]
        at = np.repeat(row * n, several) + place
        minutes = np.repeat(reached.ravel()[known], several) + end.arrive[place, entrance]
        table[at] = np.minimum(table[at], minutes)  # an entrance of a place is one node, so no entry comes twice
    return table.reshape(len(reached), n)


def _whole(blocks: Iterator[Floats], shape: tuple[int, int]) -> Floats:
    """Put blocks of rows into one table, each as it comes, so that they are never held beside it."""
    table, first = np.empty(shape), 0
    for block in blocks:
        table[first : first + len(block)] = block
        first += len(block)
    return table


def _stored(table: Array) -> sparse.csr_matrix:
    """Keep finite entries, zeros too (a plain conversion would drop the zeros)."""
    finite = np.isfinite(table)
    first = np.r_[0, np.cumsum(np.count_nonzero(finite, axis=1))]
    at = np.flatnonzero(finite)
    column = at - np.repeat(np.arange(len(table)) * table.shape[1], np.diff(first))
    return sparse.csr_matrix((table.ravel()[at], column, first), shape=table.shape)

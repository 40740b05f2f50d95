"""The ways that flows take through the road network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo._checks import by_label, check_choice, check_count, check_number, check_type
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.compiled import kernel
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.kernels import within
from patrolgeo.roads.arcs import arcs, fastest
from patrolgeo.roads.near_shortest import Arcs, near_shortest

CHUNK_ENTRIES = 8_000_000  # what one call of the shortest-path engine may hold


@dataclass(frozen=True, eq=False, repr=False)
class FlowPaths(Shown):
    """Ways of flows through the network: one or more for each flow.

    Parameters
    ----------
    pairs
        The flows: MultiIndex (origin, destination).
    flow
        Position among `pairs` of each path, sorted, shape (paths,).
    start, step
        Path k passes the sites ``step[start[k]:start[k + 1]]`` (positions among `labels`), in travel order. A path
        without steps is a trip within one node, or a flow without any way (`minutes` is then `inf`).
    minutes
        Travel minutes of each path, shape (paths,).
    labels
        Labels of the sites: road pieces (index of ``graph.edges``) or nodes.
    on
        "edges" or "nodes".
    """

    pairs: pd.MultiIndex
    flow: Ints
    start: Ints
    step: Ints
    minutes: Floats
    labels: pd.Index
    on: str

    def _head(self) -> str:
        return f"{len(self.flow):,} ways of {len(self.pairs):,} flows over {len(self.labels):,} {self.on}"

    def _rows(self) -> Rows:
        known = self.minutes[np.isfinite(self.minutes)]
        return [
            ("minutes", f"{known.min():.1f} to {known.max():.1f}, mean {known.mean():.1f}" if len(known) else "no way"),
            ("without a way", f"{len(self.minutes) - len(known)}"),
        ]  # fmt: skip

    @property
    def passes(self) -> sparse.csr_matrix:
        """Which path passes which site, CSR (paths, sites) of ones."""
        ones = np.ones(len(self.step))
        return sparse.csr_matrix((ones, self.step, self.start), shape=(len(self.flow), len(self.labels)))

    @property
    def shortest(self) -> Floats:
        """Minutes of the quickest path of each flow, shape (flows,)."""
        best = np.full(len(self.pairs), np.inf)
        np.minimum.at(best, self.flow, self.minutes)
        return best

    def load(self, flows: pd.Series) -> pd.Series:
        """Return the flow over each site, when every flow takes its quickest path; Series named "load" by site."""
        value = by_label(flows, self.pairs, "flows", "flows with paths")
        _, first = np.unique(self.flow, return_index=True)
        return pd.Series(self.passes[first].T @ value[self.flow[first]], index=self.labels, name="load")

    def with_paths(self, more: FlowPaths) -> FlowPaths:
        """Return these paths and further ones of the same flows, without doubles."""
        flow = np.r_[self.flow, more.flow]
        steps = [*np.split(self.step, self.start[1:-1]), *np.split(more.step, more.start[1:-1])]
        minutes, seen, keep = np.r_[self.minutes, more.minutes], set(), []
        for k in np.argsort(flow, kind="stable"):
            key = (int(flow[k]), steps[k].tobytes())
            if key not in seen:
                seen.add(key)
                keep.append(k)
        start = np.r_[0, np.cumsum([len(steps[k]) for k in keep])]
        step = np.concatenate([steps[k] for k in keep])
        return FlowPaths(self.pairs, flow[keep], start, step, minutes[keep], self.labels, self.on)


def flow_paths(
    graph: Any,
    flows: pd.Series,
    places: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    *,
    on: str = "edges",
    detour: float = 0.0,
    n_paths: int = 1,
) -> FlowPaths:
    """Which ways do the flows take?

    Every flow takes the quickest way; with `n_paths` above 1 also its next quickest ones, as long as they are within
    the share `detour` (the k shortest paths without a node twice). In a town such ways differ by a corner or two;
    `intercept_evasive_flows` makes sure that nobody drives around a plan on any way.

    Parameters
    ----------
    graph
        A `RoadGraph`.
    flows
        Series with a MultiIndex (origin, destination), as `gravity_flows` gives it.
    places
        Points by the labels of the flows; each enters the network at its nearest node. Without, the labels are nodes.
    on
        Where a checkpoint can stand: on road pieces ("edges", labels of ``graph.edges``) or on junctions ("nodes";
        the two ends of a trip are not among its sites).
    detour
        Share by which a further way may be longer than the quickest; 0.1 is ten per cent.
    n_paths
        Most ways of one flow.

    Returns
    -------
    FlowPaths; the ways of a flow stand together, quickest first.

    Raises
    ------
    DataError
        When `on` is not known, `detour` is negative, or `n_paths` is below 1.
    AlignmentError
        When an end of a flow is neither a place nor a node.

    References
    ----------
    Yen (1971), Finding the k shortest loopless paths in a network, doi:10.1287/mnsc.17.11.712.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import RoadGraph, flow_paths
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)]),
    ...                       shapely.LineString([(119.92, 31.70), (119.94, 31.70)])], crs="EPSG:4326")
    >>> paths = flow_paths(RoadGraph.from_lines(road, speed=40), pd.Series({(0, 2): 120.0}))
    >>> paths.step.tolist(), paths.minutes.round(2).tolist()
    ([0, 1], [5.69])
    """
    check_choice(on, ["edges", "nodes"], "on")
    check_number(detour, "detour", least=0)
    n_paths = check_count(n_paths, "n_paths")
    search = PathSearch(graph, flows, places, on)
    paths = search.quickest()
    return paths if n_paths == 1 else search.several(n_paths, paths.shortest * (1 + detour))


class PathSearch:
    """Quickest ways of given flows, again and again with other roads closed."""

    def __init__(self, graph: Any, flows: pd.Series, places: Any, on: str) -> None:
        check_choice(on, ["edges", "nodes"], "on")
        check_type(flows, pd.Series, "flows")
        if not isinstance(flows.index, pd.MultiIndex) or flows.index.nlevels != 2:
            raise DataError("flows must be a Series with the MultiIndex (origin, destination).")
        self.pairs, self.on = flows.index, on
        self.edges, self.n = graph.edges, len(graph.nodes)
        self.labels = self.edges.index if on == "edges" else graph.labels
        self._read_arcs()
        self._read_ends(graph, places)

    def _read_arcs(self) -> None:
        """Keep directed arcs sorted by (tail, head, minutes), with the road piece of each."""
        e = self.edges
        ends, oneway = (e.source.to_numpy(), e.target.to_numpy()), e.oneway.to_numpy()
        tail, head, minutes = arcs(*ends, e.minutes.to_numpy(), oneway)
        edge = arcs(*ends, np.arange(len(e), dtype=float), oneway)[2].astype(np.int64)
        order = np.lexsort((minutes, head, tail))
        self.tail, self.head, self.key = tail[order], head[order], (tail * self.n + head)[order]
        self.arc_minutes, self.arc_edge = minutes[order], edge[order]

    def _read_ends(self, graph: Any, places: Any) -> None:
        if not len(self.pairs):
            raise DataError("flows holds no flow; give a Series by (origin, destination).")
        origin, destination = (self.pairs.get_level_values(level) for level in (0, 1))
        if places is None:
            known, node = graph.labels, np.arange(self.n)
        else:
            points = places.geometry
            known, node = points.index, graph.access(points)[0]
        ends = []
        for labels in (origin, destination):
            at = known.get_indexer(labels)
            if (at < 0).any():
                raise AlignmentError(
                    f"flows: {(at < 0).sum()} ends have no place (first: {labels[at < 0].tolist()[0]!r}); give "
                    "`places` with these labels, or flows between node labels."
                )
            ends.append(node[at])
        self.origin, self.destination = ends

    def quickest(self, limit: Floats | None = None, closed: Bools | None = None) -> FlowPaths:
        """Return the quickest way of each flow.

        Parameters
        ----------
        limit
            Most minutes by flow: longer ways are left out. Without it every flow has one path.
        closed
            Sites (by position) that cannot be passed. A closed node may still be an end of a trip.
        """
        arc = np.lexsort((self.arc_minutes, self.key))
        if closed is not None and self.on == "edges":
            arc = arc[~closed[self.arc_edge[arc]]]
        arc = arc[np.diff(self.key[arc], prepend=-1) != 0]  # of parallel arcs the quickest
        parts = list(self._walk(arc, closed if self.on == "nodes" else None))
        return self._collect(arc, parts, limit)

    def several(self, n_paths: int, limit: Floats) -> FlowPaths:
        """Return up to `n_paths` quickest ways of each flow, of at most `limit` minutes (by flow)."""
        out = Arcs(np.searchsorted(self.tail, np.arange(self.n + 1)), self.head, self.arc_minutes)
        none = (np.zeros(2, np.int64), np.zeros(0, np.int64), np.array([np.inf]))
        flow, ways = [], []
        for q, ahead in self._minutes_ahead():
            a, b = self.origin[q], self.destination[q]
            ways.append(near_shortest(out, a, b, ahead, n_paths, within(limit[q])) if np.isfinite(ahead[a]) else none)
            flow.append(np.full(len(ways[-1][2]), q))
        arc, minutes = (np.concatenate([way[k] for way in ways]) for k in (1, 2))
        count = np.concatenate([np.diff(way[0]) for way in ways])
        owner = np.repeat(np.arange(len(count)), count)
        if self.on == "edges":
            return self._sorted(np.concatenate(flow), owner, self.arc_edge[arc], minutes, None)
        inner = np.diff(owner, append=-1) == 0  # all heads but the last of each way
        return self._sorted(np.concatenate(flow), owner[inner], self.head[arc[inner]], minutes, None)

    def _minutes_ahead(self) -> Iterator[tuple[int, Floats]]:
        """Yield each flow with the minutes from every node to its destination, in blocks of destinations."""
        back = fastest((self.head, self.tail, self.arc_minutes), self.n)
        ends, row = np.unique(self.destination, return_inverse=True)
        block = max(1, CHUNK_ENTRIES // self.n)
        for first in range(0, len(ends), block):
            ahead = csgraph.dijkstra(back, indices=ends[first : first + block])
            for q in np.flatnonzero((row >= first) & (row < first + block)):
                yield int(q), ahead[row[q] - first]

    def _walk(self, arc: Ints, closed_nodes: Bools | None) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Yield, for blocks of origins, the flows and their node sequences (flat, with starts)."""
        tail, origin, size = self.tail[arc], self.origin, self.n
        if closed_nodes is not None:  # a closed node has a copy from which its own trips start; none passes it
            tail = np.where(closed_nodes[tail], tail + self.n, tail)
            origin, size = np.where(closed_nodes[origin], origin + self.n, origin), 2 * self.n
        matrix = sparse.csr_matrix((self.arc_minutes[arc], (tail, self.head[arc])), shape=(size, size))
        starts, row = np.unique(origin, return_inverse=True)
        block = max(1, CHUNK_ENTRIES // size)
        for first in range(0, len(starts), block):
            flow = np.flatnonzero((row >= first) & (row < first + block))
            before = csgraph.dijkstra(matrix, indices=starts[first : first + block], return_predecessors=True)[1]
            begin, node = _trace(before, row[flow] - first, origin[flow], self.destination[flow])
            yield flow, begin, node % self.n

    def _collect(self, arc: Ints, parts: list[tuple[Ints, Ints, Ints]], limit: Floats | None) -> FlowPaths:
        """Turn node sequences into paths over sites, in the order of the flows."""
        flow = np.concatenate([p[0] for p in parts])
        length = np.concatenate([np.diff(p[1]) for p in parts])
        node = np.concatenate([p[2] for p in parts])
        begin = np.cumsum(length) - length
        first, last = np.zeros(len(node), bool), np.zeros(len(node), bool)
        first[begin[length > 0]] = last[(begin + length)[length > 0] - 1] = True
        at = np.flatnonzero(~last)
        used = arc[np.searchsorted(self.key[arc], node[at] * self.n + node[at + 1])]
        owner = np.repeat(np.arange(len(flow)), length)
        minutes: Floats = np.bincount(owner[at], self.arc_minutes[used], len(flow)).astype(float)
        minutes[(length == 0) & (self.origin[flow] != self.destination[flow])] = np.inf
        if self.on == "edges":
            return self._sorted(flow, owner[at], self.arc_edge[used], minutes, limit)
        inner = ~(first | last)
        return self._sorted(flow, owner[inner], node[inner], minutes, limit)

    def _sorted(self, flow: Ints, owner: Ints, step: Ints, minutes: Floats, limit: Floats | None) -> FlowPaths:
        keep = np.ones(len(flow), bool) if limit is None else minutes <= within(limit[flow])
        order = np.flatnonzero(keep)[np.argsort(flow[keep], kind="stable")]
        count = np.bincount(owner, minlength=len(flow))
        begin = np.r_[0, np.cumsum(count)]
        picked = _ranges(begin[order], count[order])
        start = np.r_[0, np.cumsum(count[order])]
        return FlowPaths(self.pairs, flow[order], start, step[picked], minutes[order], self.labels, self.on)


def _ranges(begin: Ints, count: Ints) -> Ints:
    """Return begin[0], begin[0] + 1, .. for `count[0]` places, then the next range."""
    offset = np.repeat(begin - np.r_[0, np.cumsum(count)[:-1]], count)
    return offset + np.arange(count.sum())


@kernel
def _trace(before: Array, row: Ints, origin: Ints, destination: Ints) -> tuple[Ints, Ints]:
    """Follow predecessors from each destination back; return starts and node sequences (empty where no way)."""
    begin = np.zeros(len(row) + 1, np.int64)
    for k in range(len(row)):
        count, v = 1, destination[k]
        while v != origin[k] and v >= 0:
            v = before[row[k], v]
            count += 1
        begin[k + 1] = begin[k] + (count if v >= 0 and count > 1 else 0)
    node = np.empty(begin[-1], np.int64)
    for k in range(len(row)):
        v = destination[k]
        for at in range(begin[k + 1] - 1, begin[k] - 1, -1):
            node[at] = v
            v = before[row[k], v]
    return begin, node

"""Traffic between places as flows, and the ways it takes through the road network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numba import njit
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo._checks import check_choice, check_positive
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.roads.graph import arcs

BALANCE_ROUNDS = 200
BALANCE_TOLERANCE = 1e-9
CHUNK_ENTRIES = 8_000_000  # what one call of the shortest-path engine may hold


def gravity_flows(
    minutes: pd.DataFrame,
    produced: pd.Series,
    attracted: pd.Series | None = None,
    *,
    decay: str = "power",
    exponent: float = 2.0,
    offset: float = 2.0,
    scale: float = 20.0,
    balanced: bool = False,
) -> pd.Series:
    """How many trips go from each place to each other place?

    The gravity model: trips rise with what the origin produces and the destination attracts, and fall with travel time.
    It is a planning value. Where gates count traffic, hold it against them (`calibrate_flows`).

    Parameters
    ----------
    minutes
        Travel minutes, origins x destinations, as `travel_time` gives them; `inf` where there is no way.
    produced
        Trips that each origin sends (or residents, when only shares matter), Series by origin label.
    attracted
        Trips that each destination draws, Series by destination label; `produced` by default.
    decay
        "power": ``(minutes + offset) ** -exponent``; "exponential": ``exp(-minutes / scale)``.
    balanced
        Doubly constrained: row sums equal `produced`, column sums equal `attracted` scaled to the same total. Without,
        row sums alone equal `produced`.

    Returns
    -------
    Series named "flow" with the MultiIndex (origin, destination); pairs without a way and a place with itself are
    left out. An origin that reaches no other place sends nothing.

    Raises
    ------
    AlignmentError
        When `produced` or `attracted` lacks a label of `minutes`.
    DataError
        When a mass is negative or missing, or the margins cannot be met.

    References
    ----------
    Wilson (1967), A statistical theory of spatial distribution models, doi:10.1016/0041-1647(67)90035-4.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import gravity_flows
    >>> minutes = pd.DataFrame([[0, 8, 18], [8, 0, 8], [18, 8, 0]], index=list("abc"), columns=list("abc"))
    >>> gravity_flows(minutes, pd.Series({"a": 100.0, "b": 100.0, "c": 100.0})).round(1).to_dict()
    {('a', 'b'): 80.0, ('a', 'c'): 20.0, ('b', 'a'): 50.0, ('b', 'c'): 50.0, ('c', 'a'): 20.0, ('c', 'b'): 80.0}
    """
    check_choice(decay, ["power", "exponential"], "decay")
    attracted = produced if attracted is None else attracted
    sent = _mass(produced, minutes.index, "produced")
    drawn = _mass(attracted, minutes.columns, "attracted")
    pull = _decay(minutes.to_numpy(float), decay, exponent, offset, scale)
    pull[minutes.index.to_numpy()[:, None] == minutes.columns.to_numpy()[None, :]] = 0.0
    trips = _balance(pull, sent, drawn) if balanced else _share_out(pull * drawn, sent)
    row, column = np.nonzero(trips > 0)
    pairs = pd.MultiIndex.from_arrays(
        [minutes.index[row], minutes.columns[column]], names=["origin", "destination"]
    )  # fmt: skip
    return pd.Series(trips[row, column], index=pairs, name="flow")


def _mass(values: pd.Series, labels: pd.Index, name: str) -> Floats:
    missing = labels.difference(values.index)
    if len(missing):
        raise AlignmentError(f"{name} lacks {len(missing)} of {len(labels)} places (first: {missing[0]!r}).")
    mass = values.reindex(labels).to_numpy(float)
    if not (np.isfinite(mass) & (mass >= 0)).all():
        raise DataError(f"{name} holds negative or missing values; fill them with 0 if they mean none.")
    return mass


def _decay(minutes: Floats, decay: str, exponent: float, offset: float, scale: float) -> Floats:
    reached = np.isfinite(minutes)
    pull = np.zeros(minutes.shape)
    if decay == "power":
        check_positive(offset, "offset")
        pull[reached] = (minutes[reached] + offset) ** -exponent
    else:
        check_positive(scale, "scale")
        pull[reached] = np.exp(-minutes[reached] / scale)
    return pull


def _share_out(attraction: Floats, sent: Floats) -> Floats:
    total = attraction.sum(axis=1)
    return attraction * np.divide(sent, total, out=np.zeros_like(sent), where=total > 0)[:, None]


def _balance(pull: Floats, sent: Floats, drawn: Floats) -> Floats:
    """Fit row and column sums in turn (Furness; iterative proportional fitting)."""
    if drawn.sum() <= 0:
        raise DataError("attracted is 0 everywhere; trips need somewhere to go.")
    drawn = drawn * (sent.sum() / drawn.sum())
    trips = pull * drawn
    for _ in range(BALANCE_ROUNDS):
        trips = _share_out(trips, sent)
        if np.abs(trips.sum(axis=0) - drawn).max() <= BALANCE_TOLERANCE * max(1.0, sent.sum()):
            return trips
        trips = _share_out(trips.T, drawn).T
    off = float(np.abs(trips.sum(axis=1) - sent).max())
    if off > 0.01 * max(1.0, float(sent.max())):
        raise DataError(
            f"balanced=True: rows still miss `produced` by up to {off:.3g} trips after {BALANCE_ROUNDS} rounds; a "
            "place sends more than those it reaches can draw. Use balanced=False or check the masses."
        )
    return trips


@dataclass(frozen=True, eq=False)
class FlowPaths:
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
        value = flows.reindex(self.pairs).to_numpy(float)
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
    random_state: int | None = None,
) -> FlowPaths:
    """Which ways do the flows take?

    Every flow takes the quickest way. With `n_paths` above 1 further ways within the share `detour` are looked for by
    the simulation method: the search is repeated on minutes lengthened by chance up to twice that share, and new ways
    whose true minutes are within the share are kept. This finds different ways that drivers would take, not all of
    them; `intercept_evasive_flows` makes sure that nobody drives around a plan on any way.

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
    random_state
        Seed of the lengthening.

    Returns
    -------
    FlowPaths

    References
    ----------
    Sheffi and Powell (1982), An algorithm for the equilibrium assignment problem with random link times,
    doi:10.1002/net.3230120209.

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
    if detour < 0 or n_paths < 1:
        raise DataError(f"detour={detour!r} must be 0 or more, n_paths={n_paths!r} at least 1.")
    search = PathSearch(graph, flows, places, on)
    paths = search.quickest()
    if detour == 0:
        return paths
    limit, rng = paths.shortest * (1 + detour) + 1e-9, np.random.default_rng(random_state or 0)
    for _ in range(n_paths - 1):
        paths = paths.with_paths(search.quickest(limit, 1 + 2 * detour * rng.random(len(search.arc_minutes))))
    return paths


class PathSearch:
    """Quickest ways of given flows, again and again, on changed minutes or with roads closed."""

    def __init__(self, graph: Any, flows: pd.Series, places: Any, on: str) -> None:
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

    def quickest(
        self, limit: Floats | None = None, lengthen: Floats | None = None, closed: Bools | None = None
    ) -> FlowPaths:
        """Return the quickest way of each flow.

        Parameters
        ----------
        limit
            Most true minutes by flow: longer ways are left out. Without it every flow has one path.
        lengthen
            Factor on the minutes of each arc that the search goes by.
        closed
            Sites (by position) that cannot be passed. A closed node may still be an end of a trip.
        """
        felt = self.arc_minutes if lengthen is None else self.arc_minutes * lengthen
        arc = np.lexsort((felt, self.key))
        if closed is not None and self.on == "edges":
            arc = arc[~closed[self.arc_edge[arc]]]
        arc = arc[np.diff(self.key[arc], prepend=-1) != 0]  # of parallel arcs the quickest
        parts = list(self._walk(arc, felt[arc], closed if self.on == "nodes" else None))
        return self._collect(arc, parts, limit)

    def _walk(self, arc: Ints, felt: Floats, closed_nodes: Bools | None) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Yield, for blocks of origins, the flows and their node sequences (flat, with starts)."""
        tail, origin, size = self.tail[arc], self.origin, self.n
        if closed_nodes is not None:  # a closed node has a copy from which its own trips start; none passes it
            tail = np.where(closed_nodes[tail], tail + self.n, tail)
            origin, size = np.where(closed_nodes[origin], origin + self.n, origin), 2 * self.n
        matrix = sparse.csr_matrix((felt, (tail, self.head[arc])), shape=(size, size))
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
        keep = np.ones(len(flow), bool) if limit is None else minutes <= limit[flow]
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


@njit(cache=True)
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


def calibrate_flows(
    flows: pd.Series, paths: FlowPaths, counts: pd.Series, *, rounds: int = 500, tolerance: float = 1e-6
) -> pd.Series:
    """Which flows, closest to the given ones, agree with what was counted at gates?

    The maximum-entropy estimate: each gate gets a factor, and a flow is multiplied with the factors of the gates on its
    (quickest) way until every gate shows its count. Flows that pass no gate stay as they are.

    Parameters
    ----------
    flows
        Series by (origin, destination).
    paths
        Their ways; each flow counts on its quickest.
    counts
        Vehicles (in the unit of the flows) by site label.

    Raises
    ------
    DataError
        When a gate with a count is passed by no flow, or gates contradict each other.

    References
    ----------
    Van Zuylen and Willumsen (1980), The most likely trip matrix estimated from traffic counts,
    doi:10.1016/0191-2615(80)90008-9.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import RoadGraph, calibrate_flows, flow_paths
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)]),
    ...                       shapely.LineString([(119.92, 31.70), (119.94, 31.70)])], crs="EPSG:4326")
    >>> flows = pd.Series({(0, 2): 30.0, (0, 1): 10.0})
    >>> paths = flow_paths(RoadGraph.from_lines(road, speed=40), flows)
    >>> calibrate_flows(flows, paths, pd.Series({0: 80.0})).tolist()
    [60.0, 20.0]
    """
    at = paths.labels.get_indexer(counts.index)
    if (at < 0).any():
        raise AlignmentError(f"counts: {counts.index[at < 0].tolist()[0]!r} is no site of the paths.")
    _, first = np.unique(paths.flow, return_index=True)
    gates = paths.passes[first].tocsc()[:, at]
    value, wanted = flows.reindex(paths.pairs).to_numpy(float).copy(), counts.to_numpy(float)
    for _ in range(rounds):
        worst = 0.0
        for g in range(len(at)):
            on = gates.indices[gates.indptr[g] : gates.indptr[g + 1]]
            seen = value[on].sum()
            if seen <= 0 < wanted[g]:
                raise DataError(
                    f"counts: no flow passes the gate {counts.index[g]!r}, where {wanted[g]:g} were counted."
                )
            worst = max(worst, abs(seen - wanted[g]) / max(wanted[g], 1e-12) if seen > 0 else 0.0)
            value[on] *= wanted[g] / seen if seen > 0 else 1.0
        if worst <= tolerance:
            return pd.Series(value, index=paths.pairs, name="flow")
    raise DataError(f"counts: after {rounds} rounds a gate is still {worst:.1%} off; the counts contradict each other.")

"""Ring control: the cheapest roads whose closing encloses an area, with a gate that stays open."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo import crs
from patrolgeo._checks import check_choice
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.cut import Cut, minimum_cut
from patrolgeo.plan.rescue import Rescue, keep_ways_open
from patrolgeo.plan.result import Outcome
from patrolgeo.roads.graph import arcs
from patrolgeo.solver import OPTIMAL


@dataclass(frozen=True, kw_only=True)
class CordonPlan(Outcome):
    """The roads that enclose an area, proved to be the cheapest, and what enclosing does to the people inside.

    Parameters
    ----------
    sites
        Labels (in the layer of lines) of the roads to staff or close.
    pieces
        GeoDataFrame of the road pieces, index = label of the piece in ``graph.edges``: `line`, `cost`, `gate`.
    gates
        Labels of the roads among them that stay open and staffed: at least one for each enclosed part.
    boundary_sites, boundary_cost
        The closure of every road that crosses the boundary of the area, for comparison.
    inside, enclosed
        Labels of the nodes of the area, and of all nodes on its side of the ring.
    rescue
        What the ring and its gates mean for the way to the hospital.
    direction, depth
        As asked for.
    valid_until, basis
        Until when the ring may stand, and the legal basis or order it rests on.
    """

    sites: pd.Index
    pieces: gpd.GeoDataFrame
    gates: pd.Index
    boundary_sites: pd.Index
    boundary_cost: float
    inside: pd.Index
    enclosed: pd.Index
    rescue: Rescue
    direction: str
    depth: int
    valid_until: pd.Timestamp
    basis: str

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the plan as one dictionary."""
        return {
            "sites": len(self.sites), "cost": self.objective, "bound": self.bound, "gap": self.gap,
            "status": self.status, "boundary_sites": len(self.boundary_sites), "boundary_cost": self.boundary_cost,
            "gates": len(self.gates), "direction": self.direction, "valid_until": self.valid_until.isoformat(),
            "basis": self.basis, **self.rescue.summary(),
        }  # fmt: skip

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return the road pieces of the ring."""
        return self.pieces


def seal_cordon(
    graph: Any,
    inside: Any,
    depth: int = 15,
    direction: str = "both",
    *,
    valid_until: Any = None,
    basis: str | None = None,
    costs: Any = None,
    existing: Any = (),
    outside: Any = None,
    population: gpd.GeoDataFrame | None = None,
    hospitals: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
) -> CordonPlan:
    """Which roads, staffed or closed at least cost, enclose an area?

    A minimum cut between the area and everything more than `depth` hops (road pieces) beyond it. It may lie anywhere in
    that ring, where the network is narrow, and is never dearer than closing every road at the boundary. At least one
    road of the ring for each enclosed part stays open as a staffed gate, the one with the shortest ways to hospital.
    The result is checked by a search over the network.

    Parameters
    ----------
    graph
        A `RoadGraph`.
    inside
        The area: polygons (the nodes within them), points (their nearest nodes), or node labels.
    depth
        Only roads with both ends at most this many hops beyond the area may be closed.
    direction
        "out": nobody drives out; "in": nobody drives in; both go by one-way rules. "both": nobody passes either way,
        and nobody escapes against a one-way street.
    valid_until
        Until when the ring may stand (date or time). Needed.
    basis
        Legal basis or order. Needed.
    costs
        What it costs to staff a road: Series or mapping by its label in the layer of lines; 1 where it is silent,
        `inf` for roads that must not be closed.
    existing
        Labels of roads with a checkpoint that is there already: they cost nothing.
    outside
        Polygons, points or node labels to be separated from the area, in place of all that lies beyond `depth`; then
        every road may be closed.
    population
        Points with the column `population`; with `hospitals`, for the report on the people inside.
    hospitals
        Points.

    Returns
    -------
    CordonPlan; `objective` is the cost, `bound` the maximum flow, which equals it.

    Raises
    ------
    DataError
        Without `valid_until` or `basis`, or when no node lies inside.
    InfeasibleError
        When nothing lies beyond, or roads that must not be closed lead out; the message names them.

    References
    ----------
    Ford and Fulkerson (1956), Maximal flow through a network, doi:10.4153/CJM-1956-045-5.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, seal_cordon
    >>> ways = [[(0, 0), (1, 1)], [(0, 0), (1, -1)], [(1, 1), (2, 0)], [(1, -1), (2, 0)], [(2, 0), (3, 0)]]
    >>> lines = gpd.GeoSeries([shapely.LineString([(119.9 + x / 100, 31.7 + y / 100) for x, y in w]) for w in ways],
    ...                       index=["north 1", "south 1", "north 2", "south 2", "bridge"], crs="EPSG:4326")
    >>> ring = seal_cordon(RoadGraph.from_lines(lines), [0], depth=2, valid_until="2024-03-01", basis="order 12")
    >>> ring.sites.tolist(), ring.objective, ring.boundary_cost
    (['north 1', 'south 1'], 2.0, 2.0)
    >>> seal_cordon(RoadGraph.from_lines(lines), [0], outside=[4], valid_until="2024-03-01", basis="order 12").sites
    Index(['bridge'], dtype='str', name='line')
    """
    begin = time.process_time()
    until = check_mandate(valid_until, basis)
    check_choice(direction, ["both", "in", "out"], "direction")
    net = _Net.of(graph, direction, road_costs(graph, costs, existing))
    area = nodes_of(graph, inside, "inside")
    if outside is None:
        net, beyond = _within_depth(net, area, depth)
    else:
        beyond = nodes_of(graph, outside, "outside")
    boundary = net.crossing(area)
    cut = _cut(graph, net, area, beyond, boundary)
    ring = np.flatnonzero(net.crossing(cut.side))
    if (net.reached(area, without=ring) & beyond).any():
        raise AssertionError("the ring leaks")  # a minimum cut cannot; tests hold it
    gates, rescue = keep_ways_open(graph, ring, cut.side, population, hospitals)
    line = graph.edges["line"]
    pieces = graph.edges.iloc[ring][["line", "geometry"]].assign(cost=net.cost[ring], gate=np.isin(ring, gates))
    return CordonPlan(
        objective=float(net.cost[ring].sum()), bound=float(cut.flow), status=OPTIMAL,
        runtime=time.process_time() - begin,
        sites=_labels(line.iloc[ring]), pieces=pieces, gates=_labels(line.iloc[gates]),
        boundary_sites=_labels(line[boundary]), boundary_cost=float(net.cost[boundary].sum()),
        inside=graph.labels[area], enclosed=graph.labels[cut.side], rescue=rescue, direction=direction, depth=depth,
        valid_until=until, basis=str(basis),
    )  # fmt: skip


def check_mandate(valid_until: Any, basis: str | None) -> pd.Timestamp:
    """Return until when closed roads may stay closed; refuse a plan without an end or a legal basis."""
    if valid_until is None or pd.isna(valid_until):
        raise DataError("valid_until is missing: say until when the roads may be closed, e.g. '2024-03-01 18:00'.")
    if not (isinstance(basis, str) and basis.strip()):
        raise DataError("basis is missing: name the law or order that the closing of roads rests on.")
    try:
        return pd.Timestamp(valid_until)
    except ValueError:
        raise DataError(f"valid_until={valid_until!r} is no date; write e.g. '2024-03-01 18:00'.") from None


def road_costs(graph: Any, costs: Any, existing: Any) -> Floats:
    """Return the cost of each road piece from costs by road label: 1 where they are silent, 0 where a post exists."""
    code, lines = pd.factorize(graph.edges["line"])
    given = pd.Series(dtype=float) if costs is None else pd.Series(costs, dtype=float)
    for labels, name in ((given.index, "costs"), (pd.Index(existing), "existing")):
        known = labels.isin(lines)
        if not known.all():
            raise DataError(
                f"{name} names {(~known).sum()} roads that the graph lacks (first: {labels[~known].tolist()[0]!r})."
            )
    if not (given.to_numpy() >= 0).all():
        raise DataError("costs holds negative or missing values; a road costs 0 or more, inf if it must stay open.")
    cost = np.ones(len(lines))
    cost[lines.get_indexer(given.index)] = given.to_numpy()
    cost[lines.get_indexer(pd.Index(existing, dtype=lines.dtype))] = 0.0
    return cost[code]


def nodes_of(graph: Any, places: Any, name: str) -> Bools:
    """Return which nodes polygons hold, are nearest to points, or are named by labels."""
    mask = np.zeros(len(graph.nodes), bool)
    if isinstance(places, shapely.geometry.base.BaseGeometry):
        places = gpd.GeoSeries([places], crs=crs.LONLAT)
    if not isinstance(places, gpd.base.GeoPandasBase):
        at = graph.labels.get_indexer(pd.Index(places))
        if (at < 0).any():
            raise DataError(f"{name}: {pd.Index(places)[at < 0].tolist()[0]!r} is no node of the graph.")
        mask[at] = True
    elif places.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        area = crs.to_lonlat(places, name).geometry.union_all()
        points = graph.nodes.geometry
        mask = shapely.contains_xy(area, points.x.to_numpy(), points.y.to_numpy())
    else:
        mask[graph.access(places)[0]] = True
    if not mask.any():
        raise DataError(f"{name} holds no node of the road graph; give a larger area, or node labels.")
    return mask


@dataclass(frozen=True)
class _Net:
    """Road pieces with their cost, and the arcs on which one drives away from the area (or, for "in", came)."""

    source: Ints
    target: Ints
    cost: Floats
    tail: Ints
    head: Ints
    piece: Ints
    n: int

    @classmethod
    def of(cls, graph: Any, direction: str, cost: Floats) -> _Net:
        e = graph.edges
        source, target, oneway = e.source.to_numpy(), e.target.to_numpy(), e.oneway.to_numpy()
        if direction == "both":
            oneway = np.zeros(len(e), bool)
        tail, head, piece = arcs(source, target, np.arange(len(e), dtype=float), oneway)
        if direction == "in":
            tail, head = head, tail
        return cls(source, target, cost, tail, head, piece.astype(np.int64), len(graph.nodes))

    def crossing(self, side: Bools) -> Bools:
        """Return the pieces with an arc that leads from `side` out of it."""
        crossing = np.zeros(len(self.cost), bool)
        crossing[self.piece[side[self.tail] & ~side[self.head]]] = True
        return crossing

    def reached(self, start: Bools, without: Ints) -> Bools:
        """Return the nodes that a search from `start` finds when the pieces `without` are closed."""
        open_piece = np.ones(len(self.cost), bool)
        open_piece[without] = False
        keep = open_piece[self.piece]
        tail, head = np.r_[np.full(start.sum(), self.n), self.tail[keep]], np.r_[np.flatnonzero(start), self.head[keep]]
        ways = sparse.csr_matrix((np.ones(len(tail)), (tail, head)), shape=(self.n + 1, self.n + 1))
        found = np.zeros(self.n + 1, bool)
        found[csgraph.breadth_first_order(ways, self.n, return_predecessors=False)] = True
        return found[: self.n]


def _within_depth(net: _Net, area: Bools, depth: int) -> tuple[_Net, Bools]:
    """Forbid roads that end more than `depth` hops beyond the area; return the nodes that lie there."""
    if depth < 1:
        raise DataError(f"depth={depth!r} must be at least 1: the roads that cross the boundary are one hop beyond.")
    near, hops = area, 0
    while hops < depth:
        wider = near.copy()
        wider[net.target[near[net.source]]] = True
        wider[net.source[near[net.target]]] = True
        if (wider == near).all():
            break
        near, hops = wider, hops + 1
    beyond = ~near
    if not beyond[net.source[near[net.target]]].any() and not beyond[net.target[near[net.source]]].any():
        raise InfeasibleError(
            f"No road leads further than {hops} hops beyond the area, so depth={depth} leaves nothing to seal it from; "
            "give a smaller depth, or say with outside= what must not be reached."
        )
    far = beyond[net.source] | beyond[net.target]
    return replace(net, cost=np.where(far, np.inf, net.cost)), beyond


def _cut(graph: Any, net: _Net, area: Bools, beyond: Bools, boundary: Bools) -> Cut:
    """Contract the area and what lies beyond to a node each, and cut between them; return the side by node."""
    if (area & beyond).any():
        raise DataError("inside and outside share nodes; an area cannot be sealed from itself.")
    node = np.where(area, 0, np.where(beyond, 1, np.arange(net.n) + 2))
    tail, head, cost = node[net.tail], node[net.head], net.cost[net.piece]
    real = tail != head
    closure = net.cost[boundary].sum()
    limit = float(closure) if np.isfinite(closure) else float(net.cost[np.isfinite(net.cost)].sum())
    cut = minimum_cut(tail[real], head[real], cost[real], net.n + 2, 0, 1, limit)
    if cut.flow > limit * (1 + 1e-9):
        raise InfeasibleError(
            f"The area cannot be sealed: roads that must stay open lead out ({_way_out(graph, net, area)}); "
            "allow one of them to be closed, or give a larger depth."
        )
    return Cut(cut.side[node], cut.flow)


def _way_out(graph: Any, net: _Net, area: Bools) -> str:
    """Return the labels of forbidden roads that lead out, at most five."""
    closable = np.flatnonzero(np.isfinite(net.cost))
    free = net.reached(area, without=closable)
    forbidden = np.isinf(net.cost) & (free[net.source] | free[net.target])
    labels = _labels(graph.edges["line"][forbidden])
    return ", ".join(map(repr, labels[:5].tolist())) + (", .." if len(labels) > 5 else "")


def _labels(lines: pd.Series) -> pd.Index:
    return pd.Index(lines.unique(), name="line")

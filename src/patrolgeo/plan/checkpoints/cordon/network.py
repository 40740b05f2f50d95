"""Road pieces with costs, seen from an area to be enclosed: what leads out, what lies beyond, the cheapest cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo import crs
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.mincut import Cut, minimum_cut
from patrolgeo.roads.arcs import arcs


@dataclass(frozen=True)
class Net:
    """Road pieces with their cost and road, and the arcs on which one drives away (or, for "in", came)."""

    line: Array
    source: Ints
    target: Ints
    cost: Floats
    tail: Ints
    head: Ints
    piece: Ints
    n: int

    @classmethod
    def of(cls, graph: Any, direction: str, cost: Floats) -> Net:
        """Read the roads of a graph."""
        e = graph.edges
        source, target, oneway = e.source.to_numpy(), e.target.to_numpy(), e.oneway.to_numpy()
        if direction == "both":
            oneway = np.zeros(len(e), bool)
        tail, head, piece = arcs(source, target, np.arange(len(e), dtype=float), oneway)
        if direction == "in":
            tail, head = head, tail
        return cls(e["line"].to_numpy(), source, target, cost, tail, head, piece.astype(np.int64), len(graph.nodes))

    def crossing(self, side: Bools) -> Bools:
        """Return the pieces with an arc that leads from `side` out of it."""
        crossing = np.zeros(len(self.cost), bool)
        crossing[self.piece[side[self.tail] & ~side[self.head]]] = True
        return crossing

    def reached(self, start: Bools, closed: Bools) -> Bools:
        """Return the nodes that a search from `start` finds when some pieces are closed."""
        keep = ~closed[self.piece]
        tail, head = np.r_[np.full(start.sum(), self.n), self.tail[keep]], np.r_[np.flatnonzero(start), self.head[keep]]
        ways = sparse.csr_matrix((np.ones(len(tail)), (tail, head)), shape=(self.n + 1, self.n + 1))
        found = np.zeros(self.n + 1, bool)
        found[csgraph.breadth_first_order(ways, self.n, return_predecessors=False)] = True
        return found[: self.n]


def within_depth(net: Net, area: Bools, depth: int) -> tuple[Net, Bools]:
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


def cheapest_cut(net: Net, area: Bools, beyond: Bools) -> Cut:
    """Return the cheapest cut between the area and what lies beyond, each taken as one node; the side by node."""
    node = np.where(area, 0, np.where(beyond, 1, np.arange(net.n) + 2))
    tail, head, cost = node[net.tail], node[net.head], net.cost[net.piece]
    real = tail != head
    closure = net.cost[net.crossing(area)].sum()
    limit = float(closure) if np.isfinite(closure) else float(net.cost[np.isfinite(net.cost)].sum())
    cut = minimum_cut(tail[real], head[real], cost[real], net.n + 2, 0, 1, limit)
    return Cut(cut.side[node], cut.flow)


def check_sealable(net: Net, area: Bools, beyond: Bools) -> None:
    """Raise when roads that must not be closed lead from the area to what lies beyond, and name them."""
    free = net.reached(area, np.isfinite(net.cost))
    if not (free & beyond).any():
        return
    labels = pd.unique(net.line[np.isinf(net.cost) & (free[net.source] | free[net.target])])
    named = ", ".join(map(repr, labels[:5].tolist())) + (", .." if len(labels) > 5 else "")
    raise InfeasibleError(
        f"The area cannot be sealed: roads that must stay open lead out ({named}); allow one of them to be closed, "
        "or give a larger depth."
    )


def nodes_of(graph: Any, places: Any, name: str) -> Bools:
    """Return which nodes polygons hold, are nearest to points, or are named by labels."""
    mask = np.zeros(len(graph.nodes), bool)
    if isinstance(places, shapely.geometry.base.BaseGeometry):
        places = gpd.GeoSeries([places], crs=crs.LONLAT)
    if not isinstance(places, gpd.base.GeoPandasBase):
        at = graph.labels.get_indexer(pd.Index(places))
        if (at < 0).any():
            raise DataError(f"{name}: {pd.Index(places)[at < 0].tolist()[0]!r} is not a node of the graph.")
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

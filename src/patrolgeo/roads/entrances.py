"""How places enter a graph: by a node, or along the road piece they lie on, the walk to it included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.units import Units
from patrolgeo.kernels import least_csr

AT_NODE_M = 1.0  # nearer to the end of a piece than this a place is at the node, whichever way the road runs


@dataclass(frozen=True)
class Spots:
    """Places on road pieces: `piece`, minutes from its source (`at`) and of the walk to it, minutes of the piece.

    `both`: whether the piece is open both ways; `forward`: whether times count from source to target.
    """

    piece: Ints
    at: Floats
    walk: Floats
    both: Floats
    forward: bool = True

    @cached_property
    def by_piece(self) -> tuple[Ints, Ints]:
        """The places in the order of their pieces, and those pieces."""
        order = np.argsort(self.piece, kind="stable")
        return order, self.piece[order]


@dataclass(frozen=True)
class Entrances:
    """Places and the nodes by which they are left and reached, shape (places, entrances per place).

    `leave`: minutes from the place to the node, `arrive`: back; infinite where a one-way road forbids it.
    """

    labels: pd.Index
    node: Ints
    leave: Floats
    arrive: Floats
    spots: Spots | None = None

    @property
    def plain(self) -> bool:
        """Whether every place is a node."""
        return self.node.shape[1] == 1 and not self.leave.any()

    @cached_property
    def by_node(self) -> list[tuple[Ints, Ints]]:
        """For each entrance where the places of a node begin, up to a node that has none, and the places in order."""
        nodes = np.arange(self.node.max() + 3)
        orders = [np.argsort(node, kind="stable") for node in self.node.T]
        return [(np.searchsorted(own[order], nodes), order) for own, order in zip(self.node.T, orders, strict=True)]

    def turned(self) -> Entrances:
        """Return the same places for travel in the other direction."""
        spots = None if self.spots is None else replace(self.spots, forward=not self.spots.forward)
        return replace(self, leave=self.arrive, arrive=self.leave, spots=spots)


def enter(graph: Any, places: Any, what: str) -> Entrances:
    """Return how places enter a graph: points along the nearest road piece, grids by their centres, labels as nodes."""
    on_roads = hasattr(graph, "along")
    if isinstance(places, Units):
        places = places.centroids if on_roads else places.cells
    points = isinstance(places, gpd.base.GeoPandasBase)
    if not len(places):
        raise DataError(f"{what} holds no place; give at least one.")
    return _along(graph, places.geometry) if points and on_roads else _named(graph, places, what)


def _along(roads: Any, points: gpd.GeoSeries) -> Entrances:
    near = roads.along(points)
    edge = roads.edges.iloc[near["piece"].to_numpy()]
    whole, walk = edge.minutes.to_numpy(), near["walk_minutes"].to_numpy()
    at = near["share"].to_numpy() * whole
    both, metres = ~edge.oneway.to_numpy(bool), edge.length_m.to_numpy()
    at_source, at_target = near["share"] * metres <= AT_NODE_M, (1 - near["share"]) * metres <= AT_NODE_M
    way, free = walk[:, None] + np.column_stack([at, whole - at]), np.zeros(len(at))
    leave = way + np.column_stack([np.where(both | at_source, 0.0, np.inf), free])
    arrive = way + np.column_stack([free, np.where(both | at_target, 0.0, np.inf)])
    node = np.column_stack([edge.source.to_numpy(), edge.target.to_numpy()]).astype(np.int64)
    return Entrances(points.index, node, leave, arrive, Spots(near["piece"].to_numpy(), at, walk, both))


def _named(graph: Any, places: Any, what: str) -> Entrances:
    """Return labels, or points by the cell they lie in; no leg."""
    known = graph.labels if hasattr(graph, "labels") else graph.cells
    points = isinstance(places, gpd.base.GeoPandasBase)
    labels = wanted = places.geometry.index if points else pd.Index(places)
    if points:
        cells = graph.on_roads.index if hasattr(graph, "on_roads") else known
        wanted = HexGrid.from_cells(cells).locate(places)
        outside = wanted.isna()
        if outside.any():
            raise DataError(
                f"{outside.sum()} of {len(wanted)} {what} lie outside the cells of the graph (first: "
                f"{labels[outside].tolist()[0]!r}); leave them out or widen the area."
            )
    at = known.get_indexer(pd.Index(wanted))
    if (at < 0).any():
        first = pd.Index(wanted)[at < 0].tolist()[0]
        raise DataError(f"{what}: {(at < 0).sum()} labels are not in the graph (first: {first!r}).")
    none = np.zeros((len(at), 1))
    return Entrances(labels, at.astype(np.int64)[:, None], none, none)


def with_places(minutes: sparse.csr_matrix, entrances: Entrances, some: slice) -> sparse.csr_matrix:
    """Return the graph with the places `some` as further nodes after its own, which can only be left."""
    node, leave = entrances.node[some], entrances.leave[some]
    row, open_door = np.broadcast_to(np.arange(len(node))[:, None], node.shape), np.isfinite(leave)
    n = minutes.shape[0]
    own = least_csr(row[open_door], node[open_door], leave[open_door], (len(node), n))
    data, ends = np.r_[minutes.data, own.data], np.r_[minutes.indices, own.indices]
    first = np.r_[minutes.indptr, minutes.indptr[-1] + own.indptr[1:]]
    return sparse.csr_matrix((data, ends, first), shape=(n + len(node), n + len(node)))


def straight(table: Floats, some: Ints, start: Entrances, end: Entrances) -> None:
    """Put the way along a shared piece into a table of minutes (rows: the places `some`), where it is shorter."""
    if start.spots is None or end.spots is None:
        return
    a, b = start.spots, end.spots
    order, piece = b.by_piece
    first, last = (np.searchsorted(piece, a.piece[some], side) for side in ("left", "right"))
    row = np.repeat(np.arange(len(some)), last - first)
    column = order[np.arange(len(row)) + np.repeat(last - np.cumsum(last - first), last - first)]
    i = some[row]
    along = (b.at[column] - a.at[i]) * (1 if a.forward else -1)
    total = a.walk[i] + np.abs(along) + b.walk[column]
    allowed = (along >= 0) | a.both[i].astype(bool)
    table[row, column] = np.minimum(table[row, column], np.where(allowed, total, np.inf))

"""Several areas, each enclosed and kept apart from the others: the multiway cut."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.checkpoints.cordon.network import Net, cheapest_cut
from patrolgeo.solver import HEURISTIC, OPTIMAL, solve_milp

SMALL_MODEL = 30_000  # rows up to which HiGHS is asked
NODES = 200


class Multicut(NamedTuple):
    """Pieces to close, and what is proved of their cost."""

    closed: Bools
    bound: float
    status: str


def keep_apart(net: Net, areas: list[Bools], beyond: Bools, both_ways: bool) -> Multicut:
    """Close pieces so that no way leads from an area to another area or to what lies beyond.

    The heuristic of isolating cuts (Dahlhaus et al. 1994): each area, and what lies beyond, is cut off by itself at
    least cost. Where roads are closed both ways, some best plan leaves what such a cut encloses in one piece, and no
    plan costs less than half the sum of these cuts; along one-way roads none costs less than the dearest of them. What
    is left undecided goes to HiGHS when it is small.
    """
    sides = [*areas, beyond]
    if both_ways:
        sides, half = _isolated(net, sides)
        found = _undecided_to_one(net, sides, half)
    else:
        found = _closed_for_any(net, sides)
    return found if found.status == OPTIMAL else _improved(net, sides, found)


def _isolated(net: Net, sides: list[Bools]) -> tuple[list[Bools], float]:
    """Widen each side to the most that its cheapest cut from the others encloses; return half the sum of the cuts."""
    total = 0.0
    for k, side in enumerate(sides):
        others = _others(sides, k)
        cut = cheapest_cut(net, others, side)
        sides = [*sides[:k], ~cut.side, *sides[k + 1 :]]
        total += cut.flow
    return sides, total / 2


def _others(sides: list[Bools], k: int) -> Bools:
    others: Bools = np.any([side for j, side in enumerate(sides) if j != k], axis=0)
    return others


def _undecided_to_one(net: Net, sides: list[Bools], bound: float) -> Multicut:
    """Give the nodes that no side holds to the one side for which this is cheapest."""
    best, cost = np.zeros(0, bool), np.inf
    for k in range(len(sides)):
        owner = np.full(net.n, k)
        for j, side in enumerate(sides):
            owner[side] = j
        closed = owner[net.source] != owner[net.target]
        if net.cost[closed].sum() < cost:
            best, cost = closed, float(net.cost[closed].sum())
    everywhere = bool(np.any(sides, axis=0).all())
    return _judged(best, cost, cost if everywhere else bound)


def _closed_for_any(net: Net, sides: list[Bools]) -> Multicut:
    """Close what the cheapest cut of any area (all sides but the last) closes."""
    closed, dearest = np.zeros(len(net.cost), bool), 0.0
    for k, area in enumerate(sides[:-1]):
        cut = cheapest_cut(net, area, _others(sides, k))
        closed |= net.crossing(cut.side)
        dearest = max(dearest, cut.flow)
    return _judged(closed, float(net.cost[closed].sum()), dearest)


def _judged(closed: Bools, cost: float, bound: float) -> Multicut:
    proved = cost <= bound * (1 + 1e-9)
    return Multicut(closed, cost if proved else bound, OPTIMAL if proved else HEURISTIC)


def _improved(net: Net, sides: list[Bools], found: Multicut) -> Multicut:
    """Minimise the cost of closed pieces x; p of area i is 1 where one may be that comes from it, along open arcs."""
    node, n = _contracted(sides)
    tail, head = node[net.tail], node[net.head]
    real = tail != head
    tail, head, areas = tail[real], head[real], len(sides) - 1
    piece, x = np.unique(net.piece[real], return_inverse=True)
    if len(tail) * areas > SMALL_MODEL:
        return found
    rows = sparse.vstack([_open_arcs(tail + i * n, head + i * n, x + areas * n, areas * n + len(piece))
                          for i in range(areas)])  # fmt: skip
    low, high = _fixed(areas, n, np.isinf(net.cost[piece]))
    price = np.where(np.isinf(net.cost[piece]), 0.0, net.cost[piece])
    come = [np.bincount(node[net.reached(sides[i], found.closed)], minlength=n) > 0 for i in range(areas)]
    answer = solve_milp(
        np.r_[np.zeros(areas * n), price], rows, np.zeros(rows.shape[0]), np.full(rows.shape[0], np.inf),
        integer=np.arange(rows.shape[1]) < areas * n, bounds=(low, high), start=np.r_[*come, found.closed[piece]],
        node_limit=NODES, time_limit=np.inf,
    )  # fmt: skip
    closed = found.closed.copy()
    if answer.values is not None and answer.objective < net.cost[closed].sum():
        closed[:] = False
        closed[piece] = answer.values[areas * n :] > 0.5
    cost = float(net.cost[closed].sum())
    known = found.bound if answer.bound is None else max(answer.bound, found.bound)
    return _judged(closed, cost, cost if answer.status == OPTIMAL else known)


def _contracted(sides: list[Bools]) -> tuple[Ints, int]:
    """Number the nodes anew: each side is one node, in its order, and then come the others."""
    free = ~np.any(sides, axis=0)
    node = len(sides) - 1 + np.cumsum(free)
    for k, side in enumerate(sides):
        node[side] = k
    return node, len(sides) + int(free.sum())


def _open_arcs(tail: Ints, head: Ints, piece: Ints, width: int) -> sparse.csr_matrix:
    """Return rows that say: who is at the tail is at the head too, or the piece is closed."""
    row, one = np.arange(len(tail)), np.ones(len(tail))
    return sparse.csr_matrix(
        (np.r_[-one, one, one], (np.r_[row, row, row], np.r_[tail, head, piece])), shape=(len(tail), width)
    )


def _fixed(areas: int, n: int, forbidden: Bools) -> tuple[Floats, Floats]:
    """Return limits: one is in one's own area and in no other side; forbidden pieces stay open."""
    low, high = np.zeros((areas, n)), np.ones((areas, n))
    high[:, : areas + 1] = 0.0
    low[np.arange(areas), np.arange(areas)] = high[np.arange(areas), np.arange(areas)] = 1.0
    return np.r_[low.ravel(), np.zeros(len(forbidden))], np.r_[high.ravel(), np.where(forbidden, 0.0, 1.0)]

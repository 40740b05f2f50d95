"""The cheapest arcs that separate two nodes of a network: maximum flow and the cut that proves it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo._typing import Bools, Floats, Ints

CAPACITY = 2**30  # the engine counts in 32-bit whole numbers
HEADROOM = 4  # what an arc that is capped can carry, in flows that are left: it is never filled
PRECISION = 1e-12
ROUNDS = 8  # each leaves at most a millionth of what the one before it left


class Cut(NamedTuple):
    """A minimum cut: the nodes that stay on the source's side, and the maximum flow, which is its cost."""

    side: Bools
    flow: float


def minimum_cut(tail: Ints, head: Ints, capacity: Floats, n: int, source: int, sink: int, limit: float) -> Cut:
    """Separate `source` from `sink` at least cost over arcs tail -> head (parallel arcs add up).

    The engine takes whole numbers. Whole costs go in as they are; others in rounds: the flow of the costs rounded down
    is taken off, and what remains is scaled up again. In each round the cut is read from the arcs that are full in
    whole numbers, so it separates the two nodes whatever rounding does; a round more only makes it cheaper.

    Parameters
    ----------
    capacity
        Cost of each arc, `inf` for arcs that cannot be cut.
    limit
        Cost of some cut that is known, or of all arcs that can be cut; a flow above it means that there is no cut.
    """
    enough = 2 * limit if limit > 0 else 1.0
    entry = n  # a node before the source, so that no flow can outgrow the engine
    rest = sparse.csr_matrix(
        (np.minimum(np.r_[capacity, enough], enough), (np.r_[tail, entry], np.r_[head, source])), shape=(n + 1, n + 1)
    )
    total, left, side = 0.0, enough, np.ones(n, bool)
    for _ in range(ROUNDS):
        exact = total == 0.0 and enough < CAPACITY and bool((rest.data == np.floor(rest.data)).all())
        scale = 1.0 if exact else CAPACITY / HEADROOM / left
        whole = rest.copy()
        whole.data = np.floor(np.clip(rest.data * scale, 0, CAPACITY)).astype(np.int32)
        answer = csgraph.maximum_flow(whole, entry, sink, method="dinic")
        total += answer.flow_value / scale
        rest = (rest - answer.flow / scale).tocsr()
        side = _reached(whole - answer.flow, source)[:n]
        left = float(np.maximum(rest[:n, :n][side][:, ~side].data, 0.0).sum())
        if left <= PRECISION * total or total > limit * (1 + PRECISION):
            break
    return Cut(side, total)


def _reached(residual: sparse.csr_matrix, source: int) -> Bools:
    """Return the nodes that can be reached over arcs with anything left, counted in whole numbers."""
    open_arcs = residual.tocsr().astype(float)
    open_arcs.eliminate_zeros()
    side = np.zeros(residual.shape[0], bool)
    side[csgraph.breadth_first_order(open_arcs, source, return_predecessors=False)] = True
    return side

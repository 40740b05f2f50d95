"""The cheapest arcs that separate two nodes of a network: maximum flow and the cut that proves it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo._typing import Bools, Floats, Ints

CAPACITY = 2**30  # the engine counts in 32-bit whole numbers
PRECISION = 1e-12


class Cut(NamedTuple):
    """A minimum cut: the nodes that stay on the source's side, and the maximum flow, which is its cost."""

    side: Bools
    flow: float


def minimum_cut(tail: Ints, head: Ints, capacity: Floats, n: int, source: int, sink: int, limit: float) -> Cut:
    """Separate `source` from `sink` at least cost over arcs tail -> head (parallel arcs add up).

    The engine takes whole numbers. Whole costs go in as they are; others in rounds: the flow of the costs rounded down
    is taken off, and what remains is scaled up again, until less than a millionth of a millionth of `limit` is left.

    Parameters
    ----------
    capacity
        Cost of each arc, `inf` for arcs that cannot be cut.
    limit
        Cost of some cut that is known, or of all arcs that can be cut; a flow above it means that there is no cut.
    """
    enough = 2 * limit + 1
    entry = n  # a node before the source, so that no flow can outgrow the engine
    rest = sparse.csr_matrix(
        (np.minimum(np.r_[capacity, enough], enough), (np.r_[tail, entry], np.r_[head, source])), shape=(n + 1, n + 1)
    )
    total, left = 0.0, enough
    while True:
        exact = enough < CAPACITY and bool((rest.data == np.floor(rest.data)).all())
        scale = 1.0 if exact else CAPACITY / left
        whole = rest.copy()
        whole.data = np.floor(np.minimum(rest.data * scale, CAPACITY)).astype(np.int32)
        answer = csgraph.maximum_flow(whole, entry, sink, method="dinic")
        total += answer.flow_value / scale
        rest = (rest - answer.flow / scale).tocsr()
        side = _reached(rest, source, 1.0 / scale)[:n]
        left = float(rest[:n, :n][side][:, ~side].sum())
        if left <= PRECISION * enough or total > limit * (1 + PRECISION):
            return Cut(side, total)


def _reached(rest: sparse.csr_matrix, source: int, least: float) -> Bools:
    """Return the nodes that can be reached over arcs with at least `least` left."""
    open_arcs = rest.copy()
    open_arcs.data = (rest.data >= least * (1 - 1e-6)).astype(float)
    open_arcs.eliminate_zeros()
    side = np.zeros(rest.shape[0], bool)
    side[csgraph.breadth_first_order(open_arcs, source, return_predecessors=False)] = True
    return side

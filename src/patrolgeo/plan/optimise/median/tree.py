"""A best-first tree for the p-median, from what the bound at the root leaves open."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.plan.optimise.median.bound import CLOSED, FREE, OPEN
from patrolgeo.plan.optimise.median.rows import Rows, lift

ROUNDS, PATIENCE, THETA = 60, 4, 0.2  # steps at a node: short ones, prices are good already
MEMORY = 25_000_000  # numbers the nodes may hold


@dataclass(order=True)
class Node:
    """A part of all plans: states of the candidates, the bound with its prices, how often each candidate was chosen."""

    bound: float
    state: Array = field(compare=False)
    price: Floats = field(compare=False)
    often: Floats = field(compare=False)


def grow(
    table: Floats, rows: Rows, root: Node, best: Ints, value: float, step: float, go_on: Callable[[int], bool]
) -> tuple[float, float]:  # fmt: skip
    """Split the loosest node until none is left or `go_on` (told how many were looked at) says no.

    `best` gets any better plan met. Returns the bound of the whole and the value of the best plan.
    """
    heap, seen, most = [root], 0, MEMORY // table.shape[1]
    while heap and heap[0].bound <= value - step and len(heap) < most and go_on(seen):
        node = heapq.heappop(heap)
        free = np.flatnonzero(node.state == FREE)
        if len(free) == 0:
            value = _settle(table, np.flatnonzero(node.state == OPEN), best, value)
            continue
        pick = free[np.abs(node.often[free] - 0.5).argmin()]
        for choice in (CLOSED, OPEN):
            state, price, often = node.state.copy(), node.price.copy(), np.full(len(node.state), len(best) / len(free))
            state[pick] = choice
            bound, value = lift(rows, state, price, best, value, step, THETA, ROUNDS, PATIENCE, often)
            bound, seen = max(bound, node.bound), seen + 1
            if bound <= value - step:
                heapq.heappush(heap, Node(bound, state, price, often))
    return (heap[0].bound if heap else value), value


def _settle(table: Floats, plan: Ints, best: Ints, value: float) -> float:
    """Look at the one plan that is left of a node: rows do not show what lies beyond them."""
    total = float(table[plan].min(axis=0).sum()) if len(plan) == len(best) else np.inf
    if total < value:
        best[:] = plan
    return min(value, total)

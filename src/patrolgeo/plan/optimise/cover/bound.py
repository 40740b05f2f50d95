"""How much can any plan cover? A Lagrangian bound, sharpened by a best-first tree over candidates in or out.

Sparse products do the work, so that nothing has to be compiled before the first answer.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.optimise import subgradient
from patrolgeo.plan.optimise.cover.sets import Covers
from patrolgeo.plan.optimise.subgradient import plain

blunted, gained, paced = (plain(rule) for rule in (subgradient.blunted, subgradient.gained, subgradient.paced))

ROOT_ROUNDS, LEAST_ROUNDS = 1000, 150
ROOT_ENTRIES = 400_000_000  # stored entries read at the root: a CPU second
NODE_ROUNDS = 120
ROOT_THETA, ROOT_PATIENCE = 2.0, 10
NODE_THETA, NODE_PATIENCE = 0.3, 5  # children begin near good prices: short steps
LEAST_THETA = 2e-3
TREE_STEPS = 250_000_000  # what the nodes may read: half a CPU second
OVERHEAD = 20_000  # what one round costs beside the entries, in entries


class Root(NamedTuple):
    """The bound of all plans, its prices, how often each candidate was chosen lately, and the best plan met."""

    bound: float
    price: Floats
    often: Floats
    plan: Floats
    value: float


@dataclass(order=True)
class Node:
    """A part of all plans: the candidates still allowed, those open, and the bound with its prices."""

    below: float  # minus the bound, so that the heap gives the loosest node first
    price: Floats = field(compare=False)
    often: Floats = field(compare=False)  # how often each candidate was chosen lately
    allowed: Bools = field(compare=False)
    fixed: Ints = field(compare=False)


def root_bound(sets: Covers, fixed: Ints, plan: Floats, rounds: int = ROOT_ROUNDS) -> Root:
    """Return a bound and its prices, from a known plan (ones and zeros by candidate) on; better plans met are kept."""
    m = sets.sets.shape[0]
    start = Root(np.inf, 0.5 * sets.weight, np.zeros(m), plan, sets.worth(plan))
    rounds = min(rounds, max(LEAST_ROUNDS, ROOT_ENTRIES // max(sets.sets.nnz, 1)))
    root = descend(sets, np.ones(m, bool), fixed, start, ROOT_THETA, ROOT_PATIENCE, rounds)
    return root._replace(bound=min(root.bound, sets.most))


def left_over(sets: Covers, fixed: Ints, best: Floats, bound: float, price: Floats, value: float) -> Ints:
    """Return the candidates of the known plan and those that a better one can hold."""
    everyone = np.ones(len(best), bool)
    allowed, _ = _ruled(sets, price, everyone, fixed, int(best.sum()), bound - value)
    return np.flatnonzero(allowed | (best > 0.5))


def tree_bound(sets: Covers, fixed: Ints, plan: Floats, bound: float, price: Floats) -> float:
    """Return the bound of a tree below the root with these prices: the loosest node is split until steps are spent."""
    value, n_sites = sets.worth(plan), int(plan.sum())
    start = Root(bound, price, np.zeros(len(plan)), plan, value)
    heap = [_below(sets, np.ones(len(plan), bool), fixed, start)]
    steps = TREE_STEPS
    while heap and -heap[0].below > value and steps > 0:
        node = heapq.heappop(heap)
        undecided = node.allowed.copy()
        undecided[node.fixed] = False
        if not undecided.any():
            heapq.heappush(heap, node)
            break
        pick = int(np.where(undecided, -np.abs(node.often - 0.5), -np.inf).argmax())
        out = node.allowed.copy()
        out[pick] = False
        above = start._replace(bound=-node.below, price=node.price)
        for allowed, opened in ((out, node.fixed), (node.allowed, np.append(node.fixed, pick))):
            steps -= NODE_ROUNDS * (sets.sets.nnz + OVERHEAD)
            if len(opened) <= n_sites <= allowed.sum():
                child = _below(sets, allowed, opened, above)
                if -child.below > value:
                    heapq.heappush(heap, child)
    return max(value, -heap[0].below) if heap else value


def _below(sets: Covers, allowed: Bools, fixed: Ints, above: Root) -> Node:
    """Bound what is left of the plans, from the prices of the node above on."""
    start = above._replace(bound=np.inf, often=np.zeros(len(allowed)))
    here = descend(sets, allowed, fixed, start, NODE_THETA, NODE_PATIENCE, NODE_ROUNDS)
    n_sites = int(above.plan.sum())
    allowed, fixed = _ruled(sets, here.price, allowed, fixed, n_sites, here.bound - above.value)
    return Node(-min(here.bound, above.bound), here.price, here.often, allowed, fixed)


def _ruled(sets: Covers, price: Floats, allowed: Bools, fixed: Ints, n_sites: int, room: float) -> tuple[Bools, Ints]:
    """Close or open candidates whose other choice would lower the bound by `room` or more."""
    worth = sets.sets @ price
    rank = np.where(allowed, worth, -np.inf)
    rank[fixed] = np.inf
    order = np.argsort(-rank, kind="stable")
    chosen = np.zeros(len(worth), bool)
    chosen[order[:n_sites]] = True
    last = worth[order[n_sites - 1]]
    best_out = rank[order[n_sites]] if n_sites < len(order) else -np.inf
    open_too = np.flatnonzero(chosen & (worth - best_out >= room))
    return allowed & (chosen | (last - worth < room)), np.union1d(fixed, open_too).astype(np.int64)


def descend(
    sets: Covers, allowed: Bools, fixed: Ints, start: Root, theta: float, patience: int, rounds: int
) -> Root:  # fmt: skip
    """Lower the bound by subgradient steps from the prices of `start`, and keep the best plan met on the way.

    The rows z_j <= sum of y_i are priced with u_j in [0, w_j]; what remains is sum (w - u) plus the `n_sites` largest
    candidate sums of u.
    """
    weight, second = sets.weight, sets.weight * sets.backup
    best, here, stall, way = start, start.price, 0, np.zeros(len(weight))
    often = start.often.copy()
    for _ in range(rounds):
        bound, chosen, times = _priced(sets, allowed, fixed, int(start.plan.sum()), here)
        value = float(weight[times > 0.5].sum() + second[times > 1.5].sum())
        if value > best.value * (1 + 1e-12):
            best = best._replace(plan=_ones(len(allowed), chosen), value=value)
        often *= 0.97
        often[chosen] += 0.03
        theta, stall = paced(theta, stall, gained(bound, best.bound, best.value), patience, 0.8)
        if bound < best.bound:
            best = best._replace(bound=bound, price=here)
        slope = times - (here < weight) - (here < second)
        slope[((here <= 0.0) & (slope > 0.0)) | ((here >= weight) & (slope < 0.0))] = 0.0
        way = blunted(slope, way)
        norm = float(np.square(way).sum())  # no BLAS: its threads wait for each other on a busy machine
        if theta < LEAST_THETA or best.bound - best.value <= 1e-9 * best.value or norm == 0.0:
            break
        here = np.minimum(weight, np.maximum(0.0, here - theta * (bound - best.value) / norm * way))
    return best._replace(often=often)


def _priced(sets: Covers, allowed: Bools, fixed: Ints, n_sites: int, price: Floats) -> tuple[float, Ints, Floats]:
    """Return the bound at these prices, the candidates chosen, and how often these cover each group."""
    value = sets.sets @ price
    rank = np.where(allowed, value, -1.0)
    rank[fixed] = np.inf
    chosen = np.argpartition(-rank, n_sites - 1)[:n_sites]
    over = np.maximum(0.0, sets.weight - price).sum() + np.maximum(0.0, sets.weight * sets.backup - price).sum()
    return float(over + value[chosen].sum()), chosen, sets.served_by @ _ones(len(rank), chosen)


def _ones(m: int, chosen: Ints) -> Floats:
    values = np.zeros(m)
    values[chosen] = 1.0
    return values

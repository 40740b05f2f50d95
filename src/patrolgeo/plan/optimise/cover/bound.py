"""How much can any plan cover? A Lagrangian bound, sharpened by a best-first tree over candidates in or out."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
from numba import njit

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.optimise.cover.sets import CoverArrays, Covers
from patrolgeo.plan.optimise.subgradient import blunted, gained, paced

ROOT_ROUNDS = 1000
NODE_ROUNDS = 120
NODE_THETA, NODE_PATIENCE = 0.3, 5  # children begin near good prices: short steps
TREE_STEPS = 150_000_000  # stored entries the nodes may read: half a CPU second


@dataclass(order=True)
class Node:
    """A part of all plans: the candidates still allowed, those open, and the bound with its prices."""

    below: float  # minus the bound, so that the heap gives the loosest node first
    price: Floats = field(compare=False)
    often: Floats = field(compare=False)  # how often each candidate was chosen lately
    allowed: Bools = field(compare=False)
    fixed: Ints = field(compare=False)


def root_bound(sets: Covers, fixed: Ints, n_sites: int, value: float) -> tuple[float, Floats]:
    """Return a bound and its prices; `value` is that of a known plan."""
    everyone = np.ones(sets.sets.shape[0], bool)
    bound, price = lagrangian(sets.arrays, everyone, fixed, n_sites, value, ROOT_ROUNDS)
    return min(bound, sets.most), price


def left_over(sets: Covers, fixed: Ints, best: Floats, bound: float, price: Floats, value: float) -> Ints:
    """Return the candidates of the known plan and those that a better one can hold."""
    everyone = np.ones(len(best), bool)
    allowed, _ = _ruled(sets, price, everyone, fixed, int(best.sum()), bound - value)
    return np.flatnonzero(allowed | (best > 0.5))


def tree_bound(sets: Covers, fixed: Ints, n_sites: int, value: float, bound: float, price: Floats) -> float:
    """Return the bound of a tree below the root with these prices: the loosest node is split until steps are spent."""
    everyone = np.ones(sets.sets.shape[0], bool)
    heap = [_below(sets, everyone, fixed, n_sites, value, price, bound)]
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
        for allowed, opened in ((out, node.fixed), (node.allowed, np.append(node.fixed, pick))):
            steps -= NODE_ROUNDS * sets.sets.nnz
            if len(opened) <= n_sites <= allowed.sum():
                child = _below(sets, allowed, opened, n_sites, value, node.price, -node.below)
                if -child.below > value:
                    heapq.heappush(heap, child)
    return max(value, -heap[0].below) if heap else value


def _below(sets: Covers, allowed: Bools, fixed: Ints, n_sites: int, value: float, price: Floats, above: float) -> Node:
    """Bound what is left of the plans, from the prices of the node above on."""
    price, often = price.copy(), np.zeros(len(allowed))
    bound = descend(sets.arrays, allowed, fixed, n_sites, value, price, often, NODE_THETA, NODE_PATIENCE, NODE_ROUNDS)
    allowed, fixed = _ruled(sets, price, allowed, fixed, n_sites, bound - value)
    return Node(-min(bound, above), price, often, allowed, fixed)


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


@njit(cache=True)
def lagrangian(
    sets: CoverArrays, allowed: Bools, fixed: Ints, n_sites: int, lower: float, rounds: int
) -> tuple[float, Floats]:
    """Return an upper bound of the covered weight, `lower` being that of a known plan, and its multipliers."""
    price, often = 0.5 * sets.weight, np.zeros(len(allowed))
    return descend(sets, allowed, fixed, n_sites, lower, price, often, 2.0, 10, rounds), price


@njit(cache=True)
def descend(sets: CoverArrays, allowed: Bools, fixed: Ints, n_sites: int, lower: float, price: Floats, often: Floats,
            theta: float, patience: int, rounds: int) -> float:  # fmt: skip
    """Lower the bound by subgradient steps; `price` gets the best multipliers, `often` who was chosen lately.

    The rows z_j <= sum of y_i are priced with u_j in [0, w_j]; what remains is sum (w - u) plus the `n_sites` largest
    candidate sums of u.
    """
    best, here, stall, way = np.inf, price.copy(), 0, np.zeros(len(price))
    for _ in range(rounds):
        bound, slope, chosen = _priced(sets, allowed, fixed, n_sites, here)
        often *= 0.97
        often[chosen] += 0.03
        theta, stall = paced(theta, stall, gained(bound, best, lower), patience, 0.8)
        if bound < best:
            best = bound
            price[:] = here
        way = blunted(slope, way)
        norm = (way**2).sum()
        if theta < 2e-3 or best - lower <= 1e-9 * lower or norm == 0.0:
            break
        here = np.minimum(sets.weight, np.maximum(0.0, here - theta * (bound - lower) / norm * way))
    return best


@njit(cache=True)
def _priced(sets: CoverArrays, allowed: Bools, fixed: Ints, n_sites: int, price: Floats) -> tuple[float, Floats, Ints]:
    """Return the bound at these prices, its slope where the prices may move, and the candidates chosen."""
    value = np.zeros(len(allowed))
    for i in range(len(allowed)):
        if allowed[i]:
            for t in range(sets.start[i], sets.start[i + 1]):
                value[i] += price[sets.member[t]]
    rank = np.where(allowed, value, -1.0)
    rank[fixed] = np.inf
    slope = np.where(price < sets.weight, -1.0, 0.0) + np.where(price < sets.second, -1.0, 0.0)
    bound = np.maximum(0.0, sets.weight - price).sum() + np.maximum(0.0, sets.second - price).sum()
    chosen = np.argsort(-rank)[:n_sites]
    for i in chosen:
        bound += value[i]
        for t in range(sets.start[i], sets.start[i + 1]):
            slope[sets.member[t]] += 1.0
    for j in range(len(slope)):
        if (price[j] <= 0.0 and slope[j] > 0.0) or (price[j] >= sets.weight[j] and slope[j] < 0.0):
            slope[j] = 0.0
    return bound, slope, chosen

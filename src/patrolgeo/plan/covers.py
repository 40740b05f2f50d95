"""Who covers whom, as arrays; greedy choice, swaps with kicks, and a Lagrangian bound (no solver needed)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from scipy import sparse

from patrolgeo._typing import Array, Bools, Floats, Ints


class CoverArrays(NamedTuple):
    """Cover sets for compiled code: members of candidate i are ``member[start[i]:start[i + 1]]``, and back again."""

    start: Array
    member: Array
    back: Array
    owner: Array
    weight: Floats


class State(NamedTuple):
    """A plan in the making: times covered by group, what each candidate alone would add, which are closed."""

    times: Ints
    gain: Floats
    closed: Bools


@dataclass(frozen=True)
class Covers:
    """Cover sets of candidates over groups of demand that the same candidates cover.

    Parameters
    ----------
    sets
        CSR, candidates x groups: a stored entry says that the candidate covers the group.
    served_by
        CSR, groups x candidates (the transpose).
    weight
        Demand of each group, shape (groups,).
    group
        Group of each demand place, -1 where nobody covers it.
    """

    sets: sparse.csr_matrix
    served_by: sparse.csr_matrix
    weight: Floats
    group: Ints

    @property
    def arrays(self) -> CoverArrays:
        """Return what the compiled functions take."""
        return CoverArrays(
            self.sets.indptr, self.sets.indices, self.served_by.indptr, self.served_by.indices, self.weight
        )


def reach_matrix(cost: Any, max_cost: Floats) -> sparse.csr_matrix:
    """Return which candidate covers which place: stored (or finite) cost at most `max_cost` of the candidate."""
    if sparse.issparse(cost):
        row = np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr))
        keep = cost.data <= max_cost[row]
        row, column = row[keep], cost.indices[keep]
    else:
        row, column = np.nonzero(cost <= max_cost[:, None])
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=cost.shape)


def merge_equal(reach: sparse.csr_matrix, demand: Floats) -> Covers:
    """Merge places that the same candidates cover, and leave out those without demand or without a candidate.

    Equal columns are found by two independent sums of random 64-bit keys of their candidates.
    """
    keys = np.random.default_rng(0).integers(1, 2**63, size=(reach.shape[0], 2), dtype=np.int64)
    columns = reach.tocsc()
    sums = np.zeros((reach.shape[1] + 1, 2), np.int64)
    with np.errstate(over="ignore"):
        running = np.concatenate([np.zeros((1, 2), np.int64), np.cumsum(keys[columns.indices], axis=0)])
        sums = running[columns.indptr[1:]] - running[columns.indptr[:-1]]
    wanted = (np.diff(columns.indptr) > 0) & (demand > 0)
    group = np.full(len(demand), -1, np.int64)
    _, first, label = np.unique(sums[wanted], axis=0, return_index=True, return_inverse=True)
    group[wanted] = label.ravel()
    weight: Floats = np.bincount(group[wanted], demand[wanted], minlength=len(first)).astype(float)
    served_by = sparse.csr_matrix(columns[:, np.flatnonzero(wanted)[first]].T)
    served_by.sort_indices()
    return Covers(served_by.T.tocsr(), served_by, weight, group)


@njit(cache=True)
def _change(site: int, by: int, sets: CoverArrays, state: State) -> int:
    """Open (by=1) or close (by=-1) a site and keep the state right; return the number of steps this took."""
    work = 0
    edge = 1 if by > 0 else 0
    for t in range(sets.start[site], sets.start[site + 1]):
        j = sets.member[t]
        state.times[j] += by
        if state.times[j] == edge:
            for e in range(sets.back[j], sets.back[j + 1]):
                state.gain[sets.owner[e]] -= by * sets.weight[j]
            work += sets.back[j + 1] - sets.back[j]
    state.closed[site] = by < 0
    return work + sets.start[site + 1] - sets.start[site]


@njit(cache=True)
def _begin(sets: CoverArrays, allowed: Bools) -> State:
    m = len(sets.start) - 1
    state = State(np.zeros(len(sets.weight), np.int64), np.zeros(m), allowed.copy())
    for i in range(m):
        for t in range(sets.start[i], sets.start[i + 1]):
            state.gain[i] += sets.weight[sets.member[t]]
    return state


@njit(cache=True)
def _best(state: State, noise: float) -> int:
    """Return the closed candidate that adds most, each judged up to `noise` too low by chance."""
    best, level = -1, -1.0
    for i in range(len(state.gain)):
        if state.closed[i] and state.gain[i] > level:
            value = state.gain[i]
            if noise > 0.0:
                value *= 1.0 - noise * np.random.random()
            if value > level:
                best, level = i, value
    return best


@njit(cache=True)
def _fill(chosen: Ints, known: int, noise: float, sets: CoverArrays, state: State) -> int:
    """Greedily choose the sites after the first `known`."""
    work = 0
    for q in range(known, len(chosen)):
        chosen[q] = _best(state, noise)
        work += len(state.gain) + _change(chosen[q], 1, sets, state)
    return work


@njit(cache=True)
def _swap(chosen: Ints, fixed: int, sets: CoverArrays, state: State, tiny: float) -> int:
    """Close one site, open the best one instead, until no such swap gains."""
    work, still, q = 0, 0, 0
    order = fixed + np.random.permutation(len(chosen) - fixed)
    while still < len(order):
        slot = order[q % len(order)]
        q += 1
        old = chosen[slot]
        work += _change(old, -1, sets, state)
        new = _best(state, 0.0)
        if state.gain[new] <= state.gain[old] + tiny:
            new = old
        still = still + 1 if new == old else 0
        chosen[slot] = new
        work += len(state.gain) + _change(new, 1, sets, state)
    return work


@njit(cache=True)
def _covered(state: State, weight: Floats) -> float:
    total = 0.0
    for j in range(len(weight)):
        if state.times[j] > 0:
            total += weight[j]
    return total


@njit(cache=True)
def search(
    sets: CoverArrays, allowed: Bools, fixed: Ints, n_sites: int, known: Ints, budget: int, seed: int
) -> tuple[Ints, float]:
    """Greedy (or from the plan `known`), swaps, then kicks until `budget` elementary steps are spent; deterministic.

    A kick closes a few sites near each other and fills up greedily with a little noise. A plan slightly worse than the
    best is a place to go on from.
    """
    np.random.seed(seed)
    state, chosen = _begin(sets, allowed), np.empty(n_sites, np.int64)
    begin = known if len(known) else fixed
    free, tiny, work = n_sites - len(fixed), 1e-9 * max(1.0, sets.weight.sum()), 0
    for q in range(len(begin)):
        chosen[q] = begin[q]
        work += _change(begin[q], 1, sets, state)
    work += _fill(chosen, len(begin), 0.0, sets, state)
    work += _swap(chosen, len(fixed), sets, state, tiny)
    best, current = chosen.copy(), chosen.copy()
    best_value = _covered(state, sets.weight)
    current_value = best_value
    while work < budget and free > 0:
        work += _kick(chosen, len(fixed), min(free, 2 + np.random.randint(6)), sets, state)
        work += _swap(chosen, len(fixed), sets, state, tiny) + len(sets.weight)
        value = _covered(state, sets.weight)
        if value > best_value + tiny:
            best_value = value
            best[:] = chosen
        if value >= min(current_value, best_value * (1.0 - 0.002 * np.random.random() ** 3)) - tiny:
            current_value = value
            current[:] = chosen
        else:
            work += _go_back(chosen, current, sets, state)
    return best, best_value


@njit(cache=True)
def _kick(chosen: Ints, fixed: int, size: int, sets: CoverArrays, state: State) -> int:
    """Close `size` free sites, most of them near each other, and open as many by noisy gain."""
    p, work = len(chosen), 0
    at = fixed + np.random.randint(p - fixed)
    for last in range(p - 1, p - 1 - size, -1):
        site = chosen[at]
        work += _change(site, -1, sets, state)
        chosen[at], chosen[last] = chosen[last], site
        if last > fixed:
            at = fixed + np.random.randint(last - fixed)
            if np.random.random() < 0.8:
                at = _near(site, at, chosen[:last], fixed, sets)
                work += 8 * p
    return work + _fill(chosen, p - size, 0.3, sets, state)


@njit(cache=True)
def _near(site: int, otherwise: int, chosen: Ints, fixed: int, sets: CoverArrays) -> int:
    """Return the slot of an open site that shares demand with a chance neighbour of `site`."""
    if sets.start[site + 1] == sets.start[site]:
        return otherwise
    j = sets.member[np.random.randint(sets.start[site], sets.start[site + 1])]
    neighbour = sets.owner[np.random.randint(sets.back[j], sets.back[j + 1])]
    shared = sets.member[np.random.randint(sets.start[neighbour], sets.start[neighbour + 1])]
    for q in range(fixed, len(chosen)):
        for t in range(sets.start[chosen[q]], sets.start[chosen[q] + 1]):
            if sets.member[t] == shared:
                return q
    return otherwise


@njit(cache=True)
def _go_back(chosen: Ints, target: Ints, sets: CoverArrays, state: State) -> int:
    """Return to the plan `target`, touching only the sites that differ."""
    work = len(state.gain)
    wanted = np.zeros(len(state.gain), np.bool_)
    for site in target:
        wanted[site] = True
    for site in chosen:
        if not wanted[site]:
            work += _change(site, -1, sets, state)
    for site in target:
        if state.closed[site]:
            work += _change(site, 1, sets, state)
    chosen[:] = target
    return work


@njit(cache=True)
def lagrangian(
    sets: CoverArrays, allowed: Bools, fixed: Ints, n_sites: int, lower: float, rounds: int
) -> tuple[float, Floats]:
    """Upper bound of the covered weight by subgradient steps; returns it with the best multipliers.

    The rows z_j <= sum of y_i are priced with u_j in [0, w_j]; what remains is sum (w - u) plus the `n_sites` largest
    candidate sums of u.
    """
    price = 0.5 * sets.weight
    best, best_price = np.inf, price.copy()
    theta, stall = 1.0, 0
    for _ in range(rounds):
        bound, slope = _priced(sets, allowed, fixed, n_sites, price)
        stall = 0 if bound < best * (1 - 1e-5) else stall + 1
        if bound < best:
            best = bound
            best_price[:] = price
        if stall > 10:
            theta *= 0.7
            stall = 0
            price[:] = best_price
        norm = (slope**2).sum()
        if theta < 1e-3 or best - lower <= 1e-9 * max(1.0, lower) or norm == 0.0:
            break
        price = np.minimum(sets.weight, np.maximum(0.0, price - theta * (bound - lower) / norm * slope))
    return best, best_price


@njit(cache=True)
def _priced(sets: CoverArrays, allowed: Bools, fixed: Ints, n_sites: int, price: Floats) -> tuple[float, Floats]:
    """Return the bound at these prices, and its slope where the prices may move."""
    value = np.zeros(len(allowed))
    for i in range(len(allowed)):
        for t in range(sets.start[i], sets.start[i + 1]):
            value[i] += price[sets.member[t]]
    rank = np.where(allowed, value, -1.0)
    rank[fixed] = np.inf
    slope = np.where(price < sets.weight, -1.0, 0.0)
    bound = sets.weight.sum() - price.sum()
    for i in np.argsort(-rank)[:n_sites]:
        bound += value[i]
        for t in range(sets.start[i], sets.start[i + 1]):
            slope[sets.member[t]] += 1.0
    for j in range(len(slope)):
        if (price[j] <= 0.0 and slope[j] > 0.0) or (price[j] >= sets.weight[j] and slope[j] < 0.0):
            slope[j] = 0.0
    return bound, slope

"""Who covers whom, as arrays; greedy choice, swaps with kicks, and a Lagrangian bound (no solver needed)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from scipy import sparse

from patrolgeo._typing import Array, Bools, Floats, Ints

CLOSED, FORBIDDEN = -1, -2
SLACK = 0.0006  # how much worse than the best a plan may be to go on from


class CoverArrays(NamedTuple):
    """Cover sets for compiled code: members of candidate i are ``member[start[i]:start[i + 1]]``, and back again."""

    start: Array
    member: Array
    back: Array
    owner: Array
    weight: Floats
    second: Floats  # what being covered twice adds


class State(NamedTuple):
    """A plan in the making: times covered by group; by candidate what it would add, its slot, "look again"."""

    times: Ints
    gain: Floats
    slot: Ints  # place in the list of chosen sites, CLOSED or FORBIDDEN
    dirty: Bools


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
    backup
        What being covered twice adds, as a share of the weight.
    """

    sets: sparse.csr_matrix
    served_by: sparse.csr_matrix
    weight: Floats
    group: Ints
    backup: float = 0.0

    @property
    def most(self) -> float:
        """Return what covering everything would be worth."""
        twice = np.diff(self.served_by.indptr) > 1
        return float(self.weight.sum() + self.backup * self.weight[twice].sum())

    def worth(self, open_sites: Floats) -> float:
        """Return what a plan (ones and zeros by candidate) covers, once and twice."""
        times = self.served_by @ open_sites
        return float(self.weight[times > 0.5].sum() + self.backup * self.weight[times > 1.5].sum())

    def among(self, candidates: Ints) -> Covers:
        """Return the cover sets of these candidates only, equal ones merged again."""
        return merge_equal(sparse.csr_matrix(self.sets[candidates]), self.weight, self.backup)

    @property
    def arrays(self) -> CoverArrays:
        """Return what the compiled functions take."""
        sets, back = self.sets, self.served_by
        return CoverArrays(sets.indptr, sets.indices, back.indptr, back.indices, self.weight, self.weight * self.backup)


def reach_matrix(cost: Any, max_cost: Floats) -> sparse.csr_matrix:
    """Return which candidate covers which place: stored (or finite) cost at most `max_cost` of the candidate."""
    if sparse.issparse(cost):
        row = np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr))
        keep = cost.data <= max_cost[row]
        row, column = row[keep], cost.indices[keep]
    else:
        row, column = np.nonzero(cost <= max_cost[:, None])
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=cost.shape)


def merge_equal(reach: sparse.csr_matrix, demand: Floats, backup: float = 0.0) -> Covers:
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
    return Covers(served_by.T.tocsr(), served_by, weight, group, backup)


@njit(cache=True)
def _change(site: int, by: int, sets: CoverArrays, state: State) -> tuple[int, int]:
    """Open (by=1) or close (by=-1) a site and keep the state right.

    Returns the number of steps this took, and the closed candidate among those touched that now adds most (-1: none);
    when closing, gains only rise, so the last value seen of each is its final one.
    """
    work, best, level = sets.start[site + 1] - sets.start[site], -1, -1.0
    for t in range(sets.start[site], sets.start[site + 1]):
        j = sets.member[t]
        state.times[j] += by
        before = state.times[j] - (by > 0)  # the lower of the two counts
        if before < 3:
            change = -by * (_marginal(before, j, sets) - _marginal(before + 1, j, sets))
            for e in range(sets.back[j], sets.back[j + 1]):
                i = sets.owner[e]
                state.gain[i] += change
                state.dirty[i] = True
                if state.gain[i] > level and state.slot[i] == CLOSED:
                    best, level = i, state.gain[i]
            work += sets.back[j + 1] - sets.back[j]
    return work, best


@njit(cache=True)
def _marginal(times: int, j: int, sets: CoverArrays) -> float:
    """Return what one more cover of group `j` adds."""
    if times == 0:
        return sets.weight[j]
    return sets.second[j] if times == 1 else 0.0


@njit(cache=True)
def _begin(sets: CoverArrays, allowed: Bools) -> State:
    m = len(sets.start) - 1
    state = State(
        np.zeros(len(sets.weight), np.int64), np.zeros(m), np.where(allowed, CLOSED, FORBIDDEN), np.ones(m, np.bool_)
    )
    for i in range(m):
        for t in range(sets.start[i], sets.start[i + 1]):
            state.gain[i] += sets.weight[sets.member[t]]
    return state


@njit(cache=True)
def _open(site: int, slot: int, chosen: Ints, sets: CoverArrays, state: State) -> int:
    chosen[slot] = site
    state.slot[site] = slot
    return _change(site, 1, sets, state)[0]


@njit(cache=True)
def _close(site: int, sets: CoverArrays, state: State) -> tuple[int, int]:
    state.slot[site] = CLOSED
    return _change(site, -1, sets, state)


@njit(cache=True)
def _best(state: State, noise: float) -> int:
    """Return the closed candidate that adds most, each judged up to `noise` too low by chance."""
    best, level = -1, -1.0
    for i in range(len(state.gain)):
        if state.gain[i] > level and state.slot[i] == CLOSED:
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
        work += len(state.gain) + _open(_best(state, noise), q, chosen, sets, state)
    return work


@njit(cache=True)
def _swap(chosen: Ints, fixed: int, sets: CoverArrays, state: State, tiny: float) -> int:
    """Close one site, open the best one instead, until no such swap gains; only sites with news are looked at."""
    work, still, q = len(state.gain), 0, 0
    order = fixed + np.random.permutation(len(chosen) - fixed)
    top = _best(state, 0.0)
    while still < len(order):
        slot = order[q % len(order)]
        q += 1
        still += 1
        old = chosen[slot]
        if not state.dirty[old]:
            continue
        steps, new = _close(old, sets, state)
        if new < 0 or (top >= 0 and state.gain[top] > state.gain[new]):
            new = top
        swaps = new >= 0 and state.gain[new] > state.gain[old] + tiny
        new = new if swaps else old
        work += steps + _open(new, slot, chosen, sets, state)
        state.dirty[new] = False
        if swaps:
            still = 0
            top = _best(state, 0.0)
            work += len(state.gain)
    return work


@njit(cache=True)
def _covered(state: State, sets: CoverArrays) -> float:
    total = 0.0
    for j in range(len(sets.weight)):
        if state.times[j] > 0:
            total += sets.weight[j]
        if state.times[j] > 1:
            total += sets.second[j]
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
        work += _open(begin[q], q, chosen, sets, state)
    work += _fill(chosen, len(begin), 0.0, sets, state)
    work += _swap(chosen, len(fixed), sets, state, tiny)
    best, current = chosen.copy(), chosen.copy()
    best_value = _covered(state, sets)
    current_value = best_value
    while work < budget and free > 0:
        work += _kick(chosen, len(fixed), min(free, 1 + np.random.randint(5)), sets, state)
        work += _swap(chosen, len(fixed), sets, state, tiny) + len(sets.weight)
        value = _covered(state, sets)
        if value > best_value + tiny:
            best_value = value
            best[:] = chosen
        if value >= min(current_value, best_value * (1.0 - SLACK * np.random.random() ** 3)) - tiny:
            current_value = value
            current[:] = chosen
        else:
            work += _go_back(chosen, current, sets, state)
    return best, best_value


@njit(cache=True)
def in_order(sets: CoverArrays, fixed: Ints, n_sites: int) -> Ints:
    """Return the fixed candidates, and then each next one by what it adds."""
    state, chosen = _begin(sets, np.ones(len(sets.start) - 1, np.bool_)), np.empty(n_sites, np.int64)
    for q in range(len(fixed)):
        _open(fixed[q], q, chosen, sets, state)
    _fill(chosen, len(fixed), 0.0, sets, state)
    return chosen


@njit(cache=True)
def _kick(chosen: Ints, fixed: int, size: int, sets: CoverArrays, state: State) -> int:
    """Close `size` free sites, most of them near each other, and open as many by noisy gain."""
    p, work = len(chosen), 0
    site = chosen[fixed + np.random.randint(p - fixed)]
    for last in range(p - 1, p - 1 - size, -1):
        slot = state.slot[site]
        work += _close(site, sets, state)[0]
        if slot != last:
            chosen[slot] = chosen[last]
            state.slot[chosen[slot]] = slot
        if last > fixed:
            near = _near(site, sets, state) if np.random.random() < 0.8 else -1
            site = near if near >= 0 and state.slot[near] >= fixed else chosen[fixed + np.random.randint(last - fixed)]
    return work + 40 * size * size + _fill(chosen, p - size, 0.3, sets, state)


@njit(cache=True)
def _near(site: int, sets: CoverArrays, state: State) -> int:
    """Return an open site that shares demand with a chance neighbour of `site`, -1 when none is met."""
    if sets.start[site + 1] == sets.start[site]:
        return -1
    for _ in range(4):
        j = sets.member[np.random.randint(sets.start[site], sets.start[site + 1])]
        neighbour = sets.owner[np.random.randint(sets.back[j], sets.back[j + 1])]
        k = sets.member[np.random.randint(sets.start[neighbour], sets.start[neighbour + 1])]
        if state.times[k] > 0:
            for e in range(sets.back[k], sets.back[k + 1]):
                if state.slot[sets.owner[e]] >= 0:
                    return sets.owner[e]
    return -1


@njit(cache=True)
def _go_back(chosen: Ints, target: Ints, sets: CoverArrays, state: State) -> int:
    """Return to the plan `target`, touching only the sites that differ."""
    work = len(state.gain)
    wanted = np.zeros(len(state.gain), np.bool_)
    for site in target:
        wanted[site] = True
    for site in chosen:
        if not wanted[site]:
            work += _close(site, sets, state)[0]
    for q in range(len(target)):
        if state.slot[target[q]] == CLOSED:
            work += _open(target[q], q, chosen, sets, state)
        state.slot[target[q]] = q
    chosen[:] = target
    for site in chosen:
        state.dirty[site] = False
    return work


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
        stall = 0 if bound < best - 1e-4 * (best - lower) else stall + 1
        if bound < best:
            best = bound
            price[:] = here
        if stall > patience:
            theta *= 0.8
            stall = 0
        # steps that turn back on the last one are blunted by it (Camerini, Fratta and Maffioli 1975)
        back = (slope * way).sum()
        if back < 0.0:
            slope = slope - 1.5 * back / (way**2).sum() * way
        way = slope
        norm = (way**2).sum()
        if theta < 2e-3 or best - lower <= 1e-9 * max(1.0, lower) or norm == 0.0:
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

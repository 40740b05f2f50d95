"""Proofs for the p-median: Lagrangian bound, fixing by reduced cost, a program for what is left.

The rows "each place is served once" are priced with `price`; candidate i is then worth
``worth[i] = sum_j min(0, cost[i, j] - price[j])`` and the cheapest `n_sites` candidates give a lower bound
(Cornuejols, Fisher and Nemhauser 1977; Christofides and Beasley 1982).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.subgradient import gained, paced
from patrolgeo.solver import Solution, solve_milp

REDUCED_ENTRIES = 12_000  # assignments up to which HiGHS is asked; larger models are left to the tree
ROUNDS, PATIENCE = 1000, 20  # steps at the root, and of them without news before they get shorter
FREE, OPEN, CLOSED = 0, 1, -1


@inner
def _worth(cost: Floats, price: Floats, state: Array, worth: Floats) -> int:
    """Fill in the worth of every candidate that is not closed; return the cost entries read."""
    n, work = cost.shape[1], 0
    for i in range(len(cost)):
        if state[i] != CLOSED:
            row = cost[i]
            a, b, c, d = 0.0, 0.0, 0.0, 0.0  # four sums let the processor add side by side, always in the same order
            for j in range(0, n - 3, 4):
                a += min(0.0, row[j] - price[j])
                b += min(0.0, row[j + 1] - price[j + 1])
                c += min(0.0, row[j + 2] - price[j + 2])
                d += min(0.0, row[j + 3] - price[j + 3])
            for j in range(n - n % 4, n):
                a += min(0.0, row[j] - price[j])
            worth[i] = a + b + c + d
            work += n
    return work


@inner
def choose(worth: Floats, state: Array, n_sites: int) -> tuple[Ints, float, float]:
    """Return the open and the cheapest free candidates, the dearest free one chosen and the cheapest left out."""
    rank = np.where(state == FREE, worth, np.where(state == OPEN, -np.inf, np.inf))
    order = np.argsort(rank)
    last = worth[order[n_sites - 1]] if state[order[n_sites - 1]] == FREE else -np.inf
    first_out = np.inf
    if n_sites < len(order) and state[order[n_sites]] == FREE:
        first_out = worth[order[n_sites]]
    return order[:n_sites], last, first_out


@inner
def fix(worth: Floats, state: Array, chosen: Ints, bound: float, last: float, first_out: float, cut: float) -> int:
    """Close or open free candidates whose other choice would lift the bound above `cut`; return how many."""
    fixed = 0
    is_in = np.zeros(len(state), np.bool_)
    is_in[chosen] = True
    for i in range(len(state)):
        if state[i] == FREE:
            if not is_in[i] and bound + worth[i] - last > cut:
                state[i] = CLOSED
                fixed += 1
            elif is_in[i] and bound - worth[i] + first_out > cut:
                state[i] = OPEN
                fixed += 1
    return fixed


@inner
def _total(cost: Floats, chosen: Ints) -> float:
    total = 0.0
    for j in range(cost.shape[1]):
        least = np.inf
        for i in chosen:
            least = min(least, cost[i, j])
        total += least
    return total


@kernel
def ascend(cost: Floats, state: Array, price: Floats, best: Ints, best_value: float, step_below: float, rounds: int,
           patience: int, often: Floats) -> tuple[float, float, int]:  # fmt: skip
    """Raise the bound of one node by subgradient steps.

    `state` gets what is fixed on the way, `price` the best prices, `often` how often each candidate was chosen lately,
    `best` any better plan met. Returns the node's bound, the value of the best plan, and the work.
    """
    n_sites, m, n = len(best), len(cost), cost.shape[1]
    worth, here = np.zeros(m), price.copy()
    bound, theta, stall, work = -np.inf, 1.0, 0, 0
    slope = np.empty(n)
    for _ in range(rounds):
        if (state != CLOSED).sum() < n_sites or (state == OPEN).sum() > n_sites:
            return np.inf, best_value, work
        work += _worth(cost, here, state, worth)
        chosen, last, first_out = choose(worth, state, n_sites)
        value = here.sum() + worth[chosen].sum()
        often *= 0.85
        often[chosen] += 0.15
        longer = theta
        theta, stall = paced(theta, stall, gained(value, bound, best_value), patience - 1, 0.6)
        if value > bound:
            bound = value
            price[:] = here
            total = _total(cost, chosen)
            work += n * n_sites
            if total < best_value:
                best_value = total
                best[:] = chosen
        cut = best_value - step_below
        if bound > cut:
            return bound, best_value, work
        fix(worth, state, chosen, value, last, first_out, cut)
        if theta < longer:
            here[:] = price
        slope[:] = 1.0
        for i in chosen:
            for j in range(n):
                if cost[i, j] < here[j]:
                    slope[j] -= 1.0
        norm = (slope**2).sum()
        if norm == 0.0 or theta < 0.01:
            break
        here = np.maximum(0.0, here + theta * (best_value - value) / norm * slope)
    return bound, best_value, work


def median_bound(cost: Floats, n_sites: int, value: float) -> tuple[float, Floats]:
    """Return a lower bound of the p-median and the price of each place; `value` is that of any known plan."""
    state, price = np.full(len(cost), FREE, np.int8), first_price(cost)
    best, often = np.arange(n_sites), np.zeros(len(cost))
    # nothing is fixed, so that the prices rule out candidates for plans up to any value
    bound, least, _ = ascend(cost, state, price, best, value, -np.inf, ROUNDS, PATIENCE, often)
    return min(bound, least), price


def first_price(cost: Floats) -> Floats:
    """Return prices to begin with: the second lowest cost of each place."""
    return np.sort(cost, axis=0)[min(1, len(cost) - 1)].copy()


def solve_reduced(
    cost: Floats, state: Array, price: Floats, best: Ints, cut: float, time_limit: float, node_limit: int | None = None
) -> Solution | None:
    """Ask HiGHS for a plan below `cut` among what the reduced costs leave open; None when that is too large a model.

    An assignment stays when it is no dearer than the nearest open candidate and its reduced cost leaves room to `cut`.
    """
    left = np.flatnonzero(state != CLOSED)
    table, forced = cost[left], state[left] == OPEN
    reach = table[forced].min(axis=0) if forced.any() else np.full(cost.shape[1], np.inf)
    worth = np.minimum(0.0, table - price).sum(axis=1)
    order = np.sort(np.where(forced, -np.inf, worth))
    bound = price.sum() + worth[forced].sum() + order[forced.sum() : len(best)].sum()
    site, place = np.nonzero((table <= reach) & (table - price <= max(0.0, cut - bound)))
    if len(site) > REDUCED_ENTRIES:
        return None
    y, x, n = len(left), len(site), cost.shape[1]
    ones, row = np.ones(x), np.arange(x)
    served = sparse.csr_matrix((ones, (place, row)), shape=(n, x))
    opened = sparse.csr_matrix((ones, (row, site)), shape=(x, y))
    matrix = sparse.bmat(
        [[sparse.csr_matrix(np.ones((1, y))), None], [None, served], [opened, -sparse.identity(x)]], format="csr"
    )
    answer = solve_milp(
        np.r_[np.zeros(y), table[site, place]], matrix, np.r_[len(best), np.ones(n), np.zeros(x)],
        np.r_[len(best), np.ones(n), np.full(x, np.inf)], integer=np.r_[np.ones(y, bool), np.zeros(x, bool)],
        bounds=(np.r_[forced.astype(float), np.zeros(x)], 1.0), time_limit=time_limit, node_limit=node_limit, gap=0.0,
    )  # fmt: skip
    if answer.values is None:
        return answer
    return replace(answer, values=left[np.argsort(-answer.values[:y], kind="stable")[: len(best)]].astype(float))

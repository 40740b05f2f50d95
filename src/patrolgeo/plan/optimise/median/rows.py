"""The p-median by the candidates near each place: bound and search that read only what can matter.

A place is served by one of its nearest candidates in every good plan. What lies beyond a row of them (`Rows`) is never
read: a price stays at most at the `cap` of its place, so that candidates beyond it add nothing and the bound stays
valid; the search takes the `cap` for what it does not see.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.median.bound import CLOSED, choose, fix
from patrolgeo.plan.optimise.subgradient import blunted, gained, paced

LEAST_DEPTH, DEPTH = 30, 4  # candidates a place: at least so many, and so many times those a site
BLOCK = 2_000_000  # entries sorted at once
SHRINK, LEAST_THETA = 0.7, 2e-3


class Rows(NamedTuple):
    """Places by candidate, ``place[start[i]:start[i + 1]]``, and candidates by place, `owner`, the nearest first."""

    start: Array
    place: Array
    cost: Floats
    owner: Array  # places x depth
    near: Floats  # their costs
    cap: Floats  # what candidates that are not in the row of a place cost at least


class Served(NamedTuple):
    """For each place the slots of its nearest and second nearest site (-1: beyond its row), and their costs."""

    first: Ints
    second: Ints
    cost: Floats
    cost2: Floats


def rows_of(table: Floats, n_sites: int) -> Rows:
    """Return the candidates nearest to each place, several times as many as share a site."""
    m, n = table.shape
    depth = min(m, max(LEAST_DEPTH, DEPTH * m // n_sites))
    owner, near = np.empty((n, depth), np.int64), np.empty((n, depth))
    step = max(1, BLOCK // m)
    for a in range(0, n, step):
        part = np.ascontiguousarray(table[:, a : a + step].T)
        few = np.argpartition(part, depth - 1, axis=1)[:, :depth]
        few.sort(axis=1)  # equal costs stay in the order of the candidates
        order = np.argsort(np.take_along_axis(part, few, axis=1), axis=1, kind="stable")
        owner[a : a + step] = np.take_along_axis(few, order, axis=1)
        near[a : a + step] = np.take_along_axis(part, owner[a : a + step], axis=1)
    by_candidate = np.argsort(owner.ravel(), kind="stable")
    start = np.r_[0, np.cumsum(np.bincount(owner.ravel(), minlength=m))]
    cap = np.full(n, np.inf) if depth == m else near[:, -1].copy()
    return Rows(start, by_candidate // depth, near.ravel()[by_candidate], owner, near, cap)


@inner
def _worth(rows: Rows, price: Floats, state: Array, worth: Floats) -> None:
    for i in range(len(worth)):
        if state[i] != CLOSED:
            total = 0.0
            for t in range(rows.start[i], rows.start[i + 1]):
                total += min(0.0, rows.cost[t] - price[rows.place[t]])
            worth[i] = total


@inner
def _total(rows: Rows, chosen: Ints) -> float:
    """Return what a plan costs, infinite where a place is served from beyond its row."""
    least = np.full(len(rows.cap), np.inf)
    for i in chosen:
        for t in range(rows.start[i], rows.start[i + 1]):
            least[rows.place[t]] = min(least[rows.place[t]], rows.cost[t])
    return least.sum()


@kernel
def lift(rows: Rows, state: Array, price: Floats, best: Ints, best_value: float, step_below: float, theta: float,
         rounds: int, patience: int, often: Floats) -> tuple[float, float]:  # fmt: skip
    """Raise the bound of one node by subgradient steps.

    `state` gets what is fixed on the way, `price` the best prices, `often` how often each candidate was chosen lately,
    `best` any better plan met. Returns the node's bound and the value of the best plan.
    """
    n_sites, worth, bound, stall = len(best), np.zeros(len(state)), -np.inf, 0
    here, slope, way = np.minimum(price, rows.cap), np.empty(len(price)), np.zeros(len(price))
    for _ in range(rounds):
        if (state != CLOSED).sum() < n_sites or (state == 1).sum() > n_sites:
            return np.inf, best_value
        _worth(rows, here, state, worth)
        chosen, last, first_out = choose(worth, state, n_sites)
        value = here.sum() + worth[chosen].sum()
        often *= 0.9
        often[chosen] += 0.1
        longer = theta
        theta, stall = paced(theta, stall, gained(value, bound, best_value), patience, SHRINK)
        if value > bound:
            bound = value
            price[:] = here
            total = _total(rows, chosen)
            if total < best_value:
                best_value = total
                best[:] = chosen
        cut = best_value - step_below
        if bound > cut:
            return bound, best_value
        fix(worth, state, chosen, value, last, first_out, cut)
        if theta < longer:
            here[:] = price
        slope[:] = 1.0
        for i in chosen:
            for t in range(rows.start[i], rows.start[i + 1]):
                if rows.cost[t] < here[rows.place[t]]:
                    slope[rows.place[t]] -= 1.0
        way[:] = blunted(slope, way)
        norm = (way**2).sum()
        if norm == 0.0 or theta < LEAST_THETA:
            break
        here = np.minimum(rows.cap, np.maximum(0.0, here + theta * (best_value - value) / norm * way))
    return bound, best_value


@kernel
def greedy_near(rows: Rows, fixed: Ints, n_sites: int) -> Ints:
    """Return `n_sites` candidates, each the one that lowers the total most after those before it."""
    m = len(rows.start) - 1
    chosen, taken = np.empty(n_sites, np.int64), np.zeros(m, np.bool_)
    least = np.minimum(rows.cap, 2.0 * rows.near[:, -1] + 1.0)
    for q in range(n_sites):
        best, level = -1, -1.0
        if q < len(fixed):
            best = fixed[q]
        else:
            for i in range(m):
                if not taken[i]:
                    saved = 0.0
                    for t in range(rows.start[i], rows.start[i + 1]):
                        saved += max(0.0, least[rows.place[t]] - rows.cost[t])
                    if saved > level:
                        best, level = i, saved
        chosen[q] = best
        taken[best] = True
        for t in range(rows.start[best], rows.start[best + 1]):
            least[rows.place[t]] = min(least[rows.place[t]], rows.cost[t])
    return chosen


@inner
def _look_up(j: int, rows: Rows, slot: Ints, served: Served) -> None:
    served.first[j], served.second[j] = -1, -1
    served.cost[j], served.cost2[j] = rows.cap[j], rows.cap[j]
    for k in range(rows.owner.shape[1]):
        q = slot[rows.owner[j, k]]
        if q >= 0:
            if served.first[j] >= 0:
                served.second[j], served.cost2[j] = q, rows.near[j, k]
                break
            served.first[j], served.cost[j] = q, rows.near[j, k]


@inner
def _replace(q: int, new: int, rows: Rows, chosen: Ints, slot: Ints, served: Served) -> None:
    """Put candidate `new` into slot `q`; look again at the places of the old one and of the new one."""
    old = chosen[q]
    slot[old], slot[new] = -1, q
    chosen[q] = new
    for i in (old, new):
        for t in range(rows.start[i], rows.start[i + 1]):
            if rows.cost[t] <= served.cost2[rows.place[t]]:
                _look_up(rows.place[t], rows, slot, served)


@inner
def _losses(served: Served, losses: Floats) -> None:
    losses[:] = 0.0
    for j in range(len(served.cost)):
        if served.first[j] >= 0:
            losses[served.first[j]] += served.cost2[j] - served.cost[j]


@inner
def _leaver(new: int, rows: Rows, served: Served, fixed: int, base: Floats, losses: Floats) -> tuple[int, float]:
    """Return the slot to give up for candidate `new`, and the change of the total (Whitaker 1983)."""
    saved = 0.0
    losses[:] = base
    for t in range(rows.start[new], rows.start[new + 1]):
        j, cost = rows.place[t], rows.cost[t]
        if cost < served.cost2[j]:
            if cost < served.cost[j]:
                saved += served.cost[j] - cost
            if served.first[j] >= 0:
                losses[served.first[j]] -= served.cost2[j] - max(cost, served.cost[j])
    slot = fixed + int(np.argmin(losses[fixed:]))
    return slot, float(losses[slot] - saved)


@inner
def _interchange(rows: Rows, chosen: Ints, slot: Ints, served: Served, fixed: int, begin: int) -> int:
    """Swap one site for one candidate while that lowers the total; return the entries read."""
    m, work, still, i = len(slot), 0, 0, begin
    base, losses = np.zeros(len(chosen)), np.zeros(len(chosen))
    tiny = 1e-10 * served.cost.sum()
    _losses(served, base)
    while still < m:
        if slot[i] < 0:
            q, change = _leaver(i, rows, served, fixed, base, losses)
            work += rows.start[i + 1] - rows.start[i] + len(chosen)
            if change < -tiny:
                _replace(q, i, rows, chosen, slot, served)
                _losses(served, base)
                work += len(rows.cap)
                still = 0
        still += 1
        i = i + 1 if i + 1 < m else 0
    return work


@inner
def _kick(rows: Rows, chosen: Ints, slot: Ints, served: Served, fixed: int) -> None:
    """Replace a few free sites around a chance place by chance candidates of its surroundings."""
    j = np.random.randint(len(rows.cap))
    size, depth, k = 1 + np.random.randint(5), rows.owner.shape[1], 0
    while size > 0 and k < depth:
        q = slot[rows.owner[j, k]]
        k += 1
        if q >= fixed:
            new = rows.owner[j, np.random.randint(depth)]
            if slot[new] < 0:
                _replace(q, new, rows, chosen, slot, served)
                size -= 1


@kernel
def improve(rows: Rows, known: Ints, fixed: int, budget: int, seed: int) -> Ints:
    """Improve the plan `known` (its first `fixed` sites stay) by swaps and kicks until `budget` entries were read."""
    np.random.seed(seed)
    m, n = len(rows.start) - 1, len(rows.cap)
    chosen, slot = known.copy(), np.full(m, -1, np.int64)
    slot[chosen] = np.arange(len(chosen))
    served = Served(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.empty(n))
    for j in range(n):
        _look_up(j, rows, slot, served)
    work = _interchange(rows, chosen, slot, served, fixed, 0)
    best, best_value = chosen.copy(), served.cost.sum()
    current, current_value = chosen.copy(), best_value
    while work < budget and fixed < len(chosen):
        _kick(rows, chosen, slot, served, fixed)
        work += _interchange(rows, chosen, slot, served, fixed, np.random.randint(m)) + n
        value = served.cost.sum()
        if value < best_value * (1.0 - 1e-10):
            best_value = value
            best[:] = chosen
        if value <= max(current_value, best_value * (1.0 + 0.003 * np.random.random() ** 3)):
            current_value = value
            current[:] = chosen
        else:
            slot[chosen] = -1
            chosen[:] = current
            slot[chosen] = np.arange(len(chosen))
            for j in range(n):
                _look_up(j, rows, slot, served)
    return best

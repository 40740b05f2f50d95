"""What no plan that keeps the rules can be worth more than: Lagrangian prices by place and by rule."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.constrained.search import Arrays, Limits, begin, go_to, value_of
from patrolgeo.plan.optimise.subgradient import blunted, gained, paced


class Prices(NamedTuple):
    """Prices of places and tolls of rules; what they leave of each candidate, how much of it is taken, the slopes."""

    price: Floats
    toll: Floats
    net: Floats
    taken: Floats
    slope: Floats
    pull: Floats


@kernel
def bound(worth: Arrays, limits: Limits, fixed: Bools, plan: Bools, rounds: int) -> tuple[float, Bools]:
    """Upper bound of the worth of any plan by subgradient steps, and the candidates a better plan may still open.

    Being served is priced by place, using up a rule by row; what is left is a choice of the `n_sites` (row 0)
    candidates with the largest surplus, which also rules out those whose surplus is too small (reduced cost).
    """
    m, places, rows = len(fixed), len(worth.back) - 1, len(limits.limit)
    state = begin(worth, limits)
    go_to(plan, worth, limits, state)
    value, top, shared = value_of(worth, state), np.zeros(places), _shared(limits)
    p = Prices(np.zeros(places), np.zeros(rows), np.zeros(m), np.zeros(m), np.zeros(places), np.zeros(rows))
    for j in range(places):
        p.price[j] = 0.5 * (state.one[j] + state.two[j])
        for e in range(worth.back[j], worth.back[j + 1]):
            top[j] = max(top[j], worth.level[e])
    best, theta, stall = np.inf, 1.0, 0
    left, way = np.ones(m, np.bool_), np.zeros(places)
    for _ in range(rounds):
        total, last = _look(worth, limits, fixed, shared, top, p)
        theta, stall = paced(theta, stall, gained(total, best, value), 20, 0.85)
        best = min(best, total)
        for i in range(m):
            if not fixed[i] and total + min(0.0, p.net[i] - last) < value:
                left[i] = False
        if theta < 1e-3 or best <= value or not _step(theta * (total - value), shared, top, way, p):
            break
    return max(best, value), left


@inner
def _shared(limits: Limits) -> Ints:
    """Return the rows that many candidates use up, a budget or a kind; not the count, not pairs."""
    users = np.zeros(len(limits.limit), np.int64)
    for r in limits.row:
        users[r] += 1
    users[0] = 0
    return np.flatnonzero(users > 2)


@inner
def _step(length: float, shared: Ints, top: Floats, way: Floats, p: Prices) -> bool:
    """Move prices and the tolls of pairs against the slopes; False when there is no way to go."""
    way[:] = blunted(p.slope, way)
    norm = (way**2).sum()
    p.pull[0] = 0.0
    for r in shared:
        p.pull[r] = 0.0
    for r in range(len(p.pull)):
        norm += p.pull[r] * p.pull[r]
    if norm == 0.0:
        return False
    for j in range(len(way)):
        p.price[j] = min(top[j], max(0.0, p.price[j] - length / norm * way[j]))
    for r in range(len(p.pull)):
        if p.pull[r] != 0.0:
            p.toll[r] = max(0.0, p.toll[r] - length / norm * p.pull[r])
    return True


@inner
def _look(worth: Arrays, limits: Limits, fixed: Bools, shared: Ints, top: Floats, p: Prices) -> tuple[float, float]:
    """Set the tolls of shared rows and fill in the slopes; return the bound and the least surplus that is taken."""
    most = int(limits.limit[0])
    _set_net(worth, limits, shared, p)
    for r in shared:
        _set_toll(r, limits, fixed, p)
    total = 0.0
    for r in range(1, len(p.toll)):
        p.pull[r] = limits.limit[r]
        total += p.toll[r] * limits.limit[r]
    for j in range(len(top)):
        again = max(0.0, p.price[j] - (1.0 - worth.second) * top[j]) if worth.second > 0.0 else 0.0
        p.slope[j] = 2.0 if again > 0.0 else 1.0
        total += p.price[j] + again
    count, last = 0, 0.0
    for i in np.argsort(-np.where(fixed, np.inf, p.net))[:most]:
        if not fixed[i] and p.net[i] < 0.0:
            break
        count += 1
        last = 0.0 if fixed[i] else p.net[i]
        total += p.net[i]
        _take(i, worth, limits, p)
    _stay(top, p)
    return total, last if count == most else 0.0


@inner
def _set_net(worth: Arrays, limits: Limits, shared: Ints, p: Prices) -> None:
    """Fill in what prices and the tolls of pairs leave of each candidate."""
    for r in shared:
        p.toll[r] = 0.0
    for i in range(len(p.net)):
        p.net[i], p.taken[i] = 0.0, 1.0
        for t in range(worth.start[i], worth.start[i + 1]):
            p.net[i] += max(0.0, worth.value[t] - p.price[worth.place[t]])
        for t in range(limits.start[i], limits.start[i + 1]):
            p.net[i] -= p.toll[limits.row[t]] * limits.weight[t]


@inner
def _stay(top: Floats, p: Prices) -> None:
    """Level the slopes where prices and tolls are at their ends."""
    for j in range(len(top)):
        if (p.price[j] <= 0.0 and p.slope[j] > 0.0) or (p.price[j] >= top[j] and p.slope[j] < 0.0):
            p.slope[j] = 0.0
    for r in range(len(p.toll)):
        if p.toll[r] <= 0.0 and p.pull[r] > 0.0:
            p.pull[r] = 0.0


@inner
def _take(i: int, worth: Arrays, limits: Limits, p: Prices) -> None:
    """Put a candidate (or the part of it that is taken) into the slopes."""
    for t in range(worth.start[i], worth.start[i + 1]):
        if worth.value[t] > p.price[worth.place[t]]:
            p.slope[worth.place[t]] -= p.taken[i]
    for t in range(limits.start[i], limits.start[i + 1]):
        p.pull[limits.row[t]] -= p.taken[i] * limits.weight[t]


@inner
def _set_toll(r: int, limits: Limits, fixed: Bools, p: Prices) -> None:
    """Set the toll of a row so that what still gains just uses it up; of the candidate on the edge only a part."""
    m = len(p.net)
    use, ratio = np.zeros(m), np.zeros(m)
    left = limits.limit[r]
    for i in range(m):
        for t in range(limits.start[i], limits.start[i + 1]):
            if limits.row[t] == r:
                use[i] = limits.weight[t]
        if fixed[i]:
            left -= use[i]
        elif use[i] > 0.0 and p.net[i] > 0.0:
            ratio[i] = p.net[i] / use[i]
    edge = -1
    for i in np.argsort(-ratio):
        if ratio[i] <= 0.0:
            return
        if use[i] > left:
            edge = i
            break
        left -= use[i]
    if edge >= 0:
        p.toll[r] = ratio[edge]
        p.taken[edge] = left / use[edge]
        for i in range(m):
            p.net[i] -= p.toll[r] * use[i]
        p.net[edge] = 0.0

"""The best plan of few visits, by dynamic programming over their subsets (Bellman 1962, Held and Karp 1962)."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.compiled import kernel
from patrolgeo.plan.optimise.routes.moves import LIMIT, put_in
from patrolgeo.plan.optimise.routes.visits import Tours, Visits, empty_tours

MOST_VISITS = 12
NEVER = 1e18


@kernel
def subsets(v: Visits, k: int) -> tuple[Floats, Ints, Ints]:
    """Return by subset the earliest end of a route of a unit through it, its last visit, and the one before each last.

    Coming earlier is never worse, so that of all orders with one last visit only the earliest counts.
    """
    n, units = len(v.group), len(v.kind)
    way, begin, end = v.travel[v.kind[k]], n + k, n + units + k
    at, before = np.full((1 << n, n), NEVER), np.full((1 << n, n), -1)
    done, last = np.full(1 << n, NEVER), np.full(1 << n, -1)
    done[0] = v.early[begin]
    for made in range(1, 1 << n):
        load = 0.0
        for i in range(n):
            load += v.load[i] if made >> i & 1 else 0.0
        if load > v.room[k] * (1 + LIMIT):
            continue
        for i in range(n):
            if not made >> i & 1 or not v.able[k, i]:
                continue
            rest = made & ~(1 << i)
            if rest == 0:
                at[made, i] = max(v.early[i], v.early[begin] + way[v.spot[begin], v.spot[i]])
            for j in range(n):
                if rest >> j & 1:
                    come = max(v.early[i], at[rest, j] + v.stay[j] + way[v.spot[j], v.spot[i]])
                    if come < at[made, i]:
                        at[made, i], before[made, i] = come, j
            if at[made, i] > v.late[i] + LIMIT:
                at[made, i] = NEVER
            back = at[made, i] + v.stay[i] + way[v.spot[i], v.spot[end]]
            if back <= v.late[end] + LIMIT and back < done[made]:
                done[made], last[made] = back, i
    return done, last, before


@kernel
def share_out(done: Floats, begin: Floats) -> tuple[Floats, Ints]:
    """Return by unit and subset the least time in which the first units make it together, and what the last makes."""
    units, size = done.shape
    least, part = np.full((units + 1, size), NEVER), np.zeros((units + 1, size), np.int64)
    least[0, 0] = 0.0
    for k in range(units):
        for made in range(size):
            sub = made
            while True:
                total = least[k, made ^ sub] + done[k, sub] - begin[k]
                if total < least[k + 1, made]:
                    least[k + 1, made], part[k + 1, made] = total, sub
                if sub == 0:
                    break
                sub = (sub - 1) & made
    return least, part


def best_plan(v: Visits) -> Tours:
    """Return the plan of most worth, of those the one that takes least time."""
    n, units = len(v.group), len(v.kind)
    found = [subsets(v, k) for k in range(units)]
    done = np.array([ends for ends, _, _ in found])
    least, part = share_out(done, v.early[n : n + units])
    worth = _worth(v)
    worth[least[units] >= NEVER / 2] = -np.inf
    best = int(np.lexsort((least[units], -worth))[0])
    tours = empty_tours(v)
    for k in range(units - 1, -1, -1):
        for i in _order(int(part[k + 1, best]), *found[k][1:]):
            put_in(v, tours, k, 1, i)
        best ^= int(part[k + 1, best])
    return tours


def _worth(v: Visits) -> Floats:
    """Return the worth of each subset; visits beyond what their group pays for make it worthless."""
    n, times = len(v.group), v.worth.shape[1]
    members: Bools = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)
    total = np.zeros(1 << n)
    for g in range(len(v.worth)):
        counted = members[:, v.group == g].sum(axis=1)
        paid = np.r_[0.0, np.cumsum(v.worth[g])]
        total += np.where(counted <= times, paid[np.minimum(counted, times)], -np.inf)
        total[(counted > 0) & (v.worth[g, np.clip(counted, 1, times) - 1] <= 0)] = -np.inf
    return total


def _order(made: int, last: Ints, before: Ints) -> list[int]:
    """Return the visits of a subset from the last to the first."""
    order, i = [], int(last[made])
    while i >= 0:
        order.append(i)
        made, i = made & ~(1 << i), int(before[made, i])
    return order

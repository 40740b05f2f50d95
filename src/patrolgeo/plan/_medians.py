"""Good sets of centres for a cost table: vertex substitution from many starts (Teitz, Bart 1968; Whitaker 1983)."""

import numpy as np
from numba import njit

from patrolgeo._typing import Floats, Ints

KICKED = 3  # centres replaced by a kick
BOUND_STEPS = 300


@njit(cache=True)
def _two_nearest(cost, centers, first, second):  # type: ignore[no-untyped-def]
    for i in range(cost.shape[1]):
        a, b = -1, -1
        for s in range(len(centers)):
            c = cost[centers[s], i]
            if a < 0 or c < cost[centers[a], i]:
                a, b = s, a
            elif b < 0 or c < cost[centers[b], i]:
                b = s
        first[i], second[i] = a, b


@njit(cache=True)
def substitute(cost, centers):  # type: ignore[no-untyped-def]
    """Swap one centre at a time, in place, for the candidate that saves most, until none saves; return the cost."""
    m, n = cost.shape
    k = len(centers)
    first, second = np.empty(n, np.int64), np.empty(n, np.int64)
    loss = np.empty(k)
    used = np.zeros(m, np.bool_)
    used[centers] = True
    while True:
        _two_nearest(cost, centers, first, second)
        total = 0.0
        for i in range(n):
            total += cost[centers[first[i]], i]
        best, out, into = -1e-9 * abs(total), -1, -1
        for f in range(m):
            if used[f]:
                continue
            gain = 0.0
            loss[:] = 0.0
            for i in range(n):
                now, new = cost[centers[first[i]], i], cost[f, i]
                if new < now:
                    gain += now - new
                else:
                    other = cost[centers[second[i]], i] if second[i] >= 0 else np.inf
                    loss[first[i]] += min(other, new) - now
            s = int(np.argmin(loss))
            if loss[s] - gain < best:
                best, out, into = loss[s] - gain, s, f
        if out < 0:
            return total
        used[centers[out]], used[into] = False, True
        centers[out] = into


def median_sets(cost: Floats, n_areas: int, n_starts: int, seed: int, keep: int) -> list[tuple[float, Ints]]:
    """Return the best different sets of centres and their costs, cheapest first.

    Half of the starts are random, the others kick a few centres out of the best set known.
    """
    draw = np.random.default_rng(seed)
    found: dict[tuple[int, ...], float] = {}
    for start in range(n_starts):
        if start < n_starts // 2 or n_areas == 1:
            centers = draw.choice(len(cost), n_areas, replace=False)
        else:
            centers = _kick(np.array(min(found, key=lambda s: found[s])), len(cost), draw)
        total = substitute(cost, centers)
        found[tuple(np.sort(centers).tolist())] = float(total)
    best = sorted(found, key=lambda s: (found[s], s))[:keep]
    return [(found[s], np.array(s)) for s in best]


def _kick(centers: Ints, n: int, draw: np.random.Generator) -> Ints:
    out = draw.choice(len(centers), min(KICKED, len(centers)), replace=False)
    free = np.setdiff1d(np.arange(n), centers)
    centers[out[: len(free)]] = draw.choice(free, min(len(out), len(free)), replace=False)
    return centers


def median_bound(cost: Floats, n_areas: int, value: float) -> tuple[float, Floats]:
    """Return a proven lower bound of the p-median and the price of each unit (Lagrangian relaxation).

    `value` is the cost of a known plan and sets the length of the steps.
    """
    price = np.sort(cost, axis=0)[: max(2, min(len(cost), n_areas))].mean(axis=0)
    best, best_price, scale, idle = -np.inf, price, 1.0, 0
    for _ in range(BOUND_STEPS):
        saving = np.minimum(cost - price, 0.0)
        worth = saving.sum(axis=1)
        chosen = np.argpartition(worth, n_areas - 1)[:n_areas]
        bound = price.sum() + worth[chosen].sum()
        idle = 0 if bound > best * (1 + 1e-7) else idle + 1
        if bound > best:
            best, best_price = float(bound), price
        if idle == 10:
            scale, idle = scale / 2, 0
        slope = 1.0 - (cost[chosen] < price).sum(axis=0)
        size = slope @ slope
        if size == 0 or scale < 1e-3:
            break
        price = price + scale * max(value - bound, 1e-9 * abs(value)) / size * slope
    return min(best, value), best_price

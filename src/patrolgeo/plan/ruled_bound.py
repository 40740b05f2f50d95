"""What no plan that keeps the rules can be worth more than: Lagrangian prices by place and by rule."""

from __future__ import annotations

import numpy as np
from numba import njit

from patrolgeo._typing import Bools, Floats
from patrolgeo.plan.ruled_search import Arrays, Limits, State, go_to, value_of


@njit(cache=True)
def bound(worth: Arrays, limits: Limits, fixed: Bools, plan: Bools, rounds: int) -> tuple[float, Bools]:
    """Upper bound of the worth of any plan by subgradient steps, and the candidates a better plan may still open.

    Being served is priced by place, using up a rule by row; what is left is a choice of the `n_sites` (row 0)
    candidates with the largest surplus, which also rules out those whose surplus is too small (reduced cost).
    """
    m, places = len(fixed), len(worth.back) - 1
    state = State(np.zeros(m, np.bool_), np.zeros(len(limits.limit)), np.zeros(places), np.zeros(places))
    go_to(plan, worth, limits, state)
    value = value_of(worth, state)
    top = np.zeros(places)
    for j in range(places):
        for e in range(worth.back[j], worth.back[j + 1]):
            top[j] = max(top[j], worth.level[e])
    price, toll = 0.5 * (state.one + state.two), np.zeros(len(limits.limit))
    best, theta, stall = np.inf, 1.0, 0
    best_price, best_toll = price.copy(), toll.copy()
    left = np.ones(m, np.bool_)
    heavy = max(1.0, len(worth.place) / m)  # a row is used by whole sites, a place by one entry: longer steps for rows
    for _ in range(rounds):
        total, slope, pull, surplus, last = _priced(worth, limits, fixed, price, toll, top)
        stall = 0 if total < best - 1e-4 * (best - value) else stall + 1
        if total < best:
            best = total
            best_price[:], best_toll[:] = price, toll
        for i in range(m):
            if not fixed[i] and total + min(0.0, surplus[i] - last) < value:
                left[i] = False
        if stall > 15:
            theta, stall = 0.7 * theta, 0
            price[:], toll[:] = best_price, best_toll
        norm = (slope**2).sum() + heavy * (pull**2).sum()
        if norm == 0.0 or theta < 1e-3 or best <= value:
            break
        step = theta * (total - value) / norm
        price = np.minimum(top, np.maximum(0.0, price - step * slope))
        toll = np.maximum(0.0, toll - step * heavy * pull)
    return max(best, value), left


@njit(cache=True)
def _priced(
    worth: Arrays, limits: Limits, fixed: Bools, price: Floats, toll: Floats, top: Floats
) -> tuple[float, Floats, Floats, Floats, float]:
    """Return the bound at these prices, its slopes by place and row, the surplus of candidates, the least chosen."""
    m = len(fixed)
    surplus = np.zeros(m)
    for i in range(m):
        for t in range(worth.start[i], worth.start[i + 1]):
            surplus[i] += max(0.0, worth.value[t] - price[worth.place[t]])
        for t in range(limits.start[i], limits.start[i + 1]):
            surplus[i] -= toll[limits.row[t]] * limits.weight[t]
    again = np.maximum(0.0, price - (1.0 - worth.second) * top) if worth.second > 0.0 else np.zeros(len(price))
    total = price.sum() + again.sum() + (toll[1:] * limits.limit[1:]).sum()
    slope, pull = 1.0 + np.where(again > 0.0, 1.0, 0.0), limits.limit.copy()
    pull[0] = 0.0
    rank = np.where(fixed, np.inf, surplus)
    order, taken, most, last = np.argsort(-rank), 0, int(limits.limit[0]), 0.0
    for i in order[:most]:
        if not fixed[i] and surplus[i] <= 0.0:
            break
        taken += 1
        total += surplus[i]
        last = 0.0 if fixed[i] else surplus[i]
        for t in range(worth.start[i], worth.start[i + 1]):
            if worth.value[t] > price[worth.place[t]]:
                slope[worth.place[t]] -= 1.0
        for t in range(limits.start[i], limits.start[i + 1]):
            if limits.row[t] > 0:
                pull[limits.row[t]] -= limits.weight[t]
    at_end = ((price <= 0.0) & (slope > 0.0)) | ((price >= top) & (slope < 0.0))
    slope = np.where(at_end, 0.0, slope)
    pull = np.where((toll <= 0.0) & (pull > 0.0), 0.0, pull)
    return total, slope, pull, surplus, last if taken == most else 0.0

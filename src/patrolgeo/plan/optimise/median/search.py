"""The p-median on arrays: interchange with kicks for plans, Lagrangian branch and bound for proofs.

`cost` is everywhere the weighted cost, candidates x demand, finite.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.compiled import inner, kernel


class Nearest(NamedTuple):
    """For each demand place the slots of its nearest and second nearest site, and their costs."""

    first: Ints
    second: Ints
    cost: Floats
    cost2: Floats


@kernel
def greedy(cost: Floats, fixed: Ints, n_sites: int) -> Ints:
    """Return `n_sites` candidates, each the one that lowers the total most after those before it."""
    chosen = np.empty(n_sites, np.int64)
    chosen[: len(fixed)] = fixed
    taken = np.zeros(len(cost), np.bool_)
    taken[fixed] = True
    least = np.full(cost.shape[1], np.inf)
    for i in fixed:
        least = np.minimum(least, cost[i])
    for q in range(len(fixed), n_sites):
        best, level = -1, np.inf
        for i in range(len(cost)):
            if not taken[i]:
                total = 0.0
                for j in range(cost.shape[1]):
                    total += min(cost[i, j], least[j])
                if total < level:
                    best, level = i, total
        chosen[q] = best
        taken[best] = True
        least = np.minimum(least, cost[best])
    return chosen


@inner
def _look_up(j: int, cost: Floats, chosen: Ints, near: Nearest) -> None:
    near.cost[j], near.cost2[j] = np.inf, np.inf
    near.first[j], near.second[j] = -1, -1
    for q in range(len(chosen)):
        value = cost[chosen[q], j]
        if value < near.cost[j]:
            near.second[j], near.cost2[j] = near.first[j], near.cost[j]
            near.first[j], near.cost[j] = q, value
        elif value < near.cost2[j]:
            near.second[j], near.cost2[j] = q, value


@inner
def _nearest(cost: Floats, chosen: Ints) -> Nearest:
    n = cost.shape[1]
    near = Nearest(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.empty(n))
    for j in range(n):
        _look_up(j, cost, chosen, near)
    return near


@inner
def _replace(slot: int, new: int, cost: Floats, chosen: Ints, near: Nearest) -> None:
    """Put candidate `new` into `slot` and keep the nearest and second nearest right."""
    chosen[slot] = new
    for j in range(cost.shape[1]):
        if near.first[j] == slot or near.second[j] == slot:
            _look_up(j, cost, chosen, near)
        elif cost[new, j] < near.cost[j]:
            near.second[j], near.cost2[j] = near.first[j], near.cost[j]
            near.first[j], near.cost[j] = slot, cost[new, j]
        elif cost[new, j] < near.cost2[j]:
            near.second[j], near.cost2[j] = slot, cost[new, j]


@inner
def _best_leaver(new: int, cost: Floats, near: Nearest, fixed: int, loss: Floats) -> tuple[int, float]:
    """Return the slot to give up for candidate `new`, and the change of the total (Whitaker 1983)."""
    saved = 0.0
    row = cost[new]
    for j in range(len(row)):
        if row[j] < near.cost2[j]:
            if row[j] < near.cost[j]:
                saved += near.cost[j] - row[j]
                loss[near.first[j]] -= near.cost2[j] - near.cost[j]
            else:
                loss[near.first[j]] -= near.cost2[j] - row[j]
    slot = fixed
    for q in range(fixed, len(loss)):
        if loss[q] < loss[slot]:
            slot = q
    return slot, loss[slot] - saved


@inner
def _base_loss(near: Nearest, loss: Floats) -> None:
    loss[:] = 0.0
    for j in range(len(near.cost)):
        loss[near.first[j]] += near.cost2[j] - near.cost[j]


@inner
def _cheapest(cost: Floats) -> int:
    """Return the candidate that serves everybody alone at the lowest total."""
    best, level = 0, np.inf
    for i in range(len(cost)):
        total = cost[i].sum()
        if total < level:
            best, level = i, total
    return best


@inner
def interchange(cost: Floats, chosen: Ints, near: Nearest, fixed: int, begin: int) -> int:
    """Swap one site for one candidate while that lowers the total; return how many candidates were tried."""
    m, tried, still, i = len(cost), 0, 0, begin
    if fixed == len(chosen):
        return 0
    if len(chosen) == 1:  # nothing is second nearest: every candidate is weighed alone
        _replace(0, _cheapest(cost), cost, chosen, near)
        return m
    base, loss = np.zeros(len(chosen)), np.zeros(len(chosen))
    is_open = np.zeros(m, np.bool_)
    is_open[chosen] = True
    tiny = 1e-10 * near.cost.sum()
    _base_loss(near, base)
    while still < m:
        if not is_open[i]:
            loss[:] = base
            slot, change = _best_leaver(i, cost, near, fixed, loss)
            tried += 1
            if change < -tiny:
                is_open[chosen[slot]] = False
                is_open[i] = True
                _replace(slot, i, cost, chosen, near)
                _base_loss(near, base)
                still = 0
        still += 1
        i = i + 1 if i + 1 < m else 0
    return tried


@inner
def _kick(cost: Floats, chosen: Ints, near: Nearest, fixed: int, size: int) -> None:
    """Replace the `size` free sites nearest to a chance place by chance candidates of its surroundings."""
    j = np.random.randint(cost.shape[1])
    is_open = np.zeros(len(cost), np.bool_)
    is_open[chosen] = True
    around = np.argsort(cost[:, j])
    width, found = min(len(cost), 8 * size + 3 * len(cost) // len(chosen)), 0
    slots = fixed + np.argsort(cost[chosen[fixed:], j])[:size]
    for slot in slots:
        for _ in range(20):
            new = around[np.random.randint(width)]
            if not is_open[new]:
                is_open[new] = True
                _replace(slot, new, cost, chosen, near)
                found += 1
                break


@inner
def _keep(plan: Ints, value: float, sets: Ints, values: Floats) -> None:
    """Put a plan among the best different ones, cheapest first; the dearest drops out."""
    at = len(values)
    for q in range(len(values) - 1, -1, -1):
        if value <= values[q]:
            at = q
    members = np.sort(plan)
    for q in range(at, len(values)):  # plans of equal value follow each other
        if values[q] > value:
            break
        if (np.sort(sets[q]) == members).all():
            return
    for q in range(len(values) - 1, at, -1):
        values[q] = values[q - 1]
        sets[q] = sets[q - 1]
    if at < len(values):
        values[at] = value
        sets[at] = plan


@kernel
def search(cost: Floats, known: Ints, fixed: int, budget: int, seed: int, keep: int = 1) -> tuple[Ints, Floats]:
    """Improve the plan `known` (its first `fixed` sites stay) until `budget` cost entries were read; deterministic.

    Returns the best different plans met, at most `keep`, and their values, cheapest first.
    """
    np.random.seed(seed)
    m, n = cost.shape
    chosen = known.copy()
    near = _nearest(cost, chosen)
    work = n * interchange(cost, chosen, near, fixed, 0)
    current, current_value = chosen.copy(), near.cost.sum()
    sets, values = np.zeros((keep, len(chosen)), np.int64), np.full(keep, np.inf)
    _keep(chosen, current_value, sets, values)
    free = len(chosen) - fixed
    while work < budget and n > 0 and free > 0 and 1 < len(chosen) < m:
        _kick(cost, chosen, near, fixed, min(free, 1 + np.random.randint(min(6, max(2, free // 2)))))
        work += n * (interchange(cost, chosen, near, fixed, np.random.randint(m)) + 20)
        value = near.cost.sum()
        _keep(chosen, value, sets, values)
        if value <= max(current_value, values[0] * (1.0 + 0.003 * np.random.random() ** 3)):
            current_value = value
            current[:] = chosen
        else:
            chosen[:] = current
            near = _nearest(cost, chosen)
            work += n * len(chosen)
    met = np.isfinite(values).sum()
    return sets[:met], values[:met]

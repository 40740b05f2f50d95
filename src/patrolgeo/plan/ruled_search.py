"""Search for plans that keep rules: greedy filling, then tearing down and filling up again, on plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from patrolgeo._typing import Array, Bools, Floats

SLACK = 0.002  # how much worse than the best a plan may be to go on from


class Arrays(NamedTuple):
    """Worths by candidate (``place[start[i]:start[i + 1]]``) and by place; what a second site counts for."""

    start: Array
    place: Array
    value: Floats
    back: Array
    owner: Array
    level: Floats
    second: float


class Limits(NamedTuple):
    """Rules by candidate (``row[start[i]:start[i + 1]]``), the limit of each row, the cost of each candidate."""

    start: Array
    row: Array
    weight: Floats
    limit: Floats
    price: Floats


class State(NamedTuple):
    """A plan in the making: what is open, used of each row, and the two best worths at each place."""

    is_open: Bools
    load: Floats
    one: Floats
    two: Floats


@njit(cache=True)
def _gain(i: int, worth: Arrays, state: State) -> float:
    total = 0.0
    for t in range(worth.start[i], worth.start[i + 1]):
        j, v = worth.place[t], worth.value[t]
        if v > state.one[j]:
            total += v - state.one[j] + worth.second * (state.one[j] - state.two[j])
        elif v > state.two[j]:
            total += worth.second * (v - state.two[j])
    return total


@njit(cache=True)
def _fits(i: int, limits: Limits, state: State) -> bool:
    for t in range(limits.start[i], limits.start[i + 1]):
        if state.load[limits.row[t]] + limits.weight[t] > limits.limit[limits.row[t]]:
            return False
    return True


@njit(cache=True)
def _open(i: int, worth: Arrays, limits: Limits, state: State) -> int:
    state.is_open[i] = True
    for t in range(limits.start[i], limits.start[i + 1]):
        state.load[limits.row[t]] += limits.weight[t]
    for t in range(worth.start[i], worth.start[i + 1]):
        j, v = worth.place[t], worth.value[t]
        if v > state.one[j]:
            state.two[j], state.one[j] = state.one[j], v
        elif v > state.two[j]:
            state.two[j] = v
    return worth.start[i + 1] - worth.start[i]


@njit(cache=True)
def _close(i: int, worth: Arrays, limits: Limits, state: State) -> int:
    state.is_open[i] = False
    work = worth.start[i + 1] - worth.start[i]
    for t in range(limits.start[i], limits.start[i + 1]):
        state.load[limits.row[t]] -= limits.weight[t]
    for t in range(worth.start[i], worth.start[i + 1]):
        j = worth.place[t]
        if worth.value[t] >= state.two[j]:
            one, two = 0.0, 0.0
            for e in range(worth.back[j], worth.back[j + 1]):
                v = worth.level[e]
                if v > two and state.is_open[worth.owner[e]]:
                    one, two = (v, one) if v > one else (one, v)
            state.one[j], state.two[j] = one, two
            work += worth.back[j + 1] - worth.back[j]
    return work


@njit(cache=True)
def _fill(worth: Arrays, limits: Limits, state: State, power: float, noise: float, tiny: float) -> int:
    """Open what gains most for its price to the `power` until nothing fits or gains.

    Gains only fall while sites open, so a gain is computed anew only when it leads.
    """
    m, work = len(state.is_open), 0
    hope, fresh = np.full(m, np.inf), np.full(m, -1)
    factor = np.ones(m)
    for i in range(m):
        if power > 0.0:
            factor[i] = (limits.price[i] + 1e-6) ** -power
        if noise > 0.0:
            factor[i] *= 1.0 - noise * np.random.random()
    step = 0
    while True:
        best = -1
        for i in range(m):
            leads = best < 0 or hope[i] > hope[best]
            if leads and hope[i] > 0.0 and not state.is_open[i] and _fits(i, limits, state):
                best = i
        work += m
        if best < 0:
            return work
        if fresh[best] == step:
            work += _open(best, worth, limits, state)
            step += 1
        else:
            gain = _gain(best, worth, state)
            hope[best] = gain * factor[best] if gain > tiny else 0.0
            fresh[best] = step
            work += worth.start[best + 1] - worth.start[best]


@njit(cache=True)
def _partner(site: int, worth: Arrays, state: State, fixed: Bools) -> int:
    """Return an open free site that shares a chance place with `site`, or -1."""
    if worth.start[site + 1] == worth.start[site]:
        return -1
    for _ in range(6):
        j = worth.place[np.random.randint(worth.start[site], worth.start[site + 1])]
        near = worth.owner[np.random.randint(worth.back[j], worth.back[j + 1])]
        k = worth.place[np.random.randint(worth.start[near], worth.start[near + 1])]
        for e in range(worth.back[k], worth.back[k + 1]):
            i = worth.owner[e]
            if state.is_open[i] and not fixed[i] and i != site:
                return i
    return -1


@njit(cache=True)
def _ruin(worth: Arrays, limits: Limits, state: State, fixed: Bools, size: int) -> int:
    """Close a chance site and some near it, then whatever needs one of them."""
    free = np.flatnonzero(state.is_open & ~fixed)
    site, work = int(free[np.random.randint(len(free))]), 0
    for _ in range(size):
        if state.is_open[site]:
            work += _close(site, worth, limits, state)
        near = _partner(site, worth, state, fixed) if np.random.random() < 0.8 else -1
        site = near if near >= 0 else int(free[np.random.randint(len(free))])
    broken = True
    while broken:
        broken = False
        for i in free:
            if state.is_open[i]:
                for t in range(limits.start[i], limits.start[i + 1]):
                    r = limits.row[t]
                    if limits.weight[t] > 0.0 and state.load[r] > limits.limit[r] and state.is_open[i]:
                        work += _close(int(i), worth, limits, state)
                        broken = True
    return work


@njit(cache=True)
def value_of(worth: Arrays, state: State) -> float:
    """Return what the plan is worth."""
    return state.one.sum() + worth.second * state.two.sum()


@njit(cache=True)
def go_to(target: Bools, worth: Arrays, limits: Limits, state: State) -> int:
    """Open and close sites until the plan is `target`; return the steps this took."""
    work = len(target)
    for i in range(len(target)):
        if state.is_open[i] and not target[i]:
            work += _close(i, worth, limits, state)
    for i in range(len(target)):
        if target[i] and not state.is_open[i]:
            work += _open(i, worth, limits, state)
    return work


@njit(cache=True)
def search(
    worth: Arrays, limits: Limits, fixed: Bools, known: Bools, budget: int, scale: float, seed: int
) -> tuple[Bools, float]:
    """Fill up the plan `known` by gain and by gain for its price, then tear down and fill up again; deterministic.

    Ends when `budget` elementary steps are spent. Only plans that keep the rules are ever met.
    """
    np.random.seed(seed)
    m, places = len(fixed), len(worth.back) - 1
    state = State(np.zeros(m, np.bool_), np.zeros(len(limits.limit)), np.zeros(places), np.zeros(places))
    work, tiny = go_to(known, worth, limits, state), 1e-10 * scale
    best, best_value = known.copy(), value_of(worth, state)
    current, current_value = best.copy(), best_value
    for power in (0.0, 1.0, 0.5):
        work += go_to(known, worth, limits, state) + _fill(worth, limits, state, power, 0.0, tiny)
        value = value_of(worth, state)
        if value > best_value:
            best[:], best_value = state.is_open, value
    current[:], current_value = best, best_value
    work += go_to(current, worth, limits, state)
    while work < budget and (state.is_open & ~fixed).any():
        work += _ruin(worth, limits, state, fixed, 1 + np.random.randint(4))
        power = (0.0, 0.5, 1.0)[np.random.randint(3)]
        work += _fill(worth, limits, state, power, 0.3 * np.random.random(), tiny) + places
        value = value_of(worth, state)
        if value > best_value + tiny:
            best[:], best_value = state.is_open, value
        if value >= min(current_value, best_value - scale * SLACK * np.random.random() ** 3) - tiny:
            current[:], current_value = state.is_open, value
        else:
            work += go_to(current, worth, limits, state)
    return best, best_value

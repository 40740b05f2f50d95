"""Search for plans that keep rules: greedy filling, then tearing down and filling up again, on plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.compiled import inner, kernel

SLACK = 0.05  # how much worse than the best a plan may be to go on from, in losses of a mean site


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
    """A plan in the making: what is open, used of each row, the two best worths at each place, gain of candidates."""

    is_open: Bools
    load: Floats
    one: Floats
    two: Floats
    gain: Floats


@inner
def begin(worth: Arrays, limits: Limits) -> State:
    """Return the plan in which nothing is open."""
    m, places = len(worth.start) - 1, len(worth.back) - 1
    rows = np.zeros(len(limits.limit))
    state = State(np.zeros(m, np.bool_), rows, np.zeros(places), np.zeros(places), np.zeros(m))
    for i in range(m):
        state.gain[i] = worth.value[worth.start[i] : worth.start[i + 1]].sum()
    return state


@inner
def _more(v: float, one: float, two: float, second: float) -> float:
    """Return what a site of worth `v` adds at a place where the two best are worth `one` and `two`."""
    if v > one:
        return v - one + second * (one - two)
    return second * (v - two) if v > two else 0.0


@inner
def _set_place(j: int, one: float, two: float, worth: Arrays, state: State) -> int:
    """Note the two best worths at a place, and what that changes for everybody who reaches it."""
    for e in range(worth.back[j], worth.back[j + 1]):
        v = worth.level[e]
        before = _more(v, state.one[j], state.two[j], worth.second)
        state.gain[worth.owner[e]] += _more(v, one, two, worth.second) - before
    state.one[j], state.two[j] = one, two
    return worth.back[j + 1] - worth.back[j]


@inner
def _fits(i: int, limits: Limits, state: State) -> bool:
    for t in range(limits.start[i], limits.start[i + 1]):
        if state.load[limits.row[t]] + limits.weight[t] > limits.limit[limits.row[t]]:
            return False
    return True


@inner
def _open(i: int, worth: Arrays, limits: Limits, state: State) -> int:
    state.is_open[i] = True
    work = worth.start[i + 1] - worth.start[i]
    for t in range(limits.start[i], limits.start[i + 1]):
        state.load[limits.row[t]] += limits.weight[t]
    for t in range(worth.start[i], worth.start[i + 1]):
        j, v = worth.place[t], worth.value[t]
        if v > state.one[j]:
            work += _set_place(j, v, state.one[j], worth, state)
        elif v > state.two[j]:
            work += _set_place(j, state.one[j], v, worth, state)
    return work


@inner
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
            work += 2 * _set_place(j, one, two, worth, state)
    return work


@inner
def _fill(worth: Arrays, limits: Limits, state: State, power: float, noise: float, tiny: float) -> int:
    """Open what gains most for its price to the `power` until nothing fits or gains."""
    m, work = len(state.is_open), 0
    factor = np.ones(m)
    for i in range(m):
        if power > 0.0:
            factor[i] = (limits.price[i] + 1e-6) ** -power
        if noise > 0.0:
            factor[i] *= 1.0 - noise * np.random.random()
    while True:
        best, level = -1, 0.0
        for i in range(m):
            if not state.is_open[i] and state.gain[i] > tiny:
                value = state.gain[i] * factor[i]
                if value > level and _fits(i, limits, state):
                    best, level = i, value
        work += m
        if best < 0:
            return work
        work += _open(best, worth, limits, state)


@inner
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


@inner
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


@inner
def value_of(worth: Arrays, state: State) -> float:
    """Return what the plan is worth."""
    return state.one.sum() + worth.second * state.two.sum()


@inner
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


@inner
def _mean_loss(worth: Arrays, limits: Limits, state: State, fixed: Bools) -> float:
    """Return what a free site of the plan would be missed for, on average."""
    value, lost, free = value_of(worth, state), 0.0, np.flatnonzero(state.is_open & ~fixed)
    for i in free:
        _close(int(i), worth, limits, state)
        lost += value - value_of(worth, state)
        _open(int(i), worth, limits, state)
    return lost / max(1, len(free))


@kernel
def search(
    worth: Arrays, limits: Limits, fixed: Bools, known: Bools, budget: int, scale: float, seed: int
) -> tuple[Bools, float]:
    """Fill up the plan `known` by gain and by gain for its price, then tear down and fill up again; deterministic.

    Ends when `budget` elementary steps are spent. Only plans that keep the rules are ever met.
    """
    np.random.seed(seed)
    places, state = len(worth.back) - 1, begin(worth, limits)
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
    slack = SLACK * _mean_loss(worth, limits, state, fixed)
    while work < budget and (state.is_open & ~fixed).any():
        work += _ruin(worth, limits, state, fixed, 1 + np.random.randint(4))
        power = (0.0, 0.5, 1.0)[np.random.randint(3)]
        noise = max(0.0, 0.6 * np.random.random() - 0.3)  # none in half of the rounds
        work += _fill(worth, limits, state, power, noise, tiny) + places
        value = value_of(worth, state)
        if value > best_value + tiny:
            best[:], best_value = state.is_open, value
        if value >= min(current_value, best_value - slack * np.random.random() ** 3) - tiny:
            current[:], current_value = state.is_open, value
        else:
            work += go_to(current, worth, limits, state)
    return best, best_value

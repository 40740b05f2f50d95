"""Maximal covering by greedy choice, swaps and kicks, on arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.cover.sets import CoverArrays

CLOSED, FORBIDDEN = -1, -2
SLACK = 0.0006  # how much worse than the best a plan may be to go on from


class State(NamedTuple):
    """A plan in the making: times covered by group; by candidate what it would add, its slot, "look again"."""

    times: Ints
    gain: Floats
    slot: Ints  # place in the list of chosen sites, CLOSED or FORBIDDEN
    dirty: Bools


@inner
def _change(site: int, by: int, sets: CoverArrays, state: State) -> tuple[int, int]:
    """Open (by=1) or close (by=-1) a site and keep the state right.

    Returns the number of steps this took, and the closed candidate among those touched that now adds most (-1: none);
    when closing, gains only rise, so the last value seen of each is its final one.
    """
    work, best, level = sets.start[site + 1] - sets.start[site], -1, -np.inf
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


@inner
def _marginal(times: int, j: int, sets: CoverArrays) -> float:
    """Return what one more cover of group `j` adds."""
    if times == 0:
        return sets.weight[j]
    return sets.second[j] if times == 1 else 0.0


@inner
def _begin(sets: CoverArrays, allowed: Bools) -> State:
    m = len(sets.start) - 1
    state = State(
        np.zeros(len(sets.weight), np.int64), np.zeros(m), np.where(allowed, CLOSED, FORBIDDEN), np.ones(m, np.bool_)
    )
    for i in range(m):
        for t in range(sets.start[i], sets.start[i + 1]):
            state.gain[i] += sets.weight[sets.member[t]]
    return state


@inner
def _open(site: int, slot: int, chosen: Ints, sets: CoverArrays, state: State) -> int:
    chosen[slot] = site
    state.slot[site] = slot
    return _change(site, 1, sets, state)[0]


@inner
def _close(site: int, sets: CoverArrays, state: State) -> tuple[int, int]:
    state.slot[site] = CLOSED
    return _change(site, -1, sets, state)


@inner
def _best(state: State, noise: float) -> int:
    """Return the closed candidate that adds most, each judged up to `noise` too low by chance."""
    best, level = -1, -np.inf
    for i in range(len(state.gain)):
        if state.gain[i] > level and state.slot[i] == CLOSED:
            value = state.gain[i]
            if noise > 0.0:
                value *= 1.0 - noise * np.random.random()
            if value > level:
                best, level = i, value
    return best


@inner
def _fill(chosen: Ints, known: int, noise: float, sets: CoverArrays, state: State) -> int:
    """Greedily choose the sites after the first `known`."""
    work = 0
    for q in range(known, len(chosen)):
        work += len(state.gain) + _open(_best(state, noise), q, chosen, sets, state)
    return work


@inner
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


@inner
def _covered(state: State, sets: CoverArrays) -> float:
    total = 0.0
    for j in range(len(sets.weight)):
        if state.times[j] > 0:
            total += sets.weight[j]
        if state.times[j] > 1:
            total += sets.second[j]
    return total


@kernel
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
    free, tiny, work = n_sites - len(fixed), 1e-9 * sets.weight.sum(), 0
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


@inner
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


@inner
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


@inner
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

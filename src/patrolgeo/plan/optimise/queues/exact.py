"""The hypercube, exactly: which of the units are busy, 2^n states, solved by sweeps (Larson 1974).

A state is a number whose bit u says that unit u is busy. Two sums over subsets do the work that lists of places would:
the rate at which unit u is sent from a state is the sum of the rates of all places whose better units are busy in it,
and the chance that some units are all busy is the sum of all states that hold them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.queues.erlang import queue_sum

ROUNDS = 5000  # of sweeps; a hundred are usual
CLOSE = 1e-11  # chance that a sweep may still move


class Solved(NamedTuple):
    """Workload by unit; dispatch shares by place and unit of calls that do not wait; chances by number busy; a queue.

    All are shares of the time (so of the calls too, which come at any time). `busy` counts the states without a queue.
    """

    workload: Floats
    at_once: Floats
    busy: Floats
    queue: float


def solve(rates: Floats, service: Floats, preference: Ints, capacity: float) -> Solved:
    """Return the exact long run; a queue follows the state in which all are busy, each further call a fixed ratio."""
    n_units = len(service)
    before = better_units(preference)
    p, _ = solve_states(send_rates(rates, preference, before, n_units), service, CLOSE)
    queue = p[-1] * queue_sum(float(rates.sum() / service.sum()), capacity)
    p /= 1.0 + queue
    queue /= 1.0 + queue
    together = all_busy(p)
    at_once = share_at_once(together, preference, before, n_units)
    return Solved(together[1 << np.arange(n_units)] + queue, at_once, by_level(p, n_units), float(queue))


@kernel
def share_at_once(together: Floats, preference: Ints, before: Ints, n_units: int) -> Floats:
    """Return the chance that a unit is the first free one in the list of a place, places x units."""
    share = np.zeros((len(preference), n_units))
    for j in range(len(preference)):
        for r in range(preference.shape[1]):
            if before[j, r] < 0:
                break
            u = preference[j, r]
            share[j, u] = together[before[j, r]] - together[before[j, r] | (1 << u)]
    return share


@kernel
def by_level(p: Floats, n_units: int) -> Floats:
    """Return the chances of 0 .. n busy units."""
    total, level = np.zeros(n_units + 1), np.zeros(len(p), np.int64)
    for s in range(len(p)):
        level[s] = level[s >> 1] + (s & 1)
        total[level[s]] += p[s]
    return total


@kernel
def better_units(preference: Ints) -> Ints:
    """Return by place and rank the units that come before in its list, as bits; -1 beyond the end of a list."""
    before = np.full(preference.shape, -1, np.int64)
    for j in range(len(preference)):
        mask = 0
        for r in range(preference.shape[1]):
            if preference[j, r] < 0:
                break
            before[j, r] = mask
            mask |= 1 << preference[j, r]
    return before


@kernel
def send_rates(rates: Floats, preference: Ints, before: Ints, n_units: int) -> Floats:
    """Return the rate at which each unit is sent from each state, states x units; busy units have none.

    Starts as the sums of rates by set of better units, and becomes the sums over subsets, a bit at a time.
    """
    n_states = 1 << n_units
    sent = np.zeros((n_states, n_units))
    for j in range(len(rates)):
        for r in range(preference.shape[1]):
            if before[j, r] < 0:
                break
            sent[before[j, r], preference[j, r]] += rates[j]
    for bit in range(n_units):
        for s in range(n_states):
            if (s >> bit) & 1:
                for u in range(n_units):
                    sent[s, u] += sent[s ^ (1 << bit), u]
    for s in range(n_states):
        for u in range(n_units):
            if (s >> u) & 1:
                sent[s, u] = 0.0
    return sent


@kernel
def all_busy(p: Floats) -> Floats:
    """Return the chance that all units of a set are busy, for every set: the sum over the states that hold it."""
    total = p.copy()
    bit = 1
    while bit < len(total):
        for s in range(len(total)):
            if not s & bit:
                total[s] += total[s | bit]
        bit <<= 1
    return total


@kernel
def solve_states(sent: Floats, service: Floats, tolerance: float) -> tuple[Floats, int]:
    """Return the chances of the states and the number of sweeps that put each in balance with its neighbours.

    `sent[s, u]` is the rate at which unit u is sent from state s. After each sweep (Gauss-Seidel, up and down in turn)
    the levels (states with as many busy units) are put in balance with each other, which makes the sweeps few.
    """
    n_states, n_units = sent.shape
    come, up, down = np.empty_like(sent), np.zeros(n_states), np.zeros(n_states)
    level = np.zeros(n_states, np.int64)
    for s in range(n_states):
        level[s] = level[s >> 1] + (s & 1)
        for u in range(n_units):
            bit = 1 << u
            come[s, u] = sent[s ^ bit, u] if s & bit else service[u]
            up[s] += sent[s, u]
            down[s] += service[u] if s & bit else 0.0
    p = np.full(n_states, 1.0 / n_states)
    for sweep in range(ROUNDS):
        moved = _sweep(p, come, up, down, sweep % 2 == 1)
        _balance_levels(p, up, down, level, n_units)
        if moved < tolerance:
            break
    return p, sweep + 1


@inner
def _sweep(p: Floats, come: Floats, up: Floats, down: Floats, backwards: bool) -> float:
    """Put every state in balance with its neighbours once; return how much chance has moved."""
    n_states, n_units = come.shape
    moved = 0.0
    for k in range(n_states):
        s = n_states - 1 - k if backwards else k
        inflow = 0.0
        for u in range(n_units):
            inflow += p[s ^ (1 << u)] * come[s, u]
        new = inflow / (up[s] + down[s])
        moved += abs(new - p[s])
        p[s] = new
    return moved


@inner
def _balance_levels(p: Floats, up: Floats, down: Floats, level: Ints, n_units: int) -> None:
    """Scale the states of each level so that as many calls lead up from a level as lead back down to it."""
    rise, fall, scale = np.zeros(n_units + 1), np.zeros(n_units + 1), np.ones(n_units + 1)
    for s in range(len(p)):
        rise[level[s]] += p[s] * up[s]
        fall[level[s]] += p[s] * down[s]
    for k in range(n_units):
        scale[k + 1] = scale[k] * rise[k] / fall[k + 1] if fall[k + 1] > 0 else 0.0
    for s in range(len(p)):
        p[s] *= scale[level[s]]
    p /= p.sum()

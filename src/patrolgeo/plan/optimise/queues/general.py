"""The hypercube where a call may take several units, or where units stay for their own people: any rule of sending.

The states are those of `exact`; from each, a call of a place leads to the state in which the units sent are busy too.
The transitions are written out, so this serves fewer units than the sums over subsets do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from patrolgeo._typing import Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.queues.exact import ROUNDS

MOST_UNITS = 14


class Rule(NamedTuple):
    """Who is sent: lists by place, units a call by place, the home of each unit and place, units kept at home."""

    preference: Ints
    wanted: Ints
    unit_home: Ints
    place_home: Ints
    keep: int


@inner
def send(state: int, j: int, rule: Rule, free: Ints, sent: Ints) -> int:
    """Write the units that a call of place j gets in a state into `sent`; return how many they are.

    A unit goes beyond its home only while more than `keep` units of its home are free.
    """
    free[:] = 0
    for u in range(len(rule.unit_home)):
        if not (state >> u) & 1:
            free[rule.unit_home[u]] += 1
    n = 0
    for r in range(rule.preference.shape[1]):
        u = rule.preference[j, r]
        if u < 0 or n == rule.wanted[j]:
            break
        home = rule.unit_home[u]
        if (state >> u) & 1 or (home != rule.place_home[j] and free[home] <= rule.keep):
            continue
        free[home] -= 1
        sent[n] = u
        n += 1
    return n


@kernel
def _transitions(rates: Floats, rule: Rule, n_homes: int) -> tuple[Ints, Ints, Floats]:
    n_units = len(rule.unit_home)
    n_states, k = 1 << n_units, 0
    size = n_states * len(rates)
    source, target, rate = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    free, sent = np.empty(n_homes, np.int64), np.empty(n_units, np.int64)
    for s in range(n_states):
        for j in range(len(rates)):
            n = send(s, j, rule, free, sent)
            if n == 0 or rates[j] == 0:
                continue
            source[k], target[k], rate[k] = s, s, rates[j]
            for i in range(n):
                target[k] |= 1 << sent[i]
            k += 1
    return source[:k], target[:k], rate[:k]


def solve_general(rates: Floats, service: Floats, rule: Rule, tolerance: float) -> Floats:
    """Return the chances of the states when a call that finds no unit is lost."""
    n_units = len(service)
    n_states = 1 << n_units
    source, target, rate = _transitions(rates, rule, _n_homes(rule))
    states = np.arange(n_states)
    busy = (states[:, None] >> np.arange(n_units)) & 1 == 1
    at, unit = np.nonzero(busy)
    source = np.r_[source, at]
    target = np.r_[target, at ^ (1 << unit)]
    rate = np.r_[rate, service[unit]]
    leave: Floats = np.bincount(source, rate, n_states).astype(float)
    come = sparse.csr_matrix((rate, (target, source)), shape=(n_states, n_states))
    return _settle(come.indptr, come.indices, come.data, leave, tolerance)


@kernel
def _settle(start: Ints, source: Ints, rate: Floats, leave: Floats, tolerance: float) -> Floats:
    """Put each state in balance with its neighbours, up and down in turn, until nothing moves."""
    n = len(leave)
    p = np.full(n, 1.0 / n)
    for sweep in range(20 * ROUNDS):
        moved = 0.0
        for k in range(n):
            s = n - 1 - k if sweep % 2 else k
            inflow = 0.0
            for i in range(start[s], start[s + 1]):
                inflow += p[source[i]] * rate[i]
            new = inflow / leave[s]
            moved += abs(new - p[s])
            p[s] = new
        p /= p.sum()
        if moved < tolerance:
            break
    return p


def general_shares(p: Floats, rule: Rule) -> Floats:
    """Return the chance that a unit is the first of those sent, places x units."""
    return _first_sent(p, rule, _n_homes(rule))


def _n_homes(rule: Rule) -> int:
    return int(max(rule.unit_home.max(), rule.place_home.max())) + 1


@kernel
def _first_sent(p: Floats, rule: Rule, n_homes: int) -> Floats:
    n_places, n_units = rule.preference.shape[0], len(rule.unit_home)
    first = np.zeros((n_places, n_units))
    free, sent = np.empty(n_homes, np.int64), np.empty(n_units, np.int64)
    for s in range(len(p)):
        for j in range(n_places):
            if send(s, j, rule, free, sent):
                first[j, sent[0]] += p[s]
    return first

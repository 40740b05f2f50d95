"""Proven bounds: no plan can be worth more than what fits into all shifts taken together."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from patrolgeo._typing import Floats
from patrolgeo.plan.optimise.routes.visits import Visits

MOST = 1500  # visits up to which assignments are quick
PRICES = 24  # prices of a minute that are tried


def worth_bound(v: Visits) -> float:
    """Return the least known upper bound of the worth of all visits, tolls not taken off."""
    knapsack = knapsack_bound(v)
    return knapsack if len(v.group) > MOST else min(knapsack, assignment_bound(v))


def knapsack_bound(v: Visits) -> float:
    """Return an upper bound of the worth of all visits, tolls not taken off.

    Each visit takes its stay and half of the leg before and after it, at least half of the two shortest legs that its
    windows leave. All units together have their shifts less half a leg at each end. Filling that time by worth a minute
    is the linear relaxation of a knapsack, which no plan exceeds (Dantzig 1957).
    """
    n, units = len(v.group), len(v.kind)
    if n == 0:
        return 0.0
    before, after, first, last = _legs(v)
    takes = v.stay[:n] + 0.5 * _shortest_pair(before, after, first, last)
    shift = v.late[n + units :] - v.early[n : n + units]
    free = np.maximum(shift - 0.5 * (first.min(axis=0) + last.min(axis=0)), 0.0).sum()
    least = np.full(len(v.worth), np.inf)
    np.minimum.at(least, v.group, takes)
    visits = np.bincount(v.group, minlength=len(v.worth))
    may = (v.worth > 0) & (np.arange(v.worth.shape[1]) < visits[:, None]) & np.isfinite(least)[:, None]
    return _fill(v.worth[may], np.broadcast_to(least[:, None], may.shape)[may], free)


def _legs(v: Visits) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the least minutes to and from visits (rows), other visits, starts and ends apart."""
    n, units = len(v.group), len(v.kind)
    way = v.travel.min(axis=0)[np.ix_(v.spot, v.spot)]
    come = v.early[:, None] + v.stay[:, None] + way
    leg = np.maximum(way, v.early[None, :] - v.late[:, None] - v.stay[:, None])
    leg[come > v.late[None, :] * (1 + 1e-9) + 1e-9] = np.inf
    first, last = leg[n : n + units, :n].T.copy(), leg[:n, n + units :].copy()
    first[~v.able.T] = last[~v.able.T] = np.inf
    between = leg[:n, :n].copy()
    np.fill_diagonal(between, np.inf)
    return between.T, between, first, last


def _shortest_pair(before: Floats, after: Floats, first: Floats, last: Floats) -> Floats:
    """Return the least sum of a leg in and a leg out of each visit; one neighbour cannot be both, a base can."""
    n = len(before)
    start, end = first.min(axis=1), last.min(axis=1)
    if n == 1:
        return start + end
    order_in, order_out = np.argsort(before, axis=1)[:, :2], np.argsort(after, axis=1)[:, :2]
    rows = np.arange(n)
    in1, in2 = (before[rows, order_in[:, j]] for j in (0, 1))
    out1, out2 = (after[rows, order_out[:, j]] for j in (0, 1))
    apart = np.where(order_in[:, 0] != order_out[:, 0], in1 + out1, np.minimum(in1 + out2, in2 + out1))
    return np.minimum.reduce([apart, start + end, start + out1, in1 + end])


def _fill(worth: Floats, takes: Floats, free: float) -> float:
    """Return the worth of the best fractional load."""
    order = np.argsort(-worth / np.maximum(takes, 1e-12), kind="stable")
    worth, takes = worth[order], takes[order]
    used = np.cumsum(takes)
    whole = int(np.searchsorted(used, free, side="right"))
    total = float(worth[:whole].sum())
    if whole < len(worth):
        total += float(worth[whole] * (free - (used[whole - 1] if whole else 0.0)) / takes[whole])
    return total


def assignment_bound(v: Visits) -> float:
    """Return an upper bound of the worth of all visits in which no two visits share a way in or out.

    Every visit that is made has a leg in and a leg out, of visits, starts and ends one each: at a price of a minute it
    is an assignment problem in which a visit may also be left out. Its value with the price of all shifts added is a
    bound at any price (Lagrange); the price is searched for, since the bound is convex in it. Closed tours without a
    base are not forbidden.
    """
    worth, takes = _one_leg_each(v)
    n, units = len(v.group), len(v.kind)
    if not len(worth):
        return 0.0
    shift = v.late[n + units :] - v.early[n : n + units]
    np.fill_diagonal(takes, np.r_[np.zeros(len(worth)), shift])  # left out; a unit that stays has its shift to itself
    low, high, best = 0.0, _dearest(worth, takes), float(worth.sum())
    made = np.arange(len(worth))
    for _ in range(PRICES):
        price = 0.5 * (low + high)
        gain = price * takes
        gain[: len(worth)] -= worth[:, None]
        gain[made, made] = 0.0
        rows, columns = linear_sum_assignment(gain)
        best = min(best, float(price * shift.sum() - gain[rows, columns].sum()))
        low, high = (price, high) if takes[rows, columns].sum() > shift.sum() else (low, price)
    return best


def _dearest(worth: Floats, takes: Floats) -> float:
    """Return a price of a minute at which no visit pays."""
    legs = takes[: len(worth)].copy()
    np.fill_diagonal(legs, np.inf)
    least = legs.min(axis=1)
    some = np.isfinite(least)
    return float((worth[some] / np.maximum(least[some], 1e-6)).max(initial=1e-9))


def _one_leg_each(v: Visits) -> tuple[Floats, Floats]:
    """Return what each visit that pays is worth, and the minutes of each followed by each other, then by each unit.

    The first, second, ... visit of a group may take the legs of any of its visits. Units stand after the visits.
    """
    n, units = len(v.group), len(v.kind)
    _, after, first, last = _legs(v)
    order = np.argsort(v.group, kind="stable")
    known, start = np.unique(v.group[order], return_index=True)
    stay = np.minimum.reduceat(v.stay[:n][order], start)
    way = np.minimum.reduceat(np.minimum.reduceat(after[order][:, order], start, axis=0), start, axis=1)
    first, last = (np.minimum.reduceat(legs[order], start, axis=0) for legs in (first, last))
    most = np.bincount(v.group, minlength=len(v.worth))[known]
    pays = (v.worth[known] > 0) & (np.arange(v.worth.shape[1]) < most[:, None])
    of, _ = np.nonzero(pays)
    takes = np.full((len(of) + units,) * 2, np.inf)
    takes[: len(of), : len(of)] = stay[of][:, None] + way[np.ix_(of, of)]
    takes[: len(of), len(of) :] = stay[of][:, None] + last[of]
    takes[len(of) :, : len(of)] = first[of].T
    return v.worth[known][pays], takes

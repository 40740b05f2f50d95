"""A proven bound: no plan can be worth more than the best fractional load of all shifts taken together."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Floats
from patrolgeo.plan.optimise.routes.visits import Visits


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

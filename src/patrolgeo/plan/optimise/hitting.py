"""Sites that must hit every row of a unit: every way of a flow, or both sides of a border village.

With one row a unit this is maximal covering, and the search of `covers` does it. With several rows a unit counts only
when all of them are hit; then sites help each other, and a search of its own is needed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise import subgradient
from patrolgeo.plan.optimise.cover.bound import root_bound
from patrolgeo.plan.optimise.cover.order import greedy
from patrolgeo.plan.optimise.cover.search import search
from patrolgeo.plan.optimise.cover.sets import Covers, merge_equal
from patrolgeo.plan.optimise.subgradient import plain
from patrolgeo.solver import HEURISTIC, OPTIMAL, TIME_LIMIT, Solution, solve_milp

gained, paced = plain(subgradient.gained), plain(subgradient.paced)

SEARCH_STEPS = 300_000  # less than a hundredth of a CPU second
BOUND_ROUNDS = 600
SMALL_MODEL = 20_000  # stored entries up to which HiGHS is asked without `prove`
SMALL_NODES = 20
PRICE_ROUNDS = 300
FROM_KNOWN = 1  # the credit (by position) that the search from a known plan begins with
CREDITS = (0.9, 0.5, 0.1, 0.0)  # what partly hit units count for, from round to round


class _Arrays(NamedTuple):
    """Rows of candidate i: ``row[start[i]:start[i + 1]]``, sorted; the unit of each row, rows and weight of units."""

    start: Array
    row: Array
    unit: Ints
    size: Ints
    weight: Floats


@dataclass(frozen=True, eq=False)
class Hits:
    """Candidates, the rows they hit, and the units that rows belong to.

    Parameters
    ----------
    rows
        CSR, rows x candidates: a stored entry says that the candidate hits the row.
    unit
        Unit of each row, ascending; every unit has at least one row.
    weight
        Worth of each unit.
    backup
        What being hit twice adds, as a share of the weight; only where every unit has one row.
    """

    rows: sparse.csr_matrix
    unit: Ints
    weight: Floats
    backup: float = 0.0

    @property
    def single(self) -> bool:
        """Whether every unit has one row."""
        return len(self.unit) == len(self.weight)

    @cached_property
    def sets(self) -> sparse.csr_matrix:
        """Candidates x rows (the transpose)."""
        return self.rows.T.tocsr()

    @property
    def arrays(self) -> _Arrays:
        """Return what the compiled functions take."""
        size = np.bincount(self.unit, minlength=len(self.weight))
        return _Arrays(self.sets.indptr, self.sets.indices, self.unit, size, self.weight)

    def hit(self, values: Floats) -> Bools:
        """Return which units are hit on every row by the sites with value 1."""
        missed = self.rows @ values < 0.5
        hit: Bools = np.bincount(self.unit[missed], minlength=len(self.weight)) == 0
        return hit

    def worth(self, values: Floats) -> float:
        """Return the weight of the units that are hit, and what those hit twice add."""
        twice = self.weight[self.rows @ values > 1.5].sum() if self.backup else 0.0
        return float(self.weight[self.hit(values)].sum() + self.backup * twice)


def choose(
    hits: Hits, fixed: Ints, n_sites: int, *, prove: bool, time_limit: float, seed: int, effort: float = 1.0,
    start: Ints | None = None,
) -> Solution:  # fmt: skip
    """Return the best plan found (from `start` on), with its bound; `prove` lets HiGHS work until the time is up."""
    deadline = time.monotonic() + time_limit
    sets = _one_row_each(hits)
    known = fixed[:0] if start is None else start
    best = _quick(hits, sets, fixed, n_sites, known, deadline, effort > 0)
    if best.status == OPTIMAL:
        return best
    if hits.single:
        found = _search_single(sets, fixed, n_sites, seed, effort, np.r_[fixed, _others(best, fixed)])
    else:
        found = _search(hits, fixed, n_sites, seed, known)
    values = np.zeros(hits.rows.shape[1])
    values[found] = 1.0
    if hits.worth(values) > best.objective:
        best = replace(best, values=values, objective=hits.worth(values))
    if effort > 0 and not hits.single and not prove:
        upper = _priced(hits, fixed, n_sites, best.objective)
        best = replace(best, bound=upper if best.bound is None else min(upper, best.bound))
    if prove:
        best = _prove(hits, fixed, best, deadline, None)
    return _settled(best)


def _quick(
    hits: Hits, sets: Covers, fixed: Ints, n_sites: int, known: Ints, deadline: float, bounded: bool
) -> Solution:  # fmt: skip
    """Choose one site after another, bound by prices, ask HiGHS where the model is small; nothing to compile."""
    begin = known if len(known) else fixed
    values = np.zeros(hits.rows.shape[1])
    values[greedy(sets.sets, sets.weight, begin, n_sites, sets.backup)[0]] = 1.0
    best = _settled(Solution(values, hits.worth(values), sets.most, HEURISTIC))
    if hits.single and n_sites - len(fixed) <= 1 and not len(known):  # the one that adds most is the best
        return replace(best, bound=best.objective, status=OPTIMAL)
    if bounded and best.status != OPTIMAL and hits.single:
        root = root_bound(sets, fixed, values, BOUND_ROUNDS)
        best = _settled(Solution(root.plan, hits.worth(root.plan), root.bound, HEURISTIC))
    if bounded and best.status != OPTIMAL and hits.rows.nnz <= SMALL_MODEL:
        best = _settled(_prove(hits, fixed, best, deadline, SMALL_NODES))
    return best


def _settled(best: Solution) -> Solution:
    """Return the answer as proved when its value is the bound."""
    proved = best.bound is not None and best.bound <= best.objective * (1 + 1e-9)
    return replace(best, bound=best.objective, status=OPTIMAL) if proved else best


def _others(best: Solution, fixed: Ints) -> Ints:
    assert best.values is not None  # noqa: S101
    return np.setdiff1d(np.flatnonzero(best.values > 0.5), fixed)


def _one_row_each(hits: Hits) -> Covers:
    """Return the cover sets of each unit's first row; exact with one row a unit, otherwise more than can be had."""
    units = np.arange(len(hits.weight))
    if hits.single:
        return Covers(hits.sets, hits.rows, hits.weight, units, hits.backup)
    first = hits.rows[np.unique(hits.unit, return_index=True)[1]]
    return Covers(first.T.tocsr(), first, hits.weight, units)


def _priced(hits: Hits, fixed: Ints, n_sites: int, lower: float) -> float:
    """Upper bound by subgradient steps: a unit pays a price for each of its rows, a site earns those of its rows.

    With prices u of rows, no plan is worth more than the sum of max(0, weight - prices of its rows) by unit plus the
    `n_sites` largest earnings.
    """
    price = 0.5 * (hits.weight / np.bincount(hits.unit))[hits.unit]
    best, theta, stall = float(hits.weight.sum()), 1.0, 0
    for _ in range(PRICE_ROUNDS):
        paid, earned = np.bincount(hits.unit, price), hits.sets @ price
        rank = earned.copy()
        rank[fixed] = np.inf
        chosen = np.argpartition(-rank, n_sites - 1)[:n_sites]
        value = float(np.maximum(0.0, hits.weight - paid).sum() + earned[chosen].sum())
        theta, stall = paced(theta, stall, gained(value, best, lower), 20, 0.7)
        best = min(best, value)
        opened = np.zeros(len(earned))
        opened[chosen] = 1.0
        slope = hits.rows @ opened - (hits.weight > paid)[hits.unit]
        slope[(price <= 0) & (slope > 0)] = 0.0
        norm = float(slope @ slope)
        if norm == 0.0 or theta < 1e-3 or best - lower <= 1e-9 * lower:
            break
        price = np.maximum(0.0, price - theta * (value - lower) / norm * slope)
    return best


def _search_single(
    sets: Covers, fixed: Ints, n_sites: int, seed: int, effort: float, known: Ints
) -> Ints:  # fmt: skip
    everyone = np.ones(sets.sets.shape[0], bool)
    steps = max(1, int(SEARCH_STEPS * max(effort, 1.0)))
    return search(sets.arrays, everyone, fixed, n_sites, known, steps, seed)[0]


def _search(hits: Hits, fixed: Ints, n_sites: int, seed: int, known: Ints) -> Ints:
    """Greedy for each credit (or from a known plan), then swaps with falling credit; the best plan of all."""
    arrays, best, value = hits.arrays, np.zeros(0, np.int64), -1.0
    begin = known if len(known) else fixed
    for first, credit in enumerate(CREDITS[:-1]):
        if len(known) and first != FROM_KNOWN:
            continue
        chosen = np.r_[begin, np.full(n_sites - len(begin), -1)]
        times = np.zeros(len(hits.unit), np.int64)
        _fill(arrays, chosen, len(begin), times, credit)
        for lower in CREDITS[first:]:
            _swap(arrays, chosen, len(fixed), times, lower, seed)
        done = _done(arrays, times, 0.0)
        if done > value:
            best, value = chosen, done
    return best


@kernel
def _done(a: _Arrays, times: Ints, credit: float) -> float:
    """Return the weight of hit units, and of partly hit ones by the squared share of their rows."""
    hit, total = _count(a, times), 0.0
    for q in range(len(hit)):
        total += a.weight[q] * _worth(hit[q], a.size[q], credit)
    return total


@inner
def _worth(hit: int, size: int, credit: float) -> float:
    return 1.0 if hit == size else credit * (hit / size) ** 2


@inner
def _count(a: _Arrays, times: Ints) -> Ints:
    hit = np.zeros(len(a.weight), np.int64)
    for r in range(len(times)):
        hit[a.unit[r]] += times[r] > 0
    return hit


@inner
def _best(a: _Arrays, chosen: Ints, times: Ints, credit: float) -> int:
    """Return the closed candidate that adds most (the first of equals)."""
    hit = _count(a, times)
    taken = np.zeros(len(a.start) - 1, np.bool_)
    for site in chosen:
        if site >= 0:
            taken[site] = True
    best, level = -1, -np.inf
    for i in range(len(taken)):
        if taken[i]:
            continue
        gain, t = 0.0, a.start[i]
        while t < a.start[i + 1]:
            q, new = a.unit[a.row[t]], 0
            while t < a.start[i + 1] and a.unit[a.row[t]] == q:
                new += times[a.row[t]] == 0
                t += 1
            if new:
                gain += a.weight[q] * (_worth(hit[q] + new, a.size[q], credit) - _worth(hit[q], a.size[q], credit))
        if gain > level:
            best, level = i, gain
    return best


@inner
def _change(a: _Arrays, site: int, by: int, times: Ints) -> None:
    for t in range(a.start[site], a.start[site + 1]):
        times[a.row[t]] += by


@kernel
def _fill(a: _Arrays, chosen: Ints, known: int, times: Ints, credit: float) -> None:
    for k in range(known):
        _change(a, chosen[k], 1, times)
    for k in range(known, len(chosen)):
        chosen[k] = _best(a, chosen, times, credit)
        _change(a, chosen[k], 1, times)


@kernel
def _swap(a: _Arrays, chosen: Ints, fixed: int, times: Ints, credit: float, seed: int) -> None:
    """Close one site and open the best instead, until no such swap gains."""
    np.random.seed(seed)
    order, still, k = fixed + np.random.permutation(len(chosen) - fixed), 0, 0
    now = _done(a, times, credit)
    while still < len(order):
        slot = order[k % len(order)]
        k += 1
        old = chosen[slot]
        chosen[slot] = -1
        _change(a, old, -1, times)
        new = _best(a, chosen, times, credit)
        _change(a, new, 1, times)
        value = _done(a, times, credit)
        still += 1
        if value > now * (1 + 1e-12):
            chosen[slot], now, still = new, value, 0
        else:
            _change(a, new, -1, times)
            _change(a, old, 1, times)
            chosen[slot] = old


def in_order(hits: Hits, chosen: Ints, fixed: Ints) -> tuple[Ints, Floats]:
    """Order chosen sites, the fixed first, each next one by what it adds; return the order and the gains."""
    if hits.single:
        return greedy(hits.sets, hits.weight, fixed, len(chosen), hits.backup, chosen)
    pool = np.r_[fixed, np.setdiff1d(chosen, fixed)].astype(np.int64)
    few = Hits(hits.sets[pool].T.tocsr(), hits.unit, hits.weight)
    order = np.r_[np.arange(len(fixed)), np.full(len(pool) - len(fixed), -1)]
    _fill(few.arrays, order, len(fixed), np.zeros(len(hits.unit), np.int64), 0.5)
    turn = np.empty(len(pool), np.int64)
    turn[order] = np.arange(len(pool))
    first, done = np.full(len(hits.unit), len(pool)), np.zeros(len(hits.weight), np.int64)
    np.minimum.at(first, np.repeat(np.arange(len(first)), np.diff(few.rows.indptr)), turn[few.rows.indices])
    np.maximum.at(done, hits.unit, first)
    gain: Floats = np.bincount(done, hits.weight, len(pool) + 1)[:-1].astype(float)
    return pool[order], gain


def _prove(hits: Hits, fixed: Ints, start: Solution, deadline: float, node_limit: int | None) -> Solution:
    """Maximise over y (sites, whole), z (units) and, with backup, z' (units hit twice).

    z of a unit (z + z' with backup) is at most the sites on each of its rows.
    """
    assert start.values is not None  # noqa: S101
    few = _merged(hits) if hits.single else hits
    m, units, layers = few.rows.shape[1], len(few.weight), 2 if few.backup else 1
    row = np.arange(len(few.unit))
    of_unit = sparse.csr_matrix((-np.ones(len(row)), (row, few.unit)), shape=(len(row), units))
    count = sparse.csr_matrix(np.r_[np.ones(m), np.zeros(layers * units)])
    floor = np.zeros(m + layers * units)
    floor[fixed] = 1.0
    hit = [few.hit(start.values), few.rows @ start.values > 1.5][:layers]
    answer = solve_milp(
        np.concatenate([np.zeros(m), *[few.weight, few.backup * few.weight][:layers]]),
        sparse.vstack([sparse.hstack([few.rows, *[of_unit] * layers]), count]),
        np.zeros(len(row) + 1), np.r_[np.full(len(row), np.inf), start.values.sum()],
        integer=np.arange(len(floor)) < m, bounds=(floor, 1.0), maximize=True,
        start=np.r_[start.values, *hit], time_limit=max(deadline - time.monotonic(), 0.01), node_limit=node_limit,
    )  # fmt: skip
    best = start
    if answer.values is not None:
        values = (answer.values[:m] > 0.5).astype(float)
        if hits.worth(values) > start.objective:
            best = replace(start, values=values, objective=hits.worth(values))
    if answer.status == OPTIMAL:
        return replace(best, bound=best.objective, status=OPTIMAL)
    known = start.bound if answer.bound is None else min(answer.bound, start.bound or np.inf)
    return replace(best, bound=known, status=TIME_LIMIT if node_limit is None else HEURISTIC)


def _merged(hits: Hits) -> Hits:
    """Merge units with one row that the same candidates hit; those nobody hits fall away."""
    sets = merge_equal(hits.sets, hits.weight)
    return Hits(sets.served_by, np.arange(len(sets.weight)), sets.weight, hits.backup)

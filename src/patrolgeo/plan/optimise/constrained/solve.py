"""Choosing sites under rules: one search, one bound and one program for covering models and the p-median.

A plan is worth, at each place, what its best site there is worth, and `second` times what its second best is.
Covering: a candidate within reach is worth the demand. p-median: it is worth what it saves against not being served.
Rules are rows "weighted sum of open sites at most so much" (`Rows`); whatever they mean is none of this
module's business.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.plan.optimise.constrained.bound import bound
from patrolgeo.plan.optimise.constrained.rows import Rows
from patrolgeo.plan.optimise.constrained.search import Arrays, Limits, search
from patrolgeo.plan.optimise.cover.sets import Covers
from patrolgeo.solver import HEURISTIC, INFEASIBLE, OPTIMAL, TIME_LIMIT, Solution, solve_milp

SEARCH_STEPS = (10_000_000, 190_000_000)  # with effort=1: a twentieth of a CPU second, then about one
BOUND_ROUNDS = 1500
SMALL_MODEL = 12_000  # worths up to which HiGHS is asked without `prove`
SMALL_NODES = 200


@dataclass(frozen=True)
class Worth:
    """What each candidate is worth at each place, CSR candidates x places.

    `second`: share that counts of the second best site. `must`: what being served at all is worth beyond comparison
    (0 where it is not asked); it is part of the values. `scale`: a typical total, for tolerances.
    """

    values: sparse.csr_matrix
    second: float = 0.0
    must: float = 0.0
    scale: float = 1.0

    @cached_property
    def by_place(self) -> sparse.csr_matrix:
        """Places x candidates."""
        return self.values.T.tocsr()

    @property
    def arrays(self) -> Arrays:
        """Return what the compiled functions take."""
        a, b = self.values, self.by_place
        return Arrays(a.indptr, a.indices, a.data, b.indptr, b.indices, b.data, self.second)

    def of(self, is_open: Array) -> float:
        """Return what a plan (true and false by candidate) is worth."""
        chosen = sparse.csr_matrix(self.values[np.flatnonzero(is_open)])
        best = np.asarray(chosen.max(axis=0).todense()).ravel() if chosen.shape[0] else np.zeros(chosen.shape[1])
        if self.second == 0:
            return float(best.sum())
        often = np.bincount(chosen.indices, minlength=chosen.shape[1]) > 1  # a second one is worth the same
        return float(best.sum() + self.second * best[often].sum())


def covering(sets: Covers) -> Worth:
    """Return covering as worths: whoever reaches a group is worth its demand."""
    values = sparse.csr_matrix(sets.sets @ sparse.diags(sets.weight))
    return Worth(values, second=sets.backup, scale=max(float(sets.weight.sum()), 1e-300))


def serving(table: Floats, reached: Bools) -> Worth:
    """Return demand x cost as worths: what a site saves against the dearest within reach, and much for serving at all.

    `table` holds finite costs where `reached`; the total cost of a plan that serves everybody is the sum of the dearest
    less the worth, plus `must` for each place.
    """
    dearest = np.where(reached, table, 0.0).max(axis=0)
    must = float(np.floor(1.001 * dearest.sum())) + 1.0
    row, column = np.nonzero(reached)
    saved = must + (dearest[column] - table[row, column])
    return Worth(sparse.csr_matrix((saved, (row, column)), shape=table.shape), must=must, scale=must)


def choose(worth: Worth, rules: Rows, *, effort: float, prove: bool, time_limit: float, seed: int) -> Solution:
    """Search, bound, and ask HiGHS where the model is small or a proof is wanted; `values` are ones and zeros."""
    limits, arrays = _limits(rules), worth.arrays
    fixed: Bools = np.zeros(worth.values.shape[0], bool)
    fixed[rules.fixed] = True
    found, _ = search(arrays, limits, fixed, fixed, 0, worth.scale, seed)
    bound(arrays, limits, fixed, found, 0)
    deadline = time.monotonic() + time_limit  # the clock starts with a plan in hand and everything compiled
    found, value = search(arrays, limits, fixed, found, int(effort * SEARCH_STEPS[0]), worth.scale, seed)
    upper, left = bound(arrays, limits, fixed, found, BOUND_ROUNDS)
    best = _settled(Solution(found.astype(float), value, upper, HEURISTIC), worth)
    if best.status != OPTIMAL and worth.values.nnz <= SMALL_MODEL:
        best = _ask(worth, rules, best, left, deadline, SMALL_NODES)
    if best.status not in (OPTIMAL, INFEASIBLE) and time.monotonic() < deadline:
        best = _search_on(worth, limits, fixed, best, int(effort * SEARCH_STEPS[1]), seed + 1)
    if best.status not in (OPTIMAL, INFEASIBLE) and prove:
        best = _ask(worth, rules, best, left, deadline, None)
    late = time.monotonic() > deadline
    return replace(best, status=TIME_LIMIT) if late and best.status == HEURISTIC else best


def _search_on(worth: Worth, limits: Limits, fixed: Bools, best: Solution, steps: int, seed: int) -> Solution:
    assert best.values is not None  # noqa: S101
    found, value = search(worth.arrays, limits, fixed, best.values > 0.5, steps, worth.scale, seed)
    if value <= best.objective:
        return best
    return _settled(replace(best, values=found.astype(float), objective=value), worth)


def find(worth: Worth, rules: Rows, steps: int, seed: int) -> Ints:
    """Return the plan (positions) that a search of so many steps finds."""
    fixed: Bools = np.zeros(worth.values.shape[0], bool)
    fixed[rules.fixed] = True
    return np.flatnonzero(search(worth.arrays, _limits(rules), fixed, fixed, steps, worth.scale, seed)[0])


def _settled(answer: Solution, worth: Worth) -> Solution:
    assert answer.bound is not None  # noqa: S101
    proved = answer.objective >= answer.bound - 1e-9 * worth.scale
    return replace(answer, bound=answer.objective, status=OPTIMAL) if proved else answer


def _limits(rules: Rows) -> Limits:
    columns = rules.matrix.tocsc()
    slack = 1e-9 * (1 + np.abs(rules.limit))
    return Limits(columns.indptr, columns.indices, columns.data, rules.limit + slack, rules.price)


def _ask(worth: Worth, rules: Rows, best: Solution, left: Bools, deadline: float, node_limit: int | None) -> Solution:
    """Ask HiGHS, started from the plan, for a better one among the candidates that are left."""
    assert best.values is not None  # noqa: S101
    time_limit = deadline - time.monotonic()
    if time_limit <= 0:
        return best
    left = left | (best.values > 0.5)
    program = _program(worth, rules, np.flatnonzero(left), best.values)
    answer = solve_milp(
        program.gain, program.matrix, program.lower, program.upper, integer=program.integer, bounds=program.bounds,
        maximize=True, start=program.start, time_limit=time_limit, node_limit=node_limit, gap=0.0,
    )  # fmt: skip
    if answer.values is None:  # only when a must cannot be kept: no plan serves everybody
        return replace(best, status=INFEASIBLE) if answer.status == INFEASIBLE else best
    found = np.zeros(len(best.values))
    found[left] = np.round(answer.values[: left.sum()])
    value = worth.of(found > 0.5)
    if value > best.objective:
        best = replace(best, values=found, objective=value)
    if answer.status == OPTIMAL:
        return replace(best, bound=best.objective, status=OPTIMAL)
    upper = np.inf if answer.bound is None else max(answer.bound + program.constant, best.objective)
    return _settled(replace(best, bound=min(upper, np.inf if best.bound is None else best.bound)), worth)


class _Program(NamedTuple):
    gain: Floats
    matrix: sparse.csr_matrix
    lower: Floats
    upper: Floats
    integer: Bools
    bounds: tuple[Floats, Floats]
    start: Floats | None
    constant: float


def _program(worth: Worth, rules: Rows, left: Ints, plan: Floats) -> _Program:
    """Maximise over y (sites, whole) and z (place served by a site of at least this level, levels from the best down).

    A level is reached when a site of it is open or the level above is (Cornuejols, Nemhauser and Wolsey 1980); one
    level a place is maximal covering, and then z for being covered twice comes beside it.
    """
    table = sparse.csr_matrix(worth.values[left]).tocoo()
    order = np.lexsort((-table.data, table.col))
    site, place, value = table.row[order], table.col[order], table.data[order]
    opens = np.r_[True, np.diff(place) != 0]  # first entry of its place
    fresh = opens | np.r_[True, np.diff(value) != 0]
    level, first = np.cumsum(fresh) - 1, np.flatnonzero(fresh)
    n, above = len(first), ~opens[first]
    ends = np.r_[~above[1:], True]
    drop = value[first] - np.where(ends, worth.must, np.r_[value[first][1:], 0.0])
    served = sparse.csr_matrix((np.ones(len(site)), (level, site)), shape=(n, len(left)))
    chain = sparse.csr_matrix((np.ones(above.sum()), (np.flatnonzero(above), np.flatnonzero(above) - 1)), shape=(n, n))
    twice = [-sparse.identity(n)] if worth.second > 0 else []
    reach = sparse.hstack([served, chain - sparse.identity(n), *twice], format="csr")
    width = reach.shape[1]
    limits = sparse.hstack([rules.matrix[:, left], sparse.csr_matrix((len(rules.limit), width - len(left)))])
    floor = np.zeros(width)
    floor[np.searchsorted(left, rules.fixed)] = 1.0
    if worth.must > 0:
        floor[len(left) + np.flatnonzero(ends)] = 1.0
    y = plan[left]
    times = served @ y
    z = (times > 0.5).astype(float)
    for k in np.flatnonzero(above):
        z[k] = max(z[k], z[k - 1])
    start = np.r_[y, z, *([(times > 1.5).astype(float)] if twice else [])]
    return _Program(
        np.r_[np.zeros(len(left)), drop, *([worth.second * drop] if twice else [])],
        sparse.vstack([reach, limits], format="csr"), np.r_[np.zeros(n), np.full(len(rules.limit), -np.inf)],
        np.r_[np.full(n, np.inf), rules.limit], np.arange(width) < len(left), (floor, np.ones(width)),
        start if (start >= floor).all() else None, worth.must * float(ends.sum()),
    )  # fmt: skip

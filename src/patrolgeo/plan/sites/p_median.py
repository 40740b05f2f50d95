"""The p-median: sites that keep the demand-weighted travel as short as it can be."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from patrolgeo._checks import check_seed
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.constrained import solve as constrained
from patrolgeo.plan.optimise.constrained.rows import Rows
from patrolgeo.plan.optimise.median import bound as median_bounds
from patrolgeo.plan.optimise.median import search as medians
from patrolgeo.plan.optimise.median.bound import FREE, OPEN, Tree
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.sites.rules import SiteRules, read_rules
from patrolgeo.plan.sites.site_plan import (
    Problem,
    SitePlan,
    check_existing,
    check_n_sites,
    dense,
    read_problem,
    site_plan,
)
from patrolgeo.solver import HEURISTIC, INFEASIBLE, OPTIMAL, TIME_LIMIT

MAX_ENTRIES = 200_000_000
SEARCH_ENTRIES = (20_000_000, 100_000_000, 100_000_000)  # entries each round may read; 200 million take half a second
LATE_ROUNDS = 60  # no plan without a bound, even when time is up
TREE_ENTRIES = 200_000_000  # entries between two looks at the clock
TREE_MEMORY = 8_000_000  # numbers the stack of the tree may hold
NODE_ROUNDS = 40
SMALL_TREE = 2  # looks at the clock without `prove`
SMALL_NODES = 200  # nodes of HiGHS without `prove`


def p_median(
    cost: Any,
    n_sites: int | None,
    demand: Any = None,
    *,
    existing: Any = (),
    rules: SiteRules | None = None,
    time_limit: float = 60.0,
    prove: bool = False,
    random_state: int | None = 0,
) -> SitePlan:
    """Which `n_sites` candidates keep the demand-weighted cost to the nearest site lowest?

    Greedy choice, interchange and kicks with a set amount of work find the plan. A Lagrangian bound then rules out most
    candidates; what is left goes to HiGHS when it is small, else to a branch and bound tree (a little of it without
    `prove`, all of it with). Without `prove` the same input and seed give the same plan, bound and status on every run.

    Parameters
    ----------
    cost
        Travel minutes (or any cost), candidates x demand places: DataFrame, array, or scipy sparse matrix whose stored
        entries can be reached.
    n_sites
        How many sites are open in the end, the existing ones included.
    demand
        Series by demand label, or array; 1 for each place by default.
    existing
        Labels of candidates that are open already and stay so.
    rules
        Costs and a budget, existing sites that may close, kinds, spacing, company: see `SiteRules`. `n_sites` is then
        the most sites there may be, or None.
    time_limit
        Seconds of wall time; the best plan so far and its bound come back with status "time_limit".
    prove
        Go on until optimality is proved or time is up.
    random_state
        Seed of the kicks.

    Returns
    -------
    SitePlan; `objective` is the sum of demand x cost, `served_by` the nearest site of each place, `gain` by how much
    the objective would rise without that site.

    Raises
    ------
    InfeasibleError
        When there are fewer candidates than sites, or a place with demand is out of everybody's reach.

    References
    ----------
    Hakimi (1964), doi:10.1287/opre.12.3.450; Whitaker (1983), doi:10.1080/03155986.1983.11731889;
    Christofides and Beasley (1982), doi:10.1016/0377-2217(82)90211-6.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import p_median
    >>> minutes = pd.DataFrame([[0, 4, 9], [4, 0, 5], [9, 5, 0]], index=["a", "b", "c"], columns=["x", "y", "z"])
    >>> plan = p_median(minutes, 2, demand=pd.Series({"x": 10.0, "y": 20.0, "z": 30.0}))
    >>> sorted(plan.sites), plan.objective, plan.status
    (['b', 'c'], 40.0, 'optimal')
    """
    begin, deadline = time.process_time(), time.monotonic() + time_limit
    problem = read_problem(cost, demand)
    if rules is not None:
        rows = read_rules(rules, problem.candidates, n_sites, existing)
        return _under_rules(problem, rows, begin, time_limit, prove, check_seed(random_state))
    n_sites, seed = check_n_sites(n_sites, len(problem.candidates)), check_seed(random_state)
    fixed = check_existing(problem.candidates, existing, n_sites)
    table, unreachable = weighted(problem)
    start = medians.greedy(table, fixed, n_sites)
    work = _Work(table, fixed, start, float(table[start].min(axis=0).sum()), deadline)
    for k, entries in enumerate(SEARCH_ENTRIES):
        work.search(entries, seed=k + seed)
        work.bound_root()
        if work.open_gap:
            work.close_gap(prove and entries == SEARCH_ENTRIES[-1])
    if work.value >= unreachable:
        raise _out_of_reach(problem, work.best, f"n_sites={n_sites}")
    answer = Outcome(objective=work.value, bound=work.lower, status=work.status, runtime=time.process_time() - begin)
    return _plan(problem, table, work.best, unreachable, answer)


def _under_rules(problem: Problem, rows: Rows, begin: float, time_limit: float, prove: bool, seed: int) -> SitePlan:
    table, unreachable = weighted(problem)
    worth = constrained.serving(table, table < unreachable)
    found = constrained.choose(worth, rows, effort=1.0, prove=prove, time_limit=time_limit, seed=seed)
    assert found.values is not None and found.bound is not None  # noqa: PT018, S101
    chosen = np.flatnonzero(found.values > 0.5)
    total = float(table[chosen].min(axis=0, initial=unreachable).sum())
    if total >= unreachable:
        raise _out_of_reach(problem, chosen, rows.limits, found.status in (INFEASIBLE, OPTIMAL))
    lower = total if found.status == OPTIMAL else min(total, total - (found.bound - found.objective))
    answer = Outcome(objective=total, bound=lower, status=found.status, runtime=time.process_time() - begin)
    return _plan(problem, table, chosen, unreachable, answer)


def _plan(problem: Problem, table: Floats, chosen: Ints, unreachable: float, answer: Outcome) -> SitePlan:
    loss = _loss(table, chosen, unreachable)
    order = np.argsort(-loss, kind="stable")
    return site_plan(problem, chosen[order], loss[order], answer, "demand-weighted cost")


def weighted(problem: Problem) -> tuple[Floats, float]:
    """Return demand x cost as a table without places that have no demand, and what stands for "unreachable" in it."""
    if problem.cost.shape[0] * problem.cost.shape[1] > MAX_ENTRIES:
        raise DataError(
            f"cost is {problem.cost.shape[0]:,} x {problem.cost.shape[1]:,}, above {MAX_ENTRIES:,} entries. Leave out "
            "candidates, or put the demand on coarser cells (HexGrid.parents)."
        )
    wanted = problem.demand > 0
    table = dense(problem.cost)[:, wanted]
    finite = np.isfinite(table)
    nobody = ~finite.any(axis=0)
    if nobody.any():
        first = problem.places[wanted][nobody].tolist()[0]
        raise InfeasibleError(f"{nobody.sum()} places with demand are reached by no candidate (first: {first!r}).")
    table = np.where(finite, table, 0.0) * problem.demand[wanted]
    unreachable = float(table.max(axis=0, initial=0.0).sum()) + 1.0
    table[~finite] = unreachable
    return np.ascontiguousarray(table), unreachable


def _out_of_reach(problem: Problem, chosen: Ints, limits: str, proved: bool = False) -> InfeasibleError:
    lost = ~np.isfinite(dense(problem.cost[chosen])).any(axis=0) & (problem.demand > 0)
    return InfeasibleError(
        f"{'There is no plan' if proved else 'No plan was found'} in which sites reach every place with demand under "
        f"{limits}; {lost.sum()} stay out of reach (first: {problem.places[lost].tolist()[0]!r}). `set_cover` says how "
        "many sites are needed."
    )


def _loss(table: Floats, chosen: Ints, unreachable: float) -> Floats:
    """Return by how much the total rises when each site alone is closed; infinite when it cannot be missed."""
    rows = table[chosen]
    if len(rows) <= 1:
        return np.full(len(rows), np.inf)
    order = np.sort(rows, axis=0)
    rise = np.bincount(rows.argmin(axis=0), order[1] - order[0], minlength=len(rows))
    return np.where(rise > unreachable / 2, np.inf, rise)


@dataclass
class _Work:
    """A p-median in the making: the best plan, its value, the bound, and what the reduced costs leave open."""

    table: Floats
    fixed: Ints
    best: Ints
    value: float
    deadline: float
    lower: float = -np.inf
    status: str = HEURISTIC

    def __post_init__(self) -> None:
        whole = bool((self.table == np.floor(self.table)).all())
        # what a better plan must at least save: 1 when all costs are whole numbers, else a trifle
        self.step = 1.0 - 1e-6 if whole else 1e-9 * max(self.value, 1e-9)
        self.state: Array = np.full(len(self.table), FREE, np.int8)
        self.state[self.fixed] = OPEN
        self.price = median_bounds.first_price(self.table)

    @property
    def late(self) -> bool:
        return time.monotonic() > self.deadline

    @property
    def open_gap(self) -> bool:
        return self.lower <= self.value - self.step and self.status == HEURISTIC

    def search(self, entries: int, seed: int) -> None:
        if self.value > 0 and self.status == HEURISTIC:
            found, values = medians.search(self.table, self.best, len(self.fixed), entries, seed)
            if values[0] < self.value:
                self.best, self.value = found[0], float(values[0])

    def bound_root(self) -> None:
        if self.status != HEURISTIC:
            return
        often = np.zeros(len(self.table))
        rounds = LATE_ROUNDS if self.late else median_bounds.ROUNDS
        self.best = self.best.copy()
        lower, self.value, _ = median_bounds.ascend(
            self.table, self.state, self.price, self.best, self.value, self.step, rounds, median_bounds.PATIENCE, often
        )
        self.lower = max(self.lower, lower)
        self._settle(self.lower > self.value - self.step)

    def close_gap(self, prove: bool) -> None:
        if self.late:
            return
        left = max(self.deadline - time.monotonic(), 0.01)
        answer = median_bounds.solve_reduced(
            self.table, self.state, self.price, self.best, self.value - self.step, left, None if prove else SMALL_NODES
        )
        if answer is None:
            self._grow_tree(prove)
            return
        if answer.values is not None:
            found = answer.values.astype(np.int64)
            value = float(self.table[found].min(axis=0).sum())
            if value < self.value:
                self.best, self.value = found, value
        if answer.bound is not None:
            self.lower = max(self.lower, min(answer.bound, self.value))
        self._settle(answer.status in (OPTIMAL, INFEASIBLE))

    def _grow_tree(self, prove: bool) -> None:
        height = int((self.state == FREE).sum()) + 2
        m, n = self.table.shape
        if height * n > TREE_MEMORY:
            self._settle(False)
            return
        tree = Tree(np.zeros((height, m), np.int8), np.zeros((height, n)), np.zeros(height), np.ones(1, np.int64))
        tree.states[0], tree.prices[0], tree.bounds[0] = self.state, self.price, self.lower
        best, spent = self.best.copy(), 0
        while tree.height[0] > 0 and not self.late and (prove or spent < SMALL_TREE):
            value = median_bounds.branch(self.table, tree, best, self.value, self.step, NODE_ROUNDS, TREE_ENTRIES)
            self.best, self.value, spent = best, value, spent + 1
        if tree.height[0] > 0:
            self.lower = max(self.lower, min(self.value, float(tree.bounds[: tree.height[0]].min())))
        self._settle(tree.height[0] == 0)

    def _settle(self, proved: bool) -> None:
        if proved:
            self.lower, self.status = self.value, OPTIMAL
        elif self.late:
            self.status = TIME_LIMIT

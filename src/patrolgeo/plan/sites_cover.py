"""Covering models: sites within whose reach as much demand as possible, or all of it, lies."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan import covers
from patrolgeo.plan.covers import Covers
from patrolgeo.plan.result import Outcome
from patrolgeo.plan.sites import Problem, SitePlan, check_existing, check_n_sites, read_problem, site_plan
from patrolgeo.solver import HEURISTIC, OPTIMAL, TIME_LIMIT, Solution, solve_milp

SEARCH_STEPS = 150_000_000  # about one CPU second
BOUND_ROUNDS = 600
SMALL_MODEL = 40_000  # stored entries up to which HiGHS is asked without `prove`
SMALL_NODES = 20


def max_coverage(
    cost: Any,
    n_sites: int,
    max_cost: Any,
    demand: Any = None,
    *,
    existing: Any = (),
    time_limit: float = 60.0,
    prove: bool = False,
    random_state: int | None = None,
) -> SitePlan:
    """Which `n_sites` candidates cover the most demand within `max_cost`?

    The maximal covering location problem: a place counts fully when a site reaches it within `max_cost`, not at all
    otherwise. Greedy choice, swaps and kicks with a set amount of work find the plan; a Lagrangian bound, and HiGHS
    started from the plan where the model is small or `prove` is set, say how good it is. Without `prove` the same input
    and seed give the same plan, bound and status on every run.

    Parameters
    ----------
    cost
        Travel minutes (or any cost), candidates x demand places: DataFrame with labels, array, or scipy sparse matrix
        whose stored entries can be reached. `inf` and missing mean unreachable.
    n_sites
        How many sites are open in the end, the existing ones included.
    max_cost
        Reach in the unit of `cost`: one number, or one a candidate (Series by candidate label or array).
    demand
        Series by demand label, or array; 1 for each place by default.
    existing
        Labels of candidates that are open already and stay so.
    time_limit
        Seconds of wall time for search and proof; the best plan so far comes back with status "time_limit".
    prove
        Let HiGHS work until optimality is proved or time is up.
    random_state
        Seed of the kicks.

    Returns
    -------
    SitePlan; `covered` holds True or False by demand label, `objective` is the covered demand.

    Raises
    ------
    InfeasibleError
        When there are fewer candidates than sites, or nothing can be reached within `max_cost`.

    References
    ----------
    Church and ReVelle (1974), The maximal covering location problem, doi:10.1007/BF01942293.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import max_coverage
    >>> minutes = pd.DataFrame([[0, 4, 9], [4, 0, 5], [9, 5, 0]], index=["a", "b", "c"], columns=["x", "y", "z"])
    >>> plan = max_coverage(minutes, 1, max_cost=5, demand=pd.Series({"x": 10.0, "y": 20.0, "z": 30.0}))
    >>> plan.sites.tolist(), plan.objective, plan.status
    (['b'], 60.0, 'optimal')
    """
    begin, deadline = time.process_time(), time.monotonic() + time_limit
    problem = read_problem(cost, demand)
    n_sites = check_n_sites(n_sites, len(problem.candidates))
    fixed = check_existing(problem.candidates, existing, n_sites)
    reach = covers.reach_matrix(problem.cost, read_reach(max_cost, problem.candidates))
    if reach.nnz == 0:
        raise InfeasibleError(
            f"No candidate reaches any place within max_cost={max_cost}; the least cost is {_least(problem)}."
        )
    sets = covers.merge_equal(reach, problem.demand)
    chosen, value, in_time = _find(sets, fixed, n_sites, 0 if random_state is None else random_state, deadline)
    answer = _bound(sets, fixed, chosen, value, prove, in_time, deadline)
    return _plan(problem, reach, fixed, answer, time.process_time() - begin)


def read_reach(max_cost: Any, candidates: pd.Index) -> Floats:
    """Return the reach of each candidate from one number, a Series by candidate or an array."""
    if isinstance(max_cost, pd.Series):
        max_cost = max_cost.reindex(candidates)
    values = np.asarray(max_cost, float)
    if values.ndim and values.shape != (len(candidates),):
        raise DataError(
            f"max_cost has shape {values.shape}; give one number, or one for each of {len(candidates)} candidates."
        )
    if not (values >= 0).all():
        raise DataError("max_cost must be 0 or more for every candidate.")
    return np.broadcast_to(values, len(candidates))


def _least(problem: Problem) -> float:
    values = np.asarray(problem.cost.data if sparse.issparse(problem.cost) else problem.cost)
    return float(np.nanmin(values)) if values.size else np.inf


def _find(sets: Covers, fixed: Ints, n_sites: int, seed: int, deadline: float) -> tuple[Ints, float, bool]:
    """Search in slices of a tenth of a second, so that time can run out between them."""
    everyone = np.ones(sets.sets.shape[0], bool)
    known, best, value = np.zeros(0, np.int64), np.zeros(0, np.int64), -1.0
    slices = 10
    for k in range(slices):
        found, reached = covers.search(sets.arrays, everyone, fixed, n_sites, known, SEARCH_STEPS // slices, seed + k)
        if reached > value:
            known, best, value = found, found, reached
        if value >= sets.weight.sum() or time.monotonic() > deadline:
            return best, value, time.monotonic() <= deadline
    return best, value, True


def _bound(
    sets: Covers, fixed: Ints, chosen: Ints, value: float, prove: bool, in_time: bool, deadline: float
) -> Solution:
    """Return the plan with the best bound that the set effort gives: all weight, Lagrangian, HiGHS."""
    m, total = sets.sets.shape[0], float(sets.weight.sum())
    indicator = np.zeros(m)
    indicator[chosen] = 1.0
    if value >= total * (1 - 1e-12):
        return Solution(indicator, value, value, OPTIMAL)
    upper, _ = covers.lagrangian(sets.arrays, np.ones(m, bool), fixed, len(chosen), value, BOUND_ROUNDS)
    upper = min(upper, total)
    left = deadline - time.monotonic()
    if left > 0 and (prove or sets.sets.nnz <= SMALL_MODEL):
        answer = _solve(sets, fixed, indicator, value, left, None if prove else SMALL_NODES)
        better = answer.bound is not None and answer.bound < upper
        bound = answer.bound if better else upper
        status = answer.status if prove or answer.status == OPTIMAL else HEURISTIC
        return Solution(answer.values, answer.objective, bound, status)
    return Solution(indicator, value, upper, HEURISTIC if in_time else TIME_LIMIT)


def _solve(
    sets: Covers, fixed: Ints, indicator: Floats, value: float, time_limit: float, node_limit: int | None
) -> Solution:
    """Ask HiGHS: maximise covered weight over y (sites, whole) and z (groups covered)."""
    m, groups = sets.sets.shape
    rows = sparse.hstack([sets.served_by, -sparse.identity(groups)])
    count = sparse.hstack([sparse.csr_matrix(np.ones((1, m))), sparse.csr_matrix((1, groups))])
    floor = np.zeros(m + groups)
    floor[fixed] = 1.0
    n_sites = indicator.sum()
    covered = (sets.served_by @ indicator > 0).astype(float)
    integer: Bools = np.r_[np.ones(m, bool), np.zeros(groups, bool)]
    answer = solve_milp(
        np.r_[np.zeros(m), sets.weight], sparse.vstack([rows, count]), np.r_[np.zeros(groups), 0.0],
        np.r_[np.full(groups, np.inf), n_sites], integer=integer, bounds=(floor, 1.0), maximize=True,
        start=np.r_[indicator, covered], time_limit=time_limit, node_limit=node_limit,
    )  # fmt: skip
    found = indicator if answer.values is None else _rounded(answer.values[:m], int(n_sites))
    reached = float(sets.weight[sets.served_by @ found > 0].sum())
    if reached < value:
        found, reached = indicator, value
    return Solution(found, reached, answer.bound, answer.status)


def _rounded(y: Floats, n_sites: int) -> Floats:
    """Return whole numbers with exactly `n_sites` ones (HiGHS may leave sites unused when all is covered)."""
    whole = np.zeros(len(y))
    whole[np.argsort(-y, kind="stable")[:n_sites]] = 1.0
    return whole


def _plan(problem: Problem, reach: sparse.csr_matrix, fixed: Ints, answer: Solution, runtime: float) -> SitePlan:
    assert answer.values is not None  # noqa: S101
    chosen = np.flatnonzero(answer.values > 0.5)
    order, gain = by_gain(reach, problem.demand, chosen, fixed)
    covered = np.asarray(reach[order].sum(axis=0)).ravel() > 0
    objective = float(problem.demand[covered].sum())
    bound = objective if answer.status == OPTIMAL else max(answer.bound or objective, objective)
    outcome = Outcome(objective=objective, bound=bound, status=answer.status, runtime=runtime, maximize=True)
    return site_plan(problem, order, gain, outcome, "covered demand", covered=covered)


def by_gain(reach: sparse.csr_matrix, demand: Floats, chosen: Ints, fixed: Ints) -> tuple[Ints, Floats]:
    """Order chosen sites by what each adds to those before it, the fixed ones first; return the order and the gains."""
    left, order, gains = demand.copy(), [], []
    waiting = {int(i): reach.indices[reach.indptr[i] : reach.indptr[i + 1]] for i in chosen}
    first = [int(i) for i in fixed]
    while waiting:
        pool = [i for i in first if i in waiting] or list(waiting)
        gain, best = max((left[waiting[i]].sum(), -i) for i in pool)
        order.append(-best)
        gains.append(float(gain))
        left[waiting.pop(-best)] = 0.0
    return np.array(order, np.int64), np.array(gains)

"""Covering models: sites within whose reach as much demand as possible, or all of it, lies."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan import covers, ruled
from patrolgeo.plan.covers import Covers
from patrolgeo.plan.result import Outcome
from patrolgeo.plan.site_rules import SiteRules, read_rules
from patrolgeo.plan.sites import Problem, SitePlan, check_existing, check_n_sites, read_problem, site_plan
from patrolgeo.solver import HEURISTIC, OPTIMAL, TIME_LIMIT, Solution, solve_milp

SEARCH_STEPS = (40_000_000, 360_000_000)  # with effort=1: about a tenth of a CPU second, then about one
BOUND_ROUNDS = 3000
SMALL_MODEL = 12_000  # stored entries up to which HiGHS is asked without `prove`
SMALL_NODES = 20


def max_coverage(
    cost: Any,
    n_sites: int | None,
    max_cost: Any,
    demand: Any = None,
    *,
    existing: Any = (),
    rules: SiteRules | None = None,
    effort: float = 1.0,
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
        Reach in the unit of `cost`: one number, or one a candidate (Series by candidate label or array), for example
        by kind of site: ``kind.map({"post": 10, "booth": 5})``.
    demand
        Series by demand label, or array; 1 for each place by default. Demand by shift: see `by_shift`.
    existing
        Labels of candidates that are open already and stay so.
    rules
        Costs and a budget, existing sites that may close, kinds, spacing, company: see `SiteRules`. `n_sites` is then
        the most sites there may be, or None.
    effort
        How much the search may do; 1 is about a CPU second at most.
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
        When there are fewer candidates than sites, nothing can be reached within `max_cost`, a budget pays for no
        site, or existing sites break a rule; the message names it.

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
    return _place(
        cost, n_sites, max_cost, demand, 0.0, existing=existing, rules=rules, effort=effort, time_limit=time_limit,
        prove=prove, random_state=random_state,
    )  # fmt: skip


def backup_coverage(
    cost: Any,
    n_sites: int | None,
    max_cost: Any,
    demand: Any = None,
    *,
    backup_weight: float = 0.5,
    existing: Any = (),
    rules: SiteRules | None = None,
    effort: float = 1.0,
    time_limit: float = 60.0,
    prove: bool = False,
    random_state: int | None = None,
) -> SitePlan:
    """Which `n_sites` candidates cover the most demand, when a second site within reach counts as well?

    As `max_coverage`, but demand that two or more sites reach counts `backup_weight` more: the unit next door can come
    when the nearest one is out. 0 gives plain coverage, 1 values the second cover as much as the first.

    Returns
    -------
    SitePlan; `objective` is the covered demand plus `backup_weight` times the demand covered twice.

    References
    ----------
    Hogan and ReVelle (1986), Concepts and applications of backup coverage, doi:10.1287/mnsc.32.11.1434.

    Examples
    --------
    >>> from patrolgeo import backup_coverage
    >>> minutes = [[0.0, 4.0], [4.0, 0.0], [9.0, 1.0]]
    >>> backup_coverage(minutes, 2, max_cost=5, backup_weight=0.5).objective
    3.0
    """
    if not 0 <= backup_weight <= 1:
        raise DataError(f"backup_weight={backup_weight!r} must lie between 0 and 1.")
    return _place(
        cost, n_sites, max_cost, demand, backup_weight, existing=existing, rules=rules, effort=effort,
        time_limit=time_limit, prove=prove, random_state=random_state,
    )  # fmt: skip


def _place(
    cost: Any, n_sites: int | None, max_cost: Any, demand: Any, backup: float, *, existing: Any,
    rules: SiteRules | None, effort: float, time_limit: float, prove: bool, random_state: int | None,
) -> SitePlan:  # fmt: skip
    begin, deadline = time.process_time(), time.monotonic() + time_limit
    problem, seed = read_problem(cost, demand), random_state or 0
    reach = covers.reach_matrix(problem.cost, read_reach(max_cost, problem.candidates))
    if reach.nnz == 0:
        raise InfeasibleError(
            f"No candidate reaches any place within max_cost={max_cost}; the least cost is {_least(problem)}."
        )
    sets = covers.merge_equal(reach, problem.demand, backup)
    if rules is not None:
        rows = read_rules(rules, problem.candidates, n_sites, existing)
        fixed = rows.fixed
        answer = ruled.choose(ruled.covering(sets), rows, effort=effort, prove=prove, time_limit=time_limit, seed=seed)
    else:
        n_sites = check_n_sites(n_sites, len(problem.candidates))
        fixed = check_existing(problem.candidates, existing, n_sites)
        answer = _choose(sets, fixed, n_sites, effort, prove, deadline, seed)
    return _plan(problem, reach, fixed, answer, backup, time.process_time() - begin)


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


def _choose(
    sets: Covers, fixed: Ints, n_sites: int, effort: float, prove: bool, deadline: float, seed: int
) -> Solution:
    """Search a little, bound, and where a gap is left search more; HiGHS where it is small or a proof is wanted."""
    quick, long = (int(effort * steps) for steps in SEARCH_STEPS)
    best = _search(sets, fixed, n_sites, quick, seed, None, deadline)
    best = _with_bound(sets, fixed, best)
    if best.status == OPTIMAL:
        return best
    if sets.sets.nnz <= SMALL_MODEL:
        best = _ask(sets, fixed, best, deadline, SMALL_NODES)
    if best.status != OPTIMAL:
        best = _search(sets, fixed, n_sites, long, seed + 1, best, deadline)
    if prove and best.status != OPTIMAL:
        best = _ask(sets, fixed, best, deadline, None)
    late = time.monotonic() > deadline
    return replace(best, status=TIME_LIMIT if late and best.status != OPTIMAL else best.status)


def _search(
    sets: Covers, fixed: Ints, n_sites: int, steps: int, seed: int, known: Solution | None, deadline: float
) -> Solution:
    m = sets.sets.shape[0]
    start = np.zeros(0, np.int64)
    if known is not None and known.values is not None:
        start = np.r_[fixed, np.setdiff1d(np.flatnonzero(known.values > 0.5), fixed)]
    steps = steps if time.monotonic() < deadline else 1
    found, value = covers.search(sets.arrays, np.ones(m, bool), fixed, n_sites, start, steps, seed)
    if known is not None and known.objective >= value:
        return known
    values = np.zeros(m)
    values[found] = 1.0
    return _settled(Solution(values, value, known.bound if known is not None else None, HEURISTIC), sets)


def _settled(answer: Solution, sets: Covers) -> Solution:
    """Return the answer as proved when its value is the bound."""
    bound = sets.most if answer.bound is None else min(answer.bound, sets.most)
    proved = answer.objective >= bound * (1 - 1e-9)
    return replace(answer, bound=answer.objective if proved else bound, status=OPTIMAL if proved else answer.status)


def _with_bound(sets: Covers, fixed: Ints, best: Solution) -> Solution:
    if best.status == OPTIMAL or best.values is None:
        return best
    everyone, n_sites = np.ones(sets.sets.shape[0], bool), int(best.values.sum())
    upper, _ = covers.lagrangian(sets.arrays, everyone, fixed, n_sites, best.objective, BOUND_ROUNDS)
    return _settled(replace(best, bound=upper), sets)


def _ask(sets: Covers, fixed: Ints, best: Solution, deadline: float, node_limit: int | None) -> Solution:
    """Ask HiGHS, started from the plan; keep what is better of plan and bound."""
    left = deadline - time.monotonic()
    if left <= 0:
        return best
    answer = _solve(sets, fixed, best, left, node_limit)
    bounds = [b for b in (answer.bound, best.bound) if b is not None]
    bound = min(bounds) if bounds else None
    if answer.values is not None and answer.objective > best.objective:
        best = replace(best, values=answer.values, objective=answer.objective)
    if answer.status == OPTIMAL:
        return replace(best, bound=best.objective, status=OPTIMAL)
    return _settled(replace(best, bound=bound), sets)


def _solve(sets: Covers, fixed: Ints, best: Solution, time_limit: float, node_limit: int | None) -> Solution:
    """Maximise over y (sites, whole), z (groups covered) and, with backup, x (groups covered twice)."""
    assert best.values is not None  # noqa: S101
    m, groups = sets.sets.shape
    layers = 2 if sets.backup > 0 else 1
    n_sites, times = best.values.sum(), sets.served_by @ best.values
    rows = sparse.hstack([sets.served_by] + [-sparse.identity(groups)] * layers)
    count = sparse.csr_matrix((np.ones(m), (np.zeros(m, int), np.arange(m))), shape=(1, rows.shape[1]))
    floor = np.zeros(rows.shape[1])
    floor[fixed] = 1.0
    weights = [sets.weight, sets.backup * sets.weight][:layers]
    integer: Bools = np.arange(rows.shape[1]) < m
    answer = solve_milp(
        np.concatenate([np.zeros(m), *weights]), sparse.vstack([rows, count]), np.zeros(groups + 1),
        np.r_[np.full(groups, np.inf), n_sites], integer=integer, bounds=(floor, 1.0), maximize=True,
        start=np.concatenate([best.values, *[(times > k + 0.5).astype(float) for k in range(layers)]]),
        time_limit=time_limit, node_limit=node_limit,
    )  # fmt: skip
    if answer.values is None:
        return answer
    found = _rounded(answer.values[:m], int(n_sites))
    return replace(answer, values=found, objective=sets.worth(found))


def _rounded(y: Floats, n_sites: int) -> Floats:
    """Return whole numbers with exactly `n_sites` ones (HiGHS may leave sites unused when all is covered)."""
    whole = np.zeros(len(y))
    whole[np.argsort(-y, kind="stable")[:n_sites]] = 1.0
    return whole


def _plan(
    problem: Problem, reach: sparse.csr_matrix, fixed: Ints, answer: Solution, backup: float, runtime: float
) -> SitePlan:
    assert answer.values is not None  # noqa: S101
    chosen = np.flatnonzero(answer.values > 0.5)
    order, gain = by_gain(reach, problem.demand, chosen, fixed, backup)
    times = np.asarray(reach[order].sum(axis=0)).ravel()
    objective = float(problem.demand[times > 0].sum() + backup * problem.demand[times > 1].sum())
    bound = objective if answer.status == OPTIMAL else max(answer.bound or objective, objective)
    outcome = Outcome(objective=objective, bound=bound, status=answer.status, runtime=runtime, maximize=True)
    words = "covered demand" if backup == 0 else f"covered demand + {backup:g} x demand covered twice"
    return site_plan(problem, order, gain, outcome, words, covered=times > 0)


def by_gain(
    reach: sparse.csr_matrix, demand: Floats, chosen: Ints, fixed: Ints, backup: float = 0.0
) -> tuple[Ints, Floats]:
    """Order chosen sites by what each adds to those before it, the fixed ones first; return the order and the gains."""
    left, order, gains = demand.copy(), [], []
    times = np.zeros(len(demand), np.int64)
    waiting = {int(i): reach.indices[reach.indptr[i] : reach.indptr[i + 1]] for i in chosen}
    first = [int(i) for i in fixed]
    while waiting:
        pool = [i for i in first if i in waiting] or list(waiting)
        gain, best = max((left[waiting[i]].sum(), -i) for i in pool)
        order.append(-best)
        gains.append(float(gain))
        served = waiting.pop(-best)
        times[served] += 1
        left[served] = np.where(times[served] == 1, backup * demand[served], 0.0)
    return np.array(order, np.int64), np.array(gains)

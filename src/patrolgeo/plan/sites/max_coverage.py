"""Covering models: sites within whose reach as much demand as possible, or all of it, lies."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy import sparse

from patrolgeo._checks import check_number, check_seed
from patrolgeo._typing import Ints
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.constrained import solve as constrained
from patrolgeo.plan.optimise.cover import solve as cover_solve
from patrolgeo.plan.optimise.cover.order import by_gain
from patrolgeo.plan.optimise.cover.sets import merge_equal, reach_matrix
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.problem import Problem, check_existing, check_n_sites, check_time_limit, read_problem
from patrolgeo.plan.sites.rules import SiteRules, read_rules
from patrolgeo.plan.sites.site_plan import SitePlan, site_plan
from patrolgeo.solver import OPTIMAL, Solution


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
    random_state: int | None = 0,
) -> SitePlan:
    """Which `n_sites` candidates cover the most demand within `max_cost`?

    The maximal covering location problem: a place counts fully when a site reaches it within `max_cost`, not at all
    otherwise. Greedy choice, Lagrangian prices and HiGHS on the candidates they leave over find and prove the plan.
    Where that does not end, annealing goes on and the plan is worked out anew region by region, with a set amount of
    work; the bound says how good it is.
    Without `prove` the same input and seed give the same plan, bound and status on every run.

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
        How much the search may do; 1 is about six CPU seconds at most.
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
    random_state: int | None = 0,
) -> SitePlan:
    """Which `n_sites` candidates cover the most demand, when a second site within reach counts as well?

    As `max_coverage`, but demand that two or more sites reach counts `backup_weight` more: the unit next door can come
    when the nearest one is out. 0 gives plain coverage, 1 values the second cover as much as the first.

    Parameters
    ----------
    cost, n_sites, max_cost, demand, existing, rules, effort, time_limit, prove, random_state
        As in `max_coverage`.
    backup_weight
        What being covered twice adds, as a share of the demand, 0 to 1.

    Returns
    -------
    SitePlan; `objective` is the covered demand plus `backup_weight` times the demand covered twice.

    Raises
    ------
    DataError
        When `backup_weight` lies outside 0 to 1, or an argument is not valid in `max_coverage`.
    AlignmentError
        When `demand` does not fit `cost`.
    InfeasibleError
        When the rules, existing sites and `n_sites` cannot all be met.

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
    check_number(backup_weight, "backup_weight", least=0, most=1)
    return _place(
        cost, n_sites, max_cost, demand, backup_weight, existing=existing, rules=rules, effort=effort,
        time_limit=time_limit, prove=prove, random_state=random_state,
    )  # fmt: skip


def _place(
    cost: Any, n_sites: int | None, max_cost: Any, demand: Any, backup: float, *, existing: Any,
    rules: SiteRules | None, effort: float, time_limit: float, prove: bool, random_state: int | None,
) -> SitePlan:  # fmt: skip
    check_number(effort, "effort", least=0)
    begin, time_limit = time.process_time(), check_time_limit(time_limit)
    deadline = time.monotonic() + time_limit
    problem, seed = read_problem(cost, demand), check_seed(random_state)
    reach = reach_matrix(problem.cost, problem.by_candidate(max_cost, "max_cost"))
    if reach.nnz == 0:
        raise InfeasibleError(
            f"No candidate reaches any place within max_cost={max_cost}; the least cost is {_least(problem)}."
        )
    sets = merge_equal(reach, problem.demand, backup)
    if rules is not None:
        rows = read_rules(rules, problem, n_sites, existing)
        fixed = rows.fixed
        answer = constrained.choose(
            constrained.covering(sets), rows, effort=effort, prove=prove, time_limit=time_limit, seed=seed
        )
    else:
        n_sites = check_n_sites(n_sites, len(problem.candidates))
        fixed = check_existing(problem.candidates, existing, n_sites)
        answer = cover_solve.choose(sets, fixed, n_sites, effort, prove, deadline, seed)
    return _plan(problem, reach, fixed, answer, backup, time.process_time() - begin)


def _least(problem: Problem) -> float:
    values = np.asarray(problem.cost.data if sparse.issparse(problem.cost) else problem.cost)
    return float(np.nanmin(values)) if values.size else np.inf


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

"""The p-median: sites that keep the demand-weighted travel as short as it can be."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from patrolgeo._checks import check_seed
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.constrained import solve as constrained
from patrolgeo.plan.optimise.constrained.rows import Rows
from patrolgeo.plan.optimise.median import solve as median
from patrolgeo.plan.optimise.median.loss import loss_without, weighted
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.problem import Problem, check_existing, check_n_sites, check_time_limit, dense, read_problem
from patrolgeo.plan.sites.rules import SiteRules, read_rules
from patrolgeo.plan.sites.site_plan import SitePlan, site_plan
from patrolgeo.solver import INFEASIBLE, OPTIMAL


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
    begin, time_limit, seed = time.process_time(), check_time_limit(time_limit), check_seed(random_state)
    deadline = time.monotonic() + time_limit
    problem = read_problem(cost, demand)
    if rules is not None:
        rows = read_rules(rules, problem, n_sites, existing)
        return _under_rules(problem, rows, begin, time_limit, prove, seed)
    n_sites = check_n_sites(n_sites, len(problem.candidates))
    fixed = check_existing(problem.candidates, existing, n_sites)
    table, unreachable = weighted(problem.table(), problem.demand[problem.wanted])
    found = median.choose(table, fixed, n_sites, prove=prove, deadline=deadline, seed=seed)
    if found.value >= unreachable:
        raise _out_of_reach(problem, found.best, f"n_sites={n_sites}")
    answer = Outcome(objective=found.value, bound=found.lower, status=found.status, runtime=time.process_time() - begin)
    return _plan(problem, table, found.best, unreachable, answer)


def _under_rules(problem: Problem, rows: Rows, begin: float, time_limit: float, prove: bool, seed: int) -> SitePlan:
    table, unreachable = weighted(problem.table(), problem.demand[problem.wanted])
    worth = constrained.serving(table, table < unreachable)
    found = constrained.choose(worth, rows, effort=1.0, prove=prove, time_limit=time_limit, seed=seed)
    assert found.values is not None and found.bound is not None  # noqa: PT018, S101
    chosen = np.flatnonzero(found.values > 0.5)
    total = float(table[chosen].min(axis=0, initial=unreachable).sum())
    if total >= unreachable:
        raise _out_of_reach(problem, chosen, rows.limits, found.status in (INFEASIBLE, OPTIMAL))
    lower = total if found.status == OPTIMAL else total - (found.bound - found.objective)
    answer = Outcome(objective=total, bound=lower, status=found.status, runtime=time.process_time() - begin)
    return _plan(problem, table, chosen, unreachable, answer)


def _plan(problem: Problem, table: Floats, chosen: Ints, unreachable: float, answer: Outcome) -> SitePlan:
    loss = loss_without(table, chosen, unreachable)
    order = np.argsort(-loss, kind="stable")
    return site_plan(problem, chosen[order], loss[order], answer, "demand-weighted cost")


def _out_of_reach(problem: Problem, chosen: Ints, limits: str, proved: bool = False) -> InfeasibleError:
    lost = ~np.isfinite(dense(problem.cost[chosen])).any(axis=0) & (problem.demand > 0)
    return InfeasibleError(
        f"{'There is no plan' if proved else 'No plan was found'} in which sites reach every place with demand under "
        f"{limits}; {lost.sum()} stay out of reach (first: {problem.places[lost].tolist()[0]!r}). `set_cover` says how "
        "many sites are needed."
    )

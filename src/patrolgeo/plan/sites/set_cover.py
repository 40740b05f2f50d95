"""Covering everything: how few (or how cheap) sites reach every place with demand?"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from patrolgeo._checks import check_count
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.constrained.rows import Rows
from patrolgeo.plan.optimise.cover.full import choose
from patrolgeo.plan.optimise.cover.order import by_gain
from patrolgeo.plan.optimise.cover.sets import merge_equal, reach_matrix
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.problem import check_time_limit, read_problem
from patrolgeo.plan.sites.rules import SiteRules, read_rules
from patrolgeo.plan.sites.site_plan import SitePlan, site_plan
from patrolgeo.solver import INFEASIBLE, OPTIMAL, TIME_LIMIT


def set_cover(
    cost: Any,
    max_cost: Any,
    demand: Any = None,
    *,
    existing: Any = (),
    site_cost: Any = None,
    rules: SiteRules | None = None,
    times: int = 1,
    time_limit: float = 60.0,
) -> SitePlan:
    """How few sites reach every place with demand within `max_cost`?

    The set covering location problem, solved by HiGHS from a greedy plan.

    Parameters
    ----------
    cost
        Travel minutes (or any cost), candidates x demand places: DataFrame, array, or scipy sparse matrix whose stored
        entries can be reached.
    max_cost
        Reach in the unit of `cost`: one number, or one a candidate.
    demand
        Places with demand 0 need no cover. All places do by default.
    existing
        Labels of candidates that are open already; they count in the objective unless they cost 0.
    site_cost
        Cost of each candidate (Series by label or array); 1 each by default, so that the number of sites counts.
    rules
        Limits to keep as well: spacing, company, kinds, a budget; see `SiteRules`.
    times
        By how many sites every place must be reached.
    time_limit
        Seconds of wall time; the best plan so far and its bound come back with status "time_limit".

    Returns
    -------
    SitePlan; `objective` is the number (or the cost) of the sites, `gain` the demand each adds.

    Raises
    ------
    InfeasibleError
        Naming the places that fewer than `times` candidates reach, or the rules under which no cover is possible.

    References
    ----------
    Toregas, Swain, ReVelle and Bergman (1971), doi:10.1287/opre.19.6.1363.

    Examples
    --------
    >>> from patrolgeo import set_cover
    >>> plan = set_cover([[0.0, 4.0, 9.0], [4.0, 0.0, 5.0], [9.0, 5.0, 0.0]], max_cost=5)
    >>> plan.sites.tolist(), plan.objective, plan.status
    ([1], 1.0, 'optimal')
    """
    begin, time_limit, times = time.process_time(), check_time_limit(time_limit), check_count(times, "times")
    problem = read_problem(cost, demand)
    price = problem.by_candidate(1.0 if site_cost is None else site_cost, "site_cost", finite=True)
    reach = reach_matrix(problem.cost, problem.by_candidate(max_cost, "max_cost"))
    often = np.asarray(reach.sum(axis=0)).ravel()
    short = (often < times) & problem.wanted
    if short.any():
        raise InfeasibleError(
            f"{short.sum()} places with demand are within max_cost of fewer than {times} candidates "
            f"(first: {problem.places[short].tolist()[0]!r}). Add candidates near them, or raise max_cost."
        )
    rows = read_rules(rules or SiteRules(), problem, len(price), existing)
    answer = choose(merge_equal(reach, problem.demand).served_by, price, rows, times, time_limit)
    if answer.values is None:
        found = "No choice of sites" if answer.status == INFEASIBLE else "No choice found in time"
        raise InfeasibleError(f"{found} reaches every place with demand {times} time(s) under {_said(rows)}.")
    order, gain = by_gain(reach, problem.demand, np.flatnonzero(answer.values > 0.5), rows.fixed)
    outcome = Outcome(
        objective=float(price[order].sum()), bound=answer.bound, runtime=time.process_time() - begin,
        status=OPTIMAL if answer.status == OPTIMAL else TIME_LIMIT,
    )  # fmt: skip
    covered = np.asarray(reach[order].sum(axis=0)).ravel() >= times
    words = "number of sites" if site_cost is None else "cost of the sites"
    return site_plan(problem, order, gain, outcome, words, covered=covered)


def _said(rows: Rows) -> str:
    pairs = len(rows.words) - rows.limits.count("=")
    return rows.limits + (f", {pairs} pairs apart or in need of each other" if pairs else "")

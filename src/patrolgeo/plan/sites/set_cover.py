"""Covering everything: how few (or how cheap) sites reach every place with demand?"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.constrained.rows import Rows
from patrolgeo.plan.optimise.cover.order import by_gain
from patrolgeo.plan.optimise.cover.sets import merge_equal, reach_matrix
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.sites.max_coverage import read_reach
from patrolgeo.plan.sites.rules import SiteRules, read_rules
from patrolgeo.plan.sites.site_plan import SitePlan, positions, read_problem, site_plan
from patrolgeo.solver import INFEASIBLE, OPTIMAL, TIME_LIMIT, solve_milp


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
    begin = time.process_time()
    problem = read_problem(cost, demand)
    fixed = positions(problem.candidates, existing, "existing")
    price = _prices(site_cost, problem.candidates)
    reach = reach_matrix(problem.cost, read_reach(max_cost, problem.candidates))
    short = (np.asarray(reach.sum(axis=0)).ravel() < times) & (problem.demand > 0)
    if short.any():
        raise InfeasibleError(
            f"{short.sum()} places with demand are within max_cost of fewer than {times} candidates "
            f"(first: {problem.places[short].tolist()[0]!r}). Add candidates near them, or raise max_cost."
        )
    served_by = merge_equal(reach, problem.demand).served_by
    rows = read_rules(rules or SiteRules(), problem.candidates, len(price), existing)
    floor = np.zeros(len(price))
    floor[fixed] = 1.0
    start, groups = _greedy(served_by, price, fixed, times), served_by.shape[0]
    answer = solve_milp(
        price, sparse.vstack([served_by, rows.matrix]),
        np.r_[np.full(groups, float(times)), np.full(len(rows.limit), -np.inf)],
        np.r_[np.full(groups, np.inf), rows.limit], integer=np.ones(len(price), bool), bounds=(floor, 1.0),
        time_limit=time_limit, start=start if rows.kept_by(start) else None,
    )  # fmt: skip
    if answer.values is None:
        found = "No choice of sites" if answer.status == INFEASIBLE else "No choice found in time"
        raise InfeasibleError(f"{found} reaches every place with demand {times} time(s) under {_said(rows)}.")
    chosen = np.flatnonzero(answer.values > 0.5)
    order, gain = by_gain(reach, problem.demand, chosen, fixed)
    objective = float(price[order].sum())
    proved = answer.status == OPTIMAL
    outcome = Outcome(
        objective=objective, bound=objective if proved else answer.bound, runtime=time.process_time() - begin,
        status=OPTIMAL if proved else TIME_LIMIT,
    )  # fmt: skip
    covered = np.asarray(reach[order].sum(axis=0)).ravel() >= times
    return site_plan(
        problem, order, gain, outcome, "number of sites" if site_cost is None else "cost of the sites", covered=covered
    )


def _said(rows: Rows) -> str:
    pairs = len(rows.words) - rows.limits.count("=")
    return rows.limits + (f", {pairs} pairs apart or in need of each other" if pairs else "")


def _prices(site_cost: Any, candidates: pd.Index) -> Floats:
    if isinstance(site_cost, pd.Series):
        site_cost = site_cost.reindex(candidates)
    price = np.broadcast_to(np.asarray(1.0 if site_cost is None else site_cost, float), len(candidates)).copy()
    if not (price >= 0).all():
        raise DataError("site_cost must be 0 or more for every candidate.")
    return price


def _greedy(served_by: sparse.csr_matrix, price: Floats, fixed: Ints, times: int) -> Floats:
    """Open the candidate with the most new cover for its price until everything is covered."""
    sets = served_by.T.tocsr()
    chosen = np.zeros(len(price))
    chosen[fixed] = 1.0
    missing = times - served_by @ chosen
    while (missing > 0).any():
        need: Bools = missing > 0
        gain = np.where(chosen > 0, -1.0, (sets @ need) / (price + 1e-9))
        best = int(np.argmax(gain))
        chosen[best] = 1.0
        missing[sets.indices[sets.indptr[best] : sets.indptr[best + 1]]] -= 1.0
    return chosen

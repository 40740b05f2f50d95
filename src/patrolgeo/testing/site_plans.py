"""What every plan of sites keeps, whoever made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.plan.problem import dense, read_problem
from patrolgeo.plan.sites.site_plan import SitePlan
from patrolgeo.testing._hold import hold


def check_site_plan(
    plan: SitePlan, cost: Any, demand: Any = None, *, value: Callable[[SitePlan], float] | None = None
) -> None:
    """Hold a plan of sites against the table it was made from.

    Sites are candidates, each once; every place is served by a chosen site at the cost of the table; demand is that
    which was given; the bound lies on the right side of the value.

    Parameters
    ----------
    plan
        The plan.
    cost, demand
        What the model was given.
    value
        Recomputes the objective from the plan; for the sum of demand x cost
        ``lambda plan: float(plan.demand @ plan.cost)``.

    Raises
    ------
    AssertionError
        When something does not hold.

    Examples
    --------
    >>> from patrolgeo import p_median
    >>> from patrolgeo.testing import check_site_plan
    >>> minutes = [[0.0, 4.0, 9.0], [4.0, 0.0, 5.0], [9.0, 5.0, 0.0]]
    >>> check_site_plan(p_median(minutes, 2), minutes, value=lambda plan: float(plan.demand @ plan.cost))
    """
    problem = read_problem(cost, demand)
    table = pd.DataFrame(dense(problem.cost), problem.candidates, problem.places)
    hold(plan.sites.isin(problem.candidates).all(), "every site must be a candidate")
    hold(plan.sites.is_unique, "a site must be chosen once")
    hold(plan.demand.index.equals(problem.places), "demand must have the places of cost, in their order")
    hold(np.allclose(plan.demand, problem.demand), "the demand of the plan must be the demand that was given")
    served = plan.served_by.dropna()
    hold(served.isin(plan.sites).all(), "every place must be served by a site of the plan")
    said = plan.cost[served.index].to_numpy(float)
    true = [table.loc[site, place] for place, site in served.items()]
    hold(np.allclose(said, true), "the cost of a place must be that of the site that serves it")
    _check_outcome(plan)
    if value is not None:
        again = value(plan)
        hold(bool(np.isclose(again, plan.objective)), f"the objective is {plan.objective}, recomputed {again}")


def _check_outcome(plan: Any) -> None:
    """Hold the bound against the value: the plan is not better than the proof, and optimal only when they meet."""
    hold(plan.status in ("optimal", "heuristic", "time_limit"), f"the status {plan.status!r} is not known")
    if plan.bound is None:
        hold(plan.status != "optimal", "a plan without a bound cannot be optimal")
        return
    better = plan.objective - plan.bound if plan.maximize else plan.bound - plan.objective
    slack = 1e-6 * max(abs(plan.bound), 1.0)
    hold(better <= slack, f"the value {plan.objective} is better than its bound {plan.bound}")
    hold(plan.status != "optimal" or abs(better) <= slack, "an optimal plan must meet its bound")

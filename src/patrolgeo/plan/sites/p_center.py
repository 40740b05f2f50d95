"""The p-center: sites that keep the longest way as short as it can be."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from patrolgeo._checks import check_seed
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.center import Radii, loss_without
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.problem import check_n_sites, check_time_limit, read_problem
from patrolgeo.plan.sites.rules import SiteRules, read_rules
from patrolgeo.plan.sites.site_plan import SitePlan, site_plan


def p_center(
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
    """Which `n_sites` candidates keep the longest way of any place to its nearest site shortest?

    The value is one of the costs. A search for plans that cover everything within a radius lowers it from above; LP
    relaxations of the cover problem (and, with `prove`, HiGHS on it) raise the bound from below.

    Parameters
    ----------
    cost
        Travel minutes (or any cost), candidates x demand places: DataFrame, array, or scipy sparse matrix whose stored
        entries can be reached.
    n_sites
        How many sites are open in the end, the existing ones included.
    demand
        Places with demand 0 do not count; otherwise the amount does not matter. All places by default.
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
        Seed of the search.

    Returns
    -------
    SitePlan; `objective` is the longest cost to a nearest site, `gain` by how much it would grow without that site.

    Raises
    ------
    InfeasibleError
        When there are fewer candidates than sites, or a place cannot be reached.

    References
    ----------
    Minieka (1970), The m-center problem, doi:10.1137/1012016; Elloumi, Labbe and Pochet (2004),
    doi:10.1287/ijoc.1030.0028.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import p_center
    >>> minutes = pd.DataFrame([[0, 4, 9], [4, 0, 5], [9, 5, 0]], index=["a", "b", "c"], columns=["x", "y", "z"])
    >>> plan = p_center(minutes, 1)
    >>> plan.sites.tolist(), plan.objective, plan.status
    (['b'], 5.0, 'optimal')
    """
    begin, deadline = time.process_time(), time.monotonic() + check_time_limit(time_limit)
    problem, seed = read_problem(cost, demand), check_seed(random_state)
    n_sites = check_n_sites(n_sites, len(problem.candidates)) if rules is None else n_sites
    rows = read_rules(rules or SiteRules(), problem, n_sites, existing)
    work = Radii(problem.table(), rows, seed, deadline)
    work.descend()
    if not np.isfinite(work.value):
        none = work.look_widest()
        if not np.isfinite(work.value):
            raise InfeasibleError(
                f"{'There is no plan' if none else 'No plan was found'} in which sites reach every place under "
                f"{rows.limits}; `set_cover` says how many sites are needed."
            )
    work.raise_bound(prove)
    loss = loss_without(work.table, work.best)
    order = np.argsort(-loss, kind="stable")
    answer = Outcome(objective=work.value, bound=work.lower, status=work.status, runtime=time.process_time() - begin)
    return site_plan(problem, work.best[order], loss[order], answer, "longest cost")

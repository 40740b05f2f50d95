"""The p-median with capacities: each place is served by one site, and no site serves more than it can."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from patrolgeo._checks import by_label, check_seed
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.capacitated import choose
from patrolgeo.plan.optimise.median.loss import weighted
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.problem import Problem, check_n_sites, check_time_limit, read_problem
from patrolgeo.plan.sites.site_plan import SitePlan, site_plan
from patrolgeo.solver import INFEASIBLE, OPTIMAL


def capacitated_p_median(
    cost: Any,
    n_sites: int,
    capacity: Any,
    demand: Any = None,
    *,
    load: Any = None,
    time_limit: float = 60.0,
    prove: bool = False,
    random_state: int | None = 0,
) -> SitePlan:
    """Which `n_sites` candidates serve all demand at the lowest cost when each can serve only so much?

    Simulated annealing over assignments and sites with a set amount of work from many starts; HiGHS mixes the groups of
    places met into the best plan (set partitioning). The bound is that of the model without capacities, of the LP
    relaxation (small models), or of HiGHS with `prove`.

    Parameters
    ----------
    cost
        Travel minutes (or any cost), candidates x demand places.
    n_sites
        How many sites are open.
    capacity
        Most load a site can serve: one number, or one a candidate.
    demand
        Weight of each place in the objective; 1 by default.
    load
        What each place takes of a capacity; `demand` by default.
    time_limit
        Seconds of wall time.
    prove
        Let HiGHS work until optimality is proved or time is up.
    random_state
        Seed.

    Returns
    -------
    SitePlan; `objective` is the sum of demand x cost, `served_by` the site of each place, `gain` the load of each site.

    Raises
    ------
    InfeasibleError
        When the largest `n_sites` capacities are below the whole load, or a place asks more than any site has.

    References
    ----------
    Mulvey and Beck (1984), doi:10.1016/0377-2217(84)90155-7.

    Examples
    --------
    >>> from patrolgeo import capacitated_p_median
    >>> minutes = [[0.0, 1.0, 2.0, 9.0], [9.0, 2.0, 1.0, 0.0]]
    >>> plan = capacitated_p_median(minutes, 2, capacity=2)
    >>> plan.served_by.tolist(), plan.objective
    ([0, 0, 1, 1], 2.0)
    """
    begin, deadline = time.process_time(), time.monotonic() + check_time_limit(time_limit)
    problem, seed = read_problem(cost, demand), check_seed(random_state)
    n_sites, wanted = check_n_sites(n_sites, len(problem.candidates)), problem.wanted
    table, unreachable = weighted(problem.table(), problem.demand[wanted])
    carried = (problem.demand if load is None else _load(load, problem))[wanted]
    most = _capacities(capacity, problem, carried, n_sites)
    sites, slot, answer = choose(table, carried, most, n_sites, prove=prove, deadline=deadline, seed=seed)
    if answer.objective >= unreachable:
        none = "There is no assignment" if answer.status in (INFEASIBLE, OPTIMAL) else "No assignment was found"
        raise InfeasibleError(
            f"{none} in which {n_sites} sites serve the whole load of {carried.sum():g} within their capacities and "
            "reach; allow more sites or larger capacities."
        )
    everywhere = np.zeros(len(wanted), np.int64)
    everywhere[wanted] = slot
    outcome = Outcome(
        objective=answer.objective, bound=answer.bound, status=answer.status, runtime=time.process_time() - begin
    )
    served: Floats = np.bincount(slot, carried, minlength=n_sites).astype(float)
    return site_plan(problem, sites, served, outcome, "demand-weighted cost within capacities", server=everywhere)


def _load(load: Any, problem: Problem) -> Floats:
    taken = by_label(load, problem.places, "load", "places", labelled=problem.labelled)
    if not (np.isfinite(taken).all() and (taken >= 0).all()):
        raise DataError("load holds negative or missing values; fill them with 0 if they mean none.")
    return taken


def _capacities(capacity: Any, problem: Problem, load: Floats, n_sites: int) -> Floats:
    most = np.minimum(problem.by_candidate(capacity, "capacity"), load.sum())
    together = np.sort(most)[::-1][:n_sites].sum()
    if together < load.sum():
        raise InfeasibleError(
            f"The load of {load.sum():g} is more than the {together:g} that the {n_sites} largest sites can serve."
        )
    if load.max(initial=0.0) > most.max():
        raise InfeasibleError(f"One place asks {load.max():g}, more than the largest capacity of {most.max():g}.")
    return most

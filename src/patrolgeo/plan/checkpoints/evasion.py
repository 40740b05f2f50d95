"""Checkpoints that cannot be driven around: every way within the detour that drivers would take is met."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, TypedDict, Unpack

import numpy as np
import pandas as pd

from patrolgeo._checks import check_count, check_number, check_options
from patrolgeo.plan.checkpoints.interception import InterceptionPlan, intercept_flows
from patrolgeo.roads.paths import PathSearch
from patrolgeo.solver import HEURISTIC, OPTIMAL


class Work(TypedDict, total=False):
    """How long to look."""

    n_ways: int
    max_rounds: int


def intercept_evasive_flows(
    graph: Any,
    flows: pd.Series,
    n_sites: int,
    detour: float,
    places: Any = None,
    *,
    on: str = "edges",
    existing: Any = (),
    candidates: Any = None,
    prove: bool = False,
    time_limit: float = 60.0,
    random_state: int | None = 0,
    **work: Unpack[Work],
) -> InterceptionPlan:
    """Where do checkpoints meet most of the traffic when drivers who know them drive around?

    A flow counts only when every way of at most ``1 + detour`` times its quickest passes a site. Nobody lists all those
    ways: a plan is made on the ways that are known, the network is searched with the sites closed, what gets around
    within the detour is added to the known ways, and the plan is made again. The value of every plan is exact, because
    the search sees all ways; the bound of every round holds, because it asks for less than all ways.

    Parameters
    ----------
    graph, flows, places, on
        As in `flow_paths`.
    n_sites, existing, candidates, prove, time_limit, random_state
        As in `intercept_flows`; the time limit holds for each round.
    detour
        Share by which drivers lengthen their way to avoid a checkpoint; 0.2 is twenty per cent.
    work
        `n_ways` (6): ways of each flow that are known at the beginning, the quickest within the detour. `max_rounds`
        (8): most plans made; the best one is returned.

    Returns
    -------
    InterceptionPlan; `objective` is the flow that cannot get around, `bound` what no plan can exceed.

    Raises
    ------
    DataError
        When `detour` is negative, `n_ways` or `max_rounds` is below 1, or an argument is not valid in
        `intercept_flows`.
    InfeasibleError
        When no way passes a candidate.
    TypeError
        When a keyword is not known.

    References
    ----------
    Markovic, Ryzhov and Schonfeld (2015), Evasive flow capture, Networks 65.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import RoadGraph, intercept_evasive_flows
    >>> ways = [[(0, 0), (1, 1)], [(0, 0), (1, -1)], [(1, 1), (2, 0)], [(1, -1), (2, 0)], [(2, 0), (3, 0)]]
    >>> lines = gpd.GeoSeries([shapely.LineString([(119.9 + x / 100, 31.7 + y / 100) for x, y in w]) for w in ways],
    ...                       crs="EPSG:4326")
    >>> roads = RoadGraph.from_lines(lines, speed=40)
    >>> plan = intercept_evasive_flows(roads, pd.Series({(0, 3): 70.0}), 1, detour=0.1)
    >>> plan.objective, plan.status  # two ways of equal length: one site meets only one of them
    (0.0, 'optimal')
    """
    check_number(detour, "detour", least=0, hint="0.2 lets drivers go twenty per cent further")
    check_options(work, Work, "intercept_evasive_flows")
    n_ways, max_rounds = (
        check_count(work.get("n_ways", 6), "n_ways"),
        check_count(work.get("max_rounds", 8), "max_rounds"),
    )
    begin = time.process_time()
    search = PathSearch(graph, flows, places, on)
    limit = search.quickest().shortest * (1 + detour)
    ways = search.several(n_ways if detour > 0 else 1, limit)
    asked: dict[str, Any] = {
        "existing": existing, "candidates": candidates, "prove": prove, "time_limit": time_limit,
        "random_state": random_state,
    }  # fmt: skip
    weight, best, value, bound, last = flows.to_numpy(float), pd.Index([]), -1.0, np.inf, pd.Index([])
    for _ in range(max_rounds):
        plan = intercept_flows(ways, flows, n_sites, start=last, **asked)
        last = plan.sites
        bound = min(bound, np.inf if plan.bound is None else plan.bound)
        around = search.quickest(limit, closed=ways.labels.isin(plan.sites))
        met = np.ones(len(weight), bool)
        met[around.flow] = False
        ways = ways.with_paths(around)
        if weight[met].sum() > value:
            best, value = plan.sites, float(weight[met].sum())
        if (met | ~plan.intercepted.to_numpy()).all() or value >= bound * (1 - 1e-9):
            break
    final = intercept_flows(ways, flows, len(best), existing=best, effort=0)
    proved = value >= bound * (1 - 1e-9)
    return replace(
        final, bound=final.objective if proved else bound, status=OPTIMAL if proved else HEURISTIC,
        runtime=time.process_time() - begin,
    )  # fmt: skip

"""Patrol areas: balanced in workload, connected, compact in travel time."""

from __future__ import annotations

import time
from typing import Any, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import check_count, check_seed, check_type
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.design_by_cost import design_areas_by_cost
from patrolgeo.plan.areas.ground import Ground
from patrolgeo.plan.areas.measures import measure_codes
from patrolgeo.plan.areas.older import OlderArguments, older_cost, older_ground, read_call
from patrolgeo.plan.areas.remarks import balance_notes, workload_notes
from patrolgeo.plan.areas.rules import AreaRules
from patrolgeo.plan.areas.search import Asked, Found, divide_and_prove, read_objective
from patrolgeo.plan.areas.together import link_villages

__all__ = ["AreaPlan", "design_areas"]

PLAIN = AreaRules()


def design_areas(
    workload: Any = None, travel: Any = None, /, n_areas: int = 1, *, rules: AreaRules = PLAIN, units: Any = None,
    current: pd.Series | None = None, follow_lines: Any = None, objective: Any = None,
    robust: pd.DataFrame | None = None, prove: bool = True,
    effort: int = 300, random_state: int | None = 0, **older: Unpack[OlderArguments],
) -> AreaPlan:  # fmt: skip
    """How should the cells be divided so that all areas carry the same work and nothing in them is far?

    Minimises workload-weighted travel minutes from each area's centre and the length of the borders, while every
    area stays connected on the travel graph and its workload within the tolerance of the mean. Centres are spread over
    the workload, areas grow or shrink until they meet equal workloads, then cells cross the borders or change places
    (simulated annealing). Up to 150 units the plan is then compared with, and replaced by, the answer of an exact
    program; above, a bound for the plan's own centres is proved.

    Parts of a study area (islands) heavier than half an area get whole areas, so that the heaviest area is as light
    as possible; lighter parts join the part their link leads to.

    Parameters
    ----------
    workload
        Series by cell, not negative: minutes, or an index of shares. Without any workload cells count evenly. A
        DataFrame is taken as its parts (a column each, as ``workload_minutes(..., parts=True)``), and the plan tells
        what each area carries of them.
    travel
        The cells as a HexGrid, whose neighbours are then joined by `hexagon_graph`; or a travel graph of
        `hexagon_graph` or `unit_graph`; or None when `units` are polygons.
    n_areas
        How many areas, 1 to the number of cells.
    rules
        What the areas must keep: `AreaRules`.
    units
        What the units of a travel graph look like, for outlines and shapes: a HexGrid, or a GeoDataFrame of villages,
        reporting areas or other polygons by unit. Without `travel` polygons that share a border are neighbours.
    current
        Areas of today (Series by unit, `n_areas` of them): the plan starts there and keeps their names, and a unit
        leaves its area only where that brings it ``rules.stay_minutes`` nearer or the balance asks for it.
    follow_lines
        Roads and rivers (lines with a CRS): borders move to them within one unit, the balance is kept, everything is
        measured again; the outlines of areas made of cells then run along the lines.
    objective
        What a good plan is, the less the better. None: travel minutes. `AreaGoals` (or a mapping of their names to
        weights, or one name) weigh travel, worst response, response in time, balance of several criteria, equity and
        little change; ``plan.goals`` shows them. An `AreaObjective` of your own says what a move changes, and the
        search uses it; a plain function of labels (Series by unit) is slower. All start from the plan by travel and
        keep its rules; nothing is then proved.
    robust
        Workloads that may come true (units x draws, as `bootstrap_workload` makes them): of plans with at most 3 % more
        travel the one is taken whose heaviest area is lightest in their mean. Not with `objective`.
    prove
        False skips the bound (and the exact program), which is then None.
    effort
        Moves tried for each cell.
    random_state
        Seed; the same seed gives the same plan. None draws a fresh one.
    older
        Names of before, which go on working: `grid`, `travel`, `barriers`, `link_parts`, `adjacency` (now arguments of
        `hexagon_graph` and `unit_graph`); `cost`, `distance`, `compactness` (now `design_areas_by_cost`); and each of
        the rules.

    Returns
    -------
    AreaPlan

    Raises
    ------
    AlignmentError
        When a Series lacks a unit, or holds one twice.
    DataError
        When a value is negative, missing or out of its range, or a name is not that of a unit.
    InfeasibleError
        When there are more areas than cells, parts that must not be linked, or a rule that no plan was found to keep;
        the message names the rule and how near the best plan came.

    References
    ----------
    Hess, Weaver, Siegfeldt, Whelan, Zitlau 1965, Operations Research 13(6), doi:10.1287/opre.13.6.998;
    Validi, Buchanan, Lykhovyd 2022, Operations Research 70(2); Wheeler 2019, Policing 42(3).

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, design_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 7))
    >>> plan = design_areas(pd.Series(1.0, index=grid.cells), grid, 4, random_state=1)
    >>> plan.n_areas, plan.noncontiguous, plan.max_over_mean < 1.03
    (4, 0, True)
    """
    started, seed = time.process_time(), check_seed(random_state)
    call = read_call(workload, travel, units, rules, older)
    own = read_objective(objective)
    check_count(effort, "effort", 0)
    check_type(prove, (bool, np.bool_), "prove")
    if follow_lines is not None:
        check_type(follow_lines, (gpd.GeoDataFrame, gpd.GeoSeries), "follow_lines", "give lines with a CRS")
    if older.get("cost") is not None:
        if own is not None or follow_lines is not None:
            raise DataError("objective and follow_lines cannot be combined with cost=; give travel= instead.")
        by_cost = older_cost(call, current, older)
        return design_areas_by_cost(call.workload, n_areas=n_areas, random_state=seed, **by_cost)
    if call.workload is None:
        raise DataError("workload is missing; give a Series by cell (the same number everywhere counts cells evenly).")
    ground = older_ground(call, older)
    travel, linked = link_villages(call.rules.together, ground.travel)
    ground = ground._replace(travel=travel)
    asked, found = divide_and_prove(
        call.workload, ground, n_areas, call.rules, current, own, follow_lines, robust, prove, effort, seed
    )
    found.notes.extend(linked)
    lines = follow_lines if ground.is_grid else None
    return plan_of(asked, found, ground, call.rules, lines, time.process_time() - started)


def plan_of(
    asked: Asked, found: Found, ground: Ground, rules: AreaRules, lines: Any = None, runtime: float = 0.0
) -> AreaPlan:  # fmt: skip
    """Return an answer in positions as a plan by label, measured."""
    measures = measure_codes(
        found.area, asked.names, asked.weight, ground.travel, found.centers, ground.outlines, lines
    )
    return AreaPlan(
        objective=found.value, bound=found.bound, status=found.status, runtime=runtime, labels=measures.labels,
        measures=measures, tolerance=rules.tolerance, bound_holds_for=found.bound_holds_for,
        workload=pd.Series(asked.weight, ground.travel.cells, name="workload"),
        notes=(
            *workload_notes(asked.weight), *found.notes, *balance_notes(measures, rules.tolerance, asked.task.weight)
        ),
        travel=ground.travel, current=asked.today, parts=asked.parts, own_objective=found.objective,
    )  # fmt: skip

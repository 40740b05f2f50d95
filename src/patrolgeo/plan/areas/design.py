"""Patrol areas: balanced in workload, connected, compact in travel time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, NamedTuple, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo import crs
from patrolgeo._checks import align, check_count, check_seed, check_type
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.components import groups_of_jurisdictions, groups_of_parts
from patrolgeo.plan.areas.constraints import check_kept, check_nested, check_number_of_areas, check_task
from patrolgeo.plan.areas.design_by_cost import design_areas_by_cost
from patrolgeo.plan.areas.follow_lines import follow_lines as move_to_lines
from patrolgeo.plan.areas.follow_lines import within_jurisdictions
from patrolgeo.plan.areas.ground import Ground, read_workload
from patrolgeo.plan.areas.measures import measure_codes
from patrolgeo.plan.areas.objective import AreaObjective, moves_of, value_of
from patrolgeo.plan.areas.older import OlderArguments, older_cost, older_ground, read_call
from patrolgeo.plan.areas.remarks import balance_notes, part_notes, workload_notes
from patrolgeo.plan.areas.rules import AreaRules, jurisdictions, make_task, positions
from patrolgeo.plan.optimise.districts.bound import EXACT_UNITS, exact_areas, transport_bound
from patrolgeo.plan.optimise.districts.graph import Graph, minutes_own, recenter
from patrolgeo.plan.optimise.districts.own_objective import improve_by
from patrolgeo.plan.optimise.districts.solve import solve_task
from patrolgeo.plan.optimise.districts.task import Task
from patrolgeo.plan.outcome import same_value
from patrolgeo.solver import HEURISTIC, OPTIMAL
from patrolgeo.words.note import Note

__all__ = ["AreaPlan", "design_areas"]

PLAIN = AreaRules()
OWN_STEPS, SLOW_STEPS = 10, 100  # moves of an own objective are a tenth of `effort`; of a plain function a hundredth


def design_areas(
    workload: Any = None, travel: Any = None, /, n_areas: int = 1, *, rules: AreaRules = PLAIN, units: Any = None,
    current: pd.Series | None = None, follow_lines: Any = None, objective: Any = None, prove: bool = True,
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
        What a good plan is, the less the better. None: travel minutes. An `AreaObjective` says what a move changes,
        and the search uses it; a plain function of labels (Series by unit) is slower. Both start from the plan by
        travel and keep its rules; nothing is then proved.
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
    own = _read_objective(objective)
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
    asked, found = _search(call.workload, ground, n_areas, call.rules, current, own, follow_lines, prove, effort, seed)
    lines = follow_lines if ground.is_grid else None
    measures = measure_codes(
        found.area, asked.names, asked.weight, ground.travel, found.centers, ground.outlines, lines
    )
    return AreaPlan(
        objective=found.value, bound=found.bound, status=found.status, runtime=time.process_time() - started,
        labels=measures.labels, measures=measures, tolerance=call.rules.tolerance,
        bound_holds_for=found.bound_holds_for, workload=pd.Series(asked.weight, ground.travel.cells, name="workload"),
        notes=(
            *workload_notes(asked.weight), *found.notes,
            *balance_notes(measures, call.rules.tolerance, asked.task.weight),
        ),
        travel=ground.travel, current=asked.today, parts=asked.parts, own_objective=own,
    )  # fmt: skip


class _Asked(NamedTuple):
    """What is to be divided, read: workload, its parts, areas of today and all names, jurisdictions, the task."""

    weight: Floats
    parts: pd.DataFrame | None
    today: pd.Series | None
    names: pd.Index
    nest_in: pd.Series | None
    task: Task


class _Found(NamedTuple):
    """An answer in positions: area of each unit, centre of each area, value, bound and what it holds for."""

    area: Ints
    centers: Ints
    value: float
    bound: float | None
    status: str
    bound_holds_for: str
    notes: list[Note]


def _read_objective(objective: Any) -> Any:
    if objective is None or (isinstance(objective, str) and objective == "travel"):
        return None
    if isinstance(objective, AreaObjective) or callable(objective):
        return objective
    raise DataError(
        f"objective={objective!r} is not known; None (or 'travel') is travel minutes, others are functions of labels "
        "or an AreaObjective, with value(area) and change(area, unit, to)."
    )


def _search(
    workload: Any, ground: Ground, n_areas: int, rules: AreaRules, current: Any, own: Any, lines: Any, prove: bool,
    effort: int, seed: int,
) -> tuple[_Asked, _Found]:  # fmt: skip
    """Read what is asked, divide, prove, and move borders where that is wanted."""
    asked = _read(workload, ground, n_areas, rules, current, effort)
    found = _by_travel(asked, ground, prove and own is None, seed)
    if own is not None:
        found = _by_own_objective(own, asked, ground, found, seed)
    if lines is not None:
        found = _along_lines(found, asked, ground, rules, lines, own, seed)
    check_kept(asked.task, ground.travel.cells, found.area, found.centers)
    return asked, found


def _read(
    workload: Any, ground: Ground, n_areas: int, rules: AreaRules, current: Any, effort: int
) -> _Asked:  # fmt: skip
    units = ground.travel.cells
    weight, parts = read_workload(workload, units)
    n_areas = check_number_of_areas(n_areas, len(units))
    today = None if current is None else align(current, units, "current", "units")
    names = _area_names(today, n_areas)
    at = None if today is None else names.get_indexer(today).astype(np.int64)
    counted = weight if weight.sum() > 0 else np.ones_like(weight)
    task = make_task(rules, counted, ground.travel, n_areas, at, effort)
    check_task(task, units)
    return _Asked(weight, parts, today, names, jurisdictions(rules, units), task)


def _area_names(today: pd.Series | None, n_areas: int) -> pd.Index:
    if today is None:
        return pd.RangeIndex(n_areas)
    if today.isna().any():
        raise DataError(f"current names no area for {today.index[today.isna()][0]}; give every unit one.")
    names = pd.Index(today.unique()).sort_values()
    if len(names) != n_areas:
        raise DataError(f"current has {len(names)} areas, but n_areas={n_areas}; both must agree.")
    return names


def _by_travel(asked: _Asked, ground: Ground, prove: bool, seed: int) -> _Found:
    """Divide, then prove: by the exact program where it is small enough and nothing else is asked for."""
    task, travel = asked.task, ground.travel
    area, centers, notes = _divide(asked, ground, seed)
    value = _weighted_minutes(task, area, centers)
    if not prove:
        return _Found(area, centers, value, None, HEURISTIC, "none", notes)
    if value == 0:
        return _Found(area, centers, value, 0.0, OPTIMAL, "any plan", notes)
    if task.is_free and asked.nest_in is None and travel.n_parts == 1 and len(area) <= EXACT_UNITS:
        served, bound = exact_areas(task.weight, travel.minutes, task.n_areas, task.tolerance, centers[area])
        if bound is not None:
            centers, area = np.unique(served, return_inverse=True)
            value = _weighted_minutes(task, area, centers)
            status = OPTIMAL if same_value(value, bound) else HEURISTIC
            return _Found(area.astype(np.int64), centers, value, bound, status, "any plan", notes)
    off = np.abs(np.bincount(area, task.weight, task.n_areas) * task.n_areas / task.weight.sum() - 1).max()
    tolerance = None if task.tolerance is None else max(task.tolerance, float(off))
    minutes = dijkstra(travel.minutes, directed=False, indices=centers)
    bound = transport_bound(minutes, task.weight, tolerance, value)
    return _Found(area, centers, value, bound, HEURISTIC, "these centers", notes)


def _weighted_minutes(task: Task, area: Ints, centers: Ints) -> float:
    return float(task.weight @ minutes_own(task.graph, centers, area))


def _divide(asked: _Asked, ground: Ground, seed: int) -> tuple[Ints, Ints, list[Note]]:
    """Divide each group of units by itself; new areas are numbered in the order of their centres."""
    task, travel = asked.task, ground.travel
    if task.current is not None:
        return *_redraw(asked, ground, task.current, seed), []
    if asked.nest_in is not None:
        groups = groups_of_jurisdictions(task.weight, travel, task.n_areas, task.anchors, asked.nest_in)
    else:
        groups = groups_of_parts(task.weight, travel, task.n_areas, task.anchors)
    area = np.empty(len(task.weight), np.int64)
    found: list[int] = []
    for group in groups:
        own, middle = solve_task(task.part(group.units, travel.minutes, group.n_areas), seed)
        area[group.units] = own + len(found)
        found.extend(group.units[middle])
    order = np.argsort(found, kind="stable")
    notes = list(part_notes(travel, groups)) if asked.nest_in is None else []
    return np.argsort(order)[area].astype(np.int64), np.asarray(found, np.int64)[order], notes


def _redraw(asked: _Asked, ground: Ground, current: Ints, seed: int) -> tuple[Ints, Ints]:
    """Improve the areas of today; areas with an anchor come first in the search, and jurisdictions are not linked."""
    task, travel = asked.task, ground.travel
    if asked.nest_in is not None:
        check_nested(current, pd.factorize(asked.nest_in, sort=True)[0], travel.cells)
    graph = Graph.of(within_jurisdictions(travel.minutes, asked.nest_in))
    first = current[task.anchors]
    order = np.r_[first, np.setdiff1d(np.arange(task.n_areas), first)].astype(np.int64)
    started = replace(task.with_some_weight(), graph=graph, current=np.argsort(order)[current])
    area, centers = solve_task(started, seed)
    return order[area], centers[np.argsort(order)]


def _by_own_objective(own: Any, asked: _Asked, ground: Ground, found: _Found, seed: int) -> _Found:
    """Move the borders of the plan by travel as the own objective wants; anchors, rules and balance are kept."""
    task, units = asked.task, ground.travel.cells
    ways = Graph.of(within_jurisdictions(ground.travel.minutes, asked.nest_in))
    held = np.union1d(task.fixed, task.anchors).astype(np.int64)
    within = replace(task, graph=ways, fixed=held, anchors=task.anchors[:0])
    plain = not isinstance(own, AreaObjective)
    n_steps = task.effort * len(units) // (SLOW_STEPS if plain else OWN_STEPS)
    area, _ = improve_by(moves_of(own, units, asked.names), within, found.area, found.centers, n_steps, seed)
    centers = found.centers.copy()
    anchored = np.isin(centers, task.anchors)
    for j in np.flatnonzero((area[centers] != np.arange(task.n_areas)) & ~anchored):
        centers[j] = np.flatnonzero(area == j)[np.argmax(task.weight[area == j])]
    order = np.argsort(~anchored, kind="stable")
    middles = centers[order]
    recenter(task.graph, task.weight, np.argsort(order)[area], middles, int(anchored.sum()), len(units))
    centers[order] = middles
    value = value_of(own, pd.Series(asked.names.take(area), index=units, name="area"), asked.names)
    notes = [*found.notes, *([Note("areas_slow_objective", {"n": 2 * n_steps})] if plain else [])]
    return _Found(area, centers, value, None, HEURISTIC, "none", notes)


def _along_lines(
    found: _Found, asked: _Asked, ground: Ground, rules: AreaRules, lines: Any, own: Any, seed: int
) -> _Found:  # fmt: skip
    """Move the borders to the lines; centres, fixed units and the bound stay, the value is that of the new areas."""
    task, travel = asked.task, ground.travel
    if ground.outlines is None:
        raise DataError("follow_lines= moves borders of cells or units; give a HexGrid or units= to know them.")
    held = np.zeros(len(task.weight), bool)
    held[np.r_[found.centers, positions(rules.fixed, travel.cells, "fixed")]] = True
    shapes = crs.to_lonlat(ground.outlines.loc[travel.cells], "units")
    area, note = move_to_lines(
        found.area, found.centers, task.weight, travel, shapes, lines, held, asked.nest_in, rules.tolerance, seed
    )
    value = _weighted_minutes(task, area, found.centers)
    if own is not None:
        value = value_of(own, pd.Series(asked.names.take(area), index=travel.cells, name="area"), asked.names)
    status = found.status if (area == found.area).all() else HEURISTIC
    return found._replace(area=area, value=value, status=status, notes=[*found.notes, note])

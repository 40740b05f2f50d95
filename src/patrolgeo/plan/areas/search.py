"""From a workload, a ground and rules to areas in positions: read, divide, prove, weigh other goals, follow lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from patrolgeo import crs
from patrolgeo._checks import align
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.components import groups_of_jurisdictions, groups_of_parts
from patrolgeo.plan.areas.constraints import (
    check_by_travel,
    check_compact,
    check_kept,
    check_nested,
    check_number_of_areas,
    check_task,
)
from patrolgeo.plan.areas.follow_lines import follow_lines as move_to_lines
from patrolgeo.plan.areas.follow_lines import price_sides, within_jurisdictions
from patrolgeo.plan.areas.goals import AreaGoals, GoalsOf, read_criteria, read_goals, wishes_of
from patrolgeo.plan.areas.ground import Ground, read_workload
from patrolgeo.plan.areas.objective import AreaObjective, moves_of, value_of
from patrolgeo.plan.areas.outlines import inside_test
from patrolgeo.plan.areas.remarks import part_notes
from patrolgeo.plan.areas.rules import AreaRules, jurisdictions, make_task, positions
from patrolgeo.plan.areas.together import Joined, join, read_together
from patrolgeo.plan.optimise.districts.bound import EXACT_UNITS, exact_areas, transport_bound
from patrolgeo.plan.optimise.districts.faults import Inside, enclaves, mend, necks
from patrolgeo.plan.optimise.districts.goals import reach_goals
from patrolgeo.plan.optimise.districts.graph import TRAVEL, Graph, minutes_own, recenter
from patrolgeo.plan.optimise.districts.own_objective import improve_by
from patrolgeo.plan.optimise.districts.robust import reach_robust
from patrolgeo.plan.optimise.districts.solve import solve_task
from patrolgeo.plan.optimise.districts.task import Task
from patrolgeo.plan.outcome import same_value
from patrolgeo.solver import HEURISTIC, OPTIMAL
from patrolgeo.words.note import Note

OWN_STEPS, SLOW_STEPS = 10, 100  # moves of an own objective are a tenth of `effort`; of a plain function a hundredth


class Asked(NamedTuple):
    """What is to be divided, read: workload, its parts, today's areas, names, jurisdictions, task, groups."""

    weight: Floats
    parts: pd.DataFrame | None
    today: pd.Series | None
    names: pd.Index
    nest_in: pd.Series | None
    task: Task
    joined: Joined | None = None


class Found(NamedTuple):
    """An answer in positions: area of each unit, centre of each area, value, bound and what it holds for, objective."""

    area: Ints
    centers: Ints
    value: float
    bound: float | None
    status: str
    bound_holds_for: str
    notes: list[Note]
    objective: Any = None


def read_objective(objective: Any) -> Any:
    """Return what is asked for: None for travel, goals with weights, an AreaObjective or a function of labels."""
    known = read_goals(objective)
    if known is None or isinstance(known, AreaGoals | AreaObjective) or callable(known):
        return known
    raise DataError(
        f"objective={objective!r} is not known; None (or 'travel') is travel minutes, others are AreaGoals, the name "
        "of a goal, functions of labels or an AreaObjective, with value(area) and change(area, unit, to)."
    )


def divide_and_prove(
    workload: Any, ground: Ground, n_areas: int, rules: AreaRules, current: Any, own: Any, lines: Any,
    robust: Any, prove: bool, effort: int, seed: int,
) -> tuple[Asked, Found]:  # fmt: skip
    """Read what is asked, divide, prove, and move borders where that is wanted."""
    asked = read_asked(workload, ground, n_areas, rules, current, effort, lines)
    if robust is not None and own is not None:
        raise DataError("robust= and objective= cannot be combined; a goal `balance` takes draws as its criteria.")
    if asked.joined is not None and (robust is not None or own is not None):
        raise DataError("together= holds for areas by travel and cannot be combined with objective= or robust=.")
    found = by_travel(asked, ground, prove and own is None and robust is None, seed)
    if robust is not None:
        found = _robust(read_criteria(robust, ground.travel.cells), asked, ground, found, prove, seed)
    if isinstance(own, AreaGoals):
        found = by_goals(own, asked, ground, found, seed)
    elif own is not None:
        found = _by_own_objective(own, asked, ground, found, seed)
    if lines is not None:
        found = _along_lines(found, asked, ground, rules, lines, seed)
    check_kept(asked.task, ground.travel.cells, found.area, found.centers)
    return asked, found


def read_asked(
    workload: Any, ground: Ground, n_areas: int, rules: AreaRules, current: Any, effort: int, lines: Any = None
) -> Asked:  # fmt: skip
    """Return what is to be divided, checked; along lines a border costs little."""
    units = ground.travel.cells
    weight, parts = read_workload(workload, units)
    n_areas = check_number_of_areas(n_areas, len(units))
    today = None if current is None else align(current, units, "current", "units")
    names = _area_names(today, n_areas)
    at = None if today is None else names.get_indexer(today).astype(np.int64)
    counted = weight if weight.sum() > 0 else np.ones_like(weight)
    task = make_task(rules, counted, ground.travel, n_areas, at, effort)
    check_task(task, units)
    if lines is not None:
        task = replace(task, prices=_prices(ground, lines))
    nest_in = jurisdictions(rules, units)
    joined = read_together(rules.together, task, ground.travel, nest_in)
    return Asked(weight, parts, today, names, nest_in, task, joined)


def _area_names(today: pd.Series | None, n_areas: int) -> pd.Index:
    if today is None:
        return pd.RangeIndex(n_areas)
    if today.isna().any():
        raise DataError(f"current names no area for {today.index[today.isna()][0]}; give every unit one.")
    names = pd.Index(today.unique()).sort_values()
    if len(names) != n_areas:
        raise DataError(f"current has {len(names)} areas, but n_areas={n_areas}; both must agree.")
    return names


def _prices(ground: Ground, lines: Any) -> sparse.csr_matrix:
    """Return what a side of border costs between neighbours: little where a road or river runs between them."""
    graph, units = Graph.of(ground.travel.minutes), ground.travel.cells
    shapes = _shapes(ground).to_numpy()
    rows = np.repeat(np.arange(len(units)), np.diff(graph.indptr))
    sides = price_sides(np.stack([rows, graph.indices]), shapely.get_coordinates(shapely.centroid(shapes)), lines)
    return sparse.csr_matrix((sides.price, sides.indices, sides.indptr), shape=(len(units), len(units)))


def _shapes(ground: Ground) -> gpd.GeoSeries:
    if ground.outlines is None:
        raise DataError("follow_lines= moves borders of cells or units; give a HexGrid or units= to know them.")
    return crs.to_lonlat(ground.outlines.loc[ground.travel.cells], "units")


def by_travel(asked: Asked, ground: Ground, prove: bool, seed: int) -> Found:
    """Divide and prove; where enclaves and necks are forbidden, mend them; villages are divided as units."""
    if asked.joined is not None:
        return _by_village(asked, ground, asked.joined, prove, seed)
    found = _divided(asked, ground, prove, seed)
    return _mended(found, asked, ground, seed) if asked.task.compact else found


def _by_village(asked: Asked, ground: Ground, joined: Joined, prove: bool, seed: int) -> Found:
    """Divide groups in place of units, then tell their units; centres move to the best units of their areas."""
    check_by_travel(asked.task, "together=")
    small, travel = join(asked.task, ground.travel, joined)
    nest_in = None if asked.nest_in is None else asked.nest_in.iloc[joined.heads]
    inner = asked._replace(task=small, nest_in=nest_in, joined=None)
    area, heads, notes = _divide(inner, ground._replace(travel=travel), seed)
    notes.append(joined.note(asked.task))
    found = Found(area[joined.group], joined.heads[heads], 0.0, None, HEURISTIC, "none", notes)
    order = _order_of(found, asked.task)
    task, centers = _nested(asked, ground, order), found.centers[order]
    recenter(task.graph, task.weight, np.argsort(order)[found.area], centers, len(task.anchors), 1000, TRAVEL)
    centers = centers[np.argsort(order)]
    found = found._replace(centers=centers, value=_weighted_minutes(asked.task, found.area, centers))
    return _bounded(found, asked, ground) if prove else found


def _mended(found: Found, asked: Asked, ground: Ground, seed: int) -> Found:
    """Return the answer without enclaves and necks, its value and bound those of the new areas."""
    task, inside = asked.task, _inside(ground)
    order = _order_of(found, task)
    area, centers = mend(
        _nested(asked, ground, order), np.argsort(order)[found.area], found.centers[order], inside, seed
    )
    area, centers = order[area], centers[np.argsort(order)]
    check_compact(ground.travel.cells, necks(task.graph, area), enclaves(task.graph, area, inside))
    if (area == found.area).all():
        return found
    moved = found._replace(area=area, centers=centers, value=_weighted_minutes(task, area, centers))
    if found.bound_holds_for != "these centers":  # a bound of any plan is one of any plan that keeps a further rule
        return moved._replace(status=HEURISTIC)
    return _bounded(moved, asked, ground)


def _inside(ground: Ground) -> Inside:
    units = ground.travel.cells
    known = None if ground.outlines is None else ground.outlines.loc[units]
    return inside_test(known, Graph.of(ground.travel.minutes))


def _order_of(found: Found, task: Task) -> Ints:
    """Return all areas, those of the anchors first."""
    anchors = [int(np.flatnonzero(found.centers == unit)[0]) for unit in task.anchors]
    return _anchors_first(task.n_areas, np.asarray(anchors, np.int64))


def _divided(asked: Asked, ground: Ground, prove: bool, seed: int) -> Found:
    """Divide, then prove: by the exact program where it is small enough and nothing else is asked for."""
    task, travel = asked.task, ground.travel
    area, centers, notes = _divide(asked, ground, seed)
    value = _weighted_minutes(task, area, centers)
    if not prove:
        return Found(area, centers, value, None, HEURISTIC, "none", notes)
    if value == 0:
        return Found(area, centers, value, 0.0, OPTIMAL, "any plan", notes)
    if task.is_free and asked.nest_in is None and travel.n_parts == 1 and len(area) <= EXACT_UNITS:
        served, bound = exact_areas(task.weight, travel.minutes, task.n_areas, task.tolerance, centers[area])
        if bound is not None:
            centers, area = np.unique(served, return_inverse=True)
            value = _weighted_minutes(task, area, centers)
            status = OPTIMAL if same_value(value, bound) else HEURISTIC
            return Found(area.astype(np.int64), centers, value, bound, status, "any plan", notes)
    return _bounded(Found(area, centers, value, None, HEURISTIC, "none", notes), asked, ground)


def _bounded(found: Found, asked: Asked, ground: Ground) -> Found:
    """Return the answer with a bound that holds for its own centres and balance, villages being whole in it."""
    task = asked.task
    off = np.abs(np.bincount(found.area, task.weight, task.n_areas) * task.n_areas / task.weight.sum() - 1).max()
    tolerance = None if task.tolerance is None else max(task.tolerance, float(off))
    minutes = dijkstra(ground.travel.minutes, directed=False, indices=found.centers)
    weight = task.weight
    if asked.joined is not None:
        minutes, weight = asked.joined.mean(minutes, weight)
    bound = transport_bound(minutes, weight, tolerance, found.value)
    return found._replace(bound=bound, bound_holds_for="these centers")


def _weighted_minutes(task: Task, area: Ints, centers: Ints) -> float:
    return float(task.weight @ minutes_own(task.graph, centers, area))


def _divide(asked: Asked, ground: Ground, seed: int) -> tuple[Ints, Ints, list[Note]]:
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


def _redraw(asked: Asked, ground: Ground, current: Ints, seed: int) -> tuple[Ints, Ints]:
    """Improve the areas of today; areas with an anchor come first in the search, and jurisdictions are not linked."""
    task, travel = asked.task, ground.travel
    if asked.nest_in is not None:
        check_nested(current, pd.factorize(asked.nest_in, sort=True)[0], travel.cells)
    order = _anchors_first(task.n_areas, current[task.anchors])
    area, centers = solve_task(_nested(asked, ground, order), seed)
    return order[area], centers[np.argsort(order)]


def _anchors_first(n_areas: int, first: Ints) -> Ints:
    """Return all areas, those of the anchors first, as the search wants them."""
    return np.r_[first, np.setdiff1d(np.arange(n_areas), first)].astype(np.int64)


def _nested(asked: Asked, ground: Ground, order: Ints) -> Task:
    """Return the task with a little weight everywhere, ways inside the jurisdictions only, and areas in this order."""
    task = asked.task.with_some_weight()
    return replace(
        task, graph=Graph.of(within_jurisdictions(ground.travel.minutes, asked.nest_in)),
        prices=None if task.prices is None else within_jurisdictions(task.prices, asked.nest_in),
        current=None if task.current is None else np.argsort(order)[task.current],
    )  # fmt: skip


def by_goals(goals: AreaGoals, asked: Asked, ground: Ground, found: Found, seed: int) -> Found:
    """Move the borders of the plan by travel as the weighted goals want; its rules are kept, it is never made worse."""
    task = asked.task
    check_by_travel(task, "an objective")
    wishes = wishes_of(goals, ground.travel.cells, asked.today, asked.names)
    order = _order_of(found, task)
    back = np.argsort(order)
    seen = replace(wishes, today=None if wishes.today is None else back[wishes.today])
    searched = _nested(asked, ground, order)
    area, _ = reach_goals(searched, seen, back[found.area], found.centers[order], seed)
    valued = GoalsOf.of(wishes, replace(task.with_some_weight(), anchors=task.anchors), asked.names, found.area)
    better = min(order[area], found.area, key=valued.of_codes)
    centers = valued.centers(better)
    return Found(better, centers, valued.of_codes(better), None, HEURISTIC, "none", found.notes, valued)


def _robust(draws: Any, asked: Asked, ground: Ground, found: Found, prove: bool, seed: int) -> Found:
    """Return the plan whose heaviest area is lightest over the draws, with little more travel than the plain one."""
    check_by_travel(asked.task, "robust=")
    order = _order_of(found, asked.task)
    task = _nested(asked, ground, order)
    area, centers = reach_robust(task, draws, np.argsort(order)[found.area], found.centers[order], seed)
    area, centers = order[area], centers[np.argsort(order)]
    value = _weighted_minutes(asked.task, area, centers)
    moved = found._replace(area=area, centers=centers, value=value)
    return _bounded(moved, asked, ground) if prove else moved


def _by_own_objective(own: Any, asked: Asked, ground: Ground, found: Found, seed: int) -> Found:
    """Move the borders of the plan by travel as the own objective wants; anchors, rules and balance are kept."""
    task, units = asked.task, ground.travel.cells
    check_by_travel(task, "an objective")
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
    recenter(task.graph, task.weight, np.argsort(order)[area], middles, int(anchored.sum()), len(units), TRAVEL)
    centers[order] = middles
    value = value_of(own, pd.Series(asked.names.take(area), index=units, name="area"), asked.names)
    notes = [*found.notes, *([Note("areas_slow_objective", {"n": 2 * n_steps})] if plain else [])]
    return Found(area, centers, value, None, HEURISTIC, "none", notes, own)


def _along_lines(
    found: Found, asked: Asked, ground: Ground, rules: AreaRules, lines: Any, seed: int
) -> Found:  # fmt: skip
    """Move the borders to the lines; centres, fixed units and the bound stay, the value is that of the new areas."""
    task, travel = asked.task, ground.travel
    check_by_travel(task, "follow_lines=")
    held = np.zeros(len(task.weight), bool)
    held[np.r_[found.centers, positions(rules.fixed, travel.cells, "fixed")]] = True
    if asked.joined is not None:
        held |= asked.joined.labelled
    shapes = _shapes(ground)
    area, notes = move_to_lines(
        found.area, found.centers, task.weight, travel, shapes, lines, held, asked.nest_in, rules.tolerance, seed
    )
    value = _weighted_minutes(task, area, found.centers)
    if (own := found.objective) is not None:
        value = value_of(own, pd.Series(asked.names.take(area), index=travel.cells, name="area"), asked.names)
    status = found.status if (area == found.area).all() else HEURISTIC
    return found._replace(area=area, value=value, status=status, notes=[*found.notes, *notes])

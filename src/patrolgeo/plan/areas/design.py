"""Patrol areas: balanced in workload, connected, compact in travel time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from patrolgeo import crs
from patrolgeo._checks import align_to_cells, check_choice, check_seed
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.components import Group, groups_of_jurisdictions, groups_of_parts
from patrolgeo.plan.areas.constraints import check_enough_areas, check_kept, check_nested, check_wishes
from patrolgeo.plan.areas.follow_lines import follow
from patrolgeo.plan.areas.measures import AreaMeasures, check_parts, check_workload, measure_codes
from patrolgeo.plan.optimise.districts.bound import EXACT_UNITS, exact_areas, transport_bound
from patrolgeo.plan.optimise.districts.by_cost import CostTable, solve_by_cost
from patrolgeo.plan.optimise.districts.graph import Graph, minutes_own
from patrolgeo.plan.optimise.districts.solve import solve_task
from patrolgeo.plan.optimise.districts.task import Task
from patrolgeo.plan.outcome import same_value
from patrolgeo.roads.hexagons import CellGraph, hexagon_graph, table_graph, unit_graph
from patrolgeo.solver import HEURISTIC, OPTIMAL

__all__ = ["AreaPlan", "design_areas"]


def design_areas(
    workload: Any, grid: HexGrid | None = None, n_areas: int = 1, *, units: gpd.GeoDataFrame | None = None,
    travel: CellGraph | None = None, cost: Any = None, distance: Any = None, adjacency: Any = None,
    tolerance: float | None = 0.02, compactness: int | None = None, objective: str = "travel",
    current: pd.Series | None = None, stay_minutes: float = 1.0, anchors: Any = None, fixed: Any = None,
    forbidden: Any = None, min_units: int = 1, max_minutes: float | None = None, barriers: Any = None,
    nest_in: pd.Series | None = None, follow_lines: Any = None, link_parts: bool = True, prove: bool = True,
    effort: int = 300, random_state: int | None = 0,
) -> AreaPlan:  # fmt: skip
    """How should the cells be divided so that all areas carry the same work and nothing in them is far?

    Minimises workload-weighted travel minutes from each area's centre and the length of the borders, while every
    area stays connected on the travel graph and its workload within `tolerance` of the mean. Centres are spread over
    the workload, areas grow or shrink until they meet equal workloads, then cells cross the borders or change places
    (simulated annealing). Up to 150 units the plan is then compared with, and replaced by, the answer of an exact
    program; above, a bound for the plan's own centres is proved.

    Parts of a study area (islands) heavier than half an area get whole areas, so that the heaviest area is as light
    as possible; lighter parts join the part their link leads to.

    Parameters
    ----------
    workload
        Series by cell, not negative: minutes, or an index of shares. Without any workload cells count evenly. With
        `cost`, an array is taken too, and None counts every unit the same. A DataFrame is taken as its parts (a column
        each, as ``workload_minutes(..., parts=True)``), and the plan tells what each area carries of them.
    grid
        The cells; None when `units`, `travel` or `cost` tell what is divided.
    n_areas
        How many areas, 1 to the number of cells.
    units
        Villages, reporting areas or other polygons instead of cells; neighbours share a border or are in `adjacency`.
    travel
        Travel minutes between neighbours; by default `hexagon_graph(grid, barriers=barriers)` or `unit_graph(units)`.
    cost
        Cost of serving each unit (column) from a centre at each unit (row), shape (units, units); minimised instead
        of travel. Centres are found by vertex substitution, units are then assigned by an exact program.
    distance
        Shape (units, units), which neighbour is nearer a centre, for `compactness`; hops on `adjacency` by default.
    adjacency
        Symmetric sparse or dense matrix of neighbours, shape (units, units).
    tolerance
        Wanted bound of |workload / mean - 1| within a part; where the cells are too heavy for it the plan comes as
        near as it can and says so in `notes`. None = no balance rule.
    compactness
        With `cost` (default 1): 1 asks that a unit beyond its centre's neighbours has a neighbour in its area that
        is strictly nearer the centre, 2 asks for two where there are two, 3 also for three of five; 0 = connected.
    objective
        "travel".
    current
        Areas of today (Series by unit, `n_areas` of them): the plan starts there and keeps their names, and a unit
        leaves its area only where that brings it `stay_minutes` nearer or the balance asks for it.
    stay_minutes
        Minutes of travel a change must save; more keeps more units where they are.
    anchors
        Units (stations) that are the centres of an area each.
    fixed
        Units that must stay in their `current` area.
    forbidden
        Pairs of units that may not share an area, ``[(unit, unit), ...]``; an anchor stands for its area.
    min_units
        Units of the smallest area allowed.
    max_minutes
        Response cap: no unit is farther than this from the centre of its area.
    barriers
        Lines that cannot be crossed, for the default `travel`.
    nest_in
        Jurisdiction of each unit (Series by unit); no area crosses from one to the next.
    follow_lines
        Roads and rivers (lines with a CRS): borders move to them within one unit, the balance is kept, everything is
        measured again; the outlines of areas made of cells then run along the lines.
    link_parts
        False makes parts of the study area an error that names them.
    prove
        False skips the bound (and the exact program), which is then None.
    effort
        Moves tried for each cell.
    random_state
        Seed; the same seed gives the same plan. None draws a fresh one.

    Returns
    -------
    AreaPlan

    Raises
    ------
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
    started = time.process_time()
    check_choice(objective, ["travel"], "objective")
    parts = check_parts(workload) if isinstance(workload, pd.DataFrame) else None
    if parts is not None:
        workload = parts.sum(axis=1)
    seed = check_seed(random_state)
    if cost is not None:
        table = np.ascontiguousarray(cost, dtype=float)
        travel = _graph_of_table(table, cost, travel, grid, adjacency)
        workload = _as_series(workload, travel.cells)
    elif travel is None:
        travel = _default_travel(grid, units, adjacency, barriers, link_parts)
    weight = check_workload(workload, travel.cells)
    notes = _check_wish(weight, travel, n_areas, tolerance)
    felt = weight if weight.sum() > 0 else np.ones_like(weight)
    today = None if current is None else align_to_cells(current, travel.cells, "current")
    names = _area_names(today, n_areas)
    if cost is not None:
        _refuse_with_cost(current=current, anchors=anchors, fixed=fixed, forbidden=forbidden, max_minutes=max_minutes,
                          nest_in=nest_in, min_units=None if min_units == 1 else min_units)  # fmt: skip
        check_enough_areas(travel.parts, travel.cells, n_areas)
        rules = CostTable(
            table, felt, travel.minutes, None if distance is None else np.asarray(distance, float),
            1 if compactness is None else compactness, tolerance,
        )  # fmt: skip
        found = _by_cost(rules, n_areas, seed)
    else:
        wish = Task(
            felt, Graph.of(travel.minutes), n_areas, tolerance, effort, _positions(anchors, travel, "anchors"),
            None if today is None else names.get_indexer(today).astype(np.int64), stay_minutes,
            np.inf if max_minutes is None else max_minutes, _fixed(fixed, travel, today), min_units,
            _pairs(forbidden, travel),
        )  # fmt: skip
        check_wishes(wish, travel.cells)
        found = _by_travel(wish, travel, nest_in, prove, seed)
    outlines = _outlines(grid, units)
    if follow_lines is not None:
        found = _along_lines(found, felt, travel, outlines, follow_lines, fixed, nest_in, tolerance, seed)
    if cost is None:
        check_kept(wish, travel.cells, found.area, found.centers)
    drawn = None if grid is None else follow_lines
    measures = measure_codes(found.area, names, weight, travel, found.centers, outlines, drawn)
    return AreaPlan(
        objective=found.value, bound=found.bound, status=found.status, runtime=time.process_time() - started,
        labels=pd.Series(names[found.area], index=travel.cells, name="area"), measures=measures, tolerance=tolerance,
        bound_holds_for=found.bound_holds_for, workload=pd.Series(weight, index=travel.cells, name="workload"),
        notes=(*notes, *found.notes, *_balance_notes(measures, tolerance, felt)),
        travel=travel, current=today, parts=parts,
    )  # fmt: skip


class _Found(NamedTuple):
    """An answer in positions: area of each unit, centre of each area, value, bound and what it holds for."""

    area: Ints
    centers: Ints
    value: float
    bound: float | None
    status: str
    bound_holds_for: str
    notes: list[str]


def _by_cost(rules: CostTable, n_areas: int, seed: int) -> _Found:
    served, value, bound = solve_by_cost(rules, n_areas, seed)
    centers, area = np.unique(served, return_inverse=True)
    status = OPTIMAL if same_value(value, bound) else HEURISTIC
    return _Found(area.astype(np.int64), centers, value, bound, status, "any plan", [])


def _by_travel(wish: Task, travel: CellGraph, nest_in: pd.Series | None, prove: bool, seed: int) -> _Found:
    """Divide, then prove: by the exact program where it is small enough and nothing else is asked for."""
    area, centers, notes = _divide(wish, travel, nest_in, seed)
    value = _weighted_minutes(wish, area, centers)
    if not prove:
        return _Found(area, centers, value, None, HEURISTIC, "none", notes)
    if value == 0:
        return _Found(area, centers, value, 0.0, OPTIMAL, "any plan", notes)
    if wish.is_free and nest_in is None and travel.n_parts == 1 and len(area) <= EXACT_UNITS:
        served, bound = exact_areas(wish.weight, travel.minutes, wish.n_areas, wish.tolerance, centers[area])
        if bound is not None:
            centers, area = np.unique(served, return_inverse=True)
            value = _weighted_minutes(wish, area, centers)
            status = OPTIMAL if same_value(value, bound) else HEURISTIC
            return _Found(area.astype(np.int64), centers, value, bound, status, "any plan", notes)
    off = np.abs(np.bincount(area, wish.weight, wish.n_areas) * wish.n_areas / wish.weight.sum() - 1).max()
    tolerance = None if wish.tolerance is None else max(wish.tolerance, float(off))
    minutes = dijkstra(travel.minutes, directed=False, indices=centers)
    bound = transport_bound(minutes, wish.weight, tolerance, value)
    return _Found(area, centers, value, bound, HEURISTIC, "these centers", notes)


def _weighted_minutes(wish: Task, area: Ints, centers: Ints) -> float:
    return float(wish.weight @ minutes_own(wish.graph, centers, area))


def _along_lines(
    found: _Found, weight: Floats, travel: CellGraph, outlines: gpd.GeoSeries | None, lines: Any, fixed: Any,
    nest_in: pd.Series | None, tolerance: float | None, seed: int,
) -> _Found:  # fmt: skip
    """Move the borders to the lines; centres, fixed units and the bound stay, the value is that of the new areas."""
    if outlines is None:
        raise DataError("follow_lines= moves borders of cells or units; give grid= or units= to know where they lie.")
    held = np.zeros(len(weight), bool)
    held[np.r_[found.centers, _positions(fixed, travel, "fixed")]] = True
    jurisdiction = None if nest_in is None else align_to_cells(nest_in, travel.cells, "nest_in")
    shapes = crs.to_lonlat(outlines.loc[travel.cells], "units")
    area, note = follow(found.area, found.centers, weight, travel, shapes, lines, held, jurisdiction, tolerance, seed)
    value = float(weight @ minutes_own(Graph.of(travel.minutes), found.centers, area))
    return found._replace(area=area, value=value, status=HEURISTIC, notes=[*found.notes, note])


def _outlines(grid: HexGrid | None, units: gpd.GeoDataFrame | None) -> gpd.GeoSeries | None:
    if grid is not None:
        return grid.geometry
    return None if units is None else units.geometry


def _default_travel(
    grid: HexGrid | None, units: gpd.GeoDataFrame | None, adjacency: Any, barriers: Any, link_parts: bool
) -> CellGraph:
    if units is not None:
        return unit_graph(units, adjacency=adjacency, link_parts=link_parts)
    if grid is None:
        raise DataError("design_areas needs a grid, units=, travel= or cost= to know what it divides.")
    return hexagon_graph(grid, barriers=barriers, link_parts=link_parts)


def _graph_of_table(table: Floats, cost: Any, travel: CellGraph | None, grid: HexGrid | None, adjacency: Any) -> Any:
    """Return the travel graph that goes with a cost table: the one given, or hops between the neighbours."""
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not np.isfinite(table).all():
        raise DataError(f"cost must be a square table of finite numbers, centres x units; got shape {table.shape}.")
    if travel is None:
        if adjacency is None and grid is None:
            raise DataError("cost= needs adjacency= (who is a neighbour of whom), a grid or travel=.")
        neighbors = sparse.csr_matrix(adjacency if adjacency is not None else grid.adjacency(1))  # type: ignore[union-attr]
        named = grid.cells if grid is not None else cost.columns if isinstance(cost, pd.DataFrame) else None
        travel = table_graph(neighbors, named)
    if len(travel) != len(table):
        raise DataError(f"cost has {len(table)} units, its neighbours {len(travel)}; both need the same units.")
    return travel


def _as_series(workload: Any, units: pd.Index) -> pd.Series:
    if isinstance(workload, pd.Series):
        return workload
    values = np.ones(len(units)) if workload is None else np.asarray(workload, float)
    if values.shape != (len(units),):
        raise DataError(f"workload has shape {values.shape}, but there are {len(units)} units.")
    return pd.Series(values, index=units)


def _area_names(today: pd.Series | None, n_areas: int) -> pd.Index:
    if today is None:
        return pd.RangeIndex(n_areas)
    names = pd.Index(today.dropna().unique()).sort_values()
    if today.isna().any():
        raise DataError(f"current names no area for {today.index[today.isna()][0]}; give every unit one.")
    if len(names) != n_areas:
        raise DataError(f"current has {len(names)} areas, but n_areas={n_areas}; both must agree.")
    return names


def _positions(which: Any, travel: CellGraph, what: str) -> Ints:
    wanted = pd.Index([] if which is None else list(which))
    at = travel.cells.get_indexer(wanted)
    if (at < 0).any():
        raise DataError(f"{what} names {wanted[at < 0][0]!r}, which is no unit.")
    if len(np.unique(at)) < len(at):
        raise DataError(f"{what} names a unit twice.")
    return at.astype(np.int64)


def _fixed(fixed: Any, travel: CellGraph, today: pd.Series | None) -> Ints:
    if fixed is not None and today is None:
        raise DataError("fixed= keeps units in their area of today; give current= as well.")
    return _positions(fixed, travel, "fixed")


def _pairs(forbidden: Any, travel: CellGraph) -> Ints:
    pairs = [tuple(pair) for pair in (forbidden if forbidden is not None else ())]
    wrong = [pair for pair in pairs if len(pair) != 2 or pair[0] == pair[1]]
    if wrong:
        raise DataError(f"forbidden holds {wrong[0]!r}; give pairs of two different units, [(unit, unit), ...].")
    at = travel.cells.get_indexer(pd.Index([unit for pair in pairs for unit in pair]))
    if (at < 0).any():
        raise DataError(f"forbidden names {[u for pair in pairs for u in pair][int(np.argmax(at < 0))]!r}, no unit.")
    return at.astype(np.int64).reshape(-1, 2)


def _refuse_with_cost(**wishes: Any) -> None:
    given = [name for name, value in wishes.items() if value is not None]
    if given:
        raise DataError(f"{', '.join(given)} cannot be combined with cost=; give travel= instead of a cost table.")


def _check_wish(weight: Floats, travel: CellGraph, n_areas: int, tolerance: float | None) -> list[str]:
    n = len(travel)
    if n_areas != int(n_areas) or n_areas < 1:
        raise DataError(f"n_areas={n_areas} must be a whole number of 1 or more.")
    if n_areas > n:
        raise InfeasibleError(f"n_areas={n_areas}, but there are only {n} cells; ask for at most {n} areas.")
    if tolerance is not None and not 0 <= tolerance < 1:
        raise DataError(f"tolerance={tolerance} is a share: 0.02 allows 2 % above and below the mean workload.")
    return [] if weight.sum() > 0 else ["There is no workload; every cell counted the same."]


def _divide(wish: Task, travel: CellGraph, nest_in: pd.Series | None, seed: int) -> tuple[Ints, Ints, list[str]]:
    """Divide each group of units by itself; new areas are numbered in the order of their centres."""
    if wish.current is not None:
        return *_redraw(wish, wish.current, travel, nest_in, seed), []
    if nest_in is not None:
        jurisdiction = align_to_cells(nest_in, travel.cells, "nest_in")
        groups = groups_of_jurisdictions(wish.weight, travel, wish.n_areas, wish.anchors, jurisdiction)
    else:
        groups = groups_of_parts(wish.weight, travel, wish.n_areas, wish.anchors)
    area = np.empty(len(wish.weight), np.int64)
    found: list[int] = []
    for group in groups:
        own, middle = solve_task(wish.part(group.units, travel.minutes, group.n_areas), seed)
        area[group.units] = own + len(found)
        found.extend(group.units[middle])
    order = np.argsort(found, kind="stable")
    notes = _part_notes(travel, groups) if nest_in is None else []
    return np.argsort(order)[area].astype(np.int64), np.asarray(found, np.int64)[order], notes


def _redraw(wish: Task, current: Ints, travel: CellGraph, nest_in: pd.Series | None, seed: int) -> tuple[Ints, Ints]:
    """Improve the areas of today; areas with an anchor come first in the search, and jurisdictions are not linked."""
    graph = wish.graph
    if nest_in is not None:
        code = pd.factorize(align_to_cells(nest_in, travel.cells, "nest_in"), sort=True)[0]
        check_nested(current, code, travel.cells)
        pairs = travel.minutes.tocoo()
        inside = code[pairs.row] == code[pairs.col]
        graph = Graph.of(sparse.csr_matrix((pairs.data[inside], (pairs.row[inside], pairs.col[inside])), pairs.shape))
    first = current[wish.anchors]
    order = np.r_[first, np.setdiff1d(np.arange(wish.n_areas), first)].astype(np.int64)
    area, centers = solve_task(replace(wish.felt(), graph=graph, current=np.argsort(order)[current]), seed)
    return order[area], centers[np.argsort(order)]


def _part_notes(travel: CellGraph, groups: list[Group]) -> list[str]:
    if travel.n_parts <= 1:
        return []
    longest = travel.links["km"].max() if len(travel.links) else 0.0
    shares = ", ".join(f"{g.n_areas} to {len(g.units)} cells" for g in groups)
    return [
        f"The study area falls into {travel.n_parts} parts, joined by {len(travel.links)} assumed links of up to "
        f"{longest:.1f} km. Areas: {shares}."
    ]


def _balance_notes(measures: AreaMeasures, tolerance: float | None, weight: Floats) -> list[str]:
    if tolerance is None or measures.max_over_mean <= 1 + tolerance + 1e-9:
        return []
    heaviest = weight.max() * len(measures.by_area) / weight.sum()
    return [
        f"The heaviest area carries {measures.max_over_mean:.3f} of the mean, beyond the wanted {1 + tolerance:.3f}; "
        f"the heaviest single cell alone carries {heaviest:.3f}."
    ]

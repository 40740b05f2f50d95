"""Patrol areas from a table of costs: what it costs to serve each unit from each centre."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_choice, check_seed
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.constraints import check_enough_areas, check_number_of_areas
from patrolgeo.plan.areas.ground import read_ground, read_workload
from patrolgeo.plan.areas.measures import measure_codes
from patrolgeo.plan.areas.remarks import balance_notes, workload_notes
from patrolgeo.plan.areas.rules import check_tolerance
from patrolgeo.plan.optimise.districts.by_cost import CostTable, solve_by_cost
from patrolgeo.plan.outcome import same_value
from patrolgeo.roads.hexagons import CellGraph, table_graph
from patrolgeo.solver import HEURISTIC, OPTIMAL


def design_areas_by_cost(
    workload: Any, cost: Any, n_areas: int, *, adjacency: Any, distance: Any = None, tolerance: float | None = 0.02,
    compactness: int = 1, units: Any = None, random_state: int | None = 0,
) -> AreaPlan:  # fmt: skip
    """How should units be divided at least cost, when a table says what each costs from each centre?

    Centres are found by vertex substitution; units are then assigned by an exact program under the published
    compactness rules. The bound is that of the p-median, which no rule can lower.

    Parameters
    ----------
    workload
        What each unit carries, shape (n_units,), not negative: a Series by unit, an array by position, or None for
        the same in every unit. A DataFrame is taken as its parts.
    cost
        Cost of serving each unit (column) from a centre at each unit (row), shape (n_units, n_units): a DataFrame with
        the units on both axes, or an array.
    n_areas
        How many areas, 1 to the number of units.
    adjacency
        Who is a neighbour of whom: a symmetric matrix, shape (n_units, n_units), a HexGrid, or a travel graph.
    distance
        Shape (n_units, n_units), which neighbour is nearer a centre, for `compactness`; hops on `adjacency` by
        default.
    tolerance
        Wanted bound of ``|workload / mean - 1|``. None = no balance rule.
    compactness
        1 asks that a unit beyond its centre's neighbours has a neighbour in its area that is strictly nearer the
        centre, 2 asks for two where there are two, 3 also for three of five; 0 = connected.
    units
        What the units look like, for outlines and labels: a HexGrid, or a GeoDataFrame of polygons by unit.
    random_state
        Seed; the same seed gives the same plan. None draws a fresh one.

    Returns
    -------
    AreaPlan
        Without labels `centers` are the positions of the units. Minutes are None unless `adjacency` is a travel graph.

    Raises
    ------
    AlignmentError
        When a labelled argument lacks a unit.
    DataError
        When a table is not square or not finite, or an option is out of its range.
    InfeasibleError
        When no plan that keeps the rules was found, or the neighbours fall into more parts than areas.

    References
    ----------
    Hess, Weaver, Siegfeldt, Whelan, Zitlau 1965, Operations Research 13(6), doi:10.1287/opre.13.6.998.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo import design_areas_by_cost
    >>> miles = np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0)))
    >>> plan = design_areas_by_cost(None, miles, 2, adjacency=miles == 1)
    >>> plan.centers.tolist(), plan.objective, plan.status
    ([1, 1, 1, 4, 4, 4], 4.0, 'optimal')
    """
    started, seed = time.process_time(), check_seed(random_state)
    check_tolerance(tolerance)
    check_choice(compactness, [0, 1, 2, 3], "compactness")
    table, labels = _square(cost, "cost"), _labels(cost, units)
    travel = _neighbors(adjacency, labels, len(table))
    labelled = labels is not None or not isinstance(travel.cells, pd.RangeIndex)
    table = _in_order(cost, table, travel, "cost")
    weight, parts = read_workload(workload, travel.cells, labelled=labelled and isinstance(workload, pd.Series))
    n_areas = check_number_of_areas(n_areas, len(travel))
    check_enough_areas(travel.parts, travel.cells, n_areas)
    counted = weight if weight.sum() > 0 else np.ones_like(weight)
    apart = None if distance is None else _in_order(distance, _square(distance, "distance"), travel, "distance")
    rules = CostTable(table, counted, travel.minutes, apart, compactness, tolerance)
    served, value, bound = solve_by_cost(rules, n_areas, seed)
    centers, area = np.unique(served, return_inverse=True)
    outlines = None if units is None else read_ground(travel, units).outlines
    measures = measure_codes(area.astype(np.int64), pd.RangeIndex(n_areas), weight, travel, centers, outlines)
    return AreaPlan(
        objective=value, bound=bound, status=OPTIMAL if same_value(value, bound) else HEURISTIC,
        runtime=time.process_time() - started, labels=measures.labels, measures=measures, tolerance=tolerance,
        bound_holds_for="any plan", workload=pd.Series(weight, index=travel.cells, name="workload"),
        notes=(*workload_notes(weight), *balance_notes(measures, tolerance, counted)),
        travel=travel, parts=parts, cost=table,
    )  # fmt: skip


def _labels(cost: Any, units: Any) -> pd.Index | None:
    """Return the labels of the units, from the table of costs or from their outlines; None where they are positions."""
    if isinstance(cost, pd.DataFrame):
        return cost.columns
    return None if units is None else pd.Index(getattr(units, "cells", getattr(units, "index", None)))


def _square(table: Any, name: str) -> Floats:
    values = np.ascontiguousarray(as_floats(table, name))
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not np.isfinite(values).all():
        raise DataError(f"{name} must be a square table of finite numbers, centres x units; got shape {values.shape}.")
    return values


def _neighbors(adjacency: Any, labels: pd.Index | None, n: int) -> CellGraph:
    """Return the travel graph that goes with a cost table: the one given, or hops between the neighbours."""
    if adjacency is None:
        raise DataError("cost= needs adjacency= (who is a neighbour of whom), a grid or travel=.")
    if hasattr(adjacency, "minutes") and hasattr(adjacency, "parts"):
        travel = adjacency
    elif hasattr(adjacency, "adjacency"):
        travel = table_graph(adjacency.adjacency(1), adjacency.cells, adjacency.xy)
    else:
        if labels is None and isinstance(adjacency, pd.DataFrame):
            adjacency = adjacency.to_numpy()
        fits = isinstance(adjacency, pd.DataFrame) or np.shape(adjacency) == (n, n)
        travel = table_graph(adjacency, labels if fits else None)
    if len(travel) != n:
        raise DataError(f"cost has {n} units, its neighbours {len(travel)}; both need the same units.")
    return travel


def _in_order(given: Any, values: Floats, travel: CellGraph, name: str) -> Floats:
    """Return a table in the order of the units; labels go by label, arrays by position."""
    if len(values) != len(travel):
        raise DataError(f"{name} has {len(values)} units, but there are {len(travel)}.")
    if not isinstance(given, pd.DataFrame):
        return values
    if isinstance(travel.cells, pd.RangeIndex) and not given.index.isin(travel.cells).all():
        return values  # the units have no labels, so its own ones say nothing
    rows = align(given, travel.cells, name, "units")
    both = align(rows.T, travel.cells, f"the columns of {name}", "units").T
    return np.ascontiguousarray(both.to_numpy(float))

"""What every plan of patrol areas keeps, whoever made it."""

from __future__ import annotations

from collections.abc import Callable

import h3
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.objective import value_of
from patrolgeo.roads.hexagons import CellGraph, hexagon_graph

Design = Callable[[pd.Series, CellGraph, int], AreaPlan]
PLACES = ((2, 1, 3), (3, 2, 4))  # rings of hexagons, seed of the workload, areas


def check_area_plan(plan: AreaPlan | Design) -> None:
    """Check a plan of patrol areas, or a way to make them; an AssertionError says what does not hold.

    A plan is checked for: every unit in one area, no area empty or in pieces, centres in their own areas, workloads
    that add up, a value that is found again from the labels alone, a bound on the right side. A way to make plans is
    tried on two small places, and beside that leaves its input alone, gives the same plan for the same input, does not
    mind the order of the workload, and knows plans in which nothing is free (one area, and an area for each unit).

    Parameters
    ----------
    plan
        An `AreaPlan`, or a function of workload (Series by unit), travel graph and number of areas that returns one.

    Raises
    ------
    AssertionError
        When something does not hold.

    Examples
    --------
    >>> from patrolgeo import AreaRules, design_areas
    >>> from patrolgeo.testing import check_area_plan
    >>> rules = AreaRules(tolerance=0.3)
    >>> check_area_plan(lambda work, travel, n: design_areas(work, travel, n, rules=rules, effort=30))
    """
    if isinstance(plan, AreaPlan):
        _check_feasible(plan)
        _check_numbers(plan)
        return
    for rings, seed, n_areas in PLACES:
        _check_design(plan, rings, seed, n_areas)


def _check_feasible(plan: AreaPlan) -> None:
    units, areas = plan.travel.cells, plan.measures.by_area.index
    assert plan.labels.index.equals(units), "labels must hold every unit once, in the order of the travel graph"
    assert set(plan.labels) == set(areas), "every area needs units, and every unit an area of the table"
    area, pairs = areas.get_indexer(plan.labels), plan.travel.minutes.tocoo()
    same = area[pairs.row] == area[pairs.col]
    inner = sparse.csr_matrix((np.ones(same.sum()), (pairs.row[same], pairs.col[same])), shape=pairs.shape)
    pieces = connected_components(inner, directed=False)[0]
    assert plan.status == "by hand" or pieces == len(areas), f"{len(areas)} areas lie in {pieces} pieces"
    center = plan.measures.by_area["center"]
    assert (plan.labels[center].to_numpy() == center.index).all(), "each centre lies in its own area"
    assert (center[plan.labels].to_numpy() == plan.centers.to_numpy()).all(), "centers tells the centre of the area"


def _check_numbers(plan: AreaPlan) -> None:
    load = plan.workload.groupby(plan.labels).sum()
    table = plan.measures.by_area["workload"]
    np.testing.assert_allclose(table, load[table.index], rtol=1e-9, err_msg="workload of the areas")
    np.testing.assert_allclose(plan.objective, _value(plan), rtol=1e-7, err_msg="value found again from the labels")
    if plan.bound is not None:
        assert plan.bound <= plan.objective, f"the bound {plan.bound} is above the value {plan.objective}"
        assert plan.status != "optimal" or plan.bound == plan.objective, "optimal, but apart from the bound"
    assert plan.status != "optimal" or plan.bound is not None, "optimal without a bound"


def _value(plan: AreaPlan) -> float:
    """Return the value of a plan from its labels and centres, by another way than the search."""
    centers, everyone = plan.travel.cells.get_indexer(plan.centers), np.arange(len(plan.labels))
    if plan.cost is not None:
        return float(plan.cost[centers, everyone].sum())
    if plan.own_objective is not None:
        return value_of(plan.own_objective, plan.labels, plan.measures.by_area.index)
    minutes = dijkstra(plan.travel.minutes, directed=False, indices=centers)[everyone, everyone]
    weight = plan.workload.to_numpy(float)
    return float((weight if weight.sum() > 0 else np.ones_like(weight)) @ minutes)


def _check_design(design: Design, rings: int, seed: int, n_areas: int) -> None:
    grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), rings))
    travel = hexagon_graph(grid)
    work = pd.Series(np.random.default_rng(seed).gamma(4.0, size=len(grid)), index=grid.cells)
    before, ways = work.copy(), travel.minutes.copy()
    plan = design(work, travel, n_areas)
    assert isinstance(plan, AreaPlan), f"an AreaPlan is wanted, got {type(plan).__name__}"
    assert plan.n_areas == n_areas, f"{n_areas} areas were asked for, {plan.n_areas} came"
    check_area_plan(plan)
    pd.testing.assert_series_equal(work, before, obj="the workload given")
    assert abs(travel.minutes - ways).nnz == 0, "the travel graph given was changed"
    again = design(work, travel, n_areas)
    pd.testing.assert_series_equal(plan.labels, again.labels, obj="labels of a second run")
    shuffled = design(work.sample(frac=1, random_state=seed), travel, n_areas)
    pd.testing.assert_series_equal(plan.labels, shuffled.labels, obj="labels after shuffling the workload")
    for many in (1, len(grid)):
        check_area_plan(design(work, travel, many))

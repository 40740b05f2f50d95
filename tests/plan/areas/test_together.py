"""Villages stay whole: against every way to put whole villages together, and by counting their areas."""

from itertools import product

import h3
import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import connected_components, dijkstra

from patrolgeo import AreaRules, DataError, HexGrid, InfeasibleError, design_areas, hexagon_graph
from patrolgeo.plan.areas.follow_lines import within_jurisdictions

MIDDLE = h3.latlng_to_cell(22.8, 108.3, 9)


@pytest.fixture(scope="module")
def town():
    """Return 61 cells in villages of up to seven, the work of each, and the travel graph."""
    grid = HexGrid.from_cells(h3.grid_disk(MIDDLE, 4))
    village = pd.Series([h3.cell_to_parent(cell, 8) for cell in grid.cells], index=grid.cells)
    work = pd.Series(np.random.default_rng(5).lognormal(0, 0.6, len(grid)), index=grid.cells)
    return grid, village, work, hexagon_graph(grid)


def parted(labels, village):
    """Return how many villages lie in several areas."""
    return int((labels[village.notna()].groupby(village.dropna()).nunique() > 1).sum())


def every_division(village, work, travel, n_areas, tolerance):
    """Yield the area of each cell in every connected, balanced division of whole villages."""
    code, names = pd.factorize(village)
    weight = work.to_numpy()
    for rest in product(range(n_areas), repeat=len(names) - 1):
        area = np.array([0, *rest])[code]
        load = np.bincount(area, weight, n_areas)
        if np.abs(load / load.mean() - 1).max() > tolerance + 1e-9:
            continue
        parts = [travel.minutes[area == j][:, area == j] for j in range(n_areas)]
        if all(part.shape[0] and connected_components(part, directed=False)[0] == 1 for part in parts):
            yield area


def test_whole_villages_come_near_the_best_of_all_divisions_and_the_bound_holds(town):
    grid, village, work, travel = town
    plan = design_areas(work, grid, 2, rules=AreaRules(tolerance=0.1, together=village), travel=travel)
    assert parted(plan.labels, village) == 0
    minutes, weight = dijkstra(travel.minutes, directed=False), work.to_numpy()
    centers = travel.cells.get_indexer(plan.measures.by_area["center"])
    best, best_of_centers = np.inf, np.inf
    for area in every_division(village, work, travel, 2, 0.1):
        own = [minutes[area == j][:, area == j] @ weight[area == j] for j in (0, 1)]
        best = min(best, sum(spent.min() for spent in own))
        for a, b in (centers, centers[::-1]):
            best_of_centers = min(best_of_centers, float(weight @ np.where(area == 0, minutes[a], minutes[b])))
    assert best <= plan.objective + 1e-9 <= 1.02 * best + 1e-9
    assert plan.bound <= best_of_centers + 1e-9
    assert plan.bound_holds_for == "these centers"
    assert plan.gap < 0.1
    assert "villages stay whole, 61 units" in plan.notes[0]


def test_cells_without_a_village_go_by_themselves_and_the_order_of_cells_does_not_matter(town):
    grid, village, work, travel = town
    some = village.copy()
    some[some == some.iloc[0]] = None
    plan = design_areas(work, grid, 4, rules=AreaRules(tolerance=0.08, together=some), travel=travel)
    renamed = some.map({name: i for i, name in enumerate(some.unique())}).sample(frac=1, random_state=2)
    again = design_areas(
        work.sample(frac=1, random_state=1), grid, 4, rules=AreaRules(tolerance=0.08, together=renamed), travel=travel
    )
    assert parted(plan.labels, some) == 0
    assert plan.noncontiguous == 0
    assert plan.labels.equals(again.labels)


def test_today_anchors_and_jurisdictions_are_kept_with_whole_villages(town):
    grid, village, work, travel = town
    today = design_areas(work, grid, 3, travel=travel, rules=AreaRules(tolerance=0.1), random_state=4).labels
    assert parted(today, village) > 0
    kept = AreaRules(tolerance=None, together=village, max_change=0.35)
    plan = design_areas(work, grid, 3, travel=travel, rules=kept, current=today)
    assert parted(plan.labels, village) == 0
    assert (plan.labels != today).mean() <= 0.35
    with pytest.raises(InfeasibleError, match="joining the villages that lie in several areas"):
        design_areas(work, grid, 3, travel=travel, current=today, rules=AreaRules(together=village, max_change=0.001))
    east = village.map(pd.Series(grid.lonlat[:, 0], grid.cells).groupby(village).mean() > 108.3)
    assert connected_components(within_jurisdictions(travel.minutes, east), directed=False)[0] == 2
    nested = AreaRules(tolerance=None, together=village, nest_in=east)
    plan = design_areas(work, grid, 4, travel=travel, rules=nested)
    assert parted(plan.labels, village) == 0
    assert (east.groupby(plan.labels).nunique() == 1).all()
    anchors = list(grid.cells[[0, 30]])
    anchored = design_areas(
        work, grid, 3, travel=travel, rules=AreaRules(tolerance=None, together=village, anchors=anchors)
    )
    assert set(anchors) <= set(anchored.measures.by_area["center"])
    assert parted(anchored.labels, village) == 0


def test_a_village_in_pieces_is_joined_by_the_quickest_way_and_minutes_stay(town):
    grid, village, work, travel = town
    split = village.copy()
    ends = [grid.cells[0], max(grid.cells, key=lambda cell: h3.grid_distance(cell, grid.cells[0]))]
    split[ends] = "both ends"
    plan = design_areas(work, grid, 2, rules=AreaRules(tolerance=0.2, together=split), travel=travel)
    assert plan.labels[ends].nunique() == 1
    assert parted(plan.labels, split) == 0
    assert "1 villages lie in pieces" in plan.notes[-1]
    np.testing.assert_allclose(
        dijkstra(plan.travel.minutes, directed=False), dijkstra(travel.minutes, directed=False), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("n_areas", "rules", "message"),
    [
        (9, {"tolerance": 0.02}, "alone carries .* of the mean area, beyond the wanted 1.02"),
        (40, {"tolerance": None}, r"together leaves \d+ units for n_areas=40"),
        (3, {"tolerance": None, "forbidden": "two"}, "part the units of"),
        (3, {"tolerance": None, "anchors": "two"}, "part the units of"),
        (3, {"tolerance": None, "nest_in": "cells"}, "part the units of"),
    ],
)
def test_what_whole_villages_cannot_go_with_is_said(town, n_areas, rules, message):
    grid, village, work, travel = town
    two = list(village.index[village == village.value_counts().index[0]][:2])
    given = {"two": [tuple(two)] if "forbidden" in rules else two}
    given["cells"] = pd.Series(grid.lonlat[:, 0] > 108.3, grid.cells)
    rules = {name: given.get(value, value) if isinstance(value, str) else value for name, value in rules.items()}
    with pytest.raises(InfeasibleError, match=message):
        design_areas(work, grid, n_areas, travel=travel, rules=AreaRules(together=village, **rules))


def test_what_is_no_label_of_villages_is_refused(town):
    grid, village, work, travel = town
    with pytest.raises(DataError, match="cannot be combined with objective= or robust="):
        design_areas(work, grid, 3, travel=travel, rules=AreaRules(together=village), objective={"minmax": 1.0})
    with pytest.raises(DataError, match="together"):
        AreaRules(together=["a", "b"])
    with pytest.raises(DataError, match="compact=True holds for areas by travel"):
        design_areas(work, grid, 3, travel=travel, rules=AreaRules(tolerance=None, together=village, compact=True))

"""Two hundred small places: where the status says optimal it is, and no bound lies."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import design_areas

QUICK = 16


@pytest.mark.parametrize("seed", [pytest.param(s, marks=[] if s < QUICK else pytest.mark.check) for s in range(200)])
def test_a_plan_is_never_better_than_the_truth_and_optimal_means_equal(seed, small_place, best_division):
    travel, weight, n_areas, tolerance = small_place(seed)
    work = pd.Series(weight, index=travel.cells, dtype=float)
    plan = design_areas(work, None, n_areas, travel=travel, tolerance=tolerance, random_state=seed)
    load = work.groupby(plan.labels).sum()
    off = float(abs(load / load.mean() - 1).max())
    truth = best_division(work.to_numpy(), travel.minutes, n_areas, tolerance)
    kept = tolerance is None or off <= tolerance + 1e-9
    assert kept == np.isfinite(truth), "a plan within the tolerance is found exactly where there is one"
    if not kept:
        truth = best_division(work.to_numpy(), travel.minutes, n_areas, off)
        assert plan.status == "heuristic"
        assert any("beyond the wanted" in note for note in plan.notes)
    assert plan.objective >= truth * (1 - 1e-9)
    if plan.status == "optimal":
        assert plan.objective == pytest.approx(truth, rel=1e-9)
    if plan.bound_holds_for == "any plan":
        assert plan.bound <= truth * (1 + 1e-9)
    assert plan.bound <= plan.objective


@pytest.mark.parametrize("seed", range(4))
def test_other_plans_of_a_middling_place_are_never_better_than_its_bound(seed):
    import h3

    from patrolgeo import HexGrid, hexagon_graph

    grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 4))
    travel, n_areas = hexagon_graph(grid), 3 + seed % 3
    work = pd.Series(np.random.default_rng(seed).gamma(2.0, size=len(grid)), index=grid.cells)
    plan = design_areas(work, grid, n_areas, travel=travel, tolerance=0.1, effort=60, random_state=seed)
    assert plan.bound_holds_for == "any plan"
    for other in range(3):
        rival = design_areas(work, grid, n_areas, travel=travel, tolerance=0.1, prove=False, random_state=other)
        assert rival.max_over_mean <= 1.1
        assert plan.bound <= rival.objective * (1 + 1e-9)

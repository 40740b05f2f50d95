"""Areas where little or nothing is left to choose: the plan is right and comes at once, compiled and interpreted."""

import os
import subprocess
import sys
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pytest

from patrolgeo import (
    AreaRules,
    HexGrid,
    InfeasibleError,
    design_areas,
    design_areas_by_cost,
    hexagon_graph,
    measure_areas,
    reform_curve,
)
from patrolgeo.plan.optimise.districts import by_cost, solve

INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
QUICK = {"effort": 3, "random_state": 0}


@pytest.fixture(autouse=True)
def little_work(monkeypatch):
    """A few starts are enough for seven units (and all an interpreter can do)."""
    if INTERPRETED:
        monkeypatch.setattr(solve, "STARTS", 4)
        monkeypatch.setattr(solve, "PASSES", 8)
        monkeypatch.setattr(by_cost, "SEARCH_ENTRIES", 2_000)
        monkeypatch.setattr(by_cost, "EFFORT", 3)
        monkeypatch.setattr("patrolgeo.plan.optimise.median.bound.ROUNDS", 40)


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 1))


@pytest.fixture(scope="module")
def work(grid):
    return pd.Series(np.arange(1.0, 8.0), index=grid.cells)


def test_one_unit_is_one_area(grid):
    cell = grid.cells[:1]
    plan = design_areas(pd.Series(2.0, index=cell), HexGrid.from_cells(list(cell)), 1, **QUICK)
    assert (plan.objective, plan.bound, plan.status) == (0.0, 0.0, "optimal")


@pytest.mark.parametrize("n_areas", [1, 6, 7])
def test_one_area_and_nearly_one_for_each_unit(grid, work, n_areas):
    plan = design_areas(work, grid, n_areas, rules=AreaRules(tolerance=None), **QUICK)
    assert plan.status == "optimal"
    minutes = hexagon_graph(grid).travel_minutes(grid.cells).to_numpy()
    least = {
        1: (minutes @ work).min(),
        6: min(minutes[i, j] * work.iloc[j] for i in range(7) for j in range(7) if i != j),
        7: 0.0,
    }
    assert plan.objective == pytest.approx(least[n_areas])


def test_every_unit_fixed_keeps_the_areas_of_today(grid, work):
    today = pd.Series([0, 0, 0, 0, 1, 1, 1], index=grid.cells[np.argsort(grid.lonlat[:, 0])]).reindex(grid.cells)
    plan = design_areas(work, grid, 2, current=today, rules=AreaRules(fixed=grid.cells, tolerance=0.5), **QUICK)
    assert (plan.labels == today).all()
    assert plan.units_moved == 0


def test_every_area_anchored_and_every_unit_an_anchor(grid, work):
    plan = design_areas(work, grid, 7, rules=AreaRules(anchors=grid.cells), **QUICK)
    assert (plan.centers == plan.centers.index).all()
    two = design_areas(work, grid, 2, rules=AreaRules(anchors=grid.cells[:2], tolerance=None), **QUICK)
    assert set(two.centers) == set(grid.cells[:2])


def test_every_pair_forbidden_leaves_one_unit_an_area_or_none(grid, work):
    pairs = [(a, b) for a in grid.cells for b in grid.cells if a < b]
    assert design_areas(work, grid, 7, rules=AreaRules(forbidden=pairs), **QUICK).labels.is_unique
    with pytest.raises(InfeasibleError, match="forbidden"):
        design_areas(work, grid, 3, rules=AreaRules(forbidden=pairs), **QUICK)


def test_every_unit_a_jurisdiction_of_its_own(grid, work):
    own = pd.Series(grid.cells, index=grid.cells)
    assert design_areas(work, grid, 7, rules=AreaRules(nest_in=own), **QUICK).labels.is_unique
    with pytest.raises(InfeasibleError, match="7 jurisdictions"):
        design_areas(work, grid, 3, rules=AreaRules(nest_in=own), **QUICK)


def test_units_without_travel_between_them(work):
    cost = np.zeros((7, 7))
    plan = design_areas_by_cost(None, cost, 3, adjacency=np.ones((7, 7)), tolerance=None)
    assert (plan.objective, plan.status, plan.n_areas) == (0.0, "optimal", 3)
    one = design_areas_by_cost(None, np.zeros((1, 1)), 1, adjacency=np.zeros((1, 1)), tolerance=None)
    assert one.labels.tolist() == [0]


def test_an_objective_has_nothing_to_move(grid, work):
    plan = design_areas(work, grid, 1, objective=lambda labels: float(labels.nunique()), **QUICK)
    assert plan.objective == 1.0
    apart = design_areas(work, grid, 7, objective=lambda labels: float(labels.nunique()), **QUICK)
    assert apart.objective == 7.0


def test_one_area_of_today_is_measured_and_reformed(grid, work):
    today = pd.Series("all", index=grid.cells)
    assert measure_areas(today, work, hexagon_graph(grid)).max_over_mean == 1.0
    assert reform_curve(work, today, (1.0,), grid=grid, **QUICK)["units_moved"].tolist() == [0]


@pytest.mark.check
@pytest.mark.skipif(INTERPRETED, reason="runs in the interpreter already")
def test_the_same_without_compiling_where_every_bound_of_an_array_is_checked():
    here = Path(__file__)
    run = subprocess.run(
        # the hash of cells multiplies past 64 bits, which only an interpreter tells
        [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", "-W", "ignore:overflow:RuntimeWarning", here],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(here.parents[3] / "src")},
        cwd=here.parents[3], capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:]

"""Areas from a cost table: compactness rules kept, near the proven optimum, centres serve themselves."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from patrolgeo import DataError, InfeasibleError, design_areas


@pytest.fixture(scope="module")
def board():
    """Return a hexagon-like board of 60 units: positions, neighbours, cost = weight x distance."""
    i, j = np.meshgrid(np.arange(10), np.arange(6), indexing="ij")
    xy = np.column_stack([i.ravel() + 0.5 * (j.ravel() % 2), j.ravel() * np.sqrt(3) / 2])
    distance = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    weight = np.random.default_rng(1).uniform(1, 3, len(xy))
    return distance, (distance > 0) & (distance < 1.1), distance**1.2 * weight, weight


def breaks_rule(centers, distance, neighbors, level):
    """Return the units that lean on fewer nearer neighbours in their area than the rule asks for."""
    bad = []
    for unit, center in enumerate(centers):
        if unit == center or neighbors[unit, center]:
            continue
        around = np.flatnonzero(neighbors[unit])
        nearer = around[distance[center, around] < distance[center, unit]]
        needed = 2 if level >= 2 and len(nearer) >= 2 else 1
        if (centers[nearer] == center).sum() < needed:
            bad.append(unit)
    return bad


@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_unit_leans_on_nearer_ones_and_centres_serve_themselves(board, level):
    distance, neighbors, cost, weight = board
    plan = design_areas(
        weight, None, 5, cost=cost, adjacency=neighbors, distance=distance, tolerance=None, compactness=level
    )
    centers = plan.centers.to_numpy(int)
    assert breaks_rule(centers, distance, neighbors, level) == []
    assert (centers[np.unique(centers)] == np.unique(centers)).all()
    assert plan.objective == pytest.approx(cost[centers, np.arange(len(centers))].sum())
    assert plan.bound <= plan.objective
    assert plan.noncontiguous == 0


def test_without_a_distance_hops_decide_what_is_nearer(board):
    _, neighbors, cost, weight = board
    plan = design_areas(weight, None, 4, cost=cost, adjacency=sparse.csr_matrix(neighbors), tolerance=None)
    hops = sparse.csgraph.dijkstra(sparse.csr_matrix(neighbors.astype(float)), unweighted=True)
    assert breaks_rule(plan.centers.to_numpy(int), hops, neighbors, 1) == []


def test_a_balance_is_kept_with_a_cost_table(board):
    _, neighbors, cost, weight = board
    plan = design_areas(weight, None, 4, cost=cost, adjacency=neighbors, tolerance=0.08, compactness=0)
    assert plan.max_over_mean <= 1.08
    assert plan.measures.min_over_mean >= 0.92
    assert plan.noncontiguous == 0


def test_wishes_that_a_cost_table_does_not_know_are_refused(board):
    _, neighbors, cost, weight = board
    with pytest.raises(DataError, match="anchors, min_units cannot be combined with cost="):
        design_areas(weight, None, 4, cost=cost, adjacency=neighbors, anchors=[3], min_units=2)


def test_a_table_whose_units_fall_into_parts_names_them_and_says_how_to_mend(board):
    _, neighbors, cost, weight = board
    cut = neighbors.copy()
    cut[:18, 18:] = cut[18:, :18] = False
    with pytest.raises(InfeasibleError, match=r"2 parts \(42 units at 18, 18 units at 0\).*pairs"):
        design_areas(weight, None, 1, cost=cost, adjacency=cut, tolerance=None)


def test_a_table_that_fits_no_units_is_refused(board):
    _, neighbors, cost, weight = board
    with pytest.raises(DataError, match="square table"):
        design_areas(weight, None, 4, cost=cost[:5], adjacency=neighbors)
    with pytest.raises(DataError, match="needs adjacency"):
        design_areas(weight, None, 4, cost=cost)
    with pytest.raises(DataError, match="60 units, its neighbours 59"):
        design_areas(weight, None, 4, cost=cost, adjacency=neighbors[:59, :59])


@pytest.mark.real
def test_proven_optima_of_510_hexagons_are_reached(real_data):
    tables = np.load(real_data / "districting_0510" / "matrices.npz")
    optima = pd.read_csv(real_data / "districting_0510" / "optima.csv").set_index(["n_areas", "contiguity"])
    air = tables["air_distance_km"]
    for n_areas in (12, 24):
        plan = design_areas(
            tables["weight"], None, n_areas, cost=tables["workload"], adjacency=(air > 0) & (air < 1.1), distance=air,
            tolerance=None, random_state=0,
        )  # fmt: skip
        optimum = optima.loc[(n_areas, "C1"), "optimal_workload_minutes"]
        assert plan.objective == pytest.approx(optimum, rel=1e-3)
        assert plan.objective >= optimum * (1 - 1e-6)


@pytest.mark.real
def test_carrollton_gets_twelve_areas_within_ten_percent(real_data):
    folder = real_data / "carrollton"
    units = gpd.read_parquet(folder / "reporting_areas.parquet").set_index("area")
    calls = units["calls"].astype(float)
    plan = design_areas(calls, None, 12, units=units, tolerance=0.1, random_state=0)
    assert plan.max_over_mean <= 1.1
    assert plan.measures.min_over_mean >= 0.9
    assert plan.noncontiguous == 0

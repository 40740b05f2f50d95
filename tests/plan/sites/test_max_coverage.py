"""Covering models against brute force, and what they say when a wish cannot be met."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from patrolgeo import backup_coverage, max_coverage
from patrolgeo.errors import AlignmentError, DataError, InfeasibleError
from patrolgeo.plan.optimise.cover import bound as cover_tree
from patrolgeo.plan.optimise.cover.anneal import anneal
from patrolgeo.plan.optimise.cover.regions import by_regions
from patrolgeo.plan.optimise.cover.sets import merge_equal, reach_matrix


def town(seed, m=12, n=40):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 10, (m, 2)), rng.uniform(0, 10, (n, 2))
    cost = pd.DataFrame(
        np.hypot(*(a[:, None] - b).T).T, index=[f"s{i}" for i in range(m)], columns=[f"d{j}" for j in range(n)]
    )
    return cost, pd.Series(rng.integers(0, 20, n).astype(float), index=cost.columns)


def best_by_hand(cost, demand, p, reach):
    near = cost.to_numpy() <= reach
    return max(demand.to_numpy()[near[list(s)].any(axis=0)].sum() for s in combinations(range(len(cost)), p))


@pytest.mark.parametrize("seed", range(8))
def test_equal_to_brute_force_and_proved(seed):
    cost, demand = town(seed)
    plan = max_coverage(cost, 3, 2.5, demand, prove=True)
    assert plan.objective == best_by_hand(cost, demand, 3, 2.5)
    assert (plan.status, plan.gap) == ("optimal", 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_backup_equals_brute_force_and_its_gains_add_up(seed):
    cost, demand = town(seed)
    times = [(cost.to_numpy() <= 2.5)[list(s)].sum(axis=0) for s in combinations(range(12), 4)]
    best = max(demand.to_numpy() @ ((t > 0) + 0.5 * (t > 1)) for t in times)
    plan = backup_coverage(cost, 4, 2.5, demand, backup_weight=0.5, prove=True)
    assert plan.objective == pytest.approx(best)
    assert plan.status == "optimal"
    assert plan.gain.sum() == pytest.approx(best)


@pytest.mark.parametrize("seed", range(4))
def test_the_answer_adds_up(seed):
    cost, demand = town(seed, 30, 300)
    plan = max_coverage(cost, 6, 1.5, demand)
    covered = (cost.loc[plan.sites] <= 1.5).any()
    assert plan.covered.equals(covered.rename("covered"))
    assert plan.objective == demand[covered].sum() == pytest.approx(plan.gain.sum())
    assert plan.gain.is_monotonic_decreasing
    assert plan.uncovered.sum() + plan.objective == demand.sum()
    assert plan.bound >= plan.objective
    assert len(plan.sites) == len(set(plan.sites)) == 6


def test_table_array_and_sparse_say_the_same():
    cost, demand = town(1, 30, 300)
    table = max_coverage(cost, 5, 1.5, demand)
    array = max_coverage(cost.to_numpy(), 5, 1.5, demand.to_numpy())
    stored = max_coverage(sparse.csr_matrix(np.where(cost <= 1.5, cost, 0)), 5, 1.5, demand)
    assert table.objective == array.objective == stored.objective
    assert cost.index[array.sites].tolist() == table.sites.tolist()


def test_a_stored_zero_is_within_reach_and_an_absent_entry_is_not():
    stored = sparse.csr_matrix((np.array([0.0, 3.0]), ([0, 1], [0, 1])), shape=(2, 2))
    assert max_coverage(stored, 2, 1.0).objective == 1.0


def test_same_input_same_plan_and_nothing_is_changed():
    cost, demand = town(2, 40, 400)
    before = cost.copy()
    one, two = (max_coverage(cost, 7, 1.2, demand, random_state=5) for _ in range(2))
    assert one.sites.equals(two.sites)
    assert (one.bound, one.status) == (two.bound, two.status)
    assert cost.equals(before)


def test_existing_sites_stay_and_reach_may_differ_by_candidate():
    cost, demand = town(3)
    plan = max_coverage(cost, 4, 2.5, demand, existing=["s7"])
    assert plan.sites[0] == "s7"
    reach = pd.Series(0.0, index=cost.index)
    reach["s2"] = 100.0
    assert max_coverage(cost, 1, reach, demand).sites.tolist() == ["s2"]


def test_no_worse_than_greedy_and_bounded_by_all_demand():
    cost, demand = town(4, 60, 800)
    plan = max_coverage(cost, 8, 1.0, demand)
    near, left, greedy = cost.to_numpy() <= 1.0, demand.to_numpy().copy(), 0.0
    for _ in range(8):
        gains = near @ left
        greedy += gains.max()
        left[near[gains.argmax()]] = 0
    assert greedy <= plan.objective <= plan.bound <= demand.sum()


def test_zero_demand_and_one_cell_are_sane():
    assert max_coverage([[0.0]], 1, 5).covered_share == 1.0
    nothing = max_coverage([[1.0, 2.0], [2.0, 1.0]], 1, 5, [0.0, 0.0])
    assert (nothing.objective, nothing.status) == (0.0, "optimal")


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        ({"n_sites": 13}, InfeasibleError, "more than the 12 candidates"),
        ({"n_sites": 0}, DataError, "at least 1"),
        ({"max_cost": 0.0}, InfeasibleError, "No candidate reaches any place"),
        ({"n_sites": 1, "existing": ["s1", "s2"]}, InfeasibleError, "2 existing sites"),
        ({"existing": ["nowhere"]}, DataError, "'nowhere' is not a candidate"),
        ({"demand": pd.Series({"d0": 1.0})}, AlignmentError, "lacks 39 of 40"),
        ({"demand": np.full(40, -1.0)}, DataError, "negative"),
        ({"cost": np.full((12, 40), -1.0)}, DataError, "negative"),
    ],
)
def test_an_impossible_wish_names_what_binds(wish, error, words):
    cost, demand = town(0)
    with pytest.raises(error, match=words):
        max_coverage(**{"cost": cost, "n_sites": 3, "max_cost": 2.5, "demand": demand} | wish)


@pytest.mark.parametrize("model", [max_coverage, backup_coverage])
def test_when_time_is_up_the_best_plan_and_its_bound_come_back(model):
    cost = np.random.default_rng(5).uniform(0, 1, (150, 600))  # no geography: a wide gap
    plan = model(cost, 8, 0.06, time_limit=1e-6)
    assert plan.status == "time_limit"
    assert 0 < plan.objective < plan.bound


@pytest.mark.parametrize("seed", range(3))
def test_a_tree_of_bounds_is_between_the_optimum_and_its_root(seed):
    cost, demand = town(seed, 14, 120)
    sets = merge_equal(reach_matrix(cost.to_numpy(), np.full(14, 1.8)), demand.to_numpy())
    best, none = best_by_hand(cost, demand, 4, 1.8), np.zeros(0, np.int64)
    poor = (np.arange(14) < 4).astype(float)
    root = cover_tree.root_bound(sets, none, poor)
    tree = cover_tree.tree_bound(sets, none, poor, root.bound, root.price)
    assert best <= tree * (1 + 1e-12)
    assert tree <= root.bound
    assert sets.worth(poor) <= root.value <= best * (1 + 1e-12)
    # the bound, once more, from its prices alone: what is not priced, and the four dearest candidates
    again = np.maximum(0, sets.weight - root.price).sum() + np.sort(sets.sets @ root.price)[-4:].sum()
    assert root.bound == pytest.approx(min(again, sets.most))


@pytest.mark.parametrize("seed", range(3))
def test_annealing_keeps_fixed_sites_and_counts_right(seed):
    cost, demand = town(seed, 40, 300)
    sets = merge_equal(reach_matrix(cost.to_numpy(), np.full(40, 1.2)), demand.to_numpy(), backup=0.5)
    chosen, value = anneal(sets.arrays, 2, np.arange(6), 300_000, 0.05, seed)
    assert {0, 1} <= set(chosen)
    assert len(set(chosen)) == 6
    assert value == pytest.approx(sets.worth(np.isin(np.arange(40), chosen).astype(float)))


def test_merged_groups_keep_the_demand_and_the_cover_sets():
    cost, demand = town(6, 6, 500)
    reach = reach_matrix(cost.to_numpy(), np.full(6, 3.0))
    sets = merge_equal(reach, demand.to_numpy())
    near = cost.to_numpy() <= 3.0
    assert sets.weight.sum() == demand[near.any(axis=0)].sum()
    assert len(sets.weight) == len({tuple(c) for c, w in zip(near.T, demand, strict=True) if c.any() and w > 0})
    for j in np.flatnonzero(sets.group >= 0):
        assert np.array_equal(sets.sets[:, [sets.group[j]]].toarray().ravel() > 0, near[:, j])


def test_sites_become_a_table_with_geometry():
    cost, demand = town(0)
    points = gpd.GeoSeries.from_xy(range(12), range(12), index=cost.index, crs="EPSG:4326")
    table = max_coverage(cost, 3, 2.5, demand).to_gdf(points)
    assert table["rank"].tolist() == [1, 2, 3]
    assert table.geometry.equals(points.loc[table.index].rename_axis("site").rename("geometry"))


def test_regions_mend_a_plan_keep_its_size_and_its_fixed_sites():
    """Two towns and both sites in one of them: one moves over, never the fixed one."""
    sets = merge_equal(sparse.csr_matrix(np.kron(np.eye(2), np.ones((2, 3)))), np.array([5.0, 5, 5, 3, 3, 3]))
    both = np.array([1.0, 1, 0, 0])

    def best_of(part, known):
        plans = [np.bincount(c, minlength=len(known)) for c in combinations(range(len(known)), int(known.sum()))]
        return max(plans, key=part.worth).astype(float), 0

    for fixed in ([], [0]):
        found = by_regions(sets, np.array(fixed, np.int64), both, 200_000, 0, best_of)
        assert (found.sum(), sets.worth(found)) == (2, 24.0)
        assert all(found[fixed] == 1)
    assert sets.worth(both) == 15.0  # the plan that was handed in is as it was

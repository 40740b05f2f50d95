"""The p-median against brute force; its bound, its limits and what it says when a wish cannot be met."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from patrolgeo import p_median
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.median import bound as median_bounds
from patrolgeo.plan.optimise.median import search as medians


def town(seed, m=12, n=30, whole=False):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 10, (m, 2)), rng.uniform(0, 10, (n, 2))
    cost = np.hypot(*(a[:, None] - b).transpose(2, 0, 1))
    cost = np.floor(10 * cost) if whole else cost
    table = pd.DataFrame(cost, index=[f"s{i}" for i in range(m)], columns=[f"d{j}" for j in range(n)])
    return table, pd.Series(rng.integers(0, 9, n).astype(float), index=table.columns)


def by_hand(cost, demand, p):
    weighted = (cost * demand).to_numpy()
    return min(weighted[list(s)].min(axis=0).sum() for s in combinations(range(len(cost)), p))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("p", [1, 3, 11])
@pytest.mark.parametrize("seed", range(3))
def test_equal_to_brute_force_and_proved(seed, p, whole):
    cost, demand = town(seed, whole=whole)
    plan = p_median(cost, p, demand, prove=True)
    assert plan.objective == pytest.approx(by_hand(cost, demand, p), rel=1e-12)
    assert (plan.status, plan.bound) == ("optimal", plan.objective)


@pytest.mark.parametrize("seed", range(4))
def test_the_tree_alone_proves_the_optimum(seed, monkeypatch):
    monkeypatch.setattr("patrolgeo.plan.optimise.median.bound.REDUCED_ENTRIES", -1)
    monkeypatch.setattr("patrolgeo.plan.optimise.median.bound.ROUNDS", 3)
    cost, demand = town(seed, 14, 40)
    plan = p_median(cost, 4, demand, prove=True)
    assert plan.objective == pytest.approx(by_hand(cost, demand, 4), rel=1e-12)
    assert plan.status == "optimal"


def test_the_answer_adds_up():
    cost, demand = town(3, 60, 400)
    plan = p_median(cost, 7, demand)
    assert plan.objective == pytest.approx((plan.demand * plan.cost).sum())
    assert plan.cost.equals(cost.loc[plan.sites].min().rename("cost"))
    assert plan.bound <= plan.objective * (1 + 1e-12)
    closed = plan.sites.drop(plan.sites[0])
    assert plan.gain.iloc[0] == pytest.approx((cost.loc[closed].min() * demand).sum() - plan.objective)


def test_existing_sites_stay_and_are_best_among_plans_that_keep_them():
    cost, demand = town(4)
    plan = p_median(cost, 3, demand, existing=["s5"], prove=True)
    weighted = (cost * demand).to_numpy()
    rest = [i for i in range(12) if i != 5]
    best = min(weighted[[5, *s]].min(axis=0).sum() for s in combinations(rest, 2))
    assert "s5" in plan.sites
    assert plan.objective == pytest.approx(best)


def test_same_seed_same_plan_and_candidates_in_another_order_cost_the_same():
    cost, demand = town(5, 80, 500)
    one, two = (p_median(cost, 9, demand, random_state=1) for _ in range(2))
    assert one.sites.equals(two.sites)
    shuffled = p_median(cost.sample(frac=1, random_state=0), 9, demand, prove=True)
    assert shuffled.objective <= one.objective * (1 + 1e-12)


def test_what_is_not_stored_cannot_be_reached():
    cost, demand = town(6, 20, 60)
    near = sparse.csr_matrix(np.where(cost <= 6, cost, 0.0))
    table = cost.where(cost <= 6, np.inf)
    assert p_median(near, 5, demand.to_numpy()).objective == pytest.approx(p_median(table, 5, demand).objective)


def test_when_time_is_up_the_best_plan_and_its_bound_come_back():
    cost = np.random.default_rng(7).uniform(0, 1, (150, 150))  # no geography: a wide gap
    plan = p_median(cost, 12, time_limit=1e-6, prove=True)
    assert plan.status == "time_limit"
    assert 0 < plan.bound <= plan.objective


def test_an_impossible_wish_names_the_demand_or_the_number():
    cost, demand = town(8)
    with pytest.raises(InfeasibleError, match="more than the 12 candidates"):
        p_median(cost, 13)
    lonely = cost.assign(d4=np.inf)
    with pytest.raises(InfeasibleError, match="'d4'"):
        p_median(lonely, 3, demand.replace(0.0, 1.0))
    apart = pd.DataFrame(np.where(np.eye(4) > 0, 1.0, np.inf), columns=list("wxyz"))
    with pytest.raises(InfeasibleError, match="1 stay out of reach"):
        p_median(apart, 3)


def test_places_without_demand_do_not_count():
    assert p_median([[0.0, np.inf], [9.0, np.inf]], 1, [1.0, 0.0]).sites.tolist() == [0]
    assert p_median([[1.0], [2.0]], 1, [0.0]).objective == 0.0


def test_the_search_keeps_the_best_different_plans_cheapest_first():
    cost = town(9, 60, 90)[0].to_numpy()
    sets, values = medians.search(cost, medians.greedy(cost, np.empty(0, np.int64), 8), 0, 5_000_000, 0, 3)
    assert values == pytest.approx([cost[s].min(axis=0).sum() for s in sets])
    assert (np.diff(values) >= 0).all()
    assert len({tuple(np.sort(s)) for s in sets}) == 3


def test_a_bound_of_any_plan_comes_with_its_prices():
    cost = town(10)[0].to_numpy()
    best = min(cost[list(s)].min(axis=0).sum() for s in combinations(range(12), 3))
    bound, price = median_bounds.median_bound(cost, 3, 2 * best)
    worth = np.minimum(cost - price, 0.0).sum(axis=1)
    assert 0.9 * best < bound <= best * (1 + 1e-12)
    assert price.sum() + np.sort(worth)[:3].sum() == pytest.approx(bound)


def test_rows_of_the_nearest_candidates_give_the_same_proved_plan(monkeypatch):
    rng = np.random.default_rng(7)
    cost = np.hypot(*(rng.random((80, 1, 2)) - rng.random((1, 90, 2))).transpose(2, 0, 1))
    weight = rng.lognormal(0, 1, 90)
    whole = p_median(cost, 15, weight, prove=True)
    monkeypatch.setattr("patrolgeo.plan.optimise.median.solve.LARGE", 0)  # the search too reads rows only
    few = p_median(cost, 15, weight, prove=True)
    assert (few.status, whole.status) == ("optimal", "optimal")
    assert few.objective == pytest.approx(whole.objective, rel=1e-12)
